#include "usb/rules.h"
#include "usb/models.h"
#include <errno.h>
#include <stdio.h>

/* One function being made: its role, and its name when it was configured. */
struct draft {
	struct usb_function *f;
	enum usb_role role;
	bool is_named;
};

struct making {
	const struct usb_descriptors *d;
	const struct usb_rules *rules;
	const struct usb_model *model;		/* may be NULL */
	struct usb_layout *l;
	struct draft drafts[USB_FUNCTIONS_MAX];	/* of l->functions[] */
	struct text *why;
};

static const struct usb_rule *rule_of(const struct making *m, uint8_t interface)
{
	for (unsigned int i = 0; i < m->rules->n_rules; i++)
		if (m->rules->rules[i].interface == interface)
			return &m->rules->rules[i];
	return NULL;
}

static bool has_trait(const struct making *m, unsigned int trait)
{
	return m->model && m->model->traits & trait;
}

static bool is_serial(enum usb_role role)
{
	return role == USB_AT || role == USB_AT2 || role == USB_MODEM || role == USB_NMEA ||
	       role == USB_SERIAL || role == USB_DIAG;
}

/* Source: Linux qmi_wwan.c: DTR for every device of USB 2.01 and later, and
 * for the models that say so.  Guess: one that nobody knows wants it as well. */
static enum usb_line line_of_qmi(const struct making *m)
{
	if (m->d->version >= 0x0201 || !m->model || has_trait(m, USB_NEEDS_DTR))
		return USB_LINE_ATTACH;
	return USB_LINE_NONE;
}

static void add_traits(const struct making *m, enum usb_role role, unsigned int row_traits,
		       struct usb_function *f)
{
	if (role == USB_QMI)
		f->line = line_of_qmi(m);
	if (row_traits & USB_NO_LINE)
		f->line = USB_LINE_NONE;
	if (has_trait(m, USB_SENDS_ZLP) && (is_serial(role) || has_trait(m, USB_IS_EDL)))
		f->zlp = USB_ZLP_WRITE;
	if (role == USB_NMEA && has_trait(m, USB_GPS_START)) {
		f->hello = "$GPS_START\r\n";
		f->goodbye = "$GPS_STOP\r\n";
	}
}

static struct draft *add_function(struct making *m, enum usb_role role,
				  const struct usb_function *f)
{
	struct draft *draft = &m->drafts[m->l->n_functions];

	draft->f = &m->l->functions[m->l->n_functions++];
	draft->role = role;
	*draft->f = *f;
	return draft;
}

/* The same interface by class, with what the model knows of its classes. */
static enum usb_role role_of(const struct making *m, const struct usb_alt *a,
			     unsigned int row_traits)
{
	enum usb_role role = usb_role_by_class(m->d, a);

	if (row_traits & USB_RESERVED)
		return role == USB_ADB || role == USB_MBIM ? role : USB_UNSAID;
	if (has_trait(m, USB_IS_EDL) && a->class == USB_CLASS_VENDOR)
		return USB_SAHARA;
	if (role == USB_SERIAL && has_trait(m, USB_SERIAL_IS_AT))
		return USB_AT;
	if (role == USB_SERIAL && has_trait(m, USB_SERIAL_IS_NMEA))
		return USB_NMEA;
	return role;
}

/* A number carries another function in another firmware: all but MBIM, which
 * has a class of its own, are vendor-specific. */
static bool is_class_of(const struct making *m, enum usb_role role, const struct usb_alt *a)
{
	if (role == USB_MBIM)
		return usb_role_by_class(m->d, a) == USB_MBIM;
	return a->class == USB_CLASS_VENDOR;
}

/* In this role, and with nobody's interface but its own. */
static bool fill(const struct making *m, enum usb_role role, const struct usb_alt *a,
		 struct usb_function *ret_function)
{
	struct usb_function f;

	if (!usb_role_fill(role, m->d, a, &f) || usb_function_of(m->l, f.interface) ||
	    usb_function_of(m->l, f.data_interface))
		return false;
	*ret_function = f;
	return true;
}

static bool row_fits(const struct making *m, const struct usb_row *row, const struct usb_alt *a,
		     struct usb_function *ret_function)
{
	if (row->role == USB_UNSAID || !is_class_of(m, row->role, a))
		return false;
	return fill(m, row->role, a, ret_function);
}

