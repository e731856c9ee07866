#include "base/text.h"
#include "sim/fault.h"
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

static int when_time(char *word, struct sim_fault *f)
{
	char *unit = word + strspn(word, "0123456789");
	uint64_t n;

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strcmp(unit, units[i].unit))
			continue;
		*unit = '\0';
		if (text_to_u64(word, 0, 1000000000, &n))
			return -EINVAL;
		f->when = SIM_WHEN_TIME;
		f->k = n * units[i].us;
		return 0;
	}
	return -EINVAL;
}

static int set_when(char *word, struct sim_fault *f)
{
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		if (!strcmp(states[i].word, word)) {
			f->when = SIM_WHEN_STATE;
			f->k = states[i].state;
			return 0;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(counted); i++) {
		size_t len = strlen(counted[i].word);

		if (!strncmp(word, counted[i].word, len)) {
			f->when = counted[i].when;
			return text_to_u64(word + len, 1, UINT32_MAX, &f->k);
		}
	}
	return when_time(word, f);
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

/* The case is what the other words change, so it is looked for first. */
static int find_case(const char *text, uint64_t *ret_number)
{
	const char *at = strstr(text, "case=");
	char word[16];
	size_t len;

	*ret_number = 1;
	if (!at || at == text || !strchr(",:", at[-1]))
		return 0;
	at += strlen("case=");
	len = strcspn(at, ",:");
	if (len >= sizeof(word))
		return -EINVAL;
	memcpy(word, at, len);
	word[len] = '\0';
	return text_to_u64(word, 1, UINT32_MAX, ret_number);
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

int sim_fault_parse(const char *text, struct sim_fault *ret_fault, const char **ret_why)
{
	char copy[128], *when, *words;
	uint64_t id, number;
	struct sim_fault f;

	*ret_why = "F and the number of a fault, then perhaps @WHEN and KEY=VALUE";
	if (strlen(text) >= sizeof(copy) || text[0] != 'F' || find_case(text, &number) < 0)
		return -EINVAL;
	strcpy(copy, text);
	words = copy + strcspn(copy, ",:");
	if (*words)
		*words++ = '\0';
	when = strchr(copy, '@');
	if (when)
		*when++ = '\0';
	/* Base 10, though it may begin with a 0. */
	if (text_to_u64(copy + 1, 1, 99, &id) < 0)
		return -EINVAL;
	*ret_why = "a fault and a case that the modem has";
	if (!sim_fault_find((unsigned int)id, (unsigned int)number - 1, &f))
		return -EINVAL;
	*ret_why = "F17@WHEN with WHEN as 100ms, read#9, write#9, event#9 or M0";
	if (when && set_when(when, &f) < 0)
		return -EINVAL;
	*ret_why = "a fault with case, times, every, delay, ring, channel and value";
	if (set_words(words, &f) < 0)
		return -EINVAL;
	*ret_fault = f;
	return 0;
}
