#include "device/mhi.h"
#include "rig.h"
#include "device/mhi.h"
#include "suite.h"
#include "transport/loopback.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CROWD = 32 };

static struct rig rig;

static void setup(void)
{
	rig_setup(&rig);
}

static void teardown(void)
{
	rig_teardown(&rig);
}

static void unplug(struct device *d)
{
	struct device *kept = device_ref(d);

	loopback_unplug(mhi_hw(d->bearer));
	RIG_UNTIL(&rig, !registry_find(rig.registry, device_name(kept)));
	device_unref(kept);
}

START_TEST(test_devices_are_numbered_in_order)
{
	struct device *a = rig_device(&rig, "loopback");
	struct device *b = rig_device(&rig, "loopback");

	ck_assert_str_eq(device_name(a), "mhi0");
	ck_assert_str_eq(device_path_name(a), "loopback-0");
	ck_assert_str_eq(device_name(b), "mhi1");
	ck_assert_str_eq(device_path_name(b), "loopback-1");
	ck_assert_ptr_eq(registry_device(rig.registry, 1), b);
	ck_assert_ptr_null(registry_device(rig.registry, 2));
	ck_assert_ptr_eq(registry_find(rig.registry, "mhi1"), b);
	ck_assert_ptr_null(registry_find(rig.registry, "mhi2"));
}
END_TEST

static void assert_offered(void *user, struct device_port *p)
{
	(void)user;
	ck_assert_msg(p->is_offered, "%s", port_name(p->port));
}

START_TEST(test_a_healthy_device_becomes_ready)
{
	struct device *d = rig_device(&rig, "loopback");

	ck_assert(device_is_ready(d));
	device_each_port(device_dir(d), assert_offered, NULL);
	ck_assert(rig_file(d, "DUN")->is_offered);
	ck_assert_uint_gt(rig.changes, 0);
}
END_TEST

START_TEST(test_a_device_that_boots_offers_its_channels_late)
{
	struct device *d;

	ck_assert_int_eq(rig_add(&rig, "loopback,ee=pbl,boot_us=2000"), 0);
	d = registry_device(rig.registry, 0);
	ck_assert(!registry_is_settled(rig.registry));
	ck_assert(!rig_file(d, "DUN")->is_offered);
	RIG_UNTIL(&rig, device_is_ready(d));
	ck_assert(rig_file(d, "DUN")->is_offered);
}
END_TEST

START_TEST(test_channels_of_another_environment_are_hidden)
{
	struct device *d = rig_device(&rig, "loopback:quectel-em1xx");

	ck_assert(rig_file(d, "DUN")->is_offered);
	ck_assert(!rig_file(d, "SAHARA")->is_offered);
	ck_assert(!rig_file(d, "FIREHOSE")->is_offered);
}
END_TEST

START_TEST(test_every_builtin_profile_comes_up)
{
	static const char *const names[] = {
		"qcom-sdx65m", "qcom-sdx75m", "quectel-em1xx", "foxconn-t99w175",
		"foxconn-t99w696", "thales-mv31", "sierra-em919x", "telit-fn980",
		"telit-fn990", "telit-fn920c04", "qcom-qdu100", "qcom-sa8775p",
		"quectel-sdx20", "qcom-aic100",
	};
	char spec[64];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(spec, sizeof(spec), "loopback:%s", names[i]);
		ck_assert_msg(device_is_ready(rig_device(&rig, spec)), "%s", names[i]);
	}
}
END_TEST

START_TEST(test_f87_an_address_is_taken_once)
{
	rig_device(&rig, "loopback,name=a");
	ck_assert_int_eq(rig_add(&rig, "loopback,name=a"), -EBUSY);
	ck_assert_str_eq(text_get(&rig.why), "address loopback-a is taken by mhi0");
	ck_assert_ptr_null(registry_device(rig.registry, 1));
}
END_TEST

START_TEST(test_the_same_address_gets_its_number_back)
{
	struct device *a = rig_device(&rig, "loopback,name=a");

	rig_device(&rig, "loopback,name=b");
	unplug(a);
	ck_assert_str_eq(device_name(rig_device(&rig, "loopback,name=c")), "mhi2");
	ck_assert_int_eq(rig_add(&rig, "loopback,name=a"), 0);
	ck_assert_str_eq(device_path_name(registry_device(rig.registry, 0)), "loopback-a");
	ck_assert_str_eq(device_name(registry_device(rig.registry, 0)), "mhi0");
}
END_TEST

/* 32 devices, and in which order they leave and come back. */
static void expect_all(unsigned int n)
{
	char path[32];

	for (unsigned int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "loopback-%u", i);
		ck_assert_str_eq(device_path_name(registry_device(rig.registry, i)), path);
	}
	ck_assert_ptr_null(registry_device(rig.registry, n));
}

