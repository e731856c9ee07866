/*
 * layout - what the host and an MHI device share: register offsets, contexts
 * and ring elements, with the names of the field.
 *
 * Source: Linux drivers/bus/mhi/common.h; the values are those both ends of
 * the protocol agree upon.  The host core and the simulated device use this
 * one description.
 */
#pragma once
#include "base/bytes.h"
#include "base/iova.h"

/* Registers, bytes from the start of BAR 0. */
enum mhi_reg {
	MHIREGLEN = 0x00,
	MHIVER = 0x08,
	MHICFG = 0x10,
	CHDBOFF = 0x18,
	ERDBOFF = 0x20,
	MISCOFF = 0x24,
	BHIOFF = 0x28,
	BHIEOFF = 0x2c,
	DEBUGOFF = 0x30,
	MHICTRL = 0x38,
	MHISTATUS = 0x48,
	CCABAP_LOWER = 0x58,
	CCABAP_HIGHER = 0x5c,
	ECABAP_LOWER = 0x60,
	ECABAP_HIGHER = 0x64,
	CRCBAP_LOWER = 0x68,
	CRCBAP_HIGHER = 0x6c,
	CRDB_LOWER = 0x70,
	CRDB_HIGHER = 0x74,
	MHICTRLBASE_LOWER = 0x80,
	MHICTRLBASE_HIGHER = 0x84,
	MHICTRLLIMIT_LOWER = 0x88,
	MHICTRLLIMIT_HIGHER = 0x8c,
	MHIDATABASE_LOWER = 0x98,
	MHIDATABASE_HIGHER = 0x9c,
	MHIDATALIMIT_LOWER = 0xa0,
	MHIDATALIMIT_HIGHER = 0xa4,
	SOC_RESET_REQ = 0xb0,
	SOC_HW_VERSION = 0x224,
	MHI_REGS_LEN = 0x228,	/* what a BAR must hold at least */
};

/* The BHI block, from BHIOFF. */
enum bhi_reg {
	BHI_VERSION_MINOR = 0x00,
	BHI_VERSION_MAJOR = 0x04,
	BHI_IMGADDR_LOW = 0x08,
	BHI_IMGADDR_HIGH = 0x0c,
	BHI_IMGSIZE = 0x10,
	BHI_IMGTXDB = 0x18,
	BHI_INTVEC = 0x20,
	BHI_EXECENV = 0x28,
	BHI_STATUS = 0x2c,
	BHI_ERRCODE = 0x30,
	BHI_ERRDBG1 = 0x34,
	BHI_ERRDBG2 = 0x38,
	BHI_ERRDBG3 = 0x3c,
	BHI_SERIALNU = 0x40,
	BHI_MSMHWID = 0x4c,
	BHI_OEMPKHASH = 0x64,
	BHI_LEN = 0xc8,
};

/* The BHIe block, from BHIEOFF. */
enum bhie_reg {
	BHIE_MSMSOCID = 0x00,
	BHIE_TXVECADDR_LOW = 0x2c,
	BHIE_TXVECADDR_HIGH = 0x30,
	BHIE_TXVECSIZE = 0x34,
	BHIE_TXVECDB = 0x3c,
	BHIE_TXVECSTATUS = 0x44,
	BHIE_RXVECADDR_LOW = 0x60,
	BHIE_RXVECADDR_HIGH = 0x64,
	BHIE_RXVECSIZE = 0x68,
	BHIE_RXVECDB = 0x70,
	BHIE_RXVECSTATUS = 0x78,
	BHIE_LEN = 0x7c,
};

#define MHICFG_NHWER_SHIFT 24
#define MHICFG_NER_SHIFT 16
#define MHICFG_NHWCH_SHIFT 8
#define MHICFG_NCH_SHIFT 0
#define MHICTRL_MHISTATE_MASK 0x0000ff00u
#define MHICTRL_MHISTATE_SHIFT 8
#define MHICTRL_RESET 0x00000002u
#define MHISTATUS_MHISTATE_MASK 0x0000ff00u
#define MHISTATUS_MHISTATE_SHIFT 8
#define MHISTATUS_SYSERR 0x00000004u
#define MHISTATUS_READY 0x00000001u
#define MHI_ALL_ONES 0xffffffffu
#define MHI_EDL_COOKIE 0xededededu	/* what is written to the doorbell MHI_EDL_DB */

