#include "sim/modem.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const struct sim_chan default_chans[] = {
	{ 0, 1, "echo" },	/* LOOPBACK */
	{ 4, 5, "diag" },	/* DIAG */
	{ 12, 13, "echo" },	/* MBIM */
	{ 14, 15, "qmi" },	/* QMI */
	{ 20, 21, "echo" },	/* IPCR */
	{ 32, 33, "at" },	/* DUN */
	{ 46, 47, "icmp" },	/* IP_SW0 */
	{ 60, 61, "swallow" },	/* TEST_0 */
	{ 62, 63, "produce" },	/* TEST_1 */
	{ 94, 95, "nmea" },	/* NMEA */
	{ 100, 101, "icmp" },	/* IP_HW0 */
};

const struct sim_config sim_config_default = {
	.chans = default_chans,
	.n_chans = ARRAY_SIZE(default_chans),
	.n_hw_chans = 2,
	.seed = 1,
	.n_vectors = 8,
	.first_ee = MHI_EE_AMSS,
};

static const struct {
	const char *word;
	enum life life;
} lives[] = {
	{ "mute", LIFE_MUTE },
	{ "echo", LIFE_ECHO },
	{ "swallow", LIFE_SWALLOW },
	{ "produce", LIFE_PRODUCE },
};

static bool life_find(const char *word, enum life *ret_life,
		      const struct sim_service **ret_service)
{
	const struct sim_service *service = sim_service_find(word);

	for (unsigned int i = 0; i < ARRAY_SIZE(lives); i++) {
		if (!strcmp(lives[i].word, word)) {
			*ret_life = lives[i].life;
			*ret_service = NULL;
			return true;
		}
	}
	if (!service)
		return false;
	*ret_life = LIFE_SERVICE;
	*ret_service = service;
	return true;
}

bool sim_life_is_known(const char *word)
{
	const struct sim_service *service;
	enum life life;

	return life_find(word, &life, &service);
}

const char *sim_life_for_name(const char *name)
{
	static const struct { const char *name, *life; } known[] = {
		{ "DUN", "at" },
		{ "DUN2", "at" },
		{ "AT", "at" },
		{ "QMI", "qmi" },
		{ "QMI0", "qmi" },
		{ "QMI1", "qmi" },
		{ "QMI_2", "qmi" },
		{ "NMEA", "nmea" },
		{ "DIAG", "diag" },
		{ "RPMSG", "rpmsg" },
		{ "SAHARA", "sahara" },
		{ "FIREHOSE", "firehose" },
		{ "EDL", "firehose" },
		{ "IP_SW0", "icmp" },
		{ "IP_SW1", "icmp" },
		{ "IP_HW0", "icmp" },
		{ "TEST_0", "swallow" },
		{ "TEST_1", "produce" },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(known); i++)
		if (!strcmp(known[i].name, name))
			return known[i].life;
	return "echo";
}

static struct lane *lane_connect(struct sim *s, struct talk *t, uint8_t chid, bool is_dl)
{
	struct lane *l;

	if (chid == SIM_NO_CHANNEL)
		return NULL;
	l = &s->lanes[chid];
	l->talk = t;
	l->chid = chid;
	l->is_dl = is_dl;
	return l;
}

static bool lane_is_free(const struct sim *s, uint8_t chid)
{
	return chid == SIM_NO_CHANNEL || (chid < MHI_WAKE_DB && !s->lanes[chid].talk);
}

static bool talk_init(struct sim *s, struct talk *t, const struct sim_chan *c)
{
	t->sim = s;
	list_init(&t->node);
	timer_init(&t->tick, talk_on_tick, t);
	if (!lane_is_free(s, c->ul) || !lane_is_free(s, c->dl) ||
	    (c->ul == c->dl && c->ul != SIM_NO_CHANNEL) ||
	    !life_find(c->life, &t->life, &t->service))
		return false;
	t->ul = lane_connect(s, t, c->ul, false);
	t->dl = lane_connect(s, t, c->dl, true);
	if (!t->service)
		return true;
	t->service_state = calloc(1, t->service->state_len + 1);
	t->mouth.bytes = calloc(1, MOUTH_SIZE);
	t->mouth.size = MOUTH_SIZE;
	return t->service_state && t->mouth.bytes;
}

