/* What the simulated modem does with the elements of its channels. */
#include "sim-host.h"
#include "suite.h"

static const struct sim_chan chans[] = {
	{ 0, 1, "echo" },
	{ 60, 61, "swallow" },
	{ 62, 63, "produce" },
	{ 64, SIM_NO_CHANNEL, "echo" },
	{ 66, 67, "mute" },
};

static struct host host;

static void open_with(uint32_t ering_elements, uint32_t moderation_ms)
{
	struct sim_config c = sim_config_default;

	c.chans = chans;
	c.n_chans = ARRAY_SIZE(chans);
	host_open(&host, &c);
	host.ering_elements = ering_elements;
	host.moderation_ms = moderation_ms;
	host_boot(&host);
}

static void setup(void)
{
	open_with(256, 0);
}

static void teardown(void)
{
	host_close(&host);
}

static unsigned int count_events(void)
{
	struct tre_copy ev;
	unsigned int n = 0;

	while (host_event_held(&host, 1, &ev))
		n++;
	return n;
}

START_TEST(test_an_echo_comes_back)
{
	iova_t to;

	host_start_pair(&host, 0, 16);
	to = host_offer(&host, 1, 64);
	host_ring(&host, 1);
	host_send(&host, 0, "hello", 5);
	ck_assert_uint_eq(host_expect(&host, 1, EV_CODE_EOT, 5).ptr, host.chans[1].base);
	ck_assert_uint_eq(host_expect(&host, 0, EV_CODE_EOT, 5).ptr, host.chans[0].base);
	host_expect_silence(&host);
	ck_assert_mem_eq(host_cpu(&host, to), "hello", 5);
	ck_assert_uint_eq(le64_get(&host_chan_ctx(&host, 0)->rp), host.chans[0].base + 16);
	ck_assert_uint_eq(le64_get(&host_chan_ctx(&host, 1)->rp), host.chans[1].base + 16);
}
END_TEST

START_TEST(test_an_echo_waits_for_its_buffer)
{
	host_start_pair(&host, 0, 16);
	for (char c = 'a'; c < 'f'; c++)
		host_send(&host, 0, &c, 1);
	host_expect_silence(&host);
	ck_assert_uint_eq(sim_counts(host.sim)->ul_messages, 0);
	for (char c = 'a'; c < 'f'; c++) {
		iova_t to = host_offer(&host, 1, 8);

		host_ring(&host, 1);
		host_expect(&host, 1, EV_CODE_EOT, 1);
		host_expect(&host, 0, EV_CODE_EOT, 1);
		host_expect_silence(&host);
		ck_assert_int_eq(*(char *)host_cpu(&host, to), c);
	}
	ck_assert_uint_eq(sim_counts(host.sim)->ul_messages, 5);
	ck_assert_uint_eq(sim_counts(host.sim)->dl_messages, 5);
}
END_TEST

START_TEST(test_an_echo_waits_for_its_downlink_channel)
{
	host_start(&host, 0, CHTYPE_UL, 16);
	host_send(&host, 0, "x", 1);
	host_expect_silence(&host);
	host_start(&host, 1, CHTYPE_DL, 16);
	host_expect_silence(&host);
	host_offer(&host, 1, 8);
	host_ring(&host, 1);
	host_expect(&host, 1, EV_CODE_EOT, 1);
	host_expect(&host, 0, EV_CODE_EOT, 1);
}
END_TEST

START_TEST(test_a_message_waits_until_all_of_it_fits)
{
	host_start_pair(&host, 0, 16);
	host_offer(&host, 1, 4);
	host_offer(&host, 1, 4);
	host_ring(&host, 1);
	host_send(&host, 0, "0123456789", 10);
	host_expect_silence(&host);
	host_offer(&host, 1, 4);
	host_ring(&host, 1);
	host_expect(&host, 1, EV_CODE_OVERFLOW, 4);
	host_expect(&host, 1, EV_CODE_OVERFLOW, 4);
	host_expect(&host, 1, EV_CODE_EOT, 2);
	host_expect(&host, 0, EV_CODE_EOT, 10);
}
END_TEST

