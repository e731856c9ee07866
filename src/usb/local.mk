noinst_LIBRARIES += src/usb/libusb.a
src_usb_libusb_a_SOURCES = src/usb/layout.h src/usb/modem.c src/usb/modem.h
