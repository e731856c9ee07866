sim_server = tests/sim_server.c tests/sim_server.h
serve_libs = \
	src/serve/libserve.a src/transport/libtransport.a src/sim/libsim.a \
	src/core/libcore.a src/io/libio.a src/base/libbase.a $(JANSSON_LIBS) $(EV_LIBS)

check_PROGRAMS += tests/test-config-space tests/test-function tests/test-peer tests/test-vfio-user tests/test-windows
TESTS += tests/test-config-space tests/test-function tests/test-peer tests/test-vfio-user tests/test-windows

tests_test_config_space_SOURCES = tests/test-config-space.c tests/suite.h
tests_test_config_space_LDADD = src/serve/libserve.a $(CHECK_LIBS)
tests_test_vfio_user_SOURCES = tests/test-vfio-user.c $(sim_server) tests/suite.h
tests_test_vfio_user_LDADD = $(serve_libs) $(CHECK_LIBS)
tests_test_windows_SOURCES = tests/test-windows.c tests/suite.h
tests_test_windows_LDADD = src/serve/libserve.a $(CHECK_LIBS)
tests_test_function_SOURCES = tests/test-function.c tests/suite.h
tests_test_function_LDADD = $(serve_libs) $(CHECK_LIBS)
tests_test_peer_SOURCES = tests/test-peer.c tests/suite.h
tests_test_peer_LDADD = $(serve_libs) $(CHECK_LIBS)
