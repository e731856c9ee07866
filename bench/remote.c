#include "bench/remote.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 5000 };

static void remote_run(const struct bench *b, const struct remote *r, enum placement place)
{
	char program[PATH_MAX];
	const char *slash = strrchr(b->mhifs, '/');
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	snprintf(program, sizeof program, "%.*smhi-sim", slash ? (int)(slash + 1 - b->mhifs) : 0,
		 b->mhifs);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	dup2(null, STDERR_FILENO);
	if (pin_other(place) == 0)
		execl(program, program, "--vhost-user", r->path, "--type", "rpmsg", NULL);
	_exit(1);
}

void remote_stop(struct remote *r)
{
	if (r->pid > 0) {
		kill(r->pid, SIGTERM);
		waitpid(r->pid, NULL, 0);
	}
	r->pid = 0;
	if (r->dir[0])
		rmdir(r->dir);
}

int remote_start(struct remote *r, const struct bench *b, enum placement place)
{
	*r = (struct remote){ .dir = "/tmp/mhi-bench-XXXXXX" };
	if (!mkdtemp(r->dir)) {
		r->dir[0] = '\0';
		return -errno;
	}
	snprintf(r->path, sizeof r->path, "%s/sock", r->dir);
	r->pid = fork();
	if (r->pid < 0)
		return -errno;
	if (r->pid == 0)
		remote_run(b, r, place);
	for (unsigned int ms = 0; access(r->path, F_OK) < 0; ms++) {
		if (ms == PATIENCE_MS || waitpid(r->pid, NULL, WNOHANG) == r->pid) {
			r->pid = ms == PATIENCE_MS ? r->pid : 0;
			return -ECHILD;
		}
		usleep(1000);
	}
	return 0;
}
