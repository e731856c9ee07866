/*
 * Random schedules of everything a user, an operator and a bad device can do,
 * against a plain model: each direction of a channel is a queue of slots, what
 * was submitted comes back in that order and once, and an echo brings back
 * what was sent, in order, unless somebody took it back.
 */
#include "tests/engine_rig.h"
#include "tests/suite.h"
#include <errno.h>

enum { SEEDS = 60, STEPS = 400, USED = 5 };

static struct rig r;
static uint64_t state;

static uint32_t dice(uint32_t n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33) % n;
}

/* --- the model --- */

struct queue {
	unsigned int slots[RIG_SLOTS];
	unsigned int n;
};

static struct model {
	struct queue queue[2];
	uint32_t next, last;		/* numbers: to send, last one that came back */
} models[USED];

static void model_submit(unsigned int chan, enum link_dir dir, unsigned int slot)
{
	struct queue *q = &models[chan].queue[dir];

	ck_assert_uint_lt(q->n, RIG_SLOTS);
	q->slots[q->n++] = slot;
}

static void model_done(unsigned int chan, enum link_dir dir, unsigned int slot)
{
	struct queue *q = &models[chan].queue[dir];

	ck_assert_uint_gt(q->n, 0);
	ck_assert_msg(q->slots[0] == slot, "slot %u before slot %u", slot, q->slots[0]);
	q->n--;
	memmove(q->slots, q->slots + 1, q->n * sizeof(q->slots[0]));
}

static void model_compare(void)
{
	const struct engine_counts *counts = engine_counts(r.engine);
	uint64_t out = 0;

	for (unsigned int i = 0; i < USED; i++) {
		for (int d = LINK_UL; d <= LINK_DL; d++) {
			ck_assert_uint_eq(models[i].queue[d].n, rig_user(&r, i)->out[d]);
			out += models[i].queue[d].n;
		}
	}
	ck_assert_uint_eq(counts->submitted - counts->returned, out);
}

/* --- the user --- */

static void send_one(unsigned int chan)
{
	struct model *m = &models[chan];
	struct rig_user *u = rig_user(&r, chan);
	uint32_t number = m->next + 1;
	unsigned int slot = 0;

	while (slot < r.link->chans[chan].slots[LINK_UL].n && u->is_with_device[LINK_UL][slot])
		slot++;
	if (rig_send(&r, chan, &number, sizeof(number)) != LINK_OK)
		return;
	m->next = number;
	model_submit(chan, LINK_UL, slot);
}

static void offer_one(unsigned int chan)
{
	struct rig_user *u = rig_user(&r, chan);
	unsigned int slot = 0;

	while (slot < r.link->chans[chan].slots[LINK_DL].n && u->is_with_device[LINK_DL][slot])
		slot++;
	if (rig_offer(&r, chan) == LINK_OK)
		model_submit(chan, LINK_DL, slot);
}

static void cancel_one(unsigned int chan)
{
	r.link->ops->cancel(r.link, chan, dice(2) ? LINK_UL : LINK_DL);
}

static void on_done(struct rig_user *u, enum link_dir dir, unsigned int slot, int status)
{
	struct model *m = &models[u->chan];
	uint32_t number;

	model_done(u->chan, dir, slot);
	if (dir == LINK_DL && status >= 0 && u->chan <= RIG_CONTROL) {
		memcpy(&number, link_slot(r.link, u->chan, LINK_DL, slot), sizeof(number));
		ck_assert_msg(number > m->last && number <= m->next,
			      "message %u after %u, %u sent", number, m->last, m->next);
		m->last = number;
	}
	switch (dice(60)) {
	case 0:
		cancel_one(u->chan);
		break;
	case 1:
		r.link->ops->close(r.link, u->chan);
		break;
	default:
		if (dice(2))
			dir == LINK_DL ? offer_one(u->chan) : send_one(u->chan);
	}
}

/* --- one step of somebody --- */

static void act_on_channel(unsigned int chan)
{
	switch (dice(12)) {
	case 0:
	case 1:
		rig_open_later(&r, chan);
		break;
	case 2:
		if (!dice(3))
			r.link->ops->close(r.link, chan);
		break;
	case 3:
		cancel_one(chan);
		break;
	case 4:
	case 5:
	case 6:
		for (uint32_t n = dice(20); n; n--)
			offer_one(chan);
		break;
	default:
		for (uint32_t n = dice(20); n; n--)
			send_one(chan);
	}
}

