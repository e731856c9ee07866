#include "tests/session.h"
#include "base/cleanup.h"
#include "device/mhi.h"
#include "service/tty.h"
#include "tests/fail_points.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { MOST_TURNS = 20000, IDLE_TURNS = 16, N_MESSAGES = 3, PEER_TURNS = 1000 };

/* The turn that everything waits with: when nothing happens for a while, time goes
 * on to the next timer. */
static bool turn(struct session *s)
{
	struct timers *t = loop_timers(s->loop);
	unsigned int patience = s->c->idle_us ? PEER_TURNS : IDLE_TURNS;

	if (s->c->idle_us)
		usleep(s->c->idle_us);
	if (++s->n_turns % patience == 0 && timers_next(t) != TIME_NEVER &&
	    timers_next(t) > t->now_us)
		fail_skip_us(timers_next(t) - t->now_us);
	loop_turn(s->loop, false);
	return s->n_turns < MOST_TURNS;
}

static int refuse(struct session *s, const char *step, int error)
{
	if (!s->error) {
		s->error = error;
		s->step = step;
	}
	return error;
}

static void hang(struct session *s, const char *step)
{
	if (!s->hung)
		s->hung = step;
}

static bool until_answered(struct session *s, const struct call *c, const char *step)
{
	s->n_turns = 0;
	while (!c->answers)
		if (!turn(s)) {
			hang(s, step);
			return false;
		}
	return true;
}

static void on_changed(void *user)
{
	(void)user;
}

static int on_born(void *user, struct device *d, const struct spec *spec, struct text *ret_why)
{
	struct session *s = user;

	(void)spec;
	return s->c->tty ? tty_start(d, s->loop, "DUN", s->c->tty, ret_why) : 0;
}

static const struct registry_ops ops = { .changed = on_changed, .born = on_born };

struct device *session_device(struct session *s)
{
	return s->registry ? registry_device(s->registry, 0) : NULL;
}

bool session_is_ready(struct session *s)
{
	struct device *d = session_device(s);

	return d && device_is_ready(d);
}

bool session_settle(struct session *s)
{
	s->n_turns = 0;
	do {
		if (!turn(s)) {
			hang(s, "settle");
			return false;
		}
	} while (!registry_is_settled(s->registry));
	/* What it has to say, and what a file of it is due. */
	for (unsigned int i = 0; i < 2 * IDLE_TURNS; i++)
		turn(s);
	return true;
}

int session_start(struct session *s, const struct session_config *c)
{
	struct spec spec;
	int r;

	*s = (struct session){ .c = c, .loop = loop_new() };
	if (!s->loop)
		return refuse(s, "loop", -ENOMEM);
	/* The library of the configuration takes some of our memory, and gives up
	 * when it gets none. */
	fail_pause(true);
	r = config_load(c->conf, &s->config, &s->why);
	fail_pause(false);
	if (r)
		return refuse(s, "configuration", r);
	s->registry = registry_new(s->loop, s->config, &ops, s);
	if (!s->registry)
		return refuse(s, "registry", -ENOMEM);
	r = spec_parse(c->spec, &spec, &s->why);
	if (r)
		return refuse(s, "spec", r);
	r = registry_add(s->registry, &spec, &s->why);
	spec_fini(&spec);
	if (r)
		return refuse(s, "add", r);
	session_settle(s);
	return session_is_ready(s) ? 0 : refuse(s, "ready", -EIO);
}

/* --- the file --- */

static const struct port_file_ops file_ops = { .changed = on_changed };

static int talk(struct session *s, struct port_file *f)
{
	static const char message[] = "abcdefgh";
	struct call c;

	for (size_t len = 1; len <= N_MESSAGES; len++) {
		call_init(&c);
		port_write(f, &c.wait, message, len, 0, false);
		if (!until_answered(s, &c, "write") || c.result < 0)
			return refuse(s, "write", (int)c.result);
		call_init(&c);
		port_read(f, &c.wait, sizeof(message), 0, false);
		if (!until_answered(s, &c, "read") || c.result < 0)
			return refuse(s, "read", (int)c.result);
		if ((size_t)c.result != len || memcmp(c.bytes, message, len))
			return refuse(s, "what was read", -EBADMSG);
	}
	return 0;
}

