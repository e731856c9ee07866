/*
 * fuzz-fuse - sequences of FUSE requests, while channels and attributes do what
 * they like.
 *
 * The session is a socket, and this is the kernel at its other end; or whoever
 * else got hold of it, since nodes and handles may be any number.  Requests are
 * well-formed, as libfuse believes their lengths.  Each byte is one step: its low
 * five bits say what, its high three bits with whom; most steps take more bytes.
 *
 * Each request is answered exactly once, a read with no more than was asked for;
 * when the session ends, all that waits is answered, and nothing is held.
 */
#include "fs/fs.h"
#include "fuzz/fs_world.h"
#include "io/log.h"
#include <assert.h>
#include <errno.h>
#include <linux/fuse.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum {
	N_HANDLES = 8, N_NODES = 16, N_REQUESTS = 256, MOST_BODY = 512, MOST_TURNS = 64,
	SOCKET_SIZE = 1 << 20, OWNER = 1,
};

enum step {
	STEP_LOOKUP, STEP_OPEN, STEP_READ, STEP_WRITE, STEP_FLUSH, STEP_RELEASE, STEP_POLL,
	STEP_INTERRUPT, STEP_IOCTL, STEP_OPENDIR, STEP_READDIR, STEP_RELEASEDIR,
	STEP_GETATTR, STEP_SETATTR, STEP_FORGET, STEP_OTHER, STEP_HOLD,
	/* What happens behind the files. */
	STEP_OPENED, STEP_SAY, STEP_TAKE, STEP_CLOSED, STEP_LINK_MOOD, STEP_KILL,
	STEP_TIME, STEP_ANSWER, STEP_NODE, STEP_EVENT, STEP_EVENTS_END, STEP_OFFER,
	STEP_LIST,
};

struct request {
	uint32_t opcode;
	bool is_answered;
	size_t most;	/* bytes of the answer to a read */
};

static struct kernel {
	const uint8_t *data;
	size_t len;
	struct loop *loop;
	struct fs *fs;
	struct registry world;
	int fd, theirs;
	bool has_ended, holds;
	uint64_t handles[N_HANDLES];	/* learnt from answers, the oldest goes */
	uint64_t nodes[N_NODES];
	unsigned int n_handles, n_nodes;
	struct request requests[N_REQUESTS];	/* unique 2 (i + 1) */
	unsigned int n_requests, n_interrupts;
} k;

static uint64_t take(unsigned int n_bytes)
{
	uint64_t value = 0;

	while (n_bytes-- && k.len) {
		value = value << 8 | *k.data++;
		k.len--;
	}
	return value;
}

static uint64_t node_of(unsigned int whom)
{
	unsigned int i = (unsigned int)take(1);

	return i < N_NODES ? k.nodes[i] : i & 1 ? FUSE_ROOT_ID : whom * 256 + i;
}

static uint64_t handle_of(unsigned int whom)
{
	return whom < N_HANDLES - 1 ? k.handles[whom] : take(2) << 32 | take(2);
}

/* --- answers --- */

static void learn(const struct request *r, const void *body, size_t len)
{
	const struct fuse_entry_out *entry = body;
	const struct fuse_open_out *opened = body;

	if (r->opcode == FUSE_LOOKUP && len >= sizeof(*entry))
		k.nodes[k.n_nodes++ % N_NODES] = entry->nodeid;
	if ((r->opcode == FUSE_OPEN || r->opcode == FUSE_OPENDIR) && len >= sizeof(*opened))
		k.handles[k.n_handles++ % (N_HANDLES - 1)] = opened->fh;
}

static bool receive(void)
{
	static union { struct fuse_out_header header; uint8_t bytes[SOCKET_SIZE]; } m;
	ssize_t n = recv(k.fd, &m, sizeof(m), MSG_DONTWAIT);
	struct request *r;

	if (n <= 0)
		return false;
	assert((size_t)n >= sizeof(m.header) && m.header.len == (uint32_t)n);
	/* Notes have no number, interrupts that came too early an odd one. */
	if (m.header.unique == 0 || m.header.unique & 1)
		return true;
	assert(m.header.unique / 2 <= k.n_requests && m.header.error <= 0);
	r = &k.requests[m.header.unique / 2 - 1];
	assert(!r->is_answered);
	r->is_answered = true;
	assert(!r->most || (size_t)n - sizeof(m.header) <= r->most);
	if (!m.header.error)
		learn(r, m.bytes + sizeof(m.header), (size_t)n - sizeof(m.header));
	return true;
}

