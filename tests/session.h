/*
 * session - a registry with one device from its start to its end, for sweeps: no
 * step asserts, each goes on as a caller would that was refused.
 */
#pragma once
#include "tests/rig.h"

struct session_config {
	const char *spec;
	const char *conf;	/* path of a configuration */
	const char *file;	/* channel file that echoes */
	const char *tty;	/* "tty" driver's link for channel DUN; NULL: none */
	unsigned int idle_us;	/* sleep of a turn: another process answers; 0: none does */
};

struct session {
	const struct session_config *c;	/* borrowed */
	struct loop *loop;
	struct config *config;
	struct registry *registry;
	struct text why;
	int error;		/* the first refusal; 0: none */
	const char *step;	/* of it, static */
	const char *hung;	/* a call that never ended, static; NULL */
	unsigned int n_turns;
	bool is_down;
};

/* Up to a device that is settled.  0 or -errno, as for all steps; session_stop()
 * is due in any case. */
int session_start(struct session *s, const struct session_config *c);
struct device *session_device(struct session *s);	/* NULL: there is none */
bool session_is_ready(struct session *s);
bool session_settle(struct session *s);	/* false: never */
/* Opens the file, sends a few messages, reads them back, closes. */
int session_echo(struct session *s);
int session_power(struct session *s, enum engine_power what);	/* and settles */
int session_show(struct session *s);	/* every node of the device */
int session_crash(struct session *s);	/* of a loopback modem, and its recovery */
int session_tty(struct session *s);	/* a program at the terminal */
int session_stop(struct session *s);	/* everything goes */
