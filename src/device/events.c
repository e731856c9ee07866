/*
 * The lines that some reader still has to read, oldest first; without readers
 * there are none.  A reader points at its next line.  When the lines outgrow
 * their limit the oldest leaves, and whoever pointed at it moves on and counts
 * one lost; the loss is told, as a line of that reader's own, before anything
 * newer.
 */
#include "device/events.h"
#include "mhifs/mhifs.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>

enum {
	MOST_BYTES = 256 << 10,	/* of lines kept for slow readers */
	MOST_PIECES = 32,	/* lines of one read */
};

struct line {
	struct list node;	/* in events->lines, or alone: a reader's own */
	uint64_t seq;
	size_t len;
	char bytes[];
};

struct source {
	struct list node;
	const struct events_source_ops *ops;	/* borrowed */
};

struct events {
	unsigned int refs;
	uint64_t seq;		/* of the next line */
	size_t bytes;		/* of all lines */
	bool is_ended;
	struct list lines;	/* of struct line */
	struct list readers;	/* of struct events_reader */
	struct list sources;	/* of struct source */
};

struct events_reader {
	struct list node;
	struct events *events;	/* reference */
	const struct events_reader_ops *ops;	/* borrowed */
	void *user;		/* of ops; borrowed */
	struct list *next;	/* line to read, or the head: nothing new */
	struct line *own;	/* read before next: a loss, or a line begun */
	size_t begun;		/* bytes of own that were read */
	uint64_t lost;		/* lines that left unread and untold */
	struct list calls;	/* of struct wait: parked reads */
};

struct events *events_new(void)
{
	struct events *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->refs = 1;
	e->seq = 1;
	list_init(&e->lines);
	list_init(&e->readers);
	list_init(&e->sources);
	return e;
}

struct events *events_ref(struct events *e)
{
	e->refs++;
	return e;
}

static void drop_line(struct events *e, struct line *l)
{
	list_remove(&l->node);
	e->bytes -= l->len;
	free(l);
}

void events_unref(struct events *e)
{
	struct source *s, *tmp;

	if (!e || --e->refs)
		return;
	while (!list_is_empty(&e->lines))
		drop_line(e, list_first(&e->lines, struct line, node));
	list_for_each_safe(s, tmp, &e->sources, node)
		free(s);
	free(e);
}

static bool is_word(const char *s, bool may_have_digits)
{
	const char *letters = "abcdefghijklmnopqrstuvwxyz_0123456789";

	return s && *s && strspn(s, letters) == strlen(s) &&
	       (may_have_digits || !strpbrk(s, "0123456789"));
}

int events_register(struct events *e, const struct events_source_ops *ops)
{
	struct source *s;

	if (!is_word(ops->name, true) || !ops->types || !ops->types[0])
		return -EINVAL;
	for (const char *const *type = ops->types; *type; type++)
		if (!is_word(*type, false))
			return -EINVAL;
	list_for_each(s, &e->sources, node)
		if (!strcmp(s->ops->name, ops->name))
			return -EEXIST;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->ops = ops;
	list_append(&e->sources, &s->node);
	return 0;
}

void events_unregister(struct events *e, const struct events_source_ops *ops)
{
	struct source *s, *tmp;

	list_for_each_safe(s, tmp, &e->sources, node)
		if (s->ops == ops) {
			list_remove(&s->node);
			free(s);
		}
}

/* Takes @fields. */
static struct line *line_new(uint64_t seq, const char *type, json_t *fields)
{
	struct timespec now;
	struct line *l = NULL;
	json_t *object;
	size_t len;

	clock_gettime(CLOCK_REALTIME, &now);
	object = json_pack("{s:I, s:f, s:s}", "seq", (json_int_t)seq,
			   "time", (double)now.tv_sec + (double)now.tv_nsec / 1e9, "type", type);
	if (object && fields)
		json_object_update_missing(object, fields);
	/* 16 digits: seconds since the epoch and all six of the fraction. */
	len = object ? json_dumpb(object, NULL, 0, JSON_COMPACT | JSON_REAL_PRECISION(16)) : 0;
	if (len)
		l = malloc(sizeof(*l) + len + 1);
	if (l) {
		list_init(&l->node);
		l->seq = seq;
		l->len = len + 1;
		json_dumpb(object, l->bytes, len, JSON_COMPACT | JSON_REAL_PRECISION(16));
		l->bytes[len] = '\n';
	}
	json_decref(object);
	json_decref(fields);
	return l;
}

static void forget_oldest(struct events *e)
{
	struct line *l = list_first(&e->lines, struct line, node);
	struct events_reader *r;

	list_for_each(r, &e->readers, node)
		if (r->next == &l->node) {
			r->next = l->node.next;
			r->lost++;
		}
	drop_line(e, l);
}

/* Lines that every reader has read leave. */
static void forget_read(struct events *e)
{
	uint64_t oldest = e->seq;
	struct events_reader *r;

	list_for_each(r, &e->readers, node)
		if (r->next != &e->lines && list_entry(r->next, struct line, node)->seq < oldest)
			oldest = list_entry(r->next, struct line, node)->seq;
	while (!list_is_empty(&e->lines) &&
	       list_first(&e->lines, struct line, node)->seq < oldest)
		drop_line(e, list_first(&e->lines, struct line, node));
}

/* Puts the number of lost lines in front of what comes next. */
static void tell_loss(struct events_reader *r)
{
	uint64_t seq;

	if (!r->lost || r->own)
		return;
	seq = r->next == &r->events->lines ? r->events->seq :
					      list_entry(r->next, struct line, node)->seq;
	r->own = line_new(seq - 1, MHIFS_EVENT_LOST, json_pack("{s:I}", "count", (json_int_t)r->lost));
	if (r->own)
		r->lost = 0;
}

