# What speaks on a channel from inside the process.
service_tests = tests/test-sahara-protocol tests/test-service-firehose tests/test-service-sahara
check_PROGRAMS += $(service_tests)
TESTS += $(service_tests)

sahara_ear = tests/sahara_ear.c tests/sahara_ear.h
tests_test_sahara_protocol_SOURCES = tests/test-sahara-protocol.c $(sahara_ear) tests/suite.h
tests_test_sahara_protocol_LDADD = src/service/libservice.a src/base/libbase.a $(CHECK_LIBS)
tests_test_service_firehose_SOURCES = tests/test-service-firehose.c tests/speaker.h tests/suite.h
tests_test_service_firehose_LDADD = $(sim_libs)
tests_test_service_sahara_SOURCES = tests/test-service-sahara.c tests/speaker.h tests/suite.h
tests_test_service_sahara_LDADD = src/service/libservice.a src/sim/libsim.a \
	src/base/libbase.a $(CHECK_LIBS)

service_rig_tests = tests/test-sahara
check_PROGRAMS += $(service_rig_tests)
TESTS += $(service_rig_tests)
tests_test_sahara_SOURCES = tests/test-sahara.c tests/rig.c tests/rig.h tests/suite.h
tests_test_sahara_LDADD = src/service/libservice.a $(device_libs) $(CHECK_LIBS)