static int add_number(unsigned int i)
{
	char spec[64];

	snprintf(spec, sizeof(spec), "loopback,name=%u", i);
	return rig_add(&rig, spec);
}

START_TEST(test_f90_crowd_comes_and_goes_in_any_order)
{
	static const unsigned int steps[] = { 1, 31, 5, 13 };	/* prime to 32 */
	unsigned int step = steps[_i];

	for (unsigned int i = 0; i < CROWD; i++)
		ck_assert_int_eq(add_number(i), 0);
	RIG_UNTIL(&rig, registry_is_settled(rig.registry));
	for (int round = 0; round < 1 + (_i == 0); round++) {
		struct device *all[CROWD];

		for (unsigned int i = 0; i < CROWD; i++)
			all[i] = registry_device(rig.registry, i);
		for (unsigned int i = 0; i < CROWD; i++)
			unplug(all[i * step % CROWD]);
		ck_assert_ptr_null(registry_device(rig.registry, 0));
		/* Told twice, it is there once. */
		for (unsigned int i = 0; i < CROWD; i++) {
			ck_assert_int_eq(add_number((CROWD - 1 - i) * step % CROWD), 0);
			ck_assert_int_eq(add_number((CROWD - 1 - i) * step % CROWD), -EBUSY);
		}
		RIG_UNTIL(&rig, registry_is_settled(rig.registry));
		expect_all(CROWD);
	}
}
END_TEST

