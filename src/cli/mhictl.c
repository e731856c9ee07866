#include "cli/mhictl.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "cli/device-json.h"
#include "cli/patience.h"
#include "config.h"
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define ROOT_DEFAULT "/run/mhi"

struct command {
	const char *name;
	const char *args;	/* for people */
	const char *what;	/* for people */
	unsigned int min, max;	/* arguments */
	unsigned int limit_s;	/* longest time; 0: none */
	int (*run)(const struct ctl *c, char **args);
};

static const struct command commands[] = {
	{ "list", "[DIR]", "the devices there are, and the hardware that could be some",
	  0, 1, 10, ctl_list },
	{ "show", "[DEVICE...]", "state, facts and channels of devices", 0, 1000, 10, ctl_show },
	{ "watch", "[DEVICE...]", "what happens to devices, as it happens", 0, 1000, 0, ctl_watch },
	{ "power", "DEVICE [on|off|reset|suspend|resume|edl]", "show or change the power state", 1, 2, 0,
	  ctl_power },
	{ "boot", "DEVICE [--edl]", "start a device anew and show how it gets its images", 1, 1, 0,
	  ctl_boot },
	{ "dump", "DEVICE [NAME [FILE]]", "the crashes that are saved, or a copy of one", 1, 3, 0,
	  ctl_dump },
	{ "bind", "FUNCTION", "give a PCI function to vfio-pci", 1, 1, 0, ctl_bind },
	{ "unbind", "FUNCTION", "give it back to the kernel's choice", 1, 1, 0, ctl_unbind },
	{ "doctor", "[FUNCTION|PORT]", "what is missing before hardware can be driven", 0, 1, 10,
	  ctl_doctor },
};

int ctl_fail(int code, const char *format, ...)
{
	struct text escaped = TEXT_INIT;
	char message[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	text_add_escaped(&escaped, message, strlen(message));
	fprintf(stderr, "mhictl: %s\n", text_get(&escaped));
	text_fini(&escaped);
	return code;
}

int ctl_fail_errno(int r, const char *path)
{
	switch (r) {
	case -ENOTCONN:
	case -ECONNABORTED:
		return ctl_fail(CTL_FAILED, "%s: the daemon that served it is dead; start mhifs "
				"again, or remove the mount with umount -l", path);
	case -EACCES:
	case -EPERM:
		return ctl_fail(CTL_DENIED, "%s: permission denied; try as root, or as a member "
				"of the group that owns it", path);
	case -ENOENT:
	case -ENODEV:
	case -ENXIO:
	case -ENOTDIR:
		return ctl_fail(CTL_NO_DEVICE, "%s: %s", path, strerror(-r));
	case -ETIMEDOUT:
		return ctl_fail(CTL_TIME_OUT, "%s: no answer in time", path);
	default:
		return ctl_fail(CTL_FAILED, "%s: %s", path, strerror(-r));
	}
}

int ctl_worse(int a, int b)
{
	return a ? a : b;
}

int ctl_fail_power(const struct device_dir *d, const char *word, const char *otherwise)
{
	const char *file, *why;
	json_t *device = NULL;

	if (device_json(d, DEVICE_BRIEF, &device, &file) < 0)
		device = NULL;
	why = device_json_text(device, "why");
	ctl_fail(CTL_DEVICE_ERROR, "%s: power %s failed: %s", d->name, word,
		 *why ? why : otherwise);
	json_decref(device);
	return CTL_DEVICE_ERROR;
}

static int fail_root(const struct ctl *c, int r)
{
	if (r == -ENOENT)
		return ctl_fail(CTL_NO_DEVICE, "%s: no such directory; is mhifs running, and is "
				"this where it is mounted? (--root DIR)", c->root);
	return ctl_fail_errno(r, c->root);
}

/* "there is no mhi7 in /run/mhi; there are mhi0 mhi1" */
static int fail_unknown(const struct ctl *c, const char *name)
{
	struct device_dirs l = { 0 };
	struct text known = TEXT_INIT;
	int r = device_dirs_scan(c->root, &l);

	if (r < 0)
		return fail_root(c, r);
	for (unsigned int i = 0; i < l.n; i++)
		text_printf(&known, " %s", l.at[i].name);
	ctl_fail(CTL_NO_DEVICE, "no device '%s' in %s; there %s%s", name, c->root,
		 l.n == 0 ? "is none" : l.n == 1 ? "is" : "are", text_get(&known));
	text_fini(&known);
	device_dirs_fini(&l);
	return CTL_NO_DEVICE;
}

static int find_one(const struct ctl *c, const char *name, struct device_dir *ret_dir)
{
	int r = device_dir_find(c->root, name, ret_dir);

	if (r == DEVICE_DIR_OTHER)
		return ctl_fail(CTL_NO_DEVICE, "%s: not a device: a device is a directory with "
				"the files state and info", name);
	if (r == -ENOENT)
		return fail_unknown(c, name);
	return r < 0 ? ctl_fail_errno(r, name) : CTL_OK;
}

static int find_all(const struct ctl *c, struct device_dirs *ret_dirs)
{
	int r = device_dirs_scan(c->root, ret_dirs);

	return r < 0 ? fail_root(c, r) : CTL_OK;
}

int ctl_devices(const struct ctl *c, char **names, struct device_dirs *ret_dirs)
{
	struct device_dirs l = { 0 };
	unsigned int n = 0;
	int code = CTL_OK;

	if (!*names)
		return find_all(c, ret_dirs);
	while (names[n])
		n++;
	l.at = calloc(n, sizeof(*l.at));
	if (!l.at)
		return ctl_fail_errno(-ENOMEM, "devices");
	for (; l.n < n && !code; l.n++)
		code = find_one(c, names[l.n], &l.at[l.n]);
	if (code)
		device_dirs_fini(&l);
	else
		*ret_dirs = l;
	return code;
}

static void print_help(void)
{
	printf("Usage: mhictl [OPTION...] COMMAND [ARGUMENT...]\n\nCommands:\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  %s %s\n      %s\n", commands[i].name, commands[i].args, commands[i].what);
	printf("\nOptions:\n"
	       "  -r, --root DIR   where devices are looked for (default " ROOT_DEFAULT ")\n"
	       "  -j, --json       output for programs\n"
	       "      --edl        boot: into emergency download\n"
	       "  -V, --version    print the version\n"
	       "  -h, --help       print this text\n"
	       "\nA DEVICE is a name (mhi0), a by-path name (pci-0000:01:00.0) or a path.\n"
	       "A FUNCTION is a PCI address (0000:01:00.0).\n"
	       "Exit codes: 0 ok, 1 failed, 2 usage, 3 no such device or channel, 4 permission,\n"
	       "5 time-out, 6 device in error, 7 interrupted. More in mhictl(1).\n");
}

/* A terminal that can, and a user who did not decline (no-color.org). */
static bool wants_colour(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no && *no) && term && strcmp(term, "dumb");
}

