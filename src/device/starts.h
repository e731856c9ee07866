/*
 * starts - which devices are being started, in a file that outlives the process:
 * one that ends the process each time is known to the next one by that.
 *
 * A device is noted before it is touched, and struck out when it is up, or known
 * not to be; what the file holds when a process begins are the devices that the
 * last one died over.  Several may be blamed for one of them: who is started when
 * the others are done is not.
 *
 * Guess: a service manager waits for a second at least before it starts a daemon
 * again; a start within a second of the last one does not count that as a death.
 *
 * A line is "starting 2 pci-0000:01:00.0", or "suspect" when its turn has not come.
 *
 * Without a file, or one that cannot be written, nothing is remembered.
 */
#pragma once
#include "base/list.h"
#include "base/text.h"

enum { STARTS_MOST = 5 };	/* deaths in a row, then it is left out */

struct starts {
	char *path;		/* owned; NULL: there is none */
	struct list notes;	/* of struct note */
};

void starts_init(struct starts *s);
/* What is begun is struck out: this process did not die over it.  Safe twice. */
void starts_fini(struct starts *s);
/* Reads what a predecessor left in @path; 0 or -ENOMEM. */
int starts_load(struct starts *s, const char *path);

/* How many processes in a row died while they started @device? */
unsigned int starts_deaths(const struct starts *s, const char *device);
void starts_begin(struct starts *s, const char *device);
void starts_end(struct starts *s, const char *device);	/* safe when it was not begun */
