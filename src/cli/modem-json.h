/*
 * modem-json - the USB modems there are, as JSON: which of their interfaces
 * would become which channel, which kernel driver has them and which would be
 * detached.  The schema is in mhictl(1).
 */
#pragma once
#include "base/text.h"
#include "cli/mhictl.h"
#include <jansson.h>

/* An array, the caller's reference; empty when there is none.  @devices: those
 * that run (device_json()), or NULL; @port: only this modem, or NULL.
 * 0 or -errno. */
int modems_json(const struct ctl *c, const json_t *devices, const char *port,
		json_t **ret_modems);

enum modem_drivers {
	MODEM_DETACHED,		/* would be taken from their interfaces */
	MODEM_STAYING,
};

/* Adds which kernel driver has which interfaces: "option 0 1 2 3, qmi_wwan 4".
 * Nothing is added for interfaces that no driver has. */
void modem_drivers_add(const json_t *modem, enum modem_drivers which, struct text *out);

/* "DIAG 0, NMEA 1, QMI 4": what is on. */
void modem_channels_add(const json_t *modem, struct text *out);

/* One sentence on one of its interfaces. */
void modem_interface_add(const json_t *interface, struct text *out);
