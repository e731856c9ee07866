noinst_LIBRARIES += src/virtio/libvirtio.a
src_virtio_libvirtio_a_SOURCES = \
	src/virtio/layout.h \
	src/virtio/ops.h \
	src/virtio/vring.c src/virtio/vring.h
