noinst_LIBRARIES += src/service/libservice.a
src_service_libservice_a_SOURCES = \
	src/service/pty.c src/service/pty.h \
	src/service/sahara.c src/service/sahara.h \
	src/service/sahara_inside.h \
	src/service/sahara_memory.c \
	src/service/sahara_protocol.c src/service/sahara_protocol.h \
	src/service/tty.c src/service/tty.h
