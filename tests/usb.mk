check_PROGRAMS += tests/test-usb-modem
TESTS += tests/test-usb-modem
tests_test_usb_modem_SOURCES = tests/test-usb-modem.c tests/suite.h
tests_test_usb_modem_LDADD = src/usb/libusb.a src/io/libio.a src/base/libbase.a $(CHECK_LIBS)

check_PROGRAMS += tests/test-usb-descriptors
TESTS += tests/test-usb-descriptors
tests_test_usb_descriptors_SOURCES = tests/test-usb-descriptors.c tests/usb_bytes.c \
	tests/usb_bytes.h tests/suite.h
tests_test_usb_descriptors_LDADD = src/usb/libusb.a src/base/libbase.a $(CHECK_LIBS)

check_PROGRAMS += tests/test-usb-rules
TESTS += tests/test-usb-rules
tests_test_usb_rules_SOURCES = tests/test-usb-rules.c tests/usb_bytes.c \
	tests/usb_bytes.h tests/suite.h
tests_test_usb_rules_LDADD = src/usb/libusb.a src/base/libbase.a $(CHECK_LIBS)

check_PROGRAMS += tests/test-usb-find
TESTS += tests/test-usb-find
tests_test_usb_find_SOURCES = tests/test-usb-find.c tests/usb_bytes.c tests/usb_bytes.h \
	tests/suite.h
tests_test_usb_find_LDADD = src/usb/libusb.a src/io/libio.a src/base/libbase.a $(CHECK_LIBS)

if HAVE_UMOCKDEV
check_PROGRAMS += tests/test-usb-watch
TESTS += tests/test-usb-watch
tests_test_usb_watch_SOURCES = tests/test-usb-watch.c tests/suite.h
tests_test_usb_watch_CPPFLAGS = $(AM_CPPFLAGS) $(UMOCKDEV_CFLAGS)
tests_test_usb_watch_LDADD = src/usb/libusb.a src/io/libio.a src/base/libbase.a \
	$(UMOCKDEV_LIBS) $(UDEV_LIBS) $(EV_LIBS) $(CHECK_LIBS)
endif

check_PROGRAMS += tests/test-usb-profile
TESTS += tests/test-usb-profile
tests_test_usb_profile_SOURCES = tests/test-usb-profile.c tests/usb_bytes.c tests/usb_bytes.h \
	tests/suite.h
tests_test_usb_profile_LDADD = $(device_libs) $(CHECK_LIBS)

usb_bench = tests/fake_usb.c tests/fake_usb.h tests/link_user.c tests/link_user.h \
	tests/usb_bench.c tests/usb_bench.h tests/suite.h

check_PROGRAMS += tests/test-usb-bulk
TESTS += tests/test-usb-bulk
tests_test_usb_bulk_SOURCES = tests/test-usb-bulk.c $(usb_bench)
tests_test_usb_bulk_LDADD = src/usb/libusb.a src/base/libbase.a $(CHECK_LIBS)

check_PROGRAMS += tests/test-usb-wdm
TESTS += tests/test-usb-wdm
tests_test_usb_wdm_SOURCES = tests/test-usb-wdm.c $(usb_bench)
tests_test_usb_wdm_LDADD = src/usb/libusb.a src/base/libbase.a $(CHECK_LIBS)

check_PROGRAMS += tests/test-usb-device
TESTS += tests/test-usb-device
tests_test_usb_device_SOURCES = tests/test-usb-device.c $(usb_bench)
tests_test_usb_device_LDADD = src/usb/libusb.a src/base/libbase.a $(CHECK_LIBS)

check_PROGRAMS += tests/test-usb-memory
TESTS += tests/test-usb-memory
tests_test_usb_memory_SOURCES = tests/test-usb-memory.c $(usb_bench)
tests_test_usb_memory_LDADD = src/usb/libusb.a src/base/libbase.a $(CHECK_LIBS)
tests_test_usb_memory_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc,--wrap=calloc,--wrap=free
