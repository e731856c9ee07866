# The simulated modem, driven by hand, and what lives on its channels.
sim_host = tests/sim-host.c tests/sim-host.h tests/suite.h
sim_libs = src/sim/libsim.a src/base/libbase.a $(CHECK_LIBS)

sim_tests = \
	tests/test-sim tests/test-sim-channels tests/test-sim-services tests/test-sim-traffic \
	tests/test-service-at tests/test-service-diag tests/test-service-icmp \
	tests/test-service-nmea tests/test-service-qmi tests/test-loopback
check_PROGRAMS += $(sim_tests)
TESTS += $(sim_tests)

tests_test_sim_SOURCES = tests/test-sim.c $(sim_host)
tests_test_sim_LDADD = $(sim_libs)
tests_test_sim_channels_SOURCES = tests/test-sim-channels.c $(sim_host)
tests_test_sim_channels_LDADD = $(sim_libs)
tests_test_sim_services_SOURCES = tests/test-sim-services.c $(sim_host)
tests_test_sim_services_LDADD = $(sim_libs)
tests_test_sim_traffic_SOURCES = tests/test-sim-traffic.c $(sim_host)
tests_test_sim_traffic_LDADD = $(sim_libs)
tests_test_service_at_SOURCES = tests/test-service-at.c tests/speaker.h tests/suite.h
tests_test_service_at_LDADD = $(sim_libs)
tests_test_service_diag_SOURCES = tests/test-service-diag.c tests/speaker.h tests/suite.h
tests_test_service_diag_LDADD = $(sim_libs)
tests_test_service_icmp_SOURCES = tests/test-service-icmp.c tests/speaker.h tests/suite.h
tests_test_service_icmp_LDADD = $(sim_libs)
tests_test_service_nmea_SOURCES = tests/test-service-nmea.c tests/speaker.h tests/suite.h
tests_test_service_nmea_LDADD = $(sim_libs)
tests_test_service_qmi_SOURCES = tests/test-service-qmi.c tests/speaker.h tests/suite.h
tests_test_service_qmi_LDADD = $(sim_libs)
tests_test_loopback_SOURCES = tests/test-loopback.c tests/suite.h
tests_test_loopback_LDADD = \
	src/transport/libtransport.a src/sim/libsim.a src/io/libio.a src/base/libbase.a \
	$(EV_LIBS) $(CHECK_LIBS)
