#include "device/mhi_crash.h"
#include "core/layout.h"
#include "device/instance.h"
#include "mhifs/mhifs.h"
#include <errno.h>
#include <time.h>

enum {
	NEXT_US = 1,		/* the next turn */
	RDDM_US = 200000,	/* from SYS_ERR to a device that has got to RDDM */
	PAGE = 4096,
};

/* --- the report --- */

static void add_line(void *user, const char *line)
{
	text_printf(user, "%s\n", line);
}

/* Who knows best: a driver, an image, the engine. */
static const char *cause(const struct mhi_crash *c)
{
	if (c->device->blame.len)
		return text_get(&c->device->blame);
	return c->image_why->len ? text_get(c->image_why) : engine_why(c->engine);
}

static void show_head(const struct mhi_crash *c, struct text *out)
{
	char when[40] = "";
	struct tm tm;
	time_t now = time(NULL);

	if (gmtime_r(&now, &tm))
		strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	text_printf(out, "time=%s\ndevice=%s\naddress=", when, device_name(c->device));
	text_add_escaped(out, c->device->address, strlen(c->device->address));
	text_printf(out, "\nprofile=%s\nmhi=%s\nee=%s\nwhy=", c->profile->name,
		    mhi_state_name(engine_mhi_state(c->engine)), mhi_ee_name(engine_ee(c->engine)));
	text_add_escaped(out, cause(c), strlen(cause(c)));
	text_add(out, "\n");
}

/* All but the registers. */
static void begin_report(struct mhi_crash *c)
{
	struct text *out = &c->report;

	text_clear(out);
	show_head(c, out);
	text_add(out, "\nwhat happened, seconds before:\n");
	history_show(&c->device->history, loop_timers(c->loop)->now_us, out);
	text_add(out, "\ncounters:\n");
	c->device->attrs[NODE_STATS].ops->show(&c->device->attrs[NODE_STATS], out);
	text_add(out, "\nrings:\n");
	engine_show_rings(c->engine, add_line, out);
	crash_regs_init(&c->regs, c->hw);
}

/* --- what is saved --- */

static void tell_dump(struct mhi_crash *c, const char *end, uint64_t bytes, const char *state,
		      int error)
{
	device_tell(c->device, MHIFS_EVENT_DUMP,
		    json_pack("{s:o, s:I, s:s, s:s*}", "file",
			      json_sprintf("crash-%u%s", c->number, end), "bytes",
			      (json_int_t)bytes, "state", state, "why",
			      error ? strerror(-error) : NULL));
}

static void save_report(struct mhi_crash *c)
{
	int r = text_failed(&c->report) ? -ENOMEM :
		crashes_save(c->dumps, &c->report, &c->number);

	c->report_status = r;
	tell_dump(c, ".txt", c->report.len, r ? MHIFS_DUMP_FAILED : MHIFS_DUMP_SAVED, r);
	if (r)
		log_warn(device_name(c->device), "the report of the crash is not saved in %s: %s",
			 c->dumps->path, strerror(-r));
	text_fini(&c->report);
}

static void plan_reset(struct mhi_crash *c);

static void end_saving(struct mhi_crash *c, int r)
{
	bool is_whole = !r && !c->dump_status;
	uint64_t bytes = c->writer.at;

	crash_write_end(&c->writer, is_whole);
	tell_dump(c, is_whole ? ".bin" : ".bin.partial", bytes,
		  is_whole ? MHIFS_DUMP_SAVED : MHIFS_DUMP_PARTIAL, r ? r : c->dump_status);
	if (is_whole)
		log_info(device_name(c->device), "its dump is saved in %s/crash-%u.bin",
			 c->dumps->path, c->number);
	else
		log_warn(device_name(c->device), "its dump is saved in part (%s) in %s/"
			 "crash-%u.bin.partial", strerror(r ? -r : -c->dump_status),
			 c->dumps->path, c->number);
	plan_reset(c);
}

