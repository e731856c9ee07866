/*
 * The catalogue of faults, as far as they are the modem's: each row makes the
 * description of each of its cases.
 */
#include "sim/fault.h"
#include "core/layout.h"
#include "sim/modem.h"

enum { EVERY = 0 };	/* times */

/* Channels of the sim profile, and of nearly every other: LOOPBACK; RPMSG. */
enum { UL = 0, DL = 1, RPMSG_UL = 64 };

static void reads(struct sim_fault *f, enum sim_deed deed, uint32_t at, uint64_t value)
{
	f->deed = deed;
	f->at = at;
	f->value = value;
	f->times = EVERY;
}

static void by_itself(struct sim_fault *f, enum sim_deed deed, uint64_t value, uint32_t every_us,
		      uint32_t times)
{
	f->deed = deed;
	f->value = value;
	f->every_us = every_us;
	f->times = times;
}

/* An event with this content, again and again. */
static void says(struct sim_fault *f, unsigned int ring, enum tre_type type, unsigned int code,
		 unsigned int chan)
{
	f->deed = DEED_EVENT;
	f->ring = (uint8_t)ring;
	f->type = (uint8_t)type;
	f->code = (uint8_t)code;
	f->chan = (uint8_t)chan;
	f->every_us = 1000;
	f->times = 4;
}

/* Something happens to events of this type. */
static void events(struct sim_fault *f, enum sim_deed deed, enum tre_type type, unsigned int chan,
		   uint64_t value)
{
	f->deed = deed;
	f->type = (uint8_t)type;
	f->chan = (uint8_t)chan;
	f->value = value;
}

/* --- registers --- */

static void f01(unsigned int c, struct sim_fault *f)
{
	f->deed = c ? DEED_LOSE : DEED_READ_IS;
	f->at = SIM_ANY_REGISTER;
	f->value = MHI_ALL_ONES;
	f->times = EVERY;
	f->when = SIM_WHEN_TIME;
}

static void f02(unsigned int c, struct sim_fault *f)
{
	f->deed = DEED_LOSE;
	f->when = SIM_WHEN_READ;
	f->k = c + 1;
}

static void f03(unsigned int c, struct sim_fault *f)
{
	static const struct { uint32_t at, value; } wrong[] = {
		{ MHIREGLEN, 0 }, { MHIVER, 0 }, { MHIVER, 0x02000000 }, { MHIVER, 0x7f000000 },
		{ MHIREGLEN, MHI_ALL_ONES }, { MHIVER, 0x00ffffff },
	};

	reads(f, DEED_READ_IS, wrong[c].at, wrong[c].value);
}

static void f04(unsigned int c, struct sim_fault *f)
{
	static const uint32_t offsets[] = { CHDBOFF, ERDBOFF, BHIOFF, BHIEOFF };
	static const uint32_t values[] = { SIM_BAR_LEN, SIM_BAR_LEN - 4, 0xfffffff8, 0x402, 0x48 };

	reads(f, DEED_READ_IS, offsets[c / 5], values[c % 5]);
}

static void f06(unsigned int c, struct sim_fault *f)
{
	static const uint32_t at[] = {
		MHISTATUS, MHICTRL, BHI_AT + BHI_EXECENV, BHIOFF, CHDBOFF, MHICFG,
	};

	reads(f, DEED_READ_VARIES, at[c], 0);
}

static void f07(unsigned int c, struct sim_fault *f)
{
	static const struct { uint32_t at, value; } odd[] = {
		{ BHI_AT + BHI_EXECENV, 8 }, { BHI_AT + BHI_EXECENV, 42 },
		{ BHI_AT + BHI_EXECENV, 0x80000000 }, { BHI_AT + BHI_EXECENV, 0xfffffffe },
		{ MHISTATUS, 0x0801 }, { MHISTATUS, 0x4201 }, { MHISTATUS, 0xfe01 },
		{ MHISTATUS, 0xfffffffe }, { MHISTATUS, 0x0000 }, { MHISTATUS, 0x0001 },
		{ MHISTATUS, 0x0700 }, { MHISTATUS, 0xff00 },
	};

	reads(f, DEED_READ_IS, odd[c].at, odd[c].value);
}