struct sim *sim_new(const struct sim_config *c, struct timers *timers,
		    const struct sim_bus_ops *bus_ops, void *bus)
{
	struct sim *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->config = *c;
	s->timers = timers;
	s->bus_ops = bus_ops;
	s->bus = bus;
	s->dice = c->seed;
	list_init(&s->busy);
	power_init_timers(s);
	erings_init(s);
	sim_set_vectors(s, c->n_vectors);
	for (unsigned int i = 0; i < sizeof(s->pattern); i++)
		s->pattern[i] = (uint8_t)i;
	s->config.n_chans = 0;
	s->talks = calloc(c->n_chans + 1, sizeof(*s->talks));
	while (s->talks && s->config.n_chans < c->n_chans) {
		unsigned int i = s->config.n_chans++;

		if (!talk_init(s, &s->talks[i], &c->chans[i])) {
			sim_free(s);
			return NULL;
		}
	}
	if (!s->talks) {
		sim_free(s);
		return NULL;
	}
	power_on(s, c->first_ee);
	return s;
}

void sim_free(struct sim *s)
{
	if (!s)
		return;
	fault_disarm_all(s);
	power_off(s);
	for (unsigned int i = 0; i < s->config.n_chans; i++) {
		free(s->talks[i].service_state);
		free(s->talks[i].mouth.bytes);
	}
	free(s->talks);
	free(s);
}

void sim_set_vectors(struct sim *s, unsigned int n_vectors)
{
	s->config.n_vectors = n_vectors ? n_vectors : 1;
}

void sim_wants_turn(struct sim *s)
{
	if (s->is_turn_wanted)
		return;
	s->is_turn_wanted = true;
	s->bus_ops->wants_turn(s->bus);
}

void sim_note_due(struct sim *s, unsigned int due)
{
	s->due |= due;
	sim_wants_turn(s);
}

void sim_raise(struct sim *s, uint32_t vector)
{
	if (s->n_faults && !fault_on_raise(s))
		return;
	s->counts.interrupts++;
	s->bus_ops->raise(s->bus, vector % s->config.n_vectors);
}

void sim_complain(struct sim *s, const char *format, ...)
{
	char sentence[160];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	s->bus_ops->complain(s->bus, sentence);
}

/* Commands that wait for room stay due, and the host's doorbell brings the
 * turn. */
static void run_due(struct sim *s)
{
	unsigned int due = s->due;

	s->due &= DUE_COMMANDS;
	power_steps(s, due);
	if (due & DUE_LATE)
		control_flush(s);
	if (due & DUE_COMMANDS)
		commands_run(s);
}

void sim_turn(struct sim *s)
{
	struct list now;

	s->is_turn_wanted = false;
	if (s->presence != SIM_PRESENT)
		return;
	if (s->due)
		run_due(s);
	list_init(&now);
	if (power_is_live(s))
		list_move_all(&now, &s->busy);
	while (!list_is_empty(&now)) {
		struct talk *t = list_first(&now, struct talk, node);

		list_remove(&t->node);
		talk_work(s, t);
	}
	erings_publish(s);
	if (power_is_live(s) && !list_is_empty(&s->busy))
		sim_wants_turn(s);
}

void sim_power_cycle(struct sim *s)
{
	power_on(s, s->config.first_ee);
}

void sim_set_state_sys_err(struct sim *s)
{
	if (s->config.crashes_to_rddm)
		power_announce_ee(s, MHI_EE_RDDM);
	power_crash(s);
	erings_publish(s);
}

void sim_set_ee(struct sim *s, uint32_t ee)
{
	power_announce_ee(s, ee);
	erings_publish(s);
}

void sim_set_mood(struct sim *s, enum sim_mood mood)
{
	s->mood = mood;
	for (unsigned int i = 0; i < s->config.n_chans && power_is_live(s); i++)
		talk_wake(s, &s->talks[i]);
}

const struct sim_counts *sim_counts(const struct sim *s)
{
	return &s->counts;
}
