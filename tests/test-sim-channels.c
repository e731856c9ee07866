/* Channel commands and contexts, as the simulated modem takes them. */
#include "sim-host.h"
#include "suite.h"

static struct host host;

static void setup(void)
{
	host_open(&host, &sim_config_default);
	host_boot(&host);
}

static void teardown(void)
{
	host_close(&host);
}

static uint32_t chstate(unsigned int chid)
{
	return le32_get(&host_chan_ctx(&host, chid)->chcfg) & 0xff;
}

START_TEST(test_start_stop_and_reset_move_the_context_state)
{
	host_start(&host, 0, CHTYPE_UL, 16);
	ck_assert_uint_eq(chstate(0), CHSTATE_RUNNING);
	ck_assert_uint_eq(sim_counts(host.sim)->running, 1);
	ck_assert_uint_eq(host_command(&host, TRE_CMD_STOP_CHAN, 0), EV_CODE_SUCCESS);
	ck_assert_uint_eq(chstate(0), CHSTATE_STOP);
	ck_assert_uint_eq(host_command(&host, TRE_CMD_START_CHAN, 0), EV_CODE_SUCCESS);
	ck_assert_uint_eq(host_command(&host, TRE_CMD_RESET_CHAN, 0), EV_CODE_SUCCESS);
	ck_assert_uint_eq(chstate(0), CHSTATE_DISABLED);
	ck_assert_uint_eq(sim_counts(host.sim)->running, 0);
	ck_assert_uint_eq(sim_counts(host.sim)->starts, 2);
	ck_assert_uint_eq(sim_counts(host.sim)->resets, 1);
}
END_TEST

START_TEST(test_commands_out_of_place_fail)
{
	ck_assert_uint_eq(host_command(&host, TRE_CMD_STOP_CHAN, 0), EV_CODE_UNDEFINED_ERR);
	ck_assert_uint_eq(host_command(&host, TRE_CMD_START_CHAN, 70), EV_CODE_UNDEFINED_ERR);
	ck_assert_uint_eq(host_command(&host, TRE_CMD_START_CHAN, 200), EV_CODE_UNDEFINED_ERR);
	ck_assert_uint_eq(host_command(&host, TRE_EV_BW_REQ, 0), EV_CODE_UNDEFINED_ERR);
	ck_assert_uint_eq(host_command(&host, TRE_CMD_NOOP, 0), EV_CODE_SUCCESS);
	host_start(&host, 0, CHTYPE_UL, 16);
	ck_assert_uint_eq(host_command(&host, TRE_CMD_START_CHAN, 0), EV_CODE_UNDEFINED_ERR);
}
END_TEST

START_TEST(test_several_commands_complete_in_order)
{
	struct tre_copy ev;
	iova_t base = host.commands.base;

	for (unsigned int i = 0; i < 3; i++)
		tre_store((struct tre *)host_cpu(&host, base) + i, tre_command(TRE_CMD_NOOP, 0));
	host_write64(&host, CRDB_LOWER, base + 3 * sizeof(struct tre));
	host_settle(&host);
	for (unsigned int i = 0; i < 3; i++) {
		ck_assert(host_event(&host, 0, &ev));
		ck_assert_uint_eq(ev.ptr, base + i * sizeof(struct tre));
	}
	ck_assert(!host_event(&host, 0, &ev));
	ck_assert_uint_eq(le64_get(&((struct cmd_ctx *)host_cpu(&host, host.cmd_ctx))->rp),
			  base + 3 * sizeof(struct tre));
}
END_TEST

START_TEST(test_a_bad_command_doorbell_is_ignored)
{
	host_write64(&host, CRDB_LOWER, host.commands.base + 8);
	host_write64(&host, CRDB_LOWER, host.commands.base + 16 * MHI_CMD_ELEMENTS);
	host_write64(&host, CRDB_LOWER, 0);
	host_settle(&host);
	ck_assert_uint_eq(host.complaints, 3);
	ck_assert_uint_eq(host_command(&host, TRE_CMD_NOOP, 0), EV_CODE_SUCCESS);
}
END_TEST

