#include "gpio_wire.h"
#include "suite.h"
#include <errno.h>

enum { LINES = 4 };

static struct gpio_wire w;

/* A call and how it ended. */
struct wish {
	struct gpio_call call;
	unsigned int n_done;
	int status;
	uint32_t value;
};

static void on_done(struct gpio_call *call, int status, uint32_t value)
{
	struct wish *wish = container_of(call, struct wish, call);

	wish->n_done++;
	wish->status = status;
	wish->value = value;
}

static void begin(struct wish *wish, unsigned int line, enum gpio_aim_kind kind, uint32_t value)
{
	*wish = (struct wish){ 0 };
	gpio_call_start(&wish->call, w.controller, line, kind, value, on_done);
}

/* One whose requests are all granted. */
static int granted(unsigned int line, enum gpio_aim_kind kind, uint32_t value)
{
	struct wish wish;

	begin(&wish, line, kind, value);
	while (!wish.n_done)
		wire_answer(&w, line, GPIO_STATUS_OK, 0);
	ck_assert_uint_eq(wish.n_done, 1);
	return wish.status;
}

static const struct gpio_line *line(unsigned int i)
{
	return gpio_controller_line(w.controller, i);
}

static void setup(void)
{
	wire_setup(&w, LINES, 0);
	wire_begin(&w, true);
}

static void teardown(void)
{
	wire_teardown(&w);
}

/* --- the beginning --- */

static void setup_named(void)
{
	wire_setup(&w, LINES, 8);
}

static void answer_all_directions(enum gpio_direction direction)
{
	for (unsigned int i = 0; i < LINES; i++)
		wire_answer(&w, i, GPIO_STATUS_OK, (uint8_t)direction);
}

START_TEST(test_everything_is_asked_at_once)
{
	gpio_controller_up(w.controller, true);
	for (unsigned int i = 0; i < LINES; i++)
		wire_sees(&w, i, GPIO_GET_DIRECTION, 0);
	ck_assert_int_eq(w.slots[LINES].type, GPIO_GET_NAMES);
	ck_assert_uint_eq(w.slots[LINES].answer_len, 9);
	wire_answer_bytes(&w, LINES, "\0a\0b\0c\0d", 9);
	ck_assert_uint_eq(w.n_began, 0);
	answer_all_directions(GPIO_DIR_IN);
	ck_assert_uint_eq(w.n_began, 1);
	ck_assert_str_eq(gpio_controller_name(w.controller, 2), "c");
	ck_assert_int_eq(line(3)->direction, GPIO_DIR_IN);
	ck_assert_uint_eq(w.n_noted, 0);
}
END_TEST

