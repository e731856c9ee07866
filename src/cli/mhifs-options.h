/*
 * mhifs-options - the command line of mhifs.
 */
#pragma once
#include "base/text.h"
#include "device/spec.h"

/* As libfuse's own main has them; part of the interface. */
enum exit_code {
	EXIT_DONE = 0,
	EXIT_OPTIONS = 1,	/* and the configuration */
	EXIT_MOUNTPOINT = 2,
	EXIT_SETUP = 3,		/* device, loop */
	EXIT_MOUNT = 4,
	EXIT_BACKGROUND = 5,
	EXIT_SIGNALS = 6,
	EXIT_RUN = 7,
};

enum sandbox_mode {
	SANDBOX_ON,	/* a system call outside it fails */
	SANDBOX_KILL,	/* it ends the process */
	SANDBOX_OFF,
};

struct options {
	bool foreground, debug, single, check_config;
	enum sandbox_mode sandbox;
	const char *config;		/* NULL: the default file */
	struct text fuse;		/* -o words for libfuse */
	struct spec *specs;
	unsigned int n_specs;
	const char *mountpoint;
};

enum { OPTIONS_GO, OPTIONS_END };

/* OPTIONS_GO: start with @ret_options; OPTIONS_END: help or version was asked
 * for and printed.  -EINVAL: the reason was printed.  fini is due after all. */
int options_parse(int argc, char **argv, struct options *ret_options);
void options_fini(struct options *o);
