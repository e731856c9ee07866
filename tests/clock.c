#include "tests/clock.h"
#include <time.h>

enum { SECOND_US = 1000000 };

static uint64_t skipped_us;

int __real_clock_gettime(clockid_t id, struct timespec *ret_now);
int __wrap_clock_gettime(clockid_t id, struct timespec *ret_now);

int __wrap_clock_gettime(clockid_t id, struct timespec *ret_now)
{
	int r = __real_clock_gettime(id, ret_now);
	uint64_t ns = (uint64_t)ret_now->tv_nsec + skipped_us % SECOND_US * 1000;

	ret_now->tv_sec += (time_t)(skipped_us / SECOND_US + ns / 1000000000);
	ret_now->tv_nsec = (long)(ns % 1000000000);
	return r;
}

void clock_skip_us(uint64_t us)
{
	skipped_us += us;
}
