noinst_LIBRARIES += src/base/libbase.a
src_base_libbase_a_SOURCES = \
	src/base/bytes.h \
	src/base/cleanup.h \
	src/base/iova.h \
	src/base/list.h \
	src/base/text.c src/base/text.h \
	src/base/timers.c src/base/timers.h
