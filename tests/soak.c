/*
 * soak - two simulated modems under traffic, one of them with a fault of the
 * catalogue, a power command, an allocation that fails or a card that is pulled in
 * each round; the other must not notice.  Time is accelerated: whatever waits for
 * a timer does not wait.
 *
 *	soak [SECONDS [SEED]]
 *
 * Each user of a channel writes a stream of bytes that depends on who it is and
 * how often it opened, and compares what the modem echoes.
 */
#include "device/mhi.h"
#include "sim/fault.h"
#include "tests/fail_points.h"
#include "tests/rig.h"
#include "tests/suite.h"
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
	N_CHANNELS = 3, N_USERS = 2 * N_CHANNELS,
	IDLE_TURNS = 16,	/* then time goes on to the next timer, */
	LEAP_US = 50000,	/* but not past work that is under way */
	MOST_IN_FLIGHT = 8192,	/* bytes */
	MOST_WRITE = 2000,
	ENOUGH = 4096,		/* bytes echoed: the channel works */
	PATIENCE_TURNS = 400000,
	ROUNDS_OF_A_LIFE = 40,	/* then everything ends, and begins anew */
	CALL_TURNS = 5000,	/* no call of a healthy modem takes that long */
};

static const char *const channels[N_CHANNELS] = { "LOOPBACK", "DUN", "DIAG" };
static const char *const specs[2] = {
	"loopback,name=ill,crash=rddm,life.DUN=echo,life.DIAG=echo",
	"loopback,name=well,life.DUN=echo,life.DIAG=echo",
};
enum { ILL, WELL };

enum doing { NOTHING, OPENING, WRITING, READING, FLUSHING };

struct user {
	unsigned int number;
	struct device *device;	/* reference, while it has a file */
	struct port_file *file;
	enum doing doing;
	struct call call;
	unsigned int deadline;	/* turn */
	uint32_t epoch;		/* opens */
	uint64_t wrote, read;	/* bytes of this epoch */
	bool is_damaged;	/* something else came back: no use to read on */
};

static struct {
	uint64_t messages, bytes, delivered, errors, lost, damaged, opens;
	uint64_t rounds, faults, deeds, power, memory, pulled, survived, helped, lives, leaks;
} counts;

static time_t seconds = 5;
static uint64_t seed = 1;
static struct rig rig;
static struct user users[N_USERS];
static uint64_t chance;
static unsigned int n_turns;
static bool memory_fails;	/* in this round anybody may be refused */
static const char *trouble;	/* what must not have happened; NULL */
static char told[96];		/* what was done to the ill one in this round */
static char details[200];	/* of the trouble */

static unsigned int any(unsigned int below)
{
	chance ^= chance << 13;
	chance ^= chance >> 7;
	chance ^= chance << 17;
	return (unsigned int)(chance >> 32) % below;
}

static bool is_well(const struct user *u)
{
	return u->number / N_CHANNELS == WELL;
}

static void complain(const char *what)
{
	if (trouble)
		return;
	trouble = what;
	snprintf(details, sizeof(details), "round %u of seed %u, %s", (unsigned int)counts.rounds,
		 (unsigned int)seed, told);
}

static struct device *device_of(unsigned int which)
{
	return registry_find(rig.registry, which == ILL ? "mhi0" : "mhi1");
}

/* --- users --- */

static uint8_t byte_at(const struct user *u, uint64_t at)
{
	uint64_t x = (at / 7 + 1) * 0x9e3779b97f4a7c15ull ^ u->epoch * 0xc2b2ae3d27d4eb4full ^
		     u->number;

	return (uint8_t)(x >> 32 ^ at);
}

static void ignore(void *user)
{
	(void)user;
}

static const struct port_file_ops file_ops = { .changed = ignore };

static void leave(struct user *u)
{
	if (u->file)
		port_close(u->file);
	device_unref(u->device);
	u->device = NULL;
	u->file = NULL;
	u->doing = NOTHING;
	u->wrote = u->read = 0;
}

static void begin_call(struct user *u, enum doing doing)
{
	u->doing = doing;
	u->deadline = n_turns + CALL_TURNS;
	call_init(&u->call);
}

