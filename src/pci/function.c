#include "pci/function.h"
#include "base/text.h"
#include "io/sysfs.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

bool pci_is_bdf(const char *s)
{
	static const char shape[] = "xxxx:xx:xx.x";
	static const char hex[] = "0123456789abcdef";

	if (strlen(s) != sizeof(shape) - 1)
		return false;
	for (size_t i = 0; shape[i]; i++)
		if (shape[i] == 'x' ? !strchr(hex, s[i]) : s[i] != shape[i])
			return false;
	return true;
}

static uint32_t read_number(const char *root, const char *bdf, const char *name)
{
	char word[PCI_WORD_SIZE];
	uint64_t value = 0;

	if (!sysfs_read(word, sizeof(word), "%s/bus/pci/devices/%s/%s", root, bdf, name))
		text_to_u64(word, 0, UINT32_MAX, &value);
	return (uint32_t)value;
}

static void read_word(const char *root, const char *bdf, const char *name, char *word)
{
	sysfs_read(word, PCI_WORD_SIZE, "%s/bus/pci/devices/%s/%s", root, bdf, name);
}

static void read_link(const char *root, const char *bdf, const char *name, char *word)
{
	sysfs_link(word, PCI_WORD_SIZE, "%s/bus/pci/devices/%s/%s", root, bdf, name);
}

/* The only entry of vfio-dev/, when the kernel has device nodes. */
static void read_node(const char *root, const char *bdf, char *word)
{
	char path[SYSFS_PATH_SIZE];
	struct dirent *entry;
	DIR *dir;

	word[0] = '\0';
	snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/vfio-dev", root, bdf);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			snprintf(word, PCI_WORD_SIZE, "%.*s", PCI_WORD_SIZE - 1, entry->d_name);
	if (dir)
		closedir(dir);
}

int pci_function_read(const char *root, const char *bdf, struct pci_function *ret_function)
{
	struct pci_function f = { 0 };
	char vendor[PCI_WORD_SIZE];

	if (!pci_is_bdf(bdf))
		return -EINVAL;
	if (sysfs_read(vendor, sizeof(vendor), "%s/bus/pci/devices/%s/vendor", root, bdf))
		return -ENODEV;
	snprintf(f.bdf, sizeof(f.bdf), "%s", bdf);
	f.vendor = (uint16_t)read_number(root, bdf, "vendor");
	f.device = (uint16_t)read_number(root, bdf, "device");
	f.sub_vendor = (uint16_t)read_number(root, bdf, "subsystem_vendor");
	f.sub_device = (uint16_t)read_number(root, bdf, "subsystem_device");
	f.class_code = read_number(root, bdf, "class");
	read_link(root, bdf, "driver", f.driver);
	read_link(root, bdf, "iommu_group", f.group);
	read_node(root, bdf, f.node);
	read_word(root, bdf, "driver_override", f.override);
	if (!strcmp(f.override, "(null)"))
		f.override[0] = '\0';
	read_word(root, bdf, "current_link_speed", f.speed);
	read_word(root, bdf, "max_link_speed", f.max_speed);
	read_word(root, bdf, "current_link_width", f.width);
	read_word(root, bdf, "max_link_width", f.max_width);
	read_word(root, bdf, "power_state", f.power);
	*ret_function = f;
	return 0;
}

static int is_function(const struct dirent *entry)
{
	return pci_is_bdf(entry->d_name);
}

static int scan_folder(const char *root, const char *path,
		       int (*fn)(void *user, const struct pci_function *f), void *user)
{
	struct dirent **entries;
	struct pci_function f;
	int n, r = 0;

	n = scandir(path, &entries, is_function, alphasort);
	if (n < 0)
		return -errno;
	for (int i = 0; i < n; i++) {
		if (!r && !pci_function_read(root, entries[i]->d_name, &f))
			r = fn(user, &f);
		free(entries[i]);
	}
	free(entries);
	return r;
}

int pci_scan(const char *root, int (*fn)(void *user, const struct pci_function *f), void *user)
{
	char path[SYSFS_PATH_SIZE];

	snprintf(path, sizeof(path), "%s/bus/pci/devices", root);
	return scan_folder(root, path, fn, user);
}

int pci_group_scan(const char *root, const char *group,
		   int (*fn)(void *user, const struct pci_function *f), void *user)
{
	char path[SYSFS_PATH_SIZE];

	snprintf(path, sizeof(path), "%s/kernel/iommu_groups/%s/devices", root, group);
	return scan_folder(root, path, fn, user);
}
