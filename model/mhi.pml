/*
 * mhi - a host and a device that meet in memory, in registers and by interrupt:
 * one uplink channel, its ring, its doorbell, the event rings, M0 to M3, commands,
 * reset, crash and removal.
 *
 * The host follows src/core, function by function; the device follows src/sim,
 * but does each visible thing in a step of its own, in any order hardware may.
 * What a run may do is chosen by -D; model/check lists the runs, and what each
 * is for.  Each rule is an assertion here, or the ltl at the end.
 */
#ifndef N
#define N 3		/* elements of the transfer ring: holds N - 1 */
#endif
#ifndef EN
#define EN 4		/* of an event ring */
#endif
#ifndef DATA
#define DATA 0		/* event ring of completions; 1: not that of answers */
#endif
#ifndef LOSSES
#define LOSSES 0	/* interrupts and doorbells that get lost */
#endif
#ifndef WATCH
#define WATCH 0		/* the watch timer of core/power */
#endif
#ifndef BURST
#define BURST 0
#endif
#ifndef FETCH
#define FETCH 0		/* a doorbell makes the device read wp in the context */
#endif
#ifndef SWITCH
#define SWITCH 0	/* the device wants a doorbell after each M0 */
#endif
#ifndef IDLE
#define IDLE 0		/* the device asks for M1 when it has nothing to do */
#endif
#ifndef SLEEPS
#define SLEEPS 0	/* suspends asked for */
#endif
#ifndef WAKES
#define WAKES 0		/* times a device in M3 asks to leave it */
#endif
#ifndef CANCELS
#define CANCELS 0
#endif
#ifndef RESETS
#define RESETS 0	/* resets, or power off and on, asked for */
#endif
#ifndef CRASHES
#define CRASHES 0
#endif
#ifndef REMOVAL
#define REMOVAL 0
#endif
#ifndef LATE
#define LATE 0		/* deadlines may pass */
#endif
#ifndef COLD
#define COLD 0		/* begins in OFF; else in M0 with an open channel */
#endif
#ifndef FOUND
#define FOUND 0		/* COLD: somebody left the device in M0 */
#endif
#ifndef BUG
#define BUG 0		/* one of the names below */
#endif

#define NO_RECHECK	1	/* a hint does not look at the ring again */
#define BELL_FIRST	2	/* doorbell before wp */
#define WP_FIRST	3	/* wp before the element */
#define ACK_LATE	4	/* the interrupt is acknowledged after the look */
#define NO_RESUME	5	/* traffic does not resume */
#define NO_DRAIN	6	/* RESET does not take what was published */
#define BELL_IN_M3	8	/* doorbells do not ask for the state */
#define TWICE		10	/* what completed goes back again at the end */
#define TOUCH_GONE	11	/* registers after GONE */
#define FORGET_MODE	12	/* an empty ring stays out of doorbell mode at M0 */
#define ANSWER_FIRST	14	/* the device publishes an answer before completions */
#define STALE_BELL	16	/* a device that polls wp goes back to that of a doorbell */
#define DEAF_ENTERING	17	/* a wish to wake does not count before M3 is heard */
#define SLEEP_BUSY	15	/* a suspend that began in M2 does not look for traffic */

#include "life.pml"

mtype:word = { NOTHING, TRANSFER, HINT, HEARD_M0, HEARD_M1, HEARD_M3, HEARD_SYS_ERR, ANSWER };
mtype:device_state = { D_RESET, D_READY, D_M0, D_M1, D_M2, D_M3, D_SYS_ERR };
mtype:request = { ASK_NONE, ASK_M0, ASK_M3, ASK_RESET };
mtype:transfer_state = { T_DOWN, T_STARTING, T_UP, T_STOPPING, T_STOPPED, T_RESETTING, T_LOST };
mtype:channel_state = { C_CLOSED, C_OPENING, C_OPEN, C_CLOSING, C_DEAD };
mtype:order = { NO_COMMAND, START, STOP, RESET };
mtype:wish = { NO_GOAL, GOAL_ON, GOAL_OFF, GOAL_RESET, GOAL_SUSPEND, GOAL_RESUME };

/* --- shared: memory, registers, interrupts --- */

typedef ering {
	mtype:word what[EN];
	byte at[EN];
	byte published;		/* rp in the context */
	bool irq;
	byte rp;		/* the host's */
	byte dev_rp;		/* the device's, ahead of what it published */
	byte dev_wp;		/* what the device knows to be free */
	bool owes_irq;
};
ering er[DATA + 1];

byte el[N];			/* slot + 1; 0: nothing */
byte ctx_wp;
bool bell;			/* a doorbell that the device did not see yet */
byte bell_wp;
bool wake_bell, wake_value;
mtype:order command_el = NO_COMMAND;
bool command_bell;
bool wake_irq;			/* of vector 0: the device wants out of M3 */
mtype:request ask = ASK_NONE;
bool is_present = true;