static void f08(unsigned int c, struct sim_fault *f)
{
	switch (c) {
	case 0:
		by_itself(f, DEED_MOOD, SIM_NEVER_READY, 0, 1);
		break;
	case 1:
		reads(f, DEED_READ_AND, MHISTATUS, ~(uint64_t)MHISTATUS_READY);
		break;
	case 2:
		reads(f, DEED_READ_OR, MHICTRL, MHICTRL_RESET);
		break;
	default:
		reads(f, DEED_WRITE_LOST, MHICTRL, MHICTRL_RESET);
	}
}

static void f09(unsigned int c, struct sim_fault *f)
{
	static const uint32_t values[] = { 0, MHICTRL_RESET, MHICTRL_MHISTATE_MASK, 0 };

	reads(f, DEED_WRITE_LOST, MHICTRL, values[c]);
	f->times = c == 3 ? 1 : EVERY;
}

/* --- event rings and interrupts --- */

static void f11(unsigned int c, struct sim_fault *f)
{
	static const struct { enum sim_deed deed; uint64_t value; } at[] = {
		{ DEED_RP_FROM_BASE, -16ull }, { DEED_RP_FROM_END, 0 },
		{ DEED_RP_FROM_END, 0x100000 }, { DEED_RP_IS, 0 }, { DEED_RP_IS, UINT64_MAX },
	};

	f->deed = at[c % 5].deed;
	f->value = at[c % 5].value;
	f->ring = (uint8_t)(c / 5);
}

static void f12(unsigned int c, struct sim_fault *f)
{
	static const uint8_t off[] = { 1, 4, 8, 15 };

	f->deed = DEED_RP_ADD;
	f->value = off[c % 4];
	f->ring = (uint8_t)(c / 4);
}

static void f13(unsigned int c, struct sim_fault *f)
{
	static const uint64_t turns[] = { -1ull, -3ull, 7 };

	f->deed = DEED_RP_TURN;
	f->value = turns[c % 3];
	f->ring = (uint8_t)(c / 3);
}

static void f14(unsigned int c, struct sim_fault *f)
{
	by_itself(f, DEED_IRQ, c, 1000, 2000);
}

static void f15(unsigned int c, struct sim_fault *f)
{
	static const uint32_t delays[] = { 100, 3000, 4000000000 };

	events(f, DEED_EVENT_UNWRITTEN, c < 3 ? TRE_EV_TRANSFER : TRE_EV_CMD, SIM_ANY, 0);
	f->delay_us = delays[c % 3];
}

static void f16(unsigned int c, struct sim_fault *f)
{
	by_itself(f, DEED_FLIP, 0, 20 + 37 * c, 400);
}

static void f17(unsigned int c, struct sim_fault *f)
{
	if (c >= 256) {
		events(f, DEED_EVENT_CODE, TRE_EV_TRANSFER, SIM_ANY, c - 256);
		return;
	}
	says(f, c % 4, (enum tre_type)c, EV_CODE_EOT, c);
	f->value = (uint64_t)c << 32;
	if (c % 16 == 15)
		events(f, DEED_EVENT_RESERVED, TRE_INVALID, SIM_ANY, 0);
}

static void f18(unsigned int c, struct sim_fault *f)
{
	if (c < 2) {
		events(f, DEED_OVERRUN, TRE_INVALID, SIM_ANY, 0);
		f->times = c ? 200 : EVERY;
		return;
	}
	f->deed = DEED_RP_TURN;
	f->value = c == 2 ? 40 : 63;
	f->ring = 1;
}

