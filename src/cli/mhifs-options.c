#include "cli/mhifs-options.h"
#include <config.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char help[] =
"usage: mhifs [options] DEVICE... MOUNTPOINT\n"
"\n"
"Mounts the channels of MHI devices as files.\n"
"\n"
"DEVICE is TRANSPORT:ADDRESS[,key=value...]:\n"
"  loopback[:PROFILE]       a simulated modem inside the process\n"
"  vfio:0000:01:00.0        a PCI function that is bound to vfio-pci\n"
"  vfio-user:/path/socket   a PCI device of another process\n"
"  usb:1-4, usb:2c7c:0125   a USB modem by its port, or by its ids\n"
"  vhost-user:/path/socket,type=rpmsg|gpio\n"
"                           a virtio device of another process\n"
"\n"
"options:\n"
"  -f, --foreground     stay in the foreground, log to standard error\n"
"  -d, --debug          as -f, and say everything\n"
"  -o WORD[,WORD...]    single: the only device is the root of the mount;\n"
"                       all others are mount options of fuse\n"
"  -c, --config FILE    instead of /etc/mhifs/mhifs.conf\n"
"      --check-config   only check the configuration\n"
"      --sandbox on|off|kill\n"
"                       kill: a system call outside the sandbox ends mhifs\n"
"  -V, --version\n"
"  -h, --help\n"
"\n"
"See mhifs(8) and mhifs.conf(5).\n";

enum { OPT_CHECK_CONFIG = 256, OPT_SANDBOX };

static const struct option longs[] = {
	{ "foreground", no_argument, NULL, 'f' },
	{ "debug", no_argument, NULL, 'd' },
	{ "config", required_argument, NULL, 'c' },
	{ "check-config", no_argument, NULL, OPT_CHECK_CONFIG },
	{ "sandbox", required_argument, NULL, OPT_SANDBOX },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

/* "single" is ours; libfuse judges the rest. */
static void add_words(struct options *o, const char *words)
{
	size_t len;

	for (; *words; words += len + (words[len] == ',')) {
		len = strcspn(words, ",");
		if (len == strlen("single") && !strncmp(words, "single", len))
			o->single = true;
		else if (len) {
			text_add(&o->fuse, o->fuse.len ? "," : "");
			text_add_len(&o->fuse, words, len);
		}
	}
}

static int take_sandbox(struct options *o, const char *word)
{
	static const char *const words[] = {
		[SANDBOX_ON] = "on",
		[SANDBOX_KILL] = "kill",
		[SANDBOX_OFF] = "off",
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(words[i], word)) {
			o->sandbox = (enum sandbox_mode)i;
			return OPTIONS_GO;
		}
	fprintf(stderr, "mhifs: --sandbox cannot be '%s'; it must be on, off or kill\n", word);
	return -EINVAL;
}

static int take_option(struct options *o, int c)
{
	switch (c) {
	case 'd':
		o->debug = true;
		o->foreground = true;
		break;
	case 'f':
		o->foreground = true;
		break;
	case 'o':
		add_words(o, optarg);
		break;
	case 'c':
		o->config = optarg;
		break;
	case OPT_CHECK_CONFIG:
		o->check_config = true;
		break;
	case OPT_SANDBOX:
		return take_sandbox(o, optarg);
	case 'V':
		printf("mhifs %s\n", PACKAGE_VERSION);
		return OPTIONS_END;
	case 'h':
		fputs(help, stdout);
		return OPTIONS_END;
	default:	/* getopt said what is wrong */
		fprintf(stderr, "mhifs: see mhifs --help\n");
		return -EINVAL;
	}
	return OPTIONS_GO;
}

static int take_specs(struct options *o, char **words, unsigned int n)
{
	struct text why = TEXT_INIT;
	int r = 0;

	o->specs = calloc(n, sizeof(*o->specs));
	if (!o->specs)
		return -ENOMEM;
	while (o->n_specs < n && !r) {
		r = spec_parse(words[o->n_specs], &o->specs[o->n_specs], &why);
		if (!r)
			o->n_specs++;
	}
	if (r)
		fprintf(stderr, "mhifs: %s\n", why.len ? text_get(&why) : strerror(-r));
	text_fini(&why);
	return r;
}

static int take_words(struct options *o, char **words, int n)
{
	if (o->check_config && !n)
		return 0;
	if (n < 2) {
		fprintf(stderr, n ? "mhifs: '%s' alone is not enough: a DEVICE and a MOUNTPOINT "
			"are needed, for example: mhifs loopback /run/mhi\n" :
			"mhifs: a DEVICE and a MOUNTPOINT are needed, for example: "
			"mhifs loopback /run/mhi\n", n ? words[0] : "");
		return -EINVAL;
	}
	if (o->single && n > 2) {
		fprintf(stderr, "mhifs: with -o single there is one DEVICE, not %d\n", n - 1);
		return -EINVAL;
	}
	o->mountpoint = words[n - 1];
	return take_specs(o, words, (unsigned int)n - 1);
}

int options_parse(int argc, char **argv, struct options *ret_options)
{
	struct options *o = ret_options;
	int c, r;

	*o = (struct options){ 0 };
	while ((c = getopt_long(argc, argv, "fdo:c:Vh", longs, NULL)) != -1) {
		r = take_option(o, c);
		if (r)
			return r;
	}
	if (text_failed(&o->fuse))
		return -ENOMEM;
	return take_words(o, argv + optind, argc - optind);
}

void options_fini(struct options *o)
{
	for (unsigned int i = 0; i < o->n_specs; i++)
		spec_fini(&o->specs[i]);
	free(o->specs);
	text_fini(&o->fuse);
}
