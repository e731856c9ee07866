/*
 * R7: resident memory.  Idle, for each open channel, and whether both add up
 * to what many devices with many channels take.
 */
#include "base/bytes.h"
#include "bench/daemon.h"
#include "bench/floors.h"
#include "bench/proc.h"
#include <fcntl.h>
#include <unistd.h>

enum { DEVICES = 32, PER_DEVICE = 8, FEW = 10 };

/* Resident KiB of a daemon with so many devices, and so many channels open on
 * each of them; no payload has gone through. */
static int resident(const struct bench *b, const char *spec, unsigned int n_devices,
		    unsigned int per_device, double *ret_kib)
{
	struct daemon daemon = { 0 };
	int fds[DEVICES * DAEMON_CROWD], n = 0;
	int r = daemon_start(&daemon, b, spec, n_devices, PLACE_SAME);

	if (r)
		return r;
	for (unsigned int i = 0; !r && i < n_devices * per_device; i++) {
		char name[16];

		snprintf(name, sizeof name, "C%u", i % per_device);
		fds[n] = daemon_open(&daemon, i / per_device, name, O_RDWR);
		if (fds[n] < 0)
			r = fds[n];
		else
			n++;
	}
	*ret_kib = (double)proc_status(daemon.pid, "VmRSS");
	while (n)
		close(fds[--n]);
	daemon_stop(&daemon);
	return r;
}

static void report_memory(const char *name, const char *unit, double value, double limit)
{
	struct outcome o = {
		.ours = { .value = value, .n = 1 }, .noise = { .is_quiet = true },
	};

	report_row(&(struct row){
		.name = name, .unit = unit, .outcome = &o, .placement = PLACE_SAME,
		.goal = limit > 0 ? GOAL_AT_MOST : GOAL_NONE, .limit = limit,
	});
}

static int report_null(void)
{
	struct null_fuse null = { 0 };
	int r = null_fuse_start(&null, PLACE_SAME);

	if (r)
		return r;
	report_memory("null FUSE, resident", "MB",
		      (double)proc_status(null.pid, "VmRSS") / 1024, 0);
	null_fuse_stop(&null);
	return 0;
}

int bench_mem(const struct bench *b)
{
	double idle, one, open, many, whole, per_channel, per_device, sum;
	int r = report_null();

	if (!r)
		r = resident(b, DAEMON_DEFAULT, 1, 0, &idle);
	if (!r)
		r = resident(b, DAEMON_BENCH, 1, FEW, &one);
	if (!r)
		r = resident(b, DAEMON_BENCH, 1, DAEMON_CROWD, &open);
	if (!r)
		r = resident(b, DAEMON_BENCH, DEVICES, 1, &many);
	if (!r)
		r = resident(b, DAEMON_BENCH, DEVICES, PER_DEVICE, &whole);
	if (r)
		return r;
	per_channel = (open - one) / (DAEMON_CROWD - FEW);
	per_device = (many - one - per_channel * (DEVICES - FEW)) / (DEVICES - 1);
	sum = one - per_channel * FEW + per_device * (DEVICES - 1) +
	      per_channel * DEVICES * PER_DEVICE;
	report_memory("R7 idle, one device", "MB", idle / 1024, 4);
	report_memory("R7 each open channel", "KiB", per_channel, 8);
	report_memory("R7 each further device", "KiB", per_device, 0);
	report_memory("R7 32 devices, 256 channels", "MB", whole / 1024, 0);
	report_memory("R7 the same against the sum", "ratio",
		      whole > sum ? whole / sum : sum / whole, 1.10);
	report_note("R7: channels of 128 elements each way, 4 KiB slots, nothing sent yet");
	return 0;
}
