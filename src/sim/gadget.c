#include "sim/gadget-inside.h"
#include <errno.h>
#include <stdlib.h>

enum {
	MOUTH_SIZE = 1 << 17,
	NOTIFY_SIZE = 1 << 15,	/* a thousand notifications */
};

static bool mouth_init(struct mouth *m, uint32_t size)
{
	m->size = size;
	m->bytes = malloc(size);
	return m->bytes;
}

static void on_tick(void *function)
{
	struct function *f = function;

	f->is_tick_due = true;
	gadget_work(f->gadget);
}

static void on_leave(void *gadget)
{
	struct gadget *g = gadget;
	enum gadget_kind next = g->next;

	gadget_unplug(g);
	g->next = next;
	timer_start(g->timers, &g->come, g->config.away_us);
}

static void on_come(void *gadget)
{
	struct gadget *g = gadget;

	gadget_plug(g, g->next);
}

static bool function_init(struct gadget *g, struct function *f)
{
	f->gadget = g;
	timer_init(&f->tick, on_tick, f);
	list_init(&f->in.urbs);
	list_init(&f->out.urbs);
	list_init(&f->notify.urbs);
	f->service_state = malloc(STATE_MAX);
	f->state = malloc(STATE_MAX);
	return mouth_init(&f->in.mouth, MOUTH_SIZE) && mouth_init(&f->notify.mouth, NOTIFY_SIZE) &&
	       mouth_init(&f->answers, MOUTH_SIZE) && f->service_state && f->state;
}

struct gadget *gadget_new(const struct gadget_config *c, struct timers *timers,
			  const struct gadget_host_ops *ops, void *user)
{
	struct gadget *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->config = *c;
	g->timers = timers;
	g->ops = ops;
	g->user = user;
	list_init(&g->kept);
	timer_init(&g->leave, on_leave, g);
	timer_init(&g->come, on_come, g);
	timer_init(&g->due, gadget_on_due, g);
	timer_init(&g->flight, gadget_on_flight, g);
	for (unsigned int i = 0; i < FUNCTIONS_MAX; i++)
		if (!function_init(g, &g->functions[i])) {
			gadget_free(g);
			return NULL;
		}
	return g;
}

void gadget_free(struct gadget *g)
{
	if (!g)
		return;
	timer_stop(&g->leave);
	timer_stop(&g->come);
	timer_stop(&g->due);
	timer_stop(&g->flight);
	for (unsigned int i = 0; i < FUNCTIONS_MAX; i++) {
		struct function *f = &g->functions[i];

		if (f->gadget)
			timer_stop(&f->tick);
		free(f->in.mouth.bytes);
		free(f->notify.mouth.bytes);
		free(f->answers.bytes);
		free(f->service_state);
		free(f->state);
	}
	free(g);
}

void gadget_end(struct gadget *g, struct gadget_urb *urb, int status)
{
	struct gadget_fault fault;

	if (g->is_plugged && fault_take(g, urb->address, ACT(GADGET_LEAVE_END), &fault))
		timer_start(g->timers, &g->flight, 0);
	list_remove(&urb->node);
	urb->status = status;
	g->counts.ended++;
	g->ops->done(g->user, urb);
}

static void end_all(struct gadget *g, struct list *urbs, int status)
{
	while (!list_is_empty(urbs))
		gadget_end(g, list_first(urbs, struct gadget_urb, node), status);
}

void gadget_give_back(struct gadget *g, int status)
{
	for (unsigned int i = 0; i < FUNCTIONS_MAX; i++) {
		end_all(g, &g->functions[i].in.urbs, status);
		end_all(g, &g->functions[i].out.urbs, status);
		end_all(g, &g->functions[i].notify.urbs, status);
	}
	end_all(g, &g->kept, status);
}

static void pipe_start(struct gadget *g, struct pipe *p, uint8_t address, uint16_t packet)
{
	p->address = address;
	p->packet = packet;
	p->is_halted = false;
	p->sends_zlp = !(g->config.habits & GADGET_SHORT_OF_ZLP);
	pipe_forget(p);
}

