/*
 * usb_chosen - the USB modem that a spec names, looked at from outside: where
 * it is, which of its interfaces carries which channel, and its profile.
 * Nothing is opened on the bus.
 */
#pragma once
#include "device/config.h"
#include "device/spec.h"
#include "usb/find.h"
#include "usb/layout.h"

struct usb_chosen {
	struct usb_found found;
	struct usb_layout layout;	/* what is on: functions[i] is chans[i] */
	struct profile *profile;	/* owned */
};

/* Appends the name of the by-path link: "usb-1-4".  Errors as below. */
int usb_path(const struct spec *s, struct text *ret_path, struct text *ret_why);

/* 0 or -errno with a sentence in @ret_why (caller's): -ENODEV it is not plugged
 * in, or not configured yet; -ENOTUNIQ, -EPROTO, -EOPNOTSUPP, -EACCES as usb/find.h
 * and usb/rules.h say; -EINVAL spec or configuration. */
int usb_choose(const struct spec *s, const struct config *c, struct usb_chosen *ret_chosen,
	       struct text *ret_why);
void usb_chosen_fini(struct usb_chosen *c);
