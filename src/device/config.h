/*
 * config - /etc/mhifs/mhifs.conf and mhifs.conf.d: what the operator says
 * about devices, in the words of mhifs.conf(5).
 */
#pragma once
#include "device/profile.h"

struct config;

/* Reads @path and what the folder @path.d beside it holds as *.conf; NULL
 * means /etc/mhifs/mhifs.conf, which may be missing.  On failure -EINVAL or
 * -errno, and messages with file and line in @ret_why (caller's). */
int config_load(const char *path, struct config **ret_config, struct text *ret_why);
void config_free(struct config *c);

uint32_t config_ready_wait_ms(const struct config *c);
/* Absolute paths: where images are, and where dumps of crashes go. */
const char *config_firmware_dir(const struct config *c);
const char *config_dump_dir(const struct config *c);

/* What a device section can match. */
struct config_address {
	const char *path;	/* the name below by-path/: "pci-0000:01:00.0" */
	const char *identity;	/* "pci-17cb:0308", "usb-2c7c:0125"; NULL: none */
};

/* The profile of a device that is no USB modem: the built-in or configured one called @profile
 * (NULL: what a device section says, else "sim"), with the device sections
 * that match @a laid over it.  Caller frees.  -ENOENT: no such profile;
 * -EINVAL: none that a device could have, @ret_why begins with file and line
 * when a device section is about it. */
int config_profile(const struct config *c, const char *profile, struct config_address a,
		   struct profile **ret_profile, struct text *ret_why);

/* What the last device section that matches @a and names a profile says, or
 * NULL. */
const char *config_profile_name(const struct config *c, struct config_address a);

/* The name for a PCI function, configured or built in, or NULL; @sub_vendor 0:
 * unknown. */
const char *config_profile_for_pci(const struct config *c, uint16_t vendor, uint16_t device,
				   uint16_t sub_vendor, uint16_t sub_device);

/* The profile of a USB modem: @profile, or what a device section says, or what
 * has these ids, or "usb"; laid over as above.  Nothing of the device itself is
 * in it yet: usb_profile.h does that. */
int config_usb_profile(const struct config *c, const char *profile, struct config_address a,
		       uint16_t vendor, uint16_t product,
		       struct profile **ret_profile, struct text *ret_why);

/* The configured name for a USB modem, or NULL. */
const char *config_profile_for_usb(const struct config *c, uint16_t vendor, uint16_t product);