static void break_context(struct chan_ctx *ctx, unsigned int what)
{
	iova_t base = le64_get(&ctx->rbase);

	switch (what) {
	case 0: le64_set(&ctx->rbase, 0); break;
	case 1: le64_set(&ctx->rbase, base + 16); break;
	case 2: le64_set(&ctx->rlen, 0); break;
	case 3: le64_set(&ctx->rlen, 16 * 12); break;
	case 4: le64_set(&ctx->rlen, 16ull << 32); break;
	case 5: le32_set(&ctx->erindex, HOST_ERINGS); break;
	case 6: le32_set(&ctx->erindex, 0x80000001); break;
	case 7: le32_set(&ctx->chtype, CHTYPE_DL); break;
	case 8: le32_set(&ctx->chtype, CHTYPE_INVALID); break;
	case 9: le32_set(&ctx->chcfg, CHSTATE_ENABLED); break;	/* no burst mode */
	case 10: le32_set(&ctx->chcfg, BRSTMODE_DISABLED << 8); break;	/* not enabled */
	case 11: le64_set(&ctx->rp, base + 4); break;
	case 12: le64_set(&ctx->rp, base + 16 * 16); break;
	}
}

START_TEST(test_start_refuses_a_senseless_context)
{
	host_describe(&host, 0, CHTYPE_UL, 16, 1);
	break_context(host_chan_ctx(&host, 0), (unsigned int)_i);
	ck_assert_uint_eq(host_command(&host, TRE_CMD_START_CHAN, 0), EV_CODE_UNDEFINED_ERR);
	ck_assert_uint_eq(sim_counts(host.sim)->running, 0);
	ck_assert_uint_eq(host.complaints, 1);
	host_start(&host, 0, CHTYPE_UL, 16);
}
END_TEST

START_TEST(test_reset_reads_another_ring)
{
	struct tre_copy ev;
	iova_t at;

	host_start(&host, 60, CHTYPE_UL, 16);
	host_send(&host, 60, "one", 3);
	ck_assert(host_event(&host, 1, &ev));
	ck_assert_uint_eq(host_command(&host, TRE_CMD_RESET_CHAN, 60), EV_CODE_SUCCESS);
	host_start(&host, 60, CHTYPE_UL, 64);
	at = host.chans[60].base;
	host_send(&host, 60, "two", 3);
	ck_assert(host_event(&host, 1, &ev));
	ck_assert_uint_eq(ev.ptr, at);
}
END_TEST

START_TEST(test_stop_keeps_the_queue_for_start)
{
	struct tre_copy ev;

	host_start(&host, 0, CHTYPE_UL, 16);
	host_start(&host, 1, CHTYPE_DL, 16);
	host_send(&host, 0, "a", 1);	/* waits for a buffer */
	ck_assert_uint_eq(host_command(&host, TRE_CMD_STOP_CHAN, 0), EV_CODE_SUCCESS);
	host_send(&host, 0, "b", 1);	/* this doorbell is lost */
	host_offer(&host, 1, 8);
	host_offer(&host, 1, 8);
	host_ring(&host, 1);
	ck_assert(!host_event(&host, 1, &ev));
	ck_assert_uint_eq(host_command(&host, TRE_CMD_START_CHAN, 0), EV_CODE_SUCCESS);
	ck_assert(host_event(&host, 1, &ev));	/* a */
	ck_assert_uint_eq(tre_chid(ev), 1);
	ck_assert(host_event(&host, 1, &ev));
	ck_assert(!host_event(&host, 1, &ev));
	host_ring(&host, 0);
	ck_assert(host_event(&host, 1, &ev));	/* b */
}
END_TEST

START_TEST(test_doorbells_of_channels_at_rest_are_ignored)
{
	host_describe(&host, 0, CHTYPE_UL, 16, 1);
	host_ring(&host, 0);
	host_write64(&host, CHDB + 8 * 70, 0x1234560);
	host_settle(&host);
	ck_assert_uint_eq(host.complaints, 0);
	host_start(&host, 0, CHTYPE_UL, 16);
	host_write64(&host, CHDB, host.chans[0].base + 3);
	host_write64(&host, CHDB, host.chans[0].base - 16);
	ck_assert_uint_eq(host.complaints, 2);
}
END_TEST