START_TEST(test_a_refused_spec_leaves_nothing)
{
	static const struct {
		const char *spec, *why;
		int error;
	} rows[] = {
		{ "vfio:1-4", "'1-4' is no PCI address; it looks like 0000:01:00.0", -EINVAL },
		{ "vfio:0000:ff:1f.7", "there is no PCI function 0000:ff:1f.7", -ENODEV },
		{ "vfio:0000:ff:1f.7,iommu=x", "iommu cannot be 'x'", -EINVAL },
		{ "vfio-user:/nonexistent/sock", "a vfio-user server must listen", -ENOENT },
		{ "loopback:nope", "no profile is called 'nope'; there are sim, ", -EINVAL },
		{ "loopback,name=a/b", "name cannot be 'a/b'", -EINVAL },
		{ "loopback,seed=x", "seed cannot be 'x'; it must be a number", -EINVAL },
		{ "loopback,boot_us=-1", "boot_us cannot be '-1'", -EINVAL },
		{ "loopback,vectors=0", "vectors cannot be '0'", -EINVAL },
		{ "loopback,ee=moon", "must be amss, pbl, pthru", -EINVAL },
		{ "loopback,mood=bad", "must be healthy, ", -EINVAL },
		{ "loopback,life.DUN=cat", "must be echo, ", -EINVAL },
		{ "loopback,life.CAT=echo", "has no such channel", -EINVAL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		ck_assert_int_eq(rig_add(&rig, rows[i].spec), rows[i].error);
		ck_assert_msg(strstr(text_get(&rig.why), rows[i].why), "%s", text_get(&rig.why));
		ck_assert_ptr_null(registry_device(rig.registry, 0));
	}
	/* Nor a number. */
	ck_assert_str_eq(device_name(rig_device(&rig, "loopback")), "mhi0");
}
END_TEST

START_TEST(test_a_device_that_fails_does_not_harm_the_others)
{
	struct device *good = rig_device(&rig, "loopback");
	struct device *bad = rig_device(&rig, "loopback,mood=never-ready");

	ck_assert(device_is_ready(good));
	ck_assert(device_is_settled(bad));
	ck_assert(!device_is_ready(bad));
	ck_assert_ptr_nonnull(strstr(rig_show(bad, "state"), "state=recovering\n"));
	ck_assert_ptr_null(strstr(rig_show(bad, "state"), "why=\n"));
}
END_TEST

START_TEST(test_a_device_that_left_is_valid_until_its_last_user)
{
	struct device *d = device_ref(rig_device(&rig, "loopback"));

	loopback_unplug(mhi_hw(d->bearer));
	RIG_UNTIL(&rig, !registry_device(rig.registry, 0));
	ck_assert(device_is_gone(d));
	ck_assert_str_eq(device_name(d), "mhi0");
	ck_assert_ptr_null(rig_find_file(d, "DUN"));
	ck_assert_ptr_nonnull(strstr(rig_show(d, "state"), "state=gone\n"));
	device_unref(d);
}
END_TEST

START_TEST(test_shutdown_powers_all_devices_off)
{
	struct device *a = rig_device(&rig, "loopback");
	struct device *b = rig_device(&rig, "loopback,mood=never-ready");

	rig_shutdown(&rig);
	RIG_UNTIL(&rig, rig.is_down);
	ck_assert(device_is_stopped(a));
	ck_assert(device_is_stopped(b));
	ck_assert(!rig_file(a, "DUN")->is_offered);
}
END_TEST

START_TEST(test_shutdown_without_devices_ends)
{
	rig_shutdown(&rig);
	RIG_UNTIL(&rig, rig.is_down);
}
END_TEST

START_TEST(test_shutdown_of_a_device_that_is_starting_ends)
{
	ck_assert_int_eq(rig_add(&rig, "loopback,ee=pbl,boot_us=600000000"), 0);
	rig_shutdown(&rig);
	RIG_UNTIL(&rig, rig.is_down);
}
END_TEST

/* RESET that never ends: the engine gives up after its time-out, we at the
 * latest after five seconds. */
START_TEST(test_shutdown_ends_with_a_device_that_does_not_answer)
{
	uint64_t begin;

	rig_device(&rig, "loopback,reset_us=600000000,ee=amss");
	begin = rig_now(&rig);
	rig_shutdown(&rig);
	RIG_UNTIL(&rig, rig.is_down);
	ck_assert_uint_lt(rig_now(&rig) - begin, 5500000);
}
END_TEST

/* --- what ended the process last time --- */

static const char *starts_path(void)
{
	static char path[64];

	snprintf(path, sizeof(path), "%s/starts", rig.folder);
	return path;
}

/* As processes left it long ago. */
static void put_starts(const char *words)
{
	const struct timespec times[2] = { { .tv_sec = 1000000 }, { .tv_sec = 1000000 } };
	FILE *f = fopen(starts_path(), "w");

	ck_assert_ptr_nonnull(f);
	fputs(words, f);
	fclose(f);
	ck_assert_int_eq(utimensat(AT_FDCWD, starts_path(), times, 0), 0);
	ck_assert_int_eq(registry_remember(rig.registry, starts_path()), 0);
}

/* "": there is none. */
static const char *get_starts(void)
{
	static char words[256];
	FILE *f = fopen(starts_path(), "r");

	words[f ? fread(words, 1, sizeof(words) - 1, f) : 0] = '\0';
	if (f)
		fclose(f);
	return words;
}

START_TEST(test_f89_who_is_being_started_is_noted)
{
	put_starts("");
	ck_assert_int_eq(rig_add(&rig, "loopback,name=a,ready_us=20000"), 0);
	ck_assert_int_eq(rig_add(&rig, "loopback,name=b,ready_us=20000"), 0);
	ck_assert_str_eq(get_starts(), "starting 1 loopback-a\nstarting 1 loopback-b\n");
	RIG_UNTIL(&rig, registry_is_settled(rig.registry));
	RIG_UNTIL(&rig, !*get_starts());
	ck_assert_int_eq(access(starts_path(), F_OK), -1);
}
END_TEST

START_TEST(test_f89_suspects_are_started_last_and_one_by_one)
{
	put_starts("starting 1 loopback-a\nsuspect 4 loopback-b\n");
	ck_assert_int_eq(rig_add(&rig, "loopback,name=c,ready_us=20000"), 0);
	ck_assert_int_eq(rig_add(&rig, "loopback,name=a,ready_us=20000"), 0);
	ck_assert_int_eq(rig_add(&rig, "loopback,name=b,ready_us=20000"), 0);
	ck_assert_str_eq(get_starts(), "suspect 1 loopback-a\nsuspect 4 loopback-b\n"
			 "starting 1 loopback-c\n");
	ck_assert(!registry_find(rig.registry, "mhi1"));
	RIG_UNTIL(&rig, registry_find(rig.registry, "mhi1"));
	ck_assert_str_eq(get_starts(), "starting 2 loopback-a\nsuspect 4 loopback-b\n");
	ck_assert(!registry_is_settled(rig.registry));
	RIG_UNTIL(&rig, registry_find(rig.registry, "mhi2"));
	ck_assert(device_is_ready(registry_find(rig.registry, "mhi1")));
	ck_assert_str_eq(get_starts(), "starting 5 loopback-b\n");
	RIG_UNTIL(&rig, registry_is_settled(rig.registry));
	RIG_UNTIL(&rig, !*get_starts());
	ck_assert_str_eq(device_path_name(registry_device(rig.registry, 2)), "loopback-b");
}
END_TEST

START_TEST(test_f89_after_five_deaths_a_device_is_left_out)
{
	put_starts("starting 5 loopback-a\n");
	ck_assert_int_eq(rig_add(&rig, "loopback,name=a"), REGISTRY_LEFT_OUT);
	ck_assert_ptr_nonnull(strstr(text_get(&rig.why), "loopback-a is left out: mhifs died 5 "
				     "times in a row while it started; remove "));
	ck_assert_str_eq(device_name(rig_device(&rig, "loopback,name=b")), "mhi1");
	RIG_UNTIL(&rig, !strcmp(get_starts(), "suspect 5 loopback-a\n"));
	ck_assert_int_eq(rig_add(&rig, "loopback,name=a"), REGISTRY_LEFT_OUT);
}
END_TEST

START_TEST(test_f89_one_that_is_refused_or_ends_in_order_is_no_death)
{
	put_starts("starting 3 loopback-a\nstarting 4 loopback-b\n");
	ck_assert_int_eq(rig_add(&rig, "loopback:nope,name=a"), -EINVAL);
	ck_assert_str_eq(get_starts(), "suspect 4 loopback-b\n");
	ck_assert_int_eq(rig_add(&rig, "loopback,name=c,ready_us=5000000"), 0);
	registry_free(rig.registry);
	rig.registry = NULL;
	ck_assert_str_eq(get_starts(), "suspect 4 loopback-b\n");
}
END_TEST

START_TEST(test_f89_a_start_in_haste_counts_no_death)
{
	FILE *f = fopen(starts_path(), "w");

	ck_assert_ptr_nonnull(f);
	fputs("starting 5 loopback-a\nstarting 1 loopback-b\nsuspect 5 loopback-c\n", f);
	fclose(f);
	ck_assert_int_eq(registry_remember(rig.registry, starts_path()), 0);
	ck_assert_int_eq(rig_add(&rig, "loopback,name=b,ready_us=20000"), 0);
	ck_assert_str_eq(get_starts(), "suspect 4 loopback-a\nsuspect 5 loopback-c\n"
			 "starting 1 loopback-b\n");
	ck_assert_int_eq(rig_add(&rig, "loopback,name=c"), REGISTRY_LEFT_OUT);
	ck_assert_int_eq(rig_add(&rig, "loopback,name=a"), 0);
	RIG_UNTIL(&rig, registry_is_settled(rig.registry));
	ck_assert_str_eq(device_path_name(registry_find(rig.registry, "mhi2")), "loopback-a");
}
END_TEST

START_TEST(test_f89_a_file_of_nonsense_says_nothing)
{
	put_starts("loopback-a 7\n\nstarting 9\nstarting -9 loopback-a\n9 loopback-a\n"
		   "starting 99999999999999999999 loopback-a\nstarting 7 loopback-b");
	ck_assert_str_eq(device_name(rig_device(&rig, "loopback,name=a")), "mhi0");
	ck_assert_int_eq(rig_add(&rig, "loopback,name=b"), REGISTRY_LEFT_OUT);
}
END_TEST

/* What watches over the start runs out, and nothing else has a timer. */
START_TEST(test_idle_devices_ask_for_nothing)
{
	for (int i = 0; i < 32; i++)
		rig_device(&rig, "loopback");
	RIG_UNTIL(&rig, timers_next(loop_timers(rig.loop)) == TIME_NEVER);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("registry");
	TCase *t = tcase_create("registry");

	tcase_set_timeout(t, 30);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_devices_are_numbered_in_order);
	tcase_add_test(t, test_a_healthy_device_becomes_ready);
	tcase_add_test(t, test_a_device_that_boots_offers_its_channels_late);
	tcase_add_test(t, test_channels_of_another_environment_are_hidden);
	tcase_add_test(t, test_every_builtin_profile_comes_up);
	tcase_add_test(t, test_f87_an_address_is_taken_once);
	tcase_add_test(t, test_the_same_address_gets_its_number_back);
	tcase_add_loop_test(t, test_f90_crowd_comes_and_goes_in_any_order, 0, 4);
	tcase_add_test(t, test_a_refused_spec_leaves_nothing);
	tcase_add_test(t, test_a_device_that_fails_does_not_harm_the_others);
	tcase_add_test(t, test_a_device_that_left_is_valid_until_its_last_user);
	tcase_add_test(t, test_shutdown_powers_all_devices_off);
	tcase_add_test(t, test_shutdown_without_devices_ends);
	tcase_add_test(t, test_shutdown_of_a_device_that_is_starting_ends);
	tcase_add_test(t, test_shutdown_ends_with_a_device_that_does_not_answer);
	tcase_add_test(t, test_f89_who_is_being_started_is_noted);
	tcase_add_test(t, test_f89_suspects_are_started_last_and_one_by_one);
	tcase_add_test(t, test_f89_after_five_deaths_a_device_is_left_out);
	tcase_add_test(t, test_f89_one_that_is_refused_or_ends_in_order_is_no_death);
	tcase_add_test(t, test_f89_a_start_in_haste_counts_no_death);
	tcase_add_test(t, test_f89_a_file_of_nonsense_says_nothing);
	tcase_add_test(t, test_idle_devices_ask_for_nothing);
	suite_add_tcase(s, t);
	return suite_run(s);
}
