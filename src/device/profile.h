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
#include "transport/pci_id.h"
#include "usb/roles.h"
#include <sys/stat.h>

/* What is said of a channel of a USB modem; -1 and USB_UNSAID: nothing. */
struct profile_usb {
	int16_t interface, alt;
	enum usb_role role;
	int8_t zlp, line;		/* enum usb_zlp, enum usb_line */
	int8_t is_on;
};

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
	bool greet;	/* RPMSG: as struct rpmsg_setup */
	char *life;			/* of the simulated modem, see sim.h */
	struct profile_usb usb;
};

/* An image that a loader asks for by its number. */
struct profile_image {
	uint64_t id;
	char *file;	/* below the firmware folder */
};

enum { PROFILE_AUTOSUSPEND_MOST = 86400000 };

struct profile {
	char *name;			/* "sim", "qcom-sdx65m", ... */
	struct profile_chan *chans;	/* owned */
	unsigned int n_chans;
	struct ering_config *erings;	/* owned */
	unsigned int n_erings;
	uint32_t timeout_ms, ready_timeout_ms;
	unsigned int dma_bits;
	bool no_m3, sideband_wake, edl_trigger, reset_on_remove;
	char *firmware, *edl_firmware;	/* below the firmware folder; may be NULL */
	/* For a loader that asks by Sahara, owned; none: its channel is a file. */
	struct profile_image *sahara_images;
	unsigned int n_sahara_images;
	bool sahara_identify;		/* which device is it? asked before */
	bool needs_firmware;		/* without it the device does not start */
	uint32_t sbl_size;	/* bytes of firmware for PBL, SBL gets the rest; 0: all for PBL */
	uint32_t seg_len;	/* bytes of a piece, of an image for SBL and of a dump */
	uint32_t rddm_size;	/* bytes of memory for a crash dump; 0: none is taken */
	uint32_t soc_reset_ms;	/* until a device answers again */
	uint32_t health_check_ms;	/* 0: never */
	uint32_t autosuspend_ms;	/* idle so long, a device is suspended; 0: never */
	uint32_t stall_ms;		/* see engine.h; 0: for ever */
	bool recovery;		/* a device that failed is reset */
	/* Of a USB modem: no event rings, ul and dl are the interface, mtu and
	 * mru are 0 where the function decides. */
	bool is_usb;
	char *usb_model;		/* see usb/models.h; NULL: by its ids */
};

/* A deep copy of a built-in profile, NULL when there is none of that name or
 * no memory.  "usb" and each model of usb/models.h are one for USB modems, and
 * have no channels before a device is looked at. */
struct profile *profile_new_builtin(const char *name);
void profile_free(struct profile *p);	/* safe on NULL */
bool profile_is_builtin(const char *name);
/* The names, for a message: "sim, qcom-sdx75m, ...". */
void profile_list_builtin(struct text *out);
void profile_list_usb(struct text *out);	/* those for USB modems */

/* A channel of what its name alone says: sizes, boundary, permissions; no
 * numbers yet.  0 or -ENOMEM; fini is due after both. */
int profile_chan_init(struct profile_chan *c, const char *name);
void profile_chan_fini(struct profile_chan *c);
/* Permissions of its file: what is configured and has a direction. */
mode_t profile_chan_mode(const struct profile_chan *c);
/* Its lines of the file info. */
void profile_show(const struct profile *p, struct text *out);
struct profile_chan *profile_chan_find(const struct profile *p, const char *name);
/* The channel on which a loader speaks Sahara, or NULL. */
const struct profile_chan *profile_sahara_chan(const struct profile *p);
void profile_drop_images(struct profile *p);

/* 0, or -EINVAL and one sentence in @ret_why (caller's). */
int profile_check(const struct profile *p, struct text *ret_why);

/* The same as the engine wants it: channel i is chans[i].  Borrows from @p
 * until profile_engine_config_fini().  0 or -ENOMEM. */
int profile_engine_config(const struct profile *p, struct engine_config *ret_config);
void profile_engine_config_fini(struct engine_config *c);

/* The built-in name for a PCI function, or NULL; @sub_vendor 0: unknown. */
const char *profile_for_pci(uint16_t vendor, uint16_t device,
			    uint16_t sub_vendor, uint16_t sub_device);

/* The identity of the first function that is a @name, what its row leaves open
 * as zero; false when no function is. */
bool profile_pci_id(const char *name, struct pci_id *ret_id);
