/*
 * mount - a real mhifs on a real mount, for one test program.
 *
 * Starts the mhifs of the build's top folder on a fresh directory and takes it
 * down again.  Nothing here sleeps for a time that is hoped to be enough:
 * whatever takes time is a condition with a deadline (WAIT_FOR).
 */
#pragma once
#include "base/bytes.h"
#include <check.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

enum { DEADLINE_MS = 20000 };

struct mount {
	pid_t pid;		/* of the daemon; 0: none */
	char base[64];		/* temporary folder */
	char root[80];		/* the mount point in it */
	char dev[96];		/* mhi0 in that; the root itself with -o single */
	char device[1024];	/* what mount_start() serves; "loopback" */
};

uint64_t now_ms(void);

/* Fails the test when @condition does not come true. */
#define WAIT_FOR(condition)                                                        \
	do {                                                                       \
		uint64_t end_ = now_ms() + DEADLINE_MS;                            \
		while (!(condition)) {                                             \
			ck_assert_msg(now_ms() < end_, "never true: " #condition); \
			usleep(500);                                               \
		}                                                                  \
	} while (0)

/* Ends the program with 77 when no mount can be made here. */
void mount_skip_unless_possible(void);

/* Makes the folders; mount_start() and mount_run() need them. */
void mount_init(struct mount *m);
/* Starts "mhifs -f OPTIONS DEVICE ROOT" and waits until it serves and mhi0
 * is ready.  @options: words separated by spaces; may be "". */
void mount_start(struct mount *m, const char *options);
/* Only starts it. */
void mount_launch(struct mount *m, const char *options, const char *place);
/* mount_start() on @place, which shows at m->root. */
void mount_start_on(struct mount *m, const char *options, const char *place);
/* Runs mhifs with the words of @args and returns its exit code; stderr goes to
 * @ret_message, at most @size bytes. */
int mount_run(const char *args, char *ret_message, size_t size);
/* Sends @signo and returns the exit code, or -signal. */
int mount_end(struct mount *m, int signo);
/* mount_end(SIGTERM), expects 0, and removes the folders. */
void mount_stop(struct mount *m);
/* Removes the folders; nothing is mounted any more. */
void mount_fini(struct mount *m);

/* Names below the device's directory.  Good until the eighth call from now. */
const char *mount_path(const struct mount *m, const char *name);
int mount_open(const struct mount *m, const char *name, int flags);	/* asserts */

/* The text of an attribute; good until the next call. */
const char *mount_show(const struct mount *m, const char *attr);
/* One write of a word.  0 or -errno. */
int mount_store(const struct mount *m, const char *attr, const char *word);
/* The value behind "KEY=" in stats. */
uint64_t mount_stat(const struct mount *m, const char *key);
bool mount_state_is(const struct mount *m, const char *state);

/* Returns once the daemon has taken all that was asked before. */
void mount_barrier(const struct mount *m);

/* Waits until every channel is closed: what an earlier test left in one is
 * still there as long as it lingers. */
void mount_settle(const struct mount *m);
bool mount_chan_is(const struct mount *m, const char *chan, const char *state);

/* Open descriptors of the daemon. */
unsigned int mount_n_fds(const struct mount *m);

/* A page-aligned buffer of pseudo-random bytes, the same for one @seed. */
uint8_t *pattern_new(size_t len, unsigned int seed);
