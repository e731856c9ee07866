# The simulated modem, driven by hand, and what lives on its channels.
sim_host = tests/sim-host.c tests/sim-host.h tests/suite.h
sim_libs = src/sim/libsim.a src/base/libbase.a $(CHECK_LIBS)

sim_tests = tests/test-sim tests/test-sim-channels tests/test-sim-traffic
check_PROGRAMS += $(sim_tests)
TESTS += $(sim_tests)

tests_test_sim_SOURCES = tests/test-sim.c $(sim_host)
tests_test_sim_LDADD = $(sim_libs)
tests_test_sim_channels_SOURCES = tests/test-sim-channels.c $(sim_host)
tests_test_sim_channels_LDADD = $(sim_libs)
tests_test_sim_traffic_SOURCES = tests/test-sim-traffic.c $(sim_host)
tests_test_sim_traffic_LDADD = $(sim_libs)
