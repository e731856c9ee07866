core_tests = tests/test-boot tests/test-channel tests/test-command tests/test-engine tests/test-event \
	tests/test-m3 tests/test-property tests/test-ring \
	tests/test-state tests/test-transfer
check_PROGRAMS += $(core_tests)
TESTS += $(core_tests)

core_fake = tests/fake_hw.c tests/fake_hw.h tests/suite.h
core_chan = tests/fake_chan.c tests/fake_chan.h $(core_fake)
core_rig = tests/engine_rig.c tests/engine_rig.h tests/suite.h
core_libs = src/core/libcore.a src/base/libbase.a $(CHECK_LIBS)

tests_test_ring_SOURCES = tests/test-ring.c tests/suite.h
tests_test_ring_LDADD = $(core_libs)
tests_test_event_SOURCES = tests/test-event.c $(core_chan)
tests_test_event_LDADD = $(core_libs)
tests_test_channel_SOURCES = tests/test-channel.c $(core_chan)
tests_test_channel_LDADD = $(core_libs)
tests_test_command_SOURCES = tests/test-command.c $(core_chan)
tests_test_command_LDADD = $(core_libs)
tests_test_transfer_SOURCES = tests/test-transfer.c $(core_chan)
tests_test_transfer_LDADD = $(core_libs)
tests_test_state_SOURCES = tests/test-state.c $(core_fake)
tests_test_state_LDADD = $(core_libs)
EXTRA_DIST += doc/device-states.md
tests_test_engine_SOURCES = tests/test-engine.c $(core_rig)
tests_test_engine_LDADD = src/sim/libsim.a $(core_libs)
tests_test_m3_SOURCES = tests/test-m3.c $(core_rig)
tests_test_m3_LDADD = src/sim/libsim.a $(core_libs)
tests_test_property_SOURCES = tests/test-property.c $(core_rig)
tests_test_property_LDADD = src/sim/libsim.a $(core_libs)
tests_test_boot_SOURCES = tests/test-boot.c $(core_rig)
tests_test_boot_LDADD = src/sim/libsim.a $(core_libs)