START_TEST(test_an_exact_fit_ends_without_an_empty_event)
{
	host_start_pair(&host, 0, 16);
	host_offer(&host, 1, 4);
	host_offer(&host, 1, 4);
	host_ring(&host, 1);
	host_send(&host, 0, "01234567", 8);
	host_expect(&host, 1, EV_CODE_OVERFLOW, 4);
	host_expect(&host, 1, EV_CODE_EOT, 4);
	host_expect(&host, 0, EV_CODE_EOT, 8);
	host_expect_silence(&host);
}
END_TEST

START_TEST(test_a_message_larger_than_the_ring_goes_in_pieces)
{
	uint8_t sent[20], got[20];
	iova_t to[8];

	for (unsigned int i = 0; i < sizeof(sent); i++)
		sent[i] = (uint8_t)i;
	host_start_pair(&host, 0, 4);
	for (unsigned int i = 0; i < 3; i++)
		to[i] = host_offer(&host, 1, 4);
	host_ring(&host, 1);
	host_send(&host, 0, sent, 20);
	for (unsigned int i = 0; i < 3; i++)
		host_expect(&host, 1, EV_CODE_OVERFLOW, 4);
	host_expect_silence(&host);	/* the uplink element is not done */
	for (unsigned int i = 3; i < 5; i++)
		to[i] = host_offer(&host, 1, 4);
	host_ring(&host, 1);
	host_expect(&host, 1, EV_CODE_OVERFLOW, 4);
	host_expect(&host, 1, EV_CODE_EOT, 4);
	host_expect(&host, 0, EV_CODE_EOT, 20);
	for (unsigned int i = 0; i < 5; i++)
		memcpy(got + 4 * i, host_cpu(&host, to[i]), 4);
	ck_assert_mem_eq(got, sent, 20);
}
END_TEST

static void queue_piece(unsigned int chid, const char *text, uint32_t flags)
{
	iova_t at = host_alloc(&host, SIM_READS, strlen(text), 1);

	memcpy(host_cpu(&host, at), text, strlen(text));
	host_queue(&host, chid, tre_transfer(at, (uint16_t)strlen(text), flags));
}

START_TEST(test_a_chain_is_one_message)
{
	iova_t to;

	host_start_pair(&host, 0, 16);
	to = host_offer(&host, 1, 64);
	host_ring(&host, 1);
	queue_piece(0, "one ", TRE_CHAIN);
	queue_piece(0, "two ", TRE_CHAIN | TRE_IEOB);
	host_ring(&host, 0);
	host_expect_silence(&host);	/* the last piece is missing */
	queue_piece(0, "three", TRE_IEOT);
	host_ring(&host, 0);
	host_expect(&host, 0, EV_CODE_EOB, 4);
	host_expect(&host, 1, EV_CODE_EOT, 13);
	ck_assert_uint_eq(host_expect(&host, 0, EV_CODE_EOT, 5).ptr, host.chans[0].base + 32);
	host_expect_silence(&host);
	ck_assert_mem_eq(host_cpu(&host, to), "one two three", 13);
	ck_assert_uint_eq(sim_counts(host.sim)->ul_messages, 1);
}
END_TEST

START_TEST(test_an_element_without_flags_completes_silently)
{
	host_start(&host, 60, CHTYPE_UL, 16);
	queue_piece(60, "quiet", 0);
	queue_piece(60, "loud", TRE_IEOT);
	host_ring(&host, 60);
	ck_assert_uint_eq(host_expect(&host, 60, EV_CODE_EOT, 4).ptr, host.chans[60].base + 16);
	host_expect_silence(&host);
	ck_assert_uint_eq(sim_counts(host.sim)->ul_messages, 2);
}
END_TEST

