noinst_LIBRARIES += src/port/libport.a
src_port_libport_a_SOURCES = \
	src/port/file.c \
	src/port/file.h \
	src/port/instance.c \
	src/port/instance.h \
	src/port/port.c \
	src/port/port.h \
	src/port/rx.c \
	src/port/rx.h \
	src/port/tx.c \
	src/port/tx.h \
	src/port/wait.h
