#include "bench/floors.h"
#include <errno.h>
#include <stdlib.h>

/* Where the device "sees" the two rings. */
enum { QUEUE_IOVA = 0x10000, EVENTS_IOVA = 0x20000 };
enum { EL = sizeof(struct tre), MINI_BYTES = MINI_ELEMENTS * EL };

/* The device's and the host's parts are kept apart, as two machines are. */
#define APART __attribute__((noinline))

static uint32_t after(uint32_t i)
{
	return i + 1 == MINI_ELEMENTS ? 0 : i + 1;
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
	le64_set(&m->event_rp, EVENTS_IOVA);
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

static APART int queue_one(struct mini_ring *m, uint16_t buffer)
{
	uint32_t next = after(m->wp);

	if (next == m->rp)
		return 1;
	m->lent[m->wp] = buffer;
	tre_store(&m->queue[m->wp], tre_transfer(0x100000 + buffer * 2048u, 2048, TRE_IEOT));
	m->wp = next;
	return 0;
}

APART void mini_ring_queue(struct mini_ring *m, unsigned int batch)
{
	for (unsigned int i = 0; i < batch; i++)
		if (queue_one(m, (uint16_t)i))
			break;
	ring_bell(&m->bell, QUEUE_IOVA + m->wp * EL);
}

APART void mini_ring_device(struct mini_ring *m)
{
	uint64_t bell = __atomic_load_n(&m->bell, __ATOMIC_ACQUIRE);
	uint32_t end = (uint32_t)(bell - QUEUE_IOVA) / EL;

	while (m->device_at != end) {
		struct tre_copy t = tre_load(&m->queue[m->device_at]);

		tre_store(&m->events[m->device_event_at],
			  tre_event(TRE_EV_TRANSFER, 1, EV_CODE_EOT,
				    QUEUE_IOVA + m->device_at * EL, tre_len(t)));
		m->device_at = after(m->device_at);
		m->device_event_at = after(m->device_event_at);
	}
	__atomic_thread_fence(__ATOMIC_RELEASE);
	le64_set(&m->event_rp, EVENTS_IOVA + m->device_event_at * EL);
}

/* 0, or 1 when the device means nothing that was queued. */
static int take_event(struct mini_ring *m, struct tre_copy ev)
{
	uint64_t at = ev.ptr - QUEUE_IOVA;

	if (tre_type(ev) != TRE_EV_TRANSFER || tre_chid(ev) != 1 ||
	    tre_code(ev) != EV_CODE_EOT || tre_len(ev) > 2048)
		return 1;
	if (at >= MINI_BYTES || at % EL || at / EL != m->rp || m->rp == m->wp)
		return 1;
	m->n_done += m->lent[m->rp] + 1u;
	m->rp = after(m->rp);
	return 0;
}

APART void mini_ring_reap(struct mini_ring *m)
{
	uint64_t at = le64_get(&m->event_rp) - EVENTS_IOVA;
	uint32_t end;

	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (at >= MINI_BYTES || at % EL) {
		m->n_bad++;
		return;
	}
	end = (uint32_t)at / EL;
	while (m->event_at != end) {
		struct tre_copy ev = tre_load(&m->events[m->event_at]);

		m->n_bad += (unsigned int)take_event(m, ev);
		m->event_at = after(m->event_at);
	}
	ring_bell(&m->event_bell, EVENTS_IOVA + m->event_at * EL);
}
