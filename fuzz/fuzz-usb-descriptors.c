/*
 * fuzz-usb-descriptors - any bytes as the descriptors of a USB device: refused
 * with a reason, or taken, and then every layout made of them is sound.
 */
#include "usb/rules.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_function(const struct usb_layout *l, const struct usb_function *f)
{
	must(f->name[0] && memchr(f->name, 0, sizeof(f->name)));
	must(f->interface < USB_INTERFACE_LIMIT && f->data_interface < USB_INTERFACE_LIMIT);
	must(f->in_size && f->out_size && f->n_in && f->n_out);
	if (f->kind == USB_BULK) {
		must(f->in.address & 0x80 && f->out.address && !(f->out.address & 0x80));
		must(f->in.packet && f->out.packet && f->in_size % f->in.packet == 0);
	} else {
		must(f->notify.address & 0x80 && f->notify.packet);
		must(f->in_size >= 1 && f->in_size <= 4096 && f->is_message);
	}
	for (const struct usb_function *other = l->functions; other < f; other++) {
		must(strcmp(other->name, f->name));
		must(other->interface != f->interface && other->interface != f->data_interface);
		must(other->data_interface != f->interface &&
		     other->data_interface != f->data_interface);
	}
}

static void check_layout(const struct usb_descriptors *d, const struct usb_rules *rules)
{
	struct text why = TEXT_INIT;
	struct usb_layout l;

	if (usb_rules_layout(d, rules, &l, &why)) {
		must(why.len);
	} else {
		must(!why.len && l.n_functions && l.n_functions <= USB_FUNCTIONS_MAX);
		for (unsigned int i = 0; i < l.n_functions; i++)
			check_function(&l, &l.functions[i]);
	}
	text_fini(&why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct usb_rule rule = {
		.name = "DUN", .interface = 2, .alt = -1, .zlp = -1, .line = -1, .is_on = -1,
		.in_size = 100, .out_size = 100,
	};
	static const struct usb_rules by_ids, by_model = { .model = "quectel-ec25" },
		configured = { .rules = &rule, .n_rules = 1 };
	struct text why = TEXT_INIT;
	struct usb_descriptors d;

	if (usb_descriptors_parse(data, len, 1, &d, &why)) {
		must(why.len && !strchr(text_get(&why), '\n'));
	} else {
		must(!why.len);
		check_layout(&d, &by_ids);
		check_layout(&d, &by_model);
		check_layout(&d, &configured);
	}
	text_fini(&why);
	return 0;
}
