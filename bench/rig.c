#include "bench/rig.h"
#include "bench/clock.h"
#include <errno.h>
#include <stdio.h>

/* The measured channel has an event ring for each direction; the others share
 * the last one. */
static const struct ering_config erings[] = {
	{ .elements = 64 },
	{ .elements = 1024 },
	{ .elements = 1024 },
};
enum { MEASURED_ERING = 1, OTHER_ERING = 2 };

static void on_opened(void *user, int status)
{
	struct rig *r = user;

	r->n_opened += status == 0;
}

static void on_done(void *user, enum link_dir dir, unsigned int slot, int status,
		    uint32_t len)
{
	struct rig *r = user;

	(void)dir;
	(void)slot;
	(void)len;
	r->n_done++;
	if (status)
		r->n_failed++;
}

static void on_closed(void *user, int why)
{
	struct rig *r = user;

	(void)why;
	r->n_opened--;
}

static const struct link_user_ops rig_user_ops = {
	.opened = on_opened, .done = on_done, .closed = on_closed,
};

static void on_event(void *user)
{
	(void)user;
}

static void on_offered(void *user, unsigned int chan, bool is_offered)
{
	(void)user;
	(void)chan;
	(void)is_offered;
}

static void on_power_done(void *user, int status)
{
	(void)user;
	(void)status;
}

static void on_noted(void *user, const char *sentence)
{
	(void)user;
	fprintf(stderr, "mhi-bench: %s\n", sentence);
}

static const struct engine_ops rig_engine_ops = {
	.wants_turn = on_event,
	.changed = on_event,
	.offered = on_offered,
	.power_done = on_power_done,
	.noted = on_noted,
};

static struct chan_dir_config direction(unsigned int chid, uint8_t ering)
{
	return (struct chan_dir_config){
		.exists = true, .chid = (uint8_t)chid, .ering = ering,
		.elements = RIG_ELEMENTS, .slot_len = RIG_SLOT_LEN,
	};
}

static void fill_config(struct rig *r, unsigned int n_chans)
{
	for (unsigned int i = 0; i < n_chans; i++) {
		snprintf(r->names[i], sizeof r->names[i], "CH%u", i);
		r->sim_chans[i] = (struct sim_chan){
			(uint8_t)(2 * i), (uint8_t)(2 * i + 1), "mute",
		};
		r->chans[i] = (struct chan_config){
			.name = r->names[i],
			.dir = { direction(2 * i, i ? OTHER_ERING : MEASURED_ERING),
				 direction(2 * i + 1, OTHER_ERING) },
			.ee_mask = EE_BIT(MHI_EE_AMSS),
		};
	}
	r->config = (struct engine_config){
		.chans = r->chans, .n_chans = n_chans,
		.erings = erings, .n_erings = ARRAY_SIZE(erings),
		.timeout_ms = 2000, .ready_timeout_ms = 2000,
	};
}

static int bring_up(struct rig *r, unsigned int n_open)
{
	if (engine_power(r->engine, POWER_ON) < 0)
		return -EIO;
	model_settle(&r->model, r->engine);
	if (engine_state(r->engine) != ENGINE_READY)
		return -EIO;
	r->link = engine_link(r->engine);
	for (unsigned int i = 0; i < n_open; i++) {
		int ret = r->link->ops->open(r->link, i, &rig_user_ops, r);

		if (ret < 0)
			return ret;
	}
	model_settle(&r->model, r->engine);
	return r->n_opened == n_open ? model_take_over(&r->model, 0) : -EIO;
}

int rig_init(struct rig *r, unsigned int n_chans, unsigned int n_open)
{
	struct sim_config sim = sim_config_default;
	const char *why = NULL;
	int ret;

	memset(r, 0, sizeof *r);
	timers_init(&r->timers);
	fill_config(r, n_chans);
	if (engine_check(&r->config, &why) < 0) {
		fprintf(stderr, "mhi-bench: %s\n", why);
		return -EINVAL;
	}
	sim.chans = r->sim_chans;
	sim.n_chans = n_chans;
	sim.n_vectors = ARRAY_SIZE(erings) + 1;
	ret = model_init(&r->model, &sim, &r->timers, engine_memory(&r->config));
	if (ret)
		return ret;
	r->engine = engine_new(&r->config, &r->model.hw, &r->timers, &r->model.reads,
			       &r->model.writes, &rig_engine_ops, NULL);
	return r->engine ? bring_up(r, n_open) : -ENOMEM;
}

void rig_fini(struct rig *r)
{
	if (r->engine)
		engine_free(r->engine);
	r->engine = NULL;
	model_fini(&r->model);
}

__attribute__((noinline)) void rig_queue(struct rig *r, unsigned int batch)
{
	for (unsigned int slot = 0; slot < batch; slot++)
		if (r->link->ops->submit(r->link, 0, LINK_UL, slot, RIG_SLOT_LEN))
			r->n_failed++;
	engine_turn(r->engine);
}

void rig_complete(struct rig *r)
{
	model_complete(&r->model);
}

__attribute__((noinline)) void rig_reap(struct rig *r)
{
	engine_irq(r->engine, MEASURED_ERING + 1);
}

int rig_time(struct rig *r, unsigned int turns, unsigned int batch, struct sample *ret_sample)
{
	uint64_t n = (uint64_t)turns * batch, done = r->n_done, start = now_ns();

	for (unsigned int i = 0; i < turns; i++) {
		rig_queue(r, batch);
		rig_complete(r);
		rig_reap(r);
	}
	*ret_sample = (struct sample){
		.value = (double)(now_ns() - start) / (double)n, .n = n,
	};
	return r->n_failed || r->n_done - done != n ? -EPROTO : 0;
}
