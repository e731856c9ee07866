/*
 * function-json - the PCI functions that mhifs drives or could drive, as JSON.
 *
 * Those it has a profile for, built in or configured; those the kernel's MHI
 * driver has; and what else Qualcomm makes that is neither a bridge nor a
 * network card.  The schema is in mhictl(1).
 */
#pragma once
#include "cli/mhictl.h"
#include <jansson.h>

enum function_scope {
	FUNCTION_OPEN,	/* the verdict and findings of an open: the machine counts too */
	FUNCTION_ALONE,	/* of the function only */
};

/* An array, the caller's reference.  @devices: those that run (device_json()),
 * or NULL; @bdf: only this function, whatever it is, or NULL.  An empty array
 * when there is none.  0 or -errno. */
int functions_json(const struct ctl *c, const json_t *devices, const char *bdf,
		   enum function_scope scope, json_t **ret_functions);

/* A string; null when there is nothing to say, or when it is no UTF-8. */
json_t *text_json(const char *text);

/* Sentences, one a line, as an array of strings. */
json_t *findings_json(const char *text);

/* Of a function (or machine): could it be opened now, or does it run already? */
bool verdict_is_usable(const json_t *object);
