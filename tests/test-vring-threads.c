/*
 * Both roles at the same time, on two processors: a barrier that is missing
 * shows as a message that is not whole, or as two that wait for each other.
 */
#include "tests/suite.h"
#include "tests/vring_rig.h"
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <time.h>

enum { N = 8, MESSAGES = 150000, PATIENCE_S = 20, LINE = 64 };

static struct vring_rig r;
static sem_t kick, interrupt;	/* one wakes the device, one the driver */
static uint32_t n_torn, n_lost;

static void begin(uint64_t features)
{
	rig_init(&r, N, features, 0xff00);
	sem_init(&kick, 0, 0);
	sem_init(&interrupt, 0, 0);
	n_torn = n_lost = 0;
}

/* False when nobody woke us. */
static bool rest(sem_t *s)
{
	struct timespec until;
	int status;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PATIENCE_S;
	do
		status = sem_timedwait(s, &until);
	while (status && errno == EINTR);
	return !status;
}

static void *device(void *user)
{
	struct vq *q = &r.q;
	struct vq_chain chain;
	uint32_t n = 0, text[2];

	(void)user;
	while (n < MESSAGES) {
		vq_mute(q);
		while (vq_pop(q, &chain) == VQ_OK) {
			vq_read(q, chain.pieces, 1, text, sizeof(text));
			if (text[0] != n || text[1] != ~n)
				n_torn++;
			text[0] ^= 0x55555555;
			vq_write(q, chain.pieces + 1, 1, text, sizeof(text));
			vq_push(q, chain.head, sizeof(text));
			n++;
			vq_publish(q);
			if (vq_wants_raise(q))
				sem_post(&interrupt);
		}
		if (n < MESSAGES && vq_listen(q) && !rest(&kick)) {
			n_lost++;
			break;
		}
	}
	return NULL;
}

static bool send_one(uint32_t number, unsigned int line)
{
	uint32_t text[2] = { number, ~number };
	struct vring_piece pieces[2] = {
		{ rig_iova(&r, line * LINE), sizeof(text) },
		{ rig_iova(&r, line * LINE + LINE / 2), sizeof(text) },
	};

	memcpy(rig_buffer(&r, line * LINE), text, sizeof(text));
	return vring_add(&r.v, pieces, 1, 1, line) == VRING_OK;
}

/* Takes what came back; each line free again is sent once more. */
static uint32_t collect(uint32_t *n_sent, uint32_t n_taken)
{
	uint32_t line, len, text[2];

	while (vring_take(&r.v, &line, &len) == VRING_OK) {
		memcpy(text, rig_buffer(&r, line * LINE + LINE / 2), sizeof(text));
		if (len != sizeof(text) || text[0] != (n_taken ^ 0x55555555) || text[1] != ~n_taken)
			n_torn++;
		n_taken++;
		if (*n_sent < MESSAGES && send_one(*n_sent, line))
			++*n_sent;
		if (vring_wants_kick(&r.v))
			sem_post(&kick);
	}
	return n_taken;
}

static void drive(void)
{
	uint32_t n_sent = 0, n_taken = 0;

	while (n_sent < N / 2 && send_one(n_sent, n_sent))
		n_sent++;
	if (vring_wants_kick(&r.v))
		sem_post(&kick);
	while (n_taken < MESSAGES) {
		vring_mute(&r.v);
		n_taken = collect(&n_sent, n_taken);
		if (n_taken < MESSAGES && vring_listen(&r.v) && !rest(&interrupt)) {
			n_lost++;
			break;
		}
	}
}

START_TEST(test_two_processors_lose_nothing)
{
	pthread_t thread;

	begin(_i ? VIRTIO_F_EVENT_IDX : 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, device, NULL), 0);
	drive();
	pthread_join(thread, NULL);
	ck_assert_uint_eq(n_torn, 0);
	ck_assert_uint_eq(n_lost, 0);
	rig_fini(&r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("vring-threads");
	TCase *c = tcase_create("threads");

	tcase_set_timeout(c, 120);
	tcase_add_loop_test(c, test_two_processors_lose_nothing, 0, 2);
	suite_add_tcase(s, c);
	return suite_run(s);
}
