#include "cli/function-json.h"
#include "cli/device-json.h"
#include "device/config.h"
#include "pci/examine.h"
#include "pci/names.h"
#include <errno.h>

enum { VENDOR_QUALCOMM = 0x17cb, CLASS_NETWORK = 0x02, CLASS_BRIDGE = 0x06 };

struct finder {
	const struct ctl *ctl;
	const struct config *config;	/* NULL: it is faulty */
	struct pci_names *names;
	const json_t *devices;		/* NULL: not known */
	const char *bdf;		/* NULL: all */
	enum function_scope scope;
	json_t *found;
};

static const char *profile_of(const struct finder *s, const struct pci_function *f)
{
	char path[PCI_BDF_SIZE + 8], identity[32];
	const struct config_address at = { path, identity };
	const char *name;

	if (!s->config)
		return profile_for_pci(f->vendor, f->device, f->sub_vendor, f->sub_device);
	snprintf(path, sizeof(path), "pci-%s", f->bdf);
	snprintf(identity, sizeof(identity), "pci-%04x:%04x", f->vendor, f->device);
	name = config_profile_name(s->config, at);
	return name ? name : config_profile_for_pci(s->config, f->vendor, f->device,
						    f->sub_vendor, f->sub_device);
}

static bool is_wanted(const struct finder *s, const struct pci_function *f, const char *profile)
{
	uint32_t class = f->class_code >> 16;

	if (s->bdf)
		return !strcmp(s->bdf, f->bdf);
	return profile || !strcmp(f->driver, "mhi-pci-generic") ||
	       (f->vendor == VENDOR_QUALCOMM && class != CLASS_NETWORK && class != CLASS_BRIDGE);
}

json_t *text_json(const char *text)
{
	json_t *value = text && *text ? json_string(text) : NULL;

	return value ? value : json_null();
}

static void add_text(json_t *object, const char *key, const char *text)
{
	json_object_set_new(object, key, text_json(text));
}

static void add_id(json_t *object, const char *key, uint16_t vendor, uint16_t device)
{
	char id[16];

	snprintf(id, sizeof(id), "%04x:%04x", vendor, device);
	add_text(object, key, id);
}

/* "8.0 GT/s PCIe" and "2" as "8.0 GT/s x2"; a link that is down says so in
 * either word. */
static void add_link(json_t *object, const char *key, const char *speed, const char *width)
{
	struct text link = TEXT_INIT;
	uint64_t lanes;

	if (*speed >= '0' && *speed <= '9' && !text_to_u64(width, 1, 32, &lanes)) {
		const char *bus = strstr(speed, " PCIe");

		text_add_len(&link, speed, bus ? (size_t)(bus - speed) : strlen(speed));
		text_printf(&link, " x%s", width);
	}
	add_text(object, key, text_get(&link));
	text_fini(&link);
}

struct peers {
	const char *bdf;
	json_t *list;
};

static int add_peer(void *user, const struct pci_function *f)
{
	struct peers *p = user;
	json_t *peer;

	if (!strcmp(f->bdf, p->bdf))
		return 0;
	peer = json_object();
	add_text(peer, "function", f->bdf);
	add_text(peer, "driver", f->driver);
	return json_array_append_new(p->list, peer) < 0 ? -ENOMEM : 0;
}

static json_t *peers_of(const struct finder *s, const struct pci_function *f)
{
	struct peers p = { f->bdf, json_array() };

	if (f->group[0])
		pci_group_scan(s->ctl->sysfs, f->group, add_peer, &p);
	return p.list;
}

/* The name of the device that runs on the function, or "". */
static const char *device_of(const struct finder *s, const struct pci_function *f)
{
	const json_t *device;
	const char *path;
	size_t i;

	json_array_foreach(s->devices, i, device) {
		path = device_json_text(json_object_get(device, "info"), "path");
		if (!strncmp(path, "pci-", 4) && !strcmp(path + 4, f->bdf))
			return device_json_text(device, "name");
	}
	return "";
}

