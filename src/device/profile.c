#include "device/profiles.h"
#include "mhifs/mhifs.h"
#include "usb/models.h"
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>

enum {
	CONTROL_MTU = 4096,
	BULK_MTU = 16384,
	TEST_MTU = 32768,
	LINGER_MS = 50,
	USB_TIMEOUT_MS = 8000,
	SOC_RESET_MS = 2000,
	SEG_LEN = 512 << 10,
};

/* What the name of a channel says about it; the first pattern that fits
 * counts.  Who may write to SAHARA or DIAG can take over the modem. */
static const struct kind {
	const char *pattern;
	uint32_t mtu;
	enum port_boundary boundary;
	mode_t mode;
	const char *life;	/* in the simulated modem */
} kinds[] = {
	{ "*LOOPBACK",	TEST_MTU,	BOUNDARY_STREAM,	0660, "echo" },
	{ "TEST_0",	TEST_MTU,	BOUNDARY_STREAM,	0660, "swallow" },
	{ "TEST_1",	TEST_MTU,	BOUNDARY_STREAM,	0660, "produce" },
	{ "TEST_*",	TEST_MTU,	BOUNDARY_STREAM,	0660, "echo" },
	{ "QMI*",	CONTROL_MTU,	BOUNDARY_MESSAGE,	0660, "qmi" },
	{ "MBIM",	CONTROL_MTU,	BOUNDARY_MESSAGE,	0660, "echo" },
	{ "IPCR",	CONTROL_MTU,	BOUNDARY_MESSAGE,	0660, "echo" },
	{ "RPMSG",	CONTROL_MTU,	BOUNDARY_MESSAGE,	0660, "rpmsg" },
	{ "DUN*",	CONTROL_MTU,	BOUNDARY_STREAM,	0660, "at" },
	{ "NMEA",	CONTROL_MTU,	BOUNDARY_STREAM,	0660, "nmea" },
	{ "IP_CTRL*",	CONTROL_MTU,	BOUNDARY_STREAM,	0660, "swallow" },
	{ "IP_*",	BULK_MTU,	BOUNDARY_STREAM,	0660, "icmp" },
	{ "*DIAG",	BULK_MTU,	BOUNDARY_STREAM,	0600, "diag" },
	{ "*SAHARA",	BULK_MTU,	BOUNDARY_STREAM,	0600, "sahara" },
	{ "FIREHOSE",	BULK_MTU,	BOUNDARY_STREAM,	0600, "firehose" },
	{ "EDL*",	BULK_MTU,	BOUNDARY_STREAM,	0600, "firehose" },
	{ "BHI*",	CONTROL_MTU,	BOUNDARY_STREAM,	0600, "swallow" },
	{ "*QDSS",	CONTROL_MTU,	BOUNDARY_STREAM,	0600, "mute" },
	{ "EFS",	CONTROL_MTU,	BOUNDARY_STREAM,	0600, "swallow" },
	{ "ADB*",	CONTROL_MTU,	BOUNDARY_STREAM,	0600, "echo" },
	{ "*",		CONTROL_MTU,	BOUNDARY_STREAM,	0660, "echo" },
};

static const struct kind *kind_of(const char *name)
{
	const struct kind *k = kinds;

	while (fnmatch(k->pattern, name, 0))
		k++;	/* the last one fits everything */
	return k;
}

int profile_chan_init(struct profile_chan *c, const char *name)
{
	const struct kind *k = kind_of(name);

	*c = (struct profile_chan){
		.name = strdup(name),
		.ul = -1,
		.dl = -1,
		.ul_elements = 32,
		.dl_elements = 32,
		.ee_mask = EE_BIT(MHI_EE_AMSS),
		.mtu = k->mtu,
		.mru = k->mtu,
		.boundary = k->boundary,
		.linger_ms = LINGER_MS,
		.mode = k->mode,
		.life = strdup(k->life),
		.usb = { .interface = -1, .alt = -1, .zlp = -1, .line = -1, .is_on = -1 },
	};
	return c->name && c->life ? 0 : -ENOMEM;
}

void profile_chan_fini(struct profile_chan *c)
{
	free(c->name);
	free(c->owner);
	free(c->group);
	free(c->life);
}

/* One direction alone is a file that cannot be opened for the other. */
mode_t profile_chan_mode(const struct profile_chan *c)
{
	mode_t possible = (c->ul >= 0 ? 0222 : 0) | (c->dl >= 0 ? 0444 : 0);

	return c->mode & possible;
}

static int chan_from_row(struct profile_chan *c, const struct chan_row *row,
			 const struct model *m)
{
	int r = profile_chan_init(c, row->name);

	if (r)
		return r;
	c->ul = row->ul;
	c->dl = row->dl;
	c->ul_elements = row->ul_elements;
	c->dl_elements = row->dl_elements;
	c->ul_ering = row->ul_ering;
	c->dl_ering = row->dl_ering;
	c->ee_mask = EE_BIT(row->ee);
	c->burst = row->traits & (HW_PATH | BURST);
	c->db_mode_switch = row->traits & HW_PATH;
	if (m->ip_mru && row->traits & HW_PATH)
		c->mru = m->ip_mru;
	return 0;
}

static char *copy_or_null(const char *s, bool *failed)
{
	char *copy = s ? strdup(s) : NULL;

	if (s && !copy)
		*failed = true;
	return copy;
}

