/*
 * modem-json - the USB modems there are, as JSON.
 *
 * mhifs drives none of them yet: they are shown so that their owner sees what
 * is known of them, and who has them.  The schema is in mhictl(1).
 */
#pragma once
#include "base/text.h"
#include "cli/mhictl.h"
#include <jansson.h>

/* An array, the caller's reference; empty when there is none.  0 or -errno. */
int modems_json(const struct ctl *c, json_t **ret_modems);

/* Adds which kernel driver has which interfaces: "option 0 1 2 3, qmi_wwan 4".
 * Nothing is added for interfaces that no driver has. */
void modem_drivers_add(const json_t *modem, struct text *out);