/* --- the host --- */

byte rp, wp;
byte slot_at[N];
bool held[N], back[N];
mtype:transfer_state t = T_DOWN;
mtype:channel_state c = C_CLOSED;
bool has_slots, is_marked, in_db_mode, is_cancelling, wants_cancel, is_queued;
mtype:order command = NO_COMMAND;
bool command_due;
bool is_listening, in_m2, wake_is_set, wants_turn, has_chores;
bool is_watched, has_moved;
bool wants_wake;		/* the device, out of M3 */
bool is_taking, is_draining, is_resting;
byte taking, until;
byte ringing;			/* steps of ring_transfer() left */
mtype:wish goal = NO_GOAL;

/* --- the device --- */

mtype:device_state dev = D_RESET;
bool lane_runs, is_polling, owes_hint, is_kept_awake, wake_due, has_asked;
byte lane_rp, lane_wp;

/* --- what the rules need to know --- */

bool taken[N];			/* the device took the slot since it was submitted */
byte losses = LOSSES, sleeps = SLEEPS, cancels = CANCELS, resets = RESETS, wakes = WAKES,
     crashes = CRASHES, removals = REMOVAL;

#define NEXT(i, n)	(((i) + 1) % (n))
#define IS_LIVE		(dev == D_M0 || dev == D_M1 || dev == D_M2)
#define ROOM(r)		(er[r].dev_rp != er[r].dev_wp)
#define MAY_RING	(state == DEV_M0 || state == DEV_M2 || state == DEV_SHUTDOWN)
#define IS_HEARD	(t == T_UP || t == T_STOPPING)
#define HAS_UPLINK	(rp != wp)
#define IS_BUSY		(is_taking || is_draining || ringing || has_arrived)
#define PENDING(r)	(er[r].irq)
#define OWES(r)		(er[r].published != er[r].dev_rp || er[r].owes_irq)

/* Nobody has anything to do but time. */
#define HOST_IS_QUIET	(!IS_BUSY && !wants_turn && !PENDING(0) && !PENDING(DATA) && \
			 !wake_irq && goal == NO_GOAL)
#define DEV_IS_QUIET	(!OWES(0) && !OWES(DATA) && \
	!(is_present && (ask != ASK_NONE || \
	  (IS_LIVE && (bell || wake_bell || wake_due || command_bell || is_polling || owes_hint || \
		       (lane_runs && lane_rp != lane_wp))))))
#define TIME_PASSES	(DEV_IS_QUIET && !IS_BUSY && !wants_turn && !PENDING(0) && !PENDING(DATA))

/* Who is well: nobody crashed, was reset or sleeps because it was told so. */
#define IS_WELL		(is_present && IS_HEARD && (IS_LIVE || dev == D_M3) && \
	(state == DEV_M0 || state == DEV_M2 || state == DEV_M3_ENTER || \
	 state == DEV_M3 || state == DEV_M3_EXIT))

/* ======================= registers and doorbells ======================= */

/* A register: never after GONE. */
inline touch() { assert(state != DEV_GONE) }

inline may_bell()
{
	touch();
	assert(MAY_RING || state == DEV_READY);	/* never in M3, OFF, ... */
	assert(!is_present || dev != D_M3)
}

#define MAYBE_LOST(deed)	if :: deed :: losses > 0 -> losses-- fi

inline ring_wake(value) { may_bell(); wake_bell = true; wake_value = value }

inline want_turn() { wants_turn = true }
inline want_chores() { has_chores = true; wants_turn = true }
inline power_watch()
{
	if
	:: !is_watched -> is_watched = true; has_moved = false
	:: else
	fi
}

inline mark()
{
	if
	:: is_marked
	:: else ->
		is_marked = true;
		if :: state != DEV_M0 -> has_chores = true :: else fi;
		want_turn()
	fi
}

inline wake_up()	/* mission_wake_up() */
{
	if
	:: in_m2 && !wake_is_set && MAY_RING -> wake_is_set = true; ring_wake(true)
	:: else
	fi
}

inline send(kind)	/* command_send(), mission_wake_get() */
{
	command = kind; command_el = kind; command_due = true;
	wake_up();
	want_chores()
}

inline disown()		/* command_disown(), mission_wake_put() */
{
	command = NO_COMMAND;
	if
	:: wake_is_set && !in_m2 && MAY_RING && state != DEV_M2 ->
		wake_is_set = false; ring_wake(false)
	:: else
	fi
}

inline become(new)	/* transfer_become() */
{
	t = new;
	if :: !IS_HEARD && t != T_STARTING -> has_slots = false :: else fi
}

/* ======================= channel ======================= */

/* One slot has a new owner, exactly once. */
inline done(slot)
{
	assert(held[slot]);
	held[slot] = false; taken[slot] = false
}

