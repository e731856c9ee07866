#include "pci/bind.h"
#include "io/sysfs.h"
#include "pci/function.h"
#include <errno.h>

static const char vfio_driver[] = "vfio-pci";

enum { CLASS_PCI_BRIDGE = 0x0604 };

static int read_function(const char *root, const char *bdf, struct pci_function *ret_function,
			 struct text *ret_why)
{
	int r = pci_function_read(root, bdf, ret_function);

	if (r == -EINVAL)
		text_printf(ret_why, "'%s' is no PCI address; it looks like 0000:01:00.0", bdf);
	else if (r < 0)
		text_printf(ret_why, "there is no PCI function %s (mhictl list shows them)", bdf);
	return r;
}

static int write_override(const char *root, const char *bdf, const char *driver)
{
	return sysfs_write(*driver ? driver : "\n", "%s/bus/pci/devices/%s/driver_override",
			   root, bdf);
}

static int release(const char *root, const struct pci_function *f)
{
	if (!f->driver[0])
		return 0;
	return sysfs_write(f->bdf, "%s/bus/pci/drivers/%s/unbind", root, f->driver);
}

static int probe(const char *root, const char *bdf)
{
	return sysfs_write(bdf, "%s/bus/pci/drivers_probe", root);
}

static bool has_driver(const char *root, const char *bdf, const char *driver)
{
	struct pci_function f;

	return !pci_function_read(root, bdf, &f) && !strcmp(f.driver, driver);
}

static int explain(int r, const char *doing, const char *bdf, struct text *ret_why)
{
	text_printf(ret_why, "cannot %s %s: %s%s", doing, bdf, strerror(-r),
		    r == -EACCES || r == -EPERM ? "; this needs root" : "");
	return r;
}

static bool allows_no_iommu(const char *root)
{
	char word[PCI_WORD_SIZE];

	return !sysfs_read(word, sizeof(word),
			   "%s/module/vfio/parameters/enable_unsafe_noiommu_mode", root) &&
	       word[0] == 'Y';
}

/* What vfio-pci would refuse is refused while the present driver still has
 * the function. */
static int check_bindable(const char *root, const struct pci_function *f, struct text *ret_why)
{
	if (f->class_code >> 8 == CLASS_PCI_BRIDGE)
		text_printf(ret_why, "%s is a bridge, and vfio-pci takes none; bind the functions "
			    "behind it", f->bdf);
	else if (!sysfs_has("%s/bus/pci/drivers/%s", root, vfio_driver))
		text_printf(ret_why, "%s is left as it is: vfio-pci is not loaded "
			    "(modprobe vfio-pci)", f->bdf);
	else if (!f->group[0] && !allows_no_iommu(root))
		text_printf(ret_why, "%s is left as it is: it is behind no IOMMU; switch it on in "
			    "the firmware and on the kernel's command line (intel_iommu=on or "
			    "amd_iommu=on)", f->bdf);
	else
		return 0;
	return -EOPNOTSUPP;
}

/* The driver by name first: the kernel's own choice might be another. */
static void restore(const char *root, const struct pci_function *f, struct text *ret_why)
{
	write_override(root, f->bdf, f->override);
	if (!f->driver[0])
		return;
	if (sysfs_write(f->bdf, "%s/bus/pci/drivers/%s/bind", root, f->driver) < 0)
		probe(root, f->bdf);
	text_printf(ret_why, has_driver(root, f->bdf, f->driver) ? "; %s has it again" :
		    "; %s does not take it back", f->driver);
}

int pci_bind(const char *root, const char *bdf, struct text *ret_why)
{
	struct pci_function f;
	int r;

	r = read_function(root, bdf, &f, ret_why);
	if (r < 0 || !strcmp(f.driver, vfio_driver))
		return r;
	r = check_bindable(root, &f, ret_why);
	if (r < 0)
		return r;
	r = write_override(root, bdf, vfio_driver);
	if (r < 0)
		return explain(r, "set driver_override of", bdf, ret_why);
	r = release(root, &f);
	if (r < 0) {
		write_override(root, bdf, f.override);
		return explain(r, "unbind", bdf, ret_why);
	}
	r = probe(root, bdf);
	if (!r && has_driver(root, bdf, vfio_driver))
		return 0;
	text_printf(ret_why, "vfio-pci did not take %s (dmesg tells why)", bdf);
	restore(root, &f, ret_why);
	return -EIO;
}

int pci_unbind(const char *root, const char *bdf, struct text *ret_why)
{
	struct pci_function f;
	int r;

	r = read_function(root, bdf, &f, ret_why);
	if (r < 0)
		return r;
	if (f.driver[0] && strcmp(f.driver, vfio_driver)) {
		text_printf(ret_why, "%s is bound to %s, not to vfio-pci; left as it is", bdf,
			    f.driver);
		return -EBUSY;
	}
	r = write_override(root, bdf, "");
	if (r < 0)
		return explain(r, "clear driver_override of", bdf, ret_why);
	r = release(root, &f);
	if (r < 0) {
		write_override(root, bdf, f.override);
		return explain(r, "unbind", bdf, ret_why);
	}
	r = probe(root, bdf);
	return r < 0 ? explain(r, "find a driver for", bdf, ret_why) : 0;
}
