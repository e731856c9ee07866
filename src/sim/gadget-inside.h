/*
 * gadget-inside - what the files of the gadget share.
 *
 * A gadget has functions, one for each channel; a function has pipes, one for
 * each end point, and a trade: what it does with them.
 */
#pragma once
#include "sim/firehose.h"
#include "sim/gadget.h"
#include "sim/peer-fault.h"
#include "sim/service.h"

enum {
	FUNCTIONS_MAX = 8,
	FAULTS_MAX = 16,
	CONFIGURATION_MAX = 512,
	CLASS_VENDOR = 0xff, CLASS_COMM = 0x02, CLASS_DATA = 0x0a,
	STATE_MAX = 1 << 15,	/* of a service, of a trade */
	BULK_OUT_MAX = 16384,	/* a message on a bulk pipe */
};

struct function;

struct pipe {
	uint8_t address;	/* 0: the function has no such pipe */
	uint16_t packet;
	bool is_halted;
	struct list urbs;	/* oldest first */
	struct mouth mouth;	/* IN: transfers to say; bytes are owned */
	uint32_t offset;	/* said of the first */
	bool sends_zlp;		/* IN: behind whole packets */
	bool owes_zlp;
};

struct trade {
	void (*start)(struct function *f);	/* at plug; may be NULL, as all below */
	bool (*listens)(const struct function *f);	/* NULL: always */
	void (*hear)(struct function *f, const uint8_t *data, uint32_t len);
	void (*hear_end)(struct function *f, bool is_zlp);	/* a transfer ends short */
	void (*on_line)(struct function *f, bool was_up);	/* DTR may have changed */
	/* The mouth of @in is empty, or a timer came: is there more? */
	void (*speak)(struct function *f);
	void (*command)(struct function *f, const uint8_t *data, uint32_t len);
	/* Bytes of an answer into @data, or -EPIPE. */
	int (*fetch)(struct function *f, uint8_t *data, uint32_t len);
	uint32_t ear;		/* hears so much at once */
};

/* A row of a gadget's table. */
struct interface_row {
	uint8_t class, subclass, protocol;
	uint8_t in, out, notify;	/* end points; 0: none */
	uint8_t notify_packet;
	bool has_serial_words;		/* functional descriptors of CDC-ACM */
	bool has_mbim_words;
	bool is_alternate;		/* bulk pair in alternate setting 1 */
	const struct trade *trade;	/* NULL: belongs to the function before */
	const char *life;		/* of its service; NULL: none */
};

struct gadget_row {
	const char *word, *title;
	uint16_t vendor, product;
	unsigned int n_interfaces;
	const struct interface_row *interfaces;
};

struct function {
	struct gadget *gadget;
	const struct trade *trade;
	const struct sim_service *service;
	uint8_t interface;
	struct pipe in, out, notify;
	void *service_state;	/* owned */
	void *state;		/* the trade's, at most STATE_MAX; owned */
	bool is_up;		/* DTR */
	uint8_t coding[7];	/* line coding */
	struct timer tick;
	bool is_tick_due;
	struct mouth answers;	/* wdm: bytes are owned */
};

struct gadget {
	struct gadget_config config;
	struct timers *timers;
	const struct gadget_host_ops *ops;
	void *user;
	bool is_plugged, is_working;
	const struct gadget_row *row;
	uint8_t device[GADGET_DEVICE_LEN];
	uint8_t configuration[CONFIGURATION_MAX];
	uint32_t configuration_len;
	struct function functions[FUNCTIONS_MAX];
	unsigned int n_functions;
	struct list kept;	/* URBs that a fault keeps */
	struct gadget_fault faults[FAULTS_MAX];
	unsigned int n_faults;
	struct sim_peer_fault fault;	/* of the catalogue; id 0: none */
	uint64_t n_counted;	/* URBs until it is due */
	struct timer due, flight;	/* its moment, its departure */
	struct timer leave, come;
	enum gadget_kind next;	/* what comes back */
	struct gadget_counts counts;
};

/* gadget.c */
void gadget_work(struct gadget *g);
void gadget_end(struct gadget *g, struct gadget_urb *urb, int status);
void gadget_come_back_as(struct gadget *g, enum gadget_kind kind, uint32_t after_us);

struct pipe *gadget_pipe(struct gadget *g, uint8_t address);	/* NULL: none */

/* gadget-misdeeds.c */
void gadget_on_due(void *gadget);
void gadget_on_flight(void *gadget);
void misdeed_count(struct gadget *g, const struct gadget_urb *urb);

/* gadget-layout.c */
const struct gadget_row *gadget_row(enum gadget_kind kind);
void gadget_describe(struct gadget *g);	/* writes both descriptors */

/* gadget-pipe.c: true when something moved */
bool pipe_in_work(struct gadget *g, struct pipe *p);
bool pipe_out_work(struct function *f);
void pipe_say(struct pipe *p, const void *data, uint32_t len);	/* 0: a ZLP */
uint32_t pipe_backlog(const struct pipe *p);
void pipe_forget(struct pipe *p);	/* what was to say */

/* gadget-fault.c: is one of these due here?  It is used up then. */
bool fault_take(struct gadget *g, unsigned int at, unsigned int acts,
		struct gadget_fault *ret_fault);
#define ACT(act) (1u << (act))

/* gadget-control.c: 0 and urb->actual, or -EPIPE and the like. */
int control_answer(struct gadget *g, struct gadget_urb *urb);

/* gadget-serial.c */
extern const struct trade trade_diag, trade_nmea, trade_at, trade_dun;
void function_service_start(struct function *f);
void function_service_speak(struct function *f);
void function_tell_line(struct function *f, uint16_t bits);	/* SERIAL_STATE */

/* gadget-wdm.c */
extern const struct trade trade_qmi, trade_mbim;

/* gadget-edl.c */
extern const struct trade trade_edl;
enum { RAW_PIECE = 16384 };	/* of bytes without any frame, more than a mouth holds */

/* gadget-firehose.c */
struct gadget_firehose {
	struct firehose firehose;
	struct function *function;
};
void gadget_firehose_begin(struct gadget_firehose *g, struct function *f);
void gadget_firehose_speak(struct gadget_firehose *g);
