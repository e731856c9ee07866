#include "device/gpio.h"
#include "device/gpio_lines.h"
#include "device/gpio_vrings.h"
#include "device/virtio.h"
#include "mhifs/mhifs.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct gpio {
	struct driver driver;
	struct device *device;	/* borrowed, as long as it has memory */
	struct vhost_user_need need;
	struct gpio_controller_config told;	/* by the spec; n_lines 0: not */
	struct gpio_controller_config config;	/* of the controller */
	struct gpio_controller *controller;	/* NULL before the first offer */
	struct gpio_lines *lines;	/* NULL before the lines began once */
	struct gpio_vrings vrings;
	struct defer turn;	/* kicks what was added, takes what is left */
	bool has_irq;
	bool has_more;		/* to take */
	uint64_t *n_edges;	/* by line */
	char why[96];
};

/* What the controller calls. */

static void wants_turn(struct gpio *g)
{
	loop_defer(g->device->loop, &g->turn);
}

static int on_submit(void *user, unsigned int slot, const uint8_t request[GPIO_REQ_LEN],
		     size_t answer_len)
{
	struct gpio *g = user;

	wants_turn(g);
	return gpio_vrings_submit(&g->vrings, slot, request, answer_len);
}

static int on_arm(void *user, unsigned int line)
{
	struct gpio *g = user;

	wants_turn(g);
	return gpio_vrings_arm(&g->vrings, line);
}

static void on_began(void *user, int status)
{
	struct gpio *g = user;

	if (!g->lines && !status) {
		g->lines = gpio_lines_new(g->controller, device_default_gid());
		if (g->lines)
			list_append(&device_root(g->device)->dirs,
				    &gpio_lines_dir(g->lines)->node);
	}
	if (!g->lines)
		virtio_bearer_fail(g->device->bearer, "no memory for the files of the lines");
	else if (status)
		virtio_bearer_fail(g->device->bearer, "the lines have other names than before");
	else
		virtio_bearer_ready(g->device->bearer);
}

static void on_released(void *user)
{
	struct gpio *g = user;

	virtio_bearer_parted(g->device->bearer);
}

/* The time is when this process saw it; the device tells none. */
static void on_edge(void *user, unsigned int line)
{
	struct gpio *g = user;
	uint64_t now_us = loop_timers(g->device->loop)->now_us;

	/* An edge may come while another line is still being set up. */
	if (!g->lines)
		return;
	driver_tell(&g->driver, MHIFS_EVENT_GPIO,
		    json_pack("{s:s,s:i,s:s,s:I,s:I}", "line", gpio_lines_name(g->lines, line),
			      "number", (int)line, "edge",
			      gpio_edge_name(gpio_controller_line(g->controller, line)->edge),
			      "monotonic_us", (json_int_t)now_us, "line_seq",
			      (json_int_t)++g->n_edges[line]));
	gpio_lines_edge(g->lines, line);
}

static void on_noted(void *user, const char *sentence)
{
	struct gpio *g = user;

	device_bearer_noted(g->device, sentence);
}

static const struct gpio_controller_ops controller_ops = {
	.submit = on_submit,
	.arm = on_arm,
	.began = on_began,
	.released = on_released,
	.edge = on_edge,
	.noted = on_noted,
};

/* What the bearer calls. */

static struct gpio_controller_config read_config(const struct gpio *g,
						 const struct virtio_offer *o)
{
	if (o->config && o->config_len >= GPIO_CONFIG_LEN)
		return (struct gpio_controller_config){
			get_le16(o->config + GPIO_CONFIG_NGPIO),
			get_le32(o->config + GPIO_CONFIG_NAMES_SIZE),
		};
	return g->told;
}

/* NULL: nothing. */
static const char *judge(struct gpio *g, const struct gpio_controller_config *c)
{
	if (!c->n_lines || c->n_lines > GPIO_LINES_MOST)
		snprintf(g->why, sizeof(g->why), "the controller has %u lines; 1 to %d can be served",
			 c->n_lines, GPIO_LINES_MOST);
	else if (c->names_len > GPIO_NAMES_MOST || (c->names_len && c->names_len < c->n_lines))
		snprintf(g->why, sizeof(g->why), "%u lines cannot have names of %zu bytes",
			 c->n_lines, c->names_len);
	else if (g->controller && g->config.n_lines != c->n_lines)
		snprintf(g->why, sizeof(g->why), "the controller has %u lines and had %u",
			 c->n_lines, g->config.n_lines);
	else if (g->controller && g->config.names_len != c->names_len)
		snprintf(g->why, sizeof(g->why), "the lines have other names than before");
	else
		return NULL;
	return g->why;
}

static int make_controller(struct gpio *g, const struct gpio_controller_config *c)
{
	if (g->controller)
		return 0;
	g->config = *c;
	free(g->n_edges);
	g->n_edges = calloc(c->n_lines, sizeof(*g->n_edges));
	g->controller = gpio_controller_new(c, loop_timers(g->device->loop), &controller_ops, g);
	return g->n_edges && g->controller ? 0 : -ENOMEM;
}

