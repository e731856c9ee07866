/*
 * vectors - interrupt vectors as eventfds in the loop: what VFIO and vfio-user
 * signal becomes a call of hw_events.
 */
#pragma once
#include "core/hw.h"
#include "io/loop.h"

enum { VECTORS_MOST = 33 };	/* state, and one for each event ring */

struct vector {
	struct vectors *all;
	struct loop_fd *watch;
	int fd;			/* owned */
};

struct vectors {
	struct hw *hw;		/* borrowed */
	unsigned int n;
	struct vector v[VECTORS_MOST];
};

/* @n eventfds, at most VECTORS_MOST, watched; -errno leaves none. */
int vectors_open(struct vectors *vs, struct loop *l, struct hw *hw, unsigned int n);
void vectors_close(struct vectors *vs);		/* safe twice, and when zeroed */
