#include "device/spec.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

/* What each transport is called, what its address looks like, and which
 * options it takes; a key that ends in '.' is followed by any name. */
static const struct transport {
	const char *name;
	const char *example;
	bool needs_address;
	const char *keys[24];
	const char *word;	/* that stands alone; may be NULL */
} transports[] = {
	[SPEC_LOOPBACK] = { "loopback", "loopback:sim", false,
		{ "name", "seed", "ee", "mood", "vectors", "reset_us", "ready_us", "boot_us",
		  "m0_us", "m3_us", "command_us", "idle_us", "image_us", "dump_us", "boot",
		  "crash", "fault", "life.", "tty.", "greet", "strict", "recovery",
		  "autosuspend_ms" } },
	[SPEC_VFIO] = { "vfio", "vfio:0000:01:00.0", true,
		{ "iommu", "profile", "tty.", "greet", "strict", "recovery",
		  "autosuspend_ms" } },
	[SPEC_VFIO_USER] = { "vfio-user", "vfio-user:/run/modem.sock", true,
		{ "profile", "tty.", "greet", "strict", "recovery",
		  "autosuspend_ms" } },
	[SPEC_USB] = { "usb", "usb:2c7c:0125", true, { "serial", "claim", "profile", "tty." },
		"wait" },
	[SPEC_VHOST_USER] = { "vhost-user", "vhost-user:/run/lines.sock,type=gpio", true,
		{ "type", "lines", "names_size", "greet", "strict", "slow_reader" }, "wait" },
};

const char *spec_transport_name(enum spec_transport t)
{
	return transports[t].name;
}

static const struct transport *transport_find(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(transports); i++)
		if (strlen(transports[i].name) == len && !memcmp(transports[i].name, name, len))
			return &transports[i];
	return NULL;
}

static void list_keys(const struct transport *t, struct text *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(t->keys) && t->keys[i]; i++)
		text_printf(out, "%s%s%s", i ? ", " : "", t->keys[i],
			    strchr(t->keys[i], '.') ? "CHANNEL" : "");
	if (t->word)
		text_printf(out, ", and the word %s", t->word);
}

static bool takes_key(const struct transport *t, const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(t->keys) && t->keys[i]; i++) {
		size_t len = strlen(t->keys[i]);

		if (t->keys[i][len - 1] != '.' ? !strcmp(key, t->keys[i]) :
						 !strncmp(key, t->keys[i], len) && key[len])
			return true;
	}
	return false;
}

static int refuse_key(const struct transport *t, const char *text, const char *key,
		      struct text *ret_why)
{
	text_printf(ret_why, "%s: %s has no option '%s'; it takes ", text, t->name, key);
	list_keys(t, ret_why);
	return -EINVAL;
}

static bool is_word(const struct transport *t, const char *at, size_t len)
{
	return t->word && strlen(t->word) == len && !memcmp(t->word, at, len);
}

/* One "key=value" of @len bytes, or a word that stands alone. */
static int add_option(struct spec *s, const struct transport *t, const char *text,
		      const char *at, size_t len, struct text *ret_why)
{
	const char *equals = memchr(at, '=', len);
	const char *value = equals ? equals + 1 : at + len;
	struct spec_option *options, *o;

	if (equals ? equals == at : !is_word(t, at, len)) {
		text_printf(ret_why, "%s: '%.*s' is no option; write key=value", text,
			    (int)len, at);
		return -EINVAL;
	}
	options = realloc(s->options, (s->n_options + 1) * sizeof(*options));
	if (!options)
		return -ENOMEM;
	s->options = options;
	o = &options[s->n_options++];
	o->key = strndup(at, equals ? (size_t)(equals - at) : len);
	o->value = strndup(value, (size_t)(at + len - value));
	if (!o->key || !o->value)
		return -ENOMEM;
	if (equals && !takes_key(t, o->key))
		return refuse_key(t, text, o->key, ret_why);
	for (o = s->options; o != &s->options[s->n_options - 1]; o++)
		if (!strcmp(o->key, s->options[s->n_options - 1].key)) {
			text_printf(ret_why, "%s: option '%s' is given twice", text, o->key);
			return -EINVAL;
		}
	return 0;
}

static int refuse_transport(const char *text, size_t len, struct text *ret_why)
{
	text_printf(ret_why, "'%s' is no device: ", text);
	if (len)
		text_printf(ret_why, "no transport is called '%.*s'; ", (int)len, text);
	text_add(ret_why, "write TRANSPORT:ADDRESS[,key=value...], for example ");
	for (size_t i = 0; i < ARRAY_SIZE(transports); i++)
		text_printf(ret_why, "%s%s", i ? ", " : "", transports[i].example);
	return -EINVAL;
}

static bool is_path(enum spec_transport t)
{
	return t == SPEC_VFIO_USER || t == SPEC_VHOST_USER;
}

/* The daemon leaves the folder in which it was started, and connects again. */
static char *path_from_root(const char *path, size_t len)
{
	struct text whole = TEXT_INIT;
	char folder[PATH_MAX];

	if (len && *path != '/' && getcwd(folder, sizeof(folder)))
		text_printf(&whole, "%s/", folder);
	text_add_len(&whole, path, len);
	return text_take(&whole);
}

static int parse(const char *text, struct spec *s, struct text *ret_why)
{
	size_t name_len = strcspn(text, ":,");
	const struct transport *t = transport_find(text, name_len);
	const char *at = text + name_len;
	size_t len = 0;
	int r;

	if (!t)
		return refuse_transport(text, name_len, ret_why);
	s->transport = (enum spec_transport)(t - transports);
	if (*at == ':')
		len = strcspn(++at, ",");
	s->address = is_path(s->transport) ? path_from_root(at, len) : strndup(at, len);
	if (!s->address)
		return -ENOMEM;
	if (!len && t->needs_address) {
		text_printf(ret_why, "'%s' has no address; write for example %s", text, t->example);
		return -EINVAL;
	}
	for (at += len; *at == ','; at += len) {
		len = strcspn(++at, ",");
		r = add_option(s, t, text, at, len, ret_why);
		if (r)
			return r;
	}
	return 0;
}

int spec_parse(const char *text, struct spec *ret_spec, struct text *ret_why)
{
	struct spec s = { 0 };
	int r = parse(text, &s, ret_why);

	if (r) {
		spec_fini(&s);
		return r;
	}
	*ret_spec = s;
	return 0;
}

void spec_fini(struct spec *s)
{
	for (unsigned int i = 0; i < s->n_options; i++) {
		free(s->options[i].key);
		free(s->options[i].value);
	}
	free(s->options);
	free(s->address);
	*s = (struct spec){ 0 };
}

const char *spec_option(const struct spec *s, const char *key)
{
	for (unsigned int i = 0; i < s->n_options; i++)
		if (!strcmp(s->options[i].key, key))
			return s->options[i].value;
	return NULL;
}

int spec_copy(const struct spec *s, struct spec *ret_copy)
{
	struct spec copy = { .transport = s->transport, .address = strdup(s->address) };
	bool is_whole;

	copy.options = calloc(s->n_options + 1, sizeof(*copy.options));
	is_whole = copy.address && copy.options;
	while (is_whole && copy.n_options < s->n_options) {
		const struct spec_option *from = &s->options[copy.n_options];
		struct spec_option *to = &copy.options[copy.n_options++];

		to->key = strdup(from->key);
		to->value = strdup(from->value);
		is_whole = to->key && to->value;
	}
	if (!is_whole) {
		spec_fini(&copy);
		return -ENOMEM;
	}
	*ret_copy = copy;
	return 0;
}
