/*
 * test-vhost-server - the back-end against front-ends that say everything,
 * in any order, twice, in the wrong size, with too many descriptors.
 */
#include "serve/vhost_server.h"
#include "tests/fake_sim_virtio.h"
#include "tests/suite.h"
#include "tests/vhost_client.h"
#include "virtio/vring.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Guest and user addresses apart, and the region begins inside the file and
 * inside a page of it. */
enum { N = 8, BUFFER = 64, OFFSET = 0x1800, REGION = 0x4000, FILE_LEN = OFFSET + REGION };
#define GUEST 0x80000000ULL
#define USER 0x7f0000000000ULL

static char folder[64], path[96];
static struct loop *loop;
static struct vhost_server *server;
static struct vhost_client client;
static unsigned int n_fds_before;

static unsigned int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static void serve(const char *type, bool takes_unsealed)
{
	struct vhost_server_config c = { .path = path, .type = type, .mood = "healthy",
					 .takes_unsealed = takes_unsealed };
	struct text why = TEXT_INIT;

	vhost_server_close(server);
	ck_assert_int_eq(vhost_server_open(loop, &c, &server, &why), 0);
	n_fds_before = count_fds();
}

static void setup(void)
{
	strcpy(folder, "/tmp/mhifs-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/sock", folder);
	log_open("test", LOG_TO_STDERR, LOG_LEVEL_ERROR);
	loop = loop_new();
	fake_sim_virtio_init();
	serve("rpmsg", false);
}

static void teardown(void)
{
	vhost_server_close(server);
	server = NULL;
	loop_free(loop);
	ck_assert_int_eq(rmdir(folder), 0);
}

/* What a front-end shares. */

static struct {
	int fd;
	uint8_t *cpu;		/* of the region */
	struct vring rings[2];
	struct vring_chain chains[2][N];
	int kick[2], call[2];
	unsigned int n_sent;
} front;

