#include "cli/modem-json.h"
#include "cli/device-json.h"
#include "cli/function-json.h"
#include "device/usb_profile.h"
#include "device/config.h"
#include "pci/examine.h"
#include "usb/find.h"
#include "usb/modem.h"
#include <errno.h>

static const char usbfs[] = "usbfs";	/* a driver's name: a program has it */

struct finder {
	const struct ctl *ctl;
	const struct config *config;	/* NULL: it is faulty */
	const json_t *devices;		/* NULL: not known */
	const char *port;		/* NULL: all */
	json_t *found;
};

/* What is known of one modem, as far as it could be found out. */
struct view {
	const struct usb_modem *m;
	struct usb_found found;
	struct usb_descriptors descriptors;	/* without interfaces: not known */
	struct usb_layout layout;		/* without functions: none */
	struct text findings;
	bool is_blocked;
};

static int lay_out(const struct finder *s, struct view *v, struct text *why)
{
	char path[sizeof("usb-") + USB_PORT_SIZE], identity[sizeof("usb-1234:5678")];
	const struct config_address a = { .path = path, .identity = identity };
	struct profile *profile = NULL;
	int r;

	snprintf(path, sizeof(path), "usb-%s", v->m->port);
	snprintf(identity, sizeof(identity), "usb-%04x:%04x", v->m->vendor, v->m->product);
	if (s->config)
		r = config_usb_profile(s->config, NULL, a, v->m->vendor, v->m->product, &profile,
				       why);
	else
		r = (profile = profile_new_builtin("usb")) ? 0 : -ENOMEM;
	if (!r)
		r = usb_profile_layout(profile, &v->descriptors, &v->layout, why);
	profile_free(profile);
	return r;
}

static int look(const struct finder *s, struct view *v, struct text *why)
{
	int r = usb_find(s->ctl->sysfs, v->m->port, NULL, &v->found, why);

	if (!r)
		r = usb_read_descriptors(s->ctl->sysfs, &v->found, &v->descriptors, why);
	if (!r)
		r = lay_out(s, v, why);
	return r ? r : usb_check_node(s->ctl->dev, &v->found, why);
}

static bool is_taken(const struct view *v, const struct usb_interface *at)
{
	const struct usb_function *f = usb_function_of(&v->layout, at->number);

	return f && f->is_default_on;
}

static bool has_usbfs(const struct view *v)
{
	for (unsigned int i = 0; i < v->m->n_interfaces; i++)
		if (is_taken(v, &v->m->interfaces[i]) &&
		    !strcmp(v->m->interfaces[i].driver, usbfs))
			return true;
	return false;
}

static bool has_channel(const struct view *v)
{
	for (unsigned int i = 0; i < v->layout.n_functions; i++)
		if (v->layout.functions[i].is_default_on)
			return true;
	return false;
}

static void add_finding(struct view *v, const char *sentence)
{
	text_printf(&v->findings, "%s\n", sentence);
}

static void examine(const struct finder *s, struct view *v, bool is_running)
{
	struct text why = TEXT_INIT;
	int r = look(s, v, &why);

	if (r)
		add_finding(v, why.len ? text_get(&why) : strerror(-r));
	else if (!has_channel(v))
		add_finding(v, "every channel is off: mhifs.conf(5) tells how to turn one on");
	if (v->m->is_edl || v->layout.is_edl)
		add_finding(v, "in emergency download mode (EDL)");
	v->is_blocked = r || !has_channel(v);
	if (!is_running && has_usbfs(v)) {
		add_finding(v, "a program has claimed interfaces: another mhifs, adb or a flash tool?");
		v->is_blocked = true;
	}
	text_fini(&why);
}

static const char *kind_of(enum usb_ep_kind transfer)
{
	static const char *const kinds[] = {
		[USB_CONTROL_EP] = "control", [USB_ISO_EP] = "isochronous",
		[USB_BULK_EP] = "bulk", [USB_INTERRUPT_EP] = "interrupt",
	};

	return kinds[transfer];
}

