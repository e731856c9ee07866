#include "bench/client.h"
#include "bench/clock.h"
#include <errno.h>
#include <unistd.h>

int write_all(int fd, const void *data, size_t len)
{
	const uint8_t *at = data;

	while (len) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			at += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

int read_all(int fd, void *data, size_t len)
{
	uint8_t *at = data;

	while (len) {
		ssize_t n = read(fd, at, len);

		if (n == 0)
			return -EPIPE;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			at += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

int client_echo(void *user)
{
	struct echo_client *c = user;
	int r = write_all(c->out, c->buf, c->len);

	return r ? r : read_all(c->in, c->buf, c->len);
}

int client_echo_take(void *user, struct sample *ret_sample)
{
	struct echo_client *c = user;

	return sample_ops(client_echo, NULL, c, c->effort, ret_sample);
}

static ssize_t write_once(void *user)
{
	struct bulk_client *c = user;
	ssize_t n = write(c->fd, c->buf, c->len);

	return n < 0 ? -errno : n;
}

static ssize_t read_once(void *user)
{
	struct bulk_client *c = user;
	ssize_t n = read(c->fd, c->buf, c->len);

	return n < 0 ? -errno : n ? n : -EPIPE;
}

static int bulk_take(struct bulk_client *c, ssize_t (*op)(void *user),
		     struct sample *ret_sample)
{
	struct effort warm = { .bulk_bytes = c->effort->warm * c->len };
	uint64_t cpu, start;
	struct sample unused;
	int r = sample_bulk(op, c, &warm, &unused);

	if (r)
		return r;
	cpu = cpu_ns(c->server);
	start = now_ns();
	r = sample_bulk(op, c, c->effort, ret_sample);
	if (!r) {
		double seconds = (double)(now_ns() - start) / 1e9;
		double mib = ret_sample->value * seconds * 1e6 / (1 << 20);

		c->cpu_ms_per_mib = (double)(cpu_ns(c->server) - cpu) / 1e6 / mib;
	}
	return r;
}

int client_write_take(void *user, struct sample *ret_sample)
{
	return bulk_take(user, write_once, ret_sample);
}

int client_read_take(void *user, struct sample *ret_sample)
{
	return bulk_take(user, read_once, ret_sample);
}

static int cpu_take(struct bulk_client *c, ssize_t (*op)(void *user),
		    struct sample *ret_sample)
{
	int r = bulk_take(c, op, ret_sample);

	ret_sample->value = c->cpu_ms_per_mib;
	return r;
}

int client_write_cpu_take(void *user, struct sample *ret_sample)
{
	return cpu_take(user, write_once, ret_sample);
}

int client_read_cpu_take(void *user, struct sample *ret_sample)
{
	return cpu_take(user, read_once, ret_sample);
}
