/*
 * device-json - what the attribute files of a device say, as one JSON object.
 *
 * The schema is in mhictl(1).  Human output is made from the same object, so
 * that both can never disagree.
 */
#pragma once
#include "cli/device-dir.h"
#include <jansson.h>

enum device_detail {
	DEVICE_BRIEF,	/* state and info */
	DEVICE_WHOLE,	/* also power and channels */
};

/* 0 or -errno with the file that failed in @ret_file (a literal).  A text that
 * is not UTF-8 gets a '?' for each non-ASCII byte.  @ret_object is the
 * caller's reference. */
int device_json(const struct device_dir *d, enum device_detail detail, json_t **ret_object,
		const char **ret_file);

/* The string of @key, "" when absent. */
const char *device_json_text(const json_t *object, const char *key);