START_TEST(test_rings_wrap)
{
	host_start_pair(&host, 0, 4);
	for (unsigned int i = 0; i < 50; i++) {
		iova_t to = host_offer(&host, 1, 8);

		host_ring(&host, 1);
		host_send(&host, 0, &i, 4);
		host_expect(&host, 1, EV_CODE_EOT, 4);
		host_expect(&host, 0, EV_CODE_EOT, 4);
		ck_assert_mem_eq(host_cpu(&host, to), &i, 4);
	}
}
END_TEST

START_TEST(test_a_turn_takes_at_most_64_elements)
{
	host_start(&host, 60, CHTYPE_UL, 256);
	for (unsigned int i = 0; i < 200; i++)
		queue_piece(60, "x", TRE_IEOT);
	host_ring_only(&host, 60);
	sim_turn(host.sim);
	ck_assert_uint_eq(count_events(), 64);
	host.turns = 0;
	host_settle(&host);
	ck_assert_uint_eq(count_events(), 136);
	ck_assert_uint_eq(host.turns, 3);
}
END_TEST

START_TEST(test_a_full_event_ring_holds_back_before_taking)
{
	teardown();
	open_with(16, 0);
	host_start(&host, 60, CHTYPE_UL, 64);
	for (unsigned int i = 0; i < 40; i++)
		queue_piece(60, "x", TRE_IEOT);
	host_ring(&host, 60);
	ck_assert_uint_eq(count_events(), 14);
	ck_assert_uint_eq(sim_counts(host.sim)->ul_messages, 14);
	ck_assert_uint_eq(sim_counts(host.sim)->held_events, 1);
	host_settle(&host);
	ck_assert_uint_eq(count_events(), 0);
	host_give_back(&host, 1);
	host_settle(&host);
	ck_assert_uint_eq(count_events(), 14);
	host_give_back(&host, 1);
	host_settle(&host);
	ck_assert_uint_eq(count_events(), 12);
}
END_TEST

START_TEST(test_echo_survives_a_tiny_event_ring)
{
	unsigned int n = 0, rounds = 0;

	teardown();
	open_with(8, 0);
	host_start_pair(&host, 0, 32);
	for (unsigned int i = 0; i < 20; i++) {
		host_offer(&host, 1, 2);
		queue_piece(0, i % 3 ? "ab" : "a", TRE_IEOT);
	}
	host_ring_only(&host, 1);
	host_ring(&host, 0);
	while (sim_counts(host.sim)->ul_messages < 20 && rounds++ < 100) {
		n += count_events();
		host_give_back(&host, 1);
		host_settle(&host);
	}
	n += count_events();
	ck_assert_uint_eq(n, 40);
	ck_assert_uint_eq(sim_counts(host.sim)->dl_messages, 20);
}
END_TEST

START_TEST(test_a_bad_event_doorbell_is_ignored)
{
	host_write64(&host, ERDB + 8, host.events[1].base + 4);
	host_write64(&host, ERDB + 8, 0);
	host_write64(&host, ERDB + 8 * 31, 0);	/* no such ring */
	ck_assert_uint_eq(host.complaints, 2);
	host_start(&host, 60, CHTYPE_UL, 16);
	host_send(&host, 60, "x", 1);
	host_expect(&host, 60, EV_CODE_EOT, 1);
}
END_TEST

START_TEST(test_malformed_elements_are_thrown_back)
{
	iova_t at = host_alloc(&host, SIM_READS, 8, 8);

	host_start(&host, 60, CHTYPE_UL, 16);
	host_queue(&host, 60, tre_transfer(at, 0, TRE_IEOT));
	host_queue(&host, 60, (struct tre_copy){ at, { 8, TRE_EV_EE << 16 | TRE_IEOT } });
	queue_piece(60, "good", TRE_IEOT);
	host_ring(&host, 60);
	ck_assert_uint_eq(host_expect(&host, 60, EV_CODE_BAD_TRE, 0).ptr, host.chans[60].base);
	host_expect(&host, 60, EV_CODE_BAD_TRE, 0);
	host_expect(&host, 60, EV_CODE_EOT, 4);
	ck_assert_uint_eq(sim_counts(host.sim)->ul_messages, 1);
}
END_TEST