enum {
	MHI_MAX_CHANNELS = 128,
	MHI_MAX_EVENT_RINGS = 32,
	MHI_WAKE_DB = 127,	/* channel doorbell that keeps the device awake */
	MHI_EDL_DB = 91,	/* channel doorbell that asks for EDL */
	MHI_CMD_ELEMENTS = 128,
	MHI_TRE_MAX_LEN = 0xffff,
};

enum mhi_state {
	MHI_STATE_RESET = 0,
	MHI_STATE_READY = 1,
	MHI_STATE_M0 = 2,
	MHI_STATE_M1 = 3,
	MHI_STATE_M2 = 4,
	MHI_STATE_M3 = 5,
	MHI_STATE_M3_FAST = 6,
	MHI_STATE_BHI = 7,
	MHI_STATE_SYS_ERR = 0xff,
};

enum mhi_ee {
	MHI_EE_PBL = 0,
	MHI_EE_SBL = 1,
	MHI_EE_AMSS = 2,
	MHI_EE_RDDM = 3,
	MHI_EE_WFW = 4,
	MHI_EE_PTHRU = 5,
	MHI_EE_EDL = 6,
	MHI_EE_FP = 7,
	MHI_EE_NONE = 8,	/* host only: no usable environment */
};

static inline bool mhi_ee_is_mission(enum mhi_ee ee)
{
	return ee == MHI_EE_AMSS || ee == MHI_EE_WFW || ee == MHI_EE_FP;
}

static inline bool mhi_ee_is_pbl(enum mhi_ee ee)
{
	return ee == MHI_EE_PBL || ee == MHI_EE_PTHRU || ee == MHI_EE_EDL;
}

/* Contexts: arrays in host memory, 44 bytes each, that device and host both
 * write. */
struct chan_ctx {
	le32 chcfg;
	le32 chtype;
	le32 erindex;
	le64 rbase;
	le64 rlen;
	le64 rp;	/* device writes */
	le64 wp;	/* host writes */
};
_Static_assert(sizeof(struct chan_ctx) == 44, "channel context");

struct event_ctx {
	le32 intmod;
	le32 ertype;
	le32 msivec;
	le64 rbase;
	le64 rlen;
	le64 rp;	/* device writes */
	le64 wp;	/* host writes */
};
_Static_assert(sizeof(struct event_ctx) == 44, "event ring context");

struct cmd_ctx {
	le32 reserved[3];
	le64 rbase;
	le64 rlen;
	le64 rp;	/* device writes */
	le64 wp;	/* host writes */
};
_Static_assert(sizeof(struct cmd_ctx) == 44, "command ring context");

/* One element of any ring: a transfer ring element (TRE), a command or an
 * event.  Ring memory is naturally aligned to its own length, so an element
 * is moved as two whole words. */
struct tre {
	uint64_t ptr, dwords;	/* little endian: by tre_load() and tre_store() */
};
_Static_assert(sizeof(struct tre) == 16, "ring element");

/* A private copy of an element: plain numbers, checked before they are used. */
struct tre_copy {
	uint64_t ptr;
	uint32_t dword[2];
};

static inline struct tre_copy tre_load(const struct tre *t)
{
	uint64_t ptr = le64toh(__atomic_load_n(&t->ptr, __ATOMIC_RELAXED));
	uint64_t dwords = le64toh(__atomic_load_n(&t->dwords, __ATOMIC_RELAXED));

	return (struct tre_copy){ ptr, { (uint32_t)dwords, (uint32_t)(dwords >> 32) } };
}

static inline void tre_store_words(struct tre *t, uint64_t ptr, uint64_t dwords)
{
	__atomic_store_n(&t->ptr, htole64(ptr), __ATOMIC_RELAXED);
	__atomic_store_n(&t->dwords, htole64(dwords), __ATOMIC_RELAXED);
}

static inline void tre_store(struct tre *t, struct tre_copy c)
{
	tre_store_words(t, c.ptr, (uint64_t)c.dword[1] << 32 | c.dword[0]);
}

