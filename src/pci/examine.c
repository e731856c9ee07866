#include "pci/examine.h"
#include "io/sysfs.h"
#include "pci/host.h"
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

const char *pci_verdict_name(enum pci_verdict v)
{
	static const char *const names[] = { "usable", "needs bind", "blocked" };

	return names[v];
}

enum pci_verdict pci_verdict_worse(enum pci_verdict a, enum pci_verdict b)
{
	return a > b ? a : b;
}

struct peers {
	const struct pci_function *self;
	struct text *blocking;
};

/* The kernel lets a group be used when every member is on one of these, or on
 * none.  Bridges keep their port driver. */
static bool is_harmless(const struct pci_function *f)
{
	return !f->driver[0] || !strcmp(f->driver, "vfio-pci") || !strcmp(f->driver, "pci-stub") ||
	       !strcmp(f->driver, "pcieport");
}

static int add_blocking(void *user, const struct pci_function *f)
{
	struct peers *p = user;

	if (strcmp(f->bdf, p->self->bdf) && !is_harmless(f))
		text_printf(p->blocking, "%s%s (%s)", p->blocking->len ? ", " : "", f->bdf,
			    f->driver);
	return 0;
}

static enum pci_verdict examine_group(const char *root, const struct pci_function *f,
				      struct text *out)
{
	struct text blocking = TEXT_INIT;
	struct peers p = { f, &blocking };
	enum pci_verdict v = PCI_USABLE;

	if (!f->group[0]) {
		text_printf(out, "%s is behind no IOMMU: switch it on in the firmware and on the "
			    "kernel's command line (intel_iommu=on or amd_iommu=on).\n", f->bdf);
		return PCI_BLOCKED;
	}
	pci_group_scan(root, f->group, add_blocking, &p);
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

/* May this process open the node?  0 or -errno. */
static int check_node(const char *path)
{
	return access(path, R_OK | W_OK) < 0 ? -errno : 0;
}

static bool has_iommufd(const char *dev, const struct pci_function *f)
{
	char iommufd[SYSFS_PATH_SIZE], node[SYSFS_PATH_SIZE];

	snprintf(iommufd, sizeof(iommufd), "%s/iommu", dev);
	snprintf(node, sizeof(node), "%s/vfio/devices/%s", dev, f->node);
	return f->node[0] && !check_node(iommufd) && !check_node(node);
}

static bool has_no_iommu_node(const char *dev, const struct pci_function *f)
{
	char path[SYSFS_PATH_SIZE];

	snprintf(path, sizeof(path), "%s/vfio/noiommu-%s", dev, f->group);
	return !check_node(path);
}

static enum pci_verdict examine_node(const char *dev, const struct pci_function *f,
				     struct text *out)
{
	char path[SYSFS_PATH_SIZE];
	int r;

	if (strcmp(f->driver, "vfio-pci") || !f->group[0] || has_iommufd(dev, f))
		return PCI_USABLE;
	snprintf(path, sizeof(path), "%s/vfio/%s", dev, f->group);
	r = check_node(path);
	if (!r)
		return PCI_USABLE;
	if (r == -EACCES || r == -EPERM)
		text_printf(out, "%s cannot be opened (%s): run as root, or let a udev rule give "
			    "it to you.\n", path, strerror(-r));
	else if (has_no_iommu_node(dev, f))
		text_printf(out, "%s is behind no IOMMU: mhifs drives it only with "
			    "iommu=unsafe-none, and the device can then write all memory.\n",
			    f->bdf);
	else
		text_printf(out, "%s cannot be opened (%s): is this %s the one of the machine?\n",
			    path, strerror(-r), dev);
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

static enum pci_verdict examine_obstacles(const char *root, const char *dev,
					  const struct pci_function *f, struct text *out)
{
	enum pci_verdict v = examine_group(root, f, out);

	v = pci_verdict_worse(v, examine_driver(f, out));
	return pci_verdict_worse(v, examine_node(dev, f, out));
}

enum pci_verdict pci_examine_function(const char *root, const char *dev,
				      const struct pci_function *f, struct text *ret_findings)
{
	enum pci_verdict v = examine_obstacles(root, dev, f, ret_findings);

	return pci_verdict_worse(v, examine_power(f, ret_findings));
}

/* What only deserves a word comes after all that blocks. */
enum pci_verdict pci_examine(const char *root, const char *dev, const struct pci_function *f,
			     struct text *ret_findings)
{
	enum pci_verdict v = examine_obstacles(root, dev, f, ret_findings);

	v = pci_verdict_worse(v, pci_host_examine_limits(root, ret_findings));
	return pci_verdict_worse(v, examine_power(f, ret_findings));
}