START_TEST(test_buffers_not_mapped_are_refused_and_counted)
{
	host_start_pair(&host, 0, 16);
	host_queue(&host, 0, tre_transfer(0x50000000, 8, TRE_IEOT));
	queue_piece(0, "good", TRE_IEOT);
	host_queue(&host, 1, tre_transfer(HOST_READS, 8, TRE_IEOT));	/* may only be read */
	host_queue(&host, 1, tre_transfer(HOST_WRITES + HOST_MEMORY - 4, 8, TRE_IEOT));
	host_offer(&host, 1, 8);
	host_ring_only(&host, 1);
	host_ring(&host, 0);
	host_expect(&host, 0, EV_CODE_UNDEFINED_ERR, 0);
	host_expect(&host, 1, EV_CODE_UNDEFINED_ERR, 0);
	host_expect(&host, 1, EV_CODE_UNDEFINED_ERR, 0);
	host_expect(&host, 1, EV_CODE_EOT, 4);
	host_expect(&host, 0, EV_CODE_EOT, 4);
	ck_assert_uint_eq(sim_counts(host.sim)->refused_dma, 3);
	ck_assert_uint_eq(host.complaints, 3);
	ck_assert_uint_eq(host_state(&host), MHI_STATE_M0);
}
END_TEST

START_TEST(test_the_data_window_of_the_host_is_kept)
{
	host_write64(&host, MHIDATALIMIT_LOWER, HOST_READS + HOST_MEMORY - 1);
	host_start_pair(&host, 0, 16);
	host_offer(&host, 1, 8);
	host_ring(&host, 1);
	host_send(&host, 0, "x", 1);
	host_expect(&host, 1, EV_CODE_UNDEFINED_ERR, 0);
	ck_assert_uint_eq(sim_counts(host.sim)->refused_dma, 1);
}
END_TEST

START_TEST(test_a_data_window_that_ends_before_it_begins_holds_nothing)
{
	host_write64(&host, MHIDATABASE_LOWER, HOST_READS + 16);
	host_write64(&host, MHIDATALIMIT_LOWER, HOST_READS);
	host_start(&host, 60, CHTYPE_UL, 8);
	host_send(&host, 60, "x", 1);
	host_expect(&host, 60, EV_CODE_UNDEFINED_ERR, 0);
	ck_assert_uint_eq(sim_counts(host.sim)->refused_dma, 1);
}
END_TEST

START_TEST(test_an_endless_chain_is_thrown_back)
{
	host_start(&host, 60, CHTYPE_UL, 8);
	for (unsigned int i = 0; i < 7; i++)
		queue_piece(60, "x", TRE_CHAIN);
	host_ring(&host, 60);
	ck_assert_uint_eq(host_expect(&host, 60, EV_CODE_BAD_TRE, 0).ptr, host.chans[60].base + 16 * 6);
	queue_piece(60, "good", TRE_IEOT);
	host_ring(&host, 60);
	host_expect(&host, 60, EV_CODE_EOT, 4);
}
END_TEST

START_TEST(test_produce_fills_every_buffer)
{
	iova_t to[3];

	host_start(&host, 63, CHTYPE_DL, 16);
	for (unsigned int i = 0; i < 3; i++)
		to[i] = host_offer(&host, 63, 5000);
	host_ring(&host, 63);
	for (unsigned int k = 0; k < 3; k++) {
		const uint8_t *b = host_cpu(&host, to[k]);

		host_expect(&host, 63, EV_CODE_EOT, 5000);
		for (unsigned int i = 0; i < 5000; i++)
			ck_assert_uint_eq(b[i], (k + i) & 0xff);
	}
	host_expect_silence(&host);
}
END_TEST

START_TEST(test_swallow_and_mute_and_one_way)
{
	host_start(&host, 64, CHTYPE_UL, 16);
	host_start(&host, 66, CHTYPE_UL, 16);
	host_send(&host, 64, "gone", 4);
	host_expect(&host, 64, EV_CODE_EOT, 4);
	host_send(&host, 66, "kept", 4);
	host_expect_silence(&host);
}
END_TEST

