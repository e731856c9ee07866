#include "tests/port_model.h"
#include <assert.h>
#include <errno.h>
#include <poll.h>

static void queue_add(struct model_queue *q, int call)
{
	q->at[q->n++] = call;
}

static void queue_remove(struct model_queue *q, int call)
{
	for (unsigned int i = 0; i < q->n; i++)
		if (q->at[i] == call) {
			q->n--;
			memmove(q->at + i, q->at + i + 1, (q->n - i) * sizeof(q->at[0]));
			return;
		}
}

static struct model_file *file_of(struct model *m, int call)
{
	return &m->files[m->calls[call].file];
}

static void done(struct model *m, int call, ssize_t result)
{
	struct model_call *c = &m->calls[call];

	assert(!c->is_done);
	c->is_done = true;
	c->result = result;
	m->budget -= c->parked;
	c->parked = 0;
}

static void die(struct model *m, struct model_instance *i, int why);

/* The last user or waiting open has left. */
static void rest(struct model *m, struct model_instance *i)
{
	if (i->state == MODEL_DEAD || i->users || i->opens.n)
		return;
	if (i->state == MODEL_RUNNING)
		i->linger_us = m->now_us + 50000;
	else
		die(m, i, -ENODEV);
}

static void begin(struct model *m, struct model_instance *i)
{
	if (m->closing)
		return;
	i->state = MODEL_STARTING;
	i->has_link = true;
}

static struct model_instance *instance_new(struct model *m)
{
	for (int n = 0; n < MODEL_INSTANCES; n++) {
		struct model_instance *i = &m->instances[n];
		bool is_used = i == m->closing;

		for (int f = 0; f < MODEL_FILES; f++)
			is_used |= m->files[f].instance == i;
		if (is_used)
			continue;
		memset(i, 0, sizeof(*i));
		i->linger_us = TIME_NEVER;
		i->begun_by = -1;
		m->current = i;
		m->has_failed = false;
		begin(m, i);
		return i;
	}
	assert(!"more instances than files");
	return NULL;
}

static void enter(struct model *m, struct model_instance *i, int call)
{
	struct model_file *f = file_of(m, call);

	i->linger_us = TIME_NEVER;
	done(m, call, 0);
	if (m->calls[call].is_gone) {
		f->instance = NULL;
		rest(m, i);
		return;
	}
	i->users++;
	f->is_open = true;
}

void model_open(struct model *m, int call, int file, bool nonblock)
{
	struct model_instance *i = m->current ? m->current : instance_new(m);

	memset(&m->files[file], 0, sizeof(m->files[file]));
	m->files[file].instance = i;
	if (nonblock || i->state == MODEL_RUNNING)
		enter(m, i, call);
	else
		queue_add(&i->opens, call);
}

void model_close(struct model *m, int file)
{
	struct model_instance *i = m->files[file].instance;

	for (unsigned int n = 0; n < i->n_sent; n++)
		if (i->sent[n].file == file)
			i->sent[n].file = -1;
	if (i->begun_by == file)
		i->begun_by = -1;
	memset(&m->files[file], 0, sizeof(m->files[file]));
	i->users--;
	rest(m, i);
}

static bool has_whole_message(const struct model_instance *i)
{
	for (unsigned int n = 0; n < i->n_pieces; n++)
		if (i->pieces[n].is_last)
			return true;
	return false;
}

static bool has_bytes(const struct model_instance *i)
{
	return has_whole_message(i) || (i->state != MODEL_DEAD && i->n_pieces == MODEL_SLOTS);
}

static void remove_pieces(struct model_instance *i, unsigned int from, unsigned int n)
{
	i->n_pieces -= n;
	memmove(i->pieces + from, i->pieces + from + n,
		(i->n_pieces - from) * sizeof(i->pieces[0]));
}