static bool is_asked(void)
{
	struct pollfd p = { .fd = k.theirs, .events = POLLIN };

	return poll(&p, 1, 0) > 0;
}

/* Until all was read, and once more for what was put off. */
static void turn(void)
{
	for (int i = 0; i < MOST_TURNS && !k.has_ended && is_asked(); i++)
		loop_turn(k.loop, false);
	if (!k.has_ended)
		loop_turn(k.loop, false);
	while (receive())
		;
}

/* --- requests --- */

static void say(uint32_t opcode, uint64_t unique, uint64_t node, const void *body, size_t len)
{
	struct fuse_in_header in = {
		.len = (uint32_t)(sizeof(in) + len), .opcode = opcode, .unique = unique,
		.nodeid = node, .pid = 1,
	};
	struct iovec iov[] = { { &in, sizeof(in) }, { (void *)(uintptr_t)body, len } };
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = 2 };

	if (sendmsg(k.fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && !(unique & 1))
		k.requests[unique / 2 - 1].is_answered = true;
}

static void ask(uint32_t opcode, uint64_t node, const void *body, size_t len, size_t most)
{
	if (k.n_requests == N_REQUESTS)
		return;
	k.requests[k.n_requests++] = (struct request){ opcode, false, most };
	say(opcode, 2 * k.n_requests, node, body, len);
}

static void ask_lookup(unsigned int whom)
{
	static const char *const names[] = {
		"mhi0", "by-path", "DUN", "QMI", "state", "power", "slow", "odd", "events",
		"dump", "stored", "loopback-0", ".", "..", "", "nothing",
	};
	uint64_t node = node_of(whom);
	const char *name = names[take(1) % ARRAY_SIZE(names)];

	ask(FUSE_LOOKUP, node, name, strlen(name) + 1, 0);
}

static void ask_open(unsigned int whom, uint32_t opcode)
{
	struct fuse_open_in in = { .flags = whom & 3 };
	uint64_t node = node_of(whom);

	if (whom & 4)
		in.flags |= 04000;	/* O_NONBLOCK */
	ask(opcode, node, &in, sizeof(in), 0);
}

static void ask_read(unsigned int whom, uint32_t opcode)
{
	struct fuse_read_in in = { .fh = handle_of(whom), .lock_owner = OWNER };
	unsigned int how = (unsigned int)take(1);

	in.size = (uint32_t)take(1) << (how & 8 ? 8 : 0);
	in.offset = how & 1 ? take(1) : 0;
	in.read_flags = how & 2 ? 0 : FUSE_READ_LOCKOWNER;
	in.flags = how & 4 ? 04000 : 0;
	ask(opcode, node_of(whom), &in, sizeof(in), in.size ? in.size : 1);
}

static void ask_write(unsigned int whom)
{
	struct { struct fuse_write_in in; uint8_t bytes[MOST_BODY]; } m = {
		.in = { .fh = handle_of(whom), .lock_owner = OWNER },
	};
	unsigned int how = (unsigned int)take(1);

	m.in.size = (uint32_t)take(1);
	m.in.offset = how & 1 ? take(1) : 0;
	m.in.flags = how & 4 ? 04000 : 0;
	memset(m.bytes, how & 8 ? 'x' : 'o', sizeof(m.bytes));
	ask(FUSE_WRITE, node_of(whom), &m, sizeof(m.in) + m.in.size, 0);
}

static void ask_ioctl(unsigned int whom)
{
	struct { struct fuse_ioctl_in in; uint8_t bytes[64]; } m = {
		.in = { .fh = handle_of(whom) },
	};
	unsigned int how = (unsigned int)take(1);

	m.in.cmd = how & 15;
	m.in.flags = how & 16 ? FUSE_IOCTL_DIR : 0;
	m.in.in_size = how & 32 ? sizeof(m.bytes) : 0;
	m.in.out_size = how & 64 ? 32 : 0;
	ask(FUSE_IOCTL, node_of(whom), &m, sizeof(m.in) + m.in.in_size, 0);
}

static void ask_poll(unsigned int whom)
{
	struct fuse_poll_in in = { .fh = handle_of(whom), .kh = whom, .events = POLLIN };

	in.flags = take(1) & 1 ? FUSE_POLL_SCHEDULE_NOTIFY : 0;
	ask(FUSE_POLL, node_of(whom), &in, sizeof(in), 0);
}

