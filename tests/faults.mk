# The fault table, F01 to F90, and the faults of the simulated modem.
check_PROGRAMS += tests/faults tests/test-fault
TESTS += tests/faults tests/test-fault

# The table counts what the others said of themselves in their logs.
faults_log = tests/faults.log
$(faults_log): $(TEST_LOGS:tests/faults.log=)

# Its own main stands in for the runner of the rig's assertions.
tests_faults_SOURCES = \
	tests/faults.c tests/faults.h tests/fault-case.c tests/fault-rows.c \
	tests/fault-neighbour.c tests/fault-balance.c \
	tests/fault-elsewhere.c tests/engine_rig.c tests/engine_rig.h
tests_faults_LDADD = \
	src/core/libcore.a src/sim/libsim.a src/base/libbase.a
tests_faults_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc \
	-Wl,--wrap=aligned_alloc,--wrap=free
tests_test_fault_SOURCES = tests/test-fault.c $(sim_host)
tests_test_fault_LDADD = $(sim_libs)

# On a real mount, as those of fs.mk.
check_PROGRAMS += tests/device/test-modem-faults
TESTS += tests/device/test-modem-faults
tests_device_test_modem_faults_SOURCES = tests/device/test-modem-faults.c $(mount_harness)
tests_device_test_modem_faults_LDADD = src/sim/libsim.a src/base/libbase.a $(CHECK_LIBS)
