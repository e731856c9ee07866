#include "sim/gadget-inside.h"
#include <errno.h>

void pipe_forget(struct pipe *p)
{
	p->mouth.begin = p->mouth.end = p->mouth.dropped = 0;
	p->offset = 0;
	p->owes_zlp = false;
}

uint32_t pipe_backlog(const struct pipe *p)
{
	return p->mouth.end - p->mouth.begin;
}

/* What waits moves to the front: services speak behind it. */
static void make_room(struct mouth *m)
{
	if (!m->begin)
		return;
	memmove(m->bytes, m->bytes + m->begin, m->end - m->begin);
	m->end -= m->begin;
	m->begin = 0;
}

void pipe_say(struct pipe *p, const void *data, uint32_t len)
{
	struct mouth *m = &p->mouth;

	make_room(m);
	if (len) {
		mouth_say(m, data, len);
	} else if (m->size - m->end >= 4) {
		put_le32(m->bytes + m->end, 0);
		m->end += 4;
	}
}

/* True when a fault ended the oldest URB. */
static bool has_failed(struct gadget *g, struct pipe *p, struct gadget_urb *urb)
{
	unsigned int acts = ACT(GADGET_STALL) | ACT(GADGET_STALL_ALL) | ACT(GADGET_END) |
			    ACT(GADGET_EMPTY);
	struct gadget_fault fault;

	if (!fault_take(g, p->address, acts, &fault))
		return false;
	p->is_halted = fault.act == GADGET_STALL || fault.act == GADGET_STALL_ALL;
	do {
		gadget_end(g, urb, p->is_halted ? -EPIPE : fault.status);
		urb = list_first(&p->urbs, struct gadget_urb, node);
	} while (fault.act == GADGET_STALL_ALL && !list_is_empty(&p->urbs));
	return true;
}

/* One packet of what is said goes to the URB. */
static void put_packet(struct gadget *g, struct pipe *p, struct gadget_urb *urb,
		       const uint8_t *message, uint32_t len)
{
	uint32_t n = min_u32(p->packet, len - p->offset), room = urb->len - urb->actual;
	bool is_last;

	if (n <= room) {
		memcpy(urb->data + urb->actual, message + p->offset, n);
		urb->actual += n;
	}
	p->offset += n;
	is_last = p->offset == len;
	if (is_last) {
		mouth_swallow(&p->mouth);
		p->offset = 0;
	}
	p->owes_zlp = is_last && n == p->packet && p->sends_zlp;
	if (n > room)
		gadget_end(g, urb, -EOVERFLOW);
	else if (n < p->packet || n == room)
		gadget_end(g, urb, 0);
}

bool pipe_in_work(struct gadget *g, struct pipe *p)
{
	bool has_moved = false;

	while (!p->is_halted && !list_is_empty(&p->urbs)) {
		struct gadget_urb *urb = list_first(&p->urbs, struct gadget_urb, node);
		const uint8_t *message;
		uint32_t len;

		if (has_failed(g, p, urb)) {
			has_moved = true;
			continue;
		}
		message = p->owes_zlp ? NULL : mouth_peek(&p->mouth, &len);
		if (!message && !p->owes_zlp)
			break;
		has_moved = true;
		if (message && len) {
			put_packet(g, p, urb, message, len);
			continue;
		}
		if (!p->owes_zlp)
			mouth_swallow(&p->mouth);
		p->owes_zlp = false;
		gadget_end(g, urb, 0);
	}
	return has_moved;
}

static void out_end(struct function *f, struct gadget_urb *urb)
{
	bool is_whole = urb->len % f->out.packet == 0;
	bool is_zlp = is_whole && (!urb->len || urb->wants_zlp);

	f->gadget->counts.zlps += is_zlp;
	if (f->trade->hear_end && (is_zlp || !is_whole))
		f->trade->hear_end(f, is_zlp);
	gadget_end(f->gadget, urb, 0);
}

bool pipe_out_work(struct function *f)
{
	struct pipe *p = &f->out;
	bool has_moved = false;

	while (!p->is_halted && !list_is_empty(&p->urbs)) {
		struct gadget_urb *urb = list_first(&p->urbs, struct gadget_urb, node);
		uint32_t n = min_u32(urb->len - urb->actual, f->trade->ear);

		if (has_failed(f->gadget, p, urb)) {
			has_moved = true;
			continue;
		}
		if (f->trade->listens && !f->trade->listens(f))
			break;
		has_moved = true;
		if (n) {
			make_room(&f->in.mouth);
			f->trade->hear(f, urb->data + urb->actual, n);
			urb->actual += n;
		}
		if (urb->actual == urb->len)
			out_end(f, urb);
	}
	return has_moved;
}
