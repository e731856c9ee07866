/* Another device of the same process: an echo every few milliseconds. */
#include "tests/faults.h"

enum { TICK_US = 20000, LATEST_US = 1000000 };

static struct rig rig;
static bool is_up, is_talking;
static uint64_t seen_us;		/* of the clock that is followed */
static uint64_t next_us, begun_us;	/* of the same */
static uint64_t n_sent, arrived;

static void bring_up(void)
{
	rig_init(&rig);
	rig_start(&rig);
	rig_power_on(&rig);
	rig_open_ok(&rig, RIG_ECHO);
	is_up = true;
}

void neighbour_begin(uint64_t now_us)
{
	if (!is_up)
		bring_up();
	is_talking = true;
	seen_us = next_us = begun_us = now_us;
	n_sent = 0;
	arrived = rig_user(&rig, RIG_ECHO)->arrived;
}

static void follow(uint64_t now_us)
{
	rig_advance(&rig, now_us - seen_us);
	seen_us = now_us;
}

void neighbour_follow(uint64_t now_us)
{
	for (; is_talking && next_us <= now_us; next_us += TICK_US) {
		if (next_us > seen_us)
			follow(next_us);
		rig_offer_all(&rig, RIG_ECHO);
		n_sent += rig_send(&rig, RIG_ECHO, &n_sent, sizeof(n_sent)) == LINK_OK;
		rig_settle(&rig);
	}
	if (is_talking)
		follow(now_us);
}

const char *neighbour_end(void)
{
	uint64_t due = (seen_us - begun_us) / TICK_US, back;

	is_talking = false;
	rig_advance(&rig, LATEST_US);
	back = rig_user(&rig, RIG_ECHO)->arrived - arrived;
	if (engine_state(rig.engine) != ENGINE_READY)
		return "another device is not ready any more";
	if (back != n_sent)
		return "another device lost a message";
	if (back * 5 < due * 4)
		return "another device has less than 80 % of its throughput";
	return NULL;
}
