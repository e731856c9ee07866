#include "base/text.h"
#include "sim/peer-fault.h"
#include "core/layout.h"
#include <errno.h>

static const struct {
	const char *word;
	enum mhi_state state;
} states[] = {
	{ "RESET", MHI_STATE_RESET }, { "READY", MHI_STATE_READY }, { "M0", MHI_STATE_M0 },
	{ "M1", MHI_STATE_M1 }, { "M2", MHI_STATE_M2 }, { "M3", MHI_STATE_M3 },
	{ "SYS_ERR", MHI_STATE_SYS_ERR },
};

static const struct {
	const char *word;
	enum sim_fault_when when;
} counted[] = {
	{ "read#", SIM_WHEN_READ }, { "write#", SIM_WHEN_WRITE }, { "event#", SIM_WHEN_EVENT },
};

static const struct {
	const char *unit;
	uint64_t us;
} units[] = { { "us", 1 }, { "ms", 1000 }, { "s", 1000000 } };

/* What a word says of the moment. */
struct moment {
	enum sim_fault_when when;
	uint64_t k;
};

static int moment_of_time(char *word, struct moment *ret_moment)
{
	char *unit = word + strspn(word, "0123456789");
	uint64_t n;

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strcmp(unit, units[i].unit))
			continue;
		*unit = '\0';
		if (text_to_u64(word, 0, 1000000000, &n))
			return -EINVAL;
		*ret_moment = (struct moment){ SIM_WHEN_TIME, n * units[i].us };
		return 0;
	}
	return -EINVAL;
}

static int moment_parse(char *word, struct moment *ret_moment)
{
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		if (!strcmp(states[i].word, word)) {
			*ret_moment = (struct moment){ SIM_WHEN_STATE, states[i].state };
			return 0;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(counted); i++) {
		size_t len = strlen(counted[i].word);

		if (!strncmp(word, counted[i].word, len)) {
			ret_moment->when = counted[i].when;
			return text_to_u64(word + len, 1, UINT32_MAX, &ret_moment->k);
		}
	}
	return moment_of_time(word, ret_moment);
}

static int set_value(const char *key, const char *word, struct sim_fault *f)
{
	uint64_t n;

	if (text_to_u64(word, 0, UINT64_MAX, &n))
		return -EINVAL;
	if (!strcmp(key, "value")) {
		f->value = n;
		return 0;
	}
	if (n > UINT32_MAX)
		return -EINVAL;
	if (!strcmp(key, "times"))
		f->times = (uint32_t)n;
	else if (!strcmp(key, "every"))
		f->every_us = (uint32_t)n;
	else if (!strcmp(key, "delay"))
		f->delay_us = (uint32_t)n;
	else if (!strcmp(key, "ring") && n < MHI_MAX_EVENT_RINGS)
		f->ring = (uint8_t)n;
	else if (!strcmp(key, "channel") && n < MHI_MAX_CHANNELS)
		f->chan = (uint8_t)n;
	else
		return strcmp(key, "case") ? -EINVAL : 0;
	return 0;
}

/* The case is what the other words change, so it is looked for first.  0: there is
 * no such case. */
static uint64_t find_case(const char *text)
{
	const char *at = strstr(text, "case=");
	uint64_t number = 0;
	char word[16];
	size_t len;

	if (!at || at == text || !strchr(",:", at[-1]))
		return 1;
	at += strlen("case=");
	len = strcspn(at, ",:");
	if (len >= sizeof(word) || strstr(at, "case="))
		return 0;
	memcpy(word, at, len);
	word[len] = '\0';
	text_to_u64(word, 1, UINT32_MAX, &number);
	return number;
}

static int set_words(char *words, struct sim_fault *f)
{
	while (*words) {
		char *word = words, *value;

		words += strcspn(words, ",:");
		if (*words)
			*words++ = '\0';
		value = strchr(word, '=');
		if (!value)
			return -EINVAL;
		*value++ = '\0';
		if (set_value(word, value, f) < 0)
			return -EINVAL;
	}
	return 0;
}

/* "F17@M0,case=2" apart. */
struct parts {
	char copy[128];
	unsigned int id, number;
	char *when;		/* NULL: nothing is said of it */
	char *words;
};

static int parts_of(const char *text, struct parts *ret_parts)
{
	uint64_t id;

	if (strlen(text) >= sizeof(ret_parts->copy) || text[0] != 'F')
		return -EINVAL;
	strcpy(ret_parts->copy, text);
	ret_parts->words = ret_parts->copy + strcspn(ret_parts->copy, ",:");
	if (*ret_parts->words)
		*ret_parts->words++ = '\0';
	ret_parts->when = strchr(ret_parts->copy, '@');
	if (ret_parts->when)
		*ret_parts->when++ = '\0';
	/* Base 10, though it may begin with a 0. */
	if (text_to_u64(ret_parts->copy + 1, 1, 99, &id) < 0)
		return -EINVAL;
	ret_parts->id = (unsigned int)id;
	ret_parts->number = (unsigned int)find_case(text) - 1;
	return 0;
}

static const char is_no_fault[] = "F and the number of a fault, then perhaps @WHEN and KEY=VALUE";

int sim_fault_parse(const char *text, struct sim_fault *ret_fault, const char **ret_why)
{
	struct moment moment;
	struct sim_fault f;
	struct parts p;

	*ret_why = is_no_fault;
	if (parts_of(text, &p) < 0)
		return -EINVAL;
	*ret_why = "a fault and a case that the modem has, as mhi-sim --list-faults tells";
	if (!sim_fault_find(p.id, p.number, &f))
		return -EINVAL;
	*ret_why = "F17@WHEN with WHEN as 100ms, read#9, write#9, event#9 or M0";
	if (p.when) {
		if (moment_parse(p.when, &moment) < 0)
			return -EINVAL;
		f.when = moment.when;
		f.k = moment.k;
	}
	*ret_why = "a fault with case, times, every, delay, ring, channel and value";
	if (set_words(p.words, &f) < 0)
		return -EINVAL;
	*ret_fault = f;
	return 0;
}

static bool peer_has(const struct sim_peer *peer, unsigned int id, unsigned int number)
{
	for (unsigned int i = 0; i < peer->n_kinds; i++)
		if (peer->kinds[i].id == id)
			return number < peer->kinds[i].n_cases;
	return false;
}

int sim_peer_fault_parse(const char *text, const struct sim_peer *peer,
			 struct sim_peer_fault *ret_fault, const char **ret_why)
{
	struct moment moment = { SIM_WHEN_TIME, 0 };
	struct parts p;

	*ret_why = is_no_fault;
	if (parts_of(text, &p) < 0)
		return -EINVAL;
	*ret_why = peer->ids;
	if (!peer_has(peer, p.id, p.number))
		return -EINVAL;
	*ret_why = "F61@WHEN with WHEN as 100ms, read#9 or write#9";
	if (p.when && (moment_parse(p.when, &moment) < 0 ||
		       moment.when == SIM_WHEN_EVENT || moment.when == SIM_WHEN_STATE))
		return -EINVAL;
	*ret_why = "a fault with @WHEN and case alone";
	if (*p.words && (strncmp(p.words, "case=", 5) || strpbrk(p.words, ",:")))
		return -EINVAL;
	*ret_fault = (struct sim_peer_fault){ p.id, p.number, moment.when, moment.k };
	return 0;
}