static void f19(unsigned int c, struct sim_fault *f)
{
	static const struct { uint8_t ring, type, code; } flood[] = {
		{ 1, TRE_EV_TRANSFER, EV_CODE_OOB }, { 0, TRE_EV_TSYNC, 0 }, { 1, 0x99, 0 },
		{ 0, TRE_EV_EE, MHI_EE_AMSS }, { 2, TRE_EV_BW_REQ, 0 },
	};

	if (c == 5) {
		f->deed = DEED_RP_TURN;
		f->value = 1;
		f->ring = 1;
		f->times = EVERY;
		return;
	}
	says(f, flood[c].ring, (enum tre_type)flood[c].type, flood[c].code, DL);
	f->deed = DEED_EVENTS;
	f->every_us = 100;
	f->times = 500;
}

static void f20(unsigned int c, struct sim_fault *f)
{
	switch (c) {
	case 0:
	case 1:
		events(f, DEED_EVENT_RING, TRE_EV_CMD, SIM_ANY, c + 1);
		break;
	case 2:
	case 3:
		events(f, DEED_EVENT_RING, TRE_EV_TRANSFER, SIM_ANY, c == 2 ? 0 : 2);
		break;
	default:
		says(f, 1, c == 4 ? TRE_EV_STATE : TRE_EV_EE, MHI_STATE_M0, 0);
	}
	f->times = 6;
}

static void f21(unsigned int c, struct sim_fault *f)
{
	static const struct { uint32_t each, times; } lost[] = {
		{ 1, 1 }, { 2, EVERY }, { 1, EVERY }, { 3, EVERY },
	};

	f->deed = DEED_IRQ_LOST;
	f->value = lost[c].each;
	f->times = lost[c].times;
}

static void f22(unsigned int c, struct sim_fault *f)
{
	by_itself(f, DEED_IRQ, c, 8, 20000);
}

static void f23(unsigned int c, struct sim_fault *f)
{
	static const uint8_t vectors[] = { 0, 1, 2, 3, 4, 63 };

	by_itself(f, DEED_IRQ, vectors[c], 300, 4000);
}

static void f24(unsigned int c, struct sim_fault *f)
{
	by_itself(f, DEED_IRQ, c + 1, 1000, 2000);
}

static void f25(unsigned int c, struct sim_fault *f)
{
	static const uint8_t codes[] = { MHI_STATE_M0, MHI_STATE_M1, MHI_STATE_M3, 0x42 };

	says(f, 0, TRE_EV_STATE, codes[c], 0);
	f->deed = DEED_EVENTS;
	f->every_us = 200;
	f->times = 300;
}

/* --- completions and commands --- */

static void f26(unsigned int c, struct sim_fault *f)
{
	static const uint8_t chans[] = { 255, 77, 3, UL };

	says(f, 1, TRE_EV_TRANSFER, EV_CODE_EOT, chans[c % 4]);
	f->times = c < 4 ? 1 : 400;
	f->every_us = 100;
}

static void f27(unsigned int c, struct sim_fault *f)
{
	static const uint32_t delays[] = { 0, 1000, 900000, 5000000 };

	events(f, DEED_EVENT_LATE, TRE_EV_TRANSFER, c < 4 ? DL : UL, 0);
	f->delay_us = delays[c % 4];
	f->times = 8;
}

static void f28(unsigned int c, struct sim_fault *f)
{
	static const struct { enum sim_deed deed; uint64_t value; } at[] = {
		{ DEED_EVENT_PTR, 0 }, { DEED_EVENT_PTR, UINT64_MAX }, { DEED_EVENT_PTR_ADD, 1 },
		{ DEED_EVENT_PTR_ADD, 1 << 20 }, { DEED_EVENT_PTR_ADD, -16ull },
		{ DEED_EVENT_PTR_ADD, 0x180 },
	};

	events(f, at[c % 6].deed, TRE_EV_TRANSFER, c < 6 ? DL : UL, at[c % 6].value);
}

