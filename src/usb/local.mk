noinst_LIBRARIES += src/usb/libusb.a
src_usb_libusb_a_SOURCES = \
	src/usb/attributes.c src/usb/attributes.h \
	src/usb/bulk.c src/usb/bulk.h \
	src/usb/channel.c src/usb/channel.h \
	src/usb/context.c src/usb/context.h \
	src/usb/descriptors.c src/usb/descriptors.h \
	src/usb/device.c src/usb/device.h \
	src/usb/find.c src/usb/find.h \
	src/usb/flow.c src/usb/flow.h \
	src/usb/handle.c src/usb/handle.h \
	src/usb/io.h \
	src/usb/layout.h \
	src/usb/models.c src/usb/models.h \
	src/usb/modem.c src/usb/modem.h \
	src/usb/notify.c src/usb/notify.h \
	src/usb/request.c src/usb/request.h \
	src/usb/roles.c src/usb/roles.h \
	src/usb/rules.c src/usb/rules.h \
	src/usb/watch.c src/usb/watch.h \
	src/usb/wdm.c src/usb/wdm.h