START_TEST(test_names_that_are_wrong_are_told_and_not_taken)
{
	static const struct {
		const char *bytes;
		size_t len;
	} rows[] = {
		{ "\0a\0b\0c\0", 7 }, { "\0a\0b\0a\0d", 9 },
		{ "\1a\0b\0c\0d", 9 }, { "\0", 1 }, { "", 0 }, { "\0a\0b\0cccc", 9 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		w.n_noted = w.n_began = 0;
		gpio_controller_up(w.controller, true);
		wire_answer_bytes(&w, LINES, rows[i].bytes, rows[i].len);
		answer_all_directions(GPIO_DIR_NONE);
		ck_assert_uint_eq(w.n_began, 1);
		ck_assert_int_eq(w.began_status, 0);
		ck_assert_uint_eq(w.n_noted, 1);
		ck_assert_str_eq(gpio_controller_name(w.controller, 0), "");
		gpio_controller_down(w.controller, -ENODEV);
	}
}
END_TEST

START_TEST(test_a_silent_device_begins_in_the_end)
{
	gpio_controller_up(w.controller, true);
	wire_wait(&w, GPIO_PATIENCE_US - 1);
	ck_assert_uint_eq(w.n_began, 0);
	wire_wait(&w, 1);
	ck_assert_uint_eq(w.n_began, 1);
	ck_assert_uint_eq(w.n_noted, LINES + 1);
	/* Names that come late are names. */
	wire_answer_bytes(&w, LINES, "\0a\0b\0c\0d", 9);
	ck_assert_str_eq(gpio_controller_name(w.controller, 0), "a");
	ck_assert_uint_eq(w.n_began, 1);
}
END_TEST

START_TEST(test_other_names_than_before_are_another_device)
{
	gpio_controller_up(w.controller, true);
	wire_answer_bytes(&w, LINES, "\0a\0b\0c\0d", 9);
	answer_all_directions(GPIO_DIR_NONE);
	gpio_controller_down(w.controller, -ENODEV);
	memset(w.slots, 0, sizeof(w.slots));
	gpio_controller_up(w.controller, true);
	wire_answer_bytes(&w, LINES, "\0a\0x\0c\0d", 9);
	answer_all_directions(GPIO_DIR_NONE);
	ck_assert_uint_eq(w.n_began, 2);
	ck_assert_int_eq(w.began_status, -EPROTO);
	ck_assert_str_eq(gpio_controller_name(w.controller, 1), "b");
	/* The old ones are. */
	gpio_controller_down(w.controller, -ENODEV);
	memset(w.slots, 0, sizeof(w.slots));
	gpio_controller_up(w.controller, true);
	wire_answer_bytes(&w, LINES, "\0a\0b\0c\0d", 9);
	answer_all_directions(GPIO_DIR_NONE);
	ck_assert_int_eq(w.began_status, 0);
}
END_TEST

START_TEST(test_a_refused_direction_leaves_the_line_with_none)
{
	gpio_controller_up(w.controller, true);
	wire_answer_bytes(&w, LINES, "\0a\0b\0c\0d", 9);
	for (unsigned int i = 0; i < LINES; i++)
		wire_answer(&w, i, i == 1 ? GPIO_STATUS_ERR : GPIO_STATUS_OK, GPIO_DIR_OUT);
	ck_assert_uint_eq(w.n_began, 1);
	ck_assert_uint_eq(w.n_noted, 1);
	ck_assert_int_eq(line(1)->direction, GPIO_DIR_NONE);
	ck_assert_int_eq(line(2)->direction, GPIO_DIR_OUT);
}
END_TEST

/* --- requests --- */

START_TEST(test_a_level_is_set_before_the_line_is_an_output)
{
	struct wish wish;

	begin(&wish, 0, GPIO_AIM_OUTPUT, 1);
	wire_sees(&w, 0, GPIO_SET_VALUE, 1);
	wire_answer(&w, 0, GPIO_STATUS_OK, 0);
	wire_sees(&w, 0, GPIO_SET_DIRECTION, GPIO_DIR_OUT);
	ck_assert_uint_eq(wish.n_done, 0);
	wire_answer(&w, 0, GPIO_STATUS_OK, 0);
	ck_assert_uint_eq(wish.n_done, 1);
	ck_assert_int_eq(wish.status, 0);
	ck_assert_int_eq(line(0)->direction, GPIO_DIR_OUT);
}
END_TEST

START_TEST(test_only_an_output_is_written)
{
	ck_assert_int_eq(granted(0, GPIO_AIM_WRITE, 1), -EPERM);
	ck_assert_int_eq(granted(0, GPIO_AIM_INPUT, 0), 0);
	ck_assert_int_eq(granted(0, GPIO_AIM_WRITE, 1), -EPERM);
	ck_assert_int_eq(granted(0, GPIO_AIM_OUTPUT, 0), 0);
	ck_assert_int_eq(granted(0, GPIO_AIM_WRITE, 1), 0);
	ck_assert_uint_eq(w.n_flying, 0);
}
END_TEST

START_TEST(test_one_request_of_a_line_and_many_of_many)
{
	struct wish wishes[LINES][2];

	for (unsigned int n = 0; n < 2; n++)
		for (unsigned int i = 0; i < LINES; i++)
			begin(&wishes[i][n], i, GPIO_AIM_READ, 0);
	ck_assert_uint_eq(w.n_flying, LINES);
	/* Any order. */
	for (unsigned int i = LINES; i-- > 0;)
		wire_answer(&w, i, GPIO_STATUS_OK, i & 1);
	ck_assert_uint_eq(w.n_flying, LINES);
	for (unsigned int i = 0; i < LINES; i++) {
		ck_assert_uint_eq(wishes[i][0].n_done, 1);
		ck_assert_uint_eq(wishes[i][0].value, i & 1);
		ck_assert_uint_eq(wishes[i][1].n_done, 0);
		wire_answer(&w, i, GPIO_STATUS_OK, 0);
		ck_assert_uint_eq(wishes[i][1].n_done, 1);
	}
}
END_TEST

START_TEST(test_each_bad_answer_has_its_errno)
{
	static const struct {
		uint8_t bytes[2];
		size_t len;
		int error;
	} rows[] = {
		{ { 1, 0 }, 2, -EIO }, { { 2, 0 }, 2, -EPROTO }, { { 255, 1 }, 2, -EPROTO },
		{ { 0, 2 }, 2, -EPROTO }, { { 0, 0 }, 0, -EPROTO }, { { 0, 0 }, 1, -EPROTO },
		{ { 0, 0 }, 3, -EPROTO }, { { 0, 0 }, UINT32_MAX, -EPROTO },
	};
	struct wish wish;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		begin(&wish, 0, GPIO_AIM_READ, 0);
		wire_answer_bytes(&w, 0, rows[i].bytes, rows[i].len);
		ck_assert_uint_eq(wish.n_done, 1);
		ck_assert_int_eq(wish.status, rows[i].error);
	}
	begin(&wish, 0, GPIO_AIM_READ, 0);
	wire_answer(&w, 0, GPIO_STATUS_OK, 1);
	ck_assert_int_eq(wish.status, 0);
}
END_TEST