static void f29(unsigned int c, struct sim_fault *f)
{
	static const uint32_t delays[] = { 0, 300, 200000 };

	events(f, c % 3 ? DEED_EVENT_AGAIN : DEED_EVENT_TWICE, TRE_EV_TRANSFER,
	       c < 3 ? DL : UL, 0);
	f->delay_us = delays[c % 3];
}

static void f30(unsigned int c, struct sim_fault *f)
{
	unsigned int chan = c < 4 ? DL : UL;

	switch (c % 4) {
	case 0:
		events(f, DEED_EVENT_SWAPPED, TRE_EV_TRANSFER, chan, 0);
		break;
	case 1:
		events(f, DEED_EVENT_PTR_ADD, TRE_EV_TRANSFER, chan, 16);
		break;
	case 2:
		events(f, DEED_EVENT_LOST, TRE_EV_TRANSFER, chan, 0);
		break;
	default:
		events(f, DEED_EVENT_LOST, TRE_EV_TRANSFER, chan, 0);
		f->times = 3;
	}
}

static void f31(unsigned int c, struct sim_fault *f)
{
	static const uint32_t times[] = { 1, EVERY };
	static const uint8_t chans[] = { UL, DL, SIM_ANY, 15 };

	events(f, DEED_EVENT_LOST, TRE_EV_TRANSFER, chans[c / 2], 0);
	f->times = times[c % 2];
}

static void f32(unsigned int c, struct sim_fault *f)
{
	static const struct { enum sim_deed deed; uint64_t value; } lens[] = {
		{ DEED_EVENT_LEN, 0 }, { DEED_EVENT_LEN_ADD, 1 }, { DEED_EVENT_LEN, 0xffff },
		{ DEED_EVENT_LEN_ADD, -1ull }, { DEED_EVENT_LEN, 4097 }, { DEED_DATA_LOST, 0 },
	};

	events(f, lens[c % 6].deed, TRE_EV_TRANSFER, c < 6 ? DL : UL, lens[c % 6].value);
	f->times = 3;
}

static void f33(unsigned int c, struct sim_fault *f)
{
	static const uint8_t codes[] = {
		EV_CODE_OVERFLOW, EV_CODE_EOB, EV_CODE_OOB, EV_CODE_DB_MODE,
		EV_CODE_UNDEFINED_ERR, EV_CODE_BAD_TRE, EV_CODE_INVALID,
	};

	events(f, DEED_EVENT_CODE, TRE_EV_TRANSFER, c < 7 ? DL : UL, codes[c % 7]);
}

static void f34(unsigned int c, struct sim_fault *f)
{
	says(f, 1, TRE_EV_TRANSFER, c ? EV_CODE_DB_MODE : EV_CODE_OOB, DL);
	f->deed = DEED_EVENTS;
	f->every_us = 50;
	f->times = 1000;
}

static void f35(unsigned int c, struct sim_fault *f)
{
	static const uint8_t codes[] = {
		EV_CODE_EOB, EV_CODE_OVERFLOW, EV_CODE_EOB, EV_CODE_OVERFLOW,
	};

	events(f, DEED_EVENT_CODE, TRE_EV_TRANSFER, c < 4 ? DL : 15, codes[c % 4]);
	f->times = c % 4 < 2 ? 3 : EVERY;
}

static void f36(unsigned int c, struct sim_fault *f)
{
	static const uint64_t cookies[] = { 0, 31, 0x10000, UINT64_MAX, 0x10, 7 };

	says(f, c < 3 ? 1 : 3, TRE_EV_RSC_TRANSFER, EV_CODE_EOT, c < 3 ? DL : 101);
	f->value = cookies[c];
	f->times = c == 5 ? 40 : 2;
}

