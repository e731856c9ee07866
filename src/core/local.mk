noinst_LIBRARIES += src/core/libcore.a
src_core_libcore_a_SOURCES = \
	src/core/engine.h \
	src/core/hw.h \
	src/core/layout.h \
	src/core/link.h
