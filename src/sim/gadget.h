/*
 * gadget - the simulated modem at the far end of a USB cable.
 *
 * It takes URBs as a host controller does, and talks on them with the services
 * of service.h: DIAG, NMEA, AT, DUN and QMI of a composite modem, or Sahara
 * and Firehose of one in emergency download mode.  An URB stays until there is
 * something to say on it, or an ear for it, and ends exactly once.
 *
 * Whoever has a cable runs it: a made-up usbfs, the kernel's vhci, a test.  No
 * thread, no clock but the timers, no chance but the seed.
 *
 * Source: the descriptors have the layout of a Quectel EC25.
 */
#pragma once
#include "base/list.h"
#include "base/timers.h"

struct gadget_urb {
	struct list node;	/* the gadget's, until done() */
	uint8_t address;	/* bEndpointAddress; 0: control, either way */
	uint8_t setup[8];	/* of a control URB */
	uint8_t *data;		/* the host's; behind the set-up packet */
	uint32_t len;
	bool wants_zlp;		/* OUT: a packet of length 0 behind whole packets */
	int status;		/* 0 or -errno, as the kernel has it in an URB */
	uint32_t actual;	/* bytes that went */
};

/* Called from inside the calls below and from timers; may not call back. */
struct gadget_host_ops {
	void (*done)(void *user, struct gadget_urb *urb);
	/* Unplugged, every URB is done; and plugged in, perhaps as another. */
	void (*left)(void *user);
	void (*arrived)(void *user);
	/* Another program takes this interface.  May be NULL. */
	void (*hold)(void *user, unsigned int interface);
};

enum gadget_kind {
	GADGET_MODEM,	/* 2c7c:0125 DIAG NMEA AT DUN QMI */
	GADGET_PLAIN,	/* 1209:0001 the same, told apart by class alone */
	GADGET_MBIM,	/* 1209:0002 the same with MBIM for QMI */
	GADGET_EDL,	/* 05c6:9008 Sahara, then Firehose */
	GADGET_CRASHED,	/* 05c6:900e Sahara with memory to dump */
};

/* Bits: what a modem does differently from a good one. */
enum gadget_habit {
	GADGET_SAYS_NO_HELLO = 1,	/* Sahara: somebody has read it before */
	GADGET_ZLP_SILENCES = 2,	/* Sahara: mute after a ZLP behind data */
	GADGET_ZLP_NOT_NEEDED = 4,	/* Firehose: counts bytes only */
	GADGET_STALLS_EMPTY_GET = 8,	/* wdm: else 0 bytes */
	GADGET_NOTICE_FOR_ALL = 16,	/* wdm: one for all answers to a command */
	GADGET_NO_NOTICE = 32,		/* wdm: never a notification */
	GADGET_NMEA_WHOLE = 64,		/* lines of one whole packet, no ZLP */
	GADGET_NMEA_FLOOD = 128,	/* never silent */
	GADGET_SHORT_OF_ZLP = 256,	/* no ZLP behind whole packets, anywhere */
};

struct gadget_config {
	enum gadget_kind kind;
	bool is_super;		/* SuperSpeed: packets of 1024 */
	unsigned int habits;	/* of enum gadget_habit */
	uint64_t seed;
	uint32_t away_us;	/* from leaving to coming back */
	const char *serial;	/* borrowed; NULL: has none */
};

struct gadget;

/* Not plugged in yet.  NULL without memory. */
struct gadget *gadget_new(const struct gadget_config *c, struct timers *timers,
			  const struct gadget_host_ops *ops, void *user);
void gadget_free(struct gadget *g);	/* with no URB left in it */

void gadget_plug(struct gadget *g, enum gadget_kind kind);
void gadget_unplug(struct gadget *g);
bool gadget_is_plugged(const struct gadget *g);
enum gadget_kind gadget_kind(const struct gadget *g);
bool gadget_kind_find(const char *word, enum gadget_kind *ret_kind);	/* "modem", ... */
bool gadget_habit_find(const char *word, unsigned int *ret_habit);	/* "no-hello", ... */
void gadget_set_habits(struct gadget *g, unsigned int habits);	/* from the next plug on */
void gadget_set_super(struct gadget *g, bool is_super);		/* likewise */