static void give(struct model *m, struct model_instance *i, int call, uint64_t offset)
{
	struct model_call *c = &m->calls[call];
	struct model_file *f = file_of(m, call);
	size_t n = 0;
	bool is_end = false;

	for (unsigned int p = 0; p < i->n_pieces && !is_end; p++) {
		const struct model_piece *piece = &i->pieces[p];
		size_t some = min_size(piece->len - piece->used, c->len - n);

		memcpy(c->data + n, piece->bytes + piece->used, some);
		n += some;
		is_end = piece->is_last;
	}
	done(m, call, (ssize_t)n);
	f->read_end = offset + n;
	i->begun_by = c->file;
	if (c->is_gone)
		return;
	m->stats.dl_bytes += n;
	while (n) {
		struct model_piece *piece = &i->pieces[0];
		size_t some = min_size(piece->len - piece->used, n);

		n -= some;
		piece->used += (unsigned int)some;
		i->is_begun = true;
		if (piece->used < piece->len)
			break;
		if (piece->is_last) {
			m->stats.dl_messages++;
			i->is_begun = false;
		}
		remove_pieces(i, 0, 1);
	}
}

static void answer_death(struct model *m, int call, bool was_parked)
{
	struct model_file *f = file_of(m, call);

	done(m, call, f->is_told && !was_parked ? -ENODEV : f->instance->why);
	if (!m->calls[call].is_gone)
		f->is_told = true;
}

/* One read that need not wait. */
static void read_now(struct model *m, struct model_instance *i, int call, uint64_t offset)
{
	if (has_bytes(i)) {
		give(m, i, call, offset);
	} else if (i->state == MODEL_DEAD) {
		answer_death(m, call, false);
	} else {
		i->has_failed = m->calls[call].is_gone;
		done(m, call, -EIO);
	}
}

static bool is_readable(const struct model_instance *i)
{
	return i->state == MODEL_DEAD || has_bytes(i) || i->has_failed;
}

static void serve_readers(struct model *m, struct model_instance *i)
{
	while (i->readers.n && is_readable(i)) {
		int call = i->readers.at[0];

		queue_remove(&i->readers, call);
		read_now(m, i, call, 0);
	}
}

void model_read(struct model *m, int call, int file, size_t len, uint64_t offset, bool nonblock)
{
	struct model_file *f = &m->files[file];
	struct model_instance *i = f->instance;

	m->calls[call].len = len;
	if (offset && !(i->is_begun && i->begun_by == file && f->read_end == offset &&
			has_bytes(i)))
		done(m, call, 0);
	else if (is_readable(i))
		read_now(m, i, call, offset);
	else if (nonblock)
		done(m, call, -EAGAIN);
	else
		queue_add(&i->readers, call);
}

static bool can_send(const struct model_instance *i)
{
	return i->state == MODEL_RUNNING && i->n_sent < MODEL_SLOTS;
}

static void send_pieces(struct model *m, struct model_instance *i, int call)
{
	struct model_call *c = &m->calls[call];

	while (c->went < c->len && can_send(i)) {
		struct model_sent *s = &i->sent[i->n_sent++];

		s->len = (unsigned int)min_size(c->len - c->went, MODEL_SLOT);
		memcpy(s->bytes, c->data + c->went, s->len);
		s->file = c->file;
		c->went += s->len;
		file_of(m, call)->last_sent = i->n_taken + i->n_sent;
	}
}

static void serve_writers(struct model *m, struct model_instance *i)
{
	while (i->writers.n && can_send(i)) {
		int call = i->writers.at[0];

		send_pieces(m, i, call);
		if (m->calls[call].went < m->calls[call].len)
			return;
		queue_remove(&i->writers, call);
		done(m, call, (ssize_t)m->calls[call].len);
	}
}

void model_write(struct model *m, int call, int file, size_t len, uint64_t offset, bool nonblock)
{
	struct model_file *f = &m->files[file];
	struct model_instance *i = f->instance;
	struct model_call *c = &m->calls[call];

	c->len = len;
	c->is_later = offset && f->write_end == offset;
	f->write_end = offset + len;
	if (c->is_later && (i->state == MODEL_DEAD || m->boundary == BOUNDARY_MESSAGE)) {
		done(m, call, 0);
		return;
	}
	if (m->boundary == BOUNDARY_MESSAGE && len > MODEL_SLOT) {
		done(m, call, -EMSGSIZE);
		return;
	}
	if (i->state == MODEL_DEAD) {
		answer_death(m, call, false);
		return;
	}
	if (!i->writers.n)
		send_pieces(m, i, call);
	if (c->went == len) {
		done(m, call, (ssize_t)len);
	} else if (nonblock) {
		done(m, call, c->went ? (ssize_t)c->went : -EAGAIN);
	} else {
		c->parked = len - c->went;
		m->budget += c->parked;
		queue_add(&i->writers, call);
	}
}

