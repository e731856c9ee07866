#include "bench/clock.h"
#include "bench/floors.h"
#include <string.h>

int copy_take(void *user, struct sample *ret_sample)
{
	struct copy_floor *c = user;
	uint64_t start;
	size_t at = 0;

	memset(c->to, 1, c->span);
	start = now_ns();
	for (unsigned int i = 0; i < c->spins; i++) {
		memcpy(c->to + at, c->from + at, c->size);
		/* Nobody looks at the copy; the compiler may not know. */
		__asm__ volatile("" : : "r"(c->to + at) : "memory");
		at += c->size;
		if (at + c->size > c->span)
			at = 0;
	}
	*ret_sample = (struct sample){
		.value = (double)(now_ns() - start) / 1e3 / c->spins,
		.n = c->spins,
	};
	return 0;
}
