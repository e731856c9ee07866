# What a daemon that serves can no longer do, and who may open what.
check_PROGRAMS += tests/test-syscalls
TESTS += tests/test-syscalls tests/check-units
dist_check_SCRIPTS += tests/check-units

tests_test_syscalls_SOURCES = tests/test-syscalls.c tests/suite.h \
	src/cli/syscalls.c src/cli/syscalls.h
tests_test_syscalls_LDADD = $(SECCOMP_LIBS) $(CHECK_LIBS)
