#include "device/gpio_lines.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { FILE_VALUE, FILE_DIRECTION, FILE_EDGE, FILE_ACTIVE_LOW, FILE_LABEL, N_FILES };

struct line {
	struct gpio_lines *lines;
	unsigned int number;
	char digits[12];		/* the number, perhaps the name */
	struct node_dir dir;
	struct node files[N_FILES];
	struct list wishes;	/* of struct wait: what the device was asked for */
	uint32_t value;		/* as fetched last */
};

struct gpio_lines {
	struct gpio_controller *controller;
	struct node_dir dir;
	struct line lines[];
};

static const char *const edges[] = {
	[GPIO_EDGE_NONE] = "none",
	[GPIO_EDGE_RISING] = "rising",
	[GPIO_EDGE_FALLING] = "falling",
	[GPIO_EDGE_BOTH] = "both",
};

const char *gpio_edge_name(enum gpio_edge edge)
{
	return edges[edge];
}

static const struct gpio_line *line_state(const struct line *l)
{
	return gpio_controller_line(l->lines->controller, l->number);
}

/* A client's call that the device has to answer. */
struct wish {
	struct gpio_call call;
	struct line *line;
	struct wait *wait;
};

static void on_done(struct gpio_call *call, int status, uint32_t value)
{
	struct wish *wish = container_of(call, struct wish, call);
	struct wait *w = wish->wait;

	if (!status && call->aim.kind == GPIO_AIM_READ)
		wish->line->value = value;
	free(wish);
	wait_answer(w, status, NULL, 0);
}

/* What has been asked of the device still happens; nobody waits for it. */
static ssize_t withdraw_wish(struct wait *w)
{
	struct wish *wish = w->owner;

	list_remove(&w->node);
	gpio_call_withdraw(&wish->call);
	free(wish);
	return -EINTR;
}

static void ask(struct line *l, enum gpio_aim_kind kind, uint32_t value, struct wait *w)
{
	struct wish *wish = calloc(1, sizeof(*wish));

	if (!wish) {
		wait_answer(w, -ENOMEM, NULL, 0);
		return;
	}
	wish->line = l;
	wish->wait = w;
	wait_park(w, &l->wishes, withdraw_wish, wish);
	gpio_call_start(&wish->call, l->lines->controller, l->number, kind, value, on_done);
}

static int word(struct text *out, const char *s)
{
	text_printf(out, "%s\n", s);
	return text_failed(out) ? -ENOMEM : 0;
}

/* value */

static void fetch_value(struct node *n, struct wait *w)
{
	ask(n->user, GPIO_AIM_READ, 0, w);
}

static int show_value(struct node *n, struct text *out)
{
	const struct line *l = n->user;

	return word(out, l->value ? "1" : "0");
}

/* Any number but 0 is active. */
static int get_bool(const char *text, uint32_t *ret_value)
{
	uint64_t number;
	int r = text_to_u64(text, 0, UINT32_MAX, &number);

	if (!r)
		*ret_value = number != 0;
	return r;
}

static void ask_bool(struct line *l, enum gpio_aim_kind kind, const char *text, struct wait *w)
{
	uint32_t value;
	int r = get_bool(text, &value);

	if (r)
		wait_answer(w, r, NULL, 0);
	else
		ask(l, kind, value, w);
}

static void store_value(struct node *n, const char *text, bool nonblock, struct wait *w)
{
	(void)nonblock;
	ask_bool(n->user, GPIO_AIM_WRITE, text, w);
}

/* direction */

static int show_direction(struct node *n, struct text *out)
{
	static const char *const words[] = {
		[GPIO_DIR_NONE] = "none", [GPIO_DIR_OUT] = "out", [GPIO_DIR_IN] = "in",
	};

	return word(out, words[line_state(n->user)->direction]);
}

