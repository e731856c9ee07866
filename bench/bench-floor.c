#include "bench/bench.h"
#include "bench/client.h"
#include "bench/clock.h"
#include "bench/floors.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include <errno.h>
#include <fcntl.h>

enum { LARGEST = 1 << 20 };

static int row_alone(const struct bench *b, const struct subject *it, struct row row)
{
	struct outcome o;
	int r = measure_alone(b->effort, it, &o);

	if (r)
		return r;
	row.outcome = &o;
	report_row(&row);
	return 0;
}

struct ring_sample {
	struct mini_ring ring;
	const struct effort *effort;
	unsigned int batch;
};

static int ring_take(void *user, struct sample *ret_sample)
{
	struct ring_sample *s = user;
	unsigned int turns = s->effort->spins / s->batch;
	uint64_t start = now_ns();

	for (unsigned int i = 0; i < turns; i++) {
		mini_ring_queue(&s->ring, s->batch);
		mini_ring_device(&s->ring);
		mini_ring_reap(&s->ring);
	}
	*ret_sample = (struct sample){
		.value = (double)(now_ns() - start) / (turns * s->batch),
		.n = turns * s->batch,
	};
	return 0;
}

static int floor_ring(const struct bench *b)
{
	static const unsigned int batches[] = { 1, 8, 32 };
	struct ring_sample s = { .effort = b->effort };
	int r = mini_ring_init(&s.ring);

	for (size_t i = 0; !r && i < ARRAY_SIZE(batches); i++) {
		char name[32];

		s.batch = batches[i];
		snprintf(name, sizeof name, "ring cycle, batch %u", s.batch);
		r = row_alone(b, &(struct subject){ ring_take, &s },
			      (struct row){ .name = name, .unit = "ns", .batch = s.batch });
	}
	mini_ring_fini(&s.ring);
	return r;
}

static int floor_copy(const struct bench *b)
{
	static const struct { size_t size, span; const char *name; } cases[] = {
		{ 2 << 10, 2 << 10, "memcpy 2 KiB in cache" },
		{ 16 << 10, 16 << 10, "memcpy 16 KiB in cache" },
		{ 16 << 10, 64 << 20, "memcpy 16 KiB streaming" },
	};
	CLEANUP_FREE uint8_t *from = calloc(1, 64 << 20);
	CLEANUP_FREE uint8_t *to = malloc(64 << 20);
	int r = from && to ? 0 : -ENOMEM;

	for (size_t i = 0; !r && i < ARRAY_SIZE(cases); i++) {
		struct copy_floor c = {
			.from = from, .to = to, .size = cases[i].size,
			.span = cases[i].span, .spins = b->effort->spins / 100,
		};

		r = row_alone(b, &(struct subject){ copy_take, &c },
			      (struct row){ .name = cases[i].name, .unit = "us", .size = c.size });
	}
	return r;
}

static int floor_peer(const struct bench *b, enum peer_kind kind, const char *name,
		      enum placement place, size_t size)
{
	uint8_t buf[64] = { 1 };
	struct peer peer = { 0 };
	struct echo_client c = { .buf = buf, .len = size, .effort = b->effort };
	int r = peer_start(&peer, kind, place);

	if (r)
		return r;
	c.in = peer.in;
	c.out = peer.out;
	r = row_alone(b, &(struct subject){ client_echo_take, &c },
		      (struct row){ .name = name, .unit = "us", .size = size,
				    .placement = place });
	peer_stop(&peer);
	return r;
}

static int floor_peers(const struct bench *b, enum placement place)
{
	static const struct { enum peer_kind kind; const char *name; size_t size; } cases[] = {
		{ PEER_EVENTFD, "eventfd round trip", 8 },
		{ PEER_EPOLL, "epoll and eventfd round trip", 8 },
		{ PEER_PIPE, "pipe round trip", 64 },
		{ PEER_SEQPACKET, "seqpacket round trip", 64 },
		{ PEER_PTY, "raw pty round trip", 64 },
	};
	int r = 0;

	for (size_t i = 0; !r && i < ARRAY_SIZE(cases); i++)
		r = floor_peer(b, cases[i].kind, cases[i].name, place, cases[i].size);
	return r;
}

static int floor_null_bulk(const struct bench *b, int fd, uint8_t *buf, enum placement place)
{
	static const size_t sizes[] = { 4 << 10, 16 << 10, 64 << 10, 1 << 20 };
	int r = 0;

	for (size_t i = 0; !r && i < ARRAY_SIZE(sizes); i++) {
		struct bulk_client c = {
			.fd = fd, .buf = buf, .len = sizes[i], .effort = b->effort,
		};
		struct row row = {
			.unit = "MB/s", .size = sizes[i], .placement = place,
		};
		char name[48];

		snprintf(name, sizeof name, "null FUSE write %zu KiB", sizes[i] >> 10);
		row.name = name;
		r = row_alone(b, &(struct subject){ client_write_take, &c }, row);
		snprintf(name, sizeof name, "null FUSE read %zu KiB", sizes[i] >> 10);
		if (!r)
			r = row_alone(b, &(struct subject){ client_read_take, &c }, row);
	}
	return r;
}

static int floor_null(const struct bench *b, enum placement place)
{
	CLEANUP_FREE uint8_t *buf = aligned_alloc(4096, LARGEST);
	struct null_fuse null = { 0 };
	struct echo_client echo = { .buf = buf, .len = 64, .effort = b->effort };
	int r = null_fuse_start(&null, place), fd;

	if (r)
		return r;
	fd = open(null.path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || !buf) {
		null_fuse_stop(&null);
		return -errno;
	}
	memset(buf, 1, LARGEST);
	echo.in = echo.out = fd;
	r = row_alone(b, &(struct subject){ client_echo_take, &echo },
		      (struct row){ .name = "null FUSE write and read", .unit = "us",
				    .size = 64, .placement = place });
	if (!r)
		r = floor_null_bulk(b, fd, buf, place);
	close(fd);
	null_fuse_stop(&null);
	return r;
}

int bench_floor(const struct bench *b)
{
	int r = floor_ring(b);

	if (!r)
		r = floor_copy(b);
	for (enum placement p = PLACE_SAME; !r && p <= PLACE_CROSS; p++) {
		if (p == PLACE_CROSS && !pin_can_cross())
			break;
		r = floor_peers(b, p);
		if (!r)
			r = floor_null(b, p);
	}
	return r;
}
