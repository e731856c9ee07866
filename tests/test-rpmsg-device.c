/* The rpmsg driver on a device without a filesystem, and the names of its files. */
#include "rig.h"
#include "device/mhi.h"
#include "device/rpmsg_name.h"
#include "mhifs/mhifs.h"
#include "tests/suite.h"
#include "transport/loopback.h"
#include <errno.h>
#include <stdio.h>

static struct rig rig;

static void setup(void)
{
	rig_setup(&rig);
}

static void teardown(void)
{
	rig_teardown(&rig);
}

static unsigned int n_endpoints(struct device *d)
{
	const char *at = rig_show(d, "rpmsg/ctrl");
	unsigned int n = 0;

	while ((at = strstr(at, "endpoint."))) {
		at++;
		n++;
	}
	return n;
}

static uint64_t count(struct device *d, const char *key)
{
	char line[32];
	const char *at;

	snprintf(line, sizeof(line), "%s=", key);
	at = strstr(rig_show(d, "rpmsg/ctrl"), line);
	ck_assert_ptr_nonnull(at);
	return strtoull(at + strlen(line), NULL, 10);
}

static int ask_ctrl(struct device *d, unsigned int cmd, const char *name, uint32_t src,
		    uint32_t dst)
{
	struct mhifs_rpmsg_endpoint e = { .src = src, .dst = dst };
	struct node *ctrl = rig_find_node(d, "rpmsg/ctrl");
	struct call c;

	snprintf(e.name, sizeof(e.name), "%s", name);
	call_init(&c);
	ctrl->ops->ioctl(ctrl, cmd, 0, &e, sizeof(e), 0, &c.wait);
	ck_assert_uint_eq(c.answers, 1);
	return (int)c.result;
}

/* The remote announces in the turn in which its channel starts. */
START_TEST(test_announcements_survive_every_start)
{
	struct device *d = rig_device(&rig, "loopback");

	RIG_UNTIL(&rig, n_endpoints(d) == 6);
	for (unsigned int i = 0; i < 1000; i++) {
		ck_assert_int_eq(device_power(d, POWER_RESET), POWER_STARTED);
		RIG_UNTIL(&rig, device_is_ready(d) && count(d, "creates") == 6u * (i + 2));
		ck_assert_uint_eq(n_endpoints(d), 6);
	}
	ck_assert_uint_eq(count(d, "lost"), 0);
	ck_assert_uint_eq(count(d, "refused"), 0);
}
END_TEST

static void ignore(void *user)
{
	(void)user;
}

static const struct port_file_ops file_ops = { .changed = ignore };

static struct port_file *open_file(struct device *d, const char *name)
{
	struct port_file *f;
	struct call c;

	call_init(&c);
	port_open(rig_port(d, name), false, &file_ops, NULL, &c.wait, &f);
	RIG_UNTIL(&rig, c.answers);
	ck_assert_int_eq(c.result, 0);
	return f;
}

START_TEST(test_hardware_that_leaves_ends_what_is_open)
{
	struct device *d = device_ref(rig_device(&rig, "loopback,greet=yes"));
	struct port_file *echo, *ours;
	struct call reading, writing;

	RIG_UNTIL(&rig, n_endpoints(d) == 6);
	ck_assert_int_eq(ask_ctrl(d, MHIFS_RPMSG_CREATE_DEV, "ours", 2000, 1024), 0);
	echo = open_file(d, "rpmsg/rpmsg-echo");
	ours = open_file(d, "rpmsg/ours");
	call_init(&reading);
	port_read(echo, &reading.wait, 10, 0, false);
	call_init(&writing);
	port_write(ours, &writing.wait, "x", 1, 0, true);
	loopback_unplug(mhi_hw(d->bearer));
	RIG_UNTIL(&rig, !registry_device(rig.registry, 0));
	ck_assert_uint_eq(reading.answers, 1);
	ck_assert_int_eq(reading.result, -ENODEV);
	ck_assert_ptr_null(rig_find_file(d, "rpmsg/rpmsg-echo"));
	ck_assert_ptr_null(rig_find_file(d, "rpmsg/ours"));
	ck_assert_int_eq(ask_ctrl(d, MHIFS_RPMSG_CREATE_DEV, "late", 2001, 1024), -ENODEV);
	port_close(echo);
	port_close(ours);
	device_unref(d);
}
END_TEST

static bool is_offered(struct device *d, const char *name)
{
	const struct device_port *p = rig_find_file(d, name);

	return p && p->is_offered;
}

START_TEST(test_files_of_our_own_endpoints_vanish_while_it_is_off)
{
	struct device *d = rig_device(&rig, "loopback");

	RIG_UNTIL(&rig, n_endpoints(d) == 6);
	ck_assert_int_eq(ask_ctrl(d, MHIFS_RPMSG_CREATE_DEV, "ours", 2000, 1024), 0);
	ck_assert(is_offered(d, "rpmsg/ours"));
	ck_assert_int_eq(device_power(d, POWER_OFF), POWER_STARTED);
	RIG_UNTIL(&rig, device_state(d) == ENGINE_OFF);
	ck_assert(!is_offered(d, "rpmsg/ours"));
	ck_assert_int_eq(ask_ctrl(d, MHIFS_RPMSG_CREATE_EPT, "later", 2001, 1024), 0);
	ck_assert(!is_offered(d, "rpmsg/later"));
	ck_assert_int_eq(device_power(d, POWER_ON), POWER_STARTED);
	RIG_UNTIL(&rig, n_endpoints(d) == 8);
	ck_assert(is_offered(d, "rpmsg/ours"));
	ck_assert(is_offered(d, "rpmsg/later"));
	port_close(open_file(d, "rpmsg/ours"));
}
END_TEST