static void save_more(struct mhi_crash *c)
{
	int r = crash_write_more(&c->writer);

	if (r == CRASH_MORE)
		timer_start(loop_timers(c->loop), &c->next, NEXT_US);
	else
		end_saving(c, r);
}

static void begin_saving(struct mhi_crash *c)
{
	const struct dma *dma = &c->memory.dma[DEV_WRITES];
	int r = c->number ? crash_write_begin(&c->writer, c->dumps, c->number, dma->cpu,
					     c->profile->rddm_size) : c->report_status;

	c->step = CRASH_SAVING;
	if (!r) {
		tell_dump(c, ".bin.partial", 0, MHIFS_DUMP_SAVING, 0);
		timer_start(loop_timers(c->loop), &c->next, NEXT_US);
		return;
	}
	log_warn(device_name(c->device), "its dump is not saved: %s", strerror(-r));
	tell_dump(c, ".bin", 0, MHIFS_DUMP_FAILED, r);
	plan_reset(c);
}

/* --- what is done about it --- */

bool mhi_crash_is_recovering(const struct mhi_crash *c)
{
	return c->step != CRASH_NONE && c->profile->recovery;
}

bool mhi_crash_is_resting(const struct mhi_crash *c)
{
	return c->step == CRASH_WAITING && c->policy.n > 1;
}

static void become(struct mhi_crash *c, enum crash_step step)
{
	c->step = step;
	device_bearer_changed(c->device);
}

static void plan_reset(struct mhi_crash *c)
{
	uint64_t now_us = loop_timers(c->loop)->now_us, delay_us = 0;

	text_clear(&c->why);
	if (!c->profile->recovery) {
		become(c, CRASH_NONE);
	} else if (recovery_next(&c->policy, now_us, &delay_us) == RECOVERY_GIVE_UP) {
		text_printf(&c->why, "%s; %u resets within 10 minutes did not help", cause(c),
			    RECOVERY_MOST);
		text_clear(&c->device->blame);	/* it is told by now */
		become(c, CRASH_NONE);
	} else {
		text_printf(&c->why, "%s; reset %u of %u", cause(c), c->policy.n, RECOVERY_MOST);
		text_clear(&c->device->blame);	/* it is told by now */
		/* SYS_ERR may be the way to RDDM. */
		if (c->memory.hw && !c->has_dump && delay_us < RDDM_US)
			delay_us = RDDM_US;
		timer_start(loop_timers(c->loop), &c->next, delay_us);
		become(c, CRASH_WAITING);
	}
}

/* Is there a dump to wait for, or may there be?  One that did not go to RDDM by
 * itself is told to, once. */
static bool look_for_dump(struct mhi_crash *c)
{
	if (!c->memory.hw || c->has_dump)
		return false;
	become(c, CRASH_DUMPING);
	if (engine_look_for_dump(c->engine))
		return true;
	if (c->is_forced || !engine_force_dump(c->engine))
		return false;
	c->is_forced = true;
	timer_start(loop_timers(c->loop), &c->next, RDDM_US);
	become(c, CRASH_WAITING);
	return true;
}

static void reset(struct mhi_crash *c)
{
	if (look_for_dump(c))
		return;
	c->has_dump = c->is_forced = false;
	if (engine_power(c->engine, POWER_RESET) != POWER_STARTED) {
		become(c, CRASH_NONE);
		return;
	}
	c->has_reset = true;
	device_tell_reset(c->device, "recovery");
	become(c, CRASH_RESETTING);
}

static void end_report(struct mhi_crash *c)
{
	save_report(c);
	if (c->has_dump)
		begin_saving(c);
	else if (engine_is_dumping(c->engine))
		become(c, CRASH_DUMPING);
	else
		plan_reset(c);
}

static void report_more(struct mhi_crash *c)
{
	if (crash_regs_next(&c->regs, &c->report) == CRASH_REGS_MORE)
		timer_start(loop_timers(c->loop), &c->next, NEXT_US);
	else
		end_report(c);
}

