check_PROGRAMS += tests/test-usb-modem
TESTS += tests/test-usb-modem
tests_test_usb_modem_SOURCES = tests/test-usb-modem.c tests/suite.h
tests_test_usb_modem_LDADD = src/usb/libusb.a src/io/libio.a src/base/libbase.a $(CHECK_LIBS)
