#include "device/usb.h"
#include "device/crashes.h"
#include "device/usb_chosen.h"
#include "mhifs/mhifs.h"
#include "usb/device.h"
#include "usb/handle.h"
#include "usb/modem.h"
#include "usb/watch.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { NODE_SIZE = 64 };

struct usb {
	struct bearer bearer;
	struct loop *loop;	/* borrowed */
	struct usb_chosen chosen;	/* owned */
	char path[NODE_SIZE];	/* of its node */
	uint8_t *descriptors;	/* as sysfs had them; owned */
	struct usb_node node;
	struct usb_device *modem;	/* owned; NULL before start */
	struct usb_watch *watch;	/* owned; NULL without udev */
	struct device_port *ports[USB_FUNCTIONS_MAX];	/* one a channel */
	bool has_goal;		/* a transition is under way */
	struct defer done;	/* it ended at once */
	bool is_closed;
};

static struct usb *to_usb(const struct bearer *b)
{
	return container_of(b, struct usb, bearer);
}

static const char *const event_types[] = { MHIFS_EVENT_LINE, NULL };
static const struct events_source_ops usb_events = { .name = "usb", .types = event_types };

/* What the modem calls. */

static void goal_reached(struct usb *u, int status)
{
	defer_cancel(&u->done);
	if (!u->has_goal)
		return;
	u->has_goal = false;
	device_bearer_power_done(u->bearer.device, status);
}

static void on_done(void *user)
{
	goal_reached(user, 0);
}

/* To its driver, or as a file. */
static void offer(struct usb *u, unsigned int chan)
{
	bool is_ready = usb_device_state(u->modem) == USB_READY;
	struct driver *dr = device_driver_of(u->bearer.device,
					     usb_device_function(u->modem, chan)->name);

	if (dr)
		dr->ops->offered(dr, usb_device_link(u->modem), chan, is_ready);
	else
		device_offer_port(u->bearer.device, u->ports[chan], is_ready);
}

static void offer_all(struct usb *u)
{
	for (unsigned int c = 0; c < usb_device_link(u->modem)->n_chans; c++)
		offer(u, c);
}

static void on_changed(void *user)
{
	struct usb *u = user;

	offer_all(u);
	device_bearer_changed(u->bearer.device);
}

static void on_stopped(void *user)
{
	struct usb *u = user;

	on_changed(u);
	goal_reached(u, usb_device_state(u->modem) == USB_OFF ? 0 : -ENODEV);
}

static void on_noted(void *user, const char *sentence)
{
	struct usb *u = user;

	device_bearer_noted(u->bearer.device, sentence);
}

static void on_line_state(void *user, unsigned int chan, unsigned int bits)
{
	struct usb *u = user;

	events_add(device_events(u->bearer.device), &usb_events, MHIFS_EVENT_LINE,
		   json_pack("{s:s, s:b, s:b, s:b, s:b}",
			     "channel", usb_device_function(u->modem, chan)->name,
			     "dcd", !!(bits & USB_LINE_DCD), "dsr", !!(bits & USB_LINE_DSR),
			     "ri", !!(bits & USB_LINE_RI), "break", !!(bits & USB_LINE_BREAK)));
}

static const struct usb_device_ops modem_ops = {
	.changed = on_changed,
	.stopped = on_stopped,
	.noted = on_noted,
	.line_state = on_line_state,
};

/* What udev says. */

/* The port has another device by now, or the same in another configuration. */
static bool is_another(const struct usb *u)
{
	const struct usb_found *was = &u->chosen.found;
	struct text why = TEXT_INIT;
	struct usb_found now;
	int r = usb_find("/sys", was->port, NULL, &now, &why);

	text_fini(&why);
	/* Between configurations it has none: the next news tell. */
	return r != -EAGAIN && (r < 0 || now.bus != was->bus || now.address != was->address ||
				now.configuration != was->configuration);
}

static void on_news(void *user, enum usb_news news, const char *port)
{
	struct usb *u = user;

	if (news != USB_MISSED && strcmp(port, u->chosen.found.port))
		return;
	if (news == USB_LEFT || is_another(u))
		usb_device_gone(u->modem);
}

