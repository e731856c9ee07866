/*
 * fuzz-bhi - boot loaders and dump mode whose registers lie: EXECENV, the status
 * of an image, of a vector and of a dump, the error registers (liar.h).
 *
 * The first byte chooses the device.  Then each byte is one action: its low four
 * bits say what, its high four bits more of it.
 */
#include "core/layout.h"
#include "fuzz/liar.h"
#include <errno.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct liar l;

static void choose_device(void)
{
	static const enum mhi_ee first[] = { MHI_EE_PBL, MHI_EE_PBL, MHI_EE_EDL, MHI_EE_AMSS };
	unsigned int kind = (unsigned int)liar_take(&l, 1);
	struct rig *r = &l.rig;

	l.chances = 1u << LIAR_READ | (kind & 128 ? 1u << LIAR_WRITE : 0);
	l.only_bhi = true;
	r->sim_config.first_ee = first[kind & 3];
	r->sim_config.wants_images = true;
	r->sim_config.crashes_to_rddm = true;
	r->config.image_ees = EE_BIT(MHI_EE_PBL) | EE_BIT(MHI_EE_SBL);
	if (kind & 4 || first[kind & 3] == MHI_EE_EDL)
		r->config.image_ees |= EE_BIT(MHI_EE_EDL);
	l.is_slow = kind & 8;
	r->sim_config.image_us = r->sim_config.dump_us = kind & 16 ? 50000 : 0;
	r->sim_config.boot_us = kind & 32 ? 10000 : 0;
	r->hw.n_vectors = kind & 64 ? 1 : 5;
}

static void act(unsigned int what, unsigned int how)
{
	struct engine *e = l.rig.engine;

	switch (what) {
	case 0: case 1:
		liar_power(&l, (enum engine_power)(how % (POWER_EDL + 1)));
		break;
	case 2: case 3: case 4:
		rig_advance(&l.rig, 1000ull << how);
		break;
	case 5:
		liar_give_image(&l);
		break;
	case 6:
		engine_refuse_image(e, -ENOENT, "there is none");
		break;
	case 7: case 8:
		liar_take_dumps(&l, how & 1);
		break;
	case 9: case 10:
		sim_set_state_sys_err(l.rig.sim);
		break;
	case 11:
		engine_look_for_dump(e);
		break;
	case 12:
		sim_set_ee(l.rig.sim, how);
		break;
	case 13:
		l.rig.vectors |= 1;
		break;
	case 14:
		sim_power_cycle(l.rig.sim);
		break;
	default:
		liar_open(&l, RIG_SBL);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len > 1024)
		return 0;
	liar_init(&l, data, len);
	choose_device();
	liar_start(&l);
	liar_take_dumps(&l, true);
	while (l.len) {
		unsigned int byte = (unsigned int)liar_take(&l, 1);

		act(byte & 15, byte >> 4);
		liar_settle(&l);
	}
	liar_end(&l);
	return 0;
}
