/*
 * The attribute files of a device: info, state, stats and power.
 */
#include "device/instance.h"
#include "mhifs/mhifs.h"
#include <errno.h>

/* One line, whatever a path or a device put into the value. */
static void show_line(struct text *out, const char *key, const char *value)
{
	text_printf(out, "%s=", key);
	text_add_escaped(out, value, strlen(value));
	text_add(out, "\n");
}

static int text_result(const struct text *out)
{
	return text_failed(out) ? -ENOMEM : 0;
}

static int show_info(struct node *n, struct text *out)
{
	const struct device *d = n->user;

	show_line(out, MHIFS_INFO_NAME, d->name);
	show_line(out, MHIFS_INFO_TRANSPORT, d->bearer->transport);
	show_line(out, MHIFS_INFO_ADDRESS, d->address);
	show_line(out, MHIFS_INFO_PATH, d->path_name);
	if (d->bearer->ops->show_info)
		d->bearer->ops->show_info(d->bearer, out);
	return text_result(out);
}

static int show_state(struct node *n, struct text *out)
{
	const struct device *d = n->user;

	show_line(out, MHIFS_STATE_STATE, engine_state_name(device_state(d)));
	show_line(out, MHIFS_STATE_MHI, device_mhi(d));
	show_line(out, MHIFS_STATE_EE, device_ee(d));
	show_line(out, MHIFS_STATE_WHY, device_why(d));
	return text_result(out);
}

static void show_stat(struct text *out, const char *chan, const char *key, uint64_t value)
{
	text_printf(out, "%s.%s=%llu\n", chan, key, (unsigned long long)value);
}

static void show_port(void *user, struct device_port *dp)
{
	const struct port *p = dp->port;
	struct text *out = user;
	struct port_stats s = port_stats(p);
	const char *name = port_name(p);

	show_stat(out, name, MHIFS_STAT_USERS, s.users);
	text_printf(out, "%s.%s=%s\n", name, MHIFS_STAT_STATE, port_state_name(port_state(p)));
	show_stat(out, name, MHIFS_STAT_MTU, port_mtu(p));
	show_stat(out, name, MHIFS_STAT_UL_MESSAGES, s.ul_messages);
	show_stat(out, name, MHIFS_STAT_UL_BYTES, s.ul_bytes);
	show_stat(out, name, MHIFS_STAT_DL_MESSAGES, s.dl_messages);
	show_stat(out, name, MHIFS_STAT_DL_BYTES, s.dl_bytes);
	show_stat(out, name, MHIFS_STAT_PREPARES, s.prepares);
	show_stat(out, name, MHIFS_STAT_UNPREPARES, s.unprepares);
	show_stat(out, name, MHIFS_STAT_ERRORS, s.errors);
}

static int show_stats(struct node *n, struct text *out)
{
	struct device *d = n->user;

	device_each_port(&d->root, show_port, out);
	return text_result(out);
}

static int show_power(struct node *n, struct text *out)
{
	switch (device_state(n->user)) {
	case ENGINE_OFF:
	case ENGINE_GONE:
		text_add(out, MHIFS_POWER_OFF "\n");
		break;
	case ENGINE_SUSPENDED:
		text_add(out, MHIFS_POWER_SUSPENDED "\n");
		break;
	default:
		text_add(out, MHIFS_POWER_ON "\n");
	}
	return text_result(out);
}

static int power_from_word(const char *word, enum engine_power *ret_what)
{
	static const char *const words[] = {
		[POWER_OFF] = MHIFS_POWER_OFF,
		[POWER_ON] = MHIFS_POWER_ON,
		[POWER_RESET] = MHIFS_POWER_RESET,
		[POWER_SUSPEND] = MHIFS_POWER_SUSPEND,
		[POWER_RESUME] = MHIFS_POWER_RESUME,
		[POWER_EDL] = MHIFS_POWER_EDL,
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(words[i], word)) {
			*ret_what = (enum engine_power)i;
			return 0;
		}
	return -EINVAL;
}

/* The transition goes on; only the wait for it ends. */
static ssize_t withdraw_power(struct wait *w)
{
	list_remove(&w->node);
	return -EINTR;
}

static void store_power(struct node *n, const char *text, bool nonblock, struct wait *w)
{
	struct device *d = n->user;
	enum engine_power what;
	int r;

	r = power_from_word(text, &what);
	if (!r)
		r = device_power(d, what);
	if (r == POWER_STARTED && !nonblock) {
		w->len = d->n_power_begun;
		wait_park(w, &d->power_waits, withdraw_power, d);
	} else {
		wait_answer(w, r < 0 ? r : 0, NULL, 0);
	}
}

void device_answer_power(struct device *d, int status)
{
	/* Another transition replaced this one. */
	if (status == -ECANCELED)
		status = -EIO;
	while (!list_is_empty(&d->power_waits)) {
		struct wait *w = list_first(&d->power_waits, struct wait, node);

		if (w->len > d->n_power_ended)
			return;
		wait_answer(w, status, NULL, 0);
	}
}

static const struct node_ops info_ops = { .show = show_info };
static const struct node_ops state_ops = { .show = show_state };
static const struct node_ops stats_ops = { .show = show_stats };
static const struct node_ops power_ops = { .show = show_power, .store = store_power };

void device_init_nodes(struct device *d)
{
	d->attrs[NODE_INFO] = (struct node){ .name = "info", .mode = 0444, .ops = &info_ops };
	d->attrs[NODE_STATE] = (struct node){ .name = "state", .mode = 0444, .ops = &state_ops };
	d->attrs[NODE_STATS] = (struct node){ .name = "stats", .mode = 0444, .ops = &stats_ops };
	d->attrs[NODE_POWER] = (struct node){ .name = "power", .mode = 0600, .ops = &power_ops };
	for (int i = 0; i < N_NODES; i++) {
		d->attrs[i].user = d;
		list_append(&d->root.nodes, &d->attrs[i].node);
	}
}