static int fail_option(char **argv, int option)
{
	if (option == ':')
		return ctl_fail(CTL_USAGE, "option %s needs an argument: a directory",
				argv[optind - 1]);
	if (optopt)
		return ctl_fail(CTL_USAGE, "unknown option -%c; see mhictl --help", optopt);
	return ctl_fail(CTL_USAGE, "unknown option %s; see mhictl --help", argv[optind - 1]);
}

enum { OPTION_SYSFS = 256, OPTION_DEV, OPTION_EDL };

/* Negative: go on; else an exit code. */
static int parse_options(int argc, char **argv, struct ctl *c)
{
	static const struct option options[] = {
		{ "root", required_argument, NULL, 'r' }, { "json", no_argument, NULL, 'j' },
		{ "version", no_argument, NULL, 'V' },	  { "help", no_argument, NULL, 'h' },
		{ "edl", no_argument, NULL, OPTION_EDL },
		{ "sysfs", required_argument, NULL, OPTION_SYSFS },
		{ "dev", required_argument, NULL, OPTION_DEV },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":r:jVh", options, NULL)) >= 0) {
		switch (option) {
		case 'r':
			c->root = optarg;
			c->is_root_given = true;
			break;
		case 'j':
			c->is_json = true;
			break;
		case OPTION_EDL:
			c->is_edl = true;
			break;
		case OPTION_SYSFS:
			c->sysfs = optarg;
			break;
		case OPTION_DEV:
			c->dev = optarg;
			break;
		case 'V':
			printf("mhictl %s\n", PACKAGE_VERSION);
			return CTL_OK;
		case 'h':
			print_help();
			return CTL_OK;
		default:
			return fail_option(argv, option);
		}
	}
	return -1;
}

static int fail_command(const char *name)
{
	struct text known = TEXT_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		text_printf(&known, "%s%s", i ? ", " : "", commands[i].name);
	if (name)
		ctl_fail(CTL_USAGE, "unknown command '%s'; there are %s", name, text_get(&known));
	else
		ctl_fail(CTL_USAGE, "a command is missing: %s", text_get(&known));
	text_fini(&known);
	return CTL_USAGE;
}

struct call {
	const struct ctl *ctl;
	const struct command *command;
	char **args;
};

/* What did not get out is a failure too. */
static int finish_output(int code)
{
	if (fflush(stdout) || ferror(stdout))
		return ctl_fail(CTL_FAILED, "standard output: %s", strerror(errno));
	return code;
}

static int run_call(void *user)
{
	const struct call *call = user;

	return finish_output(call->command->run(call->ctl, call->args));
}

static int run_patiently(struct call *call)
{
	int code = patience_run(run_call, call, call->command->limit_s);

	switch (code) {
	case PATIENCE_OVER:
		return ctl_fail(CTL_TIME_OUT, "%s: no answer within %u s; is the daemon stopped?",
				call->command->name, call->command->limit_s);
	case PATIENCE_INTERRUPTED:
		return CTL_INTERRUPTED;
	case PATIENCE_FAILED:
		return ctl_fail(CTL_FAILED, "%s: no process could be started",
				call->command->name);
	default:
		return code;
	}
}

static int run_command(const struct ctl *c, char **args)
{
	unsigned int n = 0;

	for (size_t i = 0; *args && i < ARRAY_SIZE(commands); i++) {
		const struct command *command = &commands[i];
		struct call call = { c, command, args + 1 };

		if (strcmp(command->name, *args))
			continue;
		while (args[n + 1])
			n++;
		if (c->is_edl && command->run != ctl_boot)
			return ctl_fail(CTL_USAGE, "--edl is an option of boot, not of %s",
					command->name);
		if (n < command->min || n > command->max)
			return ctl_fail(CTL_USAGE, "%s takes %s; %u arguments were given",
					command->name, command->args, n);
		return run_patiently(&call);
	}
	return fail_command(*args);
}

int main(int argc, char **argv)
{
	struct ctl c = { .root = ROOT_DEFAULT, .sysfs = "/sys", .dev = "/dev",
			 .has_colour = wants_colour() };
	int code = parse_options(argc, argv, &c);

	return code < 0 ? run_command(&c, argv + optind) : finish_output(code);
}
