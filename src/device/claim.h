/*
 * claim - one process alone drives a device: a lock by its address, in a folder
 * that all of them know, which says who holds it.
 *
 * The kernel lets go of it with its holder, however that ends; the file stays
 * and means nothing.  Who may not write to the folder claims nothing: the
 * device itself refuses the second one then, or does not.
 */
#pragma once
#include "base/text.h"

/* @address: what tells the device from every other one of this machine; @name
 * is who we are for others.  0 and a descriptor that holds it (-1: nothing could
 * be claimed), -ENOMEM, or -EBUSY and a sentence that names the holder. */
int claim_take(const char *address, const char *name, int *ret_fd, struct text *ret_why);