static void f37(unsigned int c, struct sim_fault *f)
{
	static const struct { enum sim_deed deed; uint64_t value; } wrong[] = {
		{ DEED_EVENT_LOST, 0 }, { DEED_EVENT_TWICE, 0 }, { DEED_EVENT_PTR_ADD, 16 },
		{ DEED_EVENT_PTR_ADD, -16ull }, { DEED_EVENT_PTR, 0 }, { DEED_EVENT_PTR_ADD, 8 },
		{ DEED_EVENT_CODE, EV_CODE_UNDEFINED_ERR }, { DEED_EVENT_CODE, 0xff },
		{ DEED_EVENT_AGAIN, 0 }, { DEED_EVENT_SWAPPED, 0 },
	};

	events(f, wrong[c].deed, TRE_EV_CMD, SIM_ANY, wrong[c].value);
	f->delay_us = 700;
}

static void f38(unsigned int c, struct sim_fault *f)
{
	if (c == 0)
		by_itself(f, DEED_MOOD, SIM_DEAF_TO_COMMANDS, 0, 1);
	else if (c == 1)
		reads(f, DEED_WRITE_LOST, CRDB_LOWER, 0);
	else
		events(f, DEED_EVENT_LOST, TRE_EV_CMD, SIM_ANY, 0);
	f->times = c == 0;
}

static void f39(unsigned int c, struct sim_fault *f)
{
	if (c < 2) {
		by_itself(f, DEED_MOOD, SIM_REFUSES_START, 0, 1);
		return;
	}
	events(f, DEED_EVENT_LATE, TRE_EV_CMD, SIM_ANY, 0);
	f->delay_us = c == 2 ? 900000 : 1500000;
}

static void f40(unsigned int c, struct sim_fault *f)
{
	events(f, DEED_EVENT_LOST, TRE_EV_CMD, SIM_ANY, 0);
	f->code = c % 2;	/* RESET of the downlink, of the uplink */
	f->times = c < 2 ? 1 : EVERY;
}

static void f41(unsigned int c, struct sim_fault *f)
{
	by_itself(f, DEED_SCRIBBLE, SIM_DL_BUFFER, 50 + 100 * c, 200);
}

static void f42(unsigned int c, struct sim_fault *f)
{
	static const uint8_t targets[] = {
		SIM_UL_BUFFER, SIM_TRANSFER_RING, SIM_COMMAND_RING,
		SIM_CHANNEL_CONTEXT, SIM_EVENT_CONTEXT, SIM_EVENT_RING,
	};

	by_itself(f, DEED_SCRIBBLE, targets[c], 500, 20);
	f->ring = 1;
}

static void f43(unsigned int c, struct sim_fault *f)
{
	f->deed = DEED_WRITE_LOST;
	f->at = SIM_ANY_BELL;
	f->code = (uint8_t)c;	/* so many pass before */
}

static void f44(unsigned int c, struct sim_fault *f)
{
	by_itself(f, DEED_SCRIBBLE, SIM_OUTSIDE, 500, c ? 200 : 1);
}

/* --- state and power --- */

static void f45(unsigned int c, struct sim_fault *f)
{
	static const enum sim_deed deeds[] = { DEED_CRASH_SILENT, DEED_CRASH_EVENT, DEED_CRASH };
	/* Where the modem is when the host is somewhere: on the k-th write of the
	 * host's way up, in each of its states, then at times of a session. */
	static const struct { enum sim_fault_when when; uint64_t k; } when[] = {
		{ SIM_WHEN_WRITE, 1 }, { SIM_WHEN_WRITE, 2 }, { SIM_WHEN_WRITE, 5 },
		{ SIM_WHEN_WRITE, 12 }, { SIM_WHEN_WRITE, 17 }, { SIM_WHEN_WRITE, 20 },
		{ SIM_WHEN_WRITE, 25 }, { SIM_WHEN_WRITE, 30 },
		{ SIM_WHEN_STATE, MHI_STATE_RESET }, { SIM_WHEN_STATE, MHI_STATE_READY },
		{ SIM_WHEN_STATE, MHI_STATE_M0 }, { SIM_WHEN_STATE, MHI_STATE_M1 },
		{ SIM_WHEN_STATE, MHI_STATE_M2 }, { SIM_WHEN_STATE, MHI_STATE_M3 },
		{ SIM_WHEN_READ, 3 }, { SIM_WHEN_READ, 10 }, { SIM_WHEN_READ, 20 },
		{ SIM_WHEN_TIME, 10 }, { SIM_WHEN_TIME, 10000 }, { SIM_WHEN_EVENT, 9 },
	};

	f->deed = deeds[c % 3];
	f->when = when[c / 3].when;
	f->k = when[c / 3].k;
}

