/*
 * Is a profile one a device could have?  Asked once, when it is complete; what
 * the engine needs of it the engine checks.
 */
#include "device/profile.h"
#include <errno.h>
#include <stdlib.h>

static int complain(const struct profile *p, const struct profile_chan *c,
		    const char *what, struct text *ret_why)
{
	text_printf(ret_why, "profile '%s'", p->name);
	if (c)
		text_printf(ret_why, ", channel '%s'", c->name);
	text_printf(ret_why, ": %s", what);
	return -EINVAL;
}

static bool says_usb(const struct profile_usb *u)
{
	return u->interface >= 0 || u->alt >= 0 || u->role != USB_UNSAID || u->zlp >= 0 ||
	       u->line >= 0 || u->is_on >= 0;
}

/* NULL, or what is wrong with the numbers of a channel on PCI. */
static const char *numbers_fault(const struct profile *p, const struct profile_chan *c)
{
	if (says_usb(&c->usb))
		return "interface, alt, function, line, zlp and off are words for USB modems";
	if (c->ul < 0 && c->dl < 0)
		return "needs a channel number: ul, dl or both";
	if (c->ul >= MHI_MAX_CHANNELS - 1 || c->dl >= MHI_MAX_CHANNELS - 1)
		return "channel numbers end at 126";
	if (!is_power_of_two(c->ul_elements) || !is_power_of_two(c->dl_elements) ||
	    c->ul_elements < 2 || c->dl_elements < 2)
		return "elements must be a power of two, at least 2";
	if (c->ul_ering >= p->n_erings || c->dl_ering >= p->n_erings)
		return "names an event ring that the profile does not have";
	if (!c->mtu || c->mtu > UINT16_MAX || !c->mru || c->mru > UINT16_MAX)
		return "mtu and mru must be 1 to 65535 bytes";
	return NULL;
}

static const char *usb_fault(const struct profile_chan *c)
{
	if (c->ul >= 0 || c->dl >= 0)
		return "ul and dl are words for devices on PCI; a USB modem has interfaces";
	if (strlen(c->name) >= USB_NAME_SIZE)
		return "the name of a channel of a USB modem ends at 31 characters";
	if (c->usb.interface < 0 && (c->usb.alt >= 0 || c->usb.role != USB_UNSAID))
		return "alt and function need an interface";
	return NULL;
}

/* NULL, or what is wrong with the channel by itself. */
static const char *chan_fault(const struct profile *p, const struct profile_chan *c)
{
	const char *fault = p->is_usb ? usb_fault(c) : numbers_fault(p, c);

	if (!text_is_name(c->name))
		return "the name must be a file name of at most 64 characters without blanks";
	if (fault)
		return fault;
	if (c->linger_ms > 200)
		return "linger_ms must be 0 to 200";
	return NULL;
}

static bool is_same_file(const struct profile_chan *a, const struct profile_chan *b)
{
	static const char *const taken[] = {
		"state", "info", "stats", "events", "power", "dump", "rpmsg", "gpio",
	};

	if (b)
		return !strcmp(a->name, b->name);
	for (size_t i = 0; i < ARRAY_SIZE(taken); i++)
		if (!strcmp(a->name, taken[i]))
			return true;
	return false;
}

static bool shares_number(const struct profile_chan *a, const struct profile_chan *b)
{
	if (a->usb.interface >= 0 && a->usb.interface == b->usb.interface)
		return true;
	return (a->ul >= 0 && (a->ul == b->ul || a->ul == b->dl)) ||
	       (a->dl >= 0 && (a->dl == b->ul || a->dl == b->dl));
}

static int check_chan(const struct profile *p, unsigned int i, struct text *ret_why)
{
	const struct profile_chan *c = &p->chans[i];
	const char *fault = chan_fault(p, c);

	if (fault)
		return complain(p, c, fault, ret_why);
	if (is_same_file(c, NULL))
		return complain(p, c, "a file of every device has this name", ret_why);
	if (!p->is_usb && c->ul == c->dl)
		return complain(p, c, "ul and dl must be two numbers", ret_why);
	for (unsigned int j = 0; j < i; j++) {
		if (is_same_file(c, &p->chans[j]))
			return complain(p, c, "there are two of this name", ret_why);
		if (shares_number(c, &p->chans[j]))
			return complain(p, c, "its number belongs to another channel", ret_why);
	}
	return 0;
}

