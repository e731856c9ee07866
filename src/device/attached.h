/*
 * attached - hardware outside this process that a spec names: a function bound
 * to vfio-pci, or one that another process emulates.
 *
 * It is opened to learn who it is, then armed once its profile has said how
 * many event rings it has.
 */
#pragma once
#include "core/hw.h"
#include "device/spec.h"
#include "io/loop.h"
#include "transport/pci_id.h"

/* Appends the name of the by-path link: "pci-0000:01:00.0", "vfio-user-NAME",
 * "vhost-user-NAME".
 * -EINVAL and one sentence when the address or an option is malformed. */
int attached_path(const struct spec *s, struct text *ret_path, struct text *ret_why);

/* Checks what can be checked from outside, then opens.  0 or -errno with one
 * sentence in @ret_why (caller's); nothing was written to a device that is
 * refused. */
int attached_open(struct loop *l, const struct spec *s, struct hw **ret_hw,
		  struct pci_id *ret_id, struct text *ret_why);

/* Up to @n_vectors interrupts, and bus mastering. */
int attached_arm(const struct spec *s, struct hw *hw, unsigned int n_vectors,
		 struct text *ret_why);