/* As they stand in sysfs; good until the gadget changes. */
enum { GADGET_DEVICE_LEN = 18 };
const uint8_t *gadget_device(const struct gadget *g);
const uint8_t *gadget_configuration(const struct gadget *g, uint32_t *ret_len);
const char *gadget_string(const struct gadget *g, unsigned int index);	/* NULL: none */
unsigned int gadget_n_interfaces(const struct gadget *g);
unsigned int gadget_packet(const struct gadget *g);	/* of bulk end points */

/* 0; -ENODEV: not there; -ENOENT: no such end point; or what a fault says. */
int gadget_submit(struct gadget *g, struct gadget_urb *urb);
/* 0: it is done, or a fault keeps it; -EINVAL: it was done before. */
int gadget_cancel(struct gadget *g, struct gadget_urb *urb);
/* Gives back every URB, those that a fault keeps as well, with @status:
 * -ESHUTDOWN as in a suspend, -ENOENT when the host closes. */
void gadget_give_back(struct gadget *g, int status);
/* A port reset: halts, line states and what was said are forgotten. */
void gadget_reset(struct gadget *g);

/* Something to say on an IN end point, once the host asks: one transfer, which
 * may be empty.  False: no such end point. */
bool gadget_say(struct gadget *g, uint8_t address, const void *data, uint32_t len);

enum gadget_act {
	GADGET_STALL,		/* -EPIPE, and the end point is halted */
	GADGET_STALL_ALL,	/* the same to all that wait there */
	GADGET_END,		/* with @status */
	GADGET_EMPTY,		/* success without a byte */
	GADGET_REFUSE,		/* submit says @status */
	GADGET_KEEP,		/* a cancel is accepted, and nothing ever comes */
	GADGET_LAST_WORDS,	/* a cancel brings data */
	GADGET_NO_CANCEL,	/* a cancel says @status; it stays */
	GADGET_LEAVE_SUBMIT,	/* unplugged inside of submit */
	GADGET_LEAVE_END,	/* unplugged when an URB has ended */
	GADGET_LEAVE_CANCEL,	/* unplugged inside of cancel */
};

/* Where a fault waits: an end point address, a request on interfaces, or the
 * clearing of a halt. */
enum {
	GADGET_AT_REQUEST = 0x100,	/* | bRequest: 0 SEND, 1 GET, 0x22 line state */
	GADGET_AT_CLEAR_HALT = 0x201,
};

struct gadget_fault {
	enum gadget_act act;
	unsigned int at;
	int status;
	unsigned int after;	/* so many pass first */
	unsigned int times;	/* UINT_MAX: for ever */
};

/* "ACT@WHERE[+AFTER][*TIMES]": stall@0x82, eproto@0x84*5, enomem@0x81+2*always
 * keep@0x82, stall@get; see gadget-fault.c.  -EINVAL: no such words. */
int gadget_fault_parse(const char *words, struct gadget_fault *ret_fault);
void gadget_inject(struct gadget *g, struct gadget_fault f);	/* at most 16 wait */
void gadget_heal(struct gadget *g);	/* no fault waits any more, of either kind */

struct sim_peer;
/* A fault of the catalogue as sim/peer-fault.h has it, F67 to F72, one at a time;
 * @WHEN counts from now on, read# transfers to the host, write# others.
 * 0, or -EINVAL and half a sentence. */
int gadget_misbehave(struct gadget *g, const char *text, const char **ret_why);
/* What it makes of the descriptor of the device and the configuration behind. */
void gadget_spoil_descriptors(const struct gadget *g, uint8_t *bytes);
const struct sim_peer *gadget_peer(void);

struct gadget_counts {		/* since it was plugged in */
	uint64_t submitted, ended;	/* URBs */
	uint64_t zlps;			/* heard on OUT end points */
	uint64_t line_ups, line_downs;	/* of DTR */
	uint64_t commands, answers;	/* SEND, and GET that brought something */
	uint64_t empty_gets;
	uint64_t cleared;		/* halts */
	uint64_t loaded, flashed;	/* bytes by Sahara, by Firehose */
};
const struct gadget_counts *gadget_counts(const struct gadget *g);
