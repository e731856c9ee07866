/*
 * shared - the one mount of a test program, for all tests of a case.
 *
 * Made before the first test, taken down after the last, and settled before
 * each: no test finds what another left.
 */
#pragma once
#include "mount.h"

extern struct mount *const m;

/* A case of tests on it.  @start makes the mount; NULL: without options. */
TCase *shared_case(const char *name, void (*start)(void));