START_TEST(test_a_doorbell_acts_on_its_low_word)
{
	struct tre_copy ev;
	iova_t at;

	host_start(&host, 60, CHTYPE_UL, 16);
	at = host_alloc(&host, SIM_READS, 4, 4);
	host_queue(&host, 60, tre_transfer(at, 4, TRE_IEOT));
	sim_write32(host.sim, CHDB + 8 * 60 + 4, 0);
	host_settle(&host);
	ck_assert(!host_event(&host, 1, &ev));
	sim_write32(host.sim, CHDB + 8 * 60, (uint32_t)host.chans[60].base + 16);
	host_settle(&host);
	ck_assert(host_event(&host, 1, &ev));
}
END_TEST

START_TEST(test_a_context_table_out_of_reach_crashes)
{
	iova_t base = host.commands.base;
	struct tre_copy ev;

	tre_store(host_cpu(&host, base), tre_command(TRE_CMD_START_CHAN, 0));
	host_write64(&host, CCABAP_LOWER, 0x90000000);
	host_write64(&host, CRDB_LOWER, base + sizeof(struct tre));
	host_settle(&host);
	ck_assert_uint_eq(host_state(&host), MHI_STATE_SYS_ERR);
	ck_assert(host_event(&host, 0, &ev));
	ck_assert_uint_eq(tre_type(ev), TRE_EV_STATE);
	ck_assert_uint_eq(tre_code(ev), MHI_STATE_SYS_ERR);
	ck_assert(!host_event(&host, 0, &ev));
}
END_TEST

START_TEST(test_full_control_ring_holds_commands_back)
{
	iova_t base = host.commands.base;
	struct tre_copy ev;
	unsigned int n = 0;

	for (unsigned int i = 0; i < 100; i++)
		tre_store((struct tre *)host_cpu(&host, base) + i, tre_command(TRE_CMD_NOOP, 0));
	host_write64(&host, CRDB_LOWER, base + 100 * sizeof(struct tre));
	host_settle(&host);
	while (host_event_held(&host, 0, &ev))
		n++;
	ck_assert_uint_eq(n, host.ering_elements - 2);
	ck_assert_uint_eq(sim_counts(host.sim)->commands, n);
	ck_assert_uint_eq(sim_counts(host.sim)->held_events, 1);
	host_give_back(&host, 0);
	host_settle(&host);
	while (host_event(&host, 0, &ev))
		n++;
	ck_assert_uint_eq(n, 100);
}
END_TEST

START_TEST(test_control_events_wait_for_room)
{
	struct tre_copy ev;
	unsigned int n = 0;

	for (unsigned int i = 0; i < host.ering_elements - 2; i++)
		sim_inject_event(host.sim, 0, 0, 0, 0);
	host_ask(&host, MHI_STATE_M3);
	host_ask(&host, MHI_STATE_M0);
	while (host_event_held(&host, 0, &ev))
		n++;
	ck_assert_uint_eq(n, host.ering_elements - 2);
	host_give_back(&host, 0);
	host_settle(&host);
	ck_assert(host_event(&host, 0, &ev));
	ck_assert_uint_eq(tre_code(ev), MHI_STATE_M3);
	ck_assert(host_event(&host, 0, &ev));
	ck_assert_uint_eq(tre_code(ev), MHI_STATE_M0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sim-channels");
	TCase *t = tcase_create("channels");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_start_stop_and_reset_move_the_context_state);
	tcase_add_test(t, test_commands_out_of_place_fail);
	tcase_add_test(t, test_several_commands_complete_in_order);
	tcase_add_test(t, test_a_bad_command_doorbell_is_ignored);
	tcase_add_loop_test(t, test_start_refuses_a_senseless_context, 0, 13);
	tcase_add_test(t, test_reset_reads_another_ring);
	tcase_add_test(t, test_stop_keeps_the_queue_for_start);
	tcase_add_test(t, test_doorbells_of_channels_at_rest_are_ignored);
	tcase_add_test(t, test_a_doorbell_acts_on_its_low_word);
	tcase_add_test(t, test_a_context_table_out_of_reach_crashes);
	tcase_add_test(t, test_full_control_ring_holds_commands_back);
	tcase_add_test(t, test_control_events_wait_for_room);
	suite_add_tcase(s, t);
	return suite_run(s);
}
