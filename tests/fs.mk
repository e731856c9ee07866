check_PROGRAMS += tests/test-tree tests/test-handles
TESTS += tests/test-tree tests/test-handles
tests_test_handles_SOURCES = tests/test-handles.c tests/suite.h
tests_test_handles_LDADD = src/fs/libfs.a src/base/libbase.a $(CHECK_LIBS)
tests_test_tree_SOURCES = tests/test-tree.c tests/suite.h
tests_test_tree_LDADD = src/fs/libfs.a src/base/libbase.a $(CHECK_LIBS)

# On a real mount: they need root and /dev/fuse, and skip without.
mount_tests = \
	tests/device/test-clients \
	tests/device/test-death \
	tests/device/test-events \
	tests/device/test-faults \
	tests/device/test-files \
	tests/device/test-interrupts \
	tests/device/test-io \
	tests/device/test-limits \
	tests/device/test-opcodes \
	tests/device/test-outside \
	tests/device/test-poll \
	tests/device/test-requests \
	tests/device/test-signals \
	tests/device/test-tty \
	tests/device/test-users

check_PROGRAMS += $(mount_tests)
TESTS += $(mount_tests) tests/device/test-tools.sh
dist_check_SCRIPTS += tests/device/test-tools.sh

mount_harness = \
	tests/device/client.c tests/device/client.h \
	tests/device/mount.c tests/device/mount.h tests/suite.h
raw_harness = $(mount_harness) tests/device/raw.c tests/device/raw.h
shared_harness = $(mount_harness) tests/device/shared.c tests/device/shared.h

tests_device_test_clients_SOURCES = tests/device/test-clients.c $(shared_harness)
tests_device_test_clients_LDADD = $(CHECK_LIBS)
tests_device_test_death_SOURCES = tests/device/test-death.c $(shared_harness)
tests_device_test_death_LDADD = $(CHECK_LIBS)
tests_device_test_events_SOURCES = tests/device/test-events.c $(shared_harness)
tests_device_test_events_LDADD = $(JANSSON_LIBS) $(CHECK_LIBS)
tests_device_test_files_SOURCES = tests/device/test-files.c $(shared_harness)
tests_device_test_files_LDADD = $(CHECK_LIBS)
tests_device_test_interrupts_SOURCES = tests/device/test-interrupts.c $(raw_harness)
tests_device_test_interrupts_LDADD = $(CHECK_LIBS)
tests_device_test_io_SOURCES = tests/device/test-io.c $(shared_harness)
tests_device_test_io_LDADD = $(CHECK_LIBS)
tests_device_test_opcodes_SOURCES = tests/device/test-opcodes.c $(raw_harness)
tests_device_test_opcodes_LDADD = $(CHECK_LIBS)
tests_device_test_outside_SOURCES = tests/device/test-outside.c $(raw_harness)
tests_device_test_outside_LDADD = $(CHECK_LIBS)
tests_device_test_limits_SOURCES = tests/device/test-limits.c $(mount_harness)
tests_device_test_limits_LDADD = $(CHECK_LIBS)
tests_device_test_faults_SOURCES = tests/device/test-faults.c $(mount_harness)
tests_device_test_faults_LDADD = $(CHECK_LIBS)
tests_device_test_poll_SOURCES = tests/device/test-poll.c $(shared_harness)
tests_device_test_poll_LDADD = $(URING_LIBS) $(CHECK_LIBS)
tests_device_test_requests_SOURCES = tests/device/test-requests.c $(mount_harness)
tests_device_test_requests_LDADD = $(CHECK_LIBS)
tests_device_test_signals_SOURCES = tests/device/test-signals.c $(shared_harness)
tests_device_test_signals_LDADD = $(CHECK_LIBS)
tests_device_test_users_SOURCES = tests/device/test-users.c $(shared_harness)
tests_device_test_users_LDADD = $(CHECK_LIBS)
tests_device_test_tty_SOURCES = tests/device/test-tty.c $(mount_harness)
tests_device_test_tty_LDADD = $(CHECK_LIBS)
