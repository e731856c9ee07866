#include "device/start.h"
#include "base/cleanup.h"
#include "device/attached.h"
#include "device/claim.h"
#include "device/mhi.h"
#include "device/rpmsg.h"
#include "device/simulated.h"
#include "device/usb.h"
#include "device/usb_chosen.h"
#include "device/vhost.h"
#include <errno.h>
#include <stdio.h>

/* A channel RPMSG carries a bus: its endpoints get the files. */
static int add_rpmsg(struct device *d, const struct spec *s, struct text *ret_why)
{
	const struct profile_chan *c = profile_chan_find(mhi_profile(d->bearer), "RPMSG");

	return c ? rpmsg_add_over_channel(d, c, s, ret_why) : 0;
}

/* "recovery=off" wins over the configuration. */
static int set_recovery(const struct spec *s, struct profile *p, struct text *ret_why)
{
	const char *word = spec_option(s, "recovery");

	if (word && strcmp(word, "on") && strcmp(word, "off")) {
		text_printf(ret_why, "option recovery cannot be '%s'; it must be on or off", word);
		return -EINVAL;
	}
	if (word)
		p->recovery = !strcmp(word, "on");
	return 0;
}

/* "autosuspend_ms=2000" does, too. */
static int set_autosuspend(const struct spec *s, struct profile *p, struct text *ret_why)
{
	const char *word = spec_option(s, "autosuspend_ms");
	uint64_t ms;

	if (!word)
		return 0;
	if (text_to_u64(word, 0, PROFILE_AUTOSUSPEND_MOST, &ms)) {
		text_printf(ret_why, "option autosuspend_ms cannot be '%s'; it must be a number "
			    "from 0 to %d", word, PROFILE_AUTOSUSPEND_MOST);
		return -EINVAL;
	}
	p->autosuspend_ms = (uint32_t)ms;
	return profile_check(p, ret_why);
}

/* A device borne by an MHI engine, not started. */
static int make_mhi(const struct device_birth *b, const char *profile_name,
		    struct config_address a, struct device **ret_device, struct text *ret_why)
{
	const struct spec *s = b->spec;
	struct profile *profile = NULL;
	struct bearer *bearer;
	int r;

	r = config_profile(b->config, profile_name, a, &profile, ret_why);
	if (r == -ENOENT)
		r = -EINVAL;
	if (!r)
		r = set_recovery(s, profile, ret_why);
	if (!r)
		r = set_autosuspend(s, profile, ret_why);
	if (r) {
		profile_free(profile);
		return r;
	}
	bearer = mhi_new(b->loop, b->config, spec_transport_name(s->transport), profile);
	if (!bearer)
		return -ENOMEM;
	r = device_new(b, s->transport == SPEC_LOOPBACK ? b->path_name : s->address,
		       bearer, ret_device, ret_why);
	return r ? r : add_rpmsg(*ret_device, s, ret_why);
}

static int start_loopback(const struct device_birth *b, struct device **ret_device,
			  struct text *ret_why)
{
	const struct spec *s = b->spec;
	struct config_address a = { .path = b->path_name };
	struct sim_chan *chans;
	struct device *d;
	struct hw *hw;
	int r;

	r = make_mhi(b, *s->address ? s->address : NULL, a, ret_device, ret_why);
	if (r)
		return r;
	d = *ret_device;
	r = simulated_open(b->loop, s, mhi_profile(d->bearer), d->name, &hw, &chans, ret_why);
	return r ? r : mhi_start(d->bearer, hw, chans, ret_why);
}

/* What the operator says counts, then what the identity says. */
static const char *attached_profile(const struct device_birth *b, const struct pci_id *id,
				    struct config_address a)
{
	const char *name = spec_option(b->spec, "profile");

	if (!name)
		name = config_profile_name(b->config, a);
	if (!name)
		name = config_profile_for_pci(b->config, id->vendor, id->device,
					      id->sub_vendor, id->sub_device);
	return name;
}

static int refuse_identity(const struct spec *s, const struct pci_id *id, struct text *ret_why)
{
	text_printf(ret_why, "%s:%s: no profile fits %04x:%04x (subsystem %04x:%04x); "
		    "name one with profile=", spec_transport_name(s->transport),
		    s->address, id->vendor, id->device, id->sub_vendor, id->sub_device);
	return -ENOENT;
}

/* -EINVAL is what somebody wrote, not what a kernel says of hardware. */
static int of_hardware(int r)
{
	return r == -EINVAL ? -EIO : r;
}