START_TEST(test_a_modem_can_hold_its_uplink)
{
	host_start_pair(&host, 0, 16);
	host_offer(&host, 1, 8);
	host_ring(&host, 1);
	sim_set_mood(host.sim, SIM_HOLDS_UPLINK);
	host_send(&host, 0, "x", 1);
	host_expect_silence(&host);
	sim_set_mood(host.sim, SIM_HEALTHY);
	host_settle(&host);
	host_expect(&host, 1, EV_CODE_EOT, 1);
	host_expect(&host, 0, EV_CODE_EOT, 1);
}
END_TEST

START_TEST(test_bei_waits_for_the_moderation_timer)
{
	iova_t at = host_alloc(&host, SIM_READS, 8, 8);

	teardown();
	open_with(256, 5);
	host_start(&host, 60, CHTYPE_UL, 16);
	host_queue(&host, 60, tre_transfer(at, 8, TRE_IEOT | TRE_BEI));
	host_ring(&host, 60);
	host_expect(&host, 60, EV_CODE_EOT, 8);	/* the event is there at once */
	host_at(&host, 3000);
	host_queue(&host, 60, tre_transfer(at, 8, TRE_IEOT | TRE_BEI));
	host_ring(&host, 60);
	host_at(&host, 4999);
	ck_assert_uint_eq(host.irqs[2], 0);
	host_at(&host, 5000);
	ck_assert_uint_eq(host.irqs[2], 1);
	host_queue(&host, 60, tre_transfer(at, 8, TRE_IEOT));
	host_ring(&host, 60);
	ck_assert_uint_eq(host.irqs[2], 2);
	host_queue(&host, 60, tre_transfer(at, 8, TRE_IEOT | TRE_BEI));
	host_queue(&host, 60, tre_transfer(at, 8, TRE_IEOT));
	host_ring(&host, 60);
	ck_assert_uint_eq(host.irqs[2], 3);
	host_at(&host, 1000000);
	ck_assert_uint_eq(host.irqs[2], 3);
}
END_TEST

START_TEST(test_bei_without_moderation_interrupts_at_once)
{
	iova_t at = host_alloc(&host, SIM_READS, 8, 8);

	host_start(&host, 60, CHTYPE_UL, 16);
	host_queue(&host, 60, tre_transfer(at, 8, TRE_IEOT | TRE_BEI));
	host_ring(&host, 60);
	ck_assert_uint_eq(host.irqs[2], 1);
}
END_TEST

START_TEST(test_many_events_of_a_turn_interrupt_once)
{
	host_start(&host, 60, CHTYPE_UL, 64);
	for (unsigned int i = 0; i < 32; i++)
		queue_piece(60, "x", TRE_IEOT);
	host_ring(&host, 60);
	ck_assert_uint_eq(count_events(), 32);
	ck_assert_uint_eq(host.irqs[2], 1);
}
END_TEST

static void start_burst(unsigned int chid, unsigned int type)
{
	host_describe(&host, chid, type, 16, 1);
	le32_set(&host_chan_ctx(&host, chid)->chcfg, CHSTATE_ENABLED | BRSTMODE_ENABLED << 8);
	ck_assert_uint_eq(host_command(&host, TRE_CMD_START_CHAN, chid), EV_CODE_SUCCESS);
}

START_TEST(test_burst_mode_polls_the_context)
{
	start_burst(60, CHTYPE_UL);
	queue_piece(60, "a", TRE_IEOT);
	host_ring_only(&host, 60);
	queue_piece(60, "b", TRE_IEOT);	/* without a doorbell */
	host_settle(&host);
	host_expect(&host, 60, EV_CODE_EOT, 1);
	host_expect(&host, 60, EV_CODE_EOT, 1);
	host_expect(&host, 60, EV_CODE_DB_MODE, 0);
	host_expect_silence(&host);
	queue_piece(60, "c", TRE_IEOT);
	host_settle(&host);
	host_expect_silence(&host);	/* doorbell mode now */
	host_ring(&host, 60);
	host_expect(&host, 60, EV_CODE_EOT, 1);
	host_expect(&host, 60, EV_CODE_DB_MODE, 0);
}
END_TEST

