/*
 * The faults of a USB modem by the numbers of the catalogue, F67 to F72: each
 * case is words of gadget-fault.c, packets that are said, a departure, or
 * descriptors that lie.  End points are those of the composite modem: AT on
 * 0x84, 0x03 and 0x85, DUN on 0x86, QMI notifications on 0x89.
 */
#include "sim/gadget-inside.h"
#include "sim/peer-fault.h"
#include <errno.h>

enum { LEAVE_US = 20000, AT_IN = 0x84 };

struct misdeed {
	unsigned int id;
	const char *words[2];
	int16_t says[4];	/* lengths of transfers on AT_IN, ended by -1 */
	struct { uint8_t at, value; } lies[2];	/* bytes of the descriptors */
	uint8_t n_lies;
	bool leaves;		/* once the words had time to do harm */
	bool returns;		/* as another one */
	bool is_held;		/* another program has interface 2 */
};

#define SAYS(...) .says = { __VA_ARGS__, -1 }
#define LIE(...) .lies = { __VA_ARGS__ }, .n_lies = 1
#define LIES(...) .lies = { __VA_ARGS__ }, .n_lies = 2

static const struct misdeed misdeeds[] = {
	{ 67, { "stall@0x84" } },
	{ 67, { "stall-all@0x86" } },
	{ 67, { "stall@0x03" } },
	{ 67, { "stall@0x85" } },
	{ 67, { "stall@0x84", "stall@clear-halt*always" } },
	{ 67, { "stall@0x03", "stall@clear-halt*always" } },
	{ 67, { "stall@0x03*always" } },
	{ 67, { "stall@0x89" } },
	{ 67, { "stall@get" } },
	{ 67, { "stall@send" } },
	{ 67, { "stall@line*always" } },

	{ 68, { "eoverflow@0x84" } },
	{ 68, { "eoverflow@0x84*20" } },
	{ 68, { "eoverflow@0x85" } },
	{ 68, { "eoverflow@0x89" } },
	{ 68, { "eoverflow@get" } },

	{ 69, SAYS(0) },
	{ 69, SAYS(511) },
	{ 69, SAYS(512) },
	{ 69, SAYS(512, 0) },
	{ 69, SAYS(4096) },
	{ 69, SAYS(4096, 0) },
	{ 69, SAYS(16384) },
	{ 69, SAYS(0, 0, 1) },

	{ 70, .leaves = true },
	{ 70, { "leave-submit@0x84" } },
	{ 70, { "leave-submit@0x03" } },
	{ 70, { "leave-submit@line" } },
	{ 70, { "leave-submit@send" } },
	{ 70, { "leave-submit@clear-halt", "stall@0x84" } },
	{ 70, { "leave-end@0x84" } },
	{ 70, { "leave-end@0x03" } },
	{ 70, { "leave-cancel@0x84" } },
	{ 70, { "cancel-enodev@0x84*always" }, .leaves = true },
	{ 70, { "keep@line*always" }, .leaves = true },
	{ 70, { "keep@get*always" }, .leaves = true },
	{ 70, { "eproto@0x84*2" }, .leaves = true },

	{ 71, { "keep@0x84*always" } },
	{ 71, { "keep@0x85*always" } },
	{ 71, { "keep@line*always" } },
	{ 71, { "keep@get*always" } },

	{ 72, LIE({ 18, 0 }) },			/* bLength of the configuration */
	{ 72, LIE({ 18, 1 }) },
	{ 72, LIES({ 20, 8 }, { 21, 0 }) },	/* wTotalLength */
	{ 72, LIE({ 21, 255 }) },
	{ 72, LIE({ 22, 255 }) },		/* bNumInterfaces */
	{ 72, LIE({ 29, 32 }) },		/* bInterfaceNumber */
	{ 72, LIE({ 29, 255 }) },
	{ 72, LIE({ 31, 0 }) },		/* bNumEndpoints */
	{ 72, LIE({ 31, 255 }) },
	{ 72, LIE({ 36, 0 }) },		/* bLength of an end point */
	{ 72, LIES({ 40, 0 }, { 41, 0 }) },	/* its packet size */
	{ 72, LIE({ 45, 0x81 }) },		/* the same end point twice */
	{ 72, LIE({ 0, 0 }) },	/* bLength of the device */
	{ 72, .leaves = true, .returns = true },
	{ 72, .is_held = true },
};

static const struct sim_peer_kind kinds[] = {
	{ 67, 11, "stalls of end points and requests, cleared or not" },
	{ 68, 5, "babble" },
	{ 69, 8, "short, empty and whole packets" },
	{ 70, 13, "unplugged in submits, ends, cancels, at any time" },
	{ 71, 4, "transfers that no cancel brings back" },
	{ 72, 15, "descriptors that lie, another modem comes back, an interface in use" },
};

static const struct sim_peer peer = {
	"a fault and a case that a USB modem has: F67 to F72", kinds, ARRAY_SIZE(kinds),
};

static const struct misdeed *misdeed_find(unsigned int id, unsigned int number)
{
	const struct misdeed *m = misdeeds;

	while (m->id != id)
		m++;
	return m + number;
}

/* Packets as they are: nothing is put behind a whole one. */
static void say(struct gadget *g, const int16_t *lens)
{
	static const uint8_t zeros[16384];
	struct pipe *p = gadget_pipe(g, AT_IN);

	if (!p)
		return;
	p->sends_zlp = false;
	for (; *lens >= 0; lens++)
		pipe_say(p, zeros, (uint32_t)*lens);
	gadget_work(g);
}

static void misdeed_do(struct gadget *g)
{
	const struct misdeed *m = misdeed_find(g->fault.id, g->fault.number);
	struct gadget_fault f;

	for (unsigned int i = 0; i < ARRAY_SIZE(m->words) && m->words[i]; i++)
		if (!gadget_fault_parse(m->words[i], &f))
			gadget_inject(g, f);
	if (m->id == 69)
		say(g, m->says);
	if (m->returns)
		gadget_come_back_as(g, GADGET_MBIM, LEAVE_US);
	else if (m->leaves)
		timer_start(g->timers, &g->flight, LEAVE_US);
	if (m->is_held && g->ops->hold)
		g->ops->hold(g->user, 2);
}

void gadget_on_due(void *gadget)
{
	misdeed_do(gadget);
}

void gadget_on_flight(void *gadget)
{
	gadget_unplug(gadget);
}

void misdeed_count(struct gadget *g, const struct gadget_urb *urb)
{
	enum sim_fault_when what = urb->address & 0x80 ? SIM_WHEN_READ : SIM_WHEN_WRITE;

	if (g->fault.id && g->fault.when == what && ++g->n_counted == g->fault.k)
		misdeed_do(g);
}

void gadget_spoil_descriptors(const struct gadget *g, uint8_t *bytes)
{
	const struct misdeed *m;

	if (!g->fault.id)
		return;
	m = misdeed_find(g->fault.id, g->fault.number);
	for (unsigned int i = 0; i < m->n_lies; i++)
		bytes[m->lies[i].at] = m->lies[i].value;
}

int gadget_misbehave(struct gadget *g, const char *text, const char **ret_why)
{
	struct sim_peer_fault f;

	if (sim_peer_fault_parse(text, &peer, &f, ret_why) < 0)
		return -EINVAL;
	g->fault = f;
	g->n_counted = 0;
	if (f.when == SIM_WHEN_TIME && f.k)
		timer_start(g->timers, &g->due, f.k);
	else if (f.when == SIM_WHEN_TIME)
		misdeed_do(g);
	return 0;
}

const struct sim_peer *gadget_peer(void)
{
	return &peer;
}
