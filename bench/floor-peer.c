#include "bench/client.h"
#include "bench/floors.h"
#include <errno.h>
#include <pty.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include "base/bytes.h"

/* Both ends of what connects us: theirs in [1]. */
struct ends {
	int in[2], out[2];
};

static int ends_open_pipes(struct ends *e, int (*make)(int fds[2]))
{
	int up[2], down[2];

	if (make(up) < 0)
		return -errno;
	if (make(down) < 0)
		return -errno;
	*e = (struct ends){ .in = { down[0], up[0] }, .out = { up[1], down[1] } };
	return 0;
}

static int make_pipe(int fds[2])
{
	return pipe(fds);
}

/* One eventfd in each direction: both ends are the same descriptor. */
static int make_eventfd(int fds[2])
{
	fds[0] = fds[1] = eventfd(0, 0);
	return fds[0];
}

static int ends_open_socket(struct ends *e)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds) < 0)
		return -errno;
	*e = (struct ends){ .in = { fds[0], fds[1] }, .out = { fds[0], fds[1] } };
	return 0;
}

static int ends_open_pty(struct ends *e)
{
	struct termios raw = { .c_cflag = CREAD | CS8 | B38400 };
	int master, slave;

	cfmakeraw(&raw);
	raw.c_cc[VMIN] = 1;
	if (openpty(&master, &slave, NULL, &raw, NULL) < 0)
		return -errno;
	*e = (struct ends){ .in = { slave, master }, .out = { slave, master } };
	return 0;
}

static int ends_open(struct ends *e, enum peer_kind kind)
{
	switch (kind) {
	case PEER_SEQPACKET:
		return ends_open_socket(e);
	case PEER_PTY:
		return ends_open_pty(e);
	case PEER_PIPE:
		return ends_open_pipes(e, make_pipe);
	default:
		return ends_open_pipes(e, make_eventfd);
	}
}

/* Whatever comes goes back, until the parent is gone. */
static void echo(int in, int out)
{
	static uint8_t buf[1 << 16];
	ssize_t n;

	while ((n = read(in, buf, sizeof buf)) > 0)
		if (write_all(out, buf, (size_t)n) < 0)
			return;
}

static void echo_from_epoll(int in, int out)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int ep = epoll_create1(EPOLL_CLOEXEC);
	uint64_t count;

	if (ep < 0 || epoll_ctl(ep, EPOLL_CTL_ADD, in, &ev) < 0)
		return;
	while (epoll_wait(ep, &ev, 1, -1) == 1)
		if (read(in, &count, sizeof count) != sizeof count ||
		    write(out, &count, sizeof count) != sizeof count)
			return;
}

int peer_start(struct peer *p, enum peer_kind kind, enum placement place)
{
	struct ends e = { 0 };
	int r = ends_open(&e, kind);

	if (r)
		return r;
	p->pid = fork();
	if (p->pid < 0)
		return -errno;
	if (p->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (pin_other(place) < 0)
			_exit(1);
		if (kind == PEER_EPOLL)
			echo_from_epoll(e.in[1], e.out[1]);
		else
			echo(e.in[1], e.out[1]);
		_exit(0);
	}
	p->in = e.in[0];
	p->out = e.out[0];
	/* An eventfd has one descriptor for both ends, and a pty that loses its
	 * master hangs up: those stay open here too. */
	if (kind == PEER_PIPE || kind == PEER_SEQPACKET) {
		close(e.in[1]);
		if (e.out[1] != e.in[1])
			close(e.out[1]);
	}
	return 0;
}

void peer_stop(struct peer *p)
{
	if (p->pid <= 0)
		return;
	kill(p->pid, SIGKILL);
	waitpid(p->pid, NULL, 0);
	close(p->in);
	if (p->out != p->in)
		close(p->out);
	p->pid = 0;
}

int wake_noise(const struct effort *e, struct sample *ret_sample)
{
	static struct peer peer;
	uint64_t one = 1;
	struct echo_client client = { .in = 0, .buf = (uint8_t *)&one, .len = sizeof one };
	int r = peer.pid ? 0 : peer_start(&peer, PEER_EVENTFD, PLACE_SAME);

	if (r)
		return r;
	client.in = peer.in;
	client.out = peer.out;
	return sample_ops(client_echo, NULL, &client, e, ret_sample);
}
