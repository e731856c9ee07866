#include "tests/sim_server.h"
#include "core/layout.h"
#include "serve/server.h"
#include "tests/suite.h"
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

static const struct sim_chan chans[] = {
	{ 0, 1, "echo" },
	{ 32, 33, "at" },
};

static void serve(const char *path)
{
	struct server_config c = { .path = path, .function = {
		.id = { 0x17cb, 0x0306, 0x17cb, 0x010c },
		.sim = sim_config_default, .n_msi = 32, .keeps_state = true } };
	struct text why = TEXT_INIT;
	struct loop *l = loop_new();
	struct server *s;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	c.function.sim.chans = chans;
	c.function.sim.n_chans = ARRAY_SIZE(chans);
	if (server_open(l, &c, &s, &why))
		_exit(EXIT_FAILURE);
	loop_run(l);
	_exit(EXIT_SUCCESS);
}

int sim_server_connect(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	if (!connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return fd;
	close(fd);
	return -1;
}

void sim_server_start(struct sim_server *s)
{
	int fd;

	strcpy(s->folder, "/tmp/mhifs-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(s->folder));
	snprintf(s->path, sizeof(s->path), "%s/sock", s->folder);
	s->pid = fork();
	ck_assert_int_ge(s->pid, 0);
	if (!s->pid)
		serve(s->path);
	while ((fd = sim_server_connect(s->path)) < 0)
		usleep(1000);
	close(fd);
}

void sim_server_kill(struct sim_server *s)
{
	if (s->pid > 0) {
		kill(s->pid, SIGKILL);
		waitpid(s->pid, NULL, 0);
	}
	s->pid = -1;
}

void sim_server_stop(struct sim_server *s)
{
	sim_server_kill(s);
	unlink(s->path);
	rmdir(s->folder);
}
