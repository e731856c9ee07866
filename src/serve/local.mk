noinst_LIBRARIES += src/serve/libserve.a
src_serve_libserve_a_SOURCES = \
	src/serve/config_space.c src/serve/config_space.h \
	src/serve/function.c src/serve/function.h \
	src/serve/peer.c src/serve/peer.h \
	src/serve/server.c src/serve/server.h \
	src/serve/vhost_device.c src/serve/vhost_device.h \
	src/serve/vhost_memory.c src/serve/vhost_memory.h \
	src/serve/vhost_server.c src/serve/vhost_server.h \
	src/serve/windows.c src/serve/windows.h
