/*
 * bus - libsystemd's D-Bus, loaded only where there is a system bus: it takes
 * more memory than all the rest of a daemon that is idle.
 */
#pragma once
#include <config.h>
#ifdef HAVE_SYSTEMD
#include <systemd/sd-bus.h>

#define BUS_CALLS(call)                                                              \
	call(open_system) call(close_unref) call(process) call(get_fd) call(get_events)  \
	call(get_timeout) call(add_match_async) call(match_signal_async)                 \
	call(call_method_async) call(message_read) call(message_is_method_error)         \
	call(message_get_error)

/* sd_bus_NAME() is bus->NAME(). */
#define BUS_MEMBER(name) __typeof__(&sd_bus_##name) name;
struct bus {
	void *library;
	BUS_CALLS(BUS_MEMBER)
};

/* Fills @ret_bus: 0, -ENOENT without a bus, -ELIBACC without the library.
 * Before the sandbox: it maps code. */
int bus_load(struct bus *ret_bus);
void bus_unload(struct bus *b);	/* safe twice */
#endif
