#include "core/boot.h"
#include "core/host.h"
#include <errno.h>

enum {
	STATUS_SHIFT = 30,
	STATUS_DONE = 2,
	STATUS_ERROR = 3,
	SESSION_MASK = (1u << STATUS_SHIFT) - 1,
};

static bool is_vector(const struct boot *b)
{
	return b->ee == MHI_EE_SBL;
}

void boot_forget(struct engine *e)
{
	struct boot *b = &e->boot;
	bool was_given = b->step >= BOOT_GIVEN;

	timer_stop(&b->deadline);
	timer_stop(&b->poll);
	b->step = BOOT_IDLE;
	b->served = 0;
	if (was_given)
		e->ops->loaded(e->user, -ECANCELED);
}

static void boot_begin(struct engine *e, enum mhi_ee ee)
{
	e->boot.step = BOOT_ASKED;
	e->boot.ee = ee;
	timer_stop(&e->deadline);
	e->mission_due_us = 0;
	e->ops->wants_image(e->user, ee);
}

bool boot_serves(struct engine *e, enum mhi_ee ee)
{
	struct boot *b = &e->boot;

	if (b->step != BOOT_IDLE)
		return true;
	if (!(e->config->image_ees & EE_BIT(ee)))
		return false;
	if (!(b->served & EE_BIT(ee)))
		boot_begin(e, ee);
	return b->step != BOOT_IDLE;
}

/* The loader is served; it goes on by itself, and shows as another
 * environment. */
static void boot_done(struct engine *e)
{
	struct boot *b = &e->boot;

	timer_stop(&b->deadline);
	timer_stop(&b->poll);
	b->step = BOOT_IDLE;
	b->served |= EE_BIT(b->ee);
	timer_start(e->timers, &e->deadline, e->config->ready_timeout_ms * 1000ull);
	e->ops->loaded(e->user, 0);
	if (e->state == DEV_BOOT)
		startup_poll_begin(e);
}

/* A few registers tell why, if they can. */
static void boot_fail(struct engine *e, int status, const char *why)
{
	struct boot *b = &e->boot;

	timer_stop(&b->deadline);
	timer_stop(&b->poll);
	b->step = BOOT_FAILED;
	b->status = status;
	b->why = why;
	b->n_error = 0;
	boot_look(e);
}

static void boot_ask_why(struct engine *e)
{
	struct boot *b = &e->boot;
	const uint32_t *x = b->error;

	if (regs_read(e, e->regs.bhi + BHI_ERRCODE + 4 * b->n_error,
		      &b->error[b->n_error]) < 0)
		return;		/* the engine has failed, and forgot this */
	if (++b->n_error < ARRAY_SIZE(b->error)) {
		boot_look(e);
		return;
	}
	b->step = BOOT_IDLE;
	engine_fail(e, b->status, "the image for %s: %s (ERRCODE 0x%x, ERRDBG 0x%x 0x%x 0x%x)",
		    mhi_ee_name(b->ee), b->why, x[0], x[1], x[2], x[3]);
	e->ops->loaded(e->user, b->status);
}

static void poll_again(struct engine *e)
{
	struct boot *b = &e->boot;

	timer_start(e->timers, &b->poll, b->poll_us);
	b->poll_us = min_u32(2 * b->poll_us, BOOT_POLL_MAX_US);
}

/* What BHIe says of another vector is as good as nothing. */
static bool is_answer(const struct boot *b, uint32_t status)
{
	return status >> STATUS_SHIFT >= STATUS_DONE &&
	       (!is_vector(b) || (status & SESSION_MASK) == b->session);
}

static void boot_look_at_status(struct engine *e)
{
	struct boot *b = &e->boot;
	uint32_t status;

	if (regs_read(e, is_vector(b) ? e->regs.bhie + BHIE_TXVECSTATUS :
					e->regs.bhi + BHI_STATUS, &status) < 0)
		return;
	if (!is_answer(b, status))
		poll_again(e);
	else if (status >> STATUS_SHIFT == STATUS_DONE)
		boot_done(e);
	else
		boot_fail(e, -EIO, "the loader refused it");
}

