check_PROGRAMS += tests/test-base tests/test-log tests/test-loop tests/test-pool
TESTS += tests/test-base tests/test-log tests/test-loop tests/test-pool

tests_test_base_SOURCES = tests/test-base.c tests/suite.h
tests_test_base_LDADD = src/base/libbase.a $(CHECK_LIBS)
tests_test_log_SOURCES = tests/test-log.c tests/suite.h
tests_test_log_LDADD = src/io/libio.a src/base/libbase.a $(CHECK_LIBS)
tests_test_loop_SOURCES = tests/test-loop.c tests/suite.h
tests_test_loop_LDADD = src/io/libio.a src/base/libbase.a $(EV_LIBS) $(CHECK_LIBS)
tests_test_pool_SOURCES = tests/test-pool.c tests/suite.h
tests_test_pool_LDADD = src/io/libio.a src/base/libbase.a $(CHECK_LIBS)