START_TEST(test_a_refused_request_changes_nothing)
{
	struct wish wish;

	granted(0, GPIO_AIM_INPUT, 0);
	begin(&wish, 0, GPIO_AIM_OUTPUT, 1);
	wire_answer(&w, 0, GPIO_STATUS_OK, 0);
	wire_answer(&w, 0, GPIO_STATUS_ERR, 0);
	ck_assert_int_eq(wish.status, -EIO);
	ck_assert_int_eq(line(0)->direction, GPIO_DIR_IN);
}
END_TEST

START_TEST(test_a_failed_send_is_never_silent)
{
	struct wish wish;

	w.error = -EIO;
	begin(&wish, 0, GPIO_AIM_READ, 0);
	ck_assert_uint_eq(wish.n_done, 1);
	ck_assert_int_eq(wish.status, -EIO);
	w.error = 0;
	granted(1, GPIO_AIM_INPUT, 0);
	begin(&wish, 1, GPIO_AIM_EDGE, GPIO_EDGE_BOTH);
	w.error = -EPROTO;
	wire_answer(&w, 1, GPIO_STATUS_OK, 0);
	ck_assert_int_eq(wish.status, 0);
	ck_assert_uint_eq(w.n_noted, 1);
	w.error = 0;
}
END_TEST

START_TEST(test_a_full_wire_serves_everybody_in_the_end)
{
	struct wish wishes[LINES];

	w.n_most = 1;
	for (unsigned int i = 0; i < LINES; i++)
		begin(&wishes[i], i, GPIO_AIM_READ, 0);
	for (unsigned int i = 0; i < LINES; i++) {
		ck_assert_uint_eq(w.n_flying, 1);
		wire_answer(&w, i, GPIO_STATUS_OK, 1);
		ck_assert_uint_eq(wishes[i].n_done, 1);
	}
}
END_TEST

START_TEST(test_a_silent_line_times_out_and_disturbs_no_other)
{
	struct wish first, second, other;

	begin(&first, 0, GPIO_AIM_READ, 0);
	wire_wait(&w, GPIO_PATIENCE_US / 2);
	begin(&second, 0, GPIO_AIM_READ, 0);
	wire_wait(&w, GPIO_PATIENCE_US / 2);
	ck_assert_int_eq(first.status, -ETIMEDOUT);
	ck_assert_uint_eq(second.n_done, 0);
	begin(&other, 1, GPIO_AIM_READ, 0);
	wire_answer(&w, 1, GPIO_STATUS_OK, 1);
	ck_assert_int_eq(other.status, 0);
	wire_wait(&w, GPIO_PATIENCE_US / 2);
	ck_assert_int_eq(second.status, -ETIMEDOUT);
	/* The late answer is nobody's, and frees the slot. */
	begin(&second, 0, GPIO_AIM_READ, 0);
	wire_answer(&w, 0, GPIO_STATUS_OK, 0);
	ck_assert_uint_eq(second.n_done, 0);
	wire_answer(&w, 0, GPIO_STATUS_OK, 1);
	ck_assert_uint_eq(second.n_done, 1);
	ck_assert_uint_eq(second.value, 1);
}
END_TEST

