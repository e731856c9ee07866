/*
 * sweep-syscalls - each system call of a transport fails once: of the host's end of
 * vfio-user and vhost-user, of the modem's end of both, of loopback with its dumps.
 * Whoever asked is refused or served, nothing stays behind, and the next one is
 * served.
 */
#include "tests/sweep.h"
#include "device/profile.h"
#include "device/simulated.h"
#include "serve/server.h"
#include "serve/vhost_server.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CLIENT_S = 30, TURN_US = 50 };

static char folder[32], conf[64], socket_path[64], address[128];
static pid_t peer;

/* --- the modem's end --- */

struct modem {
	struct profile *profile;
	struct sim_chan *chans;
	struct server *server;
	struct vhost_server *vhost;
};

static int open_server(struct loop *l, struct modem *m)
{
	struct server_config c = { .path = socket_path, .function = {
		.id = { 0x17cb, 0x0306, 0x17cb, 0x010c }, .n_msi = 32, .keeps_state = true } };
	struct misdeeds misdeeds;
	struct text why = TEXT_INIT;
	struct spec spec = { .transport = SPEC_LOOPBACK };
	int r;

	/* Not what is looked at here. */
	fail_pause(true);
	m->profile = profile_new_builtin("sim");
	r = simulated_config(&spec, m->profile, &c.function.sim, &m->chans, &misdeeds, &why);
	fail_pause(false);
	if (!r)
		r = server_open(l, &c, &m->server, &why);
	text_fini(&why);
	return r;
}

static int open_vhost(struct loop *l, struct modem *m)
{
	struct vhost_server_config c = { .path = socket_path, .type = "rpmsg", .mood = "healthy" };
	struct text why = TEXT_INIT;
	int r = vhost_server_open(l, &c, &m->vhost, &why);

	text_fini(&why);
	return r;
}

static bool is_vhost(const struct sweep_scene *scene)
{
	return !strncmp(scene->session.spec, "vhost", 5);
}

static int open_modem(const struct sweep_scene *scene, struct loop *l, struct modem *m)
{
	*m = (struct modem){ 0 };
	return is_vhost(scene) ? open_vhost(l, m) : open_server(l, m);
}

static void close_modem(struct modem *m)
{
	server_close(m->server);
	if (m->vhost)
		vhost_server_close(m->vhost);
	fail_pause(true);
	profile_free(m->profile);
	free(m->chans);
	fail_pause(false);
}

static void serve_for_good(const struct sweep_scene *scene)
{
	struct loop *l = loop_new();
	struct modem m;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!l || open_modem(scene, l, &m))
		_exit(EXIT_FAILURE);
	loop_run(l);
	_exit(EXIT_SUCCESS);
}

/* --- scenes --- */

static void begin(struct sweep_scene *scene)
{
	FILE *f;

	strcpy(folder, "/tmp/mhifs-sweep.XXXXXX");
	if (!mkdtemp(folder))
		exit(EXIT_FAILURE);
	snprintf(conf, sizeof(conf), "%s/conf", folder);
	snprintf(socket_path, sizeof(socket_path), "%s/sock", folder);
	f = fopen(conf, "w");
	if (!f || fprintf(f, "dump_dir = \"%s/dump\"\nfirmware_dir = \"%s\"\n", folder,
			  folder) < 0 || fclose(f))
		exit(EXIT_FAILURE);
	snprintf(address, sizeof(address), scene->session.spec, socket_path);
	scene->session.spec = address;
}

static void begin_with_peer(struct sweep_scene *scene)
{
	begin(scene);
	peer = fork();
	if (!peer)
		serve_for_good(scene);
	while (access(socket_path, F_OK))
		usleep(1000);
}

static void end(struct sweep_scene *scene)
{
	char command[64];

	(void)scene;
	if (peer > 0) {
		kill(peer, SIGKILL);
		waitpid(peer, NULL, 0);
		peer = 0;
	}
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	if (system(command))
		exit(EXIT_FAILURE);
}

static void live(struct session *s)
{
	session_echo(s);
	session_power(s, POWER_RESET);
	session_echo(s);
}

static void crash(struct session *s)
{
	session_crash(s);
	session_echo(s);
}

static void talk(struct session *s)
{
	session_echo(s);
}

/* The modem here, its client in a process of its own. */
static void serve(const struct sweep_scene *scene, struct session *s)
{
	struct modem m = { 0 };
	struct session client;
	int status = 0, r;
	pid_t pid;

	*s = (struct session){ .c = &scene->session, .loop = loop_new() };
	r = s->loop ? open_modem(scene, s->loop, &m) : -ENOMEM;
	if (r) {
		s->error = r;
		s->step = "open";
	} else {
		pid = fork();
		if (!pid) {
			fail_end();
			alarm(CLIENT_S);
			if (!session_start(&client, &scene->session))
				scene->live(&client);
			session_stop(&client);
			_exit(client.hung ? 3 : client.error ? 2 : 0);
		}
		while (!waitpid(pid, &status, WNOHANG)) {
			usleep(TURN_US);
			loop_turn(s->loop, false);
		}
	}
	if (status) {
		s->error = -EPIPE;
		s->step = "client";
	}
	if (status && (!WIFEXITED(status) || WEXITSTATUS(status) != 2))
		s->hung = "the client";
	close_modem(&m);
	loop_free(s->loop);
}

/* Who asks again at once, or is asked again, does not tell it. */
static bool may_say(const char *step, int error, int cause)
{
	(void)step, (void)cause;
	return error < 0 && error != -EFAULT && error != -EBADMSG;
}

static const int errors[] = { EINTR, EIO, ENOMEM, EMFILE, EAGAIN, 0 };

enum { CALLS = FAIL_CALLS | FAIL_MEMORY };

static struct sweep_scene scenes[] = {
	{ .name = "loopback", .kinds = CALLS, .errors = errors,
	  .session = { "loopback,crash=rddm", conf, "LOOPBACK", NULL, 0 },
	  .live = crash, .may_say = may_say, .begin = begin, .end = end },
	{ .name = "vfio-user", .kinds = CALLS, .errors = errors, .turns_errors = true,
	  .session = { "vfio-user:%s,profile=sim", conf, "LOOPBACK", NULL, TURN_US },
	  .live = live, .may_say = may_say, .begin = begin_with_peer, .end = end },
	{ .name = "vhost-user", .kinds = CALLS, .errors = errors, .turns_errors = true,
	  .session = { "vhost-user:%s,type=rpmsg", conf, "rpmsg/rpmsg-echo", NULL, TURN_US },
	  .live = talk, .may_say = may_say, .begin = begin_with_peer, .end = end },
	{ .name = "vfio-user server", .kinds = CALLS, .errors = errors, .turns_errors = true,
	  .session = { "vfio-user:%s,profile=sim", conf, "LOOPBACK", NULL, TURN_US },
	  .live = live, .may_say = may_say, .run = serve, .begin = begin, .end = end },
	{ .name = "vhost-user server", .kinds = CALLS, .errors = errors, .turns_errors = true,
	  .session = { "vhost-user:%s,type=rpmsg", conf, "rpmsg/rpmsg-echo", NULL, TURN_US },
	  .live = talk, .may_say = may_say, .run = serve, .begin = begin, .end = end },
};

int main(int argc, char **argv)
{
	return sweep_main(argc, argv, 83, scenes, ARRAY_SIZE(scenes));
}
