/*
 * host - what the machine itself needs before any function can be driven.
 *
 * As in examine.h, findings are sentences, one a line, appended; @root is that
 * of sysfs, @dev that of /dev.
 */
#pragma once
#include "pci/examine.h"

/* All of it: vfio-pci, an IOMMU, the VFIO nodes, and the limits below. */
enum pci_verdict pci_host_examine(const char *root, const char *dev, struct text *ret_findings);

/* What only shows once memory is mapped for DMA: memory this process may lock,
 * interrupts that are remapped. */
enum pci_verdict pci_host_examine_limits(const char *root, struct text *ret_findings);
