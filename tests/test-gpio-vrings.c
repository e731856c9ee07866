/*
 * The wire of a controller with more lines than a queue has room for: every
 * line is asked, every line is armed in turn.
 */
#include "device/gpio_vrings.h"
#include "sim/vq.h"
#include "suite.h"
#include <errno.h>

enum { LINES = 300, NAMES_LEN = LINES };
#define IOVA 0x10000ull

static struct timers timers;
static struct gpio_vrings vrings;
static struct gpio_controller *controller;
static struct virtio_choice choice;
static uint8_t *memory;
static struct vq device[VIRTIO_QUEUES];
static unsigned int n_began, n_edges[LINES], n_noted;

static int on_submit(void *user, unsigned int slot, const uint8_t request[GPIO_REQ_LEN],
		     size_t answer_len)
{
	(void)user;
	return gpio_vrings_submit(&vrings, slot, request, answer_len);
}

static int on_arm(void *user, unsigned int line)
{
	(void)user;
	return gpio_vrings_arm(&vrings, line);
}

static void on_began(void *user, int status)
{
	(void)user;
	ck_assert_int_eq(status, 0);
	n_began++;
}

static void on_released(void *user)
{
	(void)user;
}

static void on_edge(void *user, unsigned int line)
{
	(void)user;
	n_edges[line]++;
}

static void on_noted(void *user, const char *sentence)
{
	(void)user;
	(void)sentence;
	n_noted++;
}

static const struct gpio_controller_ops ops = {
	.submit = on_submit, .arm = on_arm, .began = on_began, .released = on_released,
	.edge = on_edge, .noted = on_noted,
};

static void *reach(void *bus, uint64_t addr, uint32_t len)
{
	(void)bus;
	return addr >= IOVA && addr - IOVA <= choice.len && len <= choice.len - (addr - IOVA) ?
		memory + (addr - IOVA) : NULL;
}

static const struct sim_virtio_bus_ops bus_ops = { .reach = reach };

static void plan(unsigned int n_lines, size_t names_len, unsigned int most)
{
	const struct virtio_offer offer = {
		.features = VIRTIO_F_VERSION_1 | VIRTIO_GPIO_F_IRQ | VIRTIO_F_EVENT_IDX |
			    VIRTIO_F_RING_PACKED,
		.most = most,
	};

	gpio_vrings_plan(&vrings, n_lines, names_len, &offer, &choice);
}

static void setup(void)
{
	const struct gpio_controller_config c = { LINES, NAMES_LEN };
	struct vring_parts parts[VIRTIO_QUEUES];
	struct virtio_memory m;

	timers_init(&timers);
	n_began = n_noted = 0;
	memset(n_edges, 0, sizeof(n_edges));
	plan(LINES, NAMES_LEN, 256);
	memory = calloc(1, choice.len);
	controller = gpio_controller_new(&c, &timers, &ops, NULL);
	m = (struct virtio_memory){ memory, IOVA, choice.len };
	gpio_vrings_prepare(&vrings, controller, &m, parts);
	for (unsigned int i = 0; i < VIRTIO_QUEUES; i++) {
		const struct sim_queue_setup at = {
			.n = choice.n[i],
			.desc = reach(NULL, parts[i].desc, 1),
			.avail = reach(NULL, parts[i].avail, 1),
			.used = reach(NULL, parts[i].used, 1),
		};

		vq_init(&device[i], &at, choice.features, &bus_ops, NULL);
		vq_listen(&device[i]);
	}
}

static void teardown(void)
{
	gpio_controller_down(controller, -ENODEV);
	gpio_vrings_end(&vrings);
	gpio_controller_free(controller);
	free(memory);
}

/* The device answers all it has: the names, all low, all inputs. */
static unsigned int answer_all(void)
{
	static const uint8_t answer[1 + NAMES_LEN] = { GPIO_STATUS_OK, 0 };
	struct vq_chain chain;
	unsigned int n = 0;

	for (; vq_pop(&device[GPIO_QUEUE_REQUESTS], &chain) == VQ_OK; n++) {
		ck_assert_uint_eq(chain.out_len, GPIO_REQ_LEN);
		vq_write(&device[GPIO_QUEUE_REQUESTS], &chain.pieces[chain.n_out], chain.n_in,
			 answer, chain.in_len);
		vq_push(&device[GPIO_QUEUE_REQUESTS], chain.head, chain.in_len);
	}
	vq_publish(&device[GPIO_QUEUE_REQUESTS]);
	return n;
}