/* The context is ahead of a doorbell that was on its way. */
START_TEST(test_burst_mode_takes_no_old_doorbell)
{
	iova_t base;

	start_burst(60, CHTYPE_UL);
	base = host.chans[60].base;
	for (int i = 0; i < 3; i++)
		host_queue(&host, 60, tre_transfer(host_alloc(&host, SIM_READS, 8, 8), 8, TRE_IEOT));
	le64_set(&host_chan_ctx(&host, 60)->wp, base + 3 * sizeof(struct tre));
	host_write64(&host, CHDB + 8 * 60, base + sizeof(struct tre));
	host_settle(&host);
	for (int i = 0; i < 3; i++)
		host_expect(&host, 60, EV_CODE_EOT, 8);
	host_expect(&host, 60, EV_CODE_DB_MODE, 0);
	host_write64(&host, CHDB + 8 * 60, base + 2 * sizeof(struct tre));
	host_settle(&host);
	host_expect(&host, 60, EV_CODE_DB_MODE, 0);
	host_expect_silence(&host);
}
END_TEST

/* What completed before an answer is there when the answer is. */
START_TEST(test_the_ring_of_answers_is_published_last)
{
	host_start_pair(&host, 0, 16);
	host_start(&host, 60, CHTYPE_UL, 16);
	host_offer(&host, 1, 64);
	host_ring_only(&host, 1);
	host_queue(&host, 0, tre_transfer(host_alloc(&host, SIM_READS, 8, 8), 8, TRE_IEOT));
	host_ring_only(&host, 0);
	ck_assert_uint_eq(host_command(&host, TRE_CMD_RESET_CHAN, 60), EV_CODE_SUCCESS);
	host_expect(&host, 1, EV_CODE_EOT, 8);
	ck_assert_uint_eq(host.last_irq, le32_get(&host_event_ctx(&host, 0)->msivec));
}
END_TEST

START_TEST(test_burst_mode_downlink_says_out_of_buffers)
{
	host_start(&host, 0, CHTYPE_UL, 16);
	start_burst(1, CHTYPE_DL);
	host_offer(&host, 1, 8);
	host_ring(&host, 1);
	host_offer(&host, 1, 8);	/* seen by polling */
	host_send(&host, 0, "a", 1);
	host_send(&host, 0, "b", 1);
	for (unsigned int i = 0; i < 2; i++) {
		host_expect(&host, 1, EV_CODE_EOT, 1);
		host_expect(&host, 0, EV_CODE_EOT, 1);
	}
	host_send(&host, 0, "c", 1);
	host_expect(&host, 1, EV_CODE_OOB, 0);
	host_expect_silence(&host);
	host_offer(&host, 1, 8);
	host_ring(&host, 1);
	host_expect(&host, 1, EV_CODE_EOT, 1);
	host_expect(&host, 0, EV_CODE_EOT, 1);
}
END_TEST

START_TEST(test_coalesced_channels_complete_by_cookie)
{
	iova_t first = host_alloc(&host, SIM_WRITES, 4, 4);
	iova_t second = host_alloc(&host, SIM_WRITES, 64, 4);
	struct tre_copy ev;

	host_start(&host, 0, CHTYPE_UL, 16);
	host_start(&host, 1, CHTYPE_DL_RSC, 16);
	host_queue(&host, 1, tre_rsc_transfer(first, 4, 480));
	host_queue(&host, 1, tre_rsc_transfer(second, 64, 96));
	host_ring(&host, 1);
	host_send(&host, 0, "012345", 6);
	ck_assert(host_event(&host, 1, &ev));
	ck_assert_uint_eq(tre_type(ev), TRE_EV_RSC_TRANSFER);
	ck_assert_uint_eq(tre_code(ev), EV_CODE_OVERFLOW);
	ck_assert_uint_eq(ev.ptr, 480);
	ck_assert_uint_eq(tre_len(ev), 4);
	ck_assert(host_event(&host, 1, &ev));
	ck_assert_uint_eq(ev.ptr, 96);
	ck_assert_uint_eq(tre_code(ev), EV_CODE_EOT);
	ck_assert_uint_eq(tre_len(ev), 2);
	ck_assert_mem_eq(host_cpu(&host, second), "45", 2);
}
END_TEST