static void act_on_device(void)
{
	static const enum sim_mood moods[] = {
		SIM_HEALTHY, SIM_HEALTHY, SIM_HEALTHY, SIM_HEALTHY, SIM_HEALTHY,
		SIM_DEAF_TO_COMMANDS, SIM_REFUSES_START, SIM_HOLDS_UPLINK, SIM_IGNORES_M0,
		SIM_IGNORES_M3,
	};

	switch (dice(14)) {
	case 0:
		sim_set_state_sys_err(r.sim);
		break;
	case 1:
		sim_set_ee(r.sim, dice(2) ? MHI_EE_SBL : MHI_EE_AMSS);
		break;
	case 2:
	case 3:
		sim_set_mood(r.sim, moods[dice(ARRAY_SIZE(moods))]);
		break;
	case 4:
		r.is_mute = !dice(3);
		break;
	case 5:
		engine_power(r.engine, (enum engine_power)dice(5));
		break;
	case 6:
		sim_inject_event(r.sim, 0, dice(3), (uint32_t)dice(256) << 24,
				 (uint32_t)dice(256) << 24 | (uint32_t)dice(256) << 16);
		break;
	case 7:
		engine_irq(r.engine, dice(6));
		break;
	default:
		engine_power(r.engine, dice(4) ? POWER_ON : POWER_SUSPEND);
	}
}

/* Sleeps of the device and of the system, and what a device says at any time. */
static void act_on_sleep(void)
{
	switch (dice(6)) {
	case 0:
		engine_hold(r.engine, true);
		break;
	case 1:
		engine_hold(r.engine, false);
		engine_recheck(r.engine);
		break;
	case 2:
		engine_power(r.engine, POWER_RESUME);
		break;
	case 3:
		if (r.hw.n_vectors > 1)
			engine_irq(r.engine, 0);
		break;
	default:
		engine_power(r.engine, POWER_SUSPEND);
	}
}

static void step(bool is_bad)
{
	if (is_bad && !dice(8))
		act_on_device();
	else if (!dice(10))
		act_on_sleep();
	else
		act_on_channel(dice(USED));
	if (dice(3))
		rig_settle(&r);
	if (!dice(4))
		rig_advance(&r, dice(1 << dice(22)) + 1);
	model_compare();
}

static void begin(uint64_t seed)
{
	state = seed * 0x9e3779b97f4a7c15u + 1;
	memset(models, 0, sizeof(models));
	rig_init(&r);
	r.sim_config.seed = seed;
	r.sim_config.idle_us = dice(2) ? 3000 : 0;
	r.sim_config.m0_us = dice(2000);
	r.sim_config.m3_us = dice(2000);
	r.sim_config.command_us = dice(2) ? dice(5000) : 0;
	r.hw.n_vectors = dice(2) ? 5 : 1;
	r.config.sideband_wake = dice(2);
	rig_start(&r);
	for (unsigned int i = 0; i < RIG_CHANS; i++)
		rig_user(&r, i)->on_done = i < USED ? on_done : NULL;
	rig_power_on(&r);
}

static void forget_hooks(void)
{
	for (unsigned int i = 0; i < USED; i++)
		rig_user(&r, i)->on_done = NULL;
}

/* A healthy device, a wild user: nothing unexpected may ever be seen. */
START_TEST(test_any_schedule_on_a_healthy_device)
{
	begin((uint64_t)_i);
	for (int i = 0; i < STEPS; i++)
		step(false);
	engine_hold(r.engine, false);
	rig_advance(&r, 1000000);
	engine_power(r.engine, POWER_RESUME);
	rig_advance(&r, 1000000);
	ck_assert_int_eq(engine_state(r.engine), ENGINE_READY);
	ck_assert_uint_eq(engine_counts(r.engine)->bad_events, 0);
	ck_assert_uint_eq(r.n_noted, 0);
	ck_assert_msg(r.n_complaints == 0, "%s", r.complaint);
	forget_hooks();
	rig_fini(&r);
}
END_TEST

/* Everything goes wrong, and then it is healed: it must work again. */
START_TEST(test_any_schedule_on_a_bad_device)
{
	begin((uint64_t)_i + 1000);
	for (int i = 0; i < STEPS; i++)
		step(true);
	forget_hooks();
	r.is_mute = false;
	engine_hold(r.engine, false);
	sim_set_mood(r.sim, SIM_HEALTHY);
	sim_set_ee(r.sim, MHI_EE_AMSS);
	rig_advance(&r, 60000000);
	engine_power(r.engine, POWER_OFF);
	rig_advance(&r, 60000000);
	ck_assert_int_eq(engine_state(r.engine), ENGINE_OFF);
	ck_assert_uint_eq(engine_counts(r.engine)->submitted, engine_counts(r.engine)->returned);
	ck_assert_uint_eq(engine_counts(r.engine)->wakes, 0);
	ck_assert_msg(rig_power(&r, POWER_ON) == 0, "%s", engine_why(r.engine));
	rig_open_ok(&r, RIG_ECHO);
	rig_offer(&r, RIG_ECHO);
	ck_assert_int_eq(rig_send(&r, RIG_ECHO, "again", 5), LINK_OK);
	rig_advance(&r, 1000000);
	ck_assert_uint_eq(rig_user(&r, RIG_ECHO)->out[LINK_UL], 0);
	rig_fini(&r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("property");
	TCase *c = tcase_create("schedules");

	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, test_any_schedule_on_a_healthy_device, 0, SEEDS);
	tcase_add_loop_test(c, test_any_schedule_on_a_bad_device, 0, SEEDS);
	suite_add_tcase(s, c);
	return suite_run(s);
}
