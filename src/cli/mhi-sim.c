/*
 * mhi-sim - the simulated devices as a process: serves a modem as a PCI
 * function over vfio-user, or a virtio device over vhost-user.
 */
#include "cli/mhi-sim.h"
#include "device/profile.h"
#include "device/simulated.h"
#include "io/log.h"
#include "serve/server.h"
#include "sim/peer-fault.h"
#include "sim/virtio.h"
#include <config.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static const char help[] =
"usage: mhi-sim --socket PATH [options]\n"
"       mhi-sim --vhost-user PATH --type TYPE [options]\n"
"\n"
"Shows a simulated modem as a PCI function on a UNIX socket, for mhifs\n"
"(vfio-user:PATH) or a virtual machine; or a virtio device, rpmsg or gpio, for\n"
"mhifs (vhost-user:PATH,type=TYPE) or a virtual machine.\n"
"\n"
"options of both:\n"
"      --seed NUMBER       what it makes of chance\n"
"      --fault FAULT       F17[@WHEN][,KEY=VALUE]: from the catalogue of faults, in\n"
"                          the words of mhi-sim(1); a modem has F01 to F66 and takes\n"
"                          up to four, a virtio device has F61 to F66 and takes one\n"
"      --list-faults       which faults each of them has, one line each\n"
"  -V, --version\n"
"  -h, --help\n"
"options of a modem:\n"
"  -s, --socket PATH       where to listen; one client at a time\n"
"  -p, --profile NAME      the modem to play (default sim)\n"
"  -e, --echo CHANNEL      this channel echoes; may be given again\n"
"  -o, --option KEY=VALUE  timing and faults, as in a loopback DEVICE of mhifs(8)\n"
"      --msi NUMBER        MSI vectors offered: 0, 1, 2, 4, ... 32 (default 32)\n"
"      --msix NUMBER       MSI-X vectors offered: 0 to 32 (default 0)\n"
"      --d3-resets         leaving D3hot resets the function\n"
"options of a virtio device:\n"
"      --vhost-user PATH   where to listen; one front-end at a time\n"
"      --type TYPE         rpmsg or gpio\n"
"      --mood WORD         how it misbehaves, in the words of mhi-sim(1)\n"
"      --unsealed          take memory that the front-end could take away again\n"
"\n"
"SIGUSR1 crashes the modem (SYS_ERR), or the device; SIGUSR2 prints what it\n"
"counted; SIGHUP pulls the card, the next one puts it back, or hangs up.\n"
"SIGTERM and SIGINT end the program.\n";

enum {
	OPT_SEED = 256, OPT_MSI, OPT_MSIX, OPT_D3_RESETS,
	OPT_FAULT, OPT_LIST_FAULTS, OPT_VHOST_USER, OPT_TYPE, OPT_MOOD, OPT_UNSEALED,
};

