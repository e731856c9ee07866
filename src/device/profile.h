/*
 * profile - everything about a kind of device, as data: identity, channels,
 * event rings, sizes, time-outs, permissions.  Built-in ones in profiles.c,
 * more and changed ones from the configuration.
 *
 * Source: Linux drivers/bus/mhi/host/pci_generic.c.
 */
#pragma once
#include "base/text.h"
#include "core/engine.h"
#include "port/port.h"
#include <sys/stat.h>

struct profile_chan {
	char *name;
	int16_t ul, dl;			/* channel number, -1: no such direction */
	uint16_t ul_elements, dl_elements;
	uint8_t ul_ering, dl_ering;
	uint32_t ee_mask;		/* EE_BIT()s */
	uint32_t mtu;			/* bytes */
	uint32_t mru;			/* downlink slot, bytes */
	enum port_boundary boundary;
	enum slow_reader slow_reader;
	uint32_t linger_ms;
	mode_t mode;
	char *owner, *group;		/* NULL: root, dialout */
	bool burst, db_mode_switch, rsc, tolerant;
	char *life;			/* of the simulated modem; NULL: by name */
};

struct profile {
	char *name;			/* "sim", "qcom-sdx65m", ... */
	struct profile_chan *chans;	/* owned */
	unsigned int n_chans;
	struct ering_config *erings;	/* owned */
	unsigned int n_erings;
	uint32_t timeout_ms, ready_timeout_ms;
	unsigned int dma_bits;
	bool no_m3, sideband_wake, edl_trigger, reset_on_remove;
	char *firmware, *edl_firmware;	/* below the firmware directory; may be NULL */
};

/* A deep copy of a built-in profile, NULL when there is none of that name. */
struct profile *profile_new_builtin(const char *name);
void profile_free(struct profile *p);
/* Names of the built-in ones, NULL terminated. */
const char *const *profile_builtin_names(void);
/* 0, or -EINVAL and one sentence in @ret_why (caller's). */
int profile_check(const struct profile *p, struct text *ret_why);

/* The built-in name for a PCI function, or NULL; @sub_vendor 0: unknown. */
const char *profile_for_pci(uint16_t vendor, uint16_t device,
			    uint16_t sub_vendor, uint16_t sub_device);
