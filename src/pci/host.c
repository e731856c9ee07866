#include "pci/host.h"
#include "io/sysfs.h"
#include <dirent.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What a modem's rings and buffers take, at least. */
enum { MEMLOCK_LEAST = 64 << 20 };

static bool may_lock_anything(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = { 0 };

	return !syscall(SYS_capget, &header, sets) &&
	       sets[CAP_TO_INDEX(CAP_IPC_LOCK)].effective & CAP_TO_MASK(CAP_IPC_LOCK);
}

static enum pci_verdict examine_memlock(struct text *out)
{
	struct rlimit limit;

	if (may_lock_anything() || getrlimit(RLIMIT_MEMLOCK, &limit) < 0 ||
	    limit.rlim_cur >= MEMLOCK_LEAST)
		return PCI_USABLE;
	text_printf(out, "This process may lock %llu KiB of memory; a modem needs up to %d MiB: "
		    "raise it (ulimit -l, or LimitMEMLOCK= in the unit).\n",
		    (unsigned long long)limit.rlim_cur >> 10, MEMLOCK_LEAST >> 20);
	return PCI_BLOCKED;
}

/* On x86 every chip of the interrupt table is called IR- something when
 * remapping is on.  Elsewhere there is no IO-APIC, and nothing to complain of.
 * Source: Linux arch/x86/kernel/apic/io_apic.c, ioapic_ir_chip. */
static bool is_unremapped(const char *root, const char *irq)
{
	char chip[64];

	return !sysfs_read(chip, sizeof(chip), "%s/kernel/irq/%s/chip_name", root, irq) &&
	       !strcmp(chip, "IO-APIC");
}

static bool has_unremapped_interrupts(const char *root)
{
	char path[SYSFS_PATH_SIZE];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/kernel/irq", root);
	dir = opendir(path);
	while (dir && !found && (entry = readdir(dir)))
		found = is_unremapped(root, entry->d_name);
	if (dir)
		closedir(dir);
	return found;
}

static bool allows_unsafe(const char *root, const char *module)
{
	char word[8];

	return !sysfs_read(word, sizeof(word), "%s/module/%s/parameters/allow_unsafe_interrupts",
			   root, module) && word[0] == 'Y';
}

static enum pci_verdict examine_remapping(const char *root, struct text *out)
{
	if (allows_unsafe(root, "vfio_iommu_type1") || allows_unsafe(root, "iommufd")) {
		text_add(out, "The kernel allows unsafe interrupts: a device can forge the "
			 "interrupts of others.\n");
		return PCI_USABLE;
	}
	if (!has_unremapped_interrupts(root))
		return PCI_USABLE;
	text_add(out, "Interrupts are not remapped, so VFIO refuses every device: switch "
		 "remapping on in the firmware, or, if the device can be trusted, load "
		 "vfio_iommu_type1 with allow_unsafe_interrupts=1.\n");
	return PCI_BLOCKED;
}

enum pci_verdict pci_host_examine_limits(const char *root, struct text *ret_findings)
{
	enum pci_verdict v = examine_memlock(ret_findings);

	return pci_verdict_worse(v, examine_remapping(root, ret_findings));
}

static enum pci_verdict examine_iommu(const char *root, struct text *out)
{
	char path[SYSFS_PATH_SIZE];
	unsigned int n = 0;
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/kernel/iommu_groups", root);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		n += entry->d_name[0] != '.';
	if (dir)
		closedir(dir);
	if (n)
		return PCI_USABLE;
	text_add(out, "No IOMMU is on: switch it on in the firmware and on the kernel's command "
		 "line (intel_iommu=on or amd_iommu=on).\n");
	return PCI_BLOCKED;
}

static enum pci_verdict examine_nodes(const char *dev, struct text *out)
{
	char container[SYSFS_PATH_SIZE], iommufd[SYSFS_PATH_SIZE];

	snprintf(container, sizeof(container), "%s/vfio/vfio", dev);
	snprintf(iommufd, sizeof(iommufd), "%s/iommu", dev);
	if (!access(iommufd, R_OK | W_OK) || !access(container, R_OK | W_OK))
		return PCI_USABLE;
	text_printf(out, "%s cannot be opened (%s): run as root, or let a udev rule give it to "
		    "you.\n", container, strerror(errno));
	return PCI_BLOCKED;
}

enum pci_verdict pci_host_examine(const char *root, const char *dev, struct text *ret_findings)
{
	enum pci_verdict v = PCI_BLOCKED;

	if (sysfs_has("%s/bus/pci/drivers/vfio-pci", root))
		v = examine_nodes(dev, ret_findings);
	else
		text_add(ret_findings, "vfio-pci is not loaded: modprobe vfio-pci, and name it in "
			 "/etc/modules-load.d.\n");
	v = pci_verdict_worse(v, examine_iommu(root, ret_findings));
	return pci_verdict_worse(v, pci_host_examine_limits(root, ret_findings));
}
