/*
 * wdm - a function that speaks in whole messages over control requests: QMI,
 * MBIM control.
 *
 * Up: one SEND_ENCAPSULATED_COMMAND at a time, in order.  Down: a notification
 * says that one response waits; then, and when there is room, one
 * GET_ENCAPSULATED_RESPONSE.  Who does not read leaves the responses in the
 * modem.  One GET is sent without notification when the channel opens, for
 * what an earlier user left over, and after a stall of the interrupt end
 * point, which may have eaten a notification.
 *
 * Source: CDC WMC 1.1; Linux drivers/usb/class/cdc-wdm.c for what modems do.
 */
#pragma once
#include "usb/layout.h"

struct timers;
struct usb_channel;

struct usb_channel *usb_wdm_new(const struct usb_function *f, struct timers *timers);