json_t *findings_json(const char *text)
{
	json_t *lines = json_array();
	size_t len;

	for (; *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		json_array_append_new(lines, json_stringn(text, len));
	}
	return lines;
}

static json_t *next_of(const struct pci_function *f, enum pci_verdict verdict)
{
	switch (verdict) {
	case PCI_USABLE:
		return json_sprintf("mhifs vfio:%s /run/mhi", f->bdf);
	case PCI_NEEDS_BIND:
		return json_sprintf("mhictl bind %s", f->bdf);
	default:
		return json_sprintf("mhictl doctor %s", f->bdf);
	}
}

static void add_verdict(const struct finder *s, json_t *object, const struct pci_function *f,
			const char *profile)
{
	struct text findings = TEXT_INIT;
	enum pci_verdict v = PCI_USABLE;

	if (!profile) {
		text_printf(&findings, "There is no profile for %04x:%04x: write one into "
			    "mhifs.conf(5), or name one (profile=).\n", f->vendor, f->device);
		v = PCI_BLOCKED;
	}
	v = pci_verdict_worse(v, (s->scope == FUNCTION_OPEN ? pci_examine : pci_examine_function)
			      (s->ctl->sysfs, s->ctl->dev, f, &findings));
	add_text(object, "verdict", pci_verdict_name(v));
	json_object_set_new(object, "findings", findings_json(text_get(&findings)));
	json_object_set_new(object, "next", *device_json_text(object, "device") ? json_null() :
			    next_of(f, v));
	text_fini(&findings);
}

static json_t *function_json(const struct finder *s, const struct pci_function *f,
			     const char *profile)
{
	struct text name = TEXT_INIT;
	json_t *object = json_object();

	if (s->names)
		pci_names_add(s->names, f, &name);
	add_text(object, "function", f->bdf);
	add_text(object, "name", text_get(&name));
	add_id(object, "id", f->vendor, f->device);
	add_id(object, "subsystem", f->sub_vendor, f->sub_device);
	add_text(object, "profile", profile);
	add_text(object, "driver", f->driver);
	add_text(object, "group", f->group);
	json_object_set_new(object, "peers", peers_of(s, f));
	add_link(object, "link", f->speed, f->width);
	add_link(object, "max_link", f->max_speed, f->max_width);
	add_text(object, "power", f->power);
	add_text(object, "device", device_of(s, f));
	add_verdict(s, object, f, profile);
	text_fini(&name);
	return object;
}

static int find_function(void *user, const struct pci_function *f)
{
	struct finder *s = user;
	const char *profile = profile_of(s, f);

	if (!is_wanted(s, f, profile))
		return 0;
	return json_array_append_new(s->found, function_json(s, f, profile)) < 0 ? -ENOMEM : 0;
}

int functions_json(const struct ctl *c, const json_t *devices, const char *bdf,
		   enum function_scope scope, json_t **ret_functions)
{
	struct finder s = { .ctl = c, .devices = devices, .bdf = bdf, .scope = scope };
	struct config *config = NULL;
	struct text why = TEXT_INIT;
	int r;

	/* What is wrong with the configuration is for the doctor to say. */
	if (!config_load(NULL, &config, &why))
		s.config = config;
	s.names = pci_names_open(NULL);
	s.found = json_array();
	r = pci_scan(c->sysfs, find_function, &s);
	pci_names_close(s.names);
	config_free(config);
	text_fini(&why);
	if (r < 0 && r != -ENOENT) {	/* a machine may have no PCI at all */
		json_decref(s.found);
		return r;
	}
	*ret_functions = s.found;
	return 0;
}

bool verdict_is_usable(const json_t *object)
{
	return *device_json_text(object, "device") ||
	       !strcmp(device_json_text(object, "verdict"), pci_verdict_name(PCI_USABLE));
}
