#include "device/config_apply.h"
#include <errno.h>
#include <stdlib.h>

static void set_u32(cfg_t *s, const char *key, uint32_t *value)
{
	if (grammar_has(s, key))
		*value = (uint32_t)cfg_getint(s, key);
}

static void set_u16(cfg_t *s, const char *key, uint16_t *value)
{
	if (grammar_has(s, key))
		*value = (uint16_t)cfg_getint(s, key);
}

static void set_u8(cfg_t *s, const char *key, uint8_t *value)
{
	if (grammar_has(s, key))
		*value = (uint8_t)cfg_getint(s, key);
}

static void set_number(cfg_t *s, const char *key, int16_t *value)
{
	if (grammar_has(s, key))
		*value = (int16_t)cfg_getint(s, key);
}

static void set_bool(cfg_t *s, const char *key, bool *value)
{
	if (grammar_has(s, key))
		*value = cfg_getbool(s, key);
}

static int set_string(cfg_t *s, const char *key, char **value)
{
	char *copy;

	if (!grammar_has(s, key))
		return 0;
	copy = strdup(cfg_getstr(s, key));
	if (!copy)
		return -ENOMEM;
	free(*value);
	*value = copy;
	return 0;
}

static bool is_word(cfg_t *s, const char *key, const char *word)
{
	return !strcmp(cfg_getstr(s, key), word);
}

static void set_words(cfg_t *s, struct profile_chan *c)
{
	unsigned int mode;

	if (grammar_has(s, "boundary"))
		c->boundary = is_word(s, "boundary", "message") ? BOUNDARY_MESSAGE :
								  BOUNDARY_STREAM;
	if (grammar_has(s, "slow_reader"))
		c->slow_reader = is_word(s, "slow_reader", "drop") ? SLOW_READER_DROP :
								     SLOW_READER_HOLD;
	if (grammar_has(s, "mode") && !grammar_mode(cfg_getstr(s, "mode"), &mode))
		c->mode = mode;
	if (!grammar_has(s, "ee"))
		return;
	c->ee_mask = 0;
	for (unsigned int i = 0; i < cfg_size(s, "ee"); i++)
		c->ee_mask |= grammar_ee(cfg_getnstr(s, "ee", i));
}

/* A word for both directions first, so that one for a single direction wins. */
static void set_numbers(cfg_t *s, struct profile_chan *c)
{
	set_number(s, "ul", &c->ul);
	set_number(s, "dl", &c->dl);
	set_u16(s, "elements", &c->ul_elements);
	set_u16(s, "elements", &c->dl_elements);
	set_u16(s, "ul_elements", &c->ul_elements);
	set_u16(s, "dl_elements", &c->dl_elements);
	set_u8(s, "event_ring", &c->ul_ering);
	set_u8(s, "event_ring", &c->dl_ering);
	set_u8(s, "ul_event_ring", &c->ul_ering);
	set_u8(s, "dl_event_ring", &c->dl_ering);
	/* A downlink slot is one MTU unless mru says otherwise. */
	set_u32(s, "mtu", &c->mtu);
	set_u32(s, "mtu", &c->mru);
	set_u32(s, "mru", &c->mru);
	set_u32(s, "linger_ms", &c->linger_ms);
	set_bool(s, "burst", &c->burst);
	set_bool(s, "db_mode_switch", &c->db_mode_switch);
	set_bool(s, "rsc", &c->rsc);
	set_bool(s, "tolerant", &c->tolerant);
	set_bool(s, "greet", &c->greet);
}

static void set_choice(cfg_t *s, const char *key, int8_t *value)
{
	if (grammar_has(s, key))
		*value = (int8_t)grammar_choice(key, cfg_getstr(s, key));
}

/* A channel of a USB modem is the device's; to remove it is to leave it off. */
static void set_usb(cfg_t *s, struct profile_usb *u)
{
	set_number(s, "interface", &u->interface);
	set_number(s, "alt", &u->alt);
	if (grammar_has(s, "function"))
		u->role = usb_role_of(cfg_getstr(s, "function"));
	set_choice(s, "zlp", &u->zlp);
	set_choice(s, "line", &u->line);
	if (grammar_has(s, "off"))
		u->is_on = !cfg_getbool(s, "off");
	if (grammar_has(s, "remove"))
		u->is_on = !cfg_getbool(s, "remove");
}

static int add_chan(struct profile *p, const char *name, struct profile_chan **ret_chan)
{
	struct profile_chan *chans = realloc(p->chans, (p->n_chans + 1) * sizeof(*chans));
	int r;

	if (!chans)
		return -ENOMEM;
	p->chans = chans;
	*ret_chan = &chans[p->n_chans++];
	r = profile_chan_init(*ret_chan, name);
	if (p->is_usb)
		(*ret_chan)->mtu = (*ret_chan)->mru = 0;
	return r;
}

