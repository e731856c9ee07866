/*
 * fuzz-registers - a whole life of a device whose registers and shared memory say
 * whatever the input says, at each look (liar.h).
 *
 * The first two bytes choose the device.  Then each byte is one action: its low
 * five bits say what, its high three bits for whom; some take more bytes.
 */
#include "core/layout.h"
#include "fuzz/liar.h"
#include "sim/fault.h"
#include <errno.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum action {
	DO_POWER, DO_OPEN, DO_CLOSE, DO_CANCEL, DO_SEND, DO_OFFER, DO_TIME, DO_IRQ,
	DO_CRASH, DO_EE, DO_EVENT, DO_RP, DO_FAULT, DO_HEAL, DO_IMAGE, DO_NO_IMAGE,
	DO_DUMPS, DO_LOOK_FOR_DUMP, DO_CHECK, DO_UNPLUG, DO_MOOD, DO_CYCLE, DO_MUTE,
	DO_SHOW, DO_PROBE,
};

static struct liar l;

static void choose_device(void)
{
	unsigned int kind = (unsigned int)liar_take(&l, 2);
	struct rig *r = &l.rig;

	l.chances = kind & 7;
	if (kind & 8)
		r->hw.n_vectors = 1;
	if (kind & 16) {
		r->sim_config.first_ee = MHI_EE_PBL;
		r->sim_config.wants_images = true;
		r->config.image_ees = EE_BIT(MHI_EE_PBL) | EE_BIT(MHI_EE_SBL) |
				      EE_BIT(MHI_EE_EDL);
	}
	l.is_slow = kind & 32;
	r->sim_config.crashes_to_rddm = kind & 64;
	if (kind & 128)
		r->sim_config.idle_us = 5000;	/* M1, M2 */
	r->config.sideband_wake = kind & 256;
	r->config.no_m3 = kind & 512;
	r->config.skip_wake_db_at_init = kind & 1024;
	r->chans[RIG_ECHO].tolerant = kind & 2048;
	r->chans[RIG_HW].dir[LINK_DL].rsc = kind & 4096;
	r->sim_config.m0_us = r->sim_config.m3_us = kind & 8192 ? 2000 : 0;
	r->sim_config.reset_us = r->sim_config.ready_us = kind & 16384 ? 30000 : 0;
	r->sim_config.command_us = kind & 32768 ? 500 : 0;
}

static void arm_fault(void)
{
	const struct sim_fault_kind *kind = sim_fault_kind((unsigned int)liar_take(&l, 1) % 64);
	unsigned int number = (unsigned int)liar_take(&l, 1);
	struct sim_fault f;

	if (kind && sim_fault_find(kind->id, number % kind->n_cases, &f))
		sim_fault_arm(l.rig.sim, &f);
}

static void inject_event(unsigned int whom)
{
	uint64_t ptr = RIG_READS + liar_take(&l, 3);
	uint32_t dword0 = (uint32_t)liar_take(&l, 4);
	uint32_t dword1 = (uint32_t)liar_take(&l, 4);

	sim_inject_event(l.rig.sim, whom % 4, ptr, dword0, dword1);
}

static void nothing(void *user, const char *line)
{
	(void)user;
	(void)line;
}

static void do_user(enum action what, unsigned int whom)
{
	const struct link_ops *ops = l.rig.link->ops;
	unsigned int chan = whom % RIG_CHANS;

	if (what == DO_OPEN)
		liar_open(&l, chan);
	else if (what == DO_CLOSE)
		ops->close(l.rig.link, chan);
	else if (what == DO_CANCEL)
		ops->cancel(l.rig.link, chan, whom == chan ? LINK_UL : LINK_DL);
	else if (what == DO_OFFER)
		rig_offer_all(&l.rig, chan);
	else
		for (unsigned int n = (unsigned int)liar_take(&l, 1) % 16; n; n--)
			rig_send(&l.rig, chan, "hello", 1 + n % 5);
}

static void do_modem(enum action what, unsigned int whom)
{
	struct sim *s = l.rig.sim;

	switch (what) {
	case DO_IRQ:
		l.rig.vectors |= 1ull << whom;
		break;
	case DO_CRASH:
		sim_set_state_sys_err(s);
		break;
	case DO_EE:
		sim_set_ee(s, whom);
		break;
	case DO_EVENT:
		inject_event(whom);
		break;
	case DO_RP:
		sim_inject_event_rp(s, whom % 4, RIG_WRITES + liar_take(&l, 3));
		break;
	case DO_FAULT:
		arm_fault();
		break;
	case DO_HEAL:
		sim_heal(s);
		break;
	case DO_MOOD:
		sim_set_mood(s, (enum sim_mood)(whom % (SIM_NEVER_READY + 1)));
		break;
	case DO_CYCLE:
		sim_power_cycle(s);
		break;
	case DO_MUTE:
		l.rig.is_mute = whom & 1;
		break;
	default:
		engine_gone(l.rig.engine);
	}
}

static void do_host(enum action what, unsigned int whom)
{
	struct engine *e = l.rig.engine;
	const char *why;

	switch (what) {
	case DO_POWER:
		liar_power(&l, (enum engine_power)(whom % (POWER_EDL + 1)));
		break;
	case DO_TIME:
		rig_advance(&l.rig, 1ull << liar_take(&l, 1) % 27);
		break;
	case DO_IMAGE:
		liar_give_image(&l);
		break;
	case DO_NO_IMAGE:
		engine_refuse_image(e, -ENOENT, "there is none");
		break;
	case DO_DUMPS:
		liar_take_dumps(&l, whom & 1);
		break;
	case DO_LOOK_FOR_DUMP:
		engine_look_for_dump(e);
		break;
	case DO_CHECK:
		engine_check_health(e);
		break;
	case DO_SHOW:
		engine_show_rings(e, nothing, NULL);
		break;
	case DO_PROBE:
		if (engine_state(e) == ENGINE_OFF)
			engine_probe(e, &why);
		break;
	default:
		do_modem(what, whom);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len > 4096)
		return 0;
	liar_init(&l, data, len);
	choose_device();
	liar_start(&l);
	while (l.len) {
		unsigned int byte = (unsigned int)liar_take(&l, 1);
		enum action what = (enum action)(byte & 31);

		if (what >= DO_OPEN && what <= DO_OFFER)
			do_user(what, byte >> 5);
		else
			do_host(what, byte >> 5);
		liar_settle(&l);
	}
	liar_end(&l);
	return 0;
}
