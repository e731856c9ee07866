/*
 * fuzz-config - any bytes as a configuration file: refused with a reason, or
 * taken, and then every profile that comes out of it is a possible one.
 */
#include "device/config.h"
#include <stdlib.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void ask(const struct config *c, const char *name, const char *path)
{
	const struct config_address a = { .path = path, .identity = "pci-17cb:0308" };
	struct text why = TEXT_INIT;
	struct profile *p = NULL;
	int r = config_profile(c, name, a, &p, &why);

	must(r ? why.len && !p : p && !profile_check(p, &why));
	profile_free(p);
	text_fini(&why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	int fd = memfd_create("config", MFD_CLOEXEC);
	struct text why = TEXT_INIT;
	struct config *c = NULL;
	char path[32];
	int r;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	must(fd >= 0 && write(fd, data, len) == (ssize_t)len);
	r = config_load(path, &c, &why);
	must(r ? why.len > 0 : !why.len);
	if (!r) {
		ask(c, NULL, "loopback-0");
		ask(c, "a", "pci-0000:01:00.0");
		ask(c, "sim", "x");
		config_profile_for_pci(c, 0x17cb, 0x0308, 0, 0);
		must(config_ready_wait_ms(c) <= 3600000);
	}
	config_free(c);
	text_fini(&why);
	close(fd);
	return 0;
}
