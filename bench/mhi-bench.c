/*
 * mhi-bench - floors and project, measured in one run.
 *
 * Prints ratios: a bare time says more about the machine than about us.
 */
#include "bench/bench.h"
#include "base/bytes.h"
#include "base/text.h"
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct command {
	const char *name;
	int (*run)(const struct bench *b);
	const char *what;
} commands[] = {
	{ "floor", bench_floor, "what the machine charges: ring, copy, wake-up, null FUSE file" },
	{ "ring", bench_ring, "a transfer through the engine: time (R1), instructions (R3)" },
	{ "file", bench_file, "a channel file: echo (R4), bulk (R5), the daemon's CPU (R6)" },
	{ "open", bench_open, "open until the channel runs (R8)" },
	{ "scale", bench_scale, "with many channels open (R9), with many devices (R10)" },
	{ "idle", bench_idle, "wake-ups while nobody says anything (R11)" },
	{ "mem", bench_mem, "resident memory (R7)" },
	{ "rpmsg", bench_rpmsg, "the rpmsg bus (L1), an endpoint's file (L2)" },
	{ "usb", bench_usb, "a transfer through the link to a USB modem (L3)" },
	{ "race", bench_race, "against the kernel's driver, on the same device" },
};

static void usage(FILE *to)
{
	fputs("usage: mhi-bench [options] COMMAND...\n\n", to);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(to, "  %-8s %s\n", commands[i].name, commands[i].what);
	fputs("\n"
	      "  --quick         a short run that only shows that everything works\n"
	      "  --pairs N       pairs of samples, floor and project in turns (default 15)\n"
	      "  --json          one JSON object per result\n"
	      "  --mhifs PATH    the daemon (default: beside mhi-bench)\n"
	      "  --seconds N     how long idle watches (default 60)\n"
	      "  --no-time       ring: a fixed workload and no clock, for callgrind\n"
	      "  --count N       transfers of --no-time (default 32000)\n"
	      "  --batch N       transfers per turn of --no-time (default 32)\n"
	      "  --floor         --no-time runs the minimal ring instead of the engine\n"
	      "  --callgrind     ring: instructions per transfer, host side, by valgrind\n"
	      "  --rival PATH    race: the port of the kernel's driver\n"
	      "  --between CMD   race: hands the device from one driver to the other\n"
	      "  --file PATH     race: the channel file\n"
	      "  --help\n", to);
}

enum option_id {
	OPT_QUICK = 256, OPT_PAIRS, OPT_JSON, OPT_MHIFS, OPT_SECONDS, OPT_NO_TIME,
	OPT_COUNT, OPT_BATCH, OPT_FLOOR, OPT_CALLGRIND, OPT_RIVAL,
	OPT_BETWEEN, OPT_FILE, OPT_HELP,
};

static const struct option options[] = {
	{ "quick", no_argument, NULL, OPT_QUICK },
	{ "pairs", required_argument, NULL, OPT_PAIRS },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "mhifs", required_argument, NULL, OPT_MHIFS },
	{ "seconds", required_argument, NULL, OPT_SECONDS },
	{ "no-time", no_argument, NULL, OPT_NO_TIME },
	{ "count", required_argument, NULL, OPT_COUNT },
	{ "batch", required_argument, NULL, OPT_BATCH },
	{ "floor", no_argument, NULL, OPT_FLOOR },
	{ "callgrind", no_argument, NULL, OPT_CALLGRIND },
	{ "rival", required_argument, NULL, OPT_RIVAL },
	{ "between", required_argument, NULL, OPT_BETWEEN },
	{ "file", required_argument, NULL, OPT_FILE },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

static unsigned int number(const char *text, unsigned int min, unsigned int max)
{
	uint64_t value;

	if (text_to_u64(text, min, max, &value) == 0)
		return (unsigned int)value;
	fprintf(stderr, "mhi-bench: %s: a number from %u to %u is wanted\n", text, min, max);
	exit(2);
}

/* The daemon that was built with us. */
static const char *beside(const char *name)
{
	static char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
	char *slash;

	path[n < 0 ? 0 : n] = '\0';
	slash = strrchr(path, '/');
	snprintf(slash ? slash + 1 : path, sizeof path - (size_t)(slash ? slash + 1 - path : 0),
		 "%s", name);
	return path;
}

struct choice {
	struct bench bench;
	struct effort effort;
	bool as_json;
};

static void take_option(struct choice *c, int opt)
{
	switch (opt) {
	case OPT_QUICK:
		c->effort = effort_quick;
		c->bench.is_quick = true;
		c->bench.seconds = 1;
		break;
	case OPT_PAIRS:
		c->effort.pairs = number(optarg, 1, 99);
		break;
	case OPT_JSON:
		c->as_json = true;
		break;
	case OPT_MHIFS:
		c->bench.mhifs = optarg;
		break;
	case OPT_SECONDS:
		c->bench.seconds = number(optarg, 1, 3600);
		break;
	case OPT_NO_TIME:
		c->bench.has_no_time = true;
		break;
	case OPT_COUNT:
		c->bench.count = number(optarg, 1, 100000000);
		break;
	case OPT_BATCH:
		c->bench.batch = number(optarg, 1, 120);
		break;
	case OPT_FLOOR:
		c->bench.is_floor = true;
		break;
	case OPT_CALLGRIND:
		c->bench.has_callgrind = true;
		break;
	case OPT_RIVAL:
		c->bench.rival = optarg;
		break;
	case OPT_BETWEEN:
		c->bench.between = optarg;
		break;
	case OPT_FILE:
		c->bench.file = optarg;
		break;
	case OPT_HELP:
		usage(stdout);
		exit(0);
	default:
		usage(stderr);
		exit(2);
	}
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	fprintf(stderr, "mhi-bench: no command %s; mhi-bench --help lists them\n", name);
	exit(2);
}

int main(int argc, char **argv)
{
	struct choice c = {
		.bench = { .seconds = 60, .count = 32000, .batch = 32, .self = argv[0] },
		.effort = effort_full,
	};
	int opt, r;

	c.bench.mhifs = beside("mhifs");
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1)
		take_option(&c, opt);
	if (optind == argc) {
		usage(stderr);
		return 2;
	}
	for (int i = optind; i < argc; i++)
		find_command(argv[i]);
	c.bench.effort = &c.effort;
	signal(SIGPIPE, SIG_IGN);
	r = pin_client();
	report_open(c.as_json);
	for (int i = optind; !r && i < argc; i++) {
		r = find_command(argv[i])->run(&c.bench);
		if (r)
			fprintf(stderr, "mhi-bench: %s: %s\n", argv[i], strerror(-r));
	}
	return r ? 1 : 0;
}