static int send_piece(struct engine *e)
{
	const struct engine_image *i = &e->boot.image;
	uint32_t bhi = e->regs.bhi, status;
	int r;

	r = regs_write(e, bhi + BHI_STATUS, 0);
	if (!r)
		r = regs_read(e, bhi + BHI_STATUS, &status);
	if (r)
		return r;
	if (status >> STATUS_SHIFT) {
		boot_fail(e, -EIO, "there is an answer before the question");
		return -EIO;
	}
	r = regs_write64(e, bhi + BHI_IMGADDR_LOW, i->iova);
	if (!r)
		r = regs_write(e, bhi + BHI_IMGSIZE, (uint32_t)i->len);
	return r ? r : regs_write(e, bhi + BHI_IMGTXDB, e->boot.session);
}

static int send_vector(struct engine *e)
{
	const struct engine_image *i = &e->boot.image;
	const char *why;
	uint32_t bhie;
	int r;

	if (regs_find_bhie(e, &why) < 0) {
		boot_fail(e, -EIO, why);
		return -EIO;
	}
	bhie = e->regs.bhie;
	r = regs_write64(e, bhie + BHIE_TXVECADDR_LOW, i->table);
	if (!r)
		r = regs_write(e, bhie + BHIE_TXVECSIZE, (uint32_t)i->table_len);
	return r ? r : regs_write(e, bhie + BHIE_TXVECDB, e->boot.session);
}

/* Any number but the last one: old answers are told apart by it. */
static uint32_t next_session(uint32_t session)
{
	session = (session * 1103515245u + 12345u) & SESSION_MASK;
	return session ? session : 1;
}

/* It went on by itself while the image was read. */
static void boot_is_over(struct engine *e)
{
	e->boot.step = BOOT_IDLE;
	e->ops->loaded(e->user, -ECANCELED);
	timer_start(e->timers, &e->deadline, e->config->ready_timeout_ms * 1000ull);
	if (e->state == DEV_BOOT)
		startup_poll_begin(e);
	else
		mission_look_at_ee(e);
}

static void boot_look_at_ee(struct engine *e)
{
	struct boot *b = &e->boot;
	enum mhi_ee ee;

	if (regs_read_ee(e, &ee) < 0)
		return;
	if (ee != b->ee) {
		boot_is_over(e);
		return;
	}
	b->step = BOOT_CLEARED;
	boot_look(e);
}

static void boot_send(struct engine *e)
{
	struct boot *b = &e->boot;

	b->session = next_session(b->session + (uint32_t)e->timers->now_us);
	b->poll_us = BOOT_POLL_FIRST_US;
	if ((is_vector(b) ? send_vector(e) : send_piece(e)) < 0)
		return;
	b->step = BOOT_SENT;
	timer_start(e->timers, &b->deadline, BOOT_LOAD_US);
	boot_look(e);
}

void boot_look(struct engine *e)
{
	static void (*const steps[])(struct engine *e) = {
		[BOOT_GIVEN] = boot_look_at_ee,
		[BOOT_CLEARED] = boot_send,
		[BOOT_SENT] = boot_look_at_status,
		[BOOT_FAILED] = boot_ask_why,
	};
	struct boot *b = &e->boot;

	if (!steps[b->step])
		return;
	if (pace_may_read(e))
		steps[b->step](e);
	else
		timer_start(e->timers, &b->poll, PACE_NEXT_US);
}

int engine_load(struct engine *e, const struct engine_image *i)
{
	if (e->boot.step != BOOT_ASKED)
		return -EINVAL;
	e->boot.step = BOOT_GIVEN;
	e->boot.image = *i;
	boot_look(e);
	return 0;
}

void engine_refuse_image(struct engine *e, int status, const char *why)
{
	if (e->boot.step != BOOT_ASKED)
		return;
	e->boot.step = BOOT_IDLE;
	engine_fail(e, status, "the image for %s: %s", mhi_ee_name(e->boot.ee), why);
}

size_t engine_lay_table(void *table, iova_t iova, size_t len, uint32_t piece)
{
	uint8_t *entry = table;
	size_t n;

	for (size_t at = 0; at < len; at += n, entry += ENGINE_TABLE_ENTRY) {
		n = min_size(piece, len - at);
		put_le64(entry, iova + at);
		put_le64(entry + 8, n);
	}
	return (size_t)(entry - (uint8_t *)table);
}

static void on_poll(void *user)
{
	boot_look(user);
}

static void on_deadline(void *user)
{
	boot_fail(user, -ETIMEDOUT, "no answer to its doorbell");
}

void boot_init(struct engine *e)
{
	timer_init(&e->boot.deadline, on_deadline, e);
	timer_init(&e->boot.poll, on_poll, e);
}

void boot_fini(struct engine *e)
{
	timer_stop(&e->boot.deadline);
	timer_stop(&e->boot.poll);
}