static void ask_setattr(unsigned int whom)
{
	struct fuse_setattr_in in = { .valid = (uint32_t)take(2), .mode = 0644 };

	ask(FUSE_SETATTR, node_of(whom), &in, sizeof(in), 0);
}

/* The one request without an answer. */
static void forget(unsigned int whom)
{
	struct fuse_forget_in in = { .nlookup = take(1) };

	say(FUSE_FORGET, 1, node_of(whom), &in, sizeof(in));
}

/* Of an earlier request, or of one that is still to come. */
static void interrupt(unsigned int whom)
{
	struct fuse_interrupt_in in = {
		.unique = 2ull * (k.n_requests + 1 - min_size(whom, k.n_requests)),
	};

	say(FUSE_INTERRUPT, in.unique | 1, 0, &in, sizeof(in));
	k.n_interrupts++;
}

/* libfuse keeps an interrupt that came for nothing until some request comes, and
 * forgets it at its end. */
static void flush_interrupts(void)
{
	turn();
	for (; k.n_interrupts && !k.has_ended; k.n_interrupts--) {
		say(FUSE_STATFS, 1, FUSE_ROOT_ID, NULL, 0);
		turn();
	}
}

/* Requests that only have to be refused, and those without a file. */
static void ask_other(void)
{
	static const struct { uint32_t opcode; size_t len; } others[] = {
		{ FUSE_READLINK, 0 }, { FUSE_STATFS, 0 }, { FUSE_MKNOD, 18 }, { FUSE_MKDIR, 10 },
		{ FUSE_UNLINK, 2 }, { FUSE_RMDIR, 2 }, { FUSE_SYMLINK, 4 }, { FUSE_RENAME, 12 },
		{ FUSE_LINK, 10 }, { FUSE_FSYNC, 16 }, { FUSE_SETXATTR, 12 },
		{ FUSE_GETXATTR, 10 }, { FUSE_LISTXATTR, 8 }, { FUSE_REMOVEXATTR, 2 },
		{ FUSE_ACCESS, 8 }, { FUSE_CREATE, 18 }, { FUSE_BMAP, 16 }, { FUSE_LSEEK, 24 },
		{ FUSE_FALLOCATE, 32 }, { FUSE_READDIRPLUS, 40 }, { FUSE_RENAME2, 20 },
		{ FUSE_COPY_FILE_RANGE, 56 }, { FUSE_GETLK, 48 }, { FUSE_DESTROY, 0 },
		{ 0x7777, 8 },
	};
	unsigned int what = (unsigned int)take(1) % ARRAY_SIZE(others);
	uint8_t body[64] = { 0 };

	/* The names. */
	for (size_t at = others[what].len & ~7u; at < others[what].len; at += 2)
		body[at] = 'a';
	ask(others[what].opcode, node_of(1), body, others[what].len, 0);
}

/* --- the world --- */

static void do_link(enum step what, unsigned int whom)
{
	static const uint8_t bytes[64] = "answer";
	struct fake_link *l = &k.world.device.links[whom & 1];

	switch (what) {
	case STEP_OPENED:
		if (l->state == FAKE_OPENING)
			fake_link_opened(l, whom & 4 ? -EIO : 0);
		break;
	case STEP_SAY:
		fake_link_say(l, bytes, whom & 4 ? 0 : (uint32_t)take(1) % 65,
			      whom & 4 ? -EIO : whom & 2 ? LINK_MORE : 0);
		break;
	case STEP_TAKE:
		fake_link_take(l, whom & 4 ? -EIO : 0);
		break;
	case STEP_LINK_MOOD:
		l->takes_at_once = whom & 2;
		l->submit_result[LINK_UL] = whom & 4 ? LINK_FULL : LINK_OK;
		break;
	default:
		if (l->state != FAKE_CLOSED)
			fake_link_closed(l, whom & 4 ? -ENODEV : -ECONNRESET);
	}
}

static void do_world(enum step what, unsigned int whom)
{
	struct device *d = &k.world.device;

	switch (what) {
	case STEP_KILL:
		port_kill(d->ports[whom & 1].port, whom & 2 ? -ENODEV : -ECONNRESET);
		break;
	case STEP_TIME:
		timers_advance(&k.world.timers, k.world.timers.now_us + (10000ull << whom));
		break;
	case STEP_ANSWER:
		world_answer(&k.world, whom & 1 ? -EIO : 0);
		break;
	case STEP_NODE:
		node_changed(&d->nodes[whom % WORLD_NODES]);
		break;
	case STEP_EVENT:
		world_add_event(&k.world);
		break;
	case STEP_EVENTS_END:
		events_end(d->events);
		break;
	case STEP_OFFER:
		d->ports[whom & 1].is_offered = whom & 2;
		port_set_offered(d->ports[whom & 1].port, whom & 2);
		break;
	case STEP_LIST:
		k.world.is_listed = whom & 1;
		break;
	default:
		do_link(what, whom);
	}
}