START_TEST(test_what_a_late_answer_did_is_known)
{
	struct wish wish;

	begin(&wish, 0, GPIO_AIM_INPUT, 0);
	wire_wait(&w, GPIO_PATIENCE_US);
	ck_assert_int_eq(wish.status, -ETIMEDOUT);
	ck_assert_int_eq(line(0)->direction, GPIO_DIR_NONE);
	wire_answer(&w, 0, GPIO_STATUS_OK, 0);
	ck_assert_int_eq(line(0)->direction, GPIO_DIR_IN);
}
END_TEST

START_TEST(test_a_withdrawn_call_is_not_told)
{
	struct wish first, second;

	begin(&first, 0, GPIO_AIM_READ, 0);
	begin(&second, 0, GPIO_AIM_READ, 0);
	gpio_call_withdraw(&first.call);
	wire_answer(&w, 0, GPIO_STATUS_OK, 1);
	ck_assert_uint_eq(first.n_done, 0);
	gpio_call_withdraw(&second.call);
	wire_answer(&w, 0, GPIO_STATUS_OK, 1);
	ck_assert_uint_eq(second.n_done, 0);
	wire_wait(&w, 10 * GPIO_PATIENCE_US);
	ck_assert_uint_eq(first.n_done + second.n_done, 0);
}
END_TEST

START_TEST(test_answers_nobody_asked_for_are_told)
{
	static const uint8_t answer[2];

	gpio_controller_answer(w.controller, 0, answer, 2);
	gpio_controller_answer(w.controller, LINES, answer, 2);
	gpio_controller_answer(w.controller, LINES + 1, answer, 2);
	gpio_controller_answer(w.controller, UINT32_MAX, answer, 2);
	gpio_controller_event(w.controller, 0, answer, 1);
	gpio_controller_event(w.controller, UINT32_MAX, answer, 1);
	ck_assert_uint_eq(w.n_noted, 6);
}
END_TEST

/* --- active low --- */

START_TEST(test_active_low_turns_values_and_not_levels)
{
	struct wish wish;

	granted(0, GPIO_AIM_ACTIVE_LOW, 1);
	granted(0, GPIO_AIM_OUTPUT, 1);
	begin(&wish, 0, GPIO_AIM_WRITE, 1);
	wire_sees(&w, 0, GPIO_SET_VALUE, 0);
	wire_answer(&w, 0, GPIO_STATUS_OK, 0);
	begin(&wish, 0, GPIO_AIM_READ, 0);
	wire_answer(&w, 0, GPIO_STATUS_OK, 0);
	ck_assert_uint_eq(wish.value, 1);
}
END_TEST

START_TEST(test_active_low_turns_the_edge_as_well)
{
	struct wish wish;

	granted(0, GPIO_AIM_EDGE, GPIO_EDGE_RISING);
	begin(&wish, 0, GPIO_AIM_ACTIVE_LOW, 1);
	wire_sees(&w, 0, GPIO_SET_IRQ_TYPE, GPIO_IRQ_NONE);
	wire_answer(&w, 0, GPIO_STATUS_OK, 0);
	wire_sees(&w, 0, GPIO_SET_IRQ_TYPE, GPIO_IRQ_FALLING);
	wire_answer(&w, 0, GPIO_STATUS_OK, 0);
	ck_assert_int_eq(wish.status, 0);
	ck_assert_int_eq(line(0)->edge, GPIO_EDGE_RISING);
	/* Both are both. */
	granted(0, GPIO_AIM_EDGE, GPIO_EDGE_BOTH);
	begin(&wish, 0, GPIO_AIM_ACTIVE_LOW, 0);
	ck_assert_uint_eq(wish.n_done, 1);
	ck_assert_int_eq(line(0)->irq, GPIO_IRQ_BOTH);
}
END_TEST