static void begin_open(struct user *u)
{
	struct device *d = device_of(u->number / N_CHANNELS);
	struct device_port *p = d ? rig_find_file(d, channels[u->number % N_CHANNELS]) : NULL;

	/* What was meant for the last file would be read by the next. */
	if (!p || !p->is_offered || (port_state(p->port) != PORT_CLOSED &&
				     port_state(p->port) != PORT_FAILED))
		return;
	u->device = device_ref(d);
	u->epoch++;
	u->wrote = u->read = 0;
	u->is_damaged = false;
	u->file = NULL;
	begin_call(u, OPENING);
	port_open(p->port, false, &file_ops, u, &u->call.wait, &u->file);
}

static void begin_write(struct user *u)
{
	static uint8_t bytes[MOST_WRITE];
	size_t len = 1 + any(MOST_WRITE);

	for (size_t i = 0; i < len; i++)
		bytes[i] = byte_at(u, u->wrote + i);
	begin_call(u, WRITING);
	u->call.wait.len = 0;
	port_write(u->file, &u->call.wait, bytes, len, 0, false);
}

static void begin_something(struct user *u)
{
	uint64_t in_flight = u->wrote - u->read;

	if (!u->file) {
		begin_open(u);
	} else if (u->is_damaged || (!in_flight && !any(100))) {
		begin_call(u, FLUSHING);
		port_flush(u->file, &u->call.wait);
	} else if (!in_flight || (in_flight < MOST_IN_FLIGHT && any(2))) {
		begin_write(u);
	} else {
		begin_call(u, READING);
		port_read(u->file, &u->call.wait, sizeof(u->call.bytes) - 1, 0, false);
	}
}

static void take_bytes(struct user *u, size_t len)
{
	for (size_t i = 0; i < len && !u->is_damaged; i++)
		if (u->read + i >= u->wrote ||
		    (uint8_t)u->call.bytes[i] != byte_at(u, u->read + i))
			u->is_damaged = true;
	counts.damaged += u->is_damaged;
	if (u->is_damaged && is_well(u))
		complain("the other modem's bytes are not what was written");
	u->read += len;
	counts.delivered += len;
}

static void end_call(struct user *u)
{
	enum doing was = u->doing;
	ssize_t n = u->call.result;

	u->doing = NOTHING;
	if (was == OPENING && n < 0)
		u->file = NULL;
	if (n < 0) {
		counts.errors++;
		if (is_well(u) && !memory_fails)
			complain("a user of the other modem was refused");
	}
	if (n < 0 || was == FLUSHING) {
		leave(u);
	} else if (was == OPENING) {
		counts.opens++;
	} else if (was == WRITING) {
		u->wrote += (uint64_t)n;
		counts.messages++;
		counts.bytes += (uint64_t)n;
	} else {
		take_bytes(u, (size_t)n);
	}
}

static void step(struct user *u)
{
	if (u->doing == NOTHING) {
		begin_something(u);
	} else if (u->call.answers) {
		end_call(u);
	} else if (n_turns > u->deadline && wait_is_parked(&u->call.wait)) {
		/* A modem may be silent for as long as it likes. */
		if (u->doing == OPENING || u->doing == FLUSHING)
			complain("an open or a close waits for ever");
		if (is_well(u))
			complain("a call on the other modem waits for ever");
		counts.lost++;
		wait_interrupt(&u->call.wait);
	}
}

static void turn(void)
{
	struct timers *t = loop_timers(rig.loop);

	if (++n_turns % IDLE_TURNS == 0 && timers_next(t) != TIME_NEVER &&
	    timers_next(t) > t->now_us)
		fail_skip_us(min_size(timers_next(t) - t->now_us, LEAP_US));
	loop_turn(rig.loop, false);
	for (unsigned int i = 0; i < N_USERS; i++)
		step(&users[i]);
}

/* --- rounds --- */