static void do_request(enum step what, unsigned int whom)
{
	struct fuse_flush_in flush = { .lock_owner = OWNER };
	struct fuse_release_in release = { 0 };
	struct fuse_getattr_in getattr = { 0 };

	switch (what) {
	case STEP_LOOKUP:
		ask_lookup(whom);
		break;
	case STEP_OPEN: case STEP_OPENDIR:
		ask_open(whom, what == STEP_OPEN ? FUSE_OPEN : FUSE_OPENDIR);
		break;
	case STEP_READ: case STEP_READDIR:
		ask_read(whom, what == STEP_READ ? FUSE_READ : FUSE_READDIR);
		break;
	case STEP_WRITE:
		ask_write(whom);
		break;
	case STEP_FLUSH:
		flush.fh = handle_of(whom);
		ask(FUSE_FLUSH, node_of(whom), &flush, sizeof(flush), 0);
		break;
	case STEP_RELEASE: case STEP_RELEASEDIR:
		release.fh = handle_of(whom);
		ask(what == STEP_RELEASE ? FUSE_RELEASE : FUSE_RELEASEDIR, node_of(whom),
		    &release, sizeof(release), 0);
		break;
	case STEP_POLL:
		ask_poll(whom);
		break;
	case STEP_IOCTL:
		ask_ioctl(whom);
		break;
	case STEP_GETATTR:
		ask(FUSE_GETATTR, node_of(whom), &getattr, sizeof(getattr), 0);
		break;
	case STEP_SETATTR:
		ask_setattr(whom);
		break;
	case STEP_FORGET:
		forget(whom);
		break;
	case STEP_INTERRUPT:
		interrupt(whom);
		break;
	default:
		ask_other();
	}
}

/* --- the session --- */

static void on_ended(void *user)
{
	(void)user;
	k.has_ended = true;
}

static const struct fs_ops fs_ops = { .ended = on_ended };

static void begin(bool is_single)
{
	struct fuse_init_in in = { .major = FUSE_KERNEL_VERSION, .minor = 31,
				   .flags = FUSE_BIG_WRITES | FUSE_MAX_PAGES };
	int size = SOCKET_SIZE, pair[2];
	struct text why = TEXT_INIT;
	char place[32];

	log_open("fuzz", LOG_TO_STDERR, LOG_LEVEL_ERROR);
	k.loop = loop_new();
	world_init(&k.world);
	assert(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair));
	for (int i = 0; i < 2; i++)
		setsockopt(pair[i], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	k.fd = pair[0];
	k.theirs = pair[1];
	snprintf(place, sizeof(place), "/dev/fd/%d", pair[1]);
	assert(!fs_mount(k.loop, &k.world,
			 &(struct fs_options){ .mountpoint = place, .single = is_single },
			 &fs_ops, NULL, &k.fs, &why));
	text_fini(&why);
	ask(FUSE_INIT, 0, &in, sizeof(in), 0);
	turn();
	assert(k.requests[0].is_answered);
}

/* What the daemon does at its end; nobody was forgotten. */
static void end(void)
{
	flush_interrupts();
	fs_unmount(k.fs);	/* closes their end */
	while (receive())
		;
	for (unsigned int i = 0; i < k.n_requests && !k.has_ended; i++)
		assert(k.requests[i].is_answered);
	close(k.fd);
	world_fini(&k.world);
	loop_free(k.loop);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len > 2048)
		return 0;
	memset(&k, 0, sizeof(k));
	k.data = data;
	k.len = len;
	begin(take(1) & 1);
	while (k.len && !k.has_ended) {
		unsigned int byte = (unsigned int)take(1);
		enum step what = (enum step)(byte & 31);

		if (what < STEP_HOLD)
			do_request(what, byte >> 5);
		else if (what == STEP_HOLD)
			k.holds = byte >> 7;
		else
			do_world(what, byte >> 5);
		if (!k.holds)
			turn();
	}
	end();
	return 0;
}
