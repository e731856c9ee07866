vhost_libs = \
	src/serve/libserve.a src/transport/libtransport.a src/virtio/libvirtio.a \
	src/sim/libsim.a src/io/libio.a src/base/libbase.a $(JANSSON_LIBS) $(EV_LIBS)
vhost_driver = tests/vhost_driver.c tests/vhost_driver.h
fake_sim_virtio = tests/fake_sim_virtio.c tests/fake_sim_virtio.h

check_PROGRAMS += tests/test-vhost-device tests/test-vhost-server tests/test-vhost-user
TESTS += tests/test-vhost-device tests/test-vhost-server tests/test-vhost-user

tests_test_vhost_user_SOURCES = tests/test-vhost-user.c tests/suite.h $(vhost_driver) \
	$(fake_sim_virtio) tests/vhost_peer.c tests/vhost_peer.h
tests_test_vhost_user_LDADD = $(vhost_libs) $(CHECK_LIBS)

vhost_front = tests/vhost_front.c tests/vhost_front.h tests/vhost_client.c \
	tests/vhost_client.h $(fake_sim_virtio) tests/suite.h
tests_test_vhost_device_SOURCES = tests/test-vhost-device.c $(vhost_front)
tests_test_vhost_device_LDADD = $(vhost_libs) $(CHECK_LIBS)
tests_test_vhost_server_SOURCES = tests/test-vhost-server.c $(vhost_front)
tests_test_vhost_server_LDADD = $(vhost_libs) $(CHECK_LIBS)
