# What a transfer costs, counted; and mhi-bench, which only has to run.
check_PROGRAMS += tests/test-counts
TESTS += tests/test-counts tests/device/test-bench.sh
dist_check_SCRIPTS += tests/device/test-bench.sh

tests_test_counts_SOURCES = tests/test-counts.c tests/rig.c tests/rig.h tests/suite.h
tests_test_counts_LDADD = $(device_libs) $(CHECK_LIBS)
tests_test_counts_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free,--wrap=memcpy

check_PROGRAMS += tests/device/test-syscalls
TESTS += tests/device/test-syscalls
tests_device_test_syscalls_SOURCES = tests/device/test-syscalls.c $(mount_harness)
tests_device_test_syscalls_LDADD = $(CHECK_LIBS)