START_TEST(test_shutdown_lets_go_while_files_are_open)
{
	struct device *d = rig_device(&rig, "loopback");
	struct port_file *echo;
	struct call reading;

	RIG_UNTIL(&rig, n_endpoints(d) == 6);
	echo = open_file(d, "rpmsg/rpmsg-echo");
	call_init(&reading);
	port_read(echo, &reading.wait, 10, 0, false);
	rig_shutdown(&rig);
	RIG_UNTIL(&rig, rig.is_down);
	ck_assert_uint_eq(reading.answers, 1);
	ck_assert_int_eq(reading.result, -ENODEV);
	port_close(echo);
}
END_TEST

/* The remote greets an endpoint from an address of its own. */
START_TEST(test_strict_endpoint_hears_its_peer_alone)
{
	struct device *d = rig_device(&rig, _i ? "loopback,strict=yes" : "loopback");
	struct port_file *f;
	struct call c;

	RIG_UNTIL(&rig, n_endpoints(d) == 6);
	ck_assert_int_eq(ask_ctrl(d, MHIFS_RPMSG_CREATE_DEV, "ours", 2000, 1024), 0);
	RIG_UNTIL(&rig, count(d, "received") == 7);
	f = open_file(d, "rpmsg/ours");
	call_init(&c);
	port_read(f, &c.wait, 100, 0, true);
	ck_assert_int_eq(c.result, _i ? -EAGAIN : 10);
	ck_assert_uint_eq(count(d, "bad"), (uint64_t)_i);
	port_close(f);
}
END_TEST

START_TEST(test_option_without_sense_is_refused)
{
	ck_assert_int_eq(rig_add(&rig, "loopback,strict=perhaps"), -EINVAL);
	ck_assert_ptr_nonnull(strstr(text_get(&rig.why), "strict cannot be 'perhaps'"));
}
END_TEST

START_TEST(test_names_become_file_names)
{
	static const struct { const char *name, *file, *second; } cases[] = {
		{ "rpmsg-echo", "rpmsg-echo", "rpmsg-echo.1024.-1" },
		{ "a b/c%", "a%20b%2Fc%25", "a%20b%2Fc%25.1024.-1" },
		{ "\n\x7f\x80\xff", "%0A%7F%80%FF", "%0A%7F%80%FF.1024.-1" },
		{ "ctrl", "ctrl", "ctrl.1024.-1" },
	};
	struct rpmsg_endpoint e = { .src = 1024, .dst = RPMSG_ADDR_ANY };
	char file[RPMSG_FILE_LEN];

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(e.name, sizeof(e.name), "%s", cases[i].name);
		rpmsg_file_name(&e, 0, file);
		ck_assert_str_eq(file, cases[i].file);
		rpmsg_file_name(&e, 1, file);
		ck_assert_str_eq(file, cases[i].second);
	}
}
END_TEST

START_TEST(test_any_bytes_make_a_file_name_and_rounds_differ)
{
	struct rpmsg_endpoint e = { .src = 0x80000000, .dst = 0x80000000 };
	char file[RPMSG_FILE_LEN], before[RPMSG_FILE_LEN];

	for (unsigned int byte = 1; byte < 256; byte++) {
		for (unsigned int len = 1; len < RPMSG_NAME_LEN; len++) {
			memset(e.name, 0, sizeof(e.name));
			memset(e.name, (int)byte, len);
			if (byte == '.' && len < 3)
				continue;	/* the bus refuses them */
			before[0] = '\0';
			for (unsigned int round = 0; round < 4; round++) {
				rpmsg_file_name(&e, round, file);
				ck_assert_msg(text_is_name(file), "%s", file);
				ck_assert(round < 2 || strcmp(file, before));
				strcpy(before, file);
			}
		}
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rpmsg-device");
	TCase *c = tcase_create("device");

	tcase_set_timeout(c, 60);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, test_announcements_survive_every_start);
	tcase_add_test(c, test_hardware_that_leaves_ends_what_is_open);
	tcase_add_test(c, test_files_of_our_own_endpoints_vanish_while_it_is_off);
	tcase_add_test(c, test_shutdown_lets_go_while_files_are_open);
	tcase_add_loop_test(c, test_strict_endpoint_hears_its_peer_alone, 0, 2);
	tcase_add_test(c, test_option_without_sense_is_refused);
	suite_add_tcase(s, c);
	c = tcase_create("names");
	tcase_add_test(c, test_names_become_file_names);
	tcase_add_test(c, test_any_bytes_make_a_file_name_and_rounds_differ);
	suite_add_tcase(s, c);
	return suite_run(s);
}
