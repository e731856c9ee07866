#include "device/simulated.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { LONGEST_STEP_US = 600000000 };

/* An option whose value is a number. */
static const struct number {
	const char *key;
	size_t offset;	/* of a uint32_t in sim_config */
	uint32_t min, max;
} numbers[] = {
	{ "vectors", offsetof(struct sim_config, n_vectors), 1, 32 },
	{ "reset_us", offsetof(struct sim_config, reset_us), 0, LONGEST_STEP_US },
	{ "ready_us", offsetof(struct sim_config, ready_us), 0, LONGEST_STEP_US },
	{ "boot_us", offsetof(struct sim_config, boot_us), 0, LONGEST_STEP_US },
	{ "m0_us", offsetof(struct sim_config, m0_us), 0, LONGEST_STEP_US },
	{ "m3_us", offsetof(struct sim_config, m3_us), 0, LONGEST_STEP_US },
	{ "command_us", offsetof(struct sim_config, command_us), 0, LONGEST_STEP_US },
	{ "idle_us", offsetof(struct sim_config, idle_us), 0, LONGEST_STEP_US },
	{ "image_us", offsetof(struct sim_config, image_us), 0, LONGEST_STEP_US },
	{ "dump_us", offsetof(struct sim_config, dump_us), 0, LONGEST_STEP_US },
};

enum { BOOT_FLASH, BOOT_LOADER, BOOT_IMAGES };

static const struct word {
	const char *word;
	unsigned int value;
} ees[] = {
	{ "amss", MHI_EE_AMSS }, { "pbl", MHI_EE_PBL }, { "pthru", MHI_EE_PTHRU },
	{ "sbl", MHI_EE_SBL }, { "edl", MHI_EE_EDL }, { "rddm", MHI_EE_RDDM },
}, boots[] = {
	{ "flash", BOOT_FLASH }, { "loader", BOOT_LOADER }, { "images", BOOT_IMAGES },
}, crashes[] = {
	{ "sys-err", false }, { "rddm", true },
}, moods[] = {
	{ "healthy", SIM_HEALTHY },
	{ "deaf-to-commands", SIM_DEAF_TO_COMMANDS },
	{ "refuses-start", SIM_REFUSES_START },
	{ "holds-uplink", SIM_HOLDS_UPLINK },
	{ "ignores-m0", SIM_IGNORES_M0 },
	{ "ignores-m3", SIM_IGNORES_M3 },
	{ "never-ready", SIM_NEVER_READY },
};

static int refuse(const char *key, const char *value, const char *right, struct text *ret_why)
{
	text_printf(ret_why, "option %s cannot be '%s'; it must be %s", key, value, right);
	return -EINVAL;
}

static int set_number(struct sim_config *c, const struct number *n, const char *value,
		      struct text *ret_why)
{
	uint64_t number;
	char right[48];

	if (text_to_u64(value, n->min, n->max, &number)) {
		snprintf(right, sizeof(right), "a number from %u to %u", n->min, n->max);
		return refuse(n->key, value, right, ret_why);
	}
	*(uint32_t *)((char *)c + n->offset) = (uint32_t)number;
	return 0;
}

static int find_word(const struct word *words, size_t n_words, const char *key,
		     const char *value, unsigned int *ret_value, struct text *ret_why)
{
	struct text right = TEXT_INIT;

	for (size_t i = 0; i < n_words; i++) {
		if (!strcmp(words[i].word, value)) {
			*ret_value = words[i].value;
			text_fini(&right);
			return 0;
		}
		text_printf(&right, "%s%s", i ? ", " : "", words[i].word);
	}
	refuse(key, value, text_get(&right), ret_why);
	text_fini(&right);
	return -EINVAL;
}

static int set_life(const struct profile *p, struct sim_chan *chans, const char *key,
		    const char *life, struct text *ret_why)
{
	const struct profile_chan *c = profile_chan_find(p, strchr(key, '.') + 1);

	if (!c) {
		text_printf(ret_why, "option %s: profile '%s' has no such channel", key, p->name);
		return -EINVAL;
	}
	if (!sim_life_is_known(life))
		return refuse(key, life, "echo, swallow, produce, mute, at, qmi, nmea, diag or icmp",
			      ret_why);
	chans[c - p->chans].life = life;
	return 0;
}

/* Where the firmware comes from, and where a crash leads to. */
static int set_character(const struct spec_option *o, struct sim_config *c,
			 struct text *ret_why)
{
	bool is_boot = !strcmp(o->key, "boot");
	unsigned int value = 0;
	int r;

	if (!is_boot && strcmp(o->key, "crash"))
		return 0;	/* "name" is not the modem's */
	r = is_boot ? find_word(boots, ARRAY_SIZE(boots), "boot", o->value, &value, ret_why) :
		      find_word(crashes, ARRAY_SIZE(crashes), "crash", o->value, &value, ret_why);
	if (!is_boot) {
		c->crashes_to_rddm = value;
		return r;
	}
	c->wants_images = value != BOOT_FLASH;
	c->is_sbl_on_board = value == BOOT_LOADER;
	return r;
}

