#include "sim/identity.h"
#include <stdio.h>

/* Source: the linear congruential generator of Knuth's MMIX. */
uint32_t chance_next(uint64_t *state)
{
	*state = *state * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(*state >> 33);
}

static char luhn_digit(const char *digits)
{
	unsigned int sum = 0, len = (unsigned int)strlen(digits);

	for (unsigned int i = 0; i < len; i++) {
		unsigned int d = (unsigned int)(digits[len - 1 - i] - '0') << !(i & 1);

		sum += d > 9 ? d - 9 : d;
	}
	return (char)('0' + (10 - sum % 10) % 10);
}

/* @prefix, digits that the seed decides, and a check digit at the end. */
static void make_number(char *to, size_t size, const char *prefix, uint64_t *chance)
{
	size_t n = (size_t)snprintf(to, size, "%s", prefix);

	while (n < size - 2)
		to[n++] = (char)('0' + chance_next(chance) % 10);
	to[n] = '\0';
	to[n] = luhn_digit(to);
	to[n + 1] = '\0';
}

void identity_make(struct identity *id, uint64_t seed)
{
	uint64_t chance = seed;

	memset(id, 0, sizeof(*id));
	make_number(id->imei, sizeof(id->imei), "35916209", &chance);
	make_number(id->imsi, sizeof(id->imsi), IDENTITY_PLMN, &chance);
	make_number(id->iccid, sizeof(id->iccid), "8988211", &chance);
	make_number(id->msisdn, sizeof(id->msisdn), "4915550", &chance);
	id->esn = 0x80000000 | chance_next(&chance);
}