static const char *usb_profile_fault(const struct profile *p)
{
	if (p->autosuspend_ms)
		return "autosuspend_ms is for devices on PCI";
	return p->n_erings ? "a USB modem has no event rings; is it based on a device on PCI?" :
	       NULL;
}

static const char *profile_fault(const struct profile *p)
{
	if (p->is_usb)
		return usb_profile_fault(p);
	if (!p->n_chans)
		return "has no channel";
	if (!p->n_erings || p->n_erings > MHI_MAX_EVENT_RINGS)
		return "needs 1 to 32 event rings";
	for (unsigned int i = 0; i < p->n_erings; i++)
		if (!is_power_of_two(p->erings[i].elements) || p->erings[i].elements < 8)
			return "elements of an event ring must be a power of two, at least 8";
	if (!p->timeout_ms || !p->ready_timeout_ms)
		return "time-outs must be at least 1 ms";
	if (p->n_sahara_images && !profile_sahara_chan(p))
		return "sahara_images needs a channel SAHARA";
	if (p->sbl_size && !p->firmware)
		return "sbl_size needs firmware";
	if (p->seg_len < 4096 || p->seg_len % 4096)
		return "seg_len must be a multiple of 4096 bytes";
	if (p->autosuspend_ms && p->no_m3)
		return "autosuspend_ms is for devices that can be suspended, and this one "
		       "cannot (no_m3)";
	if (p->dma_bits < 32 || p->dma_bits > 64)
		return "dma_bits must be 32 to 64";
	return NULL;
}

int profile_check(const struct profile *p, struct text *ret_why)
{
	const char *fault = profile_fault(p);
	struct engine_config config;
	int r = 0;

	if (fault)
		return complain(p, NULL, fault, ret_why);
	for (unsigned int i = 0; i < p->n_chans && !r; i++)
		r = check_chan(p, i, ret_why);
	if (r || p->is_usb)
		return r;
	r = profile_engine_config(p, &config);
	if (r)
		return r;
	r = engine_check(&config, &fault);
	profile_engine_config_fini(&config);
	return r ? complain(p, NULL, fault, ret_why) : 0;
}

static struct chan_dir_config dir_config(int16_t chid, uint8_t ering, uint16_t elements,
					 uint32_t slot_len, const struct profile_chan *c)
{
	return (struct chan_dir_config){
		.exists = chid >= 0,
		.chid = (uint8_t)(chid >= 0 ? chid : 0),
		.ering = ering,
		.elements = elements,
		.slot_len = slot_len,
		.burst = c->burst,
		.db_mode_switch = c->db_mode_switch,
	};
}

int profile_engine_config(const struct profile *p, struct engine_config *ret_config)
{
	struct chan_config *chans = calloc(p->n_chans, sizeof(*chans));

	if (!chans)
		return -ENOMEM;
	for (unsigned int i = 0; i < p->n_chans; i++) {
		const struct profile_chan *c = &p->chans[i];

		chans[i].name = c->name;
		chans[i].ee_mask = c->ee_mask;
		chans[i].tolerant = c->tolerant;
		chans[i].dir[LINK_UL] = dir_config(c->ul, c->ul_ering, c->ul_elements, c->mtu, c);
		chans[i].dir[LINK_DL] = dir_config(c->dl, c->dl_ering, c->dl_elements, c->mru, c);
		chans[i].dir[LINK_DL].rsc = c->rsc;
	}
	*ret_config = (struct engine_config){
		.chans = chans,
		.n_chans = p->n_chans,
		.erings = p->erings,
		.n_erings = p->n_erings,
		.timeout_ms = p->timeout_ms,
		.ready_timeout_ms = p->ready_timeout_ms,
		.no_m3 = p->no_m3,
		.sideband_wake = p->sideband_wake,
		.soc_reset_ms = p->soc_reset_ms,
		.stall_ms = p->stall_ms,
	};
	return 0;
}

void profile_engine_config_fini(struct engine_config *c)
{
	free((void *)c->chans);
	c->chans = NULL;
}
