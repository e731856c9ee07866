#include "cli/patience.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A child that was told to stop is not waited for: it may be unable to. */
static int end_child(pid_t child, int outcome)
{
	kill(child, SIGKILL);
	return outcome;
}

static int child_result(pid_t child)
{
	int status;

	if (waitpid(child, &status, 0) < 0)
		return PATIENCE_FAILED;
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	switch (WTERMSIG(status)) {
	case SIGINT:	/* a terminal sends it to both */
	case SIGTERM:
		return PATIENCE_INTERRUPTED;
	default:	/* SIGPIPE kills as it would without a child */
		raise(WTERMSIG(status));
		return PATIENCE_FAILED;
	}
}

static int wait_for_child(pid_t child, const sigset_t *signals, unsigned int limit_s)
{
	const struct timespec limit = { .tv_sec = limit_s };
	siginfo_t info;
	int signo;

	for (;;) {
		signo = sigtimedwait(signals, &info, limit_s ? &limit : NULL);
		if (signo < 0 && errno == EINTR)
			continue;
		if (signo < 0)
			return end_child(child, PATIENCE_OVER);
		if (signo != SIGCHLD)
			return end_child(child, PATIENCE_INTERRUPTED);
		if (info.si_code != CLD_STOPPED && info.si_code != CLD_CONTINUED)
			return child_result(child);
	}
}

static void run_child(int (*fn)(void *user), void *user, const sigset_t *before)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigprocmask(SIG_SETMASK, before, NULL);
	exit(fn(user));
}

int patience_run(int (*fn)(void *user), void *user, unsigned int limit_s)
{
	sigset_t signals, before;
	pid_t child;

	/* An ignored SIGCHLD would take the child's status away. */
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, &before);
	fflush(NULL);
	child = fork();
	if (child == 0)
		run_child(fn, user, &before);
	return child < 0 ? PATIENCE_FAILED : wait_for_child(child, &signals, limit_s);
}