static int start_attached(const struct device_birth *b, struct device **ret_device,
			  struct text *ret_why)
{
	struct config_address a = { .path = b->path_name };
	char identity[sizeof("pci-1234:5678")];
	const char *profile;
	struct pci_id id;
	struct hw *hw;
	int r;

	r = attached_open(b->loop, b->spec, &hw, &id, ret_why);
	if (r)
		return of_hardware(r);
	snprintf(identity, sizeof(identity), "pci-%04x:%04x", id.vendor, id.device);
	a.identity = identity;
	profile = attached_profile(b, &id, a);
	r = profile ? make_mhi(b, profile, a, ret_device, ret_why) :
		      refuse_identity(b->spec, &id, ret_why);
	if (!r)
		r = of_hardware(attached_arm(b->spec, hw,
					     mhi_profile((*ret_device)->bearer)->n_erings + 1,
					     ret_why));
	if (r) {
		hw->ops->close(hw);
		return r;
	}
	return of_hardware(mhi_start((*ret_device)->bearer, hw, NULL, ret_why));
}

static int loopback_path(const struct spec *s, struct text *ret_path, struct text *ret_why)
{
	const char *name = spec_option(s, "name");

	if (name && !text_is_name(name)) {
		text_printf(ret_why, "option name cannot be '%s'; it must be a file name "
			    "without blanks", name);
		return -EINVAL;
	}
	if (name)
		text_printf(ret_path, "loopback-%s", name);
	return 0;
}

static int vhost_path(const struct spec *s, struct text *ret_path, struct text *ret_why)
{
	int r = vhost_check(s, ret_why);

	return r ? r : attached_path(s, ret_path, ret_why);
}

static const struct {
	int (*path)(const struct spec *s, struct text *ret_path, struct text *ret_why);
	int (*start)(const struct device_birth *b, struct device **ret_device,
		     struct text *ret_why);
} ways[] = {
	[SPEC_LOOPBACK] = { loopback_path, start_loopback },
	[SPEC_VFIO] = { attached_path, start_attached },
	[SPEC_VFIO_USER] = { attached_path, start_attached },
	[SPEC_USB] = { usb_path, usb_start },
	[SPEC_VHOST_USER] = { vhost_path, vhost_start },
};

int start_path(const struct spec *s, struct text *ret_path, struct text *ret_why)
{
	return ways[s->transport].path(s, ret_path, ret_why);
}

/* A simulated modem is nobody else's, and the kernel keeps others from the
 * interfaces of a USB modem. */
static int claim(const struct device_birth *b, int *ret_claim, struct text *ret_why)
{
	const struct spec *s = b->spec;
	char *path CLEANUP_FREE = NULL;
	struct text address = TEXT_INIT;
	char name[16];
	int r;

	*ret_claim = -1;
	if (s->transport == SPEC_LOOPBACK || s->transport == SPEC_USB)
		return 0;
	if (s->transport != SPEC_VFIO)
		path = realpath(s->address, NULL);
	text_printf(&address, "%s:%s", spec_transport_name(s->transport),
		    path ? path : s->address);
	snprintf(name, sizeof(name), "mhi%u", b->number);
	r = text_failed(&address) ? -ENOMEM :
				    claim_take(text_get(&address), name, ret_claim, ret_why);
	text_fini(&address);
	return r;
}

static bool has_channel(const struct device *d, const char *name)
{
	struct device_port *p;

	list_for_each(p, &device_dir(d)->ports, node)
		if (!strcmp(p->name, name))
			return true;
	return false;
}

/* "tty.CHANNEL": only now it is known what channels there are. */
static int check_terminals(const struct spec *s, const struct device *d, struct text *ret_why)
{
	for (unsigned int i = 0; i < s->n_options; i++) {
		const char *key = s->options[i].key;

		if (strncmp(key, "tty.", 4) || has_channel(d, key + 4))
			continue;
		text_printf(ret_why, "option %s: the device has no channel of that name", key);
		return -EINVAL;
	}
	return 0;
}

int start_device(const struct device_birth *b, struct device **ret_device,
		 struct text *ret_why)
{
	struct device *d = NULL;
	int fd, r = claim(b, &fd, ret_why);

	if (r)
		return r;
	r = ways[b->spec->transport].start(b, &d, ret_why);
	if (!r)
		r = check_terminals(b->spec, d, ret_why);
	if (r) {
		device_unref(d);
		cleanup_close(&fd);
		return r;
	}
	d->claim = fd;
	*ret_device = d;
	return 0;
}
