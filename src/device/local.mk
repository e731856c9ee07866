noinst_LIBRARIES += src/device/libdevice.a
src_device_libdevice_a_SOURCES = \
	src/device/config.h \
	src/device/device.h \
	src/device/events.h \
	src/device/node.h \
	src/device/profile.h \
	src/device/profiles.c src/device/profiles.h \
	src/device/registry.h \
	src/device/spec.c src/device/spec.h
