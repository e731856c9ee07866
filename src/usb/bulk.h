/*
 * bulk - a function over a pair of bulk end points: DIAG, AT, NMEA, Sahara.
 *
 * A slot is the buffer of its transfer, so nothing is copied here.  In: a
 * stream has one message for each transfer that brought bytes; with
 * is_message a full buffer goes on (LINK_MORE), and a short or an empty packet
 * ends it.  Slots nobody gave back are not submitted, and the device waits.
 *
 * Receiving begins before the channel runs, so a transfer may end while its
 * slot is not the user's yet: it waits in early for submit.
 *
 * A zero-length packet follows a transfer of whole packets as enum usb_zlp
 * says; a link knows no writes, so USB_ZLP_WRITE means each of its pieces, as
 * Linux does it for serial lines.  In emergency download mode Sahara must
 * never see one and Firehose needs one, on the same pipe: the first "<?xml"
 * that goes out tells which it is.
 */
#pragma once
#include "usb/layout.h"

struct timers;
struct usb_channel;

struct usb_channel *usb_bulk_new(const struct usb_function *f, struct timers *timers);
