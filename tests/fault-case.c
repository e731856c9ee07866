/* A session of traffic, openings and power, a fault in the middle of it, and
 * then the rules that every fault shares. */
#include "tests/faults.h"
#include "base/timers.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

enum {
	USED = 4,			/* ECHO, CONTROL, SINK, SOURCE */
	T_OPEN_US = 5000000,		/* a time-out to start, one a direction to reset */
	T_POWER_US = 100000000,		/* two images of 30 s, and READY */
	T_SETTLE_US = 100000000,	/* and a dump */
	T_WORK_US = 3000000,		/* lost interrupts and doorbells cost this at most */
	NOTES_A_SECOND = 16,		/* 8, in seconds that begin elsewhere */
};

uint64_t fault_seed = 1;

static struct rig r;
static struct verdict *verdict;
static struct messages {
	uint32_t next, last;	/* numbers: sent, last that came back */
	uint32_t n_back;
} messages[RIG_CHANS];
static uint64_t noted_us;		/* begin of the present second */
static unsigned int n_noted;		/* until then */

static void broken(const char *rule, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void broken(const char *rule, const char *format, ...)
{
	va_list args;

	if (verdict->rule)
		return;
	verdict->rule = rule;
	va_start(args, format);
	vsnprintf(verdict->why, sizeof(verdict->why), format, args);
	va_end(args);
}

static void at(const char *where)
{
	if (!verdict->rule)
		snprintf(verdict->where, sizeof(verdict->where), "%s", where);
}

/* --- what the host does --- */

/* To the next timer, and what follows from it. */
static void advance(void)
{
	timers_advance(&r.timers, timers_next(&r.timers));
	rig_settle(&r);
	neighbour_follow(r.timers.now_us);
	if (r.timers.now_us - noted_us >= 1000000) {
		noted_us = r.timers.now_us;
		n_noted = r.n_noted;
	}
	if (r.n_noted - n_noted > NOTES_A_SECOND)
		broken("U7", "%u notes in a second", r.n_noted - n_noted);
}

static void step(uint64_t us)
{
	uint64_t end = r.timers.now_us + us;

	rig_settle(&r);
	while (timers_next(&r.timers) <= end)
		advance();
	timers_advance(&r.timers, end);
	neighbour_follow(r.timers.now_us);
}

/* Until it went up from @before, or @limit_us passed. */
static bool await(const unsigned int *count, unsigned int before, uint64_t limit_us)
{
	uint64_t end = r.timers.now_us + limit_us;

	rig_settle(&r);
	while (*count == before && timers_next(&r.timers) <= end)
		advance();
	return *count != before;
}

static int power(enum engine_power what)
{
	unsigned int before = r.n_power_done;
	int status = engine_power(r.engine, what);

	if (status < 0)
		return status;
	if (status == POWER_DONE) {
		rig_settle(&r);
		return 0;
	}
	if (!await(&r.n_power_done, before, T_POWER_US)) {
		broken("U3", "power request %d never ended", (int)what);
		return -ETIMEDOUT;
	}
	return r.power_status;
}

static void user_open(unsigned int chan)
{
	struct rig_user *u = rig_user(&r, chan);
	unsigned int before = u->opened;
	unsigned int closed = u->closed;

	if (rig_open_later(&r, chan) < 0)
		return;
	if (!await(&u->opened, before, T_OPEN_US) && u->closed == closed)
		broken("U3", "open of %s did not end", r.chans[chan].name);
}

static void user_close(unsigned int chan)
{
	struct rig_user *u = rig_user(&r, chan);
	unsigned int before = u->closed;
	bool is_open = u->opened_status == 0 && u->opened > u->closed;

	r.link->ops->close(r.link, chan);
	if (is_open && !await(&u->closed, before, T_OPEN_US))
		broken("U3", "close of %s did not end", r.chans[chan].name);
	rig_settle(&r);
	if (u->out[LINK_UL] + u->out[LINK_DL])
		broken("U5", "%s is closed and slots are missing", r.chans[chan].name);
}

static void user_send(unsigned int chan)
{
	uint32_t number = messages[chan].next + 1;

	if (rig_send(&r, chan, &number, sizeof(number)) == LINK_OK)
		messages[chan].next = number;
}

/* As a port does: nobody ever sees what an earlier message left. */
static void user_offer(unsigned int chan)
{
	const struct link_slots *slots = &r.link->chans[chan].slots[LINK_DL];

	for (unsigned int i = 0; i < slots->n; i++)
		if (!rig_user(&r, chan)->is_with_device[LINK_DL][i])
			memset(link_slot(r.link, chan, LINK_DL, i), 0, sizeof(uint32_t));
	rig_offer_all(&r, chan);
}

/* Numbers that were never sent are the device's own; those that were may come
 * once. */
static void on_done(struct rig_user *u, enum link_dir dir, unsigned int slot, int status)
{
	struct messages *m = &messages[u->chan];
	uint32_t number;

	if (u->last[u->n_last - 1].len > r.link->chans[u->chan].slots[dir].size)
		broken("U2", "%u bytes in a slot of %u", u->last[u->n_last - 1].len,
		       r.link->chans[u->chan].slots[dir].size);
	if (dir == LINK_UL || status < 0 || u->chan > RIG_CONTROL)
		return;
	memcpy(&number, link_slot(r.link, u->chan, LINK_DL, slot), sizeof(number));
	if (!number || number > m->next)
		return;
	if (number <= m->last)
		broken("U4", "message %u of %s came again, after %u", number,
		       r.chans[u->chan].name, m->last);
	m->last = number;
	m->n_back++;
}

static void rounds(unsigned int n, uint64_t us)
{
	while (n--) {
		for (unsigned int chan = 0; chan < USED; chan++) {
			user_offer(chan);
			for (int i = 0; i < 3 && chan != RIG_SOURCE; i++)
				user_send(chan);
		}
		step(us);
	}
}

static void open_all(void)
{
	for (unsigned int chan = 0; chan < USED; chan++)
		user_open(chan);
}

/* Everything a host does with a device, but for its beginning. */
static void session(void)
{
	at("traffic");
	rounds(8, 5000);
	at("cancel");
	r.link->ops->cancel(r.link, RIG_ECHO, LINK_UL);
	r.link->ops->cancel(r.link, RIG_CONTROL, LINK_DL);
	rounds(2, 1000);
	at("close and open");
	user_close(RIG_ECHO);
	user_open(RIG_ECHO);
	user_open(RIG_HW);
	user_offer(RIG_HW);
	user_send(RIG_HW);
	rounds(2, 1000);
	at("suspend");
	step(300000);
	power(POWER_SUSPEND);
	step(10000);
	at("resume");
	power(POWER_RESUME);
	rounds(4, 200000);
	user_close(RIG_HW);
}

/* --- the moments --- */

static void arm(const struct sim_fault *f)
{
	if (f && !sim_fault_arm(r.sim, f))
		broken("U1", "the fault cannot be armed");
}

static bool host_probe(void)
{
	const char *why = "";
	int status;

	at("probe");
	status = rig_probe(&r, &why);
	if (status < 0 && !*why)
		broken("U8", "a device is refused without a reason");
	if (engine_counts(r.engine)->mmio_writes)
		broken("U2", "the probe writes");
	rig_settle(&r);
	return status == 0;
}

static void bring_up(void)
{
	at("power on");
	if (host_probe())
		power(POWER_ON);
	at("open");
	open_all();
}

static void run_to_the_end(const struct sim_fault *f, enum moment moment)
{
	if (moment == AT_START)
		arm(f);
	bring_up();
	if (moment != AT_START) {
		rounds(4, 2000);
		step(1000000);
	}
	if (moment == AT_WORK || moment == AT_CLOSE)
		for (unsigned int chan = 0; chan < USED; chan++) {
			user_offer(chan);
			for (int i = 0; i < 5 && chan != RIG_SOURCE; i++)
				user_send(chan);
		}
	if (moment != AT_START)
		arm(f);
	if (moment == AT_WORK) {
		at("work");
		step(T_WORK_US);
		for (unsigned int chan = 0; chan < USED; chan++)
			verdict->n_stuck += rig_user(&r, chan)->out[LINK_UL];
	} else if (moment == AT_RESTART) {
		at("reset");
		power(POWER_RESET);
		open_all();
	} else if (moment == AT_CLOSE) {
		at("close");
		user_close(RIG_ECHO);
		user_close(RIG_SINK);
		open_all();
	}
	session();
}

/* --- the rules --- */

static bool is_an_end(enum engine_state s)
{
	return s == ENGINE_READY || s == ENGINE_SUSPENDED || s == ENGINE_OFF ||
	       s == ENGINE_ERROR || s == ENGINE_GONE;
}

static bool is_of_echo(const struct sim_fault *f)
{
	return f && f->deed >= DEED_EVENT_LOST && f->deed < DEED_OVERRUN && f->chan <= 1;
}

/* One device does not disturb another, nor one channel the others. */
static void check_alone(const struct sim_fault *f)
{
	const struct messages *m = &messages[RIG_CONTROL];
	const char *sentence = neighbour_end();

	if (sentence)
		broken("U9", "%s", sentence);
	if (is_of_echo(f) && !rig_user(&r, RIG_CONTROL)->closed && m->n_back != m->next)
		broken("U9", "%u of %u messages came back on a channel beside it", m->n_back,
		       m->next);
}

static void check_end(void)
{
	enum engine_state s = engine_state(r.engine);

	if (!is_an_end(s))
		broken("U8", "it stays %s", engine_state_name(s));
	if ((s == ENGINE_ERROR || s == ENGINE_GONE) && !*engine_why(r.engine))
		broken("U8", "%s without a reason", engine_state_name(s));
	if (r.n_forbidden)
		broken("U2", "%u accesses to what is gone, or beyond the BAR", r.n_forbidden);
	if (engine_is_dumping(r.engine))
		broken("U3", "the dump never ends");
}

static void check_gone(void)
{
	if (engine_power(r.engine, POWER_ON) != -ENODEV)
		broken("U8", "a device that is gone takes power");
	for (unsigned int chan = 0; chan < USED; chan++)
		if (rig_open_later(&r, chan) != -ENODEV)
			broken("U8", "a device that is gone opens %s", r.chans[chan].name);
}

/* Whatever happened: stop works, and so does the next start. */
static void check_recovery(const struct fault_row *row)
{
	struct rig_user *u = rig_user(&r, RIG_ECHO);
	uint64_t arrived;
	int status;

	at("reset of the faulty");
	if (engine_state(r.engine) == ENGINE_ERROR)
		power(POWER_RESET);
	step(T_SETTLE_US);
	if (engine_state(r.engine) == ENGINE_GONE)
		return;
	at("stop");
	sim_heal(r.sim);
	if (row->heal)
		row->heal(&r);
	status = power(POWER_OFF);
	step(1000000);
	/* What a fault left in the registers may cost one more. */
	if (engine_state(r.engine) == ENGINE_ERROR)
		status = power(POWER_OFF);
	if (status || engine_state(r.engine) != ENGINE_OFF) {
		broken("U8", "cannot be stopped (%d): %s", status, engine_why(r.engine));
		return;
	}
	at("start again");
	status = power(POWER_ON);
	if (status) {
		broken("U8", "cannot be started again (%d): %s", status, engine_why(r.engine));
		return;
	}
	open_all();
	arrived = u->arrived;
	rounds(2, 10000);
	if (u->arrived - arrived != 6)
		broken("U4", "after it was healed %u of 6 messages come back",
		       (unsigned int)(u->arrived - arrived));
}

static void check_balance(void)
{
	const struct engine_counts *counts = engine_counts(r.engine);

	at("end");
	for (unsigned int chan = 0; chan < RIG_CHANS; chan++)
		user_close(chan);
	step(20000000);
	if (counts->submitted != counts->returned)
		broken("U5", "%llu of %llu slots came back", (unsigned long long)counts->returned,
		       (unsigned long long)counts->submitted);
	power(POWER_OFF);
	step(1000000);
	if (counts->wakes)
		broken("U5", "the device is kept awake");
}

static void check_held(struct balance before)
{
	struct balance now = balance_now();

	if (now.blocks != before.blocks)
		broken("U5", "%ld blocks of memory stay behind", now.blocks - before.blocks);
	if (now.fds != before.fds)
		broken("U5", "%u descriptors, and %u before", now.fds, before.fds);
}

static void give_image(struct rig *rig, enum mhi_ee ee)
{
	struct engine_image i = { .iova = RIG_IMAGE, .len = 100000, .table = RIG_IMAGE + 0x20000 };

	(void)ee;
	i.table_len = engine_lay_table(rig->image.cpu + 0x20000, i.iova, i.len, 65536);
	engine_load(rig->engine, &i);
}

void case_run(const struct fault_row *row, const struct sim_fault *f, unsigned int number,
	      enum moment moment, struct verdict *v, struct session_counts *ret_counts)
{
	struct balance held;

	verdict = v;
	at("begin");
	neighbour_begin(0);
	held = balance_now();
	memset(messages, 0, sizeof(messages));
	noted_us = n_noted = 0;
	rig_init(&r);
	r.config.soc_reset_ms = 2000;
	r.sim_config.seed = fault_seed;
	r.on_wants_image = give_image;
	if (row->prepare)
		row->prepare(&r, number);
	rig_start(&r);
	neighbour_begin(r.timers.now_us);
	if (row->started)
		row->started(&r, number);
	for (unsigned int chan = 0; chan < USED; chan++)
		rig_user(&r, chan)->on_done = on_done;
	run_to_the_end(f, moment);
	if (ret_counts)
		*ret_counts = (struct session_counts){
			engine_counts(r.engine)->mmio_reads,
			engine_counts(r.engine)->mmio_writes +
				engine_counts(r.engine)->doorbells,
			engine_counts(r.engine)->events,
		};
	v->n_done = sim_faults_done(r.sim);
	at("alone");
	check_alone(f);
	at("settle");
	step(T_SETTLE_US);
	check_end();
	if (row->expect) {
		const char *sentence = row->expect(&r, v, number);

		if (sentence)
			broken("row", "%s", sentence);
	}
	if (engine_state(r.engine) == ENGINE_GONE)
		check_gone();
	else
		check_recovery(row);
	if (r.n_forbidden)
		broken("U2", "%u accesses to what is gone, or beyond the BAR", r.n_forbidden);
	check_balance();
	at("fini");
	sim_heal(r.sim);
	rig_fini(&r);
	check_held(held);
}
