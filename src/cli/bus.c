#include "cli/bus.h"
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

static bool has_bus(void)
{
	return getenv("DBUS_SYSTEM_BUS_ADDRESS") ||
	       !access("/run/dbus/system_bus_socket", F_OK);
}

#define FIND(name) && (b.name = (__typeof__(b.name))dlsym(b.library, "sd_bus_" #name))

int bus_load(struct bus *ret_bus)
{
	struct bus b = { 0 };

	if (!has_bus())
		return -ENOENT;
	b.library = dlopen("libsystemd.so.0", RTLD_LAZY | RTLD_LOCAL);
	if (!(b.library BUS_CALLS(FIND))) {
		bus_unload(&b);
		return -ELIBACC;
	}
	*ret_bus = b;
	return 0;
}

void bus_unload(struct bus *b)
{
	if (b->library)
		dlclose(b->library);
	b->library = NULL;
}
