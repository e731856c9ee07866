/*
 * Between engine, hardware and device: the memory that both reach, the engine's
 * calls that become states, and channels that become files or go to a driver.
 */
#include "device/mhi.h"
#include "device/mhi_boot.h"
#include "device/mhi_crash.h"
#include "device/mhi_sleep.h"
#include <errno.h>
#include <stdlib.h>

/* Who has a channel: a file, or a driver on the device. */
struct mhi_chan {
	struct device_port *port;	/* NULL: it has no file */
	struct driver *driver;		/* NULL: nobody took it */
};

struct mhi {
	struct bearer bearer;
	struct loop *loop;	/* borrowed */
	struct profile *profile;	/* owned */
	struct hw *hw;		/* owned; NULL before start and after close */
	struct sim_chan *sim_chans;	/* of a simulated modem; owned */
	const struct config *files;	/* borrowed: where images and dumps are */
	struct memory memory;	/* of the engine */
	struct mhi_boot boot;
	struct mhi_crash crash;
	struct mhi_sleep sleep;
	struct timer health;	/* the next look at a device that seems well */
	struct engine_config config;
	struct engine *engine;	/* owned; NULL before start */
	struct defer turn;	/* engine_turn() */
	struct mhi_chan *chans;	/* one a channel of the profile, as far as made */
	unsigned int n_chans;
};

static struct mhi *to_mhi(const struct bearer *b)
{
	return container_of(b, struct mhi, bearer);
}

const struct profile *mhi_profile(const struct bearer *b)
{
	return to_mhi(b)->profile;
}

struct hw *mhi_hw(struct bearer *b)
{
	return to_mhi(b)->hw;
}

struct engine *mhi_engine(struct bearer *b)
{
	return to_mhi(b)->hw ? to_mhi(b)->engine : NULL;
}

/* What the engine calls. */

static void on_wants_turn(void *user)
{
	struct mhi *m = user;

	loop_defer(m->loop, &m->turn);
}

static void run_turn(void *user)
{
	struct mhi *m = user;

	engine_turn(m->engine);
	mhi_sleep_look(&m->sleep);
}

/* One that has nothing to do says nothing; whether it is well shows only when it
 * is asked. */
static void look_after(struct mhi *m)
{
	uint32_t ms = m->profile->health_check_ms;

	if (ms && engine_state(m->engine) == ENGINE_READY && !timer_is_armed(&m->health))
		timer_start(loop_timers(m->loop), &m->health, ms * 1000ull);
}

static void on_health(void *user)
{
	struct mhi *m = user;

	engine_check_health(m->engine);
	look_after(m);
}

static void on_changed(void *user)
{
	struct mhi *m = user;

	if (!m->engine)	/* not before engine_new() returned */
		return;
	if (engine_state(m->engine) == ENGINE_READY)
		text_clear(&m->boot.why);
	mhi_crash_changed(&m->crash);
	mhi_sleep_changed(&m->sleep);
	look_after(m);
	device_bearer_changed(m->bearer.device);
}

static void on_offered(void *user, unsigned int chan, bool is_offered)
{
	struct mhi *m = user;
	struct mhi_chan *c;

	if (chan >= m->n_chans)
		return;
	c = &m->chans[chan];
	if (c->driver)
		c->driver->ops->offered(c->driver, engine_link(m->engine), chan, is_offered);
	else
		device_offer_port(m->bearer.device, c->port, is_offered);
}

static void on_power_done(void *user, int status)
{
	struct mhi *m = user;

	if (!mhi_crash_power_done(&m->crash, status) &&
	    !mhi_sleep_power_done(&m->sleep, status))
		device_bearer_power_done(m->bearer.device, status);
}

static void on_wants_image(void *user, enum mhi_ee ee)
{
	struct mhi *m = user;

	mhi_boot_wanted(&m->boot, ee);
}

static void on_loaded(void *user, int status)
{
	struct mhi *m = user;

	mhi_boot_loaded(&m->boot, status);
}

static void on_dumped(void *user, int status)
{
	struct mhi *m = user;

	mhi_crash_dumped(&m->crash, status);
}

static void on_noted(void *user, const char *sentence)
{
	struct mhi *m = user;

	device_bearer_noted(m->bearer.device, sentence);
}

static const struct engine_ops engine_ops = {
	.wants_turn = on_wants_turn,
	.changed = on_changed,
	.offered = on_offered,
	.power_done = on_power_done,
	.noted = on_noted,
	.wants_image = on_wants_image,
	.loaded = on_loaded,
	.dumped = on_dumped,
};

/* What the hardware calls. */

