#include "core/dump.h"
#include "core/host.h"
#include <errno.h>

enum {
	STATUS_SHIFT = 30,
	STATUS_DONE = 2,
	SEQUENCE_MASK = (1u << STATUS_SHIFT) - 1,
	POLL_FIRST_US = 2000,
	POLL_MAX_US = 25000,
};

static void dump_end(struct engine *e, int status)
{
	struct dump *d = &e->dump;

	timer_stop(&d->deadline);
	timer_stop(&d->poll);
	d->is_coming = false;
	d->sequence = 0;
	e->ops->dumped(e->user, status);
}

void dump_prepare(struct engine *e)
{
	struct dump *d = &e->dump;
	const char *why;
	uint32_t at;

	if (!d->table_len || d->is_coming)
		return;
	if (regs_find_bhie(e, &why) < 0) {
		engine_note(e, "no crash dump can be had: %s", why);
		return;
	}
	at = e->regs.bhie;
	for (uint32_t reg = BHIE_RXVECADDR_LOW; reg < BHIE_LEN; reg += 4)
		if (regs_write(e, at + reg, 0) < 0)
			return;
	d->sequence = ((uint32_t)e->timers->now_us & SEQUENCE_MASK) | 1;
	if (regs_write64(e, at + BHIE_RXVECADDR_LOW, d->table) == 0 &&
	    regs_write(e, at + BHIE_RXVECSIZE, (uint32_t)d->table_len) == 0)
		regs_write(e, at + BHIE_RXVECDB, d->sequence);
}

bool dump_begin(struct engine *e)
{
	struct dump *d = &e->dump;

	if (d->is_coming)
		return true;
	if (!d->sequence)
		dump_prepare(e);
	if (!d->sequence)
		return false;
	d->is_coming = true;
	d->poll_us = POLL_FIRST_US;
	timer_start(e->timers, &d->deadline, DUMP_US);
	dump_look(e);
	return true;
}

void dump_look(struct engine *e)
{
	struct dump *d = &e->dump;
	uint32_t status;
	int r;

	if (!d->is_coming)
		return;
	if (!pace_may_read(e)) {
		timer_start(e->timers, &d->poll, PACE_NEXT_US);
		return;
	}
	/* The engine has failed already: a bad register only ends the dump. */
	r = regs_peek(e, e->regs.bhie + BHIE_RXVECSTATUS, &status);
	if (r < 0 || status == MHI_ALL_ONES) {
		dump_end(e, -ENODEV);
	} else if (status >> STATUS_SHIFT < STATUS_DONE ||
		   (status & SEQUENCE_MASK) != d->sequence) {
		timer_start(e->timers, &d->poll, d->poll_us);
		d->poll_us = min_u32(2 * d->poll_us, POLL_MAX_US);
	} else {
		dump_end(e, status >> STATUS_SHIFT == STATUS_DONE ? 0 : -EIO);
	}
}

void dump_cancel(struct engine *e, int status)
{
	e->dump.sequence = 0;
	if (e->dump.is_coming)
		dump_end(e, status);
}

static void on_poll(void *user)
{
	dump_look(user);
}

static void on_deadline(void *user)
{
	dump_end(user, -ETIMEDOUT);
}

void engine_set_dump(struct engine *e, iova_t table, size_t table_len)
{
	e->dump.table = table;
	e->dump.table_len = table_len;
}

bool engine_is_dumping(const struct engine *e)
{
	return e->dump.is_coming;
}

bool engine_look_for_dump(struct engine *e)
{
	if (e->state != DEV_ERROR || !e->dump.table_len || !e->regs.bhi)
		return false;
	if (regs_read_ee(e, &e->ee) < 0 || e->ee != MHI_EE_RDDM)
		return false;
	engine_change(e);
	return dump_begin(e);
}

bool engine_force_dump(struct engine *e)
{
	return e->state == DEV_ERROR && e->dump.sequence && mhi_ee_is_mission(e->ee) &&
	       regs_ask_state(e, MHI_STATE_SYS_ERR) == 0;
}

void dump_init(struct engine *e)
{
	timer_init(&e->dump.deadline, on_deadline, e);
	timer_init(&e->dump.poll, on_poll, e);
}

void dump_fini(struct engine *e)
{
	timer_stop(&e->dump.deadline);
	timer_stop(&e->dump.poll);
}
