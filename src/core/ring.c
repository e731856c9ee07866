#include "core/ring.h"
#include <assert.h>

void ring_init(struct ring *r, struct tre *el, iova_t base, uint32_t n)
{
	assert(n >= 2 && is_power_of_two(n));
	assert(base % (n * sizeof(struct tre)) == 0);
	r->el = el;
	r->base = base;
	r->len = n * (uint32_t)sizeof(struct tre);
	r->mask = n - 1;
	r->rp = 0;
	r->wp = 0;
}

void ring_damage(struct ring *r)
{
	r->len = 0;
	r->mask = 0;
	r->rp = 0;
	r->wp = 0;
}