static int on_offered(void *user, const struct virtio_offer *o, struct virtio_choice *ret_choice,
		      const char **ret_why)
{
	struct gpio *g = user;
	struct gpio_controller_config c = read_config(g, o);
	int r;

	*ret_why = judge(g, &c);
	if (*ret_why)
		return -EPROTO;
	r = make_controller(g, &c);
	if (r) {
		*ret_why = "no memory for its lines";
		return r;
	}
	gpio_vrings_plan(&g->vrings, c.n_lines, c.names_len, o, ret_choice);
	g->has_irq = ret_choice->features & VIRTIO_GPIO_F_IRQ;
	return 0;
}

static void on_prepare(void *user, const struct virtio_memory *m,
		       struct vring_parts ret_parts[VIRTIO_QUEUES])
{
	struct gpio *g = user;

	gpio_vrings_prepare(&g->vrings, g->controller, m, ret_parts);
}

static void take(struct gpio *g)
{
	int r = gpio_vrings_take(&g->vrings);

	g->has_more = r == GPIO_VRINGS_MORE;
	if (g->has_more)
		wants_turn(g);
	if (r < 0)
		virtio_bearer_fail(g->device->bearer, "the device broke the rules of its queues");
}

static void on_turn(void *user)
{
	struct gpio *g = user;

	if (g->has_more)
		take(g);
	for (unsigned int i = 0; i < VIRTIO_QUEUES; i++)
		if (gpio_vrings_wants_kick(&g->vrings, i))
			virtio_bearer_kick(g->device->bearer, i);
}

static void on_running(void *user)
{
	struct gpio *g = user;

	gpio_controller_up(g->controller, g->has_irq);
	take(g);
}

static void on_interrupt(void *user, unsigned int queue)
{
	(void)queue;
	take(user);
}

static void on_ended(void *user, int status, const char *why)
{
	struct gpio *g = user;

	(void)why;
	g->has_more = false;
	defer_cancel(&g->turn);
	gpio_vrings_end(&g->vrings);
	if (g->controller)
		gpio_controller_down(g->controller, status);
}

static void on_part(void *user)
{
	struct gpio *g = user;

	gpio_controller_release(g->controller, -ENODEV);
}

static void show_info(void *user, struct text *out)
{
	const struct gpio *g = user;

	if (g->controller)
		text_printf(out, MHIFS_INFO_LINES "=%u\n", gpio_controller_n_lines(g->controller));
}

static const struct virtio_taker_ops taker_ops = {
	.queues = {
		.config_len = GPIO_CONFIG_LEN,
		.offered = on_offered,
		.prepare = on_prepare,
		.running = on_running,
		.interrupt = on_interrupt,
		.ended = on_ended,
	},
	.part = on_part,
	.show_info = show_info,
};

/* What the device calls. */

static struct gpio *to_gpio(struct driver *dr)
{
	return container_of(dr, struct gpio, driver);
}

/* The lines are given back when the bearer powers off. */
static void gpio_stop(struct driver *dr)
{
	driver_put(dr);
}

static void gpio_free(struct driver *dr)
{
	struct gpio *g = to_gpio(dr);

	gpio_lines_free(g->lines);
	gpio_controller_free(g->controller);
	free(g->n_edges);
	free(g);
}

static const char *const event_types[] = { MHIFS_EVENT_GPIO, NULL };

static const struct driver_ops driver_ops = {
	.events = { .name = "gpio", .types = event_types },
	.stop = gpio_stop,
	.close = gpio_stop,
	.free = gpio_free,
};

static int read_option(const struct spec *s, const char *key, uint64_t most, uint64_t *ret_value,
		       struct text *ret_why)
{
	const char *text = spec_option(s, key);

	if (!text || !text_to_u64(text, 0, most, ret_value))
		return 0;
	text_printf(ret_why, "option %s cannot be '%s'; it must be a number up to %llu", key, text,
		    (unsigned long long)most);
	return -EINVAL;
}

static int read_options(struct gpio *g, const struct spec *s, struct text *ret_why)
{
	uint64_t n_lines = 0, names_len = 0;
	int r;

	r = read_option(s, "lines", GPIO_LINES_MOST, &n_lines, ret_why);
	if (!r)
		r = read_option(s, "names_size", GPIO_NAMES_MOST, &names_len, ret_why);
	if (r)
		return r;
	g->told = (struct gpio_controller_config){ (unsigned int)n_lines, names_len };
	g->need.type = "gpio";
	if (!n_lines)
		g->need.no_config = "say how many lines it has with lines=N";
	return 0;
}

int gpio_start(struct device *d, const struct spec *s, struct text *ret_why)
{
	struct gpio *g = calloc(1, sizeof(*g));
	int r = g ? read_options(g, s, ret_why) : -ENOMEM;

	if (!r) {
		g->device = d;
		defer_init(&g->turn, on_turn, g);
		r = device_add_driver(d, &g->driver, &driver_ops);
	}
	if (r) {
		free(g);
		return r;
	}
	return virtio_bearer_start(d->bearer, &g->need, &taker_ops, g, ret_why);
}
