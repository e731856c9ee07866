/*
 * Each file stays as it was parsed; a profile is put together when it is
 * asked for: the built-in one or what it is based on, then its section, then
 * the sections of devices that match, in the order of the files.
 */
#include "device/config.h"
#include "device/config_apply.h"
#include "device/config_grammar.h"
#include <errno.h>
#include <fnmatch.h>
#include <glob.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	READY_WAIT_S = 30,
	MOST_BASES = 8,		/* profile based on profile based on ... */
};

static const char default_path[] = "/etc/mhifs/mhifs.conf";
static const char default_firmware[] = "/lib/firmware", default_dumps[] = "/run/mhifs/dump";

struct config {
	cfg_t **files;		/* owned, in order */
	unsigned int n_files;
};

void config_free(struct config *c)
{
	if (!c)
		return;
	for (unsigned int i = 0; i < c->n_files; i++)
		cfg_free(c->files[i]);
	free(c->files);
	free(c);
}

static int add_file(struct config *c, const char *path, struct text *ret_why)
{
	cfg_t **files = realloc(c->files, (c->n_files + 1) * sizeof(*files));
	int r;

	if (!files)
		return -ENOMEM;
	c->files = files;
	r = grammar_read(path, &files[c->n_files], ret_why);
	if (!r)
		c->n_files++;
	return r;
}

/* What PATH.d holds as NAME.conf, in the order of their names. */
static int add_folder(struct config *c, const char *path, struct text *ret_why)
{
	struct text pattern = TEXT_INIT;
	glob_t g = { 0 };
	int r = 0;

	text_printf(&pattern, "%s.d/*.conf", path);
	if (text_failed(&pattern))
		return -ENOMEM;
	if (!glob(text_get(&pattern), 0, NULL, &g))
		for (size_t i = 0; i < g.gl_pathc && !r; i++)
			r = add_file(c, g.gl_pathv[i], ret_why);
	globfree(&g);
	text_fini(&pattern);
	return r;
}

static cfg_t *section_of(const struct config *c, const char *kind, unsigned int *at)
{
	unsigned int i = *at;

	for (unsigned int f = 0; f < c->n_files; f++) {
		if (i < cfg_size(c->files[f], kind)) {
			++*at;
			return cfg_getnsec(c->files[f], kind, i);
		}
		i -= cfg_size(c->files[f], kind);
	}
	return NULL;
}

/* The last one of this name. */
static cfg_t *find_profile(const struct config *c, const char *name)
{
	cfg_t *s, *found = NULL;
	unsigned int at = 0;

	while ((s = section_of(c, "profile", &at)))
		if (!strcmp(cfg_title(s), name))
			found = s;
	return found;
}

static struct profile *profile_new_empty(void)
{
	struct profile *p = calloc(1, sizeof(*p));

	if (p) {
		p->timeout_ms = 8000;
		p->ready_timeout_ms = 8000;
		p->dma_bits = 32;
		p->seg_len = 512 << 10;
		p->soc_reset_ms = 2000;
		p->recovery = true;
	}
	return p;
}

static int refuse_name(const struct config *c, const char *name, struct text *ret_why)
{
	unsigned int at = 0;
	cfg_t *s;

	text_printf(ret_why, "no profile is called '%s'; there are ", name);
	profile_list_builtin(ret_why);
	text_add(ret_why, ", ");
	profile_list_usb(ret_why);
	while ((s = section_of(c, "profile", &at)))
		text_printf(ret_why, ", %s", cfg_title(s));
	return -ENOENT;
}

static int build(const struct config *c, const char *name, unsigned int depth,
		 struct profile **ret_profile, struct text *ret_why);

/* What a configured profile starts from.  One that is based on its own name
 * changes the built-in one. */
static int build_base(const struct config *c, cfg_t *s, unsigned int depth,
		      struct profile **ret_profile, struct text *ret_why)
{
	const char *base = grammar_has(s, "based_on") ? cfg_getstr(s, "based_on") : NULL;

	if (!base) {
		*ret_profile = profile_new_empty();
		return *ret_profile ? 0 : -ENOMEM;
	}
	if (!strcmp(base, cfg_title(s)) && !profile_is_builtin(base))
		return refuse_name(c, base, ret_why);
	if (!strcmp(base, cfg_title(s))) {
		*ret_profile = profile_new_builtin(base);
		return *ret_profile ? 0 : -ENOMEM;
	}
	return build(c, base, depth + 1, ret_profile, ret_why);
}

