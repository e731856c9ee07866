# The fault table: F01 to F90, by what covers them.
check_PROGRAMS += tests/faults
TESTS += tests/faults

tests_faults_SOURCES = \
	tests/faults.c tests/faults.h tests/fault-case.c tests/fault-rows.c \
	tests/fault-elsewhere.c tests/engine_rig.c tests/engine_rig.h
tests_faults_LDADD = \
	src/core/libcore.a src/sim/libsim.a src/base/libbase.a