static int memory_file(size_t len, int seals)
{
	int fd = memfd_create("front-end", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	ck_assert(fd >= 0 && !ftruncate(fd, (off_t)len));
	ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

static void front_open(void)
{
	uint8_t *file;

	memset(&front, 0, sizeof(front));
	front.fd = memory_file(FILE_LEN, F_SEAL_SHRINK);
	file = mmap(NULL, FILE_LEN, PROT_READ | PROT_WRITE, MAP_SHARED, front.fd, 0);
	ck_assert_ptr_ne(file, MAP_FAILED);
	front.cpu = file + OFFSET;
	for (int q = 0; q < 2; q++) {
		front.kick[q] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		front.call[q] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	}
}

static void front_close(void)
{
	munmap(front.cpu - OFFSET, FILE_LEN);
	close(front.fd);
	for (int q = 0; q < 2; q++) {
		close(front.kick[q]);
		close(front.call[q]);
	}
}

static void ring_init(unsigned int q)
{
	vring_init(&front.rings[q], front.cpu + q * 0x800, GUEST + q * 0x800, N, front.chains[q],
		   false);
}

static void post(unsigned int i)
{
	struct vring_piece piece = { GUEST + 0x1000 + i * BUFFER, BUFFER };

	ck_assert_int_eq(vring_add(&front.rings[0], &piece, 0, 1, i), VRING_OK);
}

static void post_all(void)
{
	for (unsigned int i = 0; i < N; i++)
		post(i);
	vring_listen(&front.rings[0]);
}

static void turns(unsigned int n)
{
	while (n--)
		loop_turn(loop, false);
}

static void send_text(const char *text)
{
	size_t at = 0x2000 + front.n_sent++ % N * BUFFER;
	struct vring_piece piece = { GUEST + at, (uint32_t)strlen(text) };

	memcpy(front.cpu + at, text, strlen(text));
	ck_assert_int_eq(vring_add(&front.rings[1], &piece, 1, 0, 0), VRING_OK);
	eventfd_write(front.kick[1], 1);
}

static bool receive_text(char *ret_text)
{
	uint32_t token, len;

	while (vring_take(&front.rings[1], &token, &len) == VRING_OK)
		;
	if (vring_take(&front.rings[0], &token, &len) != VRING_OK)
		return false;
	memcpy(ret_text, front.cpu + 0x1000 + token * BUFFER, len);
	ret_text[len] = '\0';
	post(token);
	return true;
}

static void echo(const char *text)
{
	char back[BUFFER + 1];
	eventfd_t count;

	send_text(text);
	turns(3);
	ck_assert(receive_text(back));
	ck_assert_str_eq(back, text);
	ck_assert_int_eq(eventfd_read(front.call[0], &count), 0);
}

/* The usual way to say things. */

static enum vhost_outcome table_of(const struct vhu_region *regions, unsigned int n,
				   const int *fds, unsigned int n_fds)
{
	struct vhu_memory m = { .n = n };

	memcpy(m.regions, regions, n_fds * sizeof(*regions));
	return vhost_client_say(&client, VHU_SET_MEM_TABLE, &m, vhu_memory_len(n), fds, n_fds,
				NULL);
}

static const struct vhu_region the_region = { GUEST, REGION, USER, OFFSET };

static void agree(uint64_t protocol)
{
	ck_assert_int_eq(vhost_client_u64(&client, VHU_SET_PROTOCOL_FEATURES, protocol),
			 VHOST_NOTHING);
	client.has_acks = protocol & VHU_P_REPLY_ACK;
	ck_assert_int_eq(vhost_client_say(&client, VHU_SET_OWNER, NULL, 0, NULL, 0, NULL),
			 client.has_acks ? VHOST_TAKEN : VHOST_NOTHING);
	ck_assert_int_le(vhost_client_u64(&client, VHU_SET_FEATURES,
					  VIRTIO_F_VERSION_1 | VHU_F_PROTOCOL_FEATURES),
			 VHOST_NOTHING);
}

static void set_addr(unsigned int q)
{
	struct vring_parts parts = front.rings[q].parts;
	struct vhu_addr a = { .index = q, .desc = parts.desc - GUEST + USER,
			      .avail = parts.avail - GUEST + USER,
			      .used = parts.used - GUEST + USER };

	ck_assert_int_eq(vhost_client_say(&client, VHU_SET_VRING_ADDR, &a, sizeof(a), NULL, 0,
					  NULL), VHOST_TAKEN);
}

static void set_queue(unsigned int q, uint16_t base)
{
	ck_assert_int_eq(vhost_client_state(&client, VHU_SET_VRING_NUM, q, N), VHOST_TAKEN);
	ck_assert_int_eq(vhost_client_state(&client, VHU_SET_VRING_BASE, q, base), VHOST_TAKEN);
	set_addr(q);
	ck_assert_int_eq(vhost_client_fd(&client, VHU_SET_VRING_CALL, q, front.call[q]),
			 VHOST_TAKEN);
	ck_assert_int_eq(vhost_client_fd(&client, VHU_SET_VRING_KICK, q, front.kick[q]),
			 VHOST_TAKEN);
}

static void enable(uint32_t is)
{
	for (uint32_t q = 0; q < 2; q++)
		ck_assert_int_eq(vhost_client_state(&client, VHU_SET_VRING_ENABLE, q, is),
				 VHOST_TAKEN);
}

static bool is_running(void)
{
	return fake_sim_virtio.is_running[0] && fake_sim_virtio.is_running[1];
}

/* Attached, agreed and with memory. */
static void attach(uint64_t protocol)
{
	vhost_client_open(&client, loop, path);
	agree(protocol);
	front_open();
	ck_assert_int_le(table_of(&the_region, 1, &front.fd, 1), VHOST_NOTHING);
}

static void run(void)
{
	attach(VHU_P_REPLY_ACK);
	for (unsigned int q = 0; q < 2; q++)
		ring_init(q);
	post_all();
	for (unsigned int q = 0; q < 2; q++)
		set_queue(q, 0);
	enable(1);
	ck_assert(is_running());
}

static void leave(void)
{
	if (front.cpu)
		front_close();
	front.cpu = NULL;
	vhost_client_close(&client);
	ck_assert(!fake_sim_virtio.is_running[0] && !fake_sim_virtio.is_running[1]);
	ck_assert_uint_eq(count_fds(), n_fds_before);
}

START_TEST(test_addresses_are_apart_and_the_offset_is_inside_a_page)
{
	run();
	echo("apart");
	leave();
}
END_TEST

START_TEST(test_a_queue_runs_when_the_last_thing_it_needs_is_said)
{
	static const uint32_t rest[] = { VHU_SET_VRING_KICK, VHU_SET_VRING_ENABLE };

	for (unsigned int last = 0; last < 2; last++) {
		attach(VHU_P_REPLY_ACK);
		ring_init(0);
		vhost_client_state(&client, VHU_SET_VRING_NUM, 0, N);
		set_addr(0);
		for (unsigned int i = 0; i < 2; i++) {
			ck_assert(!fake_sim_virtio.is_running[0]);
			if (rest[(i + last) % 2] == VHU_SET_VRING_KICK)
				vhost_client_fd(&client, VHU_SET_VRING_KICK, 0, front.kick[0]);
			else
				vhost_client_state(&client, VHU_SET_VRING_ENABLE, 0, 1);
		}
		ck_assert(fake_sim_virtio.is_running[0]);
		leave();
	}
}
END_TEST

/* Statuses. */

static void run_with_statuses(const uint8_t *statuses, unsigned int n, bool runs_before_last)
{
	attach(VHU_P_REPLY_ACK | VHU_P_STATUS);
	for (unsigned int q = 0; q < 2; q++) {
		ring_init(q);
		set_queue(q, 0);
	}
	enable(1);
	for (unsigned int i = 0; i < n; i++) {
		if (i)
			ck_assert_int_eq(is_running(), runs_before_last);
		vhost_client_u64(&client, VHU_SET_STATUS, statuses[i]);
	}
	ck_assert(is_running());
	ck_assert_uint_eq(vhost_client_ask(&client, VHU_GET_STATUS), statuses[n - 1]);
	leave();
}

START_TEST(test_driver_ok_is_waited_for_only_when_it_is_to_come)
{
	run_with_statuses((const uint8_t[]){ 1, 3, 11, 15 } + 1, 3, false);
	run_with_statuses((const uint8_t[]){ 8 }, 1, true);
}
END_TEST

START_TEST(test_status_zero_and_reset_device_stop_all_but_keep_the_memory)
{
	for (int i = 0; i < 2; i++) {
		attach(VHU_P_REPLY_ACK | VHU_P_STATUS | VHU_P_RESET_DEVICE);
		for (int again = 0; again < 2; again++) {
			vhost_client_u64(&client, VHU_SET_FEATURES,
					 VIRTIO_F_VERSION_1 | VHU_F_PROTOCOL_FEATURES);
			for (unsigned int q = 0; q < 2; q++)
				ring_init(q);
			post_all();
			for (unsigned int q = 0; q < 2; q++)
				set_queue(q, 0);
			enable(1);
			echo("reset");
			if (i)
				vhost_client_u64(&client, VHU_SET_STATUS, 0);
			else
				vhost_client_say(&client, VHU_RESET_DEVICE, NULL, 0, NULL, 0,
						 NULL);
			ck_assert(!fake_sim_virtio.is_running[0]);
		}
		leave();
	}
}
END_TEST

/* Stop and start. */

static uint32_t stop_queue(uint32_t q)
{
	struct vhu_state state = { q, 0 };
	union vhu_payload reply;

	ck_assert_int_eq(vhost_client_say(&client, VHU_GET_VRING_BASE, &state, sizeof(state), NULL,
					  0, &reply), VHOST_REPLIED);
	ck_assert_uint_eq(reply.state.index, q);
	return reply.state.num;
}

static void resume(unsigned int q, uint32_t base)
{
	vhost_client_state(&client, VHU_SET_VRING_BASE, q, base);
	vhost_client_fd(&client, VHU_SET_VRING_CALL, q, front.call[q]);
	vhost_client_fd(&client, VHU_SET_VRING_KICK, q, front.kick[q]);
}

START_TEST(test_a_resumed_queue_loses_no_message)
{
	char back[BUFFER + 1];
	uint32_t bases[2];

	run();
	echo("before");
	for (unsigned int q = 0; q < 2; q++)
		bases[q] = stop_queue(q);
	ck_assert_uint_eq(bases[1], 1);
	send_text("meanwhile");
	turns(3);
	ck_assert(!receive_text(back));
	for (unsigned int q = 0; q < 2; q++)
		resume(q, bases[q]);
	turns(3);
	ck_assert(receive_text(back));
	ck_assert_str_eq(back, "meanwhile");
	echo("after");
	leave();
}
END_TEST

START_TEST(test_a_fresh_start_begins_at_zero)
{
	run();
	echo("before");
	for (unsigned int q = 0; q < 2; q++) {
		stop_queue(q);
		ring_init(q);
	}
	post_all();
	for (unsigned int q = 0; q < 2; q++) {
		vhost_client_state(&client, VHU_SET_VRING_BASE, q, 0);
		set_addr(q);
		resume(q, 0);
	}
	echo("after");
	leave();
}
END_TEST

START_TEST(test_indices_wrap_over_a_restart)
{
	attach(VHU_P_REPLY_ACK);
	for (unsigned int q = 0; q < 2; q++) {
		ring_init(q);
		front.rings[q].avail_idx = front.rings[q].used_idx = front.rings[q].told_idx = 0xfff0;
		le16_set(&front.rings[q].avail->idx, 0xfff0);
		le16_set(&front.rings[q].used->idx, 0xfff0);
	}
	post_all();
	for (unsigned int q = 0; q < 2; q++)
		set_queue(q, 0xfff0);
	enable(1);
	for (int i = 0; i < 40; i++)
		echo("round and round");
	ck_assert_uint_eq(stop_queue(1), (uint16_t)(0xfff0 + 40));
	leave();
}
END_TEST

START_TEST(test_a_disabled_queue_moves_nothing)
{
	char back[BUFFER + 1];

	run();
	enable(0);
	send_text("held");
	turns(3);
	ck_assert(!receive_text(back));
	enable(1);
	turns(3);
	ck_assert(receive_text(back));
	ck_assert_str_eq(back, "held");
	leave();
}
END_TEST

/* Memory. */

static void expect_table(enum vhost_outcome outcome, struct vhu_region r)
{
	ck_assert_int_eq(table_of(&r, 1, &front.fd, 1), outcome);
}

START_TEST(test_regions_that_cannot_be_are_refused)
{
	struct vhu_region two[2] = { the_region, { GUEST + REGION - 1, 4096, 0x1000, 0 } };
	int fds[2];

	attach(VHU_P_REPLY_ACK);
	expect_table(VHOST_TAKEN, the_region);
	expect_table(VHOST_REFUSED, (struct vhu_region){ GUEST, 0, USER, 0 });
	expect_table(VHOST_REFUSED, (struct vhu_region){ GUEST, REGION + 1, USER, OFFSET });
	expect_table(VHOST_REFUSED, (struct vhu_region){ UINT64_MAX, 4096, USER, 0 });
	expect_table(VHOST_REFUSED, (struct vhu_region){ GUEST, 4096, UINT64_MAX - 4094, 0 });
	expect_table(VHOST_REFUSED, (struct vhu_region){ GUEST, 4096, USER, UINT64_MAX - 4095 });
	expect_table(VHOST_REFUSED, (struct vhu_region){ GUEST, UINT64_MAX, USER, 0 });
	fds[0] = fds[1] = front.fd;
	ck_assert_int_eq(table_of(two, 2, fds, 2), VHOST_REFUSED);
	two[1].guest = GUEST + REGION;
	two[1].user = USER;
	ck_assert_int_eq(table_of(two, 2, fds, 2), VHOST_REFUSED);
	two[1].user = USER + REGION;
	ck_assert_int_eq(table_of(two, 2, fds, 2), VHOST_TAKEN);
	ck_assert_int_eq(table_of(two, 2, fds, 1), VHOST_REFUSED);
	ck_assert_int_eq(table_of(two, 0, fds, 0), VHOST_REFUSED);
	leave();
}
END_TEST

START_TEST(test_memory_that_could_be_taken_away_is_refused)
{
	for (int is_trusted = 0; is_trusted < 2; is_trusted++) {
		int fds[3], outcome = is_trusted ? VHOST_TAKEN : VHOST_REFUSED;

		serve("rpmsg", is_trusted);
		vhost_client_open(&client, loop, path);
		agree(VHU_P_REPLY_ACK);
		fds[0] = memory_file(FILE_LEN, 0);
		fds[1] = open("/dev/zero", O_RDWR | O_CLOEXEC);
		fds[2] = eventfd(0, EFD_CLOEXEC);
		ck_assert_int_eq(table_of(&the_region, 1, &fds[0], 1), outcome);
		ck_assert_int_eq(table_of(&the_region, 1, &fds[1], 1), VHOST_REFUSED);
		ck_assert_int_eq(table_of(&the_region, 1, &fds[2], 1), VHOST_REFUSED);
		for (int i = 0; i < 3; i++)
			close(fds[i]);
		leave();
	}
}
END_TEST

static enum vhost_outcome one_region(uint32_t request, struct vhu_region r, bool has_fd)
{
	struct vhu_one_region one = { .region = r };

	return vhost_client_say(&client, request, &one, sizeof(one), &front.fd, has_fd, NULL);
}

START_TEST(test_regions_come_and_go_singly_and_the_ring_follows)
{
	struct vhu_region other = { GUEST + 0x100000, 4096, USER + 0x100000, 0 };

	attach(VHU_P_REPLY_ACK | VHU_P_MEM_SLOTS);
	ck_assert_uint_eq(vhost_client_ask(&client, VHU_GET_MAX_MEM_SLOTS), VHOST_MEMORY_MOST);
	ck_assert_int_eq(one_region(VHU_REM_MEM_REG, the_region, false), VHOST_TAKEN);
	ck_assert_int_eq(one_region(VHU_REM_MEM_REG, the_region, false), VHOST_REFUSED);
	ck_assert_int_eq(one_region(VHU_ADD_MEM_REG, the_region, false), VHOST_REFUSED);
	ck_assert_int_eq(one_region(VHU_ADD_MEM_REG, the_region, true), VHOST_TAKEN);
	ck_assert_int_eq(one_region(VHU_ADD_MEM_REG, the_region, true), VHOST_REFUSED);
	for (unsigned int q = 0; q < 2; q++)
		ring_init(q);
	post_all();
	for (unsigned int q = 0; q < 2; q++)
		set_queue(q, 0);
	enable(1);
	ck_assert_int_eq(one_region(VHU_ADD_MEM_REG, other, true), VHOST_TAKEN);
	echo("beside another");
	ck_assert_int_eq(one_region(VHU_REM_MEM_REG, other, true), VHOST_TAKEN);
	echo("alone again");
	ck_assert_int_eq(one_region(VHU_REM_MEM_REG, the_region, false), VHOST_TAKEN);
	ck_assert(!fake_sim_virtio.is_running[0] && !fake_sim_virtio.is_running[1]);
	ck_assert_int_eq(one_region(VHU_ADD_MEM_REG, the_region, true), VHOST_TAKEN);
	echo("back");
	leave();
}
END_TEST

START_TEST(test_a_new_table_while_it_runs_moves_the_rings_or_stops_them)
{
	struct vhu_region elsewhere = { GUEST + 0x1000000, REGION, USER + 0x1000000, OFFSET };

	run();
	expect_table(VHOST_TAKEN, the_region);
	echo("same place");
	expect_table(VHOST_REFUSED, (struct vhu_region){ 0 });
	echo("as before");
	expect_table(VHOST_TAKEN, elsewhere);
	ck_assert(!fake_sim_virtio.is_running[0] && !fake_sim_virtio.is_running[1]);
	leave();
}
END_TEST

START_TEST(test_buffers_outside_of_the_memory_are_not_touched)
{
	struct vring_piece piece = { GUEST + REGION - 4, 8 };

	run();
	ck_assert_int_eq(vring_add(&front.rings[1], &piece, 1, 0, 0), VRING_OK);
	eventfd_write(front.kick[1], 1);
	turns(3);
	ck_assert_ptr_nonnull(fake_sim_virtio.vqs[1].damage);
	ck_assert_uint_ne(vhost_client_ask(&client, VHU_GET_FEATURES), 0);
	leave();
}
END_TEST

/* Queues. */

START_TEST(test_rings_that_cannot_be_are_refused)
{
	static const struct vhu_addr bad[] = {
		{ 2, 0, USER, USER + 0x400, USER + 0x200, 0 },
		{ 0, 1, USER, USER + 0x400, USER + 0x200, 0 },
		{ 0, 0, USER + 8, USER + 0x400, USER + 0x200, 0 },
		{ 0, 0, USER, USER + 0x402, USER + 0x200, 0 },
		{ 0, 0, USER, USER + 0x400, USER + 0x201, 0 },
		{ 0, 0, USER + REGION - 16, USER + 0x400, USER + 0x200, 0 },
		{ 0, 0, GUEST, GUEST + 0x400, GUEST + 0x200, 0 },
		{ 0, 0, USER, UINT64_MAX & ~3ULL, USER + 0x200, 0 },
		{ 0, 0, 0, 0, 0, 0 },
	};

	attach(VHU_P_REPLY_ACK);
	ck_assert_int_eq(vhost_client_say(&client, VHU_SET_VRING_ADDR, &bad[0], sizeof(bad[0]),
					  NULL, 0, NULL), VHOST_REFUSED);
	ck_assert_int_eq(vhost_client_state(&client, VHU_SET_VRING_NUM, 0, N), VHOST_TAKEN);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_int_eq(vhost_client_say(&client, VHU_SET_VRING_ADDR, &bad[i],
						  sizeof(bad[i]), NULL, 0, NULL), VHOST_REFUSED);
	ck_assert_int_eq(vhost_client_state(&client, VHU_SET_VRING_NUM, 0, 0), VHOST_REFUSED);
	ck_assert_int_eq(vhost_client_state(&client, VHU_SET_VRING_NUM, 0, 12), VHOST_REFUSED);
	ck_assert_int_eq(vhost_client_state(&client, VHU_SET_VRING_NUM, 0, 512), VHOST_REFUSED);
	ck_assert_int_eq(vhost_client_state(&client, VHU_SET_VRING_NUM, 2, N), VHOST_REFUSED);
	ck_assert_int_eq(vhost_client_state(&client, VHU_SET_VRING_BASE, 0, 65536), VHOST_REFUSED);
	ck_assert_int_eq(vhost_client_state(&client, VHU_SET_VRING_ENABLE, 0, 2), VHOST_REFUSED);
	ck_assert_int_eq(vhost_client_state(&client, VHU_SET_VRING_ENABLE, 7, 1), VHOST_REFUSED);
	leave();
}
END_TEST

START_TEST(test_a_running_queue_is_not_changed_under_it)
{
	struct vhu_addr a = { .desc = USER + 0x3000, .avail = USER + 0x3200, .used = USER + 0x3400 };

	run();
	ck_assert_int_eq(vhost_client_state(&client, VHU_SET_VRING_NUM, 0, 4), VHOST_REFUSED);
	ck_assert_int_eq(vhost_client_state(&client, VHU_SET_VRING_BASE, 0, 4), VHOST_REFUSED);
	ck_assert_int_eq(vhost_client_say(&client, VHU_SET_VRING_ADDR, &a, sizeof(a), NULL, 0,
					  NULL), VHOST_REFUSED);
	ck_assert_int_eq(vhost_client_u64(&client, VHU_SET_FEATURES, VIRTIO_F_VERSION_1 | 1),
			 VHOST_REFUSED);
	echo("unmoved");
	leave();
}
END_TEST

START_TEST(test_only_eventfds_are_taken_and_an_index_has_eight_bits)
{
	static const uint32_t which[] = { VHU_SET_VRING_KICK, VHU_SET_VRING_CALL,
					  VHU_SET_VRING_ERR };
	int pipe_fds[2], null = open("/dev/null", O_RDWR | O_CLOEXEC);
	uint64_t high = 1ULL << 9;

	attach(VHU_P_REPLY_ACK);
	ck_assert_int_eq(pipe2(pipe_fds, O_CLOEXEC), 0);
	for (size_t i = 0; i < ARRAY_SIZE(which); i++) {
		ck_assert_int_eq(vhost_client_fd(&client, which[i], 0, null), VHOST_REFUSED);
		ck_assert_int_eq(vhost_client_fd(&client, which[i], 0, pipe_fds[0]), VHOST_REFUSED);
		ck_assert_int_eq(vhost_client_fd(&client, which[i], 2, front.kick[0]),
				 VHOST_REFUSED);
		ck_assert_int_eq(vhost_client_fd(&client, which[i], 0, front.kick[0]),
				 VHOST_TAKEN);
		ck_assert_int_eq(vhost_client_fd(&client, which[i], 0, -1),
				 which[i] == VHU_SET_VRING_KICK ? VHOST_REFUSED : VHOST_TAKEN);
		ck_assert_int_eq(vhost_client_say(&client, which[i], &high, 8, front.kick, 1,
						  NULL), VHOST_REFUSED);
		ck_assert_int_eq(vhost_client_u64(&client, which[i], 0), VHOST_REFUSED);
	}
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	close(null);
	leave();
}
END_TEST

START_TEST(test_new_eventfds_replace_the_old_while_it_runs)
{
	run();
	for (int i = 0; i < 20; i++) {
		unsigned int q = i % 2;

		close(front.call[q]);
		close(front.kick[q]);
		front.call[q] = eventfd(0, EFD_CLOEXEC);
		front.kick[q] = eventfd(0, EFD_CLOEXEC);
		vhost_client_fd(&client, VHU_SET_VRING_KICK, q, front.kick[q]);
		vhost_client_fd(&client, VHU_SET_VRING_CALL, q, front.call[q]);
		echo("replaced");
	}
	leave();
}
END_TEST

/* Features and configuration. */

START_TEST(test_only_what_was_offered_is_accepted)
{
	static const uint64_t bad[] = { 0, 1, VIRTIO_F_VERSION_1 | 1ULL << 33, UINT64_MAX };

	vhost_client_open(&client, loop, path);
	ck_assert_uint_eq(vhost_client_ask(&client, VHU_GET_FEATURES),
			  fake_sim_virtio.features | VHU_F_PROTOCOL_FEATURES);
	agree(vhost_client_ask(&client, VHU_GET_PROTOCOL_FEATURES));
	ck_assert_uint_eq(vhost_client_ask(&client, VHU_GET_QUEUE_NUM), 2);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_int_eq(vhost_client_u64(&client, VHU_SET_FEATURES, bad[i]),
				 VHOST_REFUSED);
	ck_assert_int_eq(vhost_client_u64(&client, VHU_SET_PROTOCOL_FEATURES, VHU_P_CONFIG),
			 VHOST_REFUSED);
	leave();
}
END_TEST

static enum vhost_outcome config_of(uint32_t offset, uint32_t size, uint32_t flags, size_t len,
				    union vhu_payload *ret_reply)
{
	struct vhu_config c = { .offset = offset, .size = size, .flags = flags };

	return vhost_client_say(&client, VHU_GET_CONFIG, &c, len, NULL, 0, ret_reply);
}

START_TEST(test_configuration_is_told_within_its_bounds)
{
	union vhu_payload reply;

	serve("gpio", false);
	vhost_client_open(&client, loop, path);
	agree(VHU_P_REPLY_ACK | VHU_P_CONFIG);
	ck_assert_int_eq(config_of(0, 8, 0, 20, &reply), VHOST_REPLIED);
	ck_assert_uint_eq(reply.config.size, 8);
	ck_assert_uint_eq(reply.config.bytes[0], 4);
	ck_assert_int_eq(config_of(4, 4, 0, 16, &reply), VHOST_REPLIED);
	ck_assert_uint_eq(reply.config.bytes[0], 28);
	ck_assert_int_eq(config_of(0, 256, 0, 268, &reply), VHOST_REPLIED);
	ck_assert_uint_eq(reply.config.size, 0);
	ck_assert_int_eq(config_of(UINT32_MAX, 8, 0, 20, &reply), VHOST_REPLIED);
	ck_assert_uint_eq(reply.config.size, 0);
	ck_assert_int_eq(config_of(0, 8, 0, 16, &reply), VHOST_CLOSED);
	leave();
}
END_TEST

/* The connection. */

START_TEST(test_headers_that_cannot_be_end_the_connection_only)
{
	static const struct vhu_header bad[] = {
		{ VHU_GET_FEATURES, 0, 0 }, { VHU_GET_FEATURES, 2, 0 },
		{ VHU_GET_FEATURES, 5, 0 }, { VHU_GET_FEATURES, 0x11, 0 },
		{ VHU_GET_FEATURES, 1, 0xffffffff }, { VHU_GET_FEATURES, 1, 4096 },
		{ 0, 1, 0 }, { 99, 1, 0 }, { 0xffffffff, 1, 0 }, { VHU_SET_FEATURES, 1, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char byte;

		vhost_client_open(&client, loop, path);
		ck_assert_int_eq(send(client.fd, &bad[i], sizeof(bad[i]), 0), sizeof(bad[i]));
		turns(3);
		ck_assert_int_le(recv(client.fd, &byte, 1, MSG_DONTWAIT), 0);
		ck_assert_int_ne(errno, EAGAIN);
		errno = 0;
		leave();
	}
	vhost_client_open(&client, loop, path);
	ck_assert_uint_ne(vhost_client_ask(&client, VHU_GET_FEATURES), 0);
	leave();
}
END_TEST

START_TEST(test_unknown_requests_are_refused_and_life_goes_on)
{
	vhost_client_open(&client, loop, path);
	agree(VHU_P_REPLY_ACK);
	for (uint32_t request = 41; request < 60; request++)
		ck_assert_int_eq(vhost_client_u64(&client, request, 1), VHOST_REFUSED);
	ck_assert_int_eq(vhost_client_say(&client, VHU_SET_OWNER, NULL, 0, NULL, 0, NULL),
			 VHOST_REFUSED);
	ck_assert_int_eq(vhost_client_say(&client, VHU_RESET_OWNER, NULL, 0, NULL, 0, NULL),
			 VHOST_REFUSED);
	ck_assert_int_eq(vhost_client_u64(&client, VHU_SET_STATUS, 1), VHOST_REFUSED);
	leave();
}
END_TEST

START_TEST(test_one_front_end_at_a_time)
{
	struct vhost_client second;
	struct vhu_header h = { VHU_GET_FEATURES, 1, 0 };
	uint8_t answer[20];

	run();
	vhost_client_open(&second, loop, path);
	ck_assert_int_eq(send(second.fd, &h, sizeof(h), 0), sizeof(h));
	turns(5);
	ck_assert_int_lt(recv(second.fd, answer, sizeof(answer), MSG_DONTWAIT), 0);
	echo("first come");
	front_close();
	front.cpu = NULL;
	vhost_client_close(&client);
	turns(5);
	ck_assert_int_eq(recv(second.fd, answer, sizeof(answer), MSG_DONTWAIT), 20);
	client = second;
	leave();
}
END_TEST

/* A whole start as bytes, cut off after each of them. */
START_TEST(test_a_front_end_may_leave_at_every_byte)
{
	struct {
		struct vhu_header h1;
		struct vhu_header h2;
		uint64_t protocol;
		struct vhu_header h3;
		uint64_t features;
		struct vhu_header h4;
		uint8_t table[40];
	} __attribute__((packed)) m = {
		{ VHU_GET_FEATURES, 1, 0 },
		{ VHU_SET_PROTOCOL_FEATURES, 1, 8 }, VHU_P_REPLY_ACK,
		{ VHU_SET_FEATURES, 9, 8 }, VIRTIO_F_VERSION_1,
		{ VHU_SET_MEM_TABLE, 9, 40 }, { 1 },
	};

	for (size_t len = 0; len <= sizeof(m); len++) {
		vhost_client_open(&client, loop, path);
		for (size_t i = 0; i < len; i++) {
			ck_assert_int_eq(send(client.fd, (uint8_t *)&m + i, 1, 0), 1);
			turns(1);
		}
		leave();
	}
}
END_TEST

/* Every request at every stage, twice, in every size, with every number of
 * descriptors: something definite comes of it, and nothing stays. */

enum stage { CONNECTED, AGREED, RUNNING };

static void reach(enum stage stage)
{
	if (stage == RUNNING) {
		run();
		return;
	}
	vhost_client_open(&client, loop, path);
	front_open();
	if (stage == AGREED)
		agree(VHU_P_MQ | VHU_P_REPLY_ACK | VHU_P_STATUS | VHU_P_MEM_SLOTS |
		      VHU_P_RESET_DEVICE);
}

START_TEST(test_every_request_at_every_stage_in_every_shape)
{
	static const size_t lens[] = { 0, 4, 8, 12, 40, 264, 268 };
	static const unsigned int n_fds[] = { 0, 1, 9 };
	union vhu_payload payload;
	int fds[9];

	memset(&payload, _i & 1 ? 0xff : 0x01, sizeof(payload));
	for (uint32_t request = 0; request < 45; request++) {
		for (size_t i = 0; i < ARRAY_SIZE(lens) * ARRAY_SIZE(n_fds); i++) {
			reach((enum stage)(_i / 2));
			for (int k = 0; k < 9; k++)
				fds[k] = i % 2 ? front.fd : front.kick[0];
			for (int twice = 0; twice < 2 && !client.is_closed; twice++)
				vhost_client_say(&client, request, &payload,
						 lens[i % ARRAY_SIZE(lens)], fds,
						 n_fds[i / ARRAY_SIZE(lens)], NULL);
			leave();
		}
	}
}
END_TEST

START_TEST(test_a_crash_is_told_or_ends_the_connection)
{
	int err = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	eventfd_t count;

	n_fds_before++;
	run();
	vhost_client_fd(&client, VHU_SET_VRING_ERR, 1, err);
	vhost_server_crash(server);
	ck_assert_int_eq(eventfd_read(err, &count), 0);
	ck_assert(!is_running());
	leave();
	run();
	vhost_server_crash(server);
	ck_assert_int_eq(vhost_client_say(&client, VHU_GET_FEATURES, NULL, 0, NULL, 0, NULL),
			 VHOST_CLOSED);
	leave();
	close(err);
}
END_TEST

START_TEST(test_an_abandoned_socket_is_replaced_and_a_file_is_not)
{
	struct vhost_server_config c = { .path = path, .type = "rpmsg", .mood = "healthy" };
	struct text why = TEXT_INIT;
	struct vhost_server *other = NULL;
	int fd;

	ck_assert_int_eq(vhost_server_open(loop, &c, &other, &why), -EADDRINUSE);
	vhost_server_close(server);
	server = NULL;
	fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	close(fd);
	text_clear(&why);
	ck_assert_int_eq(vhost_server_open(loop, &c, &other, &why), -EADDRINUSE);
	ck_assert_int_eq(unlink(path), 0);
	c.mood = "merry";
	text_clear(&why);
	ck_assert_int_eq(vhost_server_open(loop, &c, &other, &why), -EINVAL);
	ck_assert_ptr_nonnull(strstr(text_get(&why), "merry"));
	text_fini(&why);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("vhost-server");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, test_addresses_are_apart_and_the_offset_is_inside_a_page);
	tcase_add_test(t, test_a_queue_runs_when_the_last_thing_it_needs_is_said);
	tcase_add_test(t, test_driver_ok_is_waited_for_only_when_it_is_to_come);
	tcase_add_test(t, test_status_zero_and_reset_device_stop_all_but_keep_the_memory);
	tcase_add_test(t, test_a_resumed_queue_loses_no_message);
	tcase_add_test(t, test_a_fresh_start_begins_at_zero);
	tcase_add_test(t, test_indices_wrap_over_a_restart);
	tcase_add_test(t, test_a_disabled_queue_moves_nothing);
	tcase_add_test(t, test_regions_that_cannot_be_are_refused);
	tcase_add_test(t, test_memory_that_could_be_taken_away_is_refused);
	tcase_add_test(t, test_regions_come_and_go_singly_and_the_ring_follows);
	tcase_add_test(t, test_a_new_table_while_it_runs_moves_the_rings_or_stops_them);
	tcase_add_test(t, test_buffers_outside_of_the_memory_are_not_touched);
	tcase_add_test(t, test_rings_that_cannot_be_are_refused);
	tcase_add_test(t, test_a_running_queue_is_not_changed_under_it);
	tcase_add_test(t, test_only_eventfds_are_taken_and_an_index_has_eight_bits);
	tcase_add_test(t, test_new_eventfds_replace_the_old_while_it_runs);
	tcase_add_test(t, test_only_what_was_offered_is_accepted);
	tcase_add_test(t, test_configuration_is_told_within_its_bounds);
	tcase_add_test(t, test_headers_that_cannot_be_end_the_connection_only);
	tcase_add_test(t, test_unknown_requests_are_refused_and_life_goes_on);
	tcase_add_test(t, test_one_front_end_at_a_time);
	tcase_add_test(t, test_a_front_end_may_leave_at_every_byte);
	tcase_add_loop_test(t, test_every_request_at_every_stage_in_every_shape, 0, 6);
	tcase_add_test(t, test_a_crash_is_told_or_ends_the_connection);
	tcase_add_test(t, test_an_abandoned_socket_is_replaced_and_a_file_is_not);
	suite_add_tcase(s, t);
	return suite_run(s);
}
