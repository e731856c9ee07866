noinst_LIBRARIES += src/service/libservice.a
src_service_libservice_a_SOURCES = \
	src/service/pty.c src/service/pty.h \
	src/service/tty.c src/service/tty.h
