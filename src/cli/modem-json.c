#include "cli/modem-json.h"
#include "cli/device-json.h"
#include "cli/function-json.h"
#include "usb/modem.h"
#include <errno.h>

static json_t *interfaces_of(const struct usb_modem *m)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < m->n_interfaces; i++) {
		const struct usb_interface *at = &m->interfaces[i];
		char class[16];

		snprintf(class, sizeof(class), "%02x/%02x/%02x", at->class, at->subclass,
			 at->protocol);
		json_array_append_new(list, json_pack("{s:i, s:s, s:o}", "number", at->number,
						      "class", class,
						      "driver", text_json(at->driver)));
	}
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

static json_t *findings_of(const struct usb_modem *m)
{
	return findings_json(m->is_edl ? "in emergency download mode (EDL)\n"
			     "no USB transport in this build yet\n" :
			     "no USB transport in this build yet\n");
}

static int add_modem(void *user, const struct usb_modem *m)
{
	json_t *object, *found = user;
	char id[16];

	snprintf(id, sizeof(id), "%04x:%04x", m->vendor, m->product);
	object = json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:s, s:o}", "modem", m->port,
			   "id", id, "name", name_of(m),
			   "manufacturer", text_json(m->manufacturer),
			   "product", text_json(m->title), "interfaces", interfaces_of(m),
			   "verdict", "known", "findings", findings_of(m));
	return json_array_append_new(found, object) < 0 ? -ENOMEM : 0;
}

int modems_json(const struct ctl *c, json_t **ret_modems)
{
	json_t *found = json_array();
	int r = usb_modem_scan(c->sysfs, add_modem, found);

	if (r < 0 && r != -ENOENT) {	/* a machine may have no USB at all */
		json_decref(found);
		return r;
	}
	*ret_modems = found;
	return 0;
}

static bool is_driver_before(const json_t *interfaces, size_t end, const char *driver)
{
	for (size_t i = 0; i < end; i++)
		if (!strcmp(device_json_text(json_array_get(interfaces, i), "driver"), driver))
			return true;
	return false;
}

static void add_numbers(const json_t *interfaces, const char *driver, struct text *out)
{
	const json_t *interface;
	size_t i;

	json_array_foreach(interfaces, i, interface)
		if (!strcmp(device_json_text(interface, "driver"), driver))
			text_printf(out, " %d",
				    (int)json_integer_value(json_object_get(interface, "number")));
}

void modem_drivers_add(const json_t *modem, struct text *out)
{
	const json_t *interface, *interfaces = json_object_get(modem, "interfaces");
	const char *comma = "";
	size_t i;

	json_array_foreach(interfaces, i, interface) {
		const char *driver = device_json_text(interface, "driver");

		if (!*driver || is_driver_before(interfaces, i, driver))
			continue;
		text_printf(out, "%s%s", comma, driver);
		add_numbers(interfaces, driver, out);
		comma = ", ";
	}
}