static int profile_fill(struct profile *p, const struct model *m)
{
	const struct shape *s = m->shape;
	bool failed = false;
	int r = 0;

	p->name = copy_or_null(m->name, &failed);
	p->firmware = copy_or_null(m->firmware, &failed);
	p->edl_firmware = copy_or_null(m->edl_firmware, &failed);
	p->chans = calloc(s->n_rows, sizeof(*p->chans));
	p->erings = calloc(s->n_erings, sizeof(*p->erings));
	if (failed || !p->chans || !p->erings)
		return -ENOMEM;
	memcpy(p->erings, s->erings, s->n_erings * sizeof(*p->erings));
	p->n_erings = s->n_erings;
	for (unsigned int i = 0; i < s->n_rows && !r; i++)
		r = chan_from_row(&p->chans[p->n_chans++], &s->rows[i], m);
	p->timeout_ms = s->timeout_ms;
	p->ready_timeout_ms = s->ready_timeout_ms ? s->ready_timeout_ms : s->timeout_ms;
	p->dma_bits = 32;
	p->soc_reset_ms = s->soc_reset_ms ? s->soc_reset_ms : SOC_RESET_MS;
	p->seg_len = SEG_LEN;
	p->recovery = true;
	p->edl_trigger = m->traits & EDL_TRIGGER;
	p->sideband_wake = m->traits & SIDEBAND_WAKE;
	p->no_m3 = m->traits & NO_M3;
	p->reset_on_remove = m->traits & RESET_ON_REMOVE;
	return r;
}

static const struct model *model_find(const char *name)
{
	for (const struct model *m = models; m->name; m++)
		if (!strcmp(m->name, name))
			return m;
	return NULL;
}

static bool is_usb_name(const char *name)
{
	return !strcmp(name, "usb") || usb_model_find(name);
}

/* Its channels come from the device. */
static struct profile *profile_new_usb(const char *name)
{
	struct profile *p = calloc(1, sizeof(*p));
	bool failed = false;

	if (!p)
		return NULL;
	p->is_usb = true;
	p->timeout_ms = p->ready_timeout_ms = USB_TIMEOUT_MS;
	p->dma_bits = 64;
	p->name = copy_or_null(name, &failed);
	p->usb_model = copy_or_null(usb_model_find(name) ? name : NULL, &failed);
	if (!failed)
		return p;
	profile_free(p);
	return NULL;
}

struct profile *profile_new_builtin(const char *name)
{
	const struct model *m = model_find(name);
	struct profile *p;

	if (is_usb_name(name))
		return profile_new_usb(name);
	if (!m)
		return NULL;
	p = calloc(1, sizeof(*p));
	if (p && profile_fill(p, m)) {
		profile_free(p);
		return NULL;
	}
	return p;
}

void profile_drop_images(struct profile *p)
{
	for (unsigned int i = 0; i < p->n_sahara_images; i++)
		free(p->sahara_images[i].file);
	free(p->sahara_images);
	p->sahara_images = NULL;
	p->n_sahara_images = 0;
}

void profile_free(struct profile *p)
{
	if (!p)
		return;
	for (unsigned int i = 0; i < p->n_chans; i++)
		profile_chan_fini(&p->chans[i]);
	free(p->chans);
	free(p->erings);
	free(p->name);
	profile_drop_images(p);
	free(p->firmware);
	free(p->edl_firmware);
	free(p->usb_model);
	free(p);
}

bool profile_is_builtin(const char *name)
{
	return model_find(name) || is_usb_name(name);
}

void profile_list_builtin(struct text *out)
{
	for (const struct model *m = models; m->name; m++)
		text_printf(out, "%s%s", m == models ? "" : ", ", m->name);
}

void profile_list_usb(struct text *out)
{
	text_add(out, "usb, ");
	usb_models_list(out);
}

const struct profile_chan *profile_sahara_chan(const struct profile *p)
{
	for (unsigned int i = 0; i < p->n_chans; i++)
		if (!fnmatch("*SAHARA", p->chans[i].name, 0))
			return &p->chans[i];
	return NULL;
}

struct profile_chan *profile_chan_find(const struct profile *p, const char *name)
{
	for (unsigned int i = 0; i < p->n_chans; i++)
		if (!strcmp(p->chans[i].name, name))
			return &p->chans[i];
	return NULL;
}

const char *profile_for_pci(uint16_t vendor, uint16_t device,
			    uint16_t sub_vendor, uint16_t sub_device)
{
	for (const struct pci_row *row = pci_rows; row->model; row++) {
		if (row->vendor != vendor || row->device != device)
			continue;
		if (row->sub_vendor != PCI_ANY && row->sub_vendor != sub_vendor)
			continue;
		if (row->sub_device != PCI_ANY && row->sub_device != sub_device)
			continue;
		return row->model;
	}
	return NULL;
}

static uint16_t known_or_zero(uint16_t id)
{
	return id == PCI_ANY ? 0 : id;
}

bool profile_pci_id(const char *name, struct pci_id *ret_id)
{
	for (const struct pci_row *row = pci_rows; row->model; row++) {
		if (strcmp(row->model, name))
			continue;
		*ret_id = (struct pci_id){ row->vendor, row->device,
					   known_or_zero(row->sub_vendor),
					   known_or_zero(row->sub_device) };
		return true;
	}
	return false;
}

static void show_number(struct text *out, int16_t number)
{
	if (number < 0)
		text_add(out, "-");
	else
		text_printf(out, "%d", number);
}

void profile_show(const struct profile *p, struct text *out)
{
	text_printf(out, MHIFS_INFO_PROFILE "=%s\n", p->name);
	for (unsigned int i = 0; i < p->n_chans; i++) {
		const struct profile_chan *c = &p->chans[i];

		text_printf(out, MHIFS_INFO_CHANNEL "%s=", c->name);
		show_number(out, c->ul);
		text_add(out, " ");
		show_number(out, c->dl);
		text_printf(out, " %u %s\n", c->mtu,
			    c->boundary == BOUNDARY_MESSAGE ? "message" : "stream");
	}
}
