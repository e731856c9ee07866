/*
 * test-vfio-user - an MHI host in this process, the modem in another, and
 * peers that lie.
 */
#include "core/engine.h"
#include "io/pool.h"
#include "tests/sim_server.h"
#include "tests/suite.h"
#include "transport/vfio_user.h"
#include "transport/vfio_user_wire.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

static struct sim_server server;
static struct loop *loop;
static struct text why;

static void setup(void)
{
	loop = loop_new();
	why = TEXT_INIT;
	sim_server_start(&server);
}

static void teardown(void)
{
	sim_server_stop(&server);
	text_fini(&why);
	loop_free(loop);
}

/* A host on the wire: pool, engine, one echoing channel. */

static const struct ering_config erings[] = { { .elements = 64 }, { .elements = 256 } };
static const struct chan_config chans[] = {
	{ .name = "LOOPBACK", .ee_mask = EE_BIT(MHI_EE_AMSS), .dir = {
		[LINK_UL] = { true, 0, 1, 32, 4096, false, false, false },
		[LINK_DL] = { true, 1, 1, 32, 4096, false, false, false },
	} },
};
static const struct engine_config config = {
	.chans = chans, .n_chans = 1, .erings = erings, .n_erings = 2,
	.timeout_ms = 5000, .ready_timeout_ms = 5000,
};

static struct {
	struct hw *hw;
	struct engine *engine;
	struct pool pool;
	struct dma dma[2];
	struct defer turn;
	bool is_gone;
	int opened, echoed;
	uint32_t echo_len;
	uint8_t echo[64];
} host;

static void on_irq(void *user, unsigned int vector)
{
	(void)user;
	engine_irq(host.engine, vector);
}

static void on_gone(void *user)
{
	(void)user;
	ck_assert(!host.is_gone);
	host.is_gone = true;
	if (host.engine)
		engine_gone(host.engine);
}

static const struct hw_events hw_events = { on_irq, on_gone };

static void run_turn(void *user)
{
	(void)user;
	engine_turn(host.engine);
}

static void on_wants_turn(void *user)
{
	(void)user;
	loop_defer(loop, &host.turn);
}

static void on_changed(void *user) { (void)user; }
static void on_offered(void *user, unsigned int chan, bool is) { (void)user, (void)chan, (void)is; }
static void on_power_done(void *user, int status) { (void)user, (void)status; }
static void on_noted(void *user, const char *s) { (void)user; fprintf(stderr, "%s\n", s); }

static const struct engine_ops engine_ops = {
	on_wants_turn, on_changed, on_offered, on_power_done, on_noted,
};

static void on_opened(void *user, int status)
{
	(void)user;
	ck_assert_int_eq(status, 0);
	host.opened = 1;
}

static void on_done(void *user, enum link_dir dir, unsigned int slot, int status, uint32_t len)
{
	(void)user;
	if (dir == LINK_UL || status)
		return;
	host.echoed++;
	host.echo_len = len;
	memcpy(host.echo, link_slot(engine_link(host.engine), 0, LINK_DL, slot),
	       min_u32(len, sizeof(host.echo)));
}

static void on_closed(void *user, int reason) { (void)user, (void)reason; }

static const struct link_user_ops user_ops = { on_opened, on_done, on_closed };

static void map_part(enum dma_rights rights, const struct pool_part *part)
{
	host.dma[rights] = (struct dma){ part->cpu, part->iova, part->len, host.pool.fd,
					 part->offset };
	ck_assert_int_eq(host.hw->ops->map(host.hw, &host.dma[rights], rights), 0);
}

static void host_start(void)
{
	struct engine_memory need = engine_memory(&config);
	struct pci_id id;
	const char *reason;
	int status;

	memset(&host, 0, sizeof(host));
	defer_init(&host.turn, run_turn, NULL);
	ck_assert_int_eq(vfio_user_open(loop, server.path, &host.hw, &id, &why), 0);
	ck_assert_uint_eq(id.vendor, 0x17cb);
	ck_assert_uint_eq(id.device, 0x0306);
	host.hw->events = &hw_events;
	ck_assert_int_eq(vfio_user_arm(host.hw, 3, &why), 0);
	ck_assert_uint_eq(host.hw->n_vectors, 3);
	ck_assert_int_eq(pool_open(&host.pool, need.reads, need.writes, 1 << 20, need.align), 0);
	map_part(DEV_READS, &host.pool.reads);
	map_part(DEV_WRITES, &host.pool.writes);
	host.engine = engine_new(&config, host.hw, loop_timers(loop), &host.dma[DEV_READS],
				 &host.dma[DEV_WRITES], &engine_ops, NULL);
	while ((status = engine_probe(host.engine, &reason)) == PROBE_MORE)
		;
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(engine_power(host.engine, POWER_ON), POWER_STARTED);
	while (engine_state(host.engine) == ENGINE_STARTING)
		loop_turn(loop, true);
	ck_assert_int_eq(engine_state(host.engine), ENGINE_READY);
}