/* "81 bulk, 01 bulk" */
static json_t *endpoints_of(const struct view *v, uint8_t number)
{
	const struct usb_alt *a = usb_alt_find(&v->descriptors, number, 0);
	struct text words = TEXT_INIT;
	json_t *value;

	for (unsigned int i = 0; a && i < a->n_endpoints; i++) {
		const struct usb_endpoint *e = &v->descriptors.endpoints[a->first_endpoint + i];

		text_printf(&words, "%s%02x %s", i ? ", " : "", e->address, kind_of(e->transfer));
	}
	value = text_json(text_get(&words));
	text_fini(&words);
	return value;
}

static json_t *interface_json(const struct view *v, const struct usb_interface *at)
{
	const struct usb_function *f = usb_function_of(&v->layout, at->number);
	char class[16];

	snprintf(class, sizeof(class), "%02x/%02x/%02x", at->class, at->subclass, at->protocol);
	return json_pack("{s:i, s:s, s:o, s:o, s:b, s:o, s:b}", "number", at->number,
			 "class", class, "endpoints", endpoints_of(v, at->number),
			 "channel", text_json(f ? f->name : NULL), "on", is_taken(v, at),
			 "driver", text_json(at->driver), "detached",
			 is_taken(v, at) && at->driver[0] && strcmp(at->driver, usbfs));
}

static json_t *interfaces_of(const struct view *v)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < v->m->n_interfaces; i++)
		json_array_append_new(list, interface_json(v, &v->m->interfaces[i]));
	return list;
}

/* What the device calls itself, or its maker as we know it. */
static json_t *name_of(const struct usb_modem *m)
{
	struct text name = TEXT_INIT;
	json_t *value;

	text_printf(&name, "%s%s%s", m->manufacturer[0] ? m->manufacturer : m->maker,
		    m->title[0] ? " " : "", m->title);
	value = text_json(text_get(&name));
	text_fini(&name);
	return value;
}

/* The name of the device that runs on it, or "". */
static const char *device_of(const struct finder *s, const struct usb_modem *m)
{
	const json_t *device;
	const char *path;
	size_t i;

	json_array_foreach(s->devices, i, device) {
		path = device_json_text(json_object_get(device, "info"), "path");
		if (!strncmp(path, "usb-", 4) && !strcmp(path + 4, m->port))
			return device_json_text(device, "name");
	}
	return "";
}

static json_t *next_of(const struct view *v, const char *device)
{
	if (*device)
		return json_null();
	return v->is_blocked ? json_sprintf("mhictl doctor %s", v->m->port) :
			       json_sprintf("mhifs usb:%s /run/mhi", v->m->port);
}

static json_t *modem_json(const struct view *v, const char *device)
{
	char id[16];

	snprintf(id, sizeof(id), "%04x:%04x", v->m->vendor, v->m->product);
	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o}",
			 "modem", v->m->port, "id", id, "name", name_of(v->m),
			 "manufacturer", text_json(v->m->manufacturer),
			 "product", text_json(v->m->title),
			 "model", text_json(v->layout.model),
			 "interfaces", interfaces_of(v), "device", text_json(device),
			 "verdict", pci_verdict_name(v->is_blocked ? PCI_BLOCKED : PCI_USABLE),
			 "findings", findings_json(text_get(&v->findings)),
			 "next", next_of(v, device));
}

/* What was asked for, whatever it is; else a modem, or what the configuration
 * takes for one. */
static bool is_wanted(const struct finder *s, const struct usb_modem *m)
{
	if (s->port)
		return !strcmp(s->port, m->port);
	return m->is_modem || (s->config &&
	       config_profile_for_usb(s->config, m->vendor, m->product));
}

static int add_modem(void *user, const struct usb_modem *m)
{
	struct finder *s = user;
	const char *device = device_of(s, m);
	struct view v = { .m = m };
	int r;

	if (!is_wanted(s, m))
		return 0;
	examine(s, &v, *device);
	r = json_array_append_new(s->found, modem_json(&v, device));
	text_fini(&v.findings);
	return r < 0 ? -ENOMEM : 0;
}

