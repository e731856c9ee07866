/*
 * modem - the inside of the simulated modem, for the files of this folder.
 *
 * A lane is one direction of a channel: a transfer ring and its state.  A talk
 * is what lives on a pair of lanes.  A talk with something to do is in
 * sim.busy; one that found an event ring full is in that ring's list of
 * waiters; any other sleeps until a doorbell.  So a turn costs what is busy,
 * not what is open.
 *
 * Register writes and timers only note what is due; events are stored inside
 * sim_turn().  They become visible, and interrupt, when the turn ends; the read
 * pointers of lanes and commands have moved by then.  Only crashes and injected
 * faults do not wait for a turn; they publish their event themselves.
 */
#pragma once
#include "base/list.h"
#include "core/layout.h"
#include "sim/fault-inside.h"
#include "sim/service.h"
#include "sim/sim.h"

enum {
	LANE_BUDGET = 64,	/* elements of a lane in one turn */
	RING_MAX_ELEMENTS = 1 << 16,
	HEAR_MAX = 65536,	/* bytes a service hears at once */
	/* The most that 64 KiB of the shortest QMI requests can cause. */
	MOUTH_SIZE = 8 * HEAR_MAX,
	MAX_LATE = 16,
	MAX_FORCED = 8,
	PATTERN_LEN = 4096,	/* a multiple of 256 */
	BHI_AT = 0x100,
	CHDB_AT = 0x300,
	ERDB_AT = 0x700,
	BHIE_AT = 0x800,
};

enum reach { CTRL_READS, CTRL_WRITES, DATA_READS, DATA_WRITES, N_REACHES };

struct talk;

struct lane {
	struct talk *talk;	/* NULL: the modem has no such channel */
	const struct tre *elements;	/* as mapped; NULL: ask again */
	struct chan_ctx *ctx;		/* the same */
	struct ering *er;	/* where its events go; NULL when not started */
	iova_t base;
	uint32_t mask;		/* elements - 1; 0 when not started */
	uint32_t rp, wp;	/* next element to take, end of those handed over */
	uint32_t owed;		/* uplink: taken at rp, but not completed yet */
	uint32_t fill;		/* downlink: bytes put into @current */
	int budget;		/* elements left in this turn; a long message overdraws it */
	uint32_t parked_wp;	/* wp while stopped */
	struct tre_copy current;	/* downlink: the element being filled */
	enum chan_ctx_state state;
	uint8_t chid;
	bool is_dl;
	bool is_rsc;
	bool is_burst;
	bool is_polling;	/* burst mode: reads the context's wp by itself */
};

enum life { LIFE_MUTE, LIFE_ECHO, LIFE_SWALLOW, LIFE_PRODUCE, LIFE_SERVICE };

struct talk {
	struct list node;	/* in sim.busy or ering.waiters, or alone */
	struct sim *sim;
	struct lane *ul, *dl;	/* may be NULL */
	enum life life;
	bool is_midway;		/* echo: inside an uplink message */
	uint32_t offset;	/* echo: in the element at rp; service: in the mouth's first message */
	uint32_t heard;		/* service: bytes of the element at rp */
	struct tre_copy piece;	/* echo: the element at rp */
	uint64_t produced;	/* messages of the pattern */
	const struct sim_service *service;
	void *service_state;	/* owned */
	struct mouth mouth;	/* bytes owned */
	struct timer tick;
	bool is_tick_due;
};

struct ering {
	struct tre *slots;	/* as mapped; NULL: ask again */
	struct event_ctx *ctx;	/* the same */
	iova_t base;
	uint32_t mask;		/* elements - 1; 0: no such ring */
	uint32_t rp, wp;	/* next slot to fill, first slot that is the host's */
	uint32_t vector;
	uint32_t moderation_us;
	uint32_t bit;		/* 1 << its index */
	bool is_urgent;		/* stored something that interrupts at once */
	struct list waiters;	/* talks */
	struct timer moderation;
	struct sim *sim;
};

/* The command ring. */
struct cring {
	iova_t base;
	uint32_t mask;
	uint32_t rp, wp;
	struct timer delay;
};

/* What the next turn has to look at, besides busy talks. */
enum {
	DUE_STEP = 1 << 0,	/* sim.step */
	DUE_BOOT = 1 << 1,	/* the next execution environment */
	DUE_IMAGE = 1 << 2,	/* BHI */
	DUE_VECTOR = 1 << 3,	/* BHIe */
	DUE_IDLE = 1 << 4,	/* idle long enough? */
	DUE_WAKE = 1 << 5,	/* M1 or M2, and something to do */
	DUE_COMMANDS = 1 << 6,
	DUE_LATE = 1 << 7,	/* room for late control events */
	DUE_DUMP = 1 << 8,	/* RDDM, and the host told where to */
};

/* Where the power sequence goes next. */
enum step { STEP_NONE, STEP_RESET_DONE, STEP_READY, STEP_M0, STEP_M3 };