START_TEST(test_reset_in_the_middle_of_a_message)
{
	uint8_t sent[40] = { 0 };

	host_start_pair(&host, 0, 4);
	for (unsigned int i = 0; i < 3; i++)
		host_offer(&host, 1, 4);
	host_ring(&host, 1);
	host_send(&host, 0, sent, sizeof(sent));
	count_events();
	host_give_back(&host, 1);
	ck_assert_uint_eq(host_command(&host, TRE_CMD_RESET_CHAN, 1), EV_CODE_SUCCESS);
	ck_assert_uint_eq(host_command(&host, TRE_CMD_RESET_CHAN, 0), EV_CODE_SUCCESS);
	host_start_pair(&host, 0, 16);
	host_offer(&host, 1, 4);
	host_ring(&host, 1);
	host_send(&host, 0, "new", 3);
	host_expect(&host, 1, EV_CODE_EOT, 3);
	host_expect(&host, 0, EV_CODE_EOT, 3);
}
END_TEST

static uint32_t chance(uint64_t *state)
{
	*state = *state * 6364136223846793005ull + 1;
	return (uint32_t)(*state >> 33);
}

/* Drives two channels at random; what the modem did ends in one number. */
static uint64_t run_schedule(uint64_t seed)
{
	uint64_t digest = 0;
	struct tre_copy ev;

	open_with(32, 1);
	host_start_pair(&host, 0, 16);
	host_start(&host, 63, CHTYPE_DL, 16);
	for (unsigned int i = 0; i < 400; i++) {
		unsigned int what = chance(&seed) % 4;

		if (what == 0)
			host_send(&host, 0, &i, 1 + chance(&seed) % 4);
		else if (what == 1)
			host_offer(&host, 1, 1 + chance(&seed) % 8), host_ring(&host, 1);
		else if (what == 2)
			host_offer(&host, 63, 16), host_ring(&host, 63);
		else
			host_at(&host, host.timers.now_us + chance(&seed) % 3000);
		while (host_event(&host, 1, &ev))
			digest = (digest ^ ev.ptr ^ ev.dword[0] ^ (uint64_t)ev.dword[1] << 32) *
				 1099511628211ull;
		digest = digest * 31 + host.irqs[2];
	}
	for (size_t i = 0; i < host.n_writes; i++)
		digest = digest * 31 + host.writes[i];
	host_close(&host);
	return digest;
}

START_TEST(test_the_same_schedule_gives_the_same_bytes)
{
	uint64_t first;

	teardown();
	first = run_schedule(7);
	ck_assert_uint_eq(run_schedule(7), first);
	ck_assert_uint_ne(run_schedule(8), first);
	setup();
}
END_TEST

