# Both sides of a virtqueue, and the simulated virtio device.
virtio_tests = tests/test-vring tests/test-vring-property tests/test-vring-threads \
	tests/test-vq tests/test-sim-virtio
check_PROGRAMS += $(virtio_tests)
TESTS += $(virtio_tests)

virtio_rig = tests/vring_rig.c tests/vring_rig.h tests/suite.h
virtio_libs = src/sim/libsim.a src/virtio/libvirtio.a src/base/libbase.a $(CHECK_LIBS)

tests_test_vring_SOURCES = tests/test-vring.c $(virtio_rig)
tests_test_vring_LDADD = $(virtio_libs)
tests_test_vq_SOURCES = tests/test-vq.c $(virtio_rig)
tests_test_vq_LDADD = $(virtio_libs)
tests_test_vring_property_SOURCES = tests/test-vring-property.c tests/vring_plain.c \
	tests/vring_plain.h $(virtio_rig)
tests_test_vring_property_LDADD = $(virtio_libs)
tests_test_sim_virtio_SOURCES = tests/test-sim-virtio.c tests/virtio_host.c \
	tests/virtio_host.h tests/suite.h
tests_test_sim_virtio_LDADD = $(virtio_libs)
tests_test_vring_threads_SOURCES = tests/test-vring-threads.c $(virtio_rig)
tests_test_vring_threads_CFLAGS = $(AM_CFLAGS) -pthread
tests_test_vring_threads_LDADD = $(virtio_libs)