struct sim {
	struct sim_config config;
	struct timers *timers;
	const struct sim_bus_ops *bus_ops;
	void *bus;
	struct sim_window windows[N_REACHES];
	struct list busy;	/* talks */
	struct ering *blocked;	/* the full ring that ended the current talk's turn */
	bool is_turn_wanted;
	unsigned int due;	/* DUE_ bits */
	unsigned int image_due;	/* once image_timer fires */

	enum mhi_state state;
	uint32_t ee;
	enum sim_mood mood;
	enum step step;
	bool is_ee_told;	/* by an event */
	bool is_edl_wanted;	/* doorbell 91; the next SOC reset ends in EDL */
	bool is_kept_awake;	/* wake doorbell */
	bool has_asked_wake;	/* since it is in M3 */
	struct timer step_timer, boot_timer, idle_timer;
	struct timer image_timer, dump_timer;
	uint64_t active_us;	/* last doorbell or work */

	uint32_t regs[SIM_BAR_LEN / 4];
	struct { uint32_t offset, value; } forced[MAX_FORCED];
	unsigned int n_forced;

	unsigned int n_faults;
	struct fault_run faults[SIM_MAX_FAULTS];
	enum sim_presence presence;
	uint64_t faults_done;
	uint64_t dice;		/* of faults that leave something to chance */

	struct cring cring;
	struct ering erings[MHI_MAX_EVENT_RINGS];
	unsigned int n_erings;
	uint32_t touched;	/* bit i: ring i stored events in this turn */
	struct tre_copy late[MAX_LATE];	/* control events without room */
	unsigned int n_late;

	struct lane lanes[MHI_MAX_CHANNELS];
	struct talk *talks;	/* config.n_chans */
	struct sim_counts counts;
	uint8_t hear[HEAR_MAX];
	uint8_t pattern[PATTERN_LEN + 256];
};

