/*
 * events - all that happens to a device, one JSON object a line.
 *
 * Each line has seq, time (seconds since the epoch, with fraction) and type.
 * A reader is a cursor that starts at the present; one that falls behind gets
 * a line of type "lost" with the count, never silence.
 */
#pragma once
#include "base/list.h"
#include "port/wait.h"
#include <jansson.h>

struct events;
struct events_reader;

/* Something that reports events of its own (the core, rpmsg, gpio): what types
 * it uses, checked once when it is registered and never at delivery. */
struct events_source_ops {
	const char *name;		/* [a-z0-9_], for messages */
	const char *const *types;	/* NULL terminated, each [a-z_]+ */
};

struct events *events_new(void);
void events_unref(struct events *e);
struct events *events_ref(struct events *e);

/* 0; -EINVAL when the struct is incomplete or a name is malformed; -EEXIST
 * when the name is taken.  @ops is borrowed until events_unregister(). */
int events_register(struct events *e, const struct events_source_ops *ops);
void events_unregister(struct events *e, const struct events_source_ops *ops);

/* Adds one line.  @type is one of the source's types; @fields (an object, may
 * be NULL) is taken, whatever happens. */
void events_add(struct events *e, const struct events_source_ops *ops,
		const char *type, json_t *fields);

/* No line comes any more: readers get the rest, then end of file and HUP. */
void events_end(struct events *e);

struct events_reader_ops {
	void (*changed)(void *user);	/* poll may answer differently */
};
/* Holds a reference to @e.  NULL without memory. */
struct events_reader *events_open(struct events *e, const struct events_reader_ops *ops,
				  void *user);
void events_close(struct events_reader *r);
/* Answers @w once: bytes that end at a line's end unless @len is shorter than
 * the line, 0 at the end, -EAGAIN. */
void events_read(struct events_reader *r, struct wait *w, size_t len, uint64_t offset,
		 bool nonblock);
int events_poll(const struct events_reader *r);
