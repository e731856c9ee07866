/*
 * look - forced upon the core's sources (cc -include) in a target that answers
 * for shared memory: each load of it asks first, so that two loads of one word
 * may give two values.
 */
#pragma once
#include <stddef.h>

void liar_look(const void *at, size_t len);

#define __atomic_load_n(at, order) \
	(liar_look(at, sizeof(*(at))), *(const volatile __typeof__(*(at)) *)(at))
