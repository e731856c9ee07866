noinst_LIBRARIES += src/usb/libusb.a
src_usb_libusb_a_SOURCES = \
	src/usb/attributes.c src/usb/attributes.h \
	src/usb/descriptors.c src/usb/descriptors.h \
	src/usb/find.c src/usb/find.h \
	src/usb/layout.h \
	src/usb/models.c src/usb/models.h \
	src/usb/modem.c src/usb/modem.h \
	src/usb/roles.c src/usb/roles.h \
	src/usb/rules.c src/usb/rules.h \
	src/usb/watch.c src/usb/watch.h
