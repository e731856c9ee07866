# What a daemon that serves can no longer do, and who may open what.
check_PROGRAMS += tests/test-syscalls
TESTS += tests/test-syscalls tests/check-units
dist_check_SCRIPTS += tests/check-units

tests_test_syscalls_SOURCES = tests/test-syscalls.c tests/suite.h \
	src/cli/syscalls.c src/cli/syscalls.h
tests_test_syscalls_LDADD = $(SECCOMP_LIBS) $(CHECK_LIBS)

# On a real mount, as those of fs.mk.
sandbox_tests = tests/device/test-log tests/device/test-rights tests/device/test-sandbox
check_PROGRAMS += $(sandbox_tests)
TESTS += $(sandbox_tests)
tests_device_test_rights_SOURCES = tests/device/test-rights.c $(shared_harness)
tests_device_test_rights_LDADD = $(CHECK_LIBS)
tests_device_test_sandbox_SOURCES = tests/device/test-sandbox.c $(mount_harness)
tests_device_test_sandbox_LDADD = $(CHECK_LIBS)
tests_device_test_log_SOURCES = tests/device/test-log.c $(mount_harness)
tests_device_test_log_LDADD = $(CHECK_LIBS)
