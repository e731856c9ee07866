noinst_LIBRARIES += src/port/libport.a
src_port_libport_a_SOURCES = \
	src/port/port.h \
	src/port/wait.h