/* Anything in memory and registers: the modem may crash, but only as a modem. */
START_TEST(test_nonsense_never_breaks_the_model)
{
	uint64_t seed = (uint64_t)_i + 1;

	host_start_pair(&host, 0, 16);
	host_start_pair(&host, 60, 16);
	host_start(&host, 63, CHTYPE_DL, 16);
	for (unsigned int i = 0; i < 3000; i++) {
		uint8_t *memory = chance(&seed) % 2 ? host.writes : host.reads;
		size_t used = memory == host.writes ? host.n_writes : host.n_reads;
		static const uint8_t wide[] = { 0, 1, 60, 63 };
		unsigned int chid = wide[chance(&seed) % 4];
		struct tre_copy ev;

		switch (chance(&seed) % 8) {
		case 0:
			put_le32(memory + chance(&seed) % (used - 4), chance(&seed) << 1);
			break;
		case 1:
			memory[chance(&seed) % used] = (uint8_t)chance(&seed);
			break;
		case 2:
			host_write64(&host, CHDB + 8 * chid,
				     host.chans[chid].base + 16 * (chance(&seed) % 16));
			break;
		case 3:
			sim_write32(host.sim, chance(&seed) % SIM_BAR_LEN & ~3u,
				    chance(&seed));
			break;
		case 4:
			host_write64(&host, CRDB_LOWER,
				     host.commands.base + 16 * (chance(&seed) % 128));
			break;
		case 5:
			host_write64(&host, ERDB + 8 * (chance(&seed) % 3),
				     host.events[1].base + 16 * (chance(&seed) % 256));
			break;
		case 6:
			host_at(&host, host.timers.now_us + chance(&seed) % 2000);
			break;
		case 7:
			if (host_state(&host) == MHI_STATE_M0)
				break;
			sim_power_cycle(host.sim);
			host.n_reads = host.n_writes = 0;
			memset(host.events, 0, sizeof(host.events));
			host_prepare(&host);
			host_ask(&host, MHI_STATE_M0);
			while (host_event(&host, 0, &ev))
				;
			host_describe(&host, 0, CHTYPE_UL, 16, 1);
			host_describe(&host, 1, CHTYPE_DL, 16, 1);
			host_command(&host, TRE_CMD_START_CHAN, 0);
			host_command(&host, TRE_CMD_START_CHAN, 1);
			break;
		}
		host_settle(&host);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sim-traffic");
	TCase *t = tcase_create("traffic");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_an_echo_comes_back);
	tcase_add_test(t, test_an_echo_waits_for_its_buffer);
	tcase_add_test(t, test_an_echo_waits_for_its_downlink_channel);
	tcase_add_test(t, test_a_message_waits_until_all_of_it_fits);
	tcase_add_test(t, test_an_exact_fit_ends_without_an_empty_event);
	tcase_add_test(t, test_a_message_larger_than_the_ring_goes_in_pieces);
	tcase_add_test(t, test_a_chain_is_one_message);
	tcase_add_test(t, test_an_element_without_flags_completes_silently);
	tcase_add_test(t, test_rings_wrap);
	tcase_add_test(t, test_a_turn_takes_at_most_64_elements);
	tcase_add_test(t, test_a_full_event_ring_holds_back_before_taking);
	tcase_add_test(t, test_echo_survives_a_tiny_event_ring);
	tcase_add_test(t, test_a_bad_event_doorbell_is_ignored);
	tcase_add_test(t, test_malformed_elements_are_thrown_back);
	tcase_add_test(t, test_buffers_not_mapped_are_refused_and_counted);
	tcase_add_test(t, test_the_data_window_of_the_host_is_kept);
	tcase_add_test(t, test_a_data_window_that_ends_before_it_begins_holds_nothing);
	tcase_add_test(t, test_an_endless_chain_is_thrown_back);
	tcase_add_test(t, test_produce_fills_every_buffer);
	tcase_add_test(t, test_swallow_and_mute_and_one_way);
	tcase_add_test(t, test_a_modem_can_hold_its_uplink);
	tcase_add_test(t, test_bei_waits_for_the_moderation_timer);
	tcase_add_test(t, test_bei_without_moderation_interrupts_at_once);
	tcase_add_test(t, test_many_events_of_a_turn_interrupt_once);
	tcase_add_test(t, test_burst_mode_polls_the_context);
	tcase_add_test(t, test_burst_mode_takes_no_old_doorbell);
	tcase_add_test(t, test_the_ring_of_answers_is_published_last);
	tcase_add_test(t, test_burst_mode_downlink_says_out_of_buffers);
	tcase_add_test(t, test_coalesced_channels_complete_by_cookie);
	tcase_add_test(t, test_reset_in_the_middle_of_a_message);
	tcase_add_test(t, test_the_same_schedule_gives_the_same_bytes);
	tcase_add_loop_test(t, test_nonsense_never_breaks_the_model, 0, 8);
	suite_add_tcase(s, t);
	return suite_run(s);
}