/* sim.c */
void sim_wants_turn(struct sim *s);
void sim_note_due(struct sim *s, unsigned int due);	/* and wants a turn */
void sim_raise(struct sim *s, uint32_t vector);
void sim_complain(struct sim *s, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* memory.c */
void *memory_move_window(struct sim *s, iova_t iova, size_t len, enum reach how);

static inline bool memory_is_in_window(const struct sim *s, iova_t iova, size_t len,
				       enum reach how)
{
	const struct sim_window *w = &s->windows[how];
	uint64_t at = iova - w->iova;

	return at < w->len && len <= w->len - at;
}

/* Host memory at [iova, iova + len), or NULL when the host did not map it for
 * that; counted and complained about. */
static inline void *memory_reach(struct sim *s, iova_t iova, size_t len, enum reach how)
{
	const struct sim_window *w = &s->windows[how];

	if (memory_is_in_window(s, iova, len, how))
		return w->cpu + (iova - w->iova);
	return memory_move_window(s, iova, len, how);
}

/* Checks a ring as a context describes it; false when it is none. */
bool memory_ring_is_sane(iova_t base, uint64_t len);

/* The element @at points to; false between elements and outside. */
static inline bool memory_ring_find(iova_t base, uint32_t mask, iova_t at, uint32_t *ret_index)
{
	uint64_t offset = at - base;

	if (offset % sizeof(struct tre) || offset / sizeof(struct tre) > mask)
		return false;
	*ret_index = (uint32_t)(offset / sizeof(struct tre));
	return true;
}

/* events.c */
void erings_init(struct sim *s);
bool erings_load(struct sim *s);	/* from the contexts; false when senseless */
void erings_forget(struct sim *s);
void ering_doorbell(struct sim *s, unsigned int index, iova_t wp);
bool ering_map(struct sim *s, struct ering *er);
void erings_publish(struct sim *s);
void control_event(struct sim *s, enum tre_type type, unsigned int code, iova_t ptr);
void control_flush(struct sim *s);	/* stores late ones, as far as there is room */

/* Events that may be stored: the slot at wp and the one before it stay empty.
 * Source: Linux drivers/bus/mhi/ep/ring.c. */
static inline uint32_t ering_room(const struct ering *er)
{
	uint32_t n = (er->wp - er->rp) & er->mask;

	return n ? n - 1 : 0;
}

/* Stores the next event; there is room.  @is_patient: the moderation timer may
 * raise the interrupt.  No fault gets a chance. */
static inline void ering_put(struct sim *s, struct ering *er, struct tre_copy ev,
			     bool is_patient)
{
	if (!er->slots && !ering_map(s, er))
		return;
	tre_store(er->slots + er->rp, ev);
	er->rp = (er->rp + 1) & er->mask;
	er->is_urgent |= !is_patient;
	s->touched |= er->bit;
}

static inline void ering_store(struct sim *s, struct ering *er, struct tre_copy ev,
			       bool is_patient)
{
	if (!__builtin_expect(s->n_faults, 0) || fault_on_event(s, &er, &ev))
		ering_put(s, er, ev, is_patient);
}

/* commands.c */
bool commands_load(struct sim *s);
void commands_forget(struct sim *s);
void commands_doorbell(struct sim *s, iova_t wp);
void commands_run(struct sim *s);
void commands_on_delay(void *sim);

/* lane.c */
unsigned int lane_start(struct sim *s, struct lane *l);	/* completion codes */
unsigned int lane_stop(struct sim *s, struct lane *l);
unsigned int lane_reset(struct sim *s, struct lane *l);
void lane_forget(struct sim *s, struct lane *l);	/* as after power-on; contexts stay */
void lane_doorbell(struct sim *s, struct lane *l, iova_t wp);
void lane_publish(struct sim *s, struct lane *l);	/* rp to the context */
/* Burst mode: has the host added elements without a doorbell?  Leaves burst
 * mode, with an event, when it has not. */
bool lane_poll(struct sim *s, struct lane *l);
bool lane_map(struct sim *s, struct lane *l);

static inline bool lane_load(struct sim *s, struct lane *l, uint32_t index,
			     struct tre_copy *ret_tre)
{
	if (!l->elements && !lane_map(s, l))
		return false;
	*ret_tre = tre_load(l->elements + index);
	return true;
}

/* Is there an element not taken yet? */
static inline bool lane_has(struct sim *s, struct lane *l)
{
	return ((l->rp + l->owed) & l->mask) != l->wp ||
	       (l->is_polling && lane_poll(s, l));
}

/* uplink.c */
struct uplink_message {
	uint32_t n;		/* elements, from rp on */
	uint64_t len;
	struct tre_copy tre;	/* the last */
};

/* Is a whole message waiting?  What cannot be taken is thrown back on the way.
 * Nothing may be owed. */
bool uplink_next(struct sim *s, struct lane *ul, struct uplink_message *ret_message);
/* Completes messages of one sound element for a taker that wants no bytes, as
 * long as nothing needs a closer look.  Nothing may be owed. */
void uplink_take_singles(struct sim *s, struct lane *ul);
/* Gives @n elements back unused; the event names the last.  False: held. */
bool uplink_throw_back(struct sim *s, struct lane *ul, uint32_t n, unsigned int code);
/* Completes what is owed, as far as there is room for the events; false: held,
 * or not running. */
bool uplink_settle(struct sim *s, struct lane *ul);

static inline bool uplink_wants_event(struct tre_copy tre)
{
	uint32_t flags = tre.dword[1];

	return flags & TRE_IEOB || (flags & (TRE_IEOT | TRE_CHAIN)) == TRE_IEOT;
}

/* Is there room for the event of this element? */
static inline bool uplink_has_room(struct sim *s, struct lane *ul, struct tre_copy tre)
{
	struct ering *er = ul->er;

	if (ering_room(er) || !uplink_wants_event(tre))
		return true;
	s->blocked = er;
	return false;
}

/* Completes the element at rp. */
void uplink_complete(struct sim *s, struct lane *ul, struct tre_copy tre);

/* downlink.c */
/* Could a message of @len be put down now?  Also when the ring is as full as
 * the host can make it and still too small: then it goes in pieces. */
bool downlink_holds(struct sim *s, struct lane *dl, uint64_t len);
/* Puts bytes of a message down; returns how many: short when buffers, room for
 * events or the budget ran out.  @is_last: the message ends with them. */
uint32_t downlink_put(struct sim *s, struct lane *dl, const uint8_t *data,
		      uint32_t len, bool is_last);
bool downlink_fill(struct sim *s, struct lane *dl, uint64_t message);

/* talk.c */
void talk_wake(struct sim *s, struct talk *t);
void talk_work(struct sim *s, struct talk *t);
void talk_lane_started(struct sim *s, struct talk *t, bool is_dl, bool is_first);
void talk_lane_ended(struct talk *t, bool is_dl);
void talk_on_tick(void *talk);

/* power.c */
void power_on(struct sim *s, uint32_t ee);
void power_off(struct sim *s);	/* stops every timer, forgets all */
void power_write_ctrl(struct sim *s, uint32_t value);
void power_steps(struct sim *s, unsigned int due);
void power_crash(struct sim *s);	/* SYS_ERR */
void power_fall(struct sim *s);		/* the same without a word */
void power_announce_ee(struct sim *s, uint32_t ee);
void power_note_dump(struct sim *s);	/* in RDDM the dump begins */
void power_note_image(struct sim *s, unsigned int due);	/* a doorbell of BHI or BHIe */
void power_boot_on(struct sim *s);	/* to the next execution environment */
void power_raise_intvec(struct sim *s);
void power_note_activity(struct sim *s);
void power_keep_awake(struct sim *s, bool is_kept_awake);
void power_ask_for_wake(struct sim *s);	/* in M3 */
void power_init_timers(struct sim *s);

/* May the device move data and store events of channels? */
static inline bool power_is_live(const struct sim *s)
{
	return s->state >= MHI_STATE_M0 && s->state <= MHI_STATE_M2;
}

/* fault.c */
void fault_disarm_all(struct sim *s);

/* boot.c */
void boot_take_image(struct sim *s);	/* BHI */
void boot_take_vector(struct sim *s);	/* BHIe */
void boot_send_dump(struct sim *s);	/* in RDDM */
