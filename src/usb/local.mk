noinst_LIBRARIES += src/usb/libusb.a
src_usb_libusb_a_SOURCES = \
	src/usb/descriptors.h src/usb/find.h src/usb/layout.h \
	src/usb/modem.c src/usb/modem.h src/usb/rules.h src/usb/watch.h
