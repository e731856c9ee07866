#include "pci/bind.h"
#include "pci/function.h"
#include "pci/sysfs.h"
#include <errno.h>

static const char vfio_driver[] = "vfio-pci";

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

static int override(const char *root, const char *bdf, const char *driver)
{
	return sysfs_write(driver, "%s/bus/pci/devices/%s/driver_override", root, bdf);
}

static int unbind_driver(const char *root, const struct pci_function *f)
{
	if (!f->driver[0])
		return 0;
	return sysfs_write(f->bdf, "%s/bus/pci/drivers/%s/unbind", root, f->driver);
}

static int probe(const char *root, const char *bdf)
{
	return sysfs_write(bdf, "%s/bus/pci/drivers_probe", root);
}

static int explain(int r, const char *doing, const char *bdf, struct text *ret_why)
{
	text_printf(ret_why, "%s %s: %s%s", doing, bdf, strerror(-r),
		    r == -EACCES || r == -EPERM ? "; this needs root" : "");
	return r;
}

int pci_bind(const char *root, const char *bdf, struct text *ret_why)
{
	struct pci_function f;
	int r;

	r = read_function(root, bdf, &f, ret_why);
	if (r < 0)
		return r;
	if (!strcmp(f.driver, vfio_driver))
		return 0;
	r = override(root, bdf, vfio_driver);
	if (r < 0)
		return explain(r, "cannot set driver_override of", bdf, ret_why);
	r = unbind_driver(root, &f);
	if (r < 0) {
		override(root, bdf, "\n");
		return explain(r, "cannot unbind", bdf, ret_why);
	}
	r = probe(root, bdf);
	if (!r)
		r = pci_function_read(root, bdf, &f);
	if (!r && !strcmp(f.driver, vfio_driver))
		return 0;
	override(root, bdf, "\n");
	probe(root, bdf);
	text_printf(ret_why, "vfio-pci did not take %s: is the module loaded (modprobe vfio-pci)?",
		    bdf);
	return -ENODEV;
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
		return -EINVAL;
	}
	r = override(root, bdf, "\n");
	if (!r)
		r = unbind_driver(root, &f);
	if (!r)
		r = probe(root, bdf);
	return r < 0 ? explain(r, "cannot give back", bdf, ret_why) : 0;
}
