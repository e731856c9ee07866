# The simulated USB modem, driven by hand.
check_PROGRAMS += tests/test-gadget
TESTS += tests/test-gadget
tests_test_gadget_SOURCES = tests/test-gadget.c tests/suite.h
tests_test_gadget_LDADD = src/sim/libsim.a src/base/libbase.a $(CHECK_LIBS)

# A bus of them that unmodified programs see, and who talks over it.
EXTRA_DIST += tests/usb-mock-missing.sh
if HAVE_UMOCKDEV
check_PROGRAMS += tests/usb_mock
tests_usb_mock_SOURCES = tests/usb_mock.c tests/usb_mock.h tests/usb_mock_node.c \
	tests/usb_mock_tree.c tests/usb_tell.c tests/usb_tell.h
tests_usb_mock_CFLAGS = $(AM_CFLAGS) $(UMOCKDEV_CFLAGS)
tests_usb_mock_LDADD = src/sim/libsim.a src/base/libbase.a $(UMOCKDEV_LIBS)

check_DATA += tests/usb_mock_preload.so
CLEANFILES += tests/usb_mock_preload.so
EXTRA_DIST += tests/usb_mock_preload.c
tests/usb_mock_preload.so: tests/usb_mock_preload.c
	@$(MKDIR_P) tests
	$(AM_V_CCLD)$(CC) -D_GNU_SOURCE $(CFLAGS) -shared -fPIC -o $@ \
		$(top_srcdir)/tests/usb_mock_preload.c

usb_link = tests/usb_link.c tests/usb_link.h tests/link_user.c tests/link_user.h \
	tests/usb_tell.c tests/usb_tell.h tests/suite.h
usb_link_libs = src/usb/libusb.a src/io/libio.a src/base/libbase.a \
	$(USB_LIBS) $(UDEV_LIBS) $(EV_LIBS) $(CHECK_LIBS)

usb_mock_tests = tests/test-usb-mock tests/test-usb-link tests/test-usb-faults \
	tests/device/test-usb
check_PROGRAMS += $(usb_mock_tests)
TESTS += $(usb_mock_tests)
tests_test_usb_mock_SOURCES = tests/test-usb-mock.c tests/usb_tell.c tests/usb_tell.h tests/suite.h
tests_test_usb_mock_LDADD = $(USB_LIBS) $(CHECK_LIBS)
tests_test_usb_link_SOURCES = tests/test-usb-link.c $(usb_link)
tests_test_usb_link_LDADD = $(usb_link_libs)
tests_test_usb_faults_SOURCES = tests/test-usb-faults.c $(usb_link)
tests_test_usb_faults_LDADD = $(usb_link_libs)
tests_device_test_usb_SOURCES = tests/device/test-usb.c tests/usb_tell.c tests/usb_tell.h \
	$(mount_harness)
tests_device_test_usb_LDADD = $(CHECK_LIBS)
else
TESTS += tests/usb-mock-missing.sh
endif