/* --- edges --- */

START_TEST(test_an_edge_makes_a_line_an_input)
{
	struct wish wish;

	begin(&wish, 0, GPIO_AIM_EDGE, GPIO_EDGE_RISING);
	wire_sees(&w, 0, GPIO_SET_DIRECTION, GPIO_DIR_IN);
	wire_answer(&w, 0, GPIO_STATUS_OK, 0);
	ck_assert(!w.is_armed[0]);
	wire_sees(&w, 0, GPIO_SET_IRQ_TYPE, GPIO_IRQ_RISING);
	wire_answer(&w, 0, GPIO_STATUS_OK, 0);
	ck_assert_int_eq(wish.status, 0);
	ck_assert(w.is_armed[0]);
}
END_TEST

START_TEST(test_a_trigger_changes_by_way_of_none)
{
	struct wish wish;

	granted(0, GPIO_AIM_EDGE, GPIO_EDGE_RISING);
	begin(&wish, 0, GPIO_AIM_EDGE, GPIO_EDGE_RISING);
	ck_assert_uint_eq(wish.n_done, 1);
	begin(&wish, 0, GPIO_AIM_EDGE, GPIO_EDGE_FALLING);
	wire_sees(&w, 0, GPIO_SET_IRQ_TYPE, GPIO_IRQ_NONE);
	wire_answer(&w, 0, GPIO_STATUS_OK, 0);
	wire_sees(&w, 0, GPIO_SET_IRQ_TYPE, GPIO_IRQ_FALLING);
	wire_answer(&w, 0, GPIO_STATUS_OK, 0);
	ck_assert_uint_eq(wish.n_done, 1);
	/* The buffer that was out all the time comes back: there is another. */
	ck_assert(w.is_armed[0]);
	wire_event(&w, 0, GPIO_EVENT_INVALID);
	ck_assert(w.is_armed[0]);
	ck_assert_uint_eq(w.n_edges[0], 0);
}
END_TEST

START_TEST(test_a_trigger_that_fails_half_way_is_none)
{
	struct wish wish;

	granted(0, GPIO_AIM_EDGE, GPIO_EDGE_RISING);
	begin(&wish, 0, GPIO_AIM_EDGE, GPIO_EDGE_FALLING);
	wire_answer(&w, 0, GPIO_STATUS_OK, 0);
	ck_assert_int_eq(line(0)->edge, GPIO_EDGE_RISING);
	wire_answer(&w, 0, GPIO_STATUS_ERR, 0);
	ck_assert_int_eq(wish.status, -EIO);
	ck_assert_int_eq(line(0)->edge, GPIO_EDGE_NONE);
}
END_TEST

START_TEST(test_outputs_and_edges_exclude_each_other)
{
	granted(0, GPIO_AIM_OUTPUT, 0);
	ck_assert_int_eq(granted(0, GPIO_AIM_EDGE, GPIO_EDGE_BOTH), -EIO);
	ck_assert_int_eq(granted(0, GPIO_AIM_EDGE, GPIO_EDGE_NONE), 0);
	granted(1, GPIO_AIM_EDGE, GPIO_EDGE_BOTH);
	ck_assert_int_eq(granted(1, GPIO_AIM_OUTPUT, 0), -EIO);
	ck_assert_int_eq(line(1)->edge, GPIO_EDGE_BOTH);
}
END_TEST

START_TEST(test_each_event_arms_the_line_again)
{
	granted(0, GPIO_AIM_EDGE, GPIO_EDGE_BOTH);
	for (int i = 0; i < 100; i++)
		wire_event(&w, 0, GPIO_EVENT_VALID);
	ck_assert_uint_eq(w.n_edges[0], 100);
	ck_assert(w.is_armed[0]);
}
END_TEST

