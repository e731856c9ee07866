/* pci_id - who a PCI function says it is. */
#pragma once
#include <stdint.h>

struct pci_id {
	uint16_t vendor, device, sub_vendor, sub_device;
};
