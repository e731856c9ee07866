# The rpmsg bus over a carrier that is the test.
rpmsg_rig = tests/rpmsg_rig.c tests/rpmsg_rig.h tests/suite.h
rpmsg_libs = src/rpmsg/librpmsg.a src/base/libbase.a $(CHECK_LIBS)

rpmsg_tests = tests/test-rpmsg-bus
check_PROGRAMS += $(rpmsg_tests)
TESTS += $(rpmsg_tests)

tests_test_rpmsg_bus_SOURCES = tests/test-rpmsg-bus.c $(rpmsg_rig)
tests_test_rpmsg_bus_LDADD = $(rpmsg_libs)
