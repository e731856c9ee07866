# The fault table, F01 to F90, and the faults of the simulated modem.
check_PROGRAMS += tests/faults tests/test-fault
TESTS += tests/faults tests/test-fault

# The table counts what the others said of themselves in their logs.
faults_log = tests/faults.log
$(faults_log): $(TEST_LOGS:tests/faults.log=)

# Its own main stands in for the runner of the rig's assertions.
tests_faults_SOURCES = \
	tests/faults.c tests/faults.h tests/fault-case.c tests/fault-rows.c \
	tests/fault-elsewhere.c tests/engine_rig.c tests/engine_rig.h
tests_faults_LDADD = \
	src/core/libcore.a src/sim/libsim.a src/base/libbase.a
tests_test_fault_SOURCES = tests/test-fault.c $(sim_host)
tests_test_fault_LDADD = $(sim_libs)
