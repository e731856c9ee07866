#include "raw.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum { SOCKET_SIZE = 4 << 20, OWNER = 0x1234 };

/* --- messages --- */

uint64_t raw_send(struct raw *r, uint32_t opcode, uint64_t node, const void *body, size_t len)
{
	struct fuse_in_header in = {
		.len = (uint32_t)(sizeof(in) + len), .opcode = opcode,
		.unique = r->unique += 2, .nodeid = node, .pid = (uint32_t)getpid(),
	};
	struct iovec iov[] = { { &in, sizeof(in) }, { (void *)(uintptr_t)body, len } };

	ck_assert_int_eq(writev(r->fd, iov, 2), (ssize_t)in.len);
	return in.unique;
}

static void keep(struct raw *r, const struct fuse_out_header *out)
{
	struct raw_reply *k = &r->kept[r->n_kept++];

	ck_assert_uint_le(r->n_kept, RAW_KEPT);
	*k = (struct raw_reply){ out->unique, out->error, out->len - sizeof(*out), NULL };
	k->bytes = malloc(k->len + 1);
	ck_assert_ptr_nonnull(k->bytes);
	memcpy(k->bytes, r->bytes, k->len);
}

/* One message of the daemon.  False: none in @timeout_ms. */
static bool receive(struct raw *r, int timeout_ms)
{
	struct pollfd p = { .fd = r->fd, .events = POLLIN };
	struct fuse_out_header out;
	struct iovec iov[] = { { &out, sizeof(out) }, { r->bytes, RAW_MAX } };
	ssize_t n;

	if (poll(&p, 1, timeout_ms) <= 0)
		return false;
	n = readv(r->fd, iov, 2);
	ck_assert_msg(n >= (ssize_t)sizeof(out), "the daemon is gone");
	ck_assert_uint_eq(out.len, (uint32_t)n);
	if (out.unique)
		keep(r, &out);
	else
		r->n_notes++;
	return true;
}

static bool take(struct raw *r, uint64_t unique, int *ret_error)
{
	for (unsigned int i = 0; i < r->n_kept; i++) {
		struct raw_reply *k = &r->kept[i];

		if (k->unique != unique)
			continue;
		memcpy(r->bytes, k->bytes, k->len);
		r->bytes[k->len] = 0;
		r->len = k->len;
		*ret_error = k->error;
		free(k->bytes);
		*k = r->kept[--r->n_kept];
		return true;
	}
	return false;
}

int raw_wait(struct raw *r, uint64_t unique)
{
	int error;

	while (!take(r, unique, &error))
		ck_assert_msg(receive(r, DEADLINE_MS), "request %u was not answered",
			      (unsigned int)unique);
	return error;
}

int raw_ask(struct raw *r, uint32_t opcode, uint64_t node, const void *body, size_t len)
{
	return raw_wait(r, raw_send(r, opcode, node, body, len));
}

bool raw_is_answered(struct raw *r, uint64_t unique)
{
	/* Twice: what the first turn deferred is done by the second. */
	for (int i = 0; i < 2; i++)
		raw_ask(r, FUSE_STATFS, FUSE_ROOT_ID, NULL, 0);
	for (unsigned int i = 0; i < r->n_kept; i++)
		if (r->kept[i].unique == unique)
			return true;
	return false;
}

uint64_t raw_interrupt(struct raw *r, uint64_t unique)
{
	struct fuse_interrupt_in in = { .unique = unique };
	struct fuse_in_header header = {
		.len = sizeof(header) + sizeof(in), .opcode = FUSE_INTERRUPT,
		.unique = unique | 1,
	};
	struct iovec iov[] = { { &header, sizeof(header) }, { &in, sizeof(in) } };

	ck_assert_int_eq(writev(r->fd, iov, 2), (ssize_t)header.len);
	return header.unique;
}

/* --- the daemon --- */

static void say_init(struct raw *r)
{
	struct fuse_init_in in = {
		.major = FUSE_KERNEL_VERSION, .minor = 31, .max_readahead = 131072,
		.flags = FUSE_ASYNC_READ | FUSE_BIG_WRITES | FUSE_PARALLEL_DIROPS |
			 FUSE_MAX_PAGES,
	};

	ck_assert_int_eq(raw_ask(r, FUSE_INIT, 0, &in, sizeof(in)), 0);
}