/* The first row of this interface that fits; else what else is said of it. */
static void add_by_model(struct making *m, const struct usb_alt *a)
{
	unsigned int traits = 0;
	struct usb_function f;
	enum usb_role role;

	for (unsigned int i = 0; m->model && i < m->model->n_rows; i++) {
		const struct usb_row *row = &m->model->rows[i];

		if (row->interface != a->interface)
			continue;
		traits |= row->traits;
		if (!row_fits(m, row, a, &f))
			continue;
		add_traits(m, row->role, row->traits, &f);
		add_function(m, row->role, &f);
		return;
	}
	role = role_of(m, a, traits);
	if (!fill(m, role, a, &f))
		return;
	add_traits(m, role, traits, &f);
	add_function(m, role, &f);
}

static int refuse_rule(const struct making *m, const struct usb_rule *rule, const char *what)
{
	text_printf(m->why, "channel '%s': interface %d of %04x:%04x %s", rule->name,
		    rule->interface, m->d->vendor, m->d->product, what);
	return -EPROTO;
}

/* What was configured says the number, and need not say more. */
static int add_by_rule(struct making *m, const struct usb_rule *rule)
{
	const struct usb_alt *a = usb_alt_find(m->d, (uint8_t)rule->interface,
					       rule->alt < 0 ? 0 : (uint8_t)rule->alt);
	enum usb_role role = rule->role;
	struct usb_function f;
	struct draft *draft;

	if (!a)
		return refuse_rule(m, rule, "does not exist, or not in this alternate setting");
	if (role == USB_UNSAID)
		role = role_of(m, a, 0);
	if (role == USB_UNSAID)
		role = USB_RAW;
	if (!fill(m, role, a, &f))
		return refuse_rule(m, rule, "has not the end points that its function needs, or "
				   "another channel has them");
	add_traits(m, role, 0, &f);
	draft = add_function(m, role, &f);
	draft->is_named = true;
	draft->f->is_default_on = true;
	snprintf(draft->f->name, USB_NAME_SIZE, "%s", rule->name);
	return 0;
}

static int add_all(struct making *m)
{
	int r = 0;

	for (unsigned int i = 0; i < m->rules->n_rules && !r; i++)
		if (m->rules->rules[i].interface >= 0 &&
		    rule_of(m, (uint8_t)m->rules->rules[i].interface) == &m->rules->rules[i])
			r = add_by_rule(m, &m->rules->rules[i]);
	for (unsigned int n = 0; n < USB_INTERFACE_LIMIT && !r; n++) {
		const struct usb_alt *a = usb_alt_find(m->d, (uint8_t)n, 0);

		if (a && !usb_function_of(m->l, (uint8_t)n))
			add_by_model(m, a);
	}
	return r;
}

static bool is_used(const struct usb_layout *l, const char *name)
{
	for (unsigned int i = 0; i < l->n_functions; i++)
		if (!strcmp(l->functions[i].name, name))
			return true;
	return false;
}

/* "QMI", or the first of "QMI2", "QMI3", ... that is free. */
static void set_name(struct making *m, struct draft *draft, const char *name)
{
	char words[USB_NAME_SIZE];

	snprintf(words, sizeof(words), "%s", name);
	for (unsigned int n = 2; is_used(m->l, words); n++)
		snprintf(words, sizeof(words), "%s%u", name, n);
	snprintf(draft->f->name, USB_NAME_SIZE, "%s", words);
	draft->is_named = true;
}

static void name_next(struct making *m, enum usb_role role, bool is_all, const char *name)
{
	for (unsigned int i = 0; i < m->l->n_functions; i++) {
		if (m->drafts[i].role != role || m->drafts[i].is_named)
			continue;
		set_name(m, &m->drafts[i], name);
		if (!is_all)
			return;
	}
}

static bool has_role(const struct making *m, enum usb_role role)
{
	for (unsigned int i = 0; i < m->l->n_functions; i++)
		if (m->drafts[i].role == role)
			return true;
	return false;
}

/* The one for calls is DUN.  Where none is known to be that, the first one is,
 * as on PCI: programs that dial look there. */
static void name_at_ports(struct making *m)
{
	bool has_dun = has_role(m, USB_MODEM) || is_used(m->l, "DUN");

	name_next(m, USB_MODEM, true, "DUN");
	if (!has_dun)
		name_next(m, has_role(m, USB_AT) ? USB_AT : USB_AT2, false, "DUN");
	name_next(m, USB_AT, true, "AT");
	name_next(m, USB_AT2, true, "AT");
}