static void f46(unsigned int c, struct sim_fault *f)
{
	by_itself(f, DEED_CRASH, 0, 700, c + 1);
}

static void f47(unsigned int c, struct sim_fault *f)
{
	f->deed = DEED_CRASH;
	f->when = SIM_WHEN_WRITE;
	f->k = 16 + c;
}

static void f48(unsigned int c, struct sim_fault *f)
{
	by_itself(f, DEED_EE_ANY, 0, 100, 40 * (c + 1));
}

static void f49(unsigned int c, struct sim_fault *f)
{
	static const uint8_t ees[] = {
		MHI_EE_PBL, MHI_EE_SBL, MHI_EE_EDL, MHI_EE_PTHRU, MHI_EE_FP, MHI_EE_WFW,
		MHI_EE_RDDM, MHI_EE_AMSS,
	};

	by_itself(f, DEED_EE, ees[c], 0, 1);
	f->k = 2000;
}

static void f50(unsigned int c, struct sim_fault *f)
{
	f->deed = c % 2 ? DEED_RESTART_SILENT : DEED_RESTART;
	f->when = SIM_WHEN_EVENT;
	f->k = 1 + 2 * (c / 2);
}

static void f51(unsigned int c, struct sim_fault *f)
{
	switch (c) {
	case 0:
		by_itself(f, DEED_MOOD, SIM_IGNORES_M3, 0, 1);
		break;
	case 1:
		by_itself(f, DEED_MOOD, SIM_IGNORES_M0, 0, 1);
		break;
	case 2:
		reads(f, DEED_WRITE_LOST, CHDB_AT + 8 * MHI_WAKE_DB, 0);
		break;
	case 3:
	case 4:
		events(f, DEED_EVENT_LOST, TRE_EV_STATE, SIM_ANY, 0);
		f->times = c == 3 ? 1 : EVERY;
		break;
	default:
		reads(f, DEED_WRITE_LOST, MHICTRL, MHICTRL_MHISTATE_MASK);
	}
}

static void f52(unsigned int c, struct sim_fault *f)
{
	f->deed = DEED_PULL;
	if (c < 20) {
		f->when = SIM_WHEN_WRITE;
		f->k = 1 + 3 * c;
	} else {
		f->k = 100ull << (c - 20) / 2 << c % 2;
	}
}

static void f53(unsigned int c, struct sim_fault *f)
{
	by_itself(f, c % 2 ? DEED_RESTART_SILENT : DEED_RESTART, 0, 3000, 1 + c / 2);
	f->k = 5000;
}

/* --- boot and dump --- */

#define STATUS_OF(n) ((uint64_t)(n) << 30)

static void f56(unsigned int c, struct sim_fault *f)
{
	static const uint32_t status = BHI_AT + BHI_STATUS;

	switch (c) {
	case 0:
		reads(f, DEED_READ_OR, status, STATUS_OF(3));
		break;
	case 1:
		reads(f, DEED_READ_IS, status, 0);
		break;
	case 2:
		reads(f, DEED_READ_IS, status, STATUS_OF(2));
		break;
	case 3:
		reads(f, DEED_READ_IS, status, STATUS_OF(1));
		break;
	case 4:
		reads(f, DEED_WRITE_LOST, BHI_AT + BHI_IMGTXDB, 0);
		break;
	case 5:
		reads(f, DEED_READ_VARIES, status, 0);
		break;
	case 6:
		reads(f, DEED_WRITE_LOST, BHI_AT + BHI_STATUS, 0);
		break;
	default:
		reads(f, DEED_WRITE_LOST, BHI_AT + BHI_IMGSIZE, 0);
	}
}

