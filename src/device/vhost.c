#include "device/vhost.h"
#include "device/gpio.h"
#include "device/rpmsg.h"
#include "device/virtio.h"
#include <errno.h>

static const struct type {
	const char *word;
	int (*start)(struct device *d, const struct spec *s, struct text *ret_why);
	/* Options that the others do not take. */
	const char *own[4];
} types[] = {
	{ "rpmsg", rpmsg_start_over_virtio, { "greet", "strict", "slow_reader" } },
	{ "gpio", gpio_start, { "lines", "names_size" } },
};

static const struct type *find_type(const struct spec *s)
{
	const char *word = spec_option(s, "type");

	for (size_t i = 0; word && i < ARRAY_SIZE(types); i++)
		if (!strcmp(types[i].word, word))
			return &types[i];
	return NULL;
}

/* The first option of another type, or NULL. */
static const char *alien_option(const struct spec *s, const struct type *mine)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		for (const char *const *own = types[i].own; *own; own++)
			if (&types[i] != mine && spec_option(s, *own))
				return *own;
	return NULL;
}

int vhost_check(const struct spec *s, struct text *ret_why)
{
	const struct type *type = find_type(s);
	const char *word = spec_option(s, "type");
	const char *alien;

	if (!type && word)
		text_printf(ret_why, "option type cannot be '%s'; it must be rpmsg or gpio", word);
	else if (!type)
		text_printf(ret_why, "vhost-user:%s: which device is it? add type=rpmsg or type=gpio",
			    s->address);
	if (!type)
		return -EINVAL;
	alien = alien_option(s, type);
	if (!alien)
		return 0;
	text_printf(ret_why, "option %s is not for type=%s", alien, type->word);
	return -EINVAL;
}

int vhost_start(const struct device_birth *b, struct device **ret_device, struct text *ret_why)
{
	const struct spec *s = b->spec;
	bool waits = spec_option(s, "wait");
	struct bearer *bearer = virtio_bearer_new(b->loop, s->address, waits);
	int r;

	if (!bearer)
		return -ENOMEM;
	r = device_new(b, s->address, bearer, ret_device, ret_why);
	if (!r)
		r = find_type(s)->start(*ret_device, s, ret_why);
	if (waits && (r == -ENOENT || r == -ECONNREFUSED))
		r = -ENODEV;
	return r;
}
