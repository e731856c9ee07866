/*
 * port_file - one open file of a channel.  It belongs to the instance it was opened
 * on and never to another one.
 */
#pragma once
#include "port/instance.h"

struct port_file {
	struct list node;	/* in instance.files once it is a user */
	struct instance *instance;	/* owned reference */
	const struct port_file_ops *ops;
	void *user;
	uint16_t id;		/* marks the slots it sent */
	bool is_told;		/* a call was answered with the death */
	bool has_lost;		/* something it wrote failed, no call was told */
	uint64_t last_sent;	/* tx.n_sent after its last piece; 0: none */
	uint64_t read_end;	/* where its last read ended, within the call */
	uint64_t write_end;	/* where its last write ended, within the call */
};

/* NULL without memory. */
struct port_file *port_file_new(struct instance *i, const struct port_file_ops *ops,
				void *user);
/* Forgets a file that is no user. */
void port_file_free(struct port_file *f);

/* Answers its open with 0: from now on it is a user, unless the caller is
 * gone. */
void port_file_enter(struct port_file *f, struct wait *w);

/* What a call on a dead file gets: the cause once per file, then ENODEV.  A call
 * that was parked gets the cause in any case. */
enum file_call { FILE_CALL_NEW, FILE_CALL_PARKED };
void port_file_answer_death(struct port_file *f, struct wait *w, enum file_call call);

/* The predicates behind poll, read and write.  A dead file keeps nobody
 * waiting. */
static inline bool file_is_readable(const struct port_file *f)
{
	const struct instance *i = f->instance;

	return instance_is_dead(i) || (i->port->has[LINK_DL] && rx_is_readable(&i->rx));
}

static inline bool file_is_writable(const struct port_file *f)
{
	return instance_is_dead(f->instance) || instance_is_writable(f->instance);
}