static void f57(unsigned int c, struct sim_fault *f)
{
	static const uint32_t status = BHIE_AT + BHIE_TXVECSTATUS;

	switch (c) {
	case 0:
		reads(f, DEED_READ_OR, status, STATUS_OF(3));
		break;
	case 1:
		reads(f, DEED_READ_XOR, status, 1);
		break;
	case 2:
		reads(f, DEED_READ_IS, status, 0);
		break;
	case 3:
		reads(f, DEED_READ_IS, BHI_AT + BHI_EXECENV, MHI_EE_SBL);
		break;
	case 4:
		reads(f, DEED_READ_IS, BHI_AT + BHI_EXECENV, MHI_EE_PBL);
		break;
	case 5:
		reads(f, DEED_WRITE_LOST, BHIE_AT + BHIE_TXVECDB, 0);
		break;
	case 6:
		reads(f, DEED_READ_VARIES, status, 0);
		break;
	default:
		reads(f, DEED_WRITE_LOST, BHIE_AT + BHIE_TXVECSIZE, 0);
	}
}

static void f60(unsigned int c, struct sim_fault *f)
{
	static const uint32_t status = BHIE_AT + BHIE_RXVECSTATUS;

	switch (c) {
	case 0:
		reads(f, DEED_READ_OR, status, STATUS_OF(3));
		break;
	case 1:
		reads(f, DEED_READ_IS, status, 0);
		break;
	case 2:
		reads(f, DEED_READ_XOR, status, 5);
		break;
	case 3:
		reads(f, DEED_READ_VARIES, status, 0);
		break;
	case 4:
		reads(f, DEED_WRITE_LOST, BHIE_AT + BHIE_RXVECSIZE, 0);
		break;
	case 5:
		reads(f, DEED_WRITE_LOST, BHIE_AT + BHIE_RXVECDB, 0);
		break;
	case 6:
		by_itself(f, DEED_CRASH, 0, 500, 20);
		break;
	case 7:
		reads(f, DEED_READ_IS, status, STATUS_OF(1));
		break;
	case 8:
		reads(f, DEED_READ_IS, status, MHI_ALL_ONES);
		break;
	default:
		by_itself(f, DEED_LOSE, 0, 0, 1);
		f->k = 1000;
	}
}

/* --- the name service, where there is an rpmsg bus --- */

static void lies(unsigned int c, struct sim_fault *f)
{
	f->deed = DEED_LIE;
	f->value = c;
}

/* Only the completions of its messages can hold rpmsg up. */
static void f64(unsigned int c, struct sim_fault *f)
{
	static const enum sim_deed deeds[] = {
		DEED_EVENT_LOST, DEED_EVENT_LATE, DEED_EVENT_AGAIN,
	};

	if (c == 3) {
		by_itself(f, DEED_IRQ, 1, 1000, 1000);
		return;
	}
	events(f, deeds[c], TRE_EV_TRANSFER, RPMSG_UL, 0);
	f->delay_us = 50000;
	f->times = EVERY;
}

