#include "port/file.h"
#include <poll.h>
#include <stdlib.h>

struct port_file *port_file_new(struct instance *i, const struct port_file_ops *ops,
				void *user)
{
	struct port_file *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	list_init(&f->node);
	f->instance = instance_ref(i);
	f->ops = ops;
	f->user = user;
	f->id = ++i->last_id;
	return f;
}

void port_file_free(struct port_file *f)
{
	struct instance *i = f->instance;

	free(f);
	instance_unref(i);
}

/* The file leaves; the last one to leave starts the linger. */
static void leave(struct port_file *f)
{
	struct instance *i = instance_ref(f->instance);

	if (i->walk == &f->node)
		i->walk = f->node.next;
	list_remove(&f->node);
	if (i->rx.begun_by == f)
		i->rx.begun_by = NULL;
	i->users--;
	port_file_free(f);
	instance_rest(i);
	instance_unref(i);
}

void port_file_enter(struct port_file *f, struct wait *w)
{
	struct instance *i = f->instance;

	timer_stop(&i->linger);
	i->users++;
	list_append(&i->files, &f->node);
	if (wait_answer(w, 0, NULL, 0) < 0)
		leave(f);
}

void port_close(struct port_file *f)
{
	leave(f);
}

void port_file_answer_death(struct port_file *f, struct wait *w, enum file_call call)
{
	bool was_told = f->is_told;
	int why = was_told && call == FILE_CALL_NEW ? -ENODEV : f->instance->why;

	/* Before the answer: the file may be closed in it. */
	f->is_told = true;
	if (wait_answer(w, why, NULL, 0) < 0)
		f->is_told = was_told;
}

/* A later part of a call of the client, which goes on where this file's last
 * read stopped inside a message. */
static bool goes_on(const struct port_file *f, uint64_t offset)
{
	const struct rx *rx = &f->instance->rx;

	return rx->is_begun && rx->begun_by == f && f->read_end == offset;
}

static bool has_bytes(const struct instance *i)
{
	return instance_is_dead(i) ? !list_is_empty(&i->rx.rest) : rx_has_bytes(&i->rx);
}

static void read_living(struct port_file *f, struct wait *w, size_t len, uint64_t offset,
			bool nonblock)
{
	struct instance *i = f->instance;

	if (file_is_readable(f) && !i->rx.is_serving)
		rx_read(i, f, w, len, offset);
	else if (nonblock)
		wait_answer(w, -EAGAIN, NULL, 0);
	else
		rx_park(i, f, w, len);
}

void port_read(struct port_file *f, struct wait *w, size_t len, uint64_t offset, bool nonblock)
{
	struct instance *i = instance_ref(f->instance);
	bool is_later = offset > 0;

	if (!i->port->has[LINK_DL])
		wait_answer(w, -EOPNOTSUPP, NULL, 0);
	else if (!len || (is_later && !(has_bytes(i) && goes_on(f, offset))))
		wait_answer(w, 0, NULL, 0);
	else if (!instance_is_dead(i))
		read_living(f, w, len, offset, nonblock);
	else if (has_bytes(i) && !i->rx.is_serving)
		rx_read(i, f, w, len, offset);
	else
		port_file_answer_death(f, w, FILE_CALL_NEW);
	instance_unref(i);
}

/* What is left of a write after some of it was sent, or nothing. */
static void park_rest(struct port_file *f, struct wait *w, const uint8_t *data, size_t len,
		      size_t went, bool is_later)
{
	int r = tx_park(f->instance, f, w, data + went, len - went, went, is_later);

	if (r < 0)
		wait_answer(w, went ? (ssize_t)went : r, NULL, 0);
}

static void write_living(struct port_file *f, struct wait *w, const uint8_t *data, size_t len,
			 bool is_later, bool nonblock)
{
	struct instance *i = f->instance;
	int error = 0;
	size_t went = 0;

	if (file_is_writable(f))
		went = tx_send(i, f, data, len, &error);
	if (went == len || (went && (nonblock || error)))
		wait_answer(w, (ssize_t)went, NULL, 0);
	else if (instance_is_dead(i) && (went || is_later))
		wait_answer(w, (ssize_t)went, NULL, 0);
	else if (instance_is_dead(i))
		port_file_answer_death(f, w, FILE_CALL_NEW);
	else if (error || nonblock)
		wait_answer(w, error ? error : -EAGAIN, NULL, 0);
	else
		park_rest(f, w, data, len, went, is_later);
	if (!list_is_empty(&i->tx.writers))
		tx_pump(i);
}

/* A call that already sent a part can only end short: an error would be seen by
 * nobody, and the rest of a torn message must not pass for a message. */
static bool ends_short(const struct port_file *f, bool is_later)
{
	return is_later && (instance_is_dead(f->instance) ||
			    f->instance->port->config.boundary == BOUNDARY_MESSAGE);
}

void port_write(struct port_file *f, struct wait *w, const void *data, size_t len,
		uint64_t offset, bool nonblock)
{
	struct instance *i = instance_ref(f->instance);
	const struct port *p = i->port;
	bool is_later = offset > 0 && offset == f->write_end;

	f->write_end = offset + len;
	if (!p->has[LINK_UL])
		wait_answer(w, -EOPNOTSUPP, NULL, 0);
	else if (!len || ends_short(f, is_later))
		wait_answer(w, 0, NULL, 0);
	else if (p->config.boundary == BOUNDARY_MESSAGE && len > port_mtu(p))
		wait_answer(w, -EMSGSIZE, NULL, 0);
	else if (instance_is_dead(i))
		port_file_answer_death(f, w, FILE_CALL_NEW);
	else
		write_living(f, w, data, len, is_later, nonblock);
	instance_unref(i);
}

static int flush_error(struct port_file *f)
{
	const struct instance *i = f->instance;

	if (instance_is_dead(i) && (f->has_lost || f->last_sent > i->tx.n_taken))
		return f->is_told ? -ENODEV : i->why;
	return f->has_lost ? -EIO : 0;
}

void port_flush(struct port_file *f, struct wait *w)
{
	struct instance *i = instance_ref(f->instance);
	int r = flush_error(f);

	if (!r && f->last_sent > i->tx.n_taken)
		r = tx_park_flush(i, f, w);
	else if (!r)
		wait_answer(w, 0, NULL, 0);
	if (r == -EIO && !instance_is_dead(i))
		f->has_lost = false;
	if (r < 0)
		wait_answer(w, r, NULL, 0);
	instance_unref(i);
}

int port_poll(const struct port_file *f)
{
	int events = 0;

	if (file_is_readable(f))
		events |= POLLIN;
	if (file_is_writable(f))
		events |= POLLOUT;
	if (instance_is_dead(f->instance))
		events |= POLLHUP | POLLERR;
	return events;
}

const struct port *port_of_file(const struct port_file *f)
{
	return f->instance->port;
}
