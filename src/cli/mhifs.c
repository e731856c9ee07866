/*
 * mhifs - mounts the channels of MHI devices as files.
 */
#include "cli/mhifs-daemon.h"
#include "fs/fs.h"
#include "fs/mountpoint.h"
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>

/* Payload of modems is nobody's business: no core files, no ptrace by the
 * same user.  Every open file of every device may want a descriptor. */
static void prepare_process(bool is_debugged)
{
	struct rlimit files;

	umask(077);
	if (!is_debugged)
		prctl(PR_SET_DUMPABLE, 0);
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
}

static enum exit_code start(const struct options *o, const struct config *c)
{
	struct background b = { .report = -1 };
	struct text why = TEXT_INIT;
	enum exit_code code;
	int r;

	r = fs_prepare_mountpoint(o->mountpoint, &why);
	if (r)
		return complain(EXIT_MOUNTPOINT, &why, r);
	text_fini(&why);
	if (!o->foreground) {
		background_close_inherited(mountpoint_fd(o->mountpoint));
		r = background_start(&b, EXIT_RUN);
		if (r) {
			fprintf(stderr, "mhifs: cannot go to the background: %s\n", strerror(-r));
			return EXIT_BACKGROUND;
		}
	}
	prepare_process(o->debug);
	code = daemon_run(o, c, &b);
	background_fail(&b, code);
	return code;
}

static enum exit_code load_and_start(const struct options *o)
{
	struct text why = TEXT_INIT;
	enum exit_code code = EXIT_DONE;
	struct config *c;
	int r;

	r = config_load(o->config, &c, &why);
	if (r)
		return complain(EXIT_OPTIONS, &why, r);
	text_fini(&why);
	if (o->check_config)
		puts("OK");
	else
		code = start(o, c);
	config_free(c);
	return code;
}

int main(int argc, char **argv)
{
	struct options o;
	enum exit_code code = EXIT_OPTIONS;
	int r = options_parse(argc, argv, &o);

	if (r == OPTIONS_END)
		code = EXIT_DONE;
	else if (r == OPTIONS_GO)
		code = load_and_start(&o);
	options_fini(&o);
	return code;
}