inline disarm()		/* what the ring holds is on its way back */
{
	do
	:: rp != wp -> back[slot_at[rp]] = true; rp = NEXT(rp, N)
	:: else -> break
	od;
	rp = 0; wp = 0
}

inline start()
{
	assert(rp == wp);
	rp = 0; wp = 0; ctx_wp = 0; in_db_mode = true;
	become(T_STARTING); send(START)
}

/* channel_wind_down(), transfer_cancel_step(): the next command, if any. */
inline pursue_channel()
{
	if
	:: c == C_CLOSING && (t == T_UP || t == T_STOPPED) -> become(T_RESETTING); send(RESET)
	:: c == C_CLOSING && (t == T_DOWN || t == T_LOST) -> is_queued = true; want_chores()
	:: c == C_OPENING && t == T_UP -> is_queued = true; want_chores()
	:: c == C_OPENING && (t == T_DOWN || t == T_LOST) -> is_queued = true; want_chores()
	:: c == C_OPEN && t == T_UP && wants_cancel ->
		wants_cancel = false; is_cancelling = true; become(T_STOPPING); send(STOP)
	:: c == C_OPEN && t == T_STOPPED -> become(T_RESETTING); send(RESET)
	:: c == C_OPEN && t == T_DOWN && is_cancelling -> start(); has_slots = true
	:: else
	fi
}

/* transfer_complete(): the device says that the element ended. */
inline complete(index)
{
	if
	:: IS_HEARD ->
		assert(rp != wp && index == rp);	/* else a sound device is accused */
		assert(taken[slot_at[rp]]);		/* and a stale event is believed */
		done(slot_at[rp]);
		if :: BUG == TWICE -> back[slot_at[rp]] = true :: else fi;
		rp = NEXT(rp, N)
	:: else		/* too late */
	fi
}

inline hint()		/* transfer_hint() */
{
	if
	:: IS_HEARD ->
		in_db_mode = true;
		if :: rp != wp && BUG != NO_RECHECK -> mark() :: else fi
	:: else
	fi
}

/* A data event at the head of ring r. */
inline take_data(r)
{
	if
	:: er[r].what[er[r].rp] == TRANSFER -> complete(er[r].at[er[r].rp])
	:: er[r].what[er[r].rp] == HINT -> hint()
	:: else
	fi
}

inline pop(r)
{
	er[r].what[er[r].rp] = NOTHING; er[r].at[er[r].rp] = 0;
	er[r].rp = NEXT(er[r].rp, EN);
	has_moved = true
}

/* Both the context and, where it is heard, the doorbell; the device reads the
 * context when it comes to M0. */
inline hand_back(r)
{
	if
	:: MAY_RING || state == DEV_READY ->
		touch();
		er[r].dev_wp = (er[r].rp + EN - 1) % EN
	:: else
	fi
}

inline take_published()
{
	if
	:: DATA && BUG != NO_DRAIN ->
		do
		:: er[DATA].rp != er[DATA].published -> take_data(DATA); pop(DATA)
		:: else -> break
		od;
		hand_back(DATA)
	:: else
	fi
}

/* channel_answer(): the pending command ended well, or never. */
inline answer(is_well)
{
	mtype:order asked = command;

	disown();
	if
	:: asked == START && is_well ->
		become(T_UP); is_cancelling = wants_cancel;
		if :: rp != wp -> mark() :: else fi
	:: asked == START && !is_well ->
		become(T_STOPPED);
		if
		:: c == C_OPEN || c == C_OPENING ->
			c = C_CLOSING; has_slots = false; is_cancelling = false
		:: else
		fi
	:: asked == STOP ->
		if :: is_well -> take_published() :: else fi;
		if :: t == T_STOPPING -> become(T_STOPPED) :: else fi
	:: asked == RESET ->
		if :: is_well -> take_published() :: else fi;
		if
		:: t == T_RESETTING ->
			if :: is_well -> become(T_DOWN) :: else -> become(T_LOST) fi;
			disarm(); is_queued = true; want_chores();
			if
			:: !is_well && c == C_OPEN -> c = C_CLOSING; is_cancelling = false
			:: else
			fi
		:: else
		fi
	:: else
	fi;
	asked = NO_COMMAND;
	pursue_channel()
}

inline give_back()
{
	byte i;

	for (i : 0 .. N - 2) {
		if :: back[i] -> back[i] = false; done(i) :: else fi
	}
	i = 0
}

inline channel_turn()
{
	if
	:: is_queued ->
		is_queued = false;
		if :: t == T_DOWN && rp != wp -> disarm() :: else fi;
		give_back();
		if
		:: c == C_OPENING && t == T_UP -> c = C_OPEN; has_slots = true
		:: c == C_DEAD || ((c == C_CLOSING || c == C_OPENING) && (t == T_DOWN || t == T_LOST)) ->
			c = C_CLOSED;
			/* Exactly one done for each submit, before closed(). */
			assert(!held[0] && !held[1] && !held[N - 2])
		:: else
		fi
	:: else
	fi
}