static const struct sim_fault_kind kinds[] = {
	{ 1, 2, "registers read all ones from the first read on", f01 },
	{ 2, 40, "registers read all ones from the k-th read on", f02 },
	{ 3, 6, "length or version of no known protocol", f03 },
	{ 4, 20, "offsets of blocks outside, unaligned, wrapping, overlapping", f04 },
	{ 6, 6, "a register with another value at each read", f06 },
	{ 7, 12, "environments and states that do not exist or not together", f07 },
	{ 8, 4, "READY never comes, RESET never ends", f08 },
	{ 9, 4, "writes of the state are lost", f09 },
	{ 11, 15, "event read pointer outside the ring", f11 },
	{ 12, 12, "event read pointer between elements", f12 },
	{ 13, 9, "event read pointer goes back, or over old elements", f13 },
	{ 14, 3, "interrupts for nothing", f14 },
	{ 15, 6, "event announced before it is written", f15 },
	{ 16, 8, "bits of events and pointers flip all the time", f16 },
	{ 17, 512, "every event type, every completion code, reserved bits", f17 },
	{ 18, 4, "event ring overrun", f18 },
	{ 19, 6, "events without end", f19 },
	{ 20, 6, "events on the wrong ring", f20 },
	{ 21, 4, "interrupts get lost", f21 },
	{ 22, 4, "interrupt storm", f22 },
	{ 23, 6, "interrupts before, during and after everything", f23 },
	{ 24, 4, "interrupts on the wrong vector", f24 },
	{ 25, 4, "floods of state events", f25 },
	{ 26, 8, "completions for channels that are not there", f26 },
	{ 27, 8, "completions that come late", f27 },
	{ 28, 12, "completions of elements that are not there", f28 },
	{ 29, 6, "an element completes twice", f29 },
	{ 30, 8, "completions out of order, or only some", f30 },
	{ 31, 8, "completions never come", f31 },
	{ 32, 12, "lengths that lie, bytes that were not written", f32 },
	{ 33, 14, "each completion code where an end of transfer belongs", f33 },
	{ 34, 2, "out-of-buffer and doorbell-mode without end", f34 },
	{ 35, 8, "messages cut or without end", f35 },
	{ 36, 6, "coalesced completions with bad cookies", f36 },
	{ 37, 10, "command completions lost, doubled, misnamed", f37 },
	{ 38, 3, "no command is taken any more", f38 },
	{ 39, 4, "a start is refused, or answered late", f39 },
	{ 40, 4, "a stop or reset of a channel is never answered", f40 },
	{ 41, 4, "receive buffers are written after their completion", f41 },
	{ 42, 6, "rings, contexts and transmit buffers are overwritten", f42 },
	{ 43, 10, "the k-th doorbell is not heard", f43 },
	{ 44, 2, "memory is touched that is not mapped", f44 },
	{ 45, 60, "SYS_ERR by register, event or both, everywhere", f45 },
	{ 46, 10, "SYS_ERR again and again", f46 },
	{ 47, 6, "SYS_ERR around the begin of interrupts", f47 },
	{ 48, 8, "a storm of environments", f48 },
	{ 49, 8, "jumps between environments", f49 },
	{ 50, 12, "the modem resets itself in the middle", f50 },
	{ 51, 6, "suspend, resume or wake are not answered", f51 },
	{ 52, 40, "the card is pulled", f52 },
	{ 53, 6, "gone and back within milliseconds", f53 },
	{ 56, 8, "the first image is not loaded as it should be", f56 },
	{ 57, 8, "the image vector is not loaded as it should be", f57 },
	{ 60, 10, "the dump fails, stalls or is interrupted", f60 },
	{ 61, 14, "rpmsg: announcements that are none", lies },
	{ 62, 6, "rpmsg: floods of names, addresses, goodbyes, messages to nobody", lies },
	{ 63, 10, "rpmsg: announcements and goodbyes of what belongs to others", lies },
	{ 64, 4, "rpmsg: completions never come, late, twice; interrupts without end", f64 },
	{ 65, 10, "rpmsg: messages not as long as they say", lies },
	{ 66, 6, "rpmsg: names empty, endless, with slashes and control characters", lies },
};

const struct sim_fault_kind *sim_fault_kind(unsigned int i)
{
	return i < ARRAY_SIZE(kinds) ? &kinds[i] : NULL;
}

bool sim_fault_find(unsigned int id, unsigned int number, struct sim_fault *ret_fault)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (kinds[i].id != id || number >= kinds[i].n_cases)
			continue;
		*ret_fault = (struct sim_fault){
			.id = id, .number = number, .times = 1, .ring = SIM_ANY, .chan = SIM_ANY,
		};
		kinds[i].describe(number, ret_fault);
		return true;
	}
	return false;
}
