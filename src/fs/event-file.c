/*
 * An open `events`: a cursor of its own that starts at the open.
 */
#include "fs/file.h"
#include <errno.h>

struct event_file {
	struct file file;
	struct events_reader *reader;
};

static struct event_file *event(struct file *f)
{
	return container_of(f, struct event_file, file);
}

static void event_read(struct file *f, struct request *r, size_t len, uint64_t offset,
		       bool nonblock)
{
	events_read(event(f)->reader, &r->wait, len, offset, nonblock);
}

static int event_poll(struct file *f)
{
	return events_poll(event(f)->reader);
}

static void event_close(struct file *f)
{
	events_close(event(f)->reader);
}

static const struct file_ops event_file_ops = {
	.open_flags = FOPEN_DIRECT_IO | FOPEN_STREAM | FOPEN_NONSEEKABLE | FOPEN_NOFLUSH,
	.read = event_read,
	.poll = event_poll,
	.close = event_close,
};

static void on_changed(void *user)
{
	file_changed(user);
}

static const struct events_reader_ops reader_ops = { .changed = on_changed };

void event_file_open(const struct opening *o, struct events *events)
{
	struct wait *w = &o->request->wait;
	struct events_reader *reader;
	struct event_file *e;

	if (o->wants_write) {
		wait_answer(w, -EACCES, NULL, 0);
		return;
	}
	e = file_new(o, &event_file_ops, sizeof(*e));
	if (!e)
		return;
	reader = e->reader = events_open(events, &reader_ops, &e->file);
	if (wait_answer(w, reader ? 0 : -ENOMEM, NULL, 0) < 0 && reader)
		events_close(reader);
}