static void serve_flushes(struct model *m, struct model_instance *i)
{
	for (unsigned int n = i->flushes.n; n-- > 0;) {
		int call = i->flushes.at[n];

		if (m->calls[call].number <= i->n_taken) {
			queue_remove(&i->flushes, call);
			done(m, call, 0);
		}
	}
}

void model_flush(struct model *m, int call, int file)
{
	struct model_file *f = &m->files[file];
	struct model_instance *i = f->instance;
	bool is_out = f->last_sent > i->n_taken;

	if (i->state == MODEL_DEAD) {
		done(m, call, !is_out && !f->has_lost ? 0 : f->is_told ? -ENODEV : i->why);
	} else if (f->has_lost) {
		f->has_lost = false;
		done(m, call, -EIO);
	} else if (is_out) {
		m->calls[call].number = f->last_sent;
		m->calls[call].late_us = m->now_us + 5000000;
		queue_add(&i->flushes, call);
	} else {
		done(m, call, 0);
	}
}

void model_interrupt(struct model *m, int call)
{
	struct model_call *c = &m->calls[call];
	struct model_instance *i = file_of(m, call)->instance;

	queue_remove(&i->readers, call);
	queue_remove(&i->writers, call);
	queue_remove(&i->flushes, call);
	queue_remove(&i->opens, call);
	done(m, call, c->kind == MODEL_WRITE && c->went ? (ssize_t)c->went : -EINTR);
	if (c->kind == MODEL_OPEN) {
		file_of(m, call)->instance = NULL;
		rest(m, i);
	}
}

static void drop_unfinished(struct model_instance *i)
{
	unsigned int n = i->n_pieces;

	while (n && !i->pieces[n - 1].is_last)
		n--;
	if (!n)
		i->is_begun = false;
	i->n_pieces = n;
	i->is_discarding = false;
}

static void die(struct model *m, struct model_instance *i, int why)
{
	if (i->state == MODEL_RUNNING)
		m->stats.unprepares++;
	i->state = MODEL_DEAD;
	i->why = why;
	i->linger_us = TIME_NEVER;
	m->current = NULL;
	if (i->has_link)
		m->closing = i;
	drop_unfinished(i);
	while (i->readers.n) {
		int call = i->readers.at[0];

		queue_remove(&i->readers, call);
		answer_death(m, call, true);
	}
	while (i->writers.n) {
		int call = i->writers.at[0];
		struct model_call *c = &m->calls[call];

		queue_remove(&i->writers, call);
		if (c->went || c->is_later)
			done(m, call, (ssize_t)c->went);
		else
			answer_death(m, call, true);
	}
	for (; i->flushes.n; queue_remove(&i->flushes, i->flushes.at[0]))
		done(m, i->flushes.at[0], why);
	for (; i->opens.n; queue_remove(&i->opens, i->opens.at[0])) {
		done(m, i->opens.at[0], why);
		file_of(m, i->opens.at[0])->instance = NULL;
	}
}

void model_kill(struct model *m, int why)
{
	if (m->current)
		die(m, m->current, why);
}

void model_opened(struct model *m, int status)
{
	struct model_instance *i = m->current;

	if (status < 0) {
		i->has_link = false;
		m->has_failed = true;
		m->stats.errors++;
		die(m, i, status);
		return;
	}
	i->state = MODEL_RUNNING;
	m->stats.prepares++;
	while (i->state == MODEL_RUNNING && i->opens.n) {
		int call = i->opens.at[0];

		queue_remove(&i->opens, call);
		enter(m, i, call);
	}
	serve_writers(m, i);
}

void model_closed(struct model *m, int why)
{
	if (!m->closing) {
		m->current->has_link = false;
		die(m, m->current, why);
	}
	m->closing = NULL;
	if (m->current && m->current->state == MODEL_WAITING)
		begin(m, m->current);
}

/* The message that begins at piece @from; returns its pieces. */
static unsigned int message_at(const struct model_instance *i, unsigned int from)
{
	unsigned int n = 0;

	while (from + n < i->n_pieces && !i->pieces[from + n++].is_last)
		;
	return n;
}