static const struct option longs[] = {
	{ "socket", required_argument, NULL, 's' },
	{ "profile", required_argument, NULL, 'p' },
	{ "seed", required_argument, NULL, OPT_SEED },
	{ "echo", required_argument, NULL, 'e' },
	{ "option", required_argument, NULL, 'o' },
	{ "fault", required_argument, NULL, OPT_FAULT },
	{ "list-faults", no_argument, NULL, OPT_LIST_FAULTS },
	{ "msi", required_argument, NULL, OPT_MSI },
	{ "msix", required_argument, NULL, OPT_MSIX },
	{ "d3-resets", no_argument, NULL, OPT_D3_RESETS },
	{ "vhost-user", required_argument, NULL, OPT_VHOST_USER },
	{ "type", required_argument, NULL, OPT_TYPE },
	{ "mood", required_argument, NULL, OPT_MOOD },
	{ "unsealed", no_argument, NULL, OPT_UNSEALED },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

struct options {
	const char *profile;
	struct text spec;	/* ",key=value..." as behind a loopback DEVICE */
	struct text faults;	/* joined by '+' */
	const char *fault;	/* the last of them */
	struct server_config server;
	struct vhost_server_config vhost;
	const char *of_modem, *of_virtio;	/* an option that only one of them has */
};

static int fail(const char *what, const char *value, const char *right)
{
	fprintf(stderr, "mhi-sim: %s cannot be '%s'; it must be %s\n", what, value, right);
	return EXIT_FAILURE;
}

static int take_count(const char *what, const char *value, bool power_of_two,
		      unsigned int *ret_count)
{
	uint64_t n;

	if (text_to_u64(value, 0, 32, &n) || (power_of_two && n && !is_power_of_two(n)))
		return fail(what, value, power_of_two ? "0, 1, 2, 4, 8, 16 or 32" :
							"a number up to 32");
	*ret_count = (unsigned int)n;
	return 0;
}

static int take_seed(struct options *o, const char *value)
{
	if (text_to_u64(value, 0, UINT64_MAX, &o->vhost.seed))
		return fail("--seed", value, "a number");
	text_printf(&o->spec, ",seed=%s", value);
	return 0;
}

/* A DEVICE has ',' between its options, so ':' stands for it inside of one. */
static int take_fault(struct options *o, const char *fault)
{
	if (!*fault)
		return fail("--fault", fault, "a fault that --list-faults tells");
	o->fault = fault;
	if (o->faults.len)
		text_add(&o->faults, "+");
	for (const char *at = fault; *at; at++)
		text_add_len(&o->faults, *at == ',' ? ":" : at, 1);
	return 0;
}

static int take_virtio_option(struct options *o, int c)
{
	switch (c) {
	case OPT_VHOST_USER:
		o->vhost.path = optarg;
		return 0;
	case OPT_TYPE:
		o->of_virtio = "--type";
		o->vhost.type = optarg;
		return 0;
	case OPT_MOOD:
		o->of_virtio = "--mood";
		o->vhost.mood = optarg;
		return 0;
	case OPT_UNSEALED:
		o->of_virtio = "--unsealed";
		o->vhost.takes_unsealed = true;
		return 0;
	default:
		fprintf(stderr, "mhi-sim: see mhi-sim --help\n");
		return EXIT_FAILURE;
	}
}

static int take_modem_option(struct options *o, int c)
{
	switch (c) {
	case 's':
		o->server.path = optarg;
		return 0;
	case 'p':
		o->of_modem = "--profile";
		o->profile = optarg;
		return 0;
	case 'e':
		o->of_modem = "--echo";
		text_printf(&o->spec, ",life.%s=echo", optarg);
		return 0;
	case 'o':
		o->of_modem = "--option";
		text_printf(&o->spec, ",%s", optarg);
		return 0;
	case OPT_FAULT:
		return take_fault(o, optarg);
	case OPT_MSI:
		o->of_modem = "--msi";
		return take_count("--msi", optarg, true, &o->server.function.n_msi);
	case OPT_MSIX:
		o->of_modem = "--msix";
		return take_count("--msix", optarg, false, &o->server.function.n_msix);
	case OPT_D3_RESETS:
		o->of_modem = "--d3-resets";
		o->server.function.keeps_state = false;
		return 0;
	default:
		return take_virtio_option(o, c);
	}
}

static void list_peer(const char *type)
{
	const struct sim_peer *peer = sim_virtio_peer(type);

	printf("\nof a virtio device, --type %s:\n", type);
	for (unsigned int i = 0; i < peer->n_kinds; i++)
		printf("F%02u %3u cases  %s\n", peer->kinds[i].id, peer->kinds[i].n_cases,
		       peer->kinds[i].title);
}

static void list_faults(void)
{
	const struct sim_fault_kind *kind;

	printf("of a modem:\n");
	for (unsigned int i = 0; (kind = sim_fault_kind(i)); i++)
		printf("F%02u %3u cases  %s\n", kind->id, kind->n_cases, kind->title);
	list_peer("rpmsg");
	list_peer("gpio");
}

/* 0, EXIT_FAILURE when the reason was printed, or -1: done. */
static int take_option(struct options *o, int c)
{
	switch (c) {
	case OPT_SEED:
		return take_seed(o, optarg);
	case 'V':
		printf("mhi-sim %s\n", PACKAGE_VERSION);
		return -1;
	case OPT_LIST_FAULTS:
		list_faults();
		return -1;
	case 'h':
		fputs(help, stdout);
		return -1;
	default:
		return take_modem_option(o, c);
	}
}

/* A fault of a virtio device stands where else its mood does. */
static int take_virtio_fault(struct options *o)
{
	const struct sim_peer *peer = sim_virtio_peer(o->vhost.type);
	struct sim_peer_fault f;
	const char *right;

	if (strcmp(o->vhost.mood, "healthy") || strchr(text_get(&o->faults), '+')) {
		fprintf(stderr, "mhi-sim: a virtio device takes one --fault, or --mood\n");
		return EXIT_FAILURE;
	}
	if (peer && sim_peer_fault_parse(o->fault, peer, &f, &right) < 0)
		return fail("--fault", o->fault, right);
	o->vhost.mood = o->fault;
	return 0;
}

static int check_virtio(struct options *o)
{
	if (o->server.path || o->of_modem) {
		fprintf(stderr, "mhi-sim: %s is an option of a modem, not of --vhost-user\n",
			o->server.path ? "--socket" : o->of_modem);
		return EXIT_FAILURE;
	}
	if (!o->vhost.type)
		fprintf(stderr, "mhi-sim: --vhost-user needs --type rpmsg or --type gpio\n");
	if (!o->vhost.type)
		return EXIT_FAILURE;
	return o->fault ? take_virtio_fault(o) : 0;
}

static int check_modem(const struct options *o)
{
	if (o->of_virtio) {
		fprintf(stderr, "mhi-sim: %s is an option of --vhost-user PATH\n", o->of_virtio);
		return EXIT_FAILURE;
	}
	if (!o->server.path) {
		fprintf(stderr, "mhi-sim: --socket PATH or --vhost-user PATH is needed\n");
		return EXIT_FAILURE;
	}
	if (!o->server.function.n_msi && !o->server.function.n_msix) {
		fprintf(stderr, "mhi-sim: --msi and --msix cannot both be 0\n");
		return EXIT_FAILURE;
	}
	return 0;
}

static int take_options(struct options *o, int argc, char **argv)
{
	int c, r;

	while ((c = getopt_long(argc, argv, "s:p:e:o:Vh", longs, NULL)) >= 0) {
		r = take_option(o, c);
		if (r)
			return r;
	}
	if (optind < argc) {
		fprintf(stderr, "mhi-sim: '%s' is too much; all is said by options\n",
			argv[optind]);
		return EXIT_FAILURE;
	}
	return o->vhost.path ? check_virtio(o) : check_modem(o);
}

struct sim_main {
	struct loop *loop;
	struct server *server;
};

static void on_end(void *user, int signo)
{
	struct sim_main *m = user;

	(void)signo;
	loop_stop(m->loop);
}

static void on_crash(void *user, int signo)
{
	struct sim_main *m = user;

	(void)signo;
	log_info("sim", "crashing as told");
	sim_set_state_sys_err(server_sim(m->server));
}

static void on_pull(void *user, int signo)
{
	struct sim_main *m = user;
	struct function *f = server_function(m->server);

	(void)signo;
	log_info("sim", f->is_pulled ? "the card is back" : "the card is pulled");
	if (f->is_pulled)
		function_put_back(f);
	else
		function_pull(f);
}

static void on_print(void *user, int signo)
{
	struct sim_main *m = user;
	const struct sim_counts *c = sim_counts(server_sim(m->server));

	(void)signo;
	log_info("counters", "ul_messages=%" PRIu64 " ul_bytes=%" PRIu64 " dl_messages=%" PRIu64
		 " dl_bytes=%" PRIu64 " commands=%" PRIu64 " doorbells=%" PRIu64
		 " interrupts=%" PRIu64 " refused_dma=%" PRIu64 " running=%u",
		 c->ul_messages, c->ul_bytes, c->dl_messages, c->dl_bytes, c->commands,
		 c->doorbells, c->interrupts, c->refused_dma, c->running);
}

static int serve(const struct options *o, const struct misdeeds *misdeeds)
{
	struct sim_main m = { .loop = loop_new() };
	struct text why = TEXT_INIT;
	int r;

	if (!m.loop)
		return EXIT_FAILURE;
	r = server_open(m.loop, &o->server, &m.server, &why);
	if (r) {
		fprintf(stderr, "mhi-sim: %s\n", why.len ? text_get(&why) : strerror(-r));
	} else {
		misdeeds_begin(misdeeds, server_sim(m.server));
		loop_on_signal(m.loop, SIGTERM, on_end, &m);
		loop_on_signal(m.loop, SIGINT, on_end, &m);
		loop_on_signal(m.loop, SIGHUP, on_pull, &m);
		loop_on_signal(m.loop, SIGUSR1, on_crash, &m);
		loop_on_signal(m.loop, SIGUSR2, on_print, &m);
		log_info("sim", "%s listens on %s", o->profile, o->server.path);
		loop_run(m.loop);
	}
	server_close(m.server);
	loop_free(m.loop);
	text_fini(&why);
	return r ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* The words of the command line as a DEVICE of mhifs would have them. */
static int play(struct options *o)
{
	struct text words = TEXT_INIT, why = TEXT_INIT;
	struct profile *p = profile_new_builtin(o->profile);
	struct sim_chan *chans = NULL;
	struct spec spec = { 0 };
	struct misdeeds misdeeds = { .mood = SIM_HEALTHY };
	struct pci_id id;
	int r = EXIT_FAILURE;

	if (!p) {
		fprintf(stderr, "mhi-sim: no profile is called '%s'; mhifs(8) tells their names\n",
			o->profile);
		return r;
	}
	if (profile_pci_id(o->profile, &id))
		o->server.function.id = (struct config_id){ id.vendor, id.device, id.sub_vendor,
						   id.sub_device };
	text_printf(&words, "loopback:%s%s", o->profile, text_get(&o->spec));
	if (o->faults.len)
		text_printf(&words, ",fault=%s", text_get(&o->faults));
	if (spec_parse(text_get(&words), &spec, &why) ||
	    simulated_config(&spec, p, &o->server.function.sim, &chans, &misdeeds, &why))
		fprintf(stderr, "mhi-sim: %s\n", text_get(&why));
	else
		r = serve(o, &misdeeds);
	spec_fini(&spec);
	free(chans);
	profile_free(p);
	text_fini(&words);
	text_fini(&why);
	return r;
}

int main(int argc, char **argv)
{
	struct options o = {
		.profile = "sim",
		/* "sim" is no product; it shows the id of a common one. */
		.server.function = { .id = { 0x17cb, 0x0306, 0, 0 }, .n_msi = 32,
				     .keeps_state = true },
		.vhost = { .mood = "healthy" },
	};
	int r;

	log_open("mhi-sim", LOG_TO_STDERR, LOG_LEVEL_INFO);
	r = take_options(&o, argc, argv);
	if (!r)
		r = o.vhost.path ? sim_serve_vhost(&o.vhost) : play(&o);
	text_fini(&o.spec);
	text_fini(&o.faults);
	return r < 0 ? EXIT_SUCCESS : r;
}