/* Several are joined by '+'. */
static int add_faults(const char *value, struct misdeeds *m, struct text *ret_why)
{
	const char *why;
	char word[128];
	size_t len;

	for (const char *at = value; ; at += len + 1) {
		len = strcspn(at, "+");
		if (len >= sizeof(word) || m->n_faults == ARRAY_SIZE(m->faults))
			return refuse("fault", value, "no more than four faults", ret_why);
		memcpy(word, at, len);
		word[len] = '\0';
		if (sim_fault_parse(word, &m->faults[m->n_faults++], &why) < 0)
			return refuse("fault", word, why, ret_why);
		if (!at[len])
			return 0;
	}
}

static int set_mood(const char *value, struct misdeeds *m, struct text *ret_why)
{
	unsigned int mood = m->mood;
	int r = find_word(moods, ARRAY_SIZE(moods), "mood", value, &mood, ret_why);

	m->mood = (enum sim_mood)mood;
	return r;
}

static int set_option(const struct spec_option *o, const struct profile *p,
		      struct sim_config *c, struct sim_chan *chans, struct misdeeds *m,
		      struct text *ret_why)
{
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		if (!strcmp(numbers[i].key, o->key))
			return set_number(c, &numbers[i], o->value, ret_why);
	if (!strcmp(o->key, "seed"))
		return text_to_u64(o->value, 0, UINT64_MAX, &c->seed) ?
			refuse("seed", o->value, "a number", ret_why) : 0;
	if (!strcmp(o->key, "ee"))
		return find_word(ees, ARRAY_SIZE(ees), "ee", o->value, &c->first_ee, ret_why);
	if (!strcmp(o->key, "mood"))
		return set_mood(o->value, m, ret_why);
	if (!strcmp(o->key, "fault"))
		return add_faults(o->value, m, ret_why);
	if (!strncmp(o->key, "life.", 5))
		return set_life(p, chans, o->key, o->value, ret_why);
	return set_character(o, c, ret_why);
}

static uint8_t sim_number(int16_t number)
{
	return number < 0 ? SIM_NO_CHANNEL : (uint8_t)number;
}

/* Counts hardware channels by their event rings. */
static unsigned int add_chans(const struct profile *p, struct sim_chan *chans)
{
	unsigned int n_hw = 0;

	for (unsigned int i = 0; i < p->n_chans; i++) {
		const struct profile_chan *c = &p->chans[i];

		chans[i] = (struct sim_chan){
			.ul = sim_number(c->ul),
			.dl = sim_number(c->dl),
			.life = c->life,
		};
		n_hw += c->ul >= 0 && p->erings[c->ul_ering].hw;
		n_hw += c->dl >= 0 && p->erings[c->dl_ering].hw;
	}
	return n_hw;
}

int simulated_config(const struct spec *s, const struct profile *p,
		     struct sim_config *ret_config, struct sim_chan **ret_chans,
		     struct misdeeds *ret_misdeeds, struct text *ret_why)
{
	struct sim_chan *chans = calloc(p->n_chans, sizeof(*chans));
	struct sim_config c = sim_config_default;
	struct misdeeds misdeeds = { .mood = SIM_HEALTHY };
	int r = 0;

	if (!chans)
		return -ENOMEM;
	c.n_hw_chans = add_chans(p, chans);
	c.n_vectors = p->n_erings + 1;
	c.chans = chans;
	c.n_chans = p->n_chans;
	for (unsigned int i = 0; i < s->n_options && !r; i++)
		r = set_option(&s->options[i], p, &c, chans, &misdeeds, ret_why);
	if (r) {
		free(chans);
		return r;
	}
	*ret_config = c;
	*ret_chans = chans;
	*ret_misdeeds = misdeeds;
	return 0;
}

void misdeeds_begin(const struct misdeeds *m, struct sim *s)
{
	if (m->mood != SIM_HEALTHY) {
		/* It counts from power-on. */
		sim_set_mood(s, m->mood);
		sim_power_cycle(s);
	}
	for (unsigned int i = 0; i < m->n_faults; i++)
		sim_fault_arm(s, &m->faults[i]);
}

int simulated_open(struct loop *l, const struct spec *s, const struct profile *p,
		   const char *who, struct hw **ret_hw, struct sim_chan **ret_chans,
		   struct text *ret_why)
{
	struct sim_config c;
	struct misdeeds misdeeds;
	struct hw *hw;
	int r;

	r = simulated_config(s, p, &c, ret_chans, &misdeeds, ret_why);
	if (r)
		return r;
	hw = loopback_open(l, &c, who);
	if (!hw) {
		free(*ret_chans);
		return -ENOMEM;
	}
	misdeeds_begin(&misdeeds, loopback_sim(hw));
	*ret_hw = hw;
	return 0;
}