static void host_stop(void)
{
	engine_free(host.engine);
	host.hw->ops->close(host.hw);
	pool_close(&host.pool);
	defer_cancel(&host.turn);
}

static void echo(const char *text)
{
	struct link *link = engine_link(host.engine);
	int before = host.echoed;

	strcpy((char *)link_slot(link, 0, LINK_UL, 0), text);
	ck_assert_int_eq(link->ops->submit(link, 0, LINK_UL, 0, (uint32_t)strlen(text)), LINK_OK);
	while (host.echoed == before)
		loop_turn(loop, true);
	ck_assert_uint_eq(host.echo_len, strlen(text));
	ck_assert_mem_eq(host.echo, text, strlen(text));
}

static void open_channel(void)
{
	struct link *link = engine_link(host.engine);

	ck_assert_int_eq(link->ops->open(link, 0, &user_ops, NULL), 0);
	while (!host.opened)
		loop_turn(loop, true);
	for (unsigned int slot = 0; slot < 8; slot++)
		ck_assert_int_eq(link->ops->submit(link, 0, LINK_DL, slot, 0), LINK_OK);
}

START_TEST(test_engine_runs_and_echoes_over_the_socket)
{
	host_start();
	open_channel();
	echo("over a socket");
	host_stop();
}
END_TEST

START_TEST(test_the_next_client_finds_the_device_and_starts_it_again)
{
	for (int i = 0; i < 3; i++) {
		host_start();
		open_channel();
		echo("again");
		host_stop();
	}
}
END_TEST

START_TEST(test_a_killed_server_is_a_pulled_card)
{
	uint32_t value = 0;

	host_start();
	open_channel();
	sim_server_kill(&server);
	while (!host.is_gone)
		loop_turn(loop, true);
	ck_assert_int_eq(host.hw->ops->read32(host.hw, 0, &value), -ENODEV);
	ck_assert_int_eq(host.hw->ops->write32(host.hw, 0, 0), -ENODEV);
	ck_assert(!host.hw->ops->is_present(host.hw));
	ck_assert_int_eq(engine_state(host.engine), ENGINE_GONE);
	host_stop();
}
END_TEST

START_TEST(test_no_server_is_said_in_one_sentence)
{
	struct pci_id id;
	struct hw *hw;

	ck_assert_int_eq(vfio_user_open(loop, "/nonexistent/sock", &hw, &id, &why), -ENOENT);
	ck_assert_ptr_nonnull(strstr(text_get(&why), "/nonexistent/sock"));
}
END_TEST

/* The server against clients of bad manners. */

static void say(int fd, uint16_t command, uint32_t size, const void *payload, size_t len)
{
	struct vu_header h = { .id = 7, .command = command, .size = size };

	ck_assert_int_eq(write(fd, &h, sizeof(h)), sizeof(h));
	if (len)
		ck_assert_int_eq(write(fd, payload, len), (ssize_t)len);
}

static struct vu_header hear(int fd)
{
	struct vu_header h = { 0 };
	uint8_t rest[65536];

	ck_assert_int_eq(recv(fd, &h, sizeof(h), MSG_WAITALL), sizeof(h));
	ck_assert_uint_le(h.size - sizeof(h), sizeof(rest));
	if (h.size > sizeof(h))
		ck_assert_int_eq(recv(fd, rest, h.size - sizeof(h), MSG_WAITALL),
				 (ssize_t)(h.size - sizeof(h)));
	return h;
}

static void expect_close(int fd)
{
	char byte;

	ck_assert_int_le(recv(fd, &byte, 1, 0), 0);
	close(fd);
}

START_TEST(test_impossible_sizes_end_the_connection_only)
{
	static const uint32_t sizes[] = { 0, 15, 0xffffffff };
	int fd;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		fd = sim_server_connect(server.path);
		say(fd, VU_GET_INFO, sizes[i], NULL, 0);
		expect_close(fd);
	}
	fd = sim_server_connect(server.path);
	say(fd, VU_GET_INFO, sizeof(struct vu_header), NULL, 0);
	ck_assert_uint_eq(hear(fd).flags, VU_REPLY);
	close(fd);
}
END_TEST

START_TEST(test_unknown_and_malformed_commands_get_an_error_and_life_goes_on)
{
	int fd = sim_server_connect(server.path);
	struct vu_irq_set set = { .argsz = sizeof(set), .index = VU_IRQ_MSI, .start = 31,
				  .count = 0xffffffff, .flags = VU_IRQ_DATA_EVENTFD | VU_IRQ_TRIGGER };
	struct vu_region_access a = { .offset = UINT64_MAX - 1, .region = 0, .count = 4 };
	struct vu_header h;

	say(fd, 99, sizeof(h), NULL, 0);
	h = hear(fd);
	ck_assert_uint_eq(h.flags, VU_REPLY | VU_ERROR);
	ck_assert_uint_eq(h.error, ENOSYS);
	say(fd, VU_DMA_MAP, sizeof(h) + 4, "abcd", 4);
	ck_assert_uint_eq(hear(fd).error, EINVAL);
	say(fd, VU_SET_IRQS, sizeof(h) + sizeof(set), &set, sizeof(set));
	ck_assert_uint_eq(hear(fd).error, EINVAL);
	say(fd, VU_REGION_READ, sizeof(h) + sizeof(a), &a, sizeof(a));
	ck_assert_uint_eq(hear(fd).error, EINVAL);
	say(fd, VU_REGION_WRITE, sizeof(h) + sizeof(a), &a, sizeof(a));
	ck_assert_uint_eq(hear(fd).error, EINVAL);
	close(fd);
}
END_TEST

