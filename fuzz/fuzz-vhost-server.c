/*
 * fuzz-vhost-server - any front-end of the vhost-user back-end.
 *
 * The first byte: bit 0 the type of device, bit 1 raw bytes on the socket follow
 * instead of messages, bit 2 an orderly start comes first, whose rings the
 * input then fills.  A message is request, flags, descriptor, length, payload
 * with a sound header around them; request 0xff writes its payload into the
 * shared memory and kicks.  Whatever was said, nothing of it stays and the
 * next front-end gets an answer.
 */
#include "io/unixsock.h"
#include "serve/vhost_server.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MEMORY_LEN = 1 << 14, TURNS = 4, N = 8, RAW = 2, STARTED = 4, SCRIBBLE = 0xff };
#define GUEST 0x1000000ULL
#define USER 0x2000000ULL

static struct {
	struct loop *loop;
	int socket, memory, kick;
	uint8_t *cpu;
} f;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* The lowest free one: the same before and after, or something leaked. */
static int next_fd(void)
{
	int fd = dup(STDIN_FILENO);

	close(fd);
	return fd;
}

static void let_work(void)
{
	uint8_t answer[4096];

	for (int i = 0; i < TURNS; i++)
		loop_turn(f.loop, false);
	while (recv(f.socket, answer, sizeof(answer), MSG_DONTWAIT) > 0)
		;
}

static void say(uint32_t request, uint32_t flags, int fd, const void *payload, size_t len)
{
	struct vhu_header h = { request, flags, (uint32_t)len };
	struct iovec iov[] = { { &h, sizeof(h) }, { (void *)payload, len } };
	struct msgsock s;

	msgsock_init(&s, &vhu_format, f.socket);
	msgsock_send_now(&s, iov, 2, &fd, fd >= 0, 0);
	text_fini(&s.out);
	let_work();
}

static void say_state(uint32_t request, uint32_t index, uint32_t num)
{
	struct vhu_state state = { index, num };

	say(request, 1, -1, &state, sizeof(state));
}

static void start_queue(uint32_t q)
{
	uint64_t at = USER + q * 0x400, word = q;
	struct vhu_addr addr = { .index = q, .desc = at, .avail = at + 0x100, .used = at + 0x200 };

	say_state(VHU_SET_VRING_NUM, q, N);
	say(VHU_SET_VRING_ADDR, 1, -1, &addr, sizeof(addr));
	say(VHU_SET_VRING_KICK, 1, f.kick, &word, sizeof(word));
	say_state(VHU_SET_VRING_ENABLE, q, 1);
}

static void start(void)
{
	uint64_t protocol = VHU_P_REPLY_ACK | VHU_P_MQ | VHU_P_MEM_SLOTS;
	uint64_t features = VIRTIO_F_VERSION_1 | VHU_F_PROTOCOL_FEATURES | 1;
	struct vhu_memory m = { .n = 1, .regions = { { GUEST, MEMORY_LEN, USER, 0 } } };

	say(VHU_SET_PROTOCOL_FEATURES, 1, -1, &protocol, sizeof(protocol));
	say(VHU_SET_FEATURES, 1, -1, &features, sizeof(features));
	say(VHU_SET_MEM_TABLE, 1, f.memory, &m, vhu_memory_len(1));
	start_queue(0);
	start_queue(1);
}

/* Bytes: offset in units of 16, then what goes there. */
static void scribble(const uint8_t *payload, size_t len)
{
	size_t at = len ? payload[0] * 16 : 0;

	if (len > 1)
		memcpy(f.cpu + at, payload + 1, len - 1);
	eventfd_write(f.kick, 1);
	let_work();
}

/* One message; how many bytes of the input it took. */
static size_t message(const uint8_t *data, size_t len)
{
	int fds[] = { -1, f.memory, f.kick, STDIN_FILENO };
	size_t payload_len = min_size(data[3], len - 4);

	if (data[0] == SCRIBBLE)
		scribble(data + 4, payload_len);
	else
		say(data[0], data[1], fds[data[2] % ARRAY_SIZE(fds)], data + 4, payload_len);
	return 4 + payload_len;
}

static void talk(const uint8_t *data, size_t len)
{
	if (len && data[0] & STARTED)
		start();
	if (len && data[0] & RAW) {
		send(f.socket, data + 1, len - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
		let_work();
		return;
	}
	for (size_t at = 1; at + 4 <= len;)
		at += message(data + at, len - at);
}

static void open_all(const char *path)
{
	struct text why = TEXT_INIT;

	f.socket = unixsock_connect(path, &why);
	f.memory = memfd_create("front-end", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	f.kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	must(f.socket >= 0 && !ftruncate(f.memory, MEMORY_LEN));
	must(!fcntl(f.memory, F_ADD_SEALS, F_SEAL_SHRINK));
	f.cpu = mmap(NULL, MEMORY_LEN, PROT_READ | PROT_WRITE, MAP_SHARED, f.memory, 0);
	must(f.cpu != MAP_FAILED);
}

static void close_all(void)
{
	munmap(f.cpu, MEMORY_LEN);
	close(f.memory);
	close(f.kick);
	close(f.socket);
	for (int i = 0; i < TURNS; i++)
		loop_turn(f.loop, false);
}

static void expect_service(const char *path)
{
	struct vhu_header ask = { VHU_GET_FEATURES, 1, 0 };
	uint8_t answer[64];

	open_all(path);
	must(send(f.socket, &ask, sizeof(ask), 0) == sizeof(ask));
	for (int i = 0; i < TURNS; i++)
		loop_turn(f.loop, false);
	must(recv(f.socket, answer, sizeof(answer), MSG_DONTWAIT) == 20);
	close_all();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct vhost_server_config c = { .type = len && data[0] & 1 ? "gpio" : "rpmsg",
					 .mood = "healthy" };
	struct text why = TEXT_INIT;
	struct vhost_server *s;
	char path[64];
	int before;

	log_open("fuzz", LOG_TO_STDERR, LOG_LEVEL_ERROR);
	snprintf(path, sizeof(path), "/tmp/fuzz-vhost-server-%d", getpid());
	c.path = path;
	f.loop = loop_new();
	must(!vhost_server_open(f.loop, &c, &s, &why));
	before = next_fd();
	open_all(path);
	let_work();
	talk(data, len);
	close_all();
	must(next_fd() == before);
	expect_service(path);
	must(next_fd() == before);
	vhost_server_close(s);
	loop_free(f.loop);
	return 0;
}
