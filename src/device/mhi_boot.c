#include "device/mhi_boot.h"
#include "device/instance.h"
#include "mhifs/mhifs.h"
#include <errno.h>

enum {
	NEXT_US = 1,		/* the next turn */
	PAGE = 4096,
	TOLD_PARTS = 20,	/* events of one image */
};

static const char *name_of(const struct profile *p, enum mhi_ee ee)
{
	return ee == MHI_EE_EDL ? p->edl_firmware : p->firmware;
}

/* Many a modem has its firmware on board, and passes by itself when there is no
 * image for it: only who says so needs one. */
static bool serves_pbl(const struct mhi_boot *b)
{
	const struct profile *p = b->profile;

	return p->firmware && (p->needs_firmware || firmware_is_there(b->dir, p->firmware));
}

unsigned int mhi_boot_loaders(const struct mhi_boot *b)
{
	unsigned int ees = b->profile->edl_firmware ? EE_BIT(MHI_EE_EDL) : 0;

	if (serves_pbl(b))
		ees |= EE_BIT(MHI_EE_PBL) | (b->profile->sbl_size ? EE_BIT(MHI_EE_SBL) : 0);
	return ees;
}

static void tell(struct mhi_boot *b, const char *state, const char *why)
{
	b->told = b->file.at;
	device_tell(b->device, MHIFS_EVENT_FIRMWARE,
		    json_pack("{s:s, s:s, s:I, s:I, s:s, s:s*}", "image", b->name, "ee",
			      mhi_ee_name(b->ee), "bytes", (json_int_t)b->file.at, "total",
			      (json_int_t)b->file.len, "state", state, "why", why));
}

static void let_go(struct mhi_boot *b)
{
	timer_stop(&b->next);
	firmware_close(&b->file);
	memory_unmap(&b->memory);
}

static void refuse(struct mhi_boot *b, int status, const struct text *why)
{
	struct text sentence = TEXT_INIT;

	text_add(&sentence, why->len ? text_get(why) : strerror(-status));
	text_clear(&b->why);
	text_printf(&b->why, "%s for %s: %s", b->name, mhi_ee_name(b->ee), text_get(&sentence));
	tell(b, MHIFS_FIRMWARE_FAILED, text_get(&sentence));
	let_go(b);
	engine_refuse_image(b->engine, status, text_get(&sentence));
	text_fini(&sentence);
}

/* The loader in front takes its own part, the second one what follows: only
 * that when it is a program by itself, else all of it. */
static void choose_part(struct mhi_boot *b)
{
	size_t sbl = b->profile->sbl_size;

	if (b->ee == MHI_EE_PBL && sbl)
		firmware_cut(&b->file, 0, sbl);
	else if (b->ee == MHI_EE_SBL && sbl < b->file.len && firmware_is_elf_at(&b->file, sbl))
		firmware_cut(&b->file, sbl, SIZE_MAX);
}

static size_t table_len(const struct mhi_boot *b)
{
	size_t seg = b->profile->seg_len;

	return (b->file.len + seg - 1) / seg * ENGINE_TABLE_ENTRY;
}

static int map(struct mhi_boot *b, struct text *ret_why)
{
	struct memory_need need = {
		.reads = round_up(b->file.len, PAGE) + round_up(table_len(b), PAGE),
		.align = PAGE,
		.min = b->min,
		.bits = b->profile->dma_bits,
	};

	return memory_map(&b->memory, b->hw, &need, ret_why);
}

static void load(struct mhi_boot *b)
{
	const struct dma *dma = &b->memory.dma[DEV_READS];
	size_t table = round_up(b->file.len, PAGE);

	firmware_close(&b->file);
	b->image = (struct engine_image){
		.iova = dma->iova,
		.len = b->file.len,
		.table = dma->iova + table,
		.table_len = engine_lay_table(dma->cpu + table, dma->iova, b->file.len,
					      b->profile->seg_len),
	};
	tell(b, MHIFS_FIRMWARE_LOADING, NULL);
	/* It may have gone on while the image was read. */
	if (engine_load(b->engine, &b->image) < 0)
		let_go(b);
}

static void read_more(void *user)
{
	struct mhi_boot *b = user;
	struct text why = TEXT_INIT;
	int r = firmware_read(&b->file, b->memory.dma[DEV_READS].cpu, &why);

	if (r < 0) {
		refuse(b, r, &why);
	} else if (r == FIRMWARE_WHOLE) {
		load(b);
	} else {
		if (b->file.at - b->told >= b->file.len / TOLD_PARTS)
			tell(b, MHIFS_FIRMWARE_READING, NULL);
		timer_start(loop_timers(b->loop), &b->next, NEXT_US);
	}
	text_fini(&why);
}

void mhi_boot_wanted(struct mhi_boot *b, enum mhi_ee ee)
{
	struct text why = TEXT_INIT;
	int r;

	let_go(b);
	text_clear(&b->why);
	b->ee = ee;
	b->name = name_of(b->profile, ee);
	b->file = (struct firmware){ .fd = -1 };
	r = firmware_open(&b->file, b->dir, b->name, &why);
	if (!r) {
		choose_part(b);
		r = map(b, &why);
	}
	if (r) {
		refuse(b, r, &why);
	} else {
		log_info(device_name(b->device), "loading %s for %s", b->name, mhi_ee_name(ee));
		tell(b, MHIFS_FIRMWARE_READING, NULL);
		timer_start(loop_timers(b->loop), &b->next, NEXT_US);
	}
	text_fini(&why);
}

void mhi_boot_loaded(struct mhi_boot *b, int status)
{
	const char *why = engine_why(b->engine);

	if (status && status != -ECANCELED)
		text_printf(&b->why, "%s: %s", b->name, *why ? why : strerror(-status));
	tell(b, status ? MHIFS_FIRMWARE_FAILED : MHIFS_FIRMWARE_LOADED,
	     status ? *why ? why : strerror(-status) : NULL);
	let_go(b);
}

void mhi_boot_stop(struct mhi_boot *b)
{
	let_go(b);
	text_fini(&b->why);
}

void mhi_boot_init(struct mhi_boot *b)
{
	b->file.fd = -1;
	timer_init(&b->next, read_more, b);
}
