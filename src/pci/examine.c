#include "pci/examine.h"
#include "pci/sysfs.h"
#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

/* What a modem's rings and buffers take, at least. */
enum { MEMLOCK_LEAST = 64 << 20 };

const char *pci_verdict_name(enum pci_verdict v)
{
	static const char *const names[] = { "usable", "needs bind", "blocked" };

	return names[v];
}

struct peers {
	const struct pci_function *self;
	struct text *out;
	bool only_blocking;
};

/* The kernel lets a group be used when every member is on one of these, or on
 * none.  Bridges keep their port driver. */
static bool is_harmless(const struct pci_function *f)
{
	return !f->driver[0] || !strcmp(f->driver, "vfio-pci") || !strcmp(f->driver, "pci-stub") ||
	       !strcmp(f->driver, "pcieport");
}

static int add_peer(void *user, const struct pci_function *f)
{
	struct peers *p = user;

	if (!strcmp(f->bdf, p->self->bdf) || (p->only_blocking && is_harmless(f)))
		return 0;
	text_printf(p->out, "%s%s (%s)", p->out->len ? ", " : "", f->bdf,
		    f->driver[0] ? f->driver : "no driver");
	return 0;
}

void pci_list_peers(const char *root, const struct pci_function *f, struct text *ret_peers)
{
	struct peers p = { f, ret_peers, false };

	if (f->group[0])
		pci_group_scan(root, f->group, add_peer, &p);
}

static enum pci_verdict worse(enum pci_verdict a, enum pci_verdict b)
{
	return a > b ? a : b;
}

static enum pci_verdict examine_group(const char *root, const struct pci_function *f,
				      struct text *out)
{
	struct text blocking = TEXT_INIT;
	struct peers p = { f, &blocking, true };
	enum pci_verdict v = PCI_USABLE;

	if (!f->group[0]) {
		text_printf(out, "%s is behind no IOMMU: switch it on in the firmware and on the "
			    "kernel's command line (intel_iommu=on or amd_iommu=on).\n", f->bdf);
		return PCI_BLOCKED;
	}
	pci_group_scan(root, f->group, add_peer, &p);
	if (blocking.len) {
		text_printf(out, "IOMMU group %s also holds %s: bind these to vfio-pci or to no "
			    "driver, or move the card to another slot.\n", f->group,
			    text_get(&blocking));
		v = PCI_BLOCKED;
	}
	text_fini(&blocking);
	return v;
}

static enum pci_verdict examine_driver(const struct pci_function *f, struct text *out)
{
	if (!strcmp(f->driver, "vfio-pci"))
		return PCI_USABLE;
	if (f->driver[0])
		text_printf(out, "%s is bound to %s: mhictl bind %s hands it to vfio-pci.\n",
			    f->bdf, f->driver, f->bdf);
	else
		text_printf(out, "%s has no driver: mhictl bind %s hands it to vfio-pci.\n",
			    f->bdf, f->bdf);
	return PCI_NEEDS_BIND;
}

static enum pci_verdict examine_node(const char *dev, const struct pci_function *f,
				     struct text *out)
{
	char path[SYSFS_PATH_SIZE];
	int len;

	if (strcmp(f->driver, "vfio-pci") || !f->group[0])
		return PCI_USABLE;
	len = snprintf(path, sizeof(path), "%s/vfio/%s", dev, f->group);
	if (len < 0 || len >= (int)sizeof(path) || !access(path, R_OK | W_OK))
		return PCI_USABLE;
	text_printf(out, "%s cannot be opened (%s): run as root, or let a udev rule give it "
		    "to you.\n", path, strerror(errno));
	return PCI_BLOCKED;
}

static enum pci_verdict examine_power(const struct pci_function *f, struct text *out)
{
	if (strcmp(f->power, "D3cold"))
		return PCI_USABLE;
	text_printf(out, "%s sleeps in D3cold: write 'on' to its power/control; a modem may lose "
		    "its firmware there.\n", f->bdf);
	return PCI_USABLE;
}

/* Interrupt remapping shows in each group's file on x86; the kernel refuses
 * the group otherwise, unless told to trust the device. */
static enum pci_verdict examine_remapping(const char *root, struct text *out)
{
	char word[PCI_WORD_SIZE];

	if (sysfs_read(word, sizeof(word), "%s/module/vfio_iommu_type1/parameters/"
		       "allow_unsafe_interrupts", root) || word[0] != 'Y')
		return PCI_USABLE;
	text_add(out, "vfio_iommu_type1 allows unsafe interrupts: a device can forge the "
		 "interrupts of others.\n");
	return PCI_USABLE;
}

static enum pci_verdict examine_memlock(struct text *out)
{
	struct rlimit limit;

	if (!geteuid() || getrlimit(RLIMIT_MEMLOCK, &limit) < 0 ||
	    limit.rlim_cur >= MEMLOCK_LEAST)
		return PCI_USABLE;
	text_printf(out, "This process may lock %llu KiB of memory; a modem needs up to %d MiB: "
		    "raise it (ulimit -l, or LimitMEMLOCK= in the unit).\n",
		    (unsigned long long)limit.rlim_cur >> 10, MEMLOCK_LEAST >> 20);
	return PCI_BLOCKED;
}

enum pci_verdict pci_examine(const char *root, const char *dev, const struct pci_function *f,
			     struct text *ret_findings)
{
	enum pci_verdict v = examine_group(root, f, ret_findings);

	v = worse(v, examine_driver(f, ret_findings));
	v = worse(v, examine_node(dev, f, ret_findings));
	v = worse(v, examine_memlock(ret_findings));
	v = worse(v, examine_power(f, ret_findings));
	return worse(v, examine_remapping(root, ret_findings));
}
