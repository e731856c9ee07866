/*
 * handles - the numbers by which the kernel knows what it has open.
 *
 * A number that was never given out, was given back, or is of another kind stands
 * for nothing: the session may be handed in, and then its other end is anybody's.
 * A place is used again, its number is not.
 */
#pragma once
#include "base/bytes.h"

enum handle_kind { HANDLE_FREE, HANDLE_FILE, HANDLE_LISTING };

struct handles {
	struct handle_slot *slots;
	uint32_t n;	/* slots */
	uint32_t free;	/* 1 + index of the first free one; 0: none */
};

void handles_init(struct handles *h);
void handles_fini(struct handles *h);	/* objects are not ours */

/* 0 without memory; @object is borrowed. */
uint64_t handle_new(struct handles *h, enum handle_kind kind, void *object);
void handle_free(struct handles *h, uint64_t handle);

/* NULL: no such handle of this kind. */
void *handle_find(const struct handles *h, enum handle_kind kind, uint64_t handle);
/* Any object of the kind; NULL: there is none. */
void *handle_any(const struct handles *h, enum handle_kind kind);