static bool has_bytes(const struct events_reader *r)
{
	return r->own || r->lost || r->next != &r->events->lines;
}

/* Whole lines that fit into @len, or the begin of one that alone does not.
 * Returns how many pieces; reading goes on at *ret_next. */
static int collect(struct events_reader *r, size_t len, struct iovec *iov,
		   struct list **ret_next, size_t *ret_total)
{
	struct list *at = r->next;
	size_t total = 0;
	int n = 0;

	if (r->own) {
		iov[n].iov_base = r->own->bytes + r->begun;
		iov[n].iov_len = min_size(len, r->own->len - r->begun);
		total = iov[n++].iov_len;
		if (total < r->own->len - r->begun)
			at = NULL;
	}
	for (; at && at != &r->events->lines && n < MOST_PIECES; at = at->next) {
		struct line *l = list_entry(at, struct line, node);

		if (n && l->len > len - total)
			break;
		iov[n].iov_base = l->bytes;
		iov[n].iov_len = min_size(len, l->len);
		total += iov[n++].iov_len;
		if (l->len > len)
			break;
	}
	*ret_next = at ? at : r->next;
	*ret_total = total;
	return n;
}

/* A line of which only the begin was read becomes the reader's own, so that
 * its rest is there whatever happens to the others. */
static void keep_rest(struct events_reader *r, size_t begun)
{
	const struct line *l = list_entry(r->next, struct line, node);

	r->next = r->next->next;
	r->own = malloc(sizeof(*l) + l->len);
	if (!r->own) {
		r->lost++;
		return;
	}
	memcpy(r->own, l, sizeof(*l) + l->len);
	list_init(&r->own->node);
	r->begun = begun;
}

static void consume(struct events_reader *r, struct list *next, size_t total)
{
	if (r->own) {
		size_t rest = r->own->len - r->begun;

		if (total < rest) {
			r->begun += total;
			return;
		}
		free(r->own);
		r->own = NULL;
		r->begun = 0;
	} else if (next == r->next && total) {
		keep_rest(r, total);
		return;
	}
	r->next = next;
}

/* One read that finds bytes. */
static void read_now(struct events_reader *r, struct wait *w, size_t len)
{
	struct iovec iov[MOST_PIECES];
	struct list *next;
	size_t total;
	int n;

	tell_loss(r);
	n = collect(r, len, iov, &next, &total);
	if (wait_answer(w, n ? (ssize_t)total : -ENOMEM, iov, n))
		return;	/* the caller is gone: the next one reads it */
	consume(r, next, total);
}

/* Answers parked reads as long as there is something to say. */
static void serve(struct events_reader *r)
{
	while (!list_is_empty(&r->calls) && (has_bytes(r) || r->events->is_ended)) {
		struct wait *w = list_first(&r->calls, struct wait, node);

		if (has_bytes(r))
			read_now(r, w, w->len);
		else
			wait_answer(w, 0, NULL, 0);
	}
}

static void wake_readers(struct events *e)
{
	struct events_reader *r, *tmp;

	events_ref(e);
	list_for_each_safe(r, tmp, &e->readers, node) {
		serve(r);
		r->ops->changed(r->user);
	}
	forget_read(e);
	events_unref(e);
}

static void append(struct events *e, struct line *l)
{
	struct events_reader *r;

	list_for_each(r, &e->readers, node)
		if (r->next == &e->lines)
			r->next = &l->node;
	list_append(&e->lines, &l->node);
	e->bytes += l->len;
	while (e->bytes > MOST_BYTES)
		forget_oldest(e);
}

void events_add(struct events *e, const struct events_source_ops *ops,
		const char *type, json_t *fields)
{
	uint64_t seq = e->seq++;
	struct events_reader *r;
	struct line *l = NULL;

	(void)ops;
	if (list_is_empty(&e->readers) || e->is_ended) {
		json_decref(fields);
		return;
	}
	l = line_new(seq, type, fields);
	if (l)
		append(e, l);
	else
		list_for_each(r, &e->readers, node)
			r->lost++;
	wake_readers(e);
}

void events_end(struct events *e)
{
	e->is_ended = true;
	wake_readers(e);
}

struct events_reader *events_open(struct events *e, const struct events_reader_ops *ops,
				  void *user)
{
	struct events_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->events = events_ref(e);
	r->ops = ops;
	r->user = user;
	r->next = &e->lines;
	list_init(&r->calls);
	list_append(&e->readers, &r->node);
	return r;
}

void events_close(struct events_reader *r)
{
	struct events *e = r->events;

	list_remove(&r->node);
	forget_read(e);
	free(r->own);
	free(r);
	events_unref(e);
}

static ssize_t withdraw_read(struct wait *w)
{
	list_remove(&w->node);
	return -EINTR;
}

void events_read(struct events_reader *r, struct wait *w, size_t len, uint64_t offset,
		 bool nonblock)
{
	if (!len || (!has_bytes(r) && (r->events->is_ended || offset))) {
		wait_answer(w, 0, NULL, 0);
		return;
	}
	if (has_bytes(r)) {
		read_now(r, w, len);
		forget_read(r->events);
		return;
	}
	if (nonblock) {
		wait_answer(w, -EAGAIN, NULL, 0);
		return;
	}
	w->len = len;
	wait_park(w, &r->calls, withdraw_read, r);
}

int events_poll(const struct events_reader *r)
{
	int events = 0;

	if (has_bytes(r))
		events |= POLLIN;
	if (r->events->is_ended)
		events |= POLLIN | POLLHUP;
	return events;
}
