/*
 * sweep-memory - every allocation fails, once, and from then on: while a device is
 * added, opened, read, written, crashes, is reset and goes.  So do the calls that
 * get DMA memory.  ENOMEM goes to who asked, everything is given back, and the
 * next device has everything.
 */
#include "tests/sweep.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[32], conf[64], tty[64];

static void write_conf(void)
{
	FILE *f;

	strcpy(folder, "/tmp/mhifs-sweep.XXXXXX");
	if (!mkdtemp(folder))
		exit(EXIT_FAILURE);
	snprintf(conf, sizeof(conf), "%s/conf", folder);
	snprintf(tty, sizeof(tty), "%s/tty", folder);
	f = fopen(conf, "w");
	if (!f || fprintf(f, "dump_dir = \"%s/dump\"\nfirmware_dir = \"%s\"\n", folder,
			  folder) < 0 || fclose(f))
		exit(EXIT_FAILURE);
}

static void begin(struct sweep_scene *scene)
{
	(void)scene;
	write_conf();
}

static void end(struct sweep_scene *scene)
{
	char command[64];

	(void)scene;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	if (system(command))
		exit(EXIT_FAILURE);
}

static void live(struct session *s)
{
	session_show(s);
	session_echo(s);
	session_power(s, POWER_RESET);
	session_echo(s);
	session_power(s, POWER_SUSPEND);
	session_power(s, POWER_RESUME);
	session_echo(s);
	session_power(s, POWER_OFF);
	session_power(s, POWER_ON);
	session_echo(s);
}

static void crash(struct session *s)
{
	session_echo(s);
	session_crash(s);
	session_echo(s);
}

static void terminal(struct session *s)
{
	session_tty(s);
	session_power(s, POWER_RESET);
	session_tty(s);
}

static bool may_say(const char *step, int error, int cause)
{
	(void)cause;
	/* A terminal cannot say more than that it is hung up, or not there; an endpoint
	 * that was announced to no avail has no file. */
	return error == -ENOMEM || (error == -EIO && !strcmp(step, "tty")) ||
	       (error == -ENOENT && (!strcmp(step, "file") || !strcmp(step, "tty")));
}

static const int errors[] = { ENOMEM, 0 };

static struct sweep_scene scenes[] = {
	{ .name = "heap-life", .kinds = FAIL_HEAP, .errors = errors, .for_good = true,
	  .session = { "loopback", conf, "LOOPBACK", NULL, 0 },
	  .live = live, .may_say = may_say, .begin = begin, .end = end },
	{ .name = "heap-rpmsg", .kinds = FAIL_HEAP, .errors = errors, .for_good = true,
	  .session = { "loopback", conf, "rpmsg/rpmsg-echo", NULL, 0 },
	  .live = live, .may_say = may_say, .begin = begin, .end = end },
	{ .name = "heap-tty", .kinds = FAIL_HEAP, .errors = errors, .for_good = true,
	  .session = { "loopback", conf, "LOOPBACK", tty, 0 },
	  .live = terminal, .may_say = may_say, .begin = begin, .end = end },
	{ .name = "heap-crash", .kinds = FAIL_HEAP, .errors = errors, .for_good = true,
	  .session = { "loopback,crash=rddm", conf, "LOOPBACK", NULL, 0 },
	  .live = crash, .may_say = may_say, .begin = begin, .end = end },
	{ .name = "dma-life", .kinds = FAIL_MEMORY, .errors = errors, .for_good = true,
	  .session = { "loopback", conf, "LOOPBACK", NULL, 0 },
	  .live = live, .may_say = may_say, .begin = begin, .end = end },
};

int main(int argc, char **argv)
{
	return sweep_main(argc, argv, 82, scenes, ARRAY_SIZE(scenes));
}
