# A device and all that it may consist of, for whoever links one.
device_libs = \
	src/device/libdevice.a src/port/libport.a src/transport/libtransport.a \
	src/pci/libpci.a src/usb/libusb.a src/rpmsg/librpmsg.a src/gpio/libgpio.a \
	src/virtio/libvirtio.a src/sim/libsim.a src/core/libcore.a src/io/libio.a \
	src/base/libbase.a $(CONFUSE_LIBS) $(JANSSON_LIBS) $(PCI_LIBS) $(USB_LIBS) \
	$(UDEV_LIBS) $(EV_LIBS)

noinst_LIBRARIES += src/device/libdevice.a
src_device_libdevice_a_SOURCES = \
	src/device/attached.c src/device/attached.h \
	src/device/bearer.h \
	src/device/claim.c src/device/claim.h \
	src/device/config.c src/device/config.h \
	src/device/config_apply.c src/device/config_apply.h \
	src/device/config_grammar.c src/device/config_grammar.h \
	src/device/device.c src/device/device.h \
	src/device/device_events.c \
	src/device/crash_regs.c src/device/crash_regs.h \
	src/device/crashes.c src/device/crashes.h \
	src/device/driver.h \
	src/device/events.c src/device/events.h \
	src/device/gpio.c src/device/gpio.h \
	src/device/gpio_lines.c src/device/gpio_lines.h \
	src/device/gpio_vrings.c src/device/gpio_vrings.h \
	src/device/firmware.c src/device/firmware.h \
	src/device/history.c src/device/history.h \
	src/device/instance.h \
	src/device/memory.c src/device/memory.h \
	src/device/mhi.c src/device/mhi.h \
	src/device/mhi_boot.c src/device/mhi_boot.h \
	src/device/mhi_crash.c src/device/mhi_crash.h \
	src/device/mhi_sleep.c src/device/mhi_sleep.h \
	src/device/node.h \
	src/device/nodes.c \
	src/device/ports.c \
	src/device/profile.c src/device/profile.h \
	src/device/profile_check.c \
	src/device/profiles.c src/device/profiles.h \
	src/device/recovery.c src/device/recovery.h \
	src/device/registry.c src/device/registry.h \
	src/device/rundir.c src/device/rundir.h \
	src/device/starts.c src/device/starts.h \
	src/device/rpmsg.c src/device/rpmsg.h \
	src/device/rpmsg_ctrl.c src/device/rpmsg_ctrl.h \
	src/device/rpmsg_name.c src/device/rpmsg_name.h \
	src/device/rpmsg_virtio.c src/device/rpmsg_virtio.h \
	src/device/rpmsg_vrings.c src/device/rpmsg_vrings.h \
	src/device/simulated.c src/device/simulated.h \
	src/device/spec.c src/device/spec.h \
	src/device/start.c src/device/start.h \
	src/device/usb.c src/device/usb.h \
	src/device/usb_chosen.c src/device/usb_chosen.h \
	src/device/usb_profile.c src/device/usb_profile.h \
	src/device/vhost.c src/device/vhost.h \
	src/device/virtio.c src/device/virtio.h