void raw_start(struct raw *r, const char *options, const char *device)
{
	int size = SOCKET_SIZE, pair[2];
	char place[32];

	*r = (struct raw){ .bytes = malloc(RAW_MAX + 1) };
	ck_assert_ptr_nonnull(r->bytes);
	mount_init(&r->m);
	snprintf(r->m.device, sizeof(r->m.device), "%s", device);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	for (int i = 0; i < 2; i++)
		setsockopt(pair[i], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	fcntl(pair[0], F_SETFD, FD_CLOEXEC);
	r->fd = pair[0];
	snprintf(place, sizeof(place), "/dev/fd/%d", pair[1]);
	mount_launch(&r->m, options, place);
	close(pair[1]);
	say_init(r);
	WAIT_FOR(raw_has(r, "state", "state=ready"));
}

void raw_stop(struct raw *r)
{
	int status = mount_end(&r->m, SIGTERM);

	while (r->n_kept)
		free(r->kept[--r->n_kept].bytes);
	free(r->bytes);
	close(r->fd);
	mount_fini(&r->m);
	ck_assert_int_eq(status, 0);
}

/* --- files --- */

int raw_lookup(struct raw *r, uint64_t dir, const char *name, uint64_t *ret_node)
{
	struct fuse_entry_out entry;
	int error = raw_ask(r, FUSE_LOOKUP, dir, name, strlen(name) + 1);

	if (error)
		return error;
	memcpy(&entry, r->bytes, sizeof(entry));
	*ret_node = entry.nodeid;
	return 0;
}

uint64_t raw_node(struct raw *r, const char *path)
{
	uint64_t node = FUSE_ROOT_ID;
	char names[128], *save = NULL;

	snprintf(names, sizeof(names), "mhi0/%s", path);
	for (char *n = strtok_r(names, "/", &save); n; n = strtok_r(NULL, "/", &save))
		ck_assert_msg(raw_lookup(r, node, n, &node) == 0, "no %s", path);
	return node;
}

uint64_t raw_send_open(struct raw *r, uint64_t node, uint32_t flags)
{
	struct fuse_open_in in = { .flags = flags };

	return raw_send(r, FUSE_OPEN, node, &in, sizeof(in));
}

uint64_t raw_handle(const struct raw *r)
{
	struct fuse_open_out out;

	memcpy(&out, r->bytes, sizeof(out));
	return out.fh;
}

uint64_t raw_open(struct raw *r, const char *path, uint32_t flags)
{
	int error = raw_wait(r, raw_send_open(r, raw_node(r, path), flags));

	ck_assert_msg(error == 0, "open %s: %s", path, strerror(-error));
	return raw_handle(r);
}

int raw_release(struct raw *r, uint64_t node, uint64_t handle)
{
	struct fuse_release_in in = { .fh = handle };

	return raw_ask(r, FUSE_RELEASE, node, &in, sizeof(in));
}

uint64_t raw_send_read(struct raw *r, uint64_t node, uint64_t handle, uint32_t len)
{
	struct fuse_read_in in = { .fh = handle, .size = len, .lock_owner = OWNER,
				   .read_flags = FUSE_READ_LOCKOWNER };

	return raw_send(r, FUSE_READ, node, &in, sizeof(in));
}

uint64_t raw_send_write(struct raw *r, uint64_t node, uint64_t handle, const void *bytes,
			uint32_t len, uint32_t flags)
{
	struct fuse_write_in in = { .fh = handle, .size = len, .lock_owner = OWNER,
				    .flags = flags };
	uint8_t *body = malloc(sizeof(in) + len);
	uint64_t unique;

	ck_assert_ptr_nonnull(body);
	memcpy(body, &in, sizeof(in));
	memcpy(body + sizeof(in), bytes, len);
	unique = raw_send(r, FUSE_WRITE, node, body, sizeof(in) + len);
	free(body);
	return unique;
}

uint64_t raw_send_flush(struct raw *r, uint64_t node, uint64_t handle)
{
	struct fuse_flush_in in = { .fh = handle, .lock_owner = OWNER };

	return raw_send(r, FUSE_FLUSH, node, &in, sizeof(in));
}

uint64_t raw_send_poll(struct raw *r, uint64_t node, uint64_t handle)
{
	struct fuse_poll_in in = { .fh = handle, .kh = 1, .flags = FUSE_POLL_SCHEDULE_NOTIFY,
				   .events = POLLIN };

	return raw_send(r, FUSE_POLL, node, &in, sizeof(in));
}

const char *raw_show(struct raw *r, const char *path)
{
	static char text[65536];
	uint64_t node, handle;

	text[0] = 0;
	if (raw_lookup(r, FUSE_ROOT_ID, "mhi0", &node))
		return text;
	handle = raw_open(r, path, O_RDONLY);
	node = raw_node(r, path);
	ck_assert_int_eq(raw_wait(r, raw_send_read(r, node, handle, sizeof(text) - 1)), 0);
	memcpy(text, r->bytes, r->len);
	text[r->len] = 0;
	ck_assert_int_eq(raw_release(r, node, handle), 0);
	return text;
}

bool raw_has(struct raw *r, const char *path, const char *line)
{
	const char *at = raw_show(r, path);
	size_t len = strlen(line);

	while (at && *at && (strncmp(at, line, len) || at[len] != '\n')) {
		at = strchr(at, '\n');
		at += at != NULL;
	}
	return at && *at;
}