START_TEST(test_a_disabled_line_gives_its_buffer_back_without_an_edge)
{
	granted(0, GPIO_AIM_EDGE, GPIO_EDGE_BOTH);
	granted(0, GPIO_AIM_EDGE, GPIO_EDGE_NONE);
	ck_assert(w.is_armed[0]);
	wire_event(&w, 0, GPIO_EVENT_INVALID);
	ck_assert(!w.is_armed[0]);
	ck_assert_uint_eq(w.n_edges[0], 0);
	ck_assert_uint_eq(w.n_noted, 0);
	/* Also when the edge was on its way. */
	granted(0, GPIO_AIM_EDGE, GPIO_EDGE_BOTH);
	granted(0, GPIO_AIM_EDGE, GPIO_EDGE_NONE);
	wire_event(&w, 0, GPIO_EVENT_VALID);
	ck_assert_uint_eq(w.n_edges[0], 0);
	ck_assert(!w.is_armed[0]);
}
END_TEST

START_TEST(test_an_event_of_no_sense_is_told_and_no_edge)
{
	static const uint8_t bytes[2];

	granted(0, GPIO_AIM_EDGE, GPIO_EDGE_BOTH);
	wire_event(&w, 0, 9);
	w.is_armed[0] = false;
	gpio_controller_event(w.controller, 0, bytes, 0);
	w.is_armed[0] = false;
	gpio_controller_event(w.controller, 0, bytes, 2);
	ck_assert_uint_eq(w.n_noted, 3);
	ck_assert_uint_eq(w.n_edges[0], 0);
	ck_assert(w.is_armed[0]);
}
END_TEST

START_TEST(test_more_lines_than_buffers_take_turns)
{
	w.n_armed_most = 1;
	for (unsigned int i = 0; i < LINES; i++)
		granted(i, GPIO_AIM_EDGE, GPIO_EDGE_BOTH);
	for (unsigned int i = 0; i < 3 * LINES; i++)
		wire_event(&w, i % LINES, GPIO_EVENT_VALID);
	ck_assert_uint_eq(w.n_edges[LINES - 1], 3);
}
END_TEST

START_TEST(test_without_the_feature_there_is_no_edge)
{
	gpio_controller_down(w.controller, -ENODEV);
	w.n_began = 0;
	wire_begin(&w, false);
	ck_assert_int_eq(granted(0, GPIO_AIM_EDGE, GPIO_EDGE_BOTH), -EOPNOTSUPP);
	ck_assert_int_eq(granted(0, GPIO_AIM_EDGE, GPIO_EDGE_NONE), 0);
	ck_assert_int_eq(granted(0, GPIO_AIM_ACTIVE_LOW, 1), 0);
}
END_TEST

/* --- the end, and the next beginning --- */

START_TEST(test_a_lost_device_ends_every_call_once)
{
	struct wish wishes[3];

	for (unsigned int i = 0; i < 3; i++)
		begin(&wishes[i], i / 2, GPIO_AIM_READ, 0);
	gpio_controller_down(w.controller, -ECONNRESET);
	for (unsigned int i = 0; i < 3; i++) {
		ck_assert_uint_eq(wishes[i].n_done, 1);
		ck_assert_int_eq(wishes[i].status, -ECONNRESET);
	}
	begin(&wishes[0], 0, GPIO_AIM_READ, 0);
	ck_assert_int_eq(wishes[0].status, -ECONNRESET);
}
END_TEST

/* The wire has forgotten everything. */
static void reconnect(void)
{
	gpio_controller_down(w.controller, -ENODEV);
	memset(w.slots, 0, sizeof(w.slots));
	memset(w.is_armed, 0, sizeof(w.is_armed));
	w.n_flying = w.n_armed = 0;
	gpio_controller_up(w.controller, true);
}