int modems_json(const struct ctl *c, const json_t *devices, const char *port,
		json_t **ret_modems)
{
	struct finder s = { .ctl = c, .devices = devices, .port = port };
	struct config *config = NULL;
	struct text why = TEXT_INIT;
	int r;

	/* What is wrong with the configuration is for the doctor to say. */
	if (!config_load(NULL, &config, &why))
		s.config = config;
	s.found = json_array();
	r = usb_modem_scan(c->sysfs, add_modem, &s);
	config_free(config);
	text_fini(&why);
	if (r < 0 && r != -ENOENT) {	/* a machine may have no USB at all */
		json_decref(s.found);
		return r;
	}
	*ret_modems = s.found;
	return 0;
}

/* A program that has an interface is no driver. */
static bool is_meant(const json_t *interface, enum modem_drivers which)
{
	const char *driver = device_json_text(interface, "driver");

	return *driver && strcmp(driver, usbfs) &&
	       json_is_true(json_object_get(interface, "detached")) == (which == MODEM_DETACHED);
}

static bool is_same(const json_t *interface, enum modem_drivers which, const char *driver)
{
	return is_meant(interface, which) &&
	       !strcmp(device_json_text(interface, "driver"), driver);
}

static bool is_driver_before(const json_t *interfaces, size_t end, enum modem_drivers which,
			     const char *driver)
{
	for (size_t i = 0; i < end; i++)
		if (is_same(json_array_get(interfaces, i), which, driver))
			return true;
	return false;
}

static int number_of(const json_t *interface)
{
	return (int)json_integer_value(json_object_get(interface, "number"));
}

static void add_numbers(const json_t *interfaces, enum modem_drivers which, const char *driver,
			struct text *out)
{
	const json_t *interface;
	size_t i;

	json_array_foreach(interfaces, i, interface)
		if (is_same(interface, which, driver))
			text_printf(out, " %d", number_of(interface));
}

void modem_drivers_add(const json_t *modem, enum modem_drivers which, struct text *out)
{
	const json_t *interface, *interfaces = json_object_get(modem, "interfaces");
	const char *comma = "";
	size_t i;

	json_array_foreach(interfaces, i, interface) {
		const char *driver = device_json_text(interface, "driver");

		if (!is_meant(interface, which) ||
		    is_driver_before(interfaces, i, which, driver))
			continue;
		text_printf(out, "%s%s", comma, driver);
		add_numbers(interfaces, which, driver, out);
		comma = ", ";
	}
}

static bool is_on(const json_t *interface)
{
	return json_is_true(json_object_get(interface, "on"));
}

/* Data interfaces belong to a channel that was there before. */
static bool is_channel_before(const json_t *interfaces, size_t end, const char *channel)
{
	for (size_t i = 0; i < end; i++)
		if (!strcmp(device_json_text(json_array_get(interfaces, i), "channel"), channel))
			return true;
	return false;
}

void modem_channels_add(const json_t *modem, struct text *out)
{
	const json_t *interface, *interfaces = json_object_get(modem, "interfaces");
	const char *comma = "";
	size_t i;

	json_array_foreach(interfaces, i, interface) {
		const char *channel = device_json_text(interface, "channel");

		if (!is_on(interface) || is_channel_before(interfaces, i, channel))
			continue;
		text_printf(out, "%s%s %d", comma, channel, number_of(interface));
		comma = ", ";
	}
}

static void add_holder(const json_t *interface, struct text *out)
{
	const char *driver = device_json_text(interface, "driver");

	if (!*driver)
		text_add(out, "no driver has it");
	else if (!strcmp(driver, usbfs))
		text_add(out, "a program has it");
	else if (json_is_true(json_object_get(interface, "detached")))
		text_printf(out, "%s would be detached", driver);
	else
		text_printf(out, "%s keeps it", driver);
}

void modem_interface_add(const json_t *interface, struct text *out)
{
	const char *channel = device_json_text(interface, "channel");
	const char *endpoints = device_json_text(interface, "endpoints");

	text_printf(out, "interface %d, %s (%s): ", number_of(interface),
		    device_json_text(interface, "class"),
		    *endpoints ? endpoints : "no end points");
	if (!*channel)
		text_add(out, "no channel; ");
	else
		text_printf(out, is_on(interface) ? "%s; " : "%s, which is off; ", channel);
	add_holder(interface, out);
}
