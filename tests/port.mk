port_tests = tests/test-port-open tests/test-port-read tests/test-port-write \
	tests/test-port-death tests/test-port-poll tests/test-port-memory \
	tests/test-port-random
check_PROGRAMS += $(port_tests)
TESTS += $(port_tests)

port_fakes = tests/fake_link.c tests/fake_link.h tests/port_client.c tests/port_client.h \
	tests/suite.h
port_libs = src/port/libport.a src/base/libbase.a $(CHECK_LIBS)

tests_test_port_open_SOURCES = tests/test-port-open.c $(port_fakes)
tests_test_port_open_LDADD = $(port_libs)
tests_test_port_read_SOURCES = tests/test-port-read.c $(port_fakes)
tests_test_port_read_LDADD = $(port_libs)
tests_test_port_write_SOURCES = tests/test-port-write.c $(port_fakes)
tests_test_port_write_LDADD = $(port_libs)
tests_test_port_death_SOURCES = tests/test-port-death.c $(port_fakes)
tests_test_port_death_LDADD = $(port_libs)
tests_test_port_poll_SOURCES = tests/test-port-poll.c $(port_fakes)
tests_test_port_poll_LDADD = $(port_libs)
tests_test_port_memory_SOURCES = tests/test-port-memory.c $(port_fakes)
tests_test_port_memory_LDADD = $(port_libs)
tests_test_port_memory_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc,--wrap=calloc,--wrap=free
tests_test_port_random_SOURCES = tests/test-port-random.c tests/port_model.c \
	tests/port_model.h $(port_fakes)
tests_test_port_random_LDADD = $(port_libs)