static void function_start(struct function *f)
{
	timer_stop(&f->tick);
	f->is_tick_due = f->is_up = false;
	f->answers.begin = f->answers.end = 0;
	memset(f->service_state, 0, STATE_MAX);
	memset(f->state, 0, STATE_MAX);
	put_le32(f->coding, 115200);
	memcpy(f->coding + 4, "\0\0\10", 3);
	f->in.is_halted = f->out.is_halted = f->notify.is_halted = false;
	pipe_forget(&f->in);
	pipe_forget(&f->notify);
	if (f->trade->start)
		f->trade->start(f);
}

void gadget_reset(struct gadget *g)
{
	for (unsigned int i = 0; i < g->n_functions; i++)
		function_start(&g->functions[i]);
	gadget_work(g);
}

static void function_put_on(struct gadget *g, const struct interface_row *row, uint8_t number)
{
	uint16_t packet = (uint16_t)gadget_packet(g);
	struct function *f;

	if (row->trade) {
		f = &g->functions[g->n_functions++];
		f->trade = row->trade;
		f->service = row->life ? sim_service_find(row->life) : NULL;
		f->interface = number;
		pipe_start(g, &f->in, row->in, packet);
		pipe_start(g, &f->out, row->out, packet);
		pipe_start(g, &f->notify, row->notify, row->notify_packet);
		f->notify.sends_zlp = false;
		return;
	}
	f = &g->functions[g->n_functions - 1];
	pipe_start(g, &f->in, row->in, packet);
	pipe_start(g, &f->out, row->out, packet);
}

void gadget_plug(struct gadget *g, enum gadget_kind kind)
{
	gadget_unplug(g);
	memset(&g->counts, 0, sizeof(g->counts));
	g->row = gadget_row(kind);
	g->config.kind = kind;
	g->n_functions = 0;
	for (unsigned int i = 0; i < g->row->n_interfaces; i++)
		function_put_on(g, &g->row->interfaces[i], (uint8_t)i);
	gadget_describe(g);
	g->is_plugged = true;
	gadget_reset(g);
	g->ops->arrived(g->user);
}

void gadget_unplug(struct gadget *g)
{
	timer_stop(&g->leave);
	timer_stop(&g->come);
	timer_stop(&g->flight);
	if (!g->is_plugged)
		return;
	g->is_plugged = false;
	for (unsigned int i = 0; i < g->n_functions; i++)
		timer_stop(&g->functions[i].tick);
	gadget_give_back(g, -ESHUTDOWN);
	g->ops->left(g->user);
}

void gadget_come_back_as(struct gadget *g, enum gadget_kind kind, uint32_t after_us)
{
	g->next = kind;
	timer_start(g->timers, &g->leave, after_us);
}

struct pipe *gadget_pipe(struct gadget *g, uint8_t address)
{
	for (unsigned int i = 0; address && i < g->n_functions; i++) {
		struct function *f = &g->functions[i];

		if (f->in.address == address)
			return &f->in;
		if (f->out.address == address)
			return &f->out;
		if (f->notify.address == address)
			return &f->notify;
	}
	return NULL;
}

static unsigned int place_of(const struct gadget_urb *urb)
{
	if (urb->address)
		return urb->address;
	if ((urb->setup[0] & 0x60) == 0x20)
		return GADGET_AT_REQUEST | urb->setup[1];
	return urb->setup[0] == 0x02 && urb->setup[1] == 1 ? GADGET_AT_CLEAR_HALT : 0;
}

static void submit_control(struct gadget *g, struct gadget_urb *urb)
{
	unsigned int acts = ACT(GADGET_STALL) | ACT(GADGET_END) | ACT(GADGET_EMPTY) |
			    ACT(GADGET_KEEP);
	struct gadget_fault fault;

	list_append(&g->kept, &urb->node);
	if (!fault_take(g, place_of(urb), acts, &fault))
		gadget_end(g, urb, control_answer(g, urb));
	else if (fault.act != GADGET_KEEP)
		gadget_end(g, urb, fault.act == GADGET_STALL ? -EPIPE : fault.status);
}

