/*
 * port - the object behind a channel file: users, queues, parked calls, and
 * the predicates that poll, read and write share.
 *
 * A port lives as long as its device; a *channel instance* lives from the
 * first user to the unprepare, or dies under its files.  An open file belongs
 * to the instance it was opened on and never to another one.
 *
 * The contract is the table in mhifs(8): open, release, close, read, write,
 * poll, and what each cause of death does to parked and later calls.  What the
 * table leaves open is decided here:
 *
 * - A prepare counts when the channel runs, an unprepare when it stops running,
 *   so a start that failed or was given up counts as neither.
 * - A parked call that ends with the cause of death counts as having told its
 *   file; a parked close does not.  A close of a dead file is an error only
 *   when something the file wrote was never taken.
 * - A failed transfer: downlink, EIO to one read, after the data that came
 *   before it; uplink, EIO to the file that wrote it, by its parked close or
 *   write, else by its next close.
 * - A message without its end is no message: it dies with the channel, or with
 *   the piece that failed.
 * - A later part of a call (offset > 0) is never an error, since the kernel
 *   passes only the count on: a read gets the rest of its message or nothing,
 *   a write ends short.
 */
#pragma once
#include "base/timers.h"
#include "core/link.h"
#include "port/wait.h"

enum port_boundary { BOUNDARY_STREAM, BOUNDARY_MESSAGE };
enum slow_reader { SLOW_READER_HOLD, SLOW_READER_DROP };

struct port_config {
	const char *name;	/* copied */
	uint32_t mtu;		/* largest piece of a write, bytes */
	enum port_boundary boundary;
	enum slow_reader slow_reader;
	uint32_t linger_ms;	/* 0..200: last release to unprepare */
	uint32_t flush_ms;	/* longest close, 5000 */
};

enum port_state { PORT_CLOSED, PORT_STARTING, PORT_RUNNING, PORT_STOPPING, PORT_FAILED };
const char *port_state_name(enum port_state s);

struct port_stats {	/* since the daemon started */
	unsigned int users;	/* of the current instance */
	uint64_t ul_messages, ul_bytes;	/* taken by the device */
	uint64_t dl_messages, dl_bytes;	/* given to readers */
	uint64_t prepares, unprepares;
	uint64_t errors;	/* failed transfers and starts, dropped messages */
};

/* Bytes of parked write payload, shared by all ports of a device. */
struct port_budget {
	size_t used, most;	/* most: 16 MiB */
};

struct port;
struct port_file;

/* What a port calls.  The device sees the life of channels, the filesystem
 * sees its open files. */
struct port_ops {
	void (*changed)(void *user, struct port *p);	/* port_state changed */
};
struct port_file_ops {
	/* Poll may answer differently now; also once for each message. */
	void (*changed)(void *user);
};

/* @link, @timers, @budget, @ops, @user are borrowed and outlive the port; @config
 * is copied.  NULL without memory. */
struct port *port_new(struct link *link, unsigned int chan, const struct port_config *config,
		      struct timers *timers, struct port_budget *budget,
		      const struct port_ops *ops, void *user);
/* Ends the current instance with -ENODEV; files that are still open answer so,
 * @ops is not called any more.  The port is freed with its last file, and not
 * before the link has closed the channel: until then the link has to live. */
void port_unref(struct port *p);

const char *port_name(const struct port *p);
bool port_has(const struct port *p, enum link_dir dir);
enum port_state port_state(const struct port *p);
struct port_stats port_stats(const struct port *p);
uint32_t port_mtu(const struct port *p);	/* never more than a slot takes */

/* The channel left or came (EE, power): a port that is not offered refuses
 * open with -ENODEV.  New ports are offered. */
void port_set_offered(struct port *p, bool is_offered);

/* Ends the current instance as the table of causes says: parked calls get what
 * is there and then @why (-ECONNRESET or -ENODEV), so does the next call on
 * each old file.  The link may still own slots; no new open succeeds before it
 * gave them back. */
void port_kill(struct port *p, int why);

/* OPEN.  Answers @w with 0 once the channel runs, or with the error; an open
 * that was answered with an error, or interrupted, left no user behind.
 * @ret_file is set before the answer and is valid until port_close(), which
 * the caller owes after an answer of 0.  When @w does not take that answer, the
 * port undoes the open itself.  @nonblock answers at once. */
void port_open(struct port *p, bool nonblock, const struct port_file_ops *ops, void *user,
	       struct wait *w, struct port_file **ret_file);
/* RELEASE.  No call on @f is parked any more. */
void port_close(struct port_file *f);

/* READ, WRITE, FLUSH: each answers @w exactly once, now or later.  @offset > 0
 * is a later part of the same call of the client.  @data is borrowed for the
 * call; a parked write keeps its own copy. */
void port_read(struct port_file *f, struct wait *w, size_t len, uint64_t offset, bool nonblock);
void port_write(struct port_file *f, struct wait *w, const void *data, size_t len,
		uint64_t offset, bool nonblock);
void port_flush(struct port_file *f, struct wait *w);

/* Whose file it is; the pointer alone, the port may be gone. */
const struct port *port_of_file(const struct port_file *f);

/* POLLIN, POLLOUT, POLLHUP, POLLERR as they stand now. */
int port_poll(const struct port_file *f);