static void arm_fault(struct device *d)
{
	const struct sim_fault_kind *k;
	struct sim_fault f;
	unsigned int n = 0, number;

	while (sim_fault_kind(n))
		n++;
	k = sim_fault_kind(any(n));
	number = any(k->n_cases);
	if (!sim_fault_find(k->id, number, &f))
		return;
	snprintf(told, sizeof(told), "F%02u case %u", k->id, number + 1);
	counts.faults += sim_fault_arm(loopback_sim(mhi_hw(d->bearer)), &f);
}

static void command(struct device *d)
{
	static const struct {
		const char *word;
		enum engine_power what;
	} rows[] = {
		{ "reset", POWER_RESET }, { "suspend", POWER_SUSPEND },
		{ "resume", POWER_RESUME }, { "off", POWER_OFF }, { "on", POWER_ON },
	};
	unsigned int i = any(ARRAY_SIZE(rows));

	snprintf(told, sizeof(told), "power %s", rows[i].word);
	counts.power += device_power(d, rows[i].what) >= 0;
}

static void do_harm(struct device *d)
{
	unsigned int what = any(20);
	struct fail_plan plan = { FAIL_HEAP, any(200), any(2), ENOMEM };

	if (what < 13) {
		arm_fault(d);
	} else if (what < 16) {
		command(d);
	} else if (what < 18) {
		snprintf(told, sizeof(told), "allocation %u fails%s", plan.at,
			 plan.for_good ? " for good" : "");
		memory_fails = true;
		counts.memory++;
		fail_begin(&plan);
	} else {
		snprintf(told, sizeof(told), "pulled");
		counts.pulled++;
		loopback_unplug(mhi_hw(d->bearer));
	}
}

static void heal(void)
{
	struct device *d = device_of(ILL);
	struct hw *hw = d ? mhi_hw(d->bearer) : NULL;

	if (memory_fails)
		fail_end();
	if (!hw)
		return;
	counts.deeds += sim_faults_done(loopback_sim(hw)) > 0;
	sim_heal(loopback_sim(hw));
}

/* Its last command was never answered, or the modem went back to mission mode and
 * told nobody. */
static bool has_lost_channel(struct device *d)
{
	for (unsigned int i = 0; i < N_CHANNELS; i++) {
		struct device_port *p = rig_find_file(d, channels[i]);

		if (p && (!p->is_offered || port_state(p->port) == PORT_FAILED))
			return true;
	}
	return false;
}

/* As an operator would: a device that left comes again; one that is off, or in error,
 * or lacks a channel, is told to start. */
static void help(unsigned int which)
{
	struct device *d = device_of(which);

	if (!d) {
		counts.helped += !rig_add(&rig, specs[which]);
		return;
	}
	if (!device_is_settled(d) || device_is_gone(d))
		return;
	if (device_is_ready(d) && !has_lost_channel(d))
		return;
	if (which == WELL && !memory_fails)
		complain("the other modem needs help");
	counts.helped += device_power(d, device_state(d) == ENGINE_OFF ? POWER_ON :
						POWER_RESET) == POWER_STARTED;
}

/* Everybody opens anew and gets back what it writes. */
static bool all_work(void)
{
	for (unsigned int i = 0; i < N_USERS; i++)
		if (users[i].is_damaged || users[i].read < ENOUGH)
			return false;
	return true;
}

static void wait_until_all_work(void)
{
	unsigned int end = n_turns + PATIENCE_TURNS;

	for (unsigned int i = 0; i < N_CHANNELS; i++)
		users[i].is_damaged = users[i].is_damaged || users[i].file;
	while (!all_work() && !trouble) {
		for (unsigned int i = 0; i < 2 && n_turns % 1000 == 0; i++)
			help(i);
		turn();
		if (n_turns > end)
			complain("a modem that is well again does not work");
	}
}

static void do_round(void)
{
	unsigned int n = 200 + any(2000);
	struct device *d = device_of(ILL);

	snprintf(told, sizeof(told), "nothing");
	memory_fails = false;
	if (d && mhi_hw(d->bearer))
		do_harm(d);
	for (unsigned int i = 0; i < n && !trouble; i++)
		turn();
	heal();
	wait_until_all_work();
	counts.rounds++;
	counts.survived += !trouble;
}

