noinst_LIBRARIES += src/rpmsg/librpmsg.a
src_rpmsg_librpmsg_a_SOURCES = \
	src/rpmsg/address.c src/rpmsg/address.h \
	src/rpmsg/bus.c src/rpmsg/bus.h \
	src/rpmsg/carrier.h \
	src/rpmsg/carrier_link.c src/rpmsg/carrier_link.h \
	src/rpmsg/ept.c \
	src/rpmsg/ept_link.c \
	src/rpmsg/ept_send.c \
	src/rpmsg/inside.h \
	src/rpmsg/layout.h \
	src/rpmsg/ns.c src/rpmsg/ns.h