int gadget_submit(struct gadget *g, struct gadget_urb *urb)
{
	struct gadget_fault fault;
	struct pipe *p;

	if (!g->is_plugged)
		return -ENODEV;
	misdeed_count(g, urb);
	if (fault_take(g, place_of(urb), ACT(GADGET_REFUSE) | ACT(GADGET_LEAVE_SUBMIT), &fault)) {
		if (fault.act == GADGET_LEAVE_SUBMIT)
			gadget_unplug(g);
		return fault.status;
	}
	p = gadget_pipe(g, urb->address);
	if (urb->address && !p)
		return -ENOENT;
	urb->status = -EINPROGRESS;
	urb->actual = 0;
	g->counts.submitted++;
	if (p)
		list_append(&p->urbs, &urb->node);
	else
		submit_control(g, urb);
	gadget_work(g);
	return 0;
}

static bool is_in(const struct list *list, const struct gadget_urb *urb)
{
	const struct gadget_urb *it;

	list_for_each(it, list, node)
		if (it == urb)
			return true;
	return false;
}

int gadget_cancel(struct gadget *g, struct gadget_urb *urb)
{
	unsigned int acts = ACT(GADGET_KEEP) | ACT(GADGET_LAST_WORDS) | ACT(GADGET_NO_CANCEL) |
			    ACT(GADGET_LEAVE_CANCEL);
	const struct pipe *p = gadget_pipe(g, urb->address);
	struct gadget_fault fault;

	if (is_in(&g->kept, urb))
		return 0;
	if (!p || !is_in(&p->urbs, urb))
		return -EINVAL;
	if (!fault_take(g, urb->address, acts, &fault)) {
		gadget_end(g, urb, -ENOENT);
	} else if (fault.act == GADGET_NO_CANCEL) {
		return fault.status;
	} else if (fault.act == GADGET_LEAVE_CANCEL) {
		gadget_unplug(g);
	} else if (fault.act == GADGET_KEEP) {
		list_remove(&urb->node);
		list_append(&g->kept, &urb->node);
	} else {
		urb->actual = urb->len;
		if (urb->address & 0x80) {
			urb->actual = min_u32(urb->len, 10);
			memcpy(urb->data, "last words", urb->actual);
		}
		gadget_end(g, urb, -ENOENT);
	}
	return 0;
}

bool gadget_say(struct gadget *g, uint8_t address, const void *data, uint32_t len)
{
	struct pipe *p = gadget_pipe(g, address);

	if (!p || !(address & 0x80))
		return false;
	pipe_say(p, data, len);
	gadget_work(g);
	return true;
}

static bool function_work(struct function *f)
{
	bool has_moved = pipe_out_work(f);

	if (mouth_is_empty(&f->in.mouth) && f->trade->speak)
		f->trade->speak(f);
	has_moved |= pipe_in_work(f->gadget, &f->in);
	has_moved |= pipe_in_work(f->gadget, &f->notify);
	return has_moved;
}

/* Until every function waits for the host, or for time. */
void gadget_work(struct gadget *g)
{
	bool has_moved = true;

	if (g->is_working)
		return;
	g->is_working = true;
	while (has_moved && g->is_plugged) {
		has_moved = false;
		for (unsigned int i = 0; i < g->n_functions; i++)
			has_moved |= function_work(&g->functions[i]);
	}
	g->is_working = false;
}

bool gadget_is_plugged(const struct gadget *g)
{
	return g->is_plugged;
}

enum gadget_kind gadget_kind(const struct gadget *g)
{
	return g->config.kind;
}

void gadget_set_habits(struct gadget *g, unsigned int habits)
{
	g->config.habits = habits;
}

void gadget_set_super(struct gadget *g, bool is_super)
{
	g->config.is_super = is_super;
}

unsigned int gadget_packet(const struct gadget *g)
{
	return g->config.is_super ? 1024 : 512;
}

const struct gadget_counts *gadget_counts(const struct gadget *g)
{
	return &g->counts;
}