static void on_irq(void *user, unsigned int vector)
{
	struct mhi *m = user;

	engine_irq(m->engine, vector);
	mhi_sleep_look(&m->sleep);
}

static void on_gone(void *user)
{
	struct mhi *m = user;

	/* What it has to tell comes with the next turn; then the device closes. */
	engine_gone(m->engine);
}

static const struct hw_events hw_events = { .irq = on_irq, .gone = on_gone };

/* Start. */

/* A device that fails here is refused; one that fails to come up later stays,
 * in error. */
static int probe(struct mhi *m, struct text *ret_why)
{
	const char *why = NULL;
	int r;

	m->engine = engine_new(&m->config, m->hw, loop_timers(m->loop), &m->memory.dma[DEV_READS],
			       &m->memory.dma[DEV_WRITES], &engine_ops, m);
	if (!m->engine)
		return -ENOMEM;
	m->boot.engine = m->crash.engine = m->sleep.engine = m->engine;
	/* Like its opening this is done before the device is there. */
	do
		r = engine_probe(m->engine, &why);
	while (r == PROBE_MORE);
	if (r)
		text_printf(ret_why, "%s: %s", device_path_name(m->bearer.device), why);
	return r;
}

/* The engine's memory, and its shape. */
static int prepare(struct mhi *m, struct text *ret_why)
{
	int r = profile_engine_config(m->profile, &m->config);
	struct engine_memory em;
	struct memory_need need;

	if (r)
		return r;
	m->config.image_ees = mhi_boot_loaders(&m->boot);
	em = engine_memory(&m->config);
	need = (struct memory_need){ .reads = em.reads, .writes = em.writes, .align = em.align,
				     .bits = m->profile->dma_bits };
	return memory_map(&m->memory, m->hw, &need, ret_why);
}

/* What serves the engine: a directory for crashes, images for loaders. */
static int add_helpers(struct mhi *m)
{
	m->boot.device = m->crash.device = m->sleep.device = m->bearer.device;
	m->boot.loop = m->crash.loop = m->loop;
	m->boot.hw = m->crash.hw = m->hw;
	m->boot.profile = m->crash.profile = m->profile;
	m->crash.image_why = &m->boot.why;
	m->boot.dir = config_firmware_dir(m->files);
	return mhi_crash_init(&m->crash, config_dump_dir(m->files));
}

/* A dump needs memory from the start: a device that has crashed cannot wait. */
static int start_helpers(struct mhi *m, struct text *ret_why)
{
	int r = mhi_crash_start(&m->crash, memory_end(&m->memory), ret_why);

	m->boot.min = m->profile->rddm_size ? memory_end(&m->crash.memory) :
					      memory_end(&m->memory);
	return r;
}

/* Its files; channels that a driver took have none. */
static int make_ports(struct mhi *m, struct text *ret_why)
{
	struct device *d = m->bearer.device;
	int r = 0;

	m->chans = calloc(m->profile->n_chans, sizeof(*m->chans));
	if (!m->chans)
		return -ENOMEM;
	while (m->n_chans < m->profile->n_chans && !r) {
		const struct profile_chan *c = &m->profile->chans[m->n_chans];
		struct mhi_chan *chan = &m->chans[m->n_chans];

		chan->driver = device_driver_of(d, c->name);
		if (!chan->driver)
			r = device_add_port(d, device_root(d), c, engine_link(m->engine),
					    m->n_chans, &chan->port, ret_why);
		m->n_chans += !r;
	}
	return r;
}

int mhi_start(struct bearer *b, struct hw *hw, struct sim_chan *sim_chans,
	      struct text *ret_why)
{
	struct mhi *m = to_mhi(b);
	int r;

	m->hw = hw;
	m->sim_chans = sim_chans;
	hw->events = &hw_events;
	hw->user = m;
	r = add_helpers(m);
	if (!r)
		r = prepare(m, ret_why);
	if (!r)
		r = probe(m, ret_why);
	if (!r)
		r = start_helpers(m, ret_why);
	if (!r)
		r = make_ports(m, ret_why);
	if (!r)
		r = device_power(b->device, POWER_ON);
	if (r < 0)
		return r;
	mhi_crash_keep_up(&m->crash);
	return 0;
}

/* What the device calls. */

static enum engine_state mhi_state(const struct bearer *b)
{
	const struct mhi *m = to_mhi(b);
	enum engine_state s = m->engine ? engine_state(m->engine) : ENGINE_OFF;

	if ((s == ENGINE_ERROR || s == ENGINE_STARTING || s == ENGINE_OFF) &&
	    mhi_crash_is_recovering(&m->crash))
		return ENGINE_RECOVERING;
	return s;
}

