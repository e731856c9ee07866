/*
 * vfio_user - a PCI function that another process emulates, over a UNIX
 * socket (hw.h).
 *
 * The peer is not trusted.  An answer of another size than it must have, a
 * wrong id, no answer in time, or the end of the socket are the same as a card
 * that was pulled: -ENODEV from then on, and gone from the loop.
 *
 * A register read is a question and its answer; writes and doorbells are
 * posted.  The data path has no reads.
 */
#pragma once
#include "base/text.h"
#include "core/hw.h"
#include "io/loop.h"
#include "transport/pci_id.h"

/* Connects, agrees on the version, looks at regions and identity.  0 or -errno
 * with one sentence in @ret_why (caller's): -EPROTO for a peer that is none. */
int vfio_user_open(struct loop *l, const char *path, struct hw **ret_hw,
		   struct pci_id *ret_id, struct text *ret_why);

/* Arms up to @n_wanted vectors, at least one, and lets the function master the
 * bus.  Sets hw->n_vectors.  0 or -errno with one sentence. */
int vfio_user_arm(struct hw *hw, unsigned int n_wanted, struct text *ret_why);
