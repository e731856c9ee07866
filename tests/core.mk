core_tests = tests/test-ring tests/test-event
check_PROGRAMS += $(core_tests)
TESTS += $(core_tests)

core_fake = tests/fake_hw.c tests/fake_hw.h tests/suite.h
core_libs = src/core/libcore.a src/base/libbase.a $(CHECK_LIBS)

tests_test_ring_SOURCES = tests/test-ring.c tests/suite.h
tests_test_ring_LDADD = $(core_libs)
tests_test_event_SOURCES = tests/test-event.c $(core_fake)
tests_test_event_LDADD = $(core_libs)