inline forget_device()	/* channel_die() */
{
	is_listening = false; is_watched = false;
	if
	:: c != C_CLOSED && c != C_DEAD ->
		c = C_DEAD; command = NO_COMMAND; command_due = false;
		if :: t != T_LOST -> become(T_DOWN) :: else fi;
		is_cancelling = false; wants_cancel = false;
		is_queued = true; want_chores()
	:: else
	fi
}

/* ======================= engine ======================= */

inline ring_all(is_lost)
{
	if
	:: is_listening -> hand_back(0); hand_back(DATA)
	:: else
	fi;
	if :: command != NO_COMMAND -> command_due = true :: else fi;
	if
	:: IS_HEARD ->
		if
		:: is_lost || (SWITCH && (BUG != FORGET_MODE || rp != wp)) -> in_db_mode = true
		:: else
		fi;
		if :: rp != wp -> mark() :: else fi
	:: else
	fi;
	want_chores()
}

/* The end of engine_turn(): begins ring_transfer(), which takes steps. */
inline ring_marked()
{
	if
	:: is_marked ->
		is_marked = false;
		if :: IS_HEARD -> ringing = 2 :: else fi
	:: else
	fi
}

inline ring_due()
{
	if
	:: is_marked || command_due || wants_wake ->
		if
		:: state == DEV_M3 && BUG != NO_RESUME -> state_step(ON_RESUME)
		:: MAY_RING || (BUG == BELL_IN_M3 && state == DEV_M3) ->
			wake_up();
			if
			:: command_due ->
				command_due = false;
				may_bell();
				MAYBE_LOST(command_bell = true);
				power_watch()
			:: else
			fi;
			ring_marked()
		:: else
		fi
	:: else
	fi
}

inline fail() { state_step(ON_FAILURE) }

/* What state_step() runs in the new state. */
inline arrive()
{
	has_arrived = false;
	has_chores = true; wants_turn = true;
	if
	:: state == DEV_OFF -> forget_device(); in_m2 = false
	:: state == DEV_BOOT -> in_m2 = false
	:: state == DEV_RESET -> touch(); ask = ASK_RESET
	:: state == DEV_READY ->
		wake_is_set = false; ring_wake(false);
		er[0].rp = 0; er[0].published = 0; er[0].dev_rp = 0; er[0].dev_wp = EN - 1;
		er[DATA].rp = 0; er[DATA].published = 0; er[DATA].dev_rp = 0; er[DATA].dev_wp = EN - 1;
		t = T_DOWN; command_due = false;
		is_listening = true;
		touch(); ask = ASK_M0; power_watch()
	:: state == DEV_M0 ->
		in_m2 = false; wants_wake = false;
		if
		:: wake_is_set && command == NO_COMMAND -> wake_is_set = false; ring_wake(false)
		:: else
		fi;
		ring_all(false)
	:: state == DEV_M2 ->
		in_m2 = true;
		touch();
		if :: is_present && dev == D_M1 -> dev = D_M2 :: else fi;
		if
		:: command != NO_COMMAND || HAS_UPLINK -> wake_up()
		:: else
		fi
	:: state == DEV_M3_ENTER -> wants_wake = false; touch(); ask = ASK_M3; power_watch()
	:: state == DEV_M3 ->
		if :: is_marked || command_due || wants_wake -> want_turn() :: else fi
	:: state == DEV_M3_EXIT -> touch(); ask = ASK_M0; power_watch()
	:: state == DEV_SHUTDOWN ->
		if
		:: c == C_OPEN || c == C_OPENING ->
			c = C_CLOSING; has_slots = false; is_cancelling = false;
			if
			:: t == T_UP || t == T_STOPPED -> become(T_RESETTING); send(RESET)
			:: else
			fi
		:: else
		fi
	:: state == DEV_HALT -> is_listening = false; touch(); ask = ASK_RESET
	:: state == DEV_ERROR || state == DEV_GONE ->
		in_m2 = false;
		if
		:: is_listening -> is_listening = false; is_draining = true
		:: else -> forget_device()
		fi;
		if :: BUG == TOUCH_GONE -> touch() :: else fi
	fi
}

inline heard(said)	/* mission_heard_state() */
{
	if
	:: said == HEARD_M0 ->
		state_step(ON_M0);
		if :: was_refused && (state == DEV_M0 || state == DEV_SHUTDOWN) -> in_m2 = false :: else fi
	:: said == HEARD_M1 -> state_step(ON_M1)
	:: said == HEARD_M3 -> state_step(ON_M3)
	:: said == HEARD_SYS_ERR -> fail()
	/* One that came too late answers nothing. */
	:: said == ANSWER && er[taking].at[er[taking].rp] == command && command != NO_COMMAND ->
		answer(true)
	:: else -> take_data(taking)
	fi
}