START_TEST(test_a_message_may_come_byte_by_byte)
{
	struct vu_header h = { .id = 3, .command = VU_GET_INFO, .size = 16 + 16 };
	struct vu_info info = { .argsz = sizeof(info) };
	int fd = sim_server_connect(server.path);
	uint8_t bytes[32];

	memcpy(bytes, &h, 16);
	memcpy(bytes + 16, &info, 16);
	for (size_t i = 0; i < sizeof(bytes); i++)
		ck_assert_int_eq(write(fd, &bytes[i], 1), 1);
	ck_assert_uint_eq(hear(fd).id, 3);
	close(fd);
}
END_TEST

static uint32_t version(const char *text, size_t len)
{
	uint8_t payload[20000] = { 0 };
	int fd = sim_server_connect(server.path);
	struct vu_header h = { 0 };

	memcpy(payload + 4, text, len);
	say(fd, VU_VERSION, (uint32_t)(16 + 4 + len), payload, 4 + len);
	if (recv(fd, &h, sizeof(h), MSG_WAITALL) != sizeof(h))
		h.flags = 0;
	close(fd);
	return h.flags;
}

START_TEST(test_version_takes_no_text_and_much_text_but_no_junk)
{
	static char big[10002];

	memset(big, ' ', sizeof(big) - 2);
	memcpy(big, "{\"x\":[[[[1]]]]", 14);
	big[sizeof(big) - 2] = '}';
	ck_assert_uint_eq(version("", 0), VU_REPLY);
	ck_assert_uint_eq(version("{}", 3), VU_REPLY);
	ck_assert_uint_eq(version(big, sizeof(big)), VU_REPLY);
	ck_assert_uint_eq(version("{}", 2), 0);
	ck_assert_uint_eq(version("{[", 3), 0);
	ck_assert_uint_eq(version("[]", 3), 0);
}
END_TEST

/* The client against servers that lie. */

enum lie { LIE_WRONG_ID, LIE_SHORT, LIE_HUGE, LIE_SILENT_END, LIE_ERROR, LIE_VERSION };

static void lie(int listener, enum lie what)
{
	int fd = accept(listener, NULL, NULL);
	uint8_t question[4096];
	struct {
		struct vu_header h;
		struct vu_version version;
	} say = { { .id = 1, .command = VU_VERSION, .size = 20, .flags = VU_REPLY }, { 0, 0 } };

	if (recv(fd, question, sizeof(question), 0) <= 0 || what == LIE_SILENT_END)
		_exit(0);
	if (what == LIE_WRONG_ID)
		say.h.id = 99;
	if (what == LIE_SHORT)
		say.h.size = 18;
	if (what == LIE_HUGE)
		say.h.size = 0x7fffffff;
	if (what == LIE_ERROR) {
		say.h.flags |= VU_ERROR;
		say.h.error = 0xdeadbeef;
	}
	if (what == LIE_VERSION)
		say.version.major = 9;
	if (write(fd, &say, sizeof(say)) < 0)
		_exit(1);
	pause();
}

START_TEST(test_a_lying_server_is_refused)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct pci_id id;
	struct hw *hw;
	pid_t pid;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/liar", server.folder);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&addr, sizeof(addr)), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	pid = fork();
	if (!pid)
		lie(listener, (enum lie)_i);
	ck_assert_int_eq(vfio_user_open(loop, addr.sun_path, &hw, &id, &why), -EPROTO);
	ck_assert_uint_gt(why.len, 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(listener);
	unlink(addr.sun_path);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("vfio-user");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 30);
	tcase_add_test(t, test_engine_runs_and_echoes_over_the_socket);
	tcase_add_test(t, test_the_next_client_finds_the_device_and_starts_it_again);
	tcase_add_test(t, test_a_killed_server_is_a_pulled_card);
	tcase_add_test(t, test_no_server_is_said_in_one_sentence);
	tcase_add_test(t, test_impossible_sizes_end_the_connection_only);
	tcase_add_test(t, test_unknown_and_malformed_commands_get_an_error_and_life_goes_on);
	tcase_add_test(t, test_a_message_may_come_byte_by_byte);
	tcase_add_test(t, test_version_takes_no_text_and_much_text_but_no_junk);
	tcase_add_loop_test(t, test_a_lying_server_is_refused, LIE_WRONG_ID, LIE_VERSION + 1);
	suite_add_tcase(s, t);
	return suite_run(s);
}