int session_echo(struct session *s)
{
	struct device *d = session_device(s);
	struct device_port *p = d ? rig_find_file(d, s->c->file) : NULL;
	struct port_file *f;
	struct call c;
	int r;

	if (!p)
		return refuse(s, "file", -ENOENT);
	call_init(&c);
	port_open(p->port, false, &file_ops, s, &c.wait, &f);
	if (!until_answered(s, &c, "open") || c.result < 0)
		return refuse(s, "open", (int)c.result);
	r = talk(s, f);
	call_init(&c);
	port_flush(f, &c.wait);
	if (!until_answered(s, &c, "flush"))
		return refuse(s, "flush", -EBUSY);
	port_close(f);
	return r;
}

/* --- the device --- */

int session_power(struct session *s, enum engine_power what)
{
	struct device *d = session_device(s);
	int r = d ? device_power(d, what) : -ENODEV;

	if (r < 0)
		return refuse(s, "power", r);
	session_settle(s);
	return 0;
}

static int show_node(struct session *s, struct node *n)
{
	struct text out = TEXT_INIT;
	int r = 0;

	if (n->ops->show && !n->ops->fetch)
		r = n->ops->show(n, &out);
	if (!r && text_failed(&out))
		r = -ENOMEM;
	text_fini(&out);
	return r ? refuse(s, "show", r) : 0;
}

int session_show(struct session *s)
{
	struct device *d = session_device(s);
	const struct node_dir *sub;
	struct node *n;
	int r = 0;

	if (!d)
		return refuse(s, "show", -ENODEV);
	list_for_each(n, &device_dir(d)->nodes, node)
		r = r ? r : show_node(s, n);
	list_for_each(sub, &device_dir(d)->dirs, node)
		list_for_each(n, &sub->nodes, node)
			r = r ? r : show_node(s, n);
	return r;
}

int session_crash(struct session *s)
{
	struct device *d = session_device(s);

	if (!d || device_is_gone(d))
		return refuse(s, "crash", -ENODEV);
	sim_set_state_sys_err(loopback_sim(mhi_hw(d->bearer)));
	session_settle(s);
	return session_is_ready(s) ? 0 : refuse(s, "recovery", -EIO);
}

/* Says AT and hears OK. */
static int ask_modem(struct session *s, int fd)
{
	char answer[64];
	size_t len = 0;

	if (write(fd, "AT\r", 3) != 3)
		return -errno;
	for (s->n_turns = 0; s->n_turns < MOST_TURNS / 4;) {
		ssize_t n = read(fd, answer + len, sizeof(answer) - 1 - len);

		if (n > 0)
			len += (size_t)n;
		answer[len] = '\0';
		if (strstr(answer, "OK"))
			return 0;
		if (!n || (n < 0 && errno != EAGAIN))
			return -EIO;
		turn(s);
	}
	return -ETIMEDOUT;
}

int session_tty(struct session *s)
{
	int fd, r;

	fail_pause(true);
	fd = open(s->c->tty, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	fail_pause(false);
	if (fd < 0)
		return refuse(s, "tty", -errno);
	r = ask_modem(s, fd);
	close(fd);
	for (unsigned int i = 0; i < 2 * IDLE_TURNS; i++)
		turn(s);
	return r ? refuse(s, "tty", r) : 0;
}

static void on_down(void *user)
{
	((struct session *)user)->is_down = true;
}

int session_stop(struct session *s)
{
	if (s->registry) {
		registry_shutdown(s->registry, on_down, s);
		s->n_turns = 0;
		while (!s->is_down)
			if (!turn(s)) {
				hang(s, "shutdown");
				break;
			}
	}
	registry_free(s->registry);
	config_free(s->config);
	if (s->loop && timers_next(loop_timers(s->loop)) != TIME_NEVER)
		hang(s, "a timer after the end");
	loop_free(s->loop);
	text_fini(&s->why);
	return 0;
}
