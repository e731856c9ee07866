#include "device/recovery.h"

/* By the number of resets that the window holds already. */
static const uint64_t delays_us[RECOVERY_MOST] = { 0, 1000000, 5000000, 25000000, 60000000 };

static void leave_old(struct recovery *r, uint64_t now_us)
{
	unsigned int n_old = 0;

	while (n_old < r->n && now_us - r->at_us[n_old] >= RECOVERY_WINDOW_US)
		n_old++;
	r->n -= n_old;
	memmove(r->at_us, r->at_us + n_old, r->n * sizeof(r->at_us[0]));
}

int recovery_next(struct recovery *r, uint64_t now_us, uint64_t *ret_delay_us)
{
	leave_old(r, now_us);
	if (r->n == RECOVERY_MOST)
		return RECOVERY_GIVE_UP;
	*ret_delay_us = delays_us[r->n];
	r->at_us[r->n++] = now_us;
	return RECOVERY_RESET;
}

void recovery_forget(struct recovery *r)
{
	r->n = 0;
}