static void name_all(struct making *m)
{
	name_at_ports(m);
	for (unsigned int i = 0; i < m->l->n_functions; i++) {
		struct draft *draft = &m->drafts[i];
		char number[8];

		snprintf(number, sizeof(number), "IF%u", draft->f->interface);
		if (!draft->is_named)
			set_name(m, draft, usb_role_name(draft->role) ?
				 usb_role_name(draft->role) : number);
	}
}

/* A receive buffer holds whole packets, or the last one overflows. */
static void set_sizes(struct usb_function *f, uint32_t in_size, uint32_t out_size)
{
	uint32_t packet = f->kind == USB_BULK ? f->in.packet : 1;

	if (f->kind == USB_WDM) {	/* no longer than the device says */
		in_size = min_u32(in_size, f->in_size);
		out_size = min_u32(out_size, f->out_size);
	}
	if (in_size)
		f->in_size = (uint32_t)round_up(in_size, packet);
	/* Only the last piece of a write may be no whole packet. */
	if (out_size)
		f->out_size = f->is_message || f->kind == USB_WDM ? out_size :
			      (uint32_t)round_up(out_size, f->out.packet);
}

static void apply_rule(struct usb_function *f, const struct usb_rule *rule)
{
	if (rule->zlp >= 0)
		f->zlp = (enum usb_zlp)rule->zlp;
	if (rule->line >= 0)
		f->line = (enum usb_line)rule->line;
	if (rule->is_on >= 0)
		f->is_default_on = rule->is_on;
	if (rule->is_message)
		f->is_message = true;
	set_sizes(f, rule->in_size, rule->out_size);
}

static void apply_rules(struct making *m)
{
	for (unsigned int i = 0; i < m->rules->n_rules; i++)
		for (unsigned int n = 0; n < m->l->n_functions; n++)
			if (!strcmp(m->l->functions[n].name, m->rules->rules[i].name))
				apply_rule(&m->l->functions[n], &m->rules->rules[i]);
}

static bool has_storage(const struct usb_descriptors *d)
{
	for (unsigned int i = 0; i < d->n_alts; i++)
		if (d->alts[i].class == USB_CLASS_STORAGE)
			return true;
	return false;
}

static int refuse_device(const struct making *m)
{
	text_printf(m->why, "%04x:%04x ", m->d->vendor, m->d->product);
	if (has_trait(m, USB_IS_FOREIGN))
		text_add(m->why, "is no Qualcomm modem");
	else if (has_trait(m, USB_IS_CDROM) || has_storage(m->d))
		text_add(m->why, "plays a CD-ROM; usb_modeswitch makes a modem of it");
	else
		text_add(m->why, "has no interface that carries a channel");
	return -EOPNOTSUPP;
}

/* By its model, or by its only shape. */
static bool is_edl(const struct making *m)
{
	return has_trait(m, USB_IS_EDL) ||
	       (m->l->n_interfaces == 1 && m->drafts[0].role == USB_SAHARA);
}

int usb_rules_layout(const struct usb_descriptors *d, const struct usb_rules *rules,
		     struct usb_layout *ret_layout, struct text *ret_why)
{
	struct usb_layout l = {
		.vendor = d->vendor, .product = d->product, .version = d->version,
		.configuration = d->configuration,
		.n_interfaces = (uint8_t)usb_n_interfaces(d),
	};
	struct making m = { .d = d, .rules = rules, .l = &l, .why = ret_why };
	int r;

	m.model = rules->model ? usb_model_find(rules->model) :
		  usb_model_for(d->vendor, d->product, l.n_interfaces);
	l.model = m.model ? m.model->name : NULL;
	if (has_trait(&m, USB_IS_FOREIGN | USB_IS_CDROM) && !rules->n_rules)
		return refuse_device(&m);
	r = add_all(&m);
	if (r)
		return r;
	if (!l.n_functions)
		return refuse_device(&m);
	name_all(&m);
	apply_rules(&m);
	l.is_edl = is_edl(&m);
	*ret_layout = l;
	return 0;
}

const struct usb_function *usb_function_of(const struct usb_layout *l, uint8_t interface)
{
	for (unsigned int i = 0; i < l->n_functions; i++)
		if (l->functions[i].interface == interface ||
		    l->functions[i].data_interface == interface)
			return &l->functions[i];
	return NULL;
}