static void watch(struct usb *u)
{
	int r = usb_watch_new(u->loop, on_news, u, &u->watch);

	if (r < 0)	/* the node tells an unplug as well */
		log_warn(u->bearer.device->name, "udev cannot be heard: %s", strerror(-r));
}

/* What the device calls. */

static enum engine_state usb_state(const struct bearer *b)
{
	const struct usb *u = to_usb(b);

	if (u->is_closed)
		return ENGINE_GONE;
	switch (u->modem ? usb_device_state(u->modem) : USB_OFF) {
	case USB_READY:
	case USB_STOPPING:
		return ENGINE_READY;
	case USB_ERROR:
		return ENGINE_ERROR;
	case USB_GONE:
		return ENGINE_GONE;
	case USB_OFF:
		break;
	}
	return ENGINE_OFF;
}

static const char *usb_why(const struct bearer *b)
{
	const struct usb *u = to_usb(b);

	return u->modem ? usb_device_why(u->modem) : "";
}

static const char *usb_ee(const struct bearer *b)
{
	const struct usb *u = to_usb(b);
	bool is_up = u->modem && usb_device_state(u->modem) == USB_READY;

	if (!is_up)
		return mhi_ee_name(MHI_EE_NONE);
	return mhi_ee_name(u->chosen.layout.is_edl ? MHI_EE_EDL : MHI_EE_AMSS);
}

static void usb_show_info(const struct bearer *b, struct text *out)
{
	const struct usb_chosen *c = &to_usb(b)->chosen;

	text_printf(out, MHIFS_INFO_IDS "=%04x:%04x\n", c->found.vendor, c->found.product);
	profile_show(c->profile, out);
}

static int power_on(struct usb *u)
{
	struct text why = TEXT_INIT;
	int r;

	if (usb_device_state(u->modem) == USB_READY)
		return POWER_DONE;
	if (usb_device_state(u->modem) != USB_OFF)
		return -EIO;
	r = usb_device_start(u->modem, &why);
	if (r < 0)
		device_bearer_noted(u->bearer.device, text_get(&why));
	text_fini(&why);
	if (!r)
		loop_defer(u->loop, &u->done);
	return r < 0 ? r : POWER_STARTED;
}

static int power_off(struct usb *u)
{
	if (usb_device_state(u->modem) == USB_OFF)
		return POWER_DONE;
	usb_device_stop(u->modem);
	return POWER_STARTED;
}

static int power_reset(struct usb *u)
{
	int r = usb_device_reset(u->modem);

	if (!r)
		loop_defer(u->loop, &u->done);
	return r < 0 ? r : POWER_STARTED;
}

static int power(struct usb *u, enum engine_power what)
{
	switch (what) {
	case POWER_ON:
		return power_on(u);
	case POWER_OFF:
		return power_off(u);
	case POWER_RESET:
		return usb_device_state(u->modem) == USB_OFF ? -EINVAL : power_reset(u);
	case POWER_RESUME:
		return usb_device_state(u->modem) == USB_READY ? POWER_DONE : -EINVAL;
	case POWER_SUSPEND:	/* an open node keeps the modem awake */
	case POWER_EDL:		/* who wants that writes to DIAG */
		break;
	}
	return -EOPNOTSUPP;
}

static int usb_power(struct bearer *b, enum engine_power what)
{
	struct usb *u = to_usb(b);
	int r;

	if (u->is_closed || !u->modem || usb_device_state(u->modem) == USB_GONE)
		return -ENODEV;
	if (usb_device_state(u->modem) == USB_STOPPING || (u->has_goal && what != POWER_OFF))
		return -EBUSY;
	r = power(u, what);
	if (r == POWER_STARTED) {
		bool had_goal = u->has_goal;

		u->has_goal = true;
		if (had_goal) {
			defer_cancel(&u->done);	/* that end is not ours */
			device_bearer_power_done(u->bearer.device, -ECANCELED);
		}
	}
	return r;
}

static void usb_yielded(struct bearer *b, const char *channel)
{
	struct usb *u = to_usb(b);

	for (unsigned int c = 0; c < usb_device_link(u->modem)->n_chans && !u->is_closed; c++)
		if (!strcmp(usb_device_function(u->modem, c)->name, channel))
			offer(u, c);
}

