#include "tests/vhost_front.h"
#include "tests/fake_sim_virtio.h"
#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

struct vhost_front front;
const struct vhu_region front_region = { FRONT_GUEST, FRONT_REGION, FRONT_USER, FRONT_OFFSET };

static unsigned int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

void front_serve(const char *type, bool takes_unsealed)
{
	struct vhost_server_config c = { .path = front.path, .type = type, .mood = "healthy",
					 .takes_unsealed = takes_unsealed };
	struct text why = TEXT_INIT;

	vhost_server_close(front.server);
	ck_assert_int_eq(vhost_server_open(front.loop, &c, &front.server, &why), 0);
	front.n_fds_before = count_fds();
}

void front_setup(void)
{
	strcpy(front.folder, "/tmp/mhifs-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(front.folder));
	snprintf(front.path, sizeof(front.path), "%s/sock", front.folder);
	log_open("test", LOG_TO_STDERR, LOG_LEVEL_ERROR);
	front.loop = loop_new();
	fake_sim_virtio_init();
	front_serve("rpmsg", false);
}

void front_teardown(void)
{
	vhost_server_close(front.server);
	front.server = NULL;
	loop_free(front.loop);
	ck_assert_int_eq(rmdir(front.folder), 0);
}

int front_file(size_t len, int seals)
{
	int fd = memfd_create("front-end", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	ck_assert(fd >= 0 && !ftruncate(fd, (off_t)len));
	ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

void front_open(void)
{
	uint8_t *file;

	front.n_sent = 0;
	front.fd = front_file(FRONT_FILE, F_SEAL_SHRINK);
	file = mmap(NULL, FRONT_FILE, PROT_READ | PROT_WRITE, MAP_SHARED, front.fd, 0);
	ck_assert_ptr_ne(file, MAP_FAILED);
	front.cpu = file + FRONT_OFFSET;
	for (int q = 0; q < 2; q++) {
		front.kick[q] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		front.call[q] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	}
}

void front_close(void)
{
	if (!front.cpu)
		return;
	munmap(front.cpu - FRONT_OFFSET, FRONT_FILE);
	close(front.fd);
	for (int q = 0; q < 2; q++) {
		close(front.kick[q]);
		close(front.call[q]);
	}
	front.cpu = NULL;
}

void front_ring_init(unsigned int q)
{
	vring_init(&front.rings[q], front.cpu + q * 0x800, FRONT_GUEST + q * 0x800, FRONT_N,
		   front.chains[q], false);
}

static void post(unsigned int i)
{
	struct vring_piece piece = { FRONT_GUEST + 0x1000 + i * FRONT_BUFFER, FRONT_BUFFER };

	ck_assert_int_eq(vring_add(&front.rings[0], &piece, 0, 1, i), VRING_OK);
}

void front_post_all(void)
{
	for (unsigned int i = 0; i < FRONT_N; i++)
		post(i);
	vring_listen(&front.rings[0]);
}

void front_turns(unsigned int n)
{
	while (n--)
		loop_turn(front.loop, false);
}

void front_send(const char *text)
{
	size_t at = 0x2000 + front.n_sent++ % FRONT_N * FRONT_BUFFER;
	struct vring_piece piece = { FRONT_GUEST + at, (uint32_t)strlen(text) };

	memcpy(front.cpu + at, text, strlen(text));
	ck_assert_int_eq(vring_add(&front.rings[1], &piece, 1, 0, 0), VRING_OK);
	eventfd_write(front.kick[1], 1);
}

bool front_receive(char *ret_text)
{
	uint32_t token, len;

	while (vring_take(&front.rings[1], &token, &len) == VRING_OK)
		;
	if (vring_take(&front.rings[0], &token, &len) != VRING_OK)
		return false;
	memcpy(ret_text, front.cpu + 0x1000 + token * FRONT_BUFFER, len);
	ret_text[len] = '\0';
	post(token);
	return true;
}

void front_echo(const char *text)
{
	char back[FRONT_BUFFER + 1];
	eventfd_t count;

	front_send(text);
	front_turns(3);
	ck_assert(front_receive(back));
	ck_assert_str_eq(back, text);
	ck_assert_int_eq(eventfd_read(front.call[0], &count), 0);
}

/* The usual way to say things. */

enum vhost_outcome front_table(const struct vhu_region *regions, unsigned int n, const int *fds,
			       unsigned int n_fds)
{
	struct vhu_memory m = { .n = n };

	memcpy(m.regions, regions, n_fds * sizeof(*regions));
	return vhost_client_say(&front.client, VHU_SET_MEM_TABLE, &m, vhu_memory_len(n), fds, n_fds,
				NULL);
}

void front_connect(void)
{
	vhost_client_open(&front.client, front.loop, front.path);
}

void front_agree(uint64_t protocol)
{
	ck_assert_int_eq(vhost_client_u64(&front.client, VHU_SET_PROTOCOL_FEATURES, protocol),
			 VHOST_NOTHING);
	front.client.has_acks = protocol & VHU_P_REPLY_ACK;
	ck_assert_int_eq(vhost_client_say(&front.client, VHU_SET_OWNER, NULL, 0, NULL, 0, NULL),
			 front.client.has_acks ? VHOST_TAKEN : VHOST_NOTHING);
	ck_assert_int_le(vhost_client_u64(&front.client, VHU_SET_FEATURES,
					  VIRTIO_F_VERSION_1 | VHU_F_PROTOCOL_FEATURES),
			 VHOST_NOTHING);
}

void front_set_addr(unsigned int q)
{
	struct vring_parts parts = front.rings[q].parts;
	struct vhu_addr a = { .index = q, .desc = parts.desc - FRONT_GUEST + FRONT_USER,
			      .avail = parts.avail - FRONT_GUEST + FRONT_USER,
			      .used = parts.used - FRONT_GUEST + FRONT_USER };

	ck_assert_int_eq(vhost_client_say(&front.client, VHU_SET_VRING_ADDR, &a, sizeof(a), NULL,
					  0, NULL), VHOST_TAKEN);
}

void front_set_queue(unsigned int q, uint16_t base)
{
	ck_assert_int_eq(vhost_client_state(&front.client, VHU_SET_VRING_NUM, q, FRONT_N),
			 VHOST_TAKEN);
	ck_assert_int_eq(vhost_client_state(&front.client, VHU_SET_VRING_BASE, q, base),
			 VHOST_TAKEN);
	front_set_addr(q);
	ck_assert_int_eq(vhost_client_fd(&front.client, VHU_SET_VRING_CALL, q, front.call[q]),
			 VHOST_TAKEN);
	ck_assert_int_eq(vhost_client_fd(&front.client, VHU_SET_VRING_KICK, q, front.kick[q]),
			 VHOST_TAKEN);
}

void front_enable(uint32_t is)
{
	for (uint32_t q = 0; q < 2; q++)
		ck_assert_int_eq(vhost_client_state(&front.client, VHU_SET_VRING_ENABLE, q, is),
				 VHOST_TAKEN);
}

bool front_is_running(void)
{
	return fake_sim_virtio.is_running[0] && fake_sim_virtio.is_running[1];
}

void front_attach(uint64_t protocol)
{
	front_connect();
	front_agree(protocol);
	front_open();
	ck_assert_int_le(front_table(&front_region, 1, &front.fd, 1), VHOST_NOTHING);
}

void front_run(void)
{
	front_attach(VHU_P_REPLY_ACK);
	for (unsigned int q = 0; q < 2; q++)
		front_ring_init(q);
	front_post_all();
	for (unsigned int q = 0; q < 2; q++)
		front_set_queue(q, 0);
	front_enable(1);
	ck_assert(front_is_running());
}

void front_leave(void)
{
	front_close();
	vhost_client_close(&front.client);
	ck_assert(!fake_sim_virtio.is_running[0] && !fake_sim_virtio.is_running[1]);
	ck_assert_uint_eq(count_fds(), front.n_fds_before);
}
