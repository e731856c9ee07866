#include "device/usb_profile.h"
#include "base/cleanup.h"
#include <errno.h>

static struct usb_rule rule_of(const struct profile_chan *c)
{
	return (struct usb_rule){
		.name = c->name,
		.interface = c->usb.interface,
		.alt = c->usb.alt,
		.role = c->usb.role,
		.zlp = c->usb.zlp,
		.line = c->usb.line,
		.is_on = c->usb.is_on,
		.is_message = c->boundary == BOUNDARY_MESSAGE,
		.in_size = c->mru,
		.out_size = c->mtu,
	};
}

int usb_profile_layout(const struct profile *p, const struct usb_descriptors *d,
		       struct usb_layout *ret_layout, struct text *ret_why)
{
	struct usb_rule *made CLEANUP_FREE = calloc(p->n_chans + 1, sizeof(*made));
	const struct usb_rules rules = { .model = p->usb_model, .rules = made,
					 .n_rules = p->n_chans };

	if (!made)
		return -ENOMEM;
	for (unsigned int i = 0; i < p->n_chans; i++)
		made[i] = rule_of(&p->chans[i]);
	return usb_rules_layout(d, &rules, ret_layout, ret_why);
}

static void remove_off(struct usb_layout *l)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < l->n_functions; i++)
		if (l->functions[i].is_default_on)
			l->functions[n++] = l->functions[i];
	l->n_functions = n;
}

/* Moves the channel of this name out of the profile, or makes one. */
static int take_chan(struct profile *p, const struct usb_function *f, struct profile_chan *c)
{
	struct profile_chan *said = profile_chan_find(p, f->name);
	int r = profile_chan_init(c, f->name);

	if (said && !r) {
		struct profile_chan fresh = *c;

		*c = *said;
		*said = fresh;
	}
	c->ul = c->dl = f->interface;
	c->mtu = f->out_size;
	c->mru = f->in_size;
	c->boundary = f->is_message ? BOUNDARY_MESSAGE : BOUNDARY_STREAM;
	return r;
}

static void free_chans(struct profile_chan *chans, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		profile_chan_fini(&chans[i]);
	free(chans);
}

static int take_name(struct profile *p, const struct usb_layout *l)
{
	char *name;

	if (!l->model || strcmp(p->name, "usb"))
		return 0;
	name = strdup(l->model);
	if (!name)
		return -ENOMEM;
	free(p->name);
	p->name = name;
	return 0;
}

int usb_profile_adopt(struct profile *p, struct usb_layout *l)
{
	struct profile_chan *chans = calloc(l->n_functions + 1, sizeof(*chans));
	unsigned int n = 0;
	int r = 0;

	if (!chans)
		return -ENOMEM;
	remove_off(l);
	while (n < l->n_functions && !r) {
		r = take_chan(p, &l->functions[n], &chans[n]);
		n++;
	}
	free_chans(p->chans, p->n_chans);
	p->chans = chans;
	p->n_chans = n;
	return r ? r : take_name(p, l);
}
