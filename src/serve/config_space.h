/*
 * config_space - the PCI configuration space of the simulated modem: a type 0
 * header, power management, MSI, MSI-X and PCI Express capabilities.
 *
 * Only bytes and masks; what a write means beyond its bytes (a reset) is told
 * by its result.
 *
 * Source: PCI Express Base Specification, chapter 7.
 */
#pragma once
#include "base/bytes.h"

enum { CONFIG_LEN = 4096, CONFIG_MSIX_TABLE = 0x2000, CONFIG_MSIX_PBA = 0x2800 };

struct config_id {
	uint16_t vendor, device, sub_vendor, sub_device;
};

struct config_space {
	uint8_t bytes[CONFIG_LEN];
	uint8_t writable[CONFIG_LEN];	/* bits a write may change */
};

/* @bar_len: power of two.  @n_msi: 1..32, power of two; 0: no MSI.
 * @n_msix: 0: none.  @keeps_state: leaving D3hot does not reset the device. */
void config_init(struct config_space *c, const struct config_id *id, uint32_t bar_len,
		 unsigned int n_msi, unsigned int n_msix, bool keeps_state);

/* Bytes beyond the end read as zero. */
void config_read(const struct config_space *c, uint32_t offset, void *data, uint32_t len);

/* What a write asked of the device besides its bytes. */
enum config_effect { CONFIG_NO_EFFECT, CONFIG_RESETS };
enum config_effect config_write(struct config_space *c, uint32_t offset,
				const void *data, uint32_t len);

/* Bus mastering on, and power state D0: may the device do DMA? */
bool config_may_dma(const struct config_space *c);
