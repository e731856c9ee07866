#include "cli/background.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t child;

/* Ctrl-C of somebody who does not want to wait ends the daemon, not only the
 * process that waits for it. */
static void pass_on(int signo)
{
	if (child > 0)
		kill(child, signo);
}

static _Noreturn void wait_for_report(int report, int lost_code)
{
	uint8_t code;
	ssize_t n;

	do
		n = read(report, &code, 1);
	while (n < 0 && errno == EINTR);
	/* After a failure nothing is left behind, not even for a moment. */
	if (n != 1 || code)
		waitpid(child, NULL, 0);
	_exit(n == 1 ? code : lost_code);
}

void background_close_inherited(int keep)
{
	unsigned int first = STDERR_FILENO + 1;

	if (keep >= (int)first) {
		if ((unsigned int)keep > first)
			close_range(first, (unsigned int)keep - 1, 0);
		first = (unsigned int)keep + 1;
	}
	close_range(first, ~0U, 0);
}

int background_start(struct background *b, int lost_code)
{
	struct sigaction pass = { .sa_handler = pass_on };
	int fds[2], error;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid < 0) {
		error = -errno;
		close(fds[0]);
		close(fds[1]);
		return error;
	}
	if (pid > 0) {
		child = pid;
		close(fds[1]);
		sigaction(SIGINT, &pass, NULL);
		sigaction(SIGTERM, &pass, NULL);
		wait_for_report(fds[0], lost_code);
	}
	close(fds[0]);
	b->report = fds[1];
	setsid();
	return 0;
}

static void report(struct background *b, uint8_t code)
{
	if (b->report < 0)
		return;
	/* The parent may have been killed; nobody else wants to know. */
	while (write(b->report, &code, 1) < 0 && errno == EINTR)
		;
	close(b->report);
	b->report = -1;
}

static void drop_terminal(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (chdir("/") < 0 || fd < 0)
		return;
	dup2(fd, STDIN_FILENO);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

void background_ready(struct background *b)
{
	if (b->report < 0)
		return;
	drop_terminal();
	report(b, 0);
}

void background_fail(struct background *b, int code)
{
	report(b, (uint8_t)code);
}
