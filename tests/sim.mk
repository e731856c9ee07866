sim_host = tests/sim-host.c tests/sim-host.h tests/suite.h

check_PROGRAMS += tests/test-sim
TESTS += tests/test-sim
tests_test_sim_SOURCES = tests/test-sim.c $(sim_host)
tests_test_sim_LDADD = src/sim/libsim.a src/base/libbase.a $(CHECK_LIBS)
