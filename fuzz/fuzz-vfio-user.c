/*
 * fuzz-vfio-user - any client of the vfio-user server; fuzz-vfio-user-client is the
 * other side.
 *
 * The first byte says how the rest is meant: even, raw bytes on the socket;
 * odd, messages: command, flags, length, payload, with a sound header around
 * them and a descriptor beside those that want one.  Whatever was said, the
 * next client gets an answer.
 */
#include "serve/server.h"
#include "transport/vfio_user_wire.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { MEMORY_LEN = 1 << 16, TURNS = 8 };

static const struct sim_chan chans[] = { { 0, 1, "echo" }, { 32, 33, "at" } };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static struct server *serve(struct loop *l, const char *path)
{
	struct server_config c = { .path = path, .function = {
		.id = { 0x17cb, 0x0306, 0, 0 }, .sim = sim_config_default,
		.n_msi = 32, .n_msix = 8 } };
	struct text why = TEXT_INIT;
	struct server *s = NULL;

	c.function.sim.chans = chans;
	c.function.sim.n_chans = ARRAY_SIZE(chans);
	must(!server_open(l, &c, &s, &why));
	text_fini(&why);
	return s;
}

static int connect_to(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	must(!connect(fd, (struct sockaddr *)&addr, sizeof(addr)));
	return fd;
}

/* The server works, its answers are thrown away. */
static void let_work(struct loop *l, int client)
{
	uint8_t answer[4096];

	for (int i = 0; i < TURNS; i++)
		loop_turn(l, false);
	while (recv(client, answer, sizeof(answer), MSG_DONTWAIT) > 0)
		;
}

static void send_with(int client, const void *bytes, size_t len, int fd)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec iov = { (void *)bytes, len };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fd >= 0) {
		m.msg_control = &control;
		m.msg_controllen = sizeof(control);
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	}
	sendmsg(client, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static int beside(enum vu_command command)
{
	int fd = -1;

	if (command == VU_SET_IRQS)
		return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (command == VU_DMA_MAP) {
		fd = memfd_create("client", MFD_CLOEXEC);
		must(fd >= 0 && !ftruncate(fd, MEMORY_LEN));
	}
	return fd;
}

/* One message; how many bytes of the input it took. */
static size_t say(int client, const uint8_t *data, size_t len)
{
	struct {
		struct vu_header header;
		uint8_t payload[255];
	} m = { .header = { .id = 1, .command = data[0], .flags = data[1] } };
	size_t payload_len = data[2] < len - 3 ? data[2] : len - 3;
	int fd = beside((enum vu_command)data[0]);

	memcpy(m.payload, data + 3, payload_len);
	m.header.size = (uint32_t)(sizeof(m.header) + payload_len);
	send_with(client, &m, m.header.size, fd);
	if (fd >= 0)
		close(fd);
	return 3 + payload_len;
}

static void talk(struct loop *l, int client, const uint8_t *data, size_t len)
{
	if (len && !(data[0] & 1)) {
		send_with(client, data + 1, len - 1, -1);
		let_work(l, client);
		return;
	}
	for (size_t at = 1; at + 3 <= len;) {
		at += say(client, data + at, len - at);
		let_work(l, client);
	}
}

static void expect_service(struct loop *l, const char *path)
{
	struct vu_header ask = { .id = 7, .command = VU_GET_INFO, .size = sizeof(ask) };
	struct vu_header answer = { 0 };
	int client = connect_to(path);

	send_with(client, &ask, sizeof(ask), -1);
	for (int i = 0; i < TURNS; i++)
		loop_turn(l, false);
	must(recv(client, &answer, sizeof(answer), MSG_DONTWAIT) == sizeof(answer));
	must(answer.id == 7 && answer.flags & VU_REPLY);
	close(client);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct loop *l = loop_new();
	struct server *s;
	char path[64];
	int client;

	log_open("fuzz", LOG_TO_STDERR, LOG_LEVEL_ERROR);
	snprintf(path, sizeof(path), "/tmp/fuzz-vfio-user-%d", getpid());
	s = serve(l, path);
	client = connect_to(path);
	let_work(l, client);
	talk(l, client, data, len);
	close(client);
	for (int i = 0; i < TURNS; i++)
		loop_turn(l, false);
	expect_service(l, path);
	server_close(s);
	loop_free(l);
	return 0;
}