START_TEST(test_after_a_reconnect_lines_are_what_they_were)
{
	granted(0, GPIO_AIM_OUTPUT, 0);
	granted(0, GPIO_AIM_WRITE, 1);
	granted(1, GPIO_AIM_ACTIVE_LOW, 1);
	granted(1, GPIO_AIM_EDGE, GPIO_EDGE_RISING);
	granted(2, GPIO_AIM_INPUT, 0);
	reconnect();
	wire_sees(&w, 0, GPIO_SET_VALUE, 1);
	wire_sees(&w, 1, GPIO_SET_DIRECTION, GPIO_DIR_IN);
	wire_sees(&w, 2, GPIO_SET_DIRECTION, GPIO_DIR_IN);
	wire_sees(&w, 3, GPIO_GET_DIRECTION, 0);
	for (unsigned int i = 0; i < LINES; i++)
		wire_answer(&w, i, GPIO_STATUS_OK, 0);
	wire_sees(&w, 0, GPIO_SET_DIRECTION, GPIO_DIR_OUT);
	wire_sees(&w, 1, GPIO_SET_IRQ_TYPE, GPIO_IRQ_FALLING);
	wire_answer(&w, 0, GPIO_STATUS_OK, 0);
	ck_assert_uint_eq(w.n_began, 1);
	wire_answer(&w, 1, GPIO_STATUS_OK, 0);
	ck_assert_uint_eq(w.n_began, 2);
	ck_assert(w.is_armed[1]);
	ck_assert_int_eq(line(1)->edge, GPIO_EDGE_RISING);
}
END_TEST

START_TEST(test_what_cannot_be_set_again_is_told)
{
	granted(1, GPIO_AIM_EDGE, GPIO_EDGE_RISING);
	reconnect();
	for (unsigned int i = 0; i < LINES; i++)
		wire_answer(&w, i, GPIO_STATUS_OK, 0);
	wire_answer(&w, 1, GPIO_STATUS_ERR, 0);
	ck_assert_uint_eq(w.n_began, 2);
	ck_assert_uint_eq(w.n_noted, 1);
	ck_assert_int_eq(line(1)->edge, GPIO_EDGE_NONE);
}
END_TEST

START_TEST(test_a_call_waits_until_its_line_is_what_it_was)
{
	struct wish wish;

	granted(0, GPIO_AIM_INPUT, 0);
	reconnect();
	begin(&wish, 0, GPIO_AIM_READ, 0);
	wire_answer(&w, 0, GPIO_STATUS_OK, 0);
	wire_sees(&w, 0, GPIO_GET_VALUE, 0);
	wire_answer(&w, 0, GPIO_STATUS_OK, 1);
	ck_assert_uint_eq(wish.value, 1);
}
END_TEST

START_TEST(test_release_lets_go_of_what_was_used)
{
	struct wish late;

	granted(0, GPIO_AIM_OUTPUT, 1);
	granted(1, GPIO_AIM_EDGE, GPIO_EDGE_BOTH);
	gpio_controller_release(w.controller, -ENODEV);
	ck_assert_uint_eq(w.n_flying, 2);
	begin(&late, 0, GPIO_AIM_READ, 0);
	ck_assert_int_eq(late.status, -ENODEV);
	wire_sees(&w, 0, GPIO_SET_DIRECTION, GPIO_DIR_NONE);
	wire_answer(&w, 0, GPIO_STATUS_OK, 0);
	wire_sees(&w, 1, GPIO_SET_IRQ_TYPE, GPIO_IRQ_NONE);
	wire_answer(&w, 1, GPIO_STATUS_OK, 0);
	wire_sees(&w, 1, GPIO_SET_DIRECTION, GPIO_DIR_NONE);
	ck_assert_uint_eq(w.n_released, 0);
	wire_answer(&w, 1, GPIO_STATUS_OK, 0);
	ck_assert_uint_eq(w.n_released, 1);
	/* Next time nothing is to be restored. */
	reconnect();
	for (unsigned int i = 0; i < LINES; i++)
		wire_sees(&w, i, GPIO_GET_DIRECTION, 0);
}
END_TEST

START_TEST(test_release_of_an_unused_device_is_done_at_once)
{
	gpio_controller_release(w.controller, -ENODEV);
	ck_assert_uint_eq(w.n_released, 1);
	ck_assert_uint_eq(w.n_flying, 0);
}
END_TEST