static const struct profile *usb_profile(const struct bearer *b)
{
	return to_usb(b)->chosen.profile;
}

static void usb_close(struct bearer *b)
{
	struct usb *u = to_usb(b);

	if (u->is_closed)
		return;
	u->is_closed = true;
	defer_cancel(&u->done);
	usb_watch_free(u->watch);
	u->watch = NULL;
	usb_device_close(u->modem);
}

static void usb_free(struct bearer *b)
{
	struct usb *u = to_usb(b);

	usb_device_free(u->modem);
	usb_chosen_fini(&u->chosen);
	free(u->descriptors);
	free(u);
}

static const struct bearer_ops usb_ops = {
	.state = usb_state,
	.why = usb_why,
	.ee = usb_ee,
	.profile = usb_profile,
	.show_info = usb_show_info,
	.yielded = usb_yielded,
	.power = usb_power,
	.close = usb_close,
	.free = usb_free,
};

/* Start. */

/* Takes @chosen.  NULL without memory. */
static struct bearer *new_bearer(struct loop *l, struct usb_chosen *chosen)
{
	struct usb *u = calloc(1, sizeof(*u));

	if (!u) {
		usb_chosen_fini(chosen);
		return NULL;
	}
	u->bearer.ops = &usb_ops;
	u->bearer.transport = "usb";
	u->loop = l;
	u->chosen = *chosen;
	defer_init(&u->done, on_done, u);
	usb_node_path("/dev", &chosen->found, u->path, sizeof(u->path));
	u->node = (struct usb_node){ .loop = l, .path = u->path };
	return &u->bearer;
}

/* What the node has to say when it is opened, now and later. */
static int keep_descriptors(struct usb *u, struct text *ret_why)
{
	int r = usb_read_descriptor_bytes("/sys", &u->chosen.found, &u->descriptors,
					  &u->node.descriptors_len, ret_why);

	u->node.descriptors = u->descriptors;
	return r;
}

static int make_modem(struct usb *u, bool claims_at_open, struct text *ret_why)
{
	struct usb_device_config c = {
		.layout = &u->chosen.layout, .claims_at_open = claims_at_open,
		.open = usb_handle_open, .opener = &u->node,
	};

	return usb_device_new(&c, loop_timers(u->loop), &modem_ops, u, &u->modem, ret_why);
}

/* Channel i is chans[i] of the profile. */
static int make_ports(struct usb *u, struct text *ret_why)
{
	struct device *d = u->bearer.device;
	struct link *l = usb_device_link(u->modem);
	int r = 0;

	for (unsigned int c = 0; c < l->n_chans && !r; c++)
		r = device_add_port(d, device_root(d), &u->chosen.profile->chans[c], l, c,
				    &u->ports[c], ret_why);
	return r;
}

static int start(struct usb *u, const struct spec *s, struct text *ret_why)
{
	const char *claim = spec_option(s, "claim");
	int r = keep_descriptors(u, ret_why);

	if (!r)
		r = make_modem(u, claim && !strcmp(claim, "open"), ret_why);
	if (!r)
		r = make_ports(u, ret_why);
	if (!r)
		r = events_register(device_events(u->bearer.device), &usb_events);
	if (!r)
		r = usb_device_start(u->modem, ret_why);
	if (r)
		return r;
	offer_all(u);
	watch(u);
	return 0;
}

int usb_start(const struct device_birth *b, struct device **ret_device, struct text *ret_why)
{
	struct usb_chosen chosen;
	struct bearer *bearer;
	int r = usb_choose(b->spec, b->config, &chosen, ret_why);

	if (r)
		return r;
	bearer = new_bearer(b->loop, &chosen);
	if (!bearer)
		return -ENOMEM;
	r = device_new(b, chosen.found.port, bearer, ret_device, ret_why);
	/* What it left in emergency download is to be had from the modem as well. */
	if (!r && !crashes_of(*ret_device, config_dump_dir(b->config)))
		r = -ENOMEM;
	return r ? r : start(to_usb(bearer), b->spec, ret_why);
}

bool usb_is_modem(const char *port)
{
	struct usb_modem m;

	return !usb_modem_read("/sys", port, &m) && m.is_modem;
}