/* The next step towards what was asked for, in a step of its own. */
#define CAN_PURSUE ( \
	((goal == GOAL_OFF || goal == GOAL_RESET) && \
	 state != DEV_HALT && (state != DEV_SHUTDOWN || c == C_CLOSED) && \
	 state != DEV_M3_ENTER && state != DEV_M3_EXIT) || \
	((goal == GOAL_ON || goal == GOAL_RESUME) && \
	 (state == DEV_OFF || state == DEV_ERROR || state == DEV_M3 || state == DEV_M0 || \
	  state == DEV_M2)) || \
	(goal == GOAL_SUSPEND && \
	 ((state == DEV_M2 && !wake_is_set) || state == DEV_M0 || state == DEV_M3)) || \
	(goal != NO_GOAL && (state == DEV_GONE || \
	 (state == DEV_ERROR && (goal == GOAL_SUSPEND || goal == GOAL_RESUME)))))

inline pursue()
{
	if
	:: state == DEV_GONE -> goal = NO_GOAL
	:: state != DEV_GONE && (goal == GOAL_OFF || goal == GOAL_RESET) ->
		if
		:: state == DEV_M0 || state == DEV_M2 -> state_step(ON_POWER_OFF)
		:: state == DEV_M3 -> state_step(ON_RESUME)
		:: state == DEV_BOOT || state == DEV_RESET || state == DEV_READY ||
		   state == DEV_ERROR || state == DEV_SHUTDOWN -> state_step(ON_QUIET)
		:: state == DEV_OFF && goal == GOAL_OFF -> goal = NO_GOAL
		:: state == DEV_OFF && goal == GOAL_RESET -> goal = GOAL_ON
		fi
	:: state != DEV_GONE && (goal == GOAL_ON || goal == GOAL_RESUME) ->
		if
		:: goal == GOAL_ON && (state == DEV_OFF || state == DEV_ERROR) -> state_step(ON_POWER_ON)
		:: state == DEV_M3 -> state_step(ON_RESUME)
		:: else -> goal = NO_GOAL
		fi
	:: state != DEV_GONE && goal == GOAL_SUSPEND ->
		if
		:: state == DEV_M2 -> wake_up()
		:: state == DEV_M0 && BUG != SLEEP_BUSY && (HAS_UPLINK || command != NO_COMMAND) ->
			goal = NO_GOAL		/* -EBUSY */
		:: state == DEV_M0 && (BUG == SLEEP_BUSY || !(HAS_UPLINK || command != NO_COMMAND)) ->
			state_step(ON_SUSPEND)
		:: state == DEV_M3 || state == DEV_ERROR -> goal = NO_GOAL
		fi
	fi
}