static const char *mhi_why(const struct bearer *b)
{
	const struct mhi *m = to_mhi(b);

	if (!m->engine)
		return "";
	if (m->crash.why.len && (mhi_state(b) == ENGINE_RECOVERING || mhi_state(b) == ENGINE_ERROR))
		return text_get(&m->crash.why);
	if (m->boot.why.len && mhi_state(b) == ENGINE_ERROR)
		return text_get(&m->boot.why);
	if (mhi_state(b) == ENGINE_SUSPENDED)
		return mhi_sleep_why(&m->sleep);
	return engine_why(m->engine);
}

static const char *mhi_word(const struct bearer *b)
{
	const struct mhi *m = to_mhi(b);

	return m->hw && m->engine ? mhi_state_name(engine_mhi_state(m->engine)) : "";
}

static const char *mhi_ee(const struct bearer *b)
{
	const struct mhi *m = to_mhi(b);

	return mhi_ee_name(m->hw && m->engine ? engine_ee(m->engine) : MHI_EE_NONE);
}

static void mhi_show_info(const struct bearer *b, struct text *out)
{
	profile_show(to_mhi(b)->profile, out);
}

static int mhi_power(struct bearer *b, enum engine_power what)
{
	struct mhi *m = to_mhi(b);
	int r;

	if (what == POWER_EDL && !m->profile->edl_trigger)
		return -EINVAL;
	r = m->engine ? mhi_sleep_power(&m->sleep, what) : -ENODEV;
	if (r == POWER_STARTED)
		mhi_crash_taken_over(&m->crash, what);
	return r;
}

static void mhi_begin_sleep(struct bearer *b)
{
	struct mhi *m = to_mhi(b);

	if (m->hw && m->engine)
		mhi_sleep_begin(&m->sleep);
}

static bool mhi_is_asleep(const struct bearer *b)
{
	return mhi_sleep_is_over(&to_mhi(b)->sleep);
}

static void mhi_wake(struct bearer *b)
{
	struct mhi *m = to_mhi(b);

	if (m->hw && m->engine)
		mhi_sleep_end(&m->sleep);
}

/* Whatever is still open comes back. */
static void give_up(struct mhi *m)
{
	engine_gone(m->engine);
	do {
		defer_cancel(&m->turn);
		engine_turn(m->engine);
	} while (!list_is_empty(&m->turn.node));
}

static void mhi_close(struct bearer *b)
{
	struct mhi *m = to_mhi(b);

	if (!m->hw)
		return;
	timer_stop(&m->health);
	if (m->engine)
		give_up(m);
	mhi_boot_stop(&m->boot);
	mhi_crash_stop(&m->crash);
	mhi_sleep_stop(&m->sleep);
	memory_unmap(&m->memory);
	m->hw->ops->close(m->hw);
	m->hw = NULL;
}

static void mhi_free(struct bearer *b)
{
	struct mhi *m = to_mhi(b);

	if (m->engine)
		engine_free(m->engine);
	mhi_crash_fini(&m->crash);
	mhi_sleep_fini(&m->sleep);
	profile_engine_config_fini(&m->config);
	free(m->sim_chans);
	free(m->chans);
	profile_free(m->profile);
	free(m);
}

static bool mhi_is_resting(const struct bearer *b)
{
	return mhi_crash_is_resting(&to_mhi(b)->crash);
}

static const struct bearer_ops mhi_ops = {
	.state = mhi_state,
	.is_resting = mhi_is_resting,
	.why = mhi_why,
	.mhi = mhi_word,
	.ee = mhi_ee,
	.profile = mhi_profile,
	.show_info = mhi_show_info,
	.power = mhi_power,
	.sleep = mhi_begin_sleep,
	.is_asleep = mhi_is_asleep,
	.wake = mhi_wake,
	.close = mhi_close,
	.free = mhi_free,
};

struct bearer *mhi_new(struct loop *l, const struct config *config, const char *transport,
		       struct profile *profile)
{
	struct mhi *m = calloc(1, sizeof(*m));

	if (!m) {
		profile_free(profile);
		return NULL;
	}
	m->bearer.ops = &mhi_ops;
	m->bearer.transport = transport;
	m->loop = l;
	m->profile = profile;
	m->files = config;
	mhi_boot_init(&m->boot);
	m->sleep.loop = l;
	m->sleep.profile = profile;
	mhi_sleep_init(&m->sleep);
	timer_init(&m->health, on_health, m);
	defer_init(&m->turn, run_turn, m);
	return &m->bearer;
}
