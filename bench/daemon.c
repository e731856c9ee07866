#include "bench/daemon.h"
#include "base/text.h"
#include "bench/clock.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { START_MS = 20000, STOP_MS = 5000, STEP_MS = 2 };

/* Uplink and downlink numbers follow each other; ring 1 serves the few, ring 2
 * the crowd, each with room for every element. */
static const struct {
	const char *name, *life;
	unsigned int mtu, elements;	/* bulk: 2 MiB of slots at most, as IP_HW0 has */
} few[] = {
	{ "ECHO", "echo", 4096, 128 },
	{ "SINK_4", "swallow", 4 << 10, 128 }, { "SOURCE_4", "produce", 4 << 10, 128 },
	{ "SINK_16", "swallow", 16 << 10, 128 }, { "SOURCE_16", "produce", 16 << 10, 128 },
	{ "SINK_64", "swallow", 32 << 10, 64 }, { "SOURCE_64", "produce", 60 << 10, 32 },
	{ "FLEETING", "echo", 4096, 128 },
};

static int write_config(const char *path)
{
	FILE *f = fopen(path, "we");
	unsigned int number = 0;

	if (!f)
		return -errno;
	fputs("profile bench {\n\ttimeout_ms = 2000\n\tready_timeout_ms = 2000\n"
	      "\tevent_ring 0 { elements = 256 }\n"
	      "\tevent_ring 1 { elements = 4096 }\n"
	      "\tevent_ring 2 { elements = 16384 }\n", f);
	for (size_t i = 0; i < ARRAY_SIZE(few); i++, number += 2)
		fprintf(f, "\tchannel %s { ul = %u dl = %u elements = %u event_ring = 1 "
			"mtu = %u life = %s ee = {amss} %s}\n", few[i].name, number, number + 1,
			few[i].elements, few[i].mtu, few[i].life,
			strcmp(few[i].name, "FLEETING") ? "" : "linger_ms = 0 ");
	for (unsigned int i = 0; i < DAEMON_CROWD; i++, number += 2)
		fprintf(f, "\tchannel C%u { ul = %u dl = %u elements = 128 event_ring = 2 "
			"mtu = 4096 life = echo ee = {amss} }\n", i, number, number + 1);
	fputs("}\n", f);
	return fclose(f) ? -errno : 0;
}

/* What the daemon says is of interest only when it does not come up. */
static void redirect_log(const struct daemon *d)
{
	char path[64];
	int fd;

	snprintf(path, sizeof path, "%s/log", d->dir);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd >= 0)
		dup2(fd, STDERR_FILENO);
}

static void show_log(const struct daemon *d)
{
	char path[64], line[256];
	FILE *f;

	snprintf(path, sizeof path, "%s/log", d->dir);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof line, f))
		fputs(line, stderr);
	if (f)
		fclose(f);
}

static void run(const struct bench *b, const struct daemon *d, const char *spec,
		unsigned int n_devices, enum placement place)
{
	char config[64], mount[64], *argv[DAEMON_MOST_DEVICES + 8];
	unsigned int n = 0;

	snprintf(config, sizeof config, "%s/conf", d->dir);
	snprintf(mount, sizeof mount, "%s/mnt", d->dir);
	argv[n++] = (char *)b->mhifs;
	argv[n++] = (char *)"-f";
	argv[n++] = (char *)"-c";
	argv[n++] = config;
	for (unsigned int i = 0; i < n_devices && i < DAEMON_MOST_DEVICES; i++)
		argv[n++] = (char *)spec;
	argv[n++] = mount;
	argv[n] = NULL;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	redirect_log(d);
	if (pin_other(place) == 0)
		execv(b->mhifs, argv);
	fprintf(stderr, "mhi-bench: %s: %s\n", b->mhifs, strerror(errno));
	_exit(1);
}

static void pause_ms(unsigned int ms)
{
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	nanosleep(&t, NULL);
}

static bool is_ready(const struct daemon *d, unsigned int device)
{
	char text[256] = "", path[80];
	ssize_t n;
	int fd;

	snprintf(path, sizeof path, "%s/mnt/mhi%u/state", d->dir, device);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof text - 1);
	close(fd);
	return n > 0 && strstr(text, "state=ready\n");
}

static int wait_ready(struct daemon *d, unsigned int n_devices)
{
	for (unsigned int ms = 0; ms < START_MS; ms += STEP_MS) {
		if (waitpid(d->pid, NULL, WNOHANG) == d->pid) {
			d->pid = 0;
			return -ECHILD;
		}
		if (is_ready(d, n_devices - 1))
			return 0;
		pause_ms(STEP_MS);
	}
	return -ETIMEDOUT;
}

static void remove_files(const struct daemon *d)
{
	char path[64];

	snprintf(path, sizeof path, "%s/conf", d->dir);
	unlink(path);
	snprintf(path, sizeof path, "%s/log", d->dir);
	unlink(path);
	snprintf(path, sizeof path, "%s/mnt", d->dir);
	rmdir(path);
	rmdir(d->dir);
}

int daemon_start(struct daemon *d, const struct bench *b, const char *spec,
		 unsigned int n_devices, enum placement place)
{
	char path[64];
	int r;

	*d = (struct daemon){ .dir = "/tmp/mhi-bench-XXXXXX" };
	if (!mkdtemp(d->dir))
		return -errno;
	snprintf(path, sizeof path, "%s/conf", d->dir);
	r = write_config(path);
	snprintf(path, sizeof path, "%s/mnt", d->dir);
	if (!r && mkdir(path, 0755) < 0)
		r = -errno;
	if (!r) {
		d->pid = fork();
		r = d->pid < 0 ? -errno : 0;
	}
	if (!r && d->pid == 0)
		run(b, d, spec, n_devices, place);
	if (!r)
		r = wait_ready(d, n_devices);
	if (r)
		show_log(d);
	if (r && d->pid > 0)
		daemon_stop(d);
	else if (r)
		remove_files(d);
	return r;
}

void daemon_stop(struct daemon *d)
{
	int status;

	if (d->pid <= 0)
		return;
	if (waitpid(d->pid, &status, WNOHANG) == d->pid) {
		fprintf(stderr, "mhi-bench: mhifs ended by itself, wait status 0x%x\n",
			(unsigned int)status);
		show_log(d);
		d->pid = 0;
		remove_files(d);
		return;
	}
	kill(d->pid, SIGTERM);
	for (unsigned int ms = 0; waitpid(d->pid, NULL, WNOHANG) == 0; ms += STEP_MS) {
		if (ms == STOP_MS)
			kill(d->pid, SIGKILL);
		pause_ms(STEP_MS);
	}
	d->pid = 0;
	remove_files(d);
}

int daemon_open(const struct daemon *d, unsigned int device, const char *channel, int flags)
{
	char path[128];
	int fd;

	snprintf(path, sizeof path, "%s/mnt/mhi%u/%s", d->dir, device, channel);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int daemon_open_dir(const struct daemon *d, unsigned int device)
{
	return daemon_open(d, device, "", O_RDONLY | O_DIRECTORY);
}
