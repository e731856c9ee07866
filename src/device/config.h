/*
 * config - /etc/mhifs/mhifs.conf and mhifs.conf.d: what the operator says
 * about devices, in the words of mhifs.conf(5).
 */
#pragma once
#include "device/profile.h"

struct config;

/* Reads @path and, when @path is the default one, the folder beside it.  A
 * missing default file is an empty configuration; NULL @path means the
 * default.  On failure -EINVAL or -errno, and messages with file and line in
 * @ret_why (caller's). */
int config_load(const char *path, struct config **ret_config, struct text *ret_why);
void config_free(struct config *c);

uint32_t config_ready_wait_ms(const struct config *c);

/* The profile of a device: the built-in or configured one called @profile (or
 * the one its bus id suggests when NULL), with the device section that matches
 * @address laid over it.  Caller frees.  -ENOENT: no such profile. */
int config_profile(const struct config *c, const char *profile, const char *address,
		   struct profile **ret_profile, struct text *ret_why);