static int build_configured(const struct config *c, cfg_t *s, unsigned int depth,
			    struct profile **ret_profile, struct text *ret_why)
{
	struct profile *p = NULL;
	int r;

	if (depth > MOST_BASES) {
		text_printf(ret_why, "profile '%s' is based on itself, or on more than %d others",
			    cfg_title(s), MOST_BASES);
		return -EINVAL;
	}
	r = build_base(c, s, depth, &p, ret_why);
	if (r)
		return r;
	free(p->name);
	p->name = strdup(cfg_title(s));
	p->is_usb |= grammar_has(s, "usb");
	r = p->name ? config_apply(s, p, ret_why) : -ENOMEM;
	if (r)
		profile_free(p);
	else
		*ret_profile = p;
	return r;
}

static int build(const struct config *c, const char *name, unsigned int depth,
		 struct profile **ret_profile, struct text *ret_why)
{
	cfg_t *s = find_profile(c, name);

	if (s)
		return build_configured(c, s, depth, ret_profile, ret_why);
	if (!profile_is_builtin(name))
		return refuse_name(c, name, ret_why);
	*ret_profile = profile_new_builtin(name);
	return *ret_profile ? 0 : -ENOMEM;
}

static bool matches(cfg_t *device, struct config_address a)
{
	return !fnmatch(cfg_title(device), a.path, 0) ||
	       (a.identity && !fnmatch(cfg_title(device), a.identity, 0));
}

const char *config_profile_name(const struct config *c, struct config_address a)
{
	const char *name = NULL;
	unsigned int at = 0;
	cfg_t *s;

	while ((s = section_of(c, "device", &at)))
		if (matches(s, a) && grammar_has(s, "profile"))
			name = cfg_getstr(s, "profile");
	return name;
}

/* Where a message begins: with the section it is about. */
static void begin_message(cfg_t *s, const char *kind, struct text *ret_why)
{
	text_clear(ret_why);
	text_printf(ret_why, "%s:%d: %s '%s': ", s->filename, s->line, kind, cfg_title(s));
}

/* Leaves the begin of a message about the last section that matched, which
 * has the last word in what is checked next. */
static int apply_devices(const struct config *c, struct config_address a, struct profile *p,
			 struct text *ret_why)
{
	unsigned int at = 0;
	cfg_t *s;
	int r = 0;

	while (!r && (s = section_of(c, "device", &at)))
		if (matches(s, a)) {
			begin_message(s, "device", ret_why);
			r = config_apply(s, p, ret_why);
		}
	return r;
}

static int check_bus(const struct profile *p, bool is_usb, struct text *ret_why)
{
	if (p->is_usb == is_usb)
		return 0;
	text_printf(ret_why, "profile '%s' is for %s", p->name,
		    is_usb ? "devices that are no USB modems" : "USB modems alone");
	return -EINVAL;
}

static int make_profile(const struct config *c, const char *name, bool is_usb,
			struct config_address a, struct profile **ret_profile,
			struct text *ret_why)
{
	struct profile *p = NULL;
	int r = build(c, name, 0, &p, ret_why);

	if (r)
		return r;
	r = check_bus(p, is_usb, ret_why);
	if (!r)
		r = apply_devices(c, a, p, ret_why);
	if (!r)
		r = profile_check(p, ret_why);
	if (r) {
		profile_free(p);
		return r;
	}
	text_clear(ret_why);
	*ret_profile = p;
	return 0;
}

int config_profile(const struct config *c, const char *profile, struct config_address a,
		   struct profile **ret_profile, struct text *ret_why)
{
	const char *name = profile ? profile : config_profile_name(c, a);

	return make_profile(c, name ? name : "sim", false, a, ret_profile, ret_why);
}

static bool is_usb(cfg_t *section, uint16_t vendor, uint16_t product)
{
	struct usb_match id;

	for (unsigned int i = 0; i < cfg_size(section, "usb"); i++)
		if (!grammar_usb(cfg_getnstr(section, "usb", i), &id) && id.vendor == vendor &&
		    id.product == product)
			return true;
	return false;
}

