/*
 * profiles - the tables behind the built-in profiles, for profile.c alone.
 *
 * Three levels: a row is one channel of a configuration, a shape is the
 * configuration that a family of devices shares, a model is what a user names.
 *
 * Source: Linux drivers/bus/mhi/host/pci_generic.c, drivers/accel/qaic.
 */
#pragma once
#include "device/profile.h"

enum chan_traits {
	HW_PATH = 1,	/* burst mode, doorbell mode again at each M0 */
	BURST = 2,	/* burst mode alone */
};

struct chan_row {
	const char *name;
	int16_t ul, dl;		/* -1: no such direction */
	uint16_t ul_elements, dl_elements;
	uint8_t ul_ering, dl_ering;
	enum mhi_ee ee;		/* that offers it */
	unsigned int traits;	/* of enum chan_traits */
};

struct shape {
	const struct chan_row *rows;
	const struct ering_config *erings;
	uint8_t n_rows, n_erings;
	uint32_t timeout_ms;
	uint32_t ready_timeout_ms;	/* 0: as timeout_ms */
	uint32_t soc_reset_ms;		/* 0: 2000 */
};

enum model_traits {
	EDL_TRIGGER = 1,
	SIDEBAND_WAKE = 2,
	NO_M3 = 4,
	RESET_ON_REMOVE = 8,
};

struct model {
	const char *name;
	const struct shape *shape;
	const char *firmware, *edl_firmware;	/* may be NULL */
	uint32_t ip_mru;			/* of IP_HW0; 0: as the MTU */
	unsigned int traits;			/* of enum model_traits */
};

/* Which model a PCI function is; the first row that fits counts. */
struct pci_row {
	uint16_t vendor, device;
	uint16_t sub_vendor, sub_device;	/* PCI_ANY: not compared */
	const char *model;
};
enum { PCI_ANY = 0xffff };

extern const struct model models[];	/* ends with a NULL name */
extern const struct pci_row pci_rows[];	/* ends with a NULL model */
