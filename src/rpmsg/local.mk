noinst_LIBRARIES += src/rpmsg/librpmsg.a
src_rpmsg_librpmsg_a_SOURCES = \
	src/rpmsg/bus.h \
	src/rpmsg/carrier.h \
	src/rpmsg/layout.h
