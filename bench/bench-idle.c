/*
 * R11: what 32 devices and 256 open channels cost while nobody says anything;
 * it must be nothing at all.
 */
#include "bench/daemon.h"
#include "bench/proc.h"
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

enum { DEVICES = 32, PER_DEVICE = 8, FILES = DEVICES * PER_DEVICE };

static int open_files(const struct daemon *d, int fds[FILES])
{
	for (unsigned int i = 0; i < FILES; i++) {
		char name[16];

		snprintf(name, sizeof name, "C%u", i % PER_DEVICE);
		fds[i] = daemon_open(d, i / PER_DEVICE, name, O_RDWR);
		if (fds[i] < 0)
			return fds[i];
	}
	return 0;
}

static void report_count(const char *name, uint64_t value)
{
	struct outcome o = {
		.ours = { .value = (double)value, .n = 1 },
		.noise = { .is_quiet = true },
	};

	report_row(&(struct row){
		.name = name, .unit = "count", .outcome = &o, .placement = PLACE_SAME,
		.goal = GOAL_AT_MOST, .limit = 0,
	});
}

static void watch(const struct bench *b, const struct daemon *d)
{
	struct timespec settle = { .tv_sec = 1 }, whole = { .tv_sec = b->seconds };
	uint64_t switches, ticks;

	nanosleep(&settle, NULL);
	switches = proc_switches(d->pid);
	ticks = proc_ticks(d->pid);
	nanosleep(&whole, NULL);
	report_count("R11 wake-ups while idle", proc_switches(d->pid) - switches);
	report_count("R11 CPU ticks while idle", proc_ticks(d->pid) - ticks);
	report_note("R11: %u devices, %u channels open, %u s", DEVICES, FILES, b->seconds);
}

int bench_idle(const struct bench *b)
{
	struct daemon daemon = { 0 };
	int fds[FILES], r;

	for (unsigned int i = 0; i < FILES; i++)
		fds[i] = -1;
	r = daemon_start(&daemon, b, DAEMON_BENCH, DEVICES, PLACE_SAME);
	if (r)
		return r;
	r = open_files(&daemon, fds);
	if (!r)
		watch(b, &daemon);
	for (unsigned int i = 0; i < FILES; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	daemon_stop(&daemon);
	return r;
}
