/*
 * fake_link - a link with one channel whose device is the test.
 *
 * It records what is submitted and answers when told.  On the way it asserts
 * what every user of a link owes: a slot is submitted once, an uplink slot is
 * zero behind its bytes, a downlink slot comes back cleared, nothing is
 * submitted to a channel that is not open.
 */
#pragma once
#include "core/link.h"

enum { FAKE_SLOTS_MAX = 256 };

enum fake_state { FAKE_CLOSED, FAKE_OPENING, FAKE_OPEN, FAKE_CLOSING };

/* Slots with the device, oldest first. */
struct fake_queue {
	unsigned int n;
	unsigned int slots[FAKE_SLOTS_MAX];
	uint32_t lens[FAKE_SLOTS_MAX];
};

struct fake_link {
	struct link link;
	struct link_chan chan;
	uint8_t *memory[2];	/* by enum link_dir */
	enum fake_state state;
	const struct link_user_ops *user_ops;
	void *user;
	struct fake_queue with_device[2];
	/* What the test may ask for. */
	int open_error;		/* open() returns it */
	int submit_result[2];	/* submit() returns it unless 0 */
	bool takes_at_once;	/* uplink slots are done inside submit() */
	bool closes_at_once;	/* closed is called inside close() */
	int dies_in_submit;	/* the next submit() ends the channel with it */
	/* Called with each uplink message taken; may be NULL. */
	void (*heard)(void *ear, const uint8_t *data, uint32_t len);
	void *ear;
	unsigned int n_opens, n_closes;		/* calls of open() and close() */
	unsigned int n_submitted, n_returned;	/* slots */
};

void fake_link_init(struct fake_link *f, unsigned int n_ul, uint32_t ul_size,
		    unsigned int n_dl, uint32_t dl_size);
void fake_link_fini(struct fake_link *f);

/* The open under way ends with @status. */
void fake_link_opened(struct fake_link *f, int status);
/* The device took the oldest uplink slot, or failed to (-errno).  False when it
 * has none. */
bool fake_link_take(struct fake_link *f, int status);
/* The device fills its oldest downlink slot; @status 0 or LINK_MORE, or -errno
 * without bytes.  False when it has none. */
bool fake_link_say(struct fake_link *f, const void *data, uint32_t len, int status);
/* All slots come back, then the channel is closed: @why 0 ends a close(). */
void fake_link_closed(struct fake_link *f, int why);
