#include "bench/pin.h"
#include <errno.h>
#include <sched.h>

static cpu_set_t allowed;
static bool is_known;

/* The set is read once, before the first pin makes it smaller. */
static int cpu_number(int nth)
{
	if (!is_known && sched_getaffinity(0, sizeof allowed, &allowed) < 0)
		return -1;
	is_known = true;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &allowed) && nth-- == 0)
			return cpu;
	return -1;
}

static int pin_to(int cpu)
{
	cpu_set_t set;

	if (cpu < 0)
		return -ENODEV;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof set, &set) < 0 ? -errno : 0;
}

const char *placement_name(enum placement p)
{
	static const char *const names[] = { "alone", "same", "cross" };

	return names[p];
}

bool pin_can_cross(void)
{
	return cpu_number(1) >= 0;
}

int pin_client(void)
{
	return pin_to(cpu_number(0));
}

int pin_other(enum placement p)
{
	return pin_to(cpu_number(p == PLACE_CROSS));
}