/* What is being written ends here; a report that has no registers is one. */
static void cut_short(struct mhi_crash *c)
{
	timer_stop(&c->next);
	if (c->step == CRASH_REPORTING)
		save_report(c);
	crash_write_end(&c->writer, false);
	c->step = CRASH_NONE;
}

static void on_next(void *user)
{
	struct mhi_crash *c = user;

	if (c->step == CRASH_REPORTING)
		report_more(c);
	else if (c->step == CRASH_SAVING)
		save_more(c);
	else if (c->step == CRASH_WAITING)
		reset(c);
}

static void begin(struct mhi_crash *c)
{
	c->is_handled = true;
	c->number = 0;
	begin_report(c);
	timer_start(loop_timers(c->loop), &c->next, NEXT_US);
	become(c, CRASH_REPORTING);
}

void mhi_crash_changed(struct mhi_crash *c)
{
	enum engine_state s = engine_state(c->engine);

	if (s == ENGINE_READY)
		c->is_kept_up = true;
	if (s != ENGINE_ERROR || c->is_handled)
		return;
	if (c->is_kept_up || engine_ee(c->engine) == MHI_EE_RDDM)
		begin(c);
}

void mhi_crash_dumped(struct mhi_crash *c, int status)
{
	if (status == -ECANCELED)
		return;		/* by a reset that somebody asked for */
	c->has_dump = true;
	c->dump_status = status;
	/* It may have been there before the failure was told. */
	if (c->step == CRASH_DUMPING)
		begin_saving(c);
}

bool mhi_crash_power_done(struct mhi_crash *c, int status)
{
	if (!c->has_reset)
		return false;
	c->has_reset = false;
	if (c->step != CRASH_RESETTING)
		return true;	/* somebody took over meanwhile */
	if (!status) {
		c->is_handled = false;
		text_clear(&c->why);
		become(c, CRASH_NONE);
	} else if (engine_is_dumping(c->engine) || c->has_dump) {
		begin(c);
	} else if (engine_state(c->engine) == ENGINE_ERROR) {
		plan_reset(c);
	} else {
		become(c, CRASH_NONE);
	}
	return true;
}

void mhi_crash_taken_over(struct mhi_crash *c, enum engine_power what)
{
	if (what == POWER_SUSPEND || what == POWER_RESUME)
		return;
	cut_short(c);
	text_clear(&c->why);
	recovery_forget(&c->policy);
	c->is_kept_up = c->is_handled = c->has_dump = c->is_forced = false;
}

void mhi_crash_keep_up(struct mhi_crash *c)
{
	c->is_kept_up = true;
}

/* --- life --- */

int mhi_crash_init(struct mhi_crash *c, const char *dump_dir)
{
	timer_init(&c->next, on_next, c);
	c->dumps = crashes_of(c->device, dump_dir);
	return c->dumps ? 0 : -ENOMEM;
}

void mhi_crash_fini(struct mhi_crash *c)
{
	text_fini(&c->report);
	text_fini(&c->why);
}

int mhi_crash_start(struct mhi_crash *c, iova_t min, struct text *ret_why)
{
	size_t len = c->profile->rddm_size, seg = c->profile->seg_len;
	struct memory_need need = {
		.reads = round_up((len + seg - 1) / seg * ENGINE_TABLE_ENTRY, PAGE),
		.writes = round_up(len, PAGE),
		.align = PAGE,
		.min = min,
		.bits = c->profile->dma_bits,
	};
	const struct dma *reads = &c->memory.dma[DEV_READS];
	int r;

	if (!len)
		return 0;
	r = memory_map(&c->memory, c->hw, &need, ret_why);
	if (!r)
		engine_set_dump(c->engine, reads->iova,
				engine_lay_table(reads->cpu, c->memory.dma[DEV_WRITES].iova, len,
						 c->profile->seg_len));
	return r;
}

void mhi_crash_stop(struct mhi_crash *c)
{
	cut_short(c);
	memory_unmap(&c->memory);
}
