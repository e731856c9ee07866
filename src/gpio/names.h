/*
 * names - the block in which a controller tells what its lines are called: one
 * zero-terminated string a line, empty for a nameless one.
 *
 * All or nothing: a block with one thing wrong names no line, for nobody can
 * tell which of its names still belong to their lines.
 *
 * Source: OASIS virtio specification 1.2, 5.18.6.1.
 */
#pragma once
#include <stddef.h>

enum gpio_names {
	GPIO_NAMES_OK,
	GPIO_NAMES_FEW,		/* too few strings, or the last has no end */
	GPIO_NAMES_MANY,	/* bytes behind the last string */
	GPIO_NAMES_ALIEN,	/* a byte that is not printable 7-bit text */
	GPIO_NAMES_TWICE,	/* two lines share a name */
};

/* Finds @n strings in the @len bytes at @block, which stay in place.
 * @ret_names: @n pointers, touched only when this returns GPIO_NAMES_OK. */
enum gpio_names gpio_names_find(const char *block, size_t len, unsigned int n,
				const char **ret_names);

/* For messages: "has bytes behind the last name". */
const char *gpio_names_fault(enum gpio_names what);
