# The rpmsg bus over a carrier that is the test, and the simulated remote.
rpmsg_rig = tests/rpmsg_rig.c tests/rpmsg_rig.h tests/suite.h
rpmsg_libs = src/rpmsg/librpmsg.a src/base/libbase.a $(CHECK_LIBS)

rpmsg_tests = tests/test-rpmsg-bus tests/test-rpmsg-carrier tests/test-rpmsg-device \
	tests/test-rpmsg-ns \
	tests/test-rpmsg-port tests/test-rpmsg-property tests/test-rpmsg-remote \
	tests/test-rpmsg-vrings
check_PROGRAMS += $(rpmsg_tests)
TESTS += $(rpmsg_tests)

tests_test_rpmsg_bus_SOURCES = tests/test-rpmsg-bus.c $(rpmsg_rig)
tests_test_rpmsg_bus_LDADD = $(rpmsg_libs)
tests_test_rpmsg_carrier_SOURCES = tests/test-rpmsg-carrier.c tests/fake_link.c \
	tests/fake_link.h tests/suite.h
tests_test_rpmsg_carrier_LDADD = $(rpmsg_libs)
tests_test_rpmsg_device_SOURCES = tests/test-rpmsg-device.c tests/rig.c tests/rig.h \
	tests/suite.h
tests_test_rpmsg_device_LDADD = $(device_libs) $(CHECK_LIBS)
tests_test_rpmsg_ns_SOURCES = tests/test-rpmsg-ns.c $(rpmsg_rig)
tests_test_rpmsg_ns_LDADD = $(rpmsg_libs)
tests_test_rpmsg_port_SOURCES = tests/test-rpmsg-port.c $(rpmsg_rig)
tests_test_rpmsg_port_LDADD = src/port/libport.a $(rpmsg_libs)
tests_test_rpmsg_property_SOURCES = tests/test-rpmsg-property.c $(rpmsg_rig)
tests_test_rpmsg_property_LDADD = $(rpmsg_libs)
tests_test_rpmsg_remote_SOURCES = tests/test-rpmsg-remote.c tests/speaker.h $(rpmsg_rig)
tests_test_rpmsg_remote_LDADD = src/sim/libsim.a $(rpmsg_libs)
tests_test_rpmsg_vrings_SOURCES = tests/test-rpmsg-vrings.c $(rpmsg_rig)
tests_test_rpmsg_vrings_LDADD = $(device_libs) $(CHECK_LIBS)

# On a real mount, as those of fs.mk.
check_PROGRAMS += tests/device/test-rpmsg
TESTS += tests/device/test-rpmsg
tests_device_test_rpmsg_SOURCES = tests/device/test-rpmsg.c $(shared_harness)
tests_device_test_rpmsg_LDADD = $(JANSSON_LIBS) $(CHECK_LIBS)

# The faults F61 to F66 by their ids, and of gpio controllers too.
check_PROGRAMS += tests/test-peer-faults
TESTS += tests/test-peer-faults
tests_test_peer_faults_SOURCES = tests/test-peer-faults.c tests/rig.c tests/rig.h tests/suite.h
tests_test_peer_faults_LDADD = src/serve/libserve.a $(device_libs) $(CHECK_LIBS)
