#include "device/usb_chosen.h"
#include "device/usb_profile.h"
#include <errno.h>
#include <stdio.h>

static const char sysfs[] = "/sys", dev[] = "/dev";

/* Both mean: not yet. */
static int find(const struct spec *s, struct usb_found *ret_found, struct text *ret_why)
{
	int r = usb_find(sysfs, s->address, spec_option(s, "serial"), ret_found, ret_why);

	return r == -EAGAIN ? -ENODEV : r;
}

static int check_claim(const struct spec *s, struct text *ret_why)
{
	const char *claim = spec_option(s, "claim");

	if (!claim || !strcmp(claim, "open") || !strcmp(claim, "start"))
		return 0;
	text_printf(ret_why, "option claim cannot be '%s'; it must be start or open", claim);
	return -EINVAL;
}

int usb_path(const struct spec *s, struct text *ret_path, struct text *ret_why)
{
	struct usb_found found;
	int r = check_claim(s, ret_why);

	if (!r)
		r = find(s, &found, ret_why);
	if (!r)
		text_printf(ret_path, "usb-%s", found.port);
	return r;
}

static int find_profile(const struct spec *s, const struct config *c, const struct usb_found *f,
			struct profile **ret_profile, struct text *ret_why)
{
	char path[sizeof("usb-") + USB_PORT_SIZE], identity[sizeof("usb-1234:5678")];
	struct config_address a = { .path = path, .identity = identity };

	snprintf(path, sizeof(path), "usb-%s", f->port);
	snprintf(identity, sizeof(identity), "usb-%04x:%04x", f->vendor, f->product);
	return config_usb_profile(c, spec_option(s, "profile"), a, f->vendor, f->product,
				  ret_profile, ret_why);
}

static int refuse_all_off(const struct usb_found *f, struct text *ret_why)
{
	text_printf(ret_why, "usb:%s: every channel is off; mhictl list shows its interfaces, "
		    "mhifs.conf(5) tells how to name them", f->port);
	return -EOPNOTSUPP;
}

static int look_at(const struct spec *s, const struct config *c, struct usb_chosen *chosen,
		   struct text *ret_why)
{
	struct usb_descriptors d;
	int r = usb_read_descriptors(sysfs, &chosen->found, &d, ret_why);

	if (!r)
		r = find_profile(s, c, &chosen->found, &chosen->profile, ret_why);
	if (!r)
		r = usb_profile_layout(chosen->profile, &d, &chosen->layout, ret_why);
	if (!r)
		r = usb_profile_adopt(chosen->profile, &chosen->layout);
	if (!r && !chosen->layout.n_functions)
		r = refuse_all_off(&chosen->found, ret_why);
	if (!r)
		usb_read_drivers(sysfs, &chosen->found, &chosen->layout);
	return r;
}

int usb_choose(const struct spec *s, const struct config *c, struct usb_chosen *ret_chosen,
	       struct text *ret_why)
{
	struct usb_chosen chosen = { 0 };
	int r = find(s, &chosen.found, ret_why);

	if (!r)
		r = usb_check_node(dev, &chosen.found, ret_why);
	if (!r)
		r = look_at(s, c, &chosen, ret_why);
	if (r)
		usb_chosen_fini(&chosen);
	else
		*ret_chosen = chosen;
	return r;
}

void usb_chosen_fini(struct usb_chosen *c)
{
	profile_free(c->profile);
	c->profile = NULL;
}