/* Makes it an element of type TRE_INVALID. */
static inline void tre_clear(struct tre *t)
{
	__atomic_store_n(&t->dwords, 0, __ATOMIC_RELAXED);
}

enum chan_ctx_state {
	CHSTATE_DISABLED = 0,
	CHSTATE_ENABLED = 1,
	CHSTATE_RUNNING = 2,
	CHSTATE_SUSPENDED = 3,
	CHSTATE_STOP = 4,
	CHSTATE_ERROR = 5,
};

enum { BRSTMODE_DISABLED = 2, BRSTMODE_ENABLED = 3 };
enum { CHCFG_BRSTMODE_SHIFT = 8, INTMOD_TIME_SHIFT = 16 };	/* ms */
enum { CHTYPE_INVALID = 0, CHTYPE_UL = 1, CHTYPE_DL = 2, CHTYPE_DL_RSC = 3 };
enum { ERTYPE_INVALID = 0, ERTYPE_VALID = 1 };

enum tre_type {
	TRE_INVALID = 0x00,
	TRE_CMD_NOOP = 0x01,
	TRE_TRANSFER = 0x02,
	TRE_RSC_TRANSFER = 0x08,
	TRE_CMD_RESET_CHAN = 0x10,
	TRE_CMD_STOP_CHAN = 0x11,
	TRE_CMD_START_CHAN = 0x12,
	TRE_EV_STATE = 0x20,
	TRE_EV_CMD = 0x21,
	TRE_EV_TRANSFER = 0x22,
	TRE_EV_RSC_TRANSFER = 0x28,
	TRE_EV_EE = 0x40,
	TRE_EV_TSYNC = 0x48,
	TRE_EV_BW_REQ = 0x50,
};

enum ev_code {
	EV_CODE_INVALID = 0x00,
	EV_CODE_SUCCESS = 0x01,
	EV_CODE_EOT = 0x02,
	EV_CODE_OVERFLOW = 0x03,
	EV_CODE_EOB = 0x04,
	EV_CODE_OOB = 0x05,
	EV_CODE_DB_MODE = 0x06,
	EV_CODE_UNDEFINED_ERR = 0x10,
	EV_CODE_BAD_TRE = 0x11,
};

/* Flags of a transfer element, in dword[1]. */
enum {
	TRE_CHAIN = 1u << 0,	/* the next element continues the transfer */
	TRE_IEOB = 1u << 8,	/* event when this element is consumed */
	TRE_IEOT = 1u << 9,	/* event when the transfer ends in it */
	TRE_BEI = 1u << 10,	/* that event may wait for the moderation timer */
};

static inline enum tre_type tre_type(struct tre_copy c)
{
	return (enum tre_type)(c.dword[1] >> 16 & 0xff);
}

static inline unsigned int tre_chid(struct tre_copy c)
{
	return c.dword[1] >> 24;
}

static inline uint32_t tre_len(struct tre_copy c)
{
	return c.dword[0] & 0xffff;
}

/* Completion code of an event; also the new state or EE of such events. */
static inline unsigned int tre_code(struct tre_copy c)
{
	return c.dword[0] >> 24;
}

static inline struct tre_copy tre_transfer(iova_t at, uint16_t len, uint32_t flags)
{
	return (struct tre_copy){ at, { len, (uint32_t)TRE_TRANSFER << 16 | flags } };
}

/* RSC: the length rides in the upper 16 bits of the pointer, the cookie names
 * the host's buffer record. */
static inline struct tre_copy tre_rsc_transfer(iova_t at, uint16_t len, uint32_t cookie)
{
	return (struct tre_copy){ (uint64_t)len << 48 | (at & 0xffffffffffffull),
				  { cookie, (uint32_t)TRE_RSC_TRANSFER << 16 } };
}

static inline struct tre_copy tre_command(enum tre_type type, unsigned int chid)
{
	return (struct tre_copy){ 0, { 0, chid << 24 | (uint32_t)type << 16 } };
}

static inline struct tre_copy tre_event(enum tre_type type, unsigned int chid,
					unsigned int code, uint64_t ptr, uint32_t len)
{
	return (struct tre_copy){ ptr, { code << 24 | (len & 0xffff),
					 chid << 24 | (uint32_t)type << 16 } };
}
