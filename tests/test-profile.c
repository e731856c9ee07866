#include "device/profiles.h"
#include "suite.h"
#include <errno.h>

static struct text why;
static struct profile *p;

static void setup(void)
{
	why = TEXT_INIT;
	p = profile_new_builtin("sim");
	ck_assert_ptr_nonnull(p);
}

static void teardown(void)
{
	text_fini(&why);
	profile_free(p);
}

static struct profile_chan *chan(const char *name)
{
	struct profile_chan *c = profile_chan_find(p, name);

	ck_assert_msg(c, "%s", name);
	return c;
}

static void is_refused(const char *reason)
{
	text_clear(&why);
	ck_assert_int_eq(profile_check(p, &why), -EINVAL);
	ck_assert_msg(strstr(text_get(&why), reason), "%s", text_get(&why));
}

START_TEST(test_every_builtin_is_possible)
{
	for (const struct model *m = models; m->name; m++) {
		struct profile *b = profile_new_builtin(m->name);

		ck_assert_ptr_nonnull(b);
		ck_assert_msg(!profile_check(b, &why), "%s", text_get(&why));
		ck_assert_str_eq(b->name, m->name);
		profile_free(b);
	}
}
END_TEST

START_TEST(test_an_unknown_name_is_none)
{
	ck_assert_ptr_null(profile_new_builtin("qcom"));
	ck_assert_ptr_null(profile_new_builtin(""));
	ck_assert(!profile_is_builtin("si"));
}
END_TEST

START_TEST(test_sim_is_what_the_manual_says)
{
	static const struct {
		const char *name;
		int ul, dl;
		uint32_t mtu;
		enum port_boundary boundary;
		mode_t mode;
	} rows[] = {
		{ "LOOPBACK", 0, 1, 32768, BOUNDARY_STREAM, 0660 },
		{ "DIAG", 4, 5, 16384, BOUNDARY_STREAM, 0600 },
		{ "MBIM", 12, 13, 4096, BOUNDARY_MESSAGE, 0660 },
		{ "QMI", 14, 15, 4096, BOUNDARY_MESSAGE, 0660 },
		{ "IPCR", 20, 21, 4096, BOUNDARY_MESSAGE, 0660 },
		{ "DUN", 32, 33, 4096, BOUNDARY_STREAM, 0660 },
		{ "IP_SW0", 46, 47, 16384, BOUNDARY_STREAM, 0660 },
		{ "TEST_0", 60, 61, 32768, BOUNDARY_STREAM, 0660 },
		{ "TEST_1", 62, 63, 32768, BOUNDARY_STREAM, 0660 },
		{ "RPMSG", 64, 65, 4096, BOUNDARY_MESSAGE, 0660 },
		{ "NMEA", 94, 95, 4096, BOUNDARY_STREAM, 0660 },
		{ "IP_HW0", 100, 101, 16384, BOUNDARY_STREAM, 0660 },
	};

	ck_assert_uint_eq(p->n_chans, ARRAY_SIZE(rows));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct profile_chan *c = chan(rows[i].name);

		ck_assert_int_eq(c->ul, rows[i].ul);
		ck_assert_int_eq(c->dl, rows[i].dl);
		ck_assert_uint_eq(c->mtu, rows[i].mtu);
		ck_assert_uint_eq(c->mru, rows[i].mtu);
		ck_assert_int_eq(c->boundary, rows[i].boundary);
		ck_assert_uint_eq(profile_chan_mode(c), rows[i].mode);
		ck_assert_uint_eq(c->linger_ms, 50);
	}
	ck_assert_uint_eq(chan("LOOPBACK")->ul_elements, 128);
}
END_TEST

/* A device must never run out of room for completions of what it was given. */
START_TEST(test_event_rings_of_sim_hold_what_they_serve)
{
	unsigned int need[MHI_MAX_EVENT_RINGS] = { 0 };

	for (unsigned int i = 0; i < p->n_chans; i++) {
		need[p->chans[i].ul_ering] += p->chans[i].ul_elements;
		need[p->chans[i].dl_ering] += p->chans[i].dl_elements;
	}
	for (unsigned int i = 0; i < p->n_erings; i++)
		ck_assert_uint_lt(need[i], p->erings[i].elements);
}
END_TEST

START_TEST(test_one_direction_is_one_permission)
{
	struct profile *qdu = profile_new_builtin("qcom-qdu100");
	struct profile_chan *qdss = profile_chan_find(qdu, "QDSS");

	ck_assert_int_eq(qdss->ul, -1);
	ck_assert_uint_eq(profile_chan_mode(qdss), 0400);
	qdss->mode = 0660;
	ck_assert_uint_eq(profile_chan_mode(qdss), 0440);
	qdss->ul = 8;
	qdss->dl = -1;
	ck_assert_uint_eq(profile_chan_mode(qdss), 0220);
	profile_free(qdu);
}
END_TEST

