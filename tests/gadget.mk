# The simulated USB modem, driven by hand.
check_PROGRAMS += tests/test-gadget
TESTS += tests/test-gadget
tests_test_gadget_SOURCES = tests/test-gadget.c tests/suite.h
tests_test_gadget_LDADD = src/sim/libsim.a src/base/libbase.a $(CHECK_LIBS)