START_TEST(test_release_ends_calls_and_waits_no_longer_than_it_says)
{
	struct wish stuck;

	granted(0, GPIO_AIM_INPUT, 0);
	begin(&stuck, 0, GPIO_AIM_READ, 0);
	gpio_controller_release(w.controller, -ENODEV);
	ck_assert_int_eq(stuck.status, -ENODEV);
	for (int i = 0; i < 3 && !w.n_released; i++)
		wire_wait(&w, GPIO_RELEASE_US);
	ck_assert_uint_eq(w.n_released, 1);
}
END_TEST

START_TEST(test_release_overtakes_a_beginning)
{
	granted(0, GPIO_AIM_INPUT, 0);
	reconnect();
	gpio_controller_release(w.controller, -ENODEV);
	ck_assert_uint_eq(w.n_began, 1);
	wire_answer(&w, 0, GPIO_STATUS_OK, 0);
	wire_sees(&w, 0, GPIO_SET_DIRECTION, GPIO_DIR_NONE);
	wire_answer(&w, 0, GPIO_STATUS_OK, 0);
	ck_assert_uint_eq(w.n_released, 1);
	ck_assert_uint_eq(w.n_began, 1);
}
END_TEST

static void add_life(TCase *t)
{
	tcase_add_test(t, test_a_lost_device_ends_every_call_once);
	tcase_add_test(t, test_after_a_reconnect_lines_are_what_they_were);
	tcase_add_test(t, test_what_cannot_be_set_again_is_told);
	tcase_add_test(t, test_a_call_waits_until_its_line_is_what_it_was);
	tcase_add_test(t, test_release_lets_go_of_what_was_used);
	tcase_add_test(t, test_release_of_an_unused_device_is_done_at_once);
	tcase_add_test(t, test_release_ends_calls_and_waits_no_longer_than_it_says);
	tcase_add_test(t, test_release_overtakes_a_beginning);
}

static void add_edges(TCase *t)
{
	tcase_add_test(t, test_active_low_turns_values_and_not_levels);
	tcase_add_test(t, test_active_low_turns_the_edge_as_well);
	tcase_add_test(t, test_an_edge_makes_a_line_an_input);
	tcase_add_test(t, test_a_trigger_changes_by_way_of_none);
	tcase_add_test(t, test_a_trigger_that_fails_half_way_is_none);
	tcase_add_test(t, test_outputs_and_edges_exclude_each_other);
	tcase_add_test(t, test_each_event_arms_the_line_again);
	tcase_add_test(t, test_a_disabled_line_gives_its_buffer_back_without_an_edge);
	tcase_add_test(t, test_an_event_of_no_sense_is_told_and_no_edge);
	tcase_add_test(t, test_more_lines_than_buffers_take_turns);
	tcase_add_test(t, test_without_the_feature_there_is_no_edge);
}

int main(void)
{
	Suite *s = suite_create("gpio-controller");
	TCase *first = tcase_create("beginning"), *t = tcase_create("lines");

	tcase_add_checked_fixture(first, setup_named, teardown);
	tcase_add_test(first, test_everything_is_asked_at_once);
	tcase_add_test(first, test_names_that_are_wrong_are_told_and_not_taken);
	tcase_add_test(first, test_a_silent_device_begins_in_the_end);
	tcase_add_test(first, test_other_names_than_before_are_another_device);
	tcase_add_test(first, test_a_refused_direction_leaves_the_line_with_none);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_a_level_is_set_before_the_line_is_an_output);
	tcase_add_test(t, test_only_an_output_is_written);
	tcase_add_test(t, test_one_request_of_a_line_and_many_of_many);
	tcase_add_test(t, test_each_bad_answer_has_its_errno);
	tcase_add_test(t, test_a_refused_request_changes_nothing);
	tcase_add_test(t, test_a_failed_send_is_never_silent);
	tcase_add_test(t, test_a_full_wire_serves_everybody_in_the_end);
	tcase_add_test(t, test_a_silent_line_times_out_and_disturbs_no_other);
	tcase_add_test(t, test_what_a_late_answer_did_is_known);
	tcase_add_test(t, test_a_withdrawn_call_is_not_told);
	tcase_add_test(t, test_answers_nobody_asked_for_are_told);
	add_edges(t);
	add_life(t);
	suite_add_tcase(s, first);
	suite_add_tcase(s, t);
	return suite_run(s);
}
