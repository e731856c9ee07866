#include "bench/floors.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Where the device "sees" the two rings. */
enum { QUEUE_IOVA = 0x10000, EVENTS_IOVA = 0x20000 };
enum { EL = sizeof(struct mini_el), MINI_BYTES = MINI_ELEMENTS * EL };

/* The device's and the host's parts are kept apart, as two machines are. */
#define APART __attribute__((noinline))

static uint32_t after(uint32_t i)
{
	return (i + 1) % MINI_ELEMENTS;
}

int mini_ring_init(struct mini_ring *m)
{
	memset(m, 0, sizeof *m);
	m->queue = aligned_alloc(MINI_BYTES, MINI_BYTES);
	m->events = aligned_alloc(MINI_BYTES, MINI_BYTES);
	if (!m->queue || !m->events)
		return -ENOMEM;
	memset(m->queue, 0, MINI_BYTES);
	memset(m->events, 0, MINI_BYTES);
	m->event_rp = EVENTS_IOVA;
	m->bell = QUEUE_IOVA;
	return 0;
}

void mini_ring_fini(struct mini_ring *m)
{
	free(m->queue);
	free(m->events);
	m->queue = m->events = NULL;
}

static APART void ring_bell(uint64_t *bell, uint64_t value)
{
	__atomic_store_n(bell, value, __ATOMIC_RELEASE);
}

APART void mini_ring_queue(struct mini_ring *m, unsigned int batch)
{
	for (unsigned int i = 0; i < batch; i++) {
		uint32_t next = after(m->wp);

		if (next == m->rp)
			break;
		m->lent[m->wp] = (uint16_t)i;
		m->queue[m->wp] = (struct mini_el){
			.ptr = 0x100000 + i * 2048u, .len = 2048,
			.flags = (uint32_t)TRE_TRANSFER << 16 | TRE_IEOT,
		};
		m->wp = next;
	}
	ring_bell(&m->bell, QUEUE_IOVA + m->wp * EL);
}

APART void mini_ring_device(struct mini_ring *m)
{
	uint64_t bell = __atomic_load_n(&m->bell, __ATOMIC_ACQUIRE);
	uint32_t end = (uint32_t)(bell - QUEUE_IOVA) / EL;

	while (m->device_at != end) {
		uint32_t len = __atomic_load_n(&m->queue[m->device_at].len, __ATOMIC_RELAXED);

		m->events[m->device_event_at] = (struct mini_el){
			.ptr = QUEUE_IOVA + m->device_at * EL,
			.len = (uint32_t)EV_CODE_EOT << 24 | len,
			.flags = 1u << 24 | (uint32_t)TRE_EV_TRANSFER << 16,
		};
		m->device_at = after(m->device_at);
		m->device_event_at = after(m->device_event_at);
	}
	__atomic_store_n(&m->event_rp, EVENTS_IOVA + m->device_event_at * EL, __ATOMIC_RELEASE);
}

static struct mini_el load(const struct mini_el *el)
{
	return (struct mini_el){
		__atomic_load_n(&el->ptr, __ATOMIC_RELAXED),
		__atomic_load_n(&el->len, __ATOMIC_RELAXED),
		__atomic_load_n(&el->flags, __ATOMIC_RELAXED),
	};
}

/* 0, or 1 when the device means nothing that was queued. */
static inline unsigned int take_event(struct mini_ring *m, struct mini_el ev)
{
	uint64_t at = ev.ptr - QUEUE_IOVA;

	if (ev.flags != (1u << 24 | (uint32_t)TRE_EV_TRANSFER << 16) ||
	    ev.len >> 24 != EV_CODE_EOT || (ev.len & 0xffff) > 2048)
		return 1;
	if (at >= MINI_BYTES || at % EL || at / EL != m->rp || m->rp == m->wp)
		return 1;
	m->n_done += m->lent[m->rp] + 1u;
	m->rp = after(m->rp);
	return 0;
}

APART void mini_ring_reap(struct mini_ring *m)
{
	uint64_t at = __atomic_load_n(&m->event_rp, __ATOMIC_ACQUIRE) - EVENTS_IOVA;
	uint32_t end;

	if (at >= MINI_BYTES || at % EL) {
		m->n_bad++;
		return;
	}
	end = (uint32_t)at / EL;
	while (m->event_at != end) {
		m->n_bad += take_event(m, load(&m->events[m->event_at]));
		m->event_at = after(m->event_at);
	}
	ring_bell(&m->event_bell, EVENTS_IOVA + m->event_at * EL);
}