static void store_direction(struct node *n, const char *text, bool nonblock, struct wait *w)
{
	static const struct {
		const char *word;
		enum gpio_aim_kind kind;
		uint32_t level;
	} rows[] = {
		{ "in", GPIO_AIM_INPUT, 0 },	{ "out", GPIO_AIM_OUTPUT, 0 },
		{ "low", GPIO_AIM_OUTPUT, 0 },	{ "high", GPIO_AIM_OUTPUT, 1 },
		{ "none", GPIO_AIM_RELEASE, 0 },
	};

	(void)nonblock;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(text, rows[i].word)) {
			ask(n->user, rows[i].kind, rows[i].level, w);
			return;
		}
	wait_answer(w, -EINVAL, NULL, 0);
}

/* edge */

static int show_edge(struct node *n, struct text *out)
{
	return word(out, gpio_edge_name(line_state(n->user)->edge));
}

static void store_edge(struct node *n, const char *text, bool nonblock, struct wait *w)
{
	(void)nonblock;
	for (unsigned int i = 0; i < ARRAY_SIZE(edges); i++)
		if (!strcmp(text, edges[i])) {
			ask(n->user, GPIO_AIM_EDGE, i, w);
			return;
		}
	wait_answer(w, -EINVAL, NULL, 0);
}

/* active_low */

static int show_active_low(struct node *n, struct text *out)
{
	return word(out, line_state(n->user)->is_active_low ? "1" : "0");
}

static void store_active_low(struct node *n, const char *text, bool nonblock, struct wait *w)
{
	(void)nonblock;
	ask_bool(n->user, GPIO_AIM_ACTIVE_LOW, text, w);
}

/* label */

static int show_label(struct node *n, struct text *out)
{
	const struct line *l = n->user;

	return word(out, gpio_controller_name(l->lines->controller, l->number));
}

static const struct file_kind {
	const char *name;
	mode_t mode;
	struct node_ops ops;
} kinds[N_FILES] = {
	[FILE_VALUE] = { "value", 0664, { .show = show_value, .fetch = fetch_value,
					  .store = store_value } },
	[FILE_DIRECTION] = { "direction", 0664, { .show = show_direction,
						  .store = store_direction } },
	[FILE_EDGE] = { "edge", 0664, { .show = show_edge, .store = store_edge } },
	[FILE_ACTIVE_LOW] = { "active_low", 0664, { .show = show_active_low,
						    .store = store_active_low } },
	[FILE_LABEL] = { "label", 0444, { .show = show_label } },
};

/* A name of digits could be another line's number. */
static const char *choose_name(const struct line *l)
{
	const char *name = gpio_controller_name(l->lines->controller, l->number);

	return text_is_name(name) && name[strspn(name, "0123456789")] ? name : l->digits;
}

static void line_init(struct line *l, struct gpio_lines *lines, unsigned int number, gid_t gid)
{
	l->lines = lines;
	l->number = number;
	list_init(&l->wishes);
	snprintf(l->digits, sizeof(l->digits), "%u", number);
	node_dir_init(&l->dir, choose_name(l));
	for (unsigned int i = 0; i < N_FILES; i++) {
		l->files[i] = (struct node){
			.name = kinds[i].name, .mode = kinds[i].mode, .gid = gid,
			.ops = &kinds[i].ops, .user = l,
		};
		list_append(&l->dir.nodes, &l->files[i].node);
	}
	list_append(&lines->dir.dirs, &l->dir.node);
}

struct gpio_lines *gpio_lines_new(struct gpio_controller *controller, gid_t gid)
{
	unsigned int n = gpio_controller_n_lines(controller);
	struct gpio_lines *g = calloc(1, sizeof(*g) + n * sizeof(g->lines[0]));

	if (!g)
		return NULL;
	g->controller = controller;
	node_dir_init(&g->dir, "gpio");
	for (unsigned int i = 0; i < n; i++)
		line_init(&g->lines[i], g, i, gid);
	return g;
}

void gpio_lines_free(struct gpio_lines *g)
{
	free(g);
}

struct node_dir *gpio_lines_dir(struct gpio_lines *g)
{
	return &g->dir;
}

const char *gpio_lines_name(const struct gpio_lines *g, unsigned int line)
{
	return g->lines[line].dir.name;
}

void gpio_lines_edge(struct gpio_lines *g, unsigned int line)
{
	node_changed(&g->lines[line].files[FILE_VALUE]);
}
