#include "usb/attributes.h"
#include "base/text.h"
#include "io/sysfs.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { WORD_SIZE = 32 };

int usb_attribute_number(const char *root, const char *device, const char *name,
			 unsigned int base, uint32_t most, uint32_t *ret_value)
{
	char word[WORD_SIZE], prefixed[WORD_SIZE + 2];
	uint64_t value;
	int r = sysfs_read(word, sizeof(word), "%s/bus/usb/devices/%s/%s", root, device, name);

	if (r < 0)
		return r;
	snprintf(prefixed, sizeof(prefixed), "%s%s", base == 16 ? "0x" : "", word);
	r = text_to_u64(prefixed, 0, most, &value);
	if (!r)
		*ret_value = (uint32_t)value;
	return r;
}

static int is_any(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int usb_devices_list(const char *root, struct dirent ***ret_entries)
{
	char path[SYSFS_PATH_SIZE];
	int n;

	snprintf(path, sizeof(path), "%s/bus/usb/devices", root);
	n = scandir(path, ret_entries, is_any, versionsort);
	return n < 0 ? -errno : n;
}

void usb_devices_free(struct dirent **entries, int n)
{
	for (int i = 0; i < n; i++)
		free(entries[i]);
	free(entries);
}