START_TEST(test_loaders_are_root_only)
{
	struct profile *em = profile_new_builtin("quectel-em1xx");

	ck_assert_uint_eq(profile_chan_find(em, "SAHARA")->mode, 0600);
	ck_assert_uint_eq(profile_chan_find(em, "SAHARA")->ee_mask, EE_BIT(MHI_EE_SBL));
	ck_assert_uint_eq(profile_chan_find(em, "FIREHOSE")->mode, 0600);
	ck_assert_uint_eq(profile_chan_find(em, "FIREHOSE")->ee_mask, EE_BIT(MHI_EE_FP));
	ck_assert_uint_eq(profile_chan_find(em, "IP_HW0_MBIM")->mru, 32768);
	ck_assert(profile_chan_find(em, "IP_HW0_MBIM")->burst);
	profile_free(em);
}
END_TEST

START_TEST(test_subsystem_decides_before_device)
{
	ck_assert_str_eq(profile_for_pci(0x17cb, 0x0306, 0x18d7, 0x0200), "sierra-em919x");
	ck_assert_str_eq(profile_for_pci(0x17cb, 0x0306, 0x1c5d, 0x2000), "telit-fn980");
	ck_assert_str_eq(profile_for_pci(0x17cb, 0x0306, 0, 0), "qcom-sdx55m");
	ck_assert_str_eq(profile_for_pci(0x17cb, 0x0308, 0x105b, 0x1234), "foxconn-t99w696");
	ck_assert_str_eq(profile_for_pci(0x1eac, 0x1004, 0, 0), "quectel-rm5xx");
	ck_assert_ptr_null(profile_for_pci(0x8086, 0x0306, 0, 0));
}
END_TEST

START_TEST(test_every_pci_row_names_a_builtin)
{
	for (const struct pci_row *row = pci_rows; row->model; row++)
		ck_assert_msg(profile_is_builtin(row->model), "%s", row->model);
}
END_TEST

START_TEST(test_refuses_channels_that_share)
{
	chan("DUN")->ul = 5;
	is_refused("belongs to another channel");
	chan("DUN")->ul = 33;
	is_refused("two numbers");
	chan("DUN")->ul = 32;
	free(chan("DUN")->name);
	p->chans[5].name = strdup("QMI");
	is_refused("two of this name");
}
END_TEST

START_TEST(test_refuses_names_that_cannot_be_files)
{
	static const char *const bad[] = { "", ".", "..", "A/B", "A B", "A\n" };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		free(p->chans[0].name);
		p->chans[0].name = strdup(bad[i]);
		is_refused("file name");
	}
	free(p->chans[0].name);
	p->chans[0].name = strdup("power");
	is_refused("every device has this name");
}
END_TEST

START_TEST(test_refuses_numbers_out_of_range)
{
	struct profile_chan *c = chan("DUN");

	c->ul = c->dl = -1;
	is_refused("channel number");
	c->ul = 127;
	is_refused("126");
	c->ul = 32;
	c->ul_elements = 48;
	is_refused("power of two");
	c->ul_elements = 32;
	c->dl_ering = 6;
	is_refused("event ring");
	c->dl_ering = 0;
	c->mtu = 65536;
	is_refused("65535");
	c->mtu = 0;
	is_refused("65535");
	c->mtu = 1;
	c->linger_ms = 201;
	is_refused("linger_ms");
}
END_TEST

START_TEST(test_refuses_impossible_event_rings)
{
	p->erings[2].elements = 24;
	is_refused("power of two");
	p->n_erings = 0;
	is_refused("event rings");
}
END_TEST

START_TEST(test_engine_gets_what_the_profile_says)
{
	struct engine_config c;

	ck_assert_int_eq(profile_engine_config(p, &c), 0);
	ck_assert_uint_eq(c.n_chans, p->n_chans);
	ck_assert_str_eq(c.chans[0].name, "LOOPBACK");
	ck_assert_uint_eq(c.chans[0].dir[LINK_DL].chid, 1);
	ck_assert_uint_eq(c.chans[0].dir[LINK_DL].slot_len, 32768);
	ck_assert(c.chans[11].dir[LINK_UL].db_mode_switch);
	profile_engine_config_fini(&c);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("profile");
	TCase *t = tcase_create("profile");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_every_builtin_is_possible);
	tcase_add_test(t, test_an_unknown_name_is_none);
	tcase_add_test(t, test_sim_is_what_the_manual_says);
	tcase_add_test(t, test_event_rings_of_sim_hold_what_they_serve);
	tcase_add_test(t, test_one_direction_is_one_permission);
	tcase_add_test(t, test_loaders_are_root_only);
	tcase_add_test(t, test_subsystem_decides_before_device);
	tcase_add_test(t, test_every_pci_row_names_a_builtin);
	tcase_add_test(t, test_refuses_channels_that_share);
	tcase_add_test(t, test_refuses_names_that_cannot_be_files);
	tcase_add_test(t, test_refuses_numbers_out_of_range);
	tcase_add_test(t, test_refuses_impossible_event_rings);
	tcase_add_test(t, test_engine_gets_what_the_profile_says);
	suite_add_tcase(s, t);
	return suite_run(s);
}
