check_PROGRAMS += \
	tests/test-spec tests/test-profile tests/test-config tests/test-events
TESTS += \
	tests/test-spec tests/test-profile tests/test-config tests/test-events

tests_test_spec_SOURCES = tests/test-spec.c tests/suite.h
tests_test_spec_LDADD = $(device_libs) $(CHECK_LIBS)
tests_test_profile_SOURCES = tests/test-profile.c tests/suite.h
tests_test_profile_LDADD = $(device_libs) $(CHECK_LIBS)
tests_test_config_SOURCES = tests/test-config.c tests/suite.h
tests_test_config_LDADD = $(device_libs) $(CHECK_LIBS)
tests_test_events_SOURCES = tests/test-events.c tests/suite.h
tests_test_events_LDADD = $(device_libs) $(CHECK_LIBS)

# Devices without a filesystem.
rig_tests = tests/test-registry tests/test-nodes tests/test-driver \
	tests/test-crash-regs tests/test-firmware tests/test-recovery tests/test-sleep
check_PROGRAMS += $(rig_tests)
TESTS += $(rig_tests)
clock_rig = tests/clock.c tests/clock.h tests/rig.c tests/rig.h tests/suite.h
clock_wrap = -Wl,--wrap=clock_gettime
tests_test_registry_SOURCES = tests/test-registry.c tests/rig.c tests/rig.h tests/suite.h
tests_test_registry_LDADD = $(device_libs) $(CHECK_LIBS)
tests_test_nodes_SOURCES = tests/test-nodes.c tests/rig.c tests/rig.h tests/suite.h
tests_test_nodes_LDADD = $(device_libs) $(CHECK_LIBS)
tests_test_crash_regs_SOURCES = tests/test-crash-regs.c tests/suite.h
tests_test_crash_regs_LDADD = $(device_libs) $(CHECK_LIBS)
tests_test_firmware_SOURCES = tests/test-firmware.c tests/rig.c tests/rig.h tests/suite.h
tests_test_firmware_LDADD = $(device_libs) $(CHECK_LIBS)
tests_test_recovery_SOURCES = tests/test-recovery.c $(clock_rig)
tests_test_recovery_LDADD = $(device_libs) $(CHECK_LIBS)
tests_test_recovery_LDFLAGS = $(AM_LDFLAGS) $(clock_wrap)
tests_test_sleep_SOURCES = tests/test-sleep.c $(clock_rig)
tests_test_sleep_LDADD = $(device_libs) $(CHECK_LIBS)
tests_test_sleep_LDFLAGS = $(AM_LDFLAGS) $(clock_wrap)

# On a real mount, as those of fs.mk.
check_PROGRAMS += tests/device/test-daemon tests/device/test-pause tests/device/test-recovery
TESTS += tests/device/test-daemon tests/device/test-pause tests/device/test-recovery
tests_device_test_pause_SOURCES = tests/device/test-pause.c $(mount_harness)
tests_device_test_pause_LDADD = $(CHECK_LIBS)
tests_device_test_daemon_SOURCES = tests/device/test-daemon.c $(mount_harness)
tests_device_test_daemon_LDADD = $(CHECK_LIBS)
if HAVE_SYSTEMD
check_PROGRAMS += tests/device/test-sleep
TESTS += tests/device/test-sleep
tests_device_test_sleep_SOURCES = tests/device/test-sleep.c \
	tests/device/fake_logind.c tests/device/fake_logind.h $(mount_harness)
tests_device_test_sleep_LDADD = $(SYSTEMD_LIBS) $(CHECK_LIBS)
endif
tests_device_test_recovery_SOURCES = tests/device/test-recovery.c $(mount_harness)
tests_device_test_recovery_LDADD = $(CHECK_LIBS)
tests_test_driver_SOURCES = tests/test-driver.c tests/rig.c tests/rig.h tests/suite.h
tests_test_driver_LDADD = $(device_libs) $(CHECK_LIBS)
