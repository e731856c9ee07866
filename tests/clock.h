/*
 * clock - goes on by itself, and may be put forward.  Link with $(clock_wrap).
 */
#pragma once
#include <stdint.h>

void clock_skip_us(uint64_t us);