active proctype host()
{
	byte slot;

	atomic {
	if
	:: COLD -> goal = GOAL_ON; dev = (FOUND -> D_M0 : D_RESET)
	:: else ->
		state = DEV_M0; dev = D_M0; is_listening = true;
		er[0].dev_wp = EN - 1; er[DATA].dev_wp = EN - 1;
		c = C_OPEN; t = T_UP; has_slots = true; in_db_mode = true; lane_runs = true
	fi
	};
end:	do
	:: atomic { has_arrived -> arrive() }

	/* --- events: ering_take(), an element a step --- */
	:: atomic { is_taking && !has_arrived && er[taking].rp != until && is_listening ->
		heard(er[taking].what[er[taking].rp]);
		pop(taking) }
	:: atomic { is_taking && !has_arrived && (er[taking].rp == until || !is_listening) ->
		hand_back(taking);
		if
		:: BUG == ACK_LATE && !is_resting -> er[taking].irq = false
		:: is_resting && taking < DATA && is_listening ->
			taking++; until = er[taking].published; goto took
		:: else
		fi;
		if
		:: is_resting && is_listening ->	/* the end of watch_due() */
			is_resting = false;
			if
			:: rp != wp || command != NO_COMMAND || state == DEV_READY ||
			   state == DEV_M3_ENTER || state == DEV_M3_EXIT ->
				if
				:: !has_moved && MAY_RING -> touch();
					if :: dev == D_SYS_ERR -> fail() :: else -> ring_all(true) fi
				:: else
				fi;
				if
				:: state != DEV_ERROR -> power_watch()
				:: else
				fi
			:: else
			fi
		:: else -> is_resting = false
		fi;
		is_taking = false; taking = 0; until = 0;
took: 		skip }

	/* --- take_the_rest(): only completions count --- */
	:: atomic { is_draining && !has_arrived ->
		is_draining = false; is_taking = false; is_resting = false; taking = 0; until = 0;
		do
		:: er[0].rp != er[0].published -> take_data(0); pop(0)
		:: else -> break
		od;
		do
		:: er[DATA].rp != er[DATA].published -> take_data(DATA); pop(DATA)
		:: else -> break
		od;
		forget_device() }

	/* --- interrupts --- */
	:: atomic { !IS_BUSY && PENDING(0) ->
		if :: BUG != ACK_LATE -> er[0].irq = false :: else fi;
		if :: is_listening -> is_taking = true; taking = 0; until = er[0].rp :: else -> er[0].irq = false fi };
	   atomic { if :: is_taking -> until = er[taking].published :: else fi }
	:: atomic { DATA && !IS_BUSY && PENDING(DATA) ->
		if :: BUG != ACK_LATE -> er[DATA].irq = false :: else fi;
		if :: is_listening -> is_taking = true; taking = DATA; until = er[DATA].rp :: else -> er[DATA].irq = false fi };
	   atomic { if :: is_taking -> until = er[taking].published :: else fi }

	/* --- irq_of_all(), mission_want_wake() --- */
	:: atomic { WAKES && !IS_BUSY && wake_irq ->
		wake_irq = false;
		if
		:: state == DEV_M3 || (state == DEV_M3_ENTER && BUG != DEAF_ENTERING) ->
			wants_wake = true; want_chores()
		:: else
		fi }

	/* --- engine_turn() --- */
	:: atomic { !IS_BUSY && wants_turn ->
		wants_turn = false;
		if
		:: has_chores -> has_chores = false; channel_turn(); ring_due()
		:: else -> ring_marked()
		fi }

	/* --- ring_transfer(): element, wp, doorbell, in this order --- */
	:: atomic { ringing == 2 && !has_arrived ->
		ringing = 1;
		if
		:: BUG != BELL_FIRST -> ctx_wp = wp; power_watch()
		:: else -> may_bell(); bell = true; bell_wp = wp; in_db_mode = false
		fi }
	:: atomic { ringing == 1 && !has_arrived ->
		ringing = 0;
		if
		:: BUG == BELL_FIRST -> ctx_wp = wp; power_watch()
		:: BUG != BELL_FIRST && BURST && !in_db_mode
		:: else ->
			in_db_mode = false; may_bell();
			MAYBE_LOST(bell = true; bell_wp = wp)
		fi;
		if
		:: BUG == WP_FIRST && rp != wp ->
			el[(wp + N - 1) % N] = slot_at[(wp + N - 1) % N] + 1
		:: else
		fi }

	/* --- the user of the channel --- */
	:: atomic { !IS_BUSY && has_slots && !(held[0] && held[N - 2]) && NEXT(wp, N) != rp ->
		if :: !held[0] -> slot = 0 :: !held[N - 2] -> slot = N - 2 fi;
		held[slot] = true; taken[slot] = false; slot_at[wp] = slot;
		if :: BUG == WP_FIRST -> el[wp] = 0 :: else -> el[wp] = slot + 1 fi;
		wp = NEXT(wp, N); slot = 0;
		mark() }
	:: atomic { !IS_BUSY && cancels > 0 && c == C_OPEN && rp != wp ->
		cancels--;
		wants_cancel = !is_cancelling || has_slots;
		has_slots = false; is_cancelling = true;
		pursue_channel() }
	:: atomic { !IS_BUSY && c == C_CLOSED && t == T_DOWN && goal == NO_GOAL &&
		    (state == DEV_M0 || state == DEV_M2) ->
		c = C_OPENING; start() }

	/* --- engine_power() --- */
	:: atomic { !IS_BUSY && CAN_PURSUE -> pursue() }
	:: atomic { !IS_BUSY && goal == NO_GOAL && sleeps > 0 && (state == DEV_M0 || state == DEV_M2) &&
		    c != C_OPENING && !HAS_UPLINK && command == NO_COMMAND && !command_due ->
		sleeps--; goal = GOAL_SUSPEND }
	:: atomic { !IS_BUSY && goal == NO_GOAL && sleeps > 0 && state == DEV_M3 ->
		sleeps--; goal = GOAL_RESUME }
	:: atomic { !IS_BUSY && resets > 0 && state != DEV_OFF && state != DEV_GONE &&
		    (goal == NO_GOAL || goal == GOAL_SUSPEND || goal == GOAL_ON) ->
		resets--;
		if :: goal = GOAL_RESET :: goal = GOAL_OFF fi }
	:: atomic { !IS_BUSY && goal == NO_GOAL && (state == DEV_OFF ||
		    (state == DEV_ERROR && !crashes)) -> goal = GOAL_ON }

	/* --- time: polls of registers --- */
	:: atomic { !IS_BUSY && state == DEV_BOOT && goal != GOAL_RESET && goal != GOAL_OFF ->
		touch();
		if
		:: !is_present -> state_step(ON_GONE)
		:: is_present && ask == ASK_NONE && dev == D_READY -> state_step(ON_READY)
		:: is_present && ask == ASK_NONE && dev != D_READY && dev != D_RESET ->
			state_step(ON_FOUND_RUNNING)
		:: is_present && (ask != ASK_NONE || dev == D_RESET) -> goto waited
		fi;
waited:		skip }
	:: atomic { !IS_BUSY && (state == DEV_RESET || state == DEV_HALT) &&
		    (!is_present || ask != ASK_RESET) ->
		touch();
		if
		:: !is_present -> state_step(ON_GONE)
		:: else -> state_step(ON_RESET_CLEAR)
		fi }
	/* The watch timer: when nothing moves any more. */
	:: atomic { WATCH && is_watched && TIME_PASSES ->
		is_watched = false;
		if
		:: is_listening -> is_taking = true; is_resting = true; taking = 0; until = er[0].published
		:: else
		fi }
	/* The deadline of a command that got lost, or its answer; that of a state,
	 * however early. */
	:: atomic { LATE && command != NO_COMMAND && !command_due && TIME_PASSES -> answer(false) }
	:: atomic { LATE && !IS_BUSY && (state == DEV_M3_ENTER || state == DEV_M3_EXIT ||
		    state == DEV_SHUTDOWN || state == DEV_READY || state == DEV_BOOT ||
		    state == DEV_RESET || state == DEV_HALT || (state == DEV_M2 && goal == GOAL_SUSPEND)) ->
		if
		:: (goal == GOAL_OFF || goal == GOAL_RESET) && (state == DEV_M3_ENTER ||
		   state == DEV_M3_EXIT || state == DEV_SHUTDOWN) -> state_step(ON_QUIET)
		:: else -> fail();
			if
			:: goal != NO_GOAL && state == DEV_ERROR -> goal = NO_GOAL
			:: else
			fi
		fi }
	/* engine_check_health(), or SYS_ERR in MHISTATUS after a quiet interrupt. */
	:: atomic { !IS_BUSY && dev == D_SYS_ERR && is_present && is_listening && state != DEV_M3 -> fail() }
	/* engine_gone() */
	:: atomic { !IS_BUSY && !is_present && state != DEV_GONE -> state_step(ON_GONE) }
	od
}