static void remove_chan(struct profile *p, struct profile_chan *c)
{
	size_t i = (size_t)(c - p->chans);

	profile_chan_fini(c);
	memmove(c, c + 1, (p->n_chans - i - 1) * sizeof(*c));
	p->n_chans--;
}

static int apply_chan(cfg_t *s, struct profile *p, struct text *ret_why)
{
	const char *name = cfg_title(s);
	struct profile_chan *c = profile_chan_find(p, name);
	int r = 0;

	if (!p->is_usb && grammar_has(s, "remove") && cfg_getbool(s, "remove")) {
		if (!c) {
			text_printf(ret_why, "channel '%s' cannot be removed: there is none", name);
			return -EINVAL;
		}
		remove_chan(p, c);
		return 0;
	}
	if (!c)
		r = add_chan(p, name, &c);
	if (r)
		return r;
	set_numbers(s, c);
	set_words(s, c);
	set_usb(s, &c->usb);
	r = set_string(s, "owner", &c->owner);
	if (!r)
		r = set_string(s, "group", &c->group);
	return r ? r : set_string(s, "life", &c->life);
}

static int apply_ering(cfg_t *s, struct profile *p, struct text *ret_why)
{
	struct ering_config *erings, *e;
	uint64_t i;

	if (text_to_u64(cfg_title(s), 0, p->n_erings, &i) || i >= MHI_MAX_EVENT_RINGS) {
		text_printf(ret_why, "event_ring '%s' cannot be: there are %u, numbered from 0 "
			    "without gaps", cfg_title(s), p->n_erings);
		return -EINVAL;
	}
	if (i == p->n_erings) {
		erings = realloc(p->erings, (p->n_erings + 1) * sizeof(*erings));
		if (!erings)
			return -ENOMEM;
		p->erings = erings;
		p->erings[p->n_erings++] = (struct ering_config){ .elements = 128 };
	}
	e = &p->erings[i];
	set_u16(s, "elements", &e->elements);
	set_u16(s, "moderation_ms", &e->moderation_ms);
	set_bool(s, "hw", &e->hw);
	set_bool(s, "burst", &e->burst);
	return 0;
}

/* The whole list is another one. */
static int apply_images(cfg_t *s, struct profile *p)
{
	unsigned int n = cfg_size(s, "sahara_images");
	const char *file;

	if (!n)
		return 0;
	profile_drop_images(p);
	p->sahara_images = calloc(n, sizeof(*p->sahara_images));
	if (!p->sahara_images)
		return -ENOMEM;
	for (unsigned int i = 0; i < n; i++) {
		struct profile_image *image = &p->sahara_images[p->n_sahara_images];

		if (grammar_image(cfg_getnstr(s, "sahara_images", i), &image->id, &file))
			return -EINVAL;
		image->file = strdup(file);
		if (!image->file)
			return -ENOMEM;
		p->n_sahara_images++;
	}
	return 0;
}

int config_apply(cfg_t *section, struct profile *p, struct text *ret_why)
{
	uint32_t dma_bits = p->dma_bits;
	int r;

	set_u32(section, "timeout_ms", &p->timeout_ms);
	set_u32(section, "ready_timeout_ms", &p->ready_timeout_ms);
	set_u32(section, "dma_bits", &dma_bits);
	p->dma_bits = dma_bits;
	set_bool(section, "no_m3", &p->no_m3);
	set_bool(section, "sideband_wake", &p->sideband_wake);
	set_bool(section, "edl_trigger", &p->edl_trigger);
	set_bool(section, "reset_on_remove", &p->reset_on_remove);
	set_bool(section, "sahara_identify", &p->sahara_identify);
	set_u32(section, "sbl_size", &p->sbl_size);
	set_u32(section, "seg_len", &p->seg_len);
	set_u32(section, "rddm_size", &p->rddm_size);
	set_u32(section, "soc_reset_ms", &p->soc_reset_ms);
	set_u32(section, "health_check_ms", &p->health_check_ms);
	set_u32(section, "stall_ms", &p->stall_ms);
	set_u32(section, "autosuspend_ms", &p->autosuspend_ms);
	set_bool(section, "recovery", &p->recovery);
	p->needs_firmware |= grammar_has(section, "firmware");
	r = set_string(section, "firmware", &p->firmware);
	if (!r)
		r = set_string(section, "edl_firmware", &p->edl_firmware);
	if (!r)
		r = apply_images(section, p);
	for (unsigned int i = 0; i < cfg_size(section, "event_ring") && !r; i++)
		r = apply_ering(cfg_getnsec(section, "event_ring", i), p, ret_why);
	for (unsigned int i = 0; i < cfg_size(section, "channel") && !r; i++)
		r = apply_chan(cfg_getnsec(section, "channel", i), p, ret_why);
	return r;
}
