noinst_LIBRARIES += src/io/libio.a
src_io_libio_a_SOURCES = \
	src/io/log.c src/io/log.h \
	src/io/loop.c src/io/loop.h \
	src/io/msgsock.c src/io/msgsock.h \
	src/io/notifier.c src/io/notifier.h \
	src/io/pool.c src/io/pool.h src/io/pool_physical.c \
	src/io/sysfs.c src/io/sysfs.h \
	src/io/unixsock.c src/io/unixsock.h
