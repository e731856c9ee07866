#include "sim/gpio.h"
#include "suite.h"

static struct sim_gpio g;
static unsigned int n_valid, n_invalid, last_line;

static void on_give_back(void *user, unsigned int line, enum gpio_event_status status)
{
	(void)user;
	last_line = line;
	if (status == GPIO_EVENT_VALID)
		n_valid++;
	else
		n_invalid++;
}

static void setup(void)
{
	sim_gpio_init(&g, true, on_give_back, NULL);
	n_valid = n_invalid = 0;
}

static enum gpio_status ask(unsigned int type, unsigned int line, uint32_t value,
			    uint8_t *ret_value)
{
	uint8_t request[GPIO_REQ_LEN];

	put_le16(request + GPIO_REQ_TYPE, (uint16_t)type);
	put_le16(request + GPIO_REQ_LINE, (uint16_t)line);
	put_le32(request + GPIO_REQ_VALUE, value);
	return sim_gpio_request(&g, request, 0, ret_value);
}

static enum gpio_status set(unsigned int type, unsigned int line, uint32_t value)
{
	uint8_t answer;

	return ask(type, line, value, &answer);
}

static uint8_t get(unsigned int type, unsigned int line)
{
	uint8_t value;

	ck_assert_int_eq(ask(type, line, 0, &value), GPIO_STATUS_OK);
	return value;
}

/* loop-in tells what loop-out does. */
static void listen(enum gpio_irq_type type)
{
	set(GPIO_SET_VALUE, SIM_GPIO_LOOP_OUT, 0);
	set(GPIO_SET_DIRECTION, SIM_GPIO_LOOP_OUT, GPIO_DIR_OUT);
	set(GPIO_SET_DIRECTION, SIM_GPIO_LOOP_IN, GPIO_DIR_IN);
	ck_assert_int_eq(set(GPIO_SET_IRQ_TYPE, SIM_GPIO_LOOP_IN, type), GPIO_STATUS_OK);
}

static void drive(uint8_t level)
{
	set(GPIO_SET_VALUE, SIM_GPIO_LOOP_OUT, level);
}

