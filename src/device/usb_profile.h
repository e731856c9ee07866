/*
 * usb_profile - a USB modem's channels: what a profile says, laid over what the
 * device says of itself.
 */
#pragma once
#include "device/profile.h"
#include "usb/rules.h"

/* What the device offers, those that are off included.  As usb_rules_layout(). */
int usb_profile_layout(const struct profile *p, const struct usb_descriptors *d,
		       struct usb_layout *ret_layout, struct text *ret_why);

/* Takes what is off out of @l, and has chans[i] of @p stand for functions[i]: its
 * file, sizes and permissions.  A profile without a name of its own gets the
 * model's.  0; -ENOMEM: @p is then good only for profile_free(). */
int usb_profile_adopt(struct profile *p, struct usb_layout *l);