static void drop_oldest(struct model *m, struct model_instance *i)
{
	unsigned int from = i->is_begun ? message_at(i, 0) : 0;
	unsigned int n;

	if (from == i->n_pieces)
		from = 0;
	n = message_at(i, from);
	if (!i->pieces[from + n - 1].is_last)
		i->is_discarding = true;
	if (from == 0)
		i->is_begun = false;
	remove_pieces(i, from, n);
	m->stats.errors++;
}

static void arrive(struct model_instance *i, const uint8_t *bytes, unsigned int len,
		   bool is_last)
{
	if (!i->is_discarding && len) {
		struct model_piece *p = &i->pieces[i->n_pieces++];

		memset(p, 0, sizeof(*p));
		memcpy(p->bytes, bytes, len);
		p->len = len;
	}
	if (!is_last)
		return;
	if (!i->is_discarding && i->n_pieces)
		i->pieces[i->n_pieces - 1].is_last = true;
	else if (!i->is_discarding)
		i->is_begun = false;
	i->is_discarding = false;
}

void model_say(struct model *m, const uint8_t *bytes, unsigned int len, int status)
{
	struct model_instance *i = m->current;

	if (!i || i->state != MODEL_RUNNING)
		return;
	if (status < 0) {
		drop_unfinished(i);
		i->has_failed = true;
		m->stats.errors++;
	} else {
		arrive(i, bytes, len, status == 0);
	}
	serve_readers(m, i);
	if (m->slow_reader == SLOW_READER_DROP && i->n_pieces == MODEL_SLOTS)
		drop_oldest(m, i);
}

/* Who wrote the lost piece is told: his close, else his write, else later. */
static void tell_loss(struct model *m, struct model_instance *i, int file)
{
	m->stats.errors++;
	if (file < 0)
		return;
	m->files[file].has_lost = true;
	/* The parked flush that waits for the least is the first. */
	int best = -1;
	for (unsigned int n = 0; n < i->flushes.n; n++) {
		int call = i->flushes.at[n];

		if (m->calls[call].file == file &&
		    (best < 0 || m->calls[call].number < m->calls[best].number))
			best = call;
	}
	for (unsigned int n = 0; best < 0 && n < i->writers.n; n++)
		if (m->calls[i->writers.at[n]].file == file)
			best = i->writers.at[n];
	if (best < 0)
		return;
	m->files[file].has_lost = m->calls[best].kind == MODEL_WRITE && m->calls[best].is_later;
	queue_remove(&i->flushes, best);
	queue_remove(&i->writers, best);
	done(m, best, -EIO);
}

void model_take(struct model *m, int status)
{
	struct model_instance *i = m->current;
	struct model_sent s;

	if (!i || i->state != MODEL_RUNNING)
		return;
	s = i->sent[0];
	memmove(i->sent, i->sent + 1, --i->n_sent * sizeof(s));
	i->n_taken++;
	if (status < 0) {
		tell_loss(m, i, s.file);
	} else {
		m->stats.ul_messages++;
		m->stats.ul_bytes += s.len;
	}
	serve_flushes(m, i);
	serve_writers(m, i);
}

void model_advance(struct model *m, uint64_t now_us)
{
	struct model_instance *i = m->current;

	m->now_us = now_us;
	if (!i)
		return;
	for (unsigned int n = i->flushes.n; n-- > 0;) {
		int call = i->flushes.at[n];

		if (m->calls[call].late_us <= now_us) {
			queue_remove(&i->flushes, call);
			done(m, call, -ETIMEDOUT);
		}
	}
	if (i->linger_us <= now_us)
		die(m, i, -ENODEV);
}

int model_poll(const struct model *m, int file)
{
	const struct model_instance *i = m->files[file].instance;

	if (i->state == MODEL_DEAD)
		return POLLIN | POLLOUT | POLLHUP | POLLERR;
	return (is_readable(i) ? POLLIN : 0) | (can_send(i) && !i->writers.n ? POLLOUT : 0);
}

enum port_state model_state(const struct model *m)
{
	if (m->closing)
		return PORT_STOPPING;
	if (m->current)
		return m->current->state == MODEL_RUNNING ? PORT_RUNNING : PORT_STARTING;
	return m->has_failed ? PORT_FAILED : PORT_CLOSED;
}
