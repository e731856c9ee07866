/*
 * rules - from what a device says to what we make of it: which interface
 * carries which channel, and how it wants to be talked to.
 *
 * What was configured comes first, then the table of models, then what class,
 * subclass and protocol say.  An interface that could carry bytes but says
 * nothing of whose is called IF and its number, and is off.
 */
#pragma once
#include "usb/roles.h"

/* One channel of the configuration.  One with a number is that interface,
 * whatever else is known; one without changes the channel of its name, and says
 * nothing to a device that has none such. */
struct usb_rule {
	const char *name;	/* borrowed */
	int16_t interface;	/* -1: not said */
	int16_t alt;		/* -1: not said */
	enum usb_role role;
	int8_t zlp;		/* enum usb_zlp; -1: not said */
	int8_t line;		/* enum usb_line; -1: not said */
	int8_t is_on;		/* -1: not said */
	bool is_message;	/* a bulk pair whose transfers are messages */
	uint32_t in_size, out_size;	/* bytes; 0: not said */
};

struct usb_rules {
	const char *model;	/* of the table; NULL: by ids */
	const struct usb_rule *rules;
	unsigned int n_rules;
};

/* 0; -EPROTO when a rule asks for what the device has not, -EOPNOTSUPP when no
 * interface carries a channel; one sentence in @ret_why (caller's).  Drivers
 * are left "". */
int usb_rules_layout(const struct usb_descriptors *d, const struct usb_rules *rules,
		     struct usb_layout *ret_layout, struct text *ret_why);

/* NULL: no function of this layout needs the interface. */
const struct usb_function *usb_function_of(const struct usb_layout *l, uint8_t interface);