static void take_all(void)
{
	int r;

	do {
		r = gpio_vrings_take(&vrings);
		ck_assert_int_ge(r, 0);
	} while (r == GPIO_VRINGS_MORE);
}

static void run(void)
{
	while (answer_all())
		take_all();
}

/* One event for each buffer that the device has. */
static unsigned int fire_all(void)
{
	static const uint8_t status = GPIO_EVENT_VALID;
	struct vq_chain chain;
	unsigned int n = 0;

	for (; n < LINES && vq_pop(&device[GPIO_QUEUE_EVENTS], &chain) == VQ_OK; n++) {
		vq_write(&device[GPIO_QUEUE_EVENTS], &chain.pieces[chain.n_out], 1, &status, 1);
		vq_push(&device[GPIO_QUEUE_EVENTS], chain.head, 1);
	}
	vq_publish(&device[GPIO_QUEUE_EVENTS]);
	return n;
}

static unsigned int n_done;

static void on_done(struct gpio_call *call, int status, uint32_t value)
{
	(void)call;
	(void)value;
	ck_assert_int_eq(status, 0);
	n_done++;
}

static void arm_every_line(void)
{
	static struct gpio_call calls[LINES];

	n_done = 0;
	for (unsigned int i = 0; i < LINES; i++)
		gpio_call_start(&calls[i], controller, i, GPIO_AIM_EDGE, GPIO_EDGE_BOTH, on_done);
	run();
	ck_assert_uint_eq(n_done, LINES);
}

START_TEST(test_queues_have_room_for_the_lines_up_to_what_is_offered)
{
	static const struct {
		unsigned int n_lines, most, n;
	} rows[] = {
		{ 1, 256, 4 }, { 3, 256, 8 }, { 4, 256, 16 }, { 127, 256, 256 }, { 128, 256, 256 },
		{ 1024, 256, 256 }, { 1024, 64, 64 }, { 1024, 32768, 256 }, { 9, 2, 2 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		plan(rows[i].n_lines, 0, rows[i].most);
		ck_assert_uint_eq(choice.n[0], rows[i].n);
		ck_assert_uint_eq(choice.n[1], rows[i].n);
		ck_assert(choice.features ==
			  (VIRTIO_F_VERSION_1 | VIRTIO_GPIO_F_IRQ | VIRTIO_F_EVENT_IDX));
	}
	plan(LINES, NAMES_LEN, 256);
}
END_TEST

START_TEST(test_more_lines_than_room_are_all_asked)
{
	gpio_controller_up(controller, true);
	ck_assert_uint_eq(answer_all(), GPIO_QUEUE_MOST / 2);
	take_all();
	run();
	ck_assert_uint_eq(n_began, 1);
	ck_assert_uint_eq(n_noted, 0);
}
END_TEST

START_TEST(test_more_lines_than_room_are_armed_in_turn)
{
	gpio_controller_up(controller, true);
	run();
	arm_every_line();
	for (unsigned int i = 0; i < 3; i++) {
		ck_assert_uint_eq(fire_all(), GPIO_QUEUE_MOST / 2);
		take_all();
	}
	for (unsigned int i = 0; i < LINES; i++)
		ck_assert_uint_ge(n_edges[i], 1);
}
END_TEST

START_TEST(test_a_broken_ring_stays_broken)
{
	gpio_controller_up(controller, true);
	le16_set(&device[GPIO_QUEUE_REQUESTS].at.used->idx, 0x8000);
	ck_assert_int_eq(gpio_vrings_take(&vrings), -EPROTO);
	ck_assert_int_eq(gpio_vrings_take(&vrings), -EPROTO);
	ck_assert_uint_eq(n_began, 0);
}
END_TEST

START_TEST(test_a_kick_is_asked_for_once)
{
	gpio_controller_up(controller, true);
	ck_assert(gpio_vrings_wants_kick(&vrings, GPIO_QUEUE_REQUESTS));
	ck_assert(!gpio_vrings_wants_kick(&vrings, GPIO_QUEUE_REQUESTS));
	ck_assert(!gpio_vrings_wants_kick(&vrings, GPIO_QUEUE_EVENTS));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("gpio-vrings");
	TCase *t = tcase_create("vrings");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_queues_have_room_for_the_lines_up_to_what_is_offered);
	tcase_add_test(t, test_more_lines_than_room_are_all_asked);
	tcase_add_test(t, test_more_lines_than_room_are_armed_in_turn);
	tcase_add_test(t, test_a_broken_ring_stays_broken);
	tcase_add_test(t, test_a_kick_is_asked_for_once);
	suite_add_tcase(s, t);
	return suite_run(s);
}