START_TEST(test_what_is_out_of_the_table_is_refused)
{
	static const struct {
		unsigned int type, line;
		uint32_t value;
	} rows[] = {
		{ 0, 0, 0 }, { GPIO_GET_NAMES, 0, 0 }, { 7, 0, 0 }, { 0xffff, 0, 0 },
		{ GPIO_GET_VALUE, SIM_GPIO_LINES, 0 }, { GPIO_GET_VALUE, 0xffff, 0 },
		{ GPIO_SET_VALUE, 0, 2 }, { GPIO_SET_VALUE, 0, UINT32_MAX },
		{ GPIO_SET_DIRECTION, 0, 3 }, { GPIO_SET_DIRECTION, 0, 0x10001 },
		{ GPIO_SET_IRQ_TYPE, 0, 5 }, { GPIO_SET_IRQ_TYPE, 0, 12 },
		{ GPIO_SET_IRQ_TYPE, 0, 0x10001 }, { GPIO_GET_VALUE, SIM_GPIO_REFUSE, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		ck_assert_int_eq(set(rows[i].type, rows[i].line, rows[i].value),
				 GPIO_STATUS_ERR);
}
END_TEST

START_TEST(test_an_output_wants_a_level_first)
{
	ck_assert_int_eq(set(GPIO_SET_DIRECTION, 0, GPIO_DIR_OUT), GPIO_STATUS_ERR);
	ck_assert_int_eq(get(GPIO_GET_DIRECTION, 0), GPIO_DIR_NONE);
	ck_assert_int_eq(set(GPIO_SET_VALUE, 0, 1), GPIO_STATUS_OK);
	ck_assert_uint_eq(get(GPIO_GET_VALUE, 0), 0);
	ck_assert_int_eq(set(GPIO_SET_DIRECTION, 0, GPIO_DIR_OUT), GPIO_STATUS_OK);
	ck_assert_uint_eq(get(GPIO_GET_VALUE, 0), 1);
	/* None forgets. */
	set(GPIO_SET_DIRECTION, 0, GPIO_DIR_NONE);
	ck_assert_int_eq(set(GPIO_SET_DIRECTION, 0, GPIO_DIR_OUT), GPIO_STATUS_ERR);
}
END_TEST

START_TEST(test_a_wire_carries_levels)
{
	listen(GPIO_IRQ_NONE);
	drive(1);
	ck_assert_uint_eq(get(GPIO_GET_VALUE, SIM_GPIO_LOOP_IN), 1);
	set(GPIO_SET_DIRECTION, SIM_GPIO_LOOP_OUT, GPIO_DIR_IN);
	ck_assert_uint_eq(get(GPIO_GET_VALUE, SIM_GPIO_LOOP_IN), 0);
}
END_TEST

START_TEST(test_an_edge_gives_the_buffer_back)
{
	listen(GPIO_IRQ_RISING);
	sim_gpio_arm(&g, SIM_GPIO_LOOP_IN);
	ck_assert_uint_eq(n_valid, 0);
	drive(1);
	ck_assert_uint_eq(n_valid, 1);
	ck_assert_uint_eq(last_line, SIM_GPIO_LOOP_IN);
	sim_gpio_arm(&g, SIM_GPIO_LOOP_IN);
	drive(0);
	ck_assert_uint_eq(n_valid, 1);
}
END_TEST

START_TEST(test_edges_while_masked_are_one)
{
	listen(GPIO_IRQ_RISING);
	for (int i = 0; i < 3; i++) {
		drive(1);
		drive(0);
	}
	sim_gpio_arm(&g, SIM_GPIO_LOOP_IN);
	ck_assert_uint_eq(n_valid, 1);
	sim_gpio_arm(&g, SIM_GPIO_LOOP_IN);
	ck_assert_uint_eq(n_valid, 1);
}
END_TEST

START_TEST(test_a_level_is_not_latched)
{
	listen(GPIO_IRQ_HIGH);
	drive(1);
	drive(0);
	sim_gpio_arm(&g, SIM_GPIO_LOOP_IN);
	ck_assert_uint_eq(n_valid, 0);
	drive(1);
	ck_assert_uint_eq(n_valid, 1);
	/* As long as it is active, each buffer comes back. */
	sim_gpio_arm(&g, SIM_GPIO_LOOP_IN);
	ck_assert_uint_eq(n_valid, 2);
}
END_TEST

START_TEST(test_disabling_gives_the_buffer_back_without_an_event)
{
	static const struct {
		enum gpio_request_type type;
		uint32_t value;
	} ways[] = { { GPIO_SET_IRQ_TYPE, 0 }, { GPIO_SET_DIRECTION, 0 } };

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		setup();
		listen(GPIO_IRQ_BOTH);
		sim_gpio_arm(&g, SIM_GPIO_LOOP_IN);
		set(ways[i].type, SIM_GPIO_LOOP_IN, ways[i].value);
		ck_assert_uint_eq(n_invalid, 1);
		drive(1);
		ck_assert_uint_eq(n_valid, 0);
		/* Not enabled: it does not stay. */
		sim_gpio_arm(&g, SIM_GPIO_LOOP_IN);
		ck_assert_uint_eq(n_invalid, 2);
	}
}
END_TEST

START_TEST(test_disabling_drops_the_latch)
{
	listen(GPIO_IRQ_BOTH);
	drive(1);
	set(GPIO_SET_IRQ_TYPE, SIM_GPIO_LOOP_IN, GPIO_IRQ_NONE);
	set(GPIO_SET_IRQ_TYPE, SIM_GPIO_LOOP_IN, GPIO_IRQ_BOTH);
	sim_gpio_arm(&g, SIM_GPIO_LOOP_IN);
	ck_assert_uint_eq(n_valid, 0);
}
END_TEST

START_TEST(test_a_trigger_changes_by_way_of_none)
{
	listen(GPIO_IRQ_RISING);
	ck_assert_int_eq(set(GPIO_SET_IRQ_TYPE, SIM_GPIO_LOOP_IN, GPIO_IRQ_RISING),
			 GPIO_STATUS_ERR);
	ck_assert_int_eq(set(GPIO_SET_IRQ_TYPE, SIM_GPIO_LOOP_IN, GPIO_IRQ_FALLING),
			 GPIO_STATUS_ERR);
	ck_assert_int_eq(set(GPIO_SET_IRQ_TYPE, SIM_GPIO_LOOP_IN, 0), GPIO_STATUS_OK);
	ck_assert_int_eq(set(GPIO_SET_IRQ_TYPE, SIM_GPIO_LOOP_IN, GPIO_IRQ_FALLING),
			 GPIO_STATUS_OK);
}
END_TEST

START_TEST(test_outputs_have_no_trigger)
{
	listen(GPIO_IRQ_NONE);
	ck_assert_int_eq(set(GPIO_SET_IRQ_TYPE, SIM_GPIO_LOOP_OUT, GPIO_IRQ_BOTH),
			 GPIO_STATUS_ERR);
	listen(GPIO_IRQ_BOTH);
	set(GPIO_SET_VALUE, SIM_GPIO_LOOP_IN, 1);
	ck_assert_int_eq(set(GPIO_SET_DIRECTION, SIM_GPIO_LOOP_IN, GPIO_DIR_OUT),
			 GPIO_STATUS_ERR);
}
END_TEST

START_TEST(test_without_the_feature_triggers_are_refused)
{
	sim_gpio_init(&g, false, on_give_back, NULL);
	set(GPIO_SET_DIRECTION, 0, GPIO_DIR_IN);
	ck_assert_int_eq(set(GPIO_SET_IRQ_TYPE, 0, GPIO_IRQ_BOTH), GPIO_STATUS_ERR);
	ck_assert_int_eq(set(GPIO_SET_IRQ_TYPE, 0, GPIO_IRQ_NONE), GPIO_STATUS_ERR);
}
END_TEST

START_TEST(test_an_input_toggles_by_itself)
{
	uint64_t now = 1000;

	ck_assert_uint_eq(sim_gpio_advance(&g, now), TIME_NEVER);
	set(GPIO_SET_DIRECTION, SIM_GPIO_TOGGLE, GPIO_DIR_IN);
	set(GPIO_SET_IRQ_TYPE, SIM_GPIO_TOGGLE, GPIO_IRQ_BOTH);
	for (unsigned int i = 1; i <= 10; i++) {
		sim_gpio_arm(&g, SIM_GPIO_TOGGLE);
		now = sim_gpio_advance(&g, 0);
		ck_assert_uint_eq(now, i * SIM_GPIO_TOGGLE_US);
		sim_gpio_advance(&g, now);
		ck_assert_uint_eq(n_valid, i);
		ck_assert_uint_eq(get(GPIO_GET_VALUE, SIM_GPIO_TOGGLE), i & 1);
	}
	set(GPIO_SET_DIRECTION, SIM_GPIO_TOGGLE, GPIO_DIR_NONE);
	ck_assert_uint_eq(sim_gpio_advance(&g, now), TIME_NEVER);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sim-gpio");
	TCase *t = tcase_create("lines");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, test_what_is_out_of_the_table_is_refused);
	tcase_add_test(t, test_an_output_wants_a_level_first);
	tcase_add_test(t, test_a_wire_carries_levels);
	tcase_add_test(t, test_an_edge_gives_the_buffer_back);
	tcase_add_test(t, test_edges_while_masked_are_one);
	tcase_add_test(t, test_a_level_is_not_latched);
	tcase_add_test(t, test_disabling_gives_the_buffer_back_without_an_event);
	tcase_add_test(t, test_disabling_drops_the_latch);
	tcase_add_test(t, test_a_trigger_changes_by_way_of_none);
	tcase_add_test(t, test_outputs_have_no_trigger);
	tcase_add_test(t, test_without_the_feature_triggers_are_refused);
	tcase_add_test(t, test_an_input_toggles_by_itself);
	suite_add_tcase(s, t);
	return suite_run(s);
}