/* --- lives --- */

static void end_users(void)
{
	for (unsigned int i = 0; i < N_USERS; i++) {
		if (users[i].doing != NOTHING && !users[i].call.answers)
			wait_interrupt(&users[i].call.wait);
		if (users[i].doing == OPENING && users[i].call.result < 0)
			users[i].file = NULL;
		leave(&users[i]);
	}
}

static void begin_life(void)
{
	static const struct fail_plan none = { .at = FAIL_NEVER };

	fail_pause(true);	/* the configuration keeps some of ours */
	rig_setup(&rig);
	fail_pause(false);
	fail_begin(&none);
	for (unsigned int i = 0; i < N_USERS; i++)
		users[i] = (struct user){ .number = i };
	for (unsigned int i = 0; i < 2; i++)
		if (rig_add(&rig, specs[i]))
			complain("a modem does not start");
}

static void end_life(void)
{
	end_users();
	rig_shutdown(&rig);
	for (unsigned int i = 0; i < PATIENCE_TURNS && !rig.is_down; i++) {
		n_turns++;
		if (n_turns % IDLE_TURNS == 0)
			fail_skip_us(1000000);
		loop_turn(rig.loop, false);
	}
	if (!rig.is_down)
		complain("the end never comes");
	fail_end();
	rig_teardown(&rig);
	counts.lives++;
}

static void live(time_t end)
{
	struct fail_holdings before = fail_holdings(), after;

	begin_life();
	for (unsigned int i = 0; i < ROUNDS_OF_A_LIFE && !trouble && time(NULL) < end; i++)
		do_round();
	end_life();
	after = fail_holdings();
	if (counts.lives == 1 || !memcmp(&before, &after, sizeof(before)))
		return;
	counts.leaks++;
	snprintf(told, sizeof(told), "heap %u to %u, descriptors %u to %u, mappings %u to %u",
		 before.n_heap, after.n_heap, before.n_fds, after.n_fds, before.n_maps,
		 after.n_maps);
	complain("something stays behind");
}

static void tell(void)
{
	printf("soak: seed=%" PRIu64 " rounds=%" PRIu64 " survived=%" PRIu64 " helped=%" PRIu64
	       " lives=%" PRIu64 " leaks=%" PRIu64 "\n", seed, counts.rounds, counts.survived,
	       counts.helped, counts.lives, counts.leaks);
	printf("soak: messages=%" PRIu64 " bytes=%" PRIu64 " delivered=%" PRIu64 " errors=%" PRIu64
	       " lost=%" PRIu64 " damaged=%" PRIu64 " opens=%" PRIu64 "\n", counts.messages,
	       counts.bytes, counts.delivered, counts.errors, counts.lost, counts.damaged,
	       counts.opens);
	printf("soak: faults=%" PRIu64 " that did something=%" PRIu64 " power=%" PRIu64
	       " memory=%" PRIu64 " pulled=%" PRIu64 " hours of the modem=%.1f\n", counts.faults,
	       counts.deeds, counts.power, counts.memory, counts.pulled,
	       (double)fail_skipped_us() / 3600e6);
}

/* The harness speaks through libcheck, so it has to be a test. */
START_TEST(test_soak)
{
	time_t end = time(NULL) + seconds;

	chance = (seed + 1) * 0x9e3779b97f4a7c15ull;
	do {
		live(end);
	} while (!trouble && time(NULL) < end);
	tell();
	fail_unskip();	/* libcheck takes the time */
	ck_assert_msg(!trouble, "%s: %s", details, trouble);
}
END_TEST

int main(int argc, char **argv)
{
	Suite *s = suite_create("soak");
	TCase *t = tcase_create("soak");

	if (argc > 1)
		seconds = atoi(argv[1]);
	if (argc > 2)
		seed = strtoull(argv[2], NULL, 0);
	json_set_alloc_funcs(malloc, free);
	/* Check's message of how long its child took has no room for an hour. */
	setenv("CK_FORK", "no", 1);
	tcase_add_test(t, test_soak);
	suite_add_tcase(s, t);
	return suite_run(s);
}