const char *config_profile_for_usb(const struct config *c, uint16_t vendor, uint16_t product)
{
	const char *name = NULL;
	unsigned int at = 0;
	cfg_t *s;

	while ((s = section_of(c, "profile", &at)))
		if (is_usb(s, vendor, product))
			name = cfg_title(s);
	return name;
}

int config_usb_profile(const struct config *c, const char *profile, struct config_address a,
		       uint16_t vendor, uint16_t product,
		       struct profile **ret_profile, struct text *ret_why)
{
	const char *name = profile ? profile : config_profile_name(c, a);

	if (!name)
		name = config_profile_for_usb(c, vendor, product);
	return make_profile(c, name ? name : "usb", true, a, ret_profile, ret_why);
}

static bool is_pci(const char *text, uint16_t vendor, uint16_t device,
		   uint16_t sub_vendor, uint16_t sub_device)
{
	struct pci_match id;

	if (grammar_pci(text, &id) || id.vendor != vendor || id.device != device)
		return false;
	return !id.has_sub || (id.sub_vendor == sub_vendor && id.sub_device == sub_device);
}

const char *config_profile_for_pci(const struct config *c, uint16_t vendor, uint16_t device,
				   uint16_t sub_vendor, uint16_t sub_device)
{
	const char *name = NULL;
	unsigned int at = 0;
	cfg_t *s;

	while ((s = section_of(c, "profile", &at)))
		for (unsigned int i = 0; i < cfg_size(s, "pci"); i++)
			if (is_pci(cfg_getnstr(s, "pci", i), vendor, device, sub_vendor,
				   sub_device))
				name = cfg_title(s);
	return name ? name : profile_for_pci(vendor, device, sub_vendor, sub_device);
}

uint32_t config_ready_wait_ms(const struct config *c)
{
	long seconds = READY_WAIT_S;

	for (unsigned int i = 0; i < c->n_files; i++)
		if (grammar_has(c->files[i], "ready_wait"))
			seconds = cfg_getint(c->files[i], "ready_wait");
	return (uint32_t)seconds * 1000;
}

/* The last word counts. */
static const char *find_word(const struct config *c, const char *key, const char *otherwise)
{
	for (unsigned int i = 0; i < c->n_files; i++)
		if (grammar_has(c->files[i], key))
			otherwise = cfg_getstr(c->files[i], key);
	return otherwise;
}

const char *config_firmware_dir(const struct config *c)
{
	return find_word(c, "firmware_dir", default_firmware);
}

const char *config_dump_dir(const struct config *c)
{
	return find_word(c, "dump_dir", default_dumps);
}

/* One section, as it would be used.  A device section that names no profile
 * can only be judged with its device. */
static int check_section(const struct config *c, cfg_t *s, bool is_device,
			 struct text *ret_why)
{
	const char *name = is_device ? cfg_getstr(s, "profile") : cfg_title(s);
	struct profile *p = NULL;
	int r = 0;

	if (!name)
		return 0;
	r = build(c, name, 0, &p, ret_why);
	if (!r && is_device)
		r = config_apply(s, p, ret_why);
	if (!r)
		r = profile_check(p, ret_why);
	profile_free(p);
	return r;
}

static int check_kind(const struct config *c, const char *kind, bool is_device,
		      struct text *ret_why)
{
	unsigned int at = 0;
	cfg_t *s;
	int r;

	while ((s = section_of(c, kind, &at))) {
		begin_message(s, kind, ret_why);
		r = check_section(c, s, is_device, ret_why);
		if (r)
			return r == -ENOENT ? -EINVAL : r;
		text_clear(ret_why);
	}
	return 0;
}

static int load(struct config *c, const char *path, struct text *ret_why)
{
	int r = 0;

	if (path || !access(default_path, F_OK))
		r = add_file(c, path ? path : default_path, ret_why);
	if (!r)
		r = add_folder(c, path ? path : default_path, ret_why);
	if (!r)
		r = check_kind(c, "profile", false, ret_why);
	return r ? r : check_kind(c, "device", true, ret_why);
}

int config_load(const char *path, struct config **ret_config, struct text *ret_why)
{
	struct config *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	r = load(c, path, ret_why);
	if (r)
		config_free(c);
	else
		*ret_config = c;
	return r;
}
