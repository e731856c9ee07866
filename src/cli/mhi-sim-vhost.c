/* mhi-sim --vhost-user - the simulated virtio device as a process. */
#include "cli/mhi-sim.h"
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

struct vhost_main {
	struct loop *loop;
	struct vhost_server *server;
};

static void on_end(void *user, int signo)
{
	struct vhost_main *m = user;

	(void)signo;
	loop_stop(m->loop);
}

static void on_crash(void *user, int signo)
{
	struct vhost_main *m = user;

	(void)signo;
	log_info("sim", "crashing as told");
	vhost_server_crash(m->server);
}

static void on_hang_up(void *user, int signo)
{
	struct vhost_main *m = user;

	(void)signo;
	log_info("sim", "hanging up as told");
	vhost_server_hang_up(m->server);
}

static void on_print(void *user, int signo)
{
	struct vhost_main *m = user;
	const struct vhost_counts *c = &vhost_server_device(m->server)->counts;

	(void)signo;
	log_info("counters", "kicks=%" PRIu64 " calls=%" PRIu64 " complaints=%" PRIu64, c->kicks,
		 c->calls, c->complaints);
}

int sim_serve_vhost(const struct vhost_server_config *c)
{
	struct vhost_main m = { .loop = loop_new() };
	struct text why = TEXT_INIT;
	int r;

	if (!m.loop)
		return EXIT_FAILURE;
	r = vhost_server_open(m.loop, c, &m.server, &why);
	if (r) {
		fprintf(stderr, "mhi-sim: %s\n", why.len ? text_get(&why) : strerror(-r));
	} else {
		loop_on_signal(m.loop, SIGTERM, on_end, &m);
		loop_on_signal(m.loop, SIGINT, on_end, &m);
		loop_on_signal(m.loop, SIGHUP, on_hang_up, &m);
		loop_on_signal(m.loop, SIGUSR1, on_crash, &m);
		loop_on_signal(m.loop, SIGUSR2, on_print, &m);
		log_info("sim", "%s listens on %s", c->type, c->path);
		loop_run(m.loop);
		vhost_server_close(m.server);
	}
	loop_free(m.loop);
	text_fini(&why);
	return r ? EXIT_FAILURE : EXIT_SUCCESS;
}