/* ======================= the device ======================= */

inline store(r, w, index)
{
	er[r].what[er[r].dev_rp] = w; er[r].at[er[r].dev_rp] = index;
	er[r].dev_rp = NEXT(er[r].dev_rp, EN)
}

inline forget_contexts()
{
	lane_runs = false; is_polling = false; owes_hint = false; lane_rp = 0; lane_wp = 0;
	bell = false; command_bell = false; wake_bell = false; is_kept_awake = false; wake_due = false;
}

inline to_m0(is_first)
{
	dev = D_M0; wake_due = false; has_asked = false;
	if :: SWITCH -> is_polling = false; owes_hint = false :: else fi;
	if
	:: is_first ->
		er[0].dev_rp = 0; er[0].published = 0; er[0].owes_irq = false;
		er[DATA].dev_rp = 0; er[DATA].published = 0; er[DATA].owes_irq = false
	:: else
	fi;
	er[0].dev_wp = (er[0].rp + EN - 1) % EN;
	er[DATA].dev_wp = (er[DATA].rp + EN - 1) % EN;
	store(0, HEARD_M0, 0)
}

inline wake_if_lightly_asleep()
{
	if :: dev == D_M1 || dev == D_M2 -> wake_due = true :: else fi
}

active proctype device()
{
end:	do
	/* --- what the host rang --- */
	:: atomic { is_present && IS_LIVE && bell ->
		bell = false;
		if
		:: lane_runs ->
			lane_wp = (FETCH || (BURST && BUG != STALE_BELL) -> ctx_wp : bell_wp);
			is_polling = BURST
		:: else
		fi;
		bell_wp = 0;
		wake_if_lightly_asleep() }
	:: atomic { is_present && wake_bell ->
		wake_bell = false; is_kept_awake = wake_value;
		if :: is_kept_awake -> wake_if_lightly_asleep() :: else fi;
		wake_value = false }
	:: atomic { is_present && IS_LIVE && command_bell && ROOM(0) &&
		    /* An answer comes after the completions before it, on whichever ring. */
		    (BUG == ANSWER_FIRST || er[DATA].published == er[DATA].dev_rp) ->
		command_bell = false;
		if
		:: command_el == START -> lane_runs = true; lane_rp = 0; lane_wp = 0; bell = false
		:: command_el == STOP -> lane_runs = false; is_polling = false; owes_hint = false
		:: command_el == RESET -> lane_runs = false; is_polling = false; owes_hint = false; lane_rp = 0; lane_wp = 0
		:: else
		fi;
		store(0, ANSWER, command_el);
		command_el = NO_COMMAND;
		wake_if_lightly_asleep() }

	/* --- uplink: an element, or a look at wp --- */
	:: atomic { is_present && IS_LIVE && lane_runs && lane_rp != lane_wp && ROOM(DATA) ->
		/* What it takes was written, is the host's, and was not taken before. */
		assert(el[lane_rp] != 0);
		assert(held[el[lane_rp] - 1] && !taken[el[lane_rp] - 1]);
		taken[el[lane_rp] - 1] = true;
		store(DATA, TRANSFER, lane_rp);
		lane_rp = NEXT(lane_rp, N) }
	:: atomic { is_present && IS_LIVE && lane_runs && is_polling && lane_rp == lane_wp ->
		if
		:: ctx_wp != lane_wp -> lane_wp = ctx_wp
		:: else -> is_polling = false; owes_hint = true
		fi }
	/* It made up its mind; the host may have moved wp meanwhile. */
	:: atomic { is_present && IS_LIVE && owes_hint && ROOM(DATA) ->
		owes_hint = false; store(DATA, HINT, 0) }

	/* --- events: rp first, then the interrupt --- */
	:: atomic { is_present && er[0].published != er[0].dev_rp ->
		er[0].published = er[0].dev_rp; er[0].owes_irq = true }
	:: atomic { DATA && is_present && er[DATA].published != er[DATA].dev_rp ->
		er[DATA].published = er[DATA].dev_rp; er[DATA].owes_irq = true }
	:: atomic { er[0].owes_irq -> er[0].owes_irq = false; MAYBE_LOST(er[0].irq = true) }
	:: atomic { DATA && er[DATA].owes_irq -> er[DATA].owes_irq = false; MAYBE_LOST(er[DATA].irq = true) }

	/* --- states --- */
	:: atomic { is_present && ask == ASK_RESET ->
		ask = ASK_NONE; forget_contexts(); dev = D_RESET;
		er[0].dev_rp = er[0].published; er[DATA].dev_rp = er[DATA].published }
	:: atomic { is_present && ask == ASK_NONE && dev == D_RESET -> dev = D_READY }
	:: atomic { is_present && ask == ASK_M0 && dev == D_READY -> ask = ASK_NONE; to_m0(true) }
	:: atomic { is_present && ask == ASK_M0 && (dev == D_M1 || dev == D_M2 || dev == D_M3) && ROOM(0) ->
		ask = ASK_NONE; to_m0(false) }
	:: atomic { is_present && ask == ASK_M0 && (dev == D_M0 || dev == D_RESET || dev == D_SYS_ERR) ->
		ask = ASK_NONE }
	:: atomic { is_present && ask == ASK_M3 && IS_LIVE && ROOM(0) ->
		ask = ASK_NONE; dev = D_M3; wake_due = false; store(0, HEARD_M3, 0) }
	:: atomic { is_present && ask == ASK_M3 && !IS_LIVE -> ask = ASK_NONE }
	:: atomic { is_present && wakes > 0 && dev == D_M3 && !has_asked ->
		wakes--; has_asked = true; wake_irq = true }
	:: atomic { is_present && (dev == D_M1 || dev == D_M2) && wake_due && ROOM(0) -> to_m0(false) }
	:: atomic { IDLE && is_present && dev == D_M0 && !is_kept_awake && !bell && !command_bell && !wake_bell &&
		    ask == ASK_NONE && ROOM(0) && !is_polling && !owes_hint && !(lane_runs && lane_rp != lane_wp) ->
		dev = D_M1; store(0, HEARD_M1, 0) }
	:: atomic { is_present && crashes > 0 && dev != D_RESET && dev != D_SYS_ERR ->
		crashes--; forget_contexts(); dev = D_SYS_ERR;
		if
		:: ROOM(0) && is_listening -> store(0, HEARD_SYS_ERR, 0)
		:: true
		fi }
	:: atomic { is_present && removals > 0 -> removals--; is_present = false; forget_contexts(); ask = ASK_NONE }
	od
}

/* No lost wake-up: where nothing moves any more, nothing may be waiting. */
active proctype quiet()
{
end:	do
	:: IS_WELL && HOST_IS_QUIET && DEV_IS_QUIET && !(WATCH && is_watched) && rp != wp ->
		assert(false)
	:: IS_WELL && HOST_IS_QUIET && DEV_IS_QUIET && dev == D_M3 && has_asked ->
		assert(false)
	od
}

#ifdef LIVE
/* And what the device was given comes back, as long as both are well. */
ltl taken_in_the_end { [] ((held[0] && IS_WELL) -> <> (!held[0] || !IS_WELL)) }
#endif
