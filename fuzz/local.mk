# A target is built around libFuzzer with --enable-fuzzers, else around
# replay.c, which feeds it every file of fuzz/corpus-NAME in make check:
#
#	fuzz_targets += fuzz/fuzz-NAME
#	fuzz_fuzz_NAME_SOURCES = fuzz/fuzz-NAME.c $(fuzz_main)
#	fuzz_fuzz_NAME_LDADD = ...
#	fuzz_fuzz_NAME_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
#	EXTRA_DIST += fuzz/corpus-NAME
fuzz_targets =

fuzz_targets += fuzz/fuzz-port
fuzz_fuzz_port_SOURCES = fuzz/fuzz-port.c $(fuzz_main) tests/fake_link.c tests/fake_link.h \
	tests/port_client.c tests/port_client.h
fuzz_fuzz_port_LDADD = src/port/libport.a src/base/libbase.a
fuzz_fuzz_port_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
EXTRA_DIST += fuzz/corpus-port

if FUZZERS
fuzz_main =
noinst_PROGRAMS += $(fuzz_targets)
else
fuzz_main = fuzz/replay.c
check_PROGRAMS += $(fuzz_targets)
TESTS += $(fuzz_targets)
endif

fuzz_targets += fuzz/fuzz-config
fuzz_fuzz_config_SOURCES = fuzz/fuzz-config.c $(fuzz_main)
fuzz_fuzz_config_LDADD = src/device/libdevice.a src/usb/libusb.a src/core/libcore.a src/base/libbase.a $(CONFUSE_LIBS)
fuzz_fuzz_config_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
EXTRA_DIST += fuzz/corpus-config

fuzz_targets += fuzz/fuzz-event
fuzz_fuzz_event_SOURCES = fuzz/fuzz-event.c $(fuzz_main) tests/fake_hw.c tests/fake_hw.h
fuzz_fuzz_event_LDADD = src/core/libcore.a src/base/libbase.a
fuzz_fuzz_event_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
EXTRA_DIST += fuzz/corpus-event

fuzz_targets += fuzz/fuzz-vfio-user
fuzz_fuzz_vfio_user_SOURCES = fuzz/fuzz-vfio-user.c $(fuzz_main)
fuzz_fuzz_vfio_user_LDADD = src/serve/libserve.a src/transport/libtransport.a \
	src/sim/libsim.a src/io/libio.a src/base/libbase.a $(JANSSON_LIBS) $(EV_LIBS)
fuzz_fuzz_vfio_user_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
EXTRA_DIST += fuzz/corpus-vfio-user

# The client waits for answers in poll(): that is where the peer runs.
fuzz_targets += fuzz/fuzz-vfio-user-client
fuzz_fuzz_vfio_user_client_SOURCES = fuzz/fuzz-vfio-user-client.c $(fuzz_main)
fuzz_fuzz_vfio_user_client_LDADD = src/transport/libtransport.a src/sim/libsim.a \
	src/virtio/libvirtio.a src/io/libio.a src/base/libbase.a $(JANSSON_LIBS) $(EV_LIBS)
fuzz_fuzz_vfio_user_client_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS) -Wl,--wrap=poll
EXTRA_DIST += fuzz/corpus-vfio-user-client

fuzz_targets += fuzz/fuzz-gpio
fuzz_fuzz_gpio_SOURCES = fuzz/fuzz-gpio.c $(fuzz_main)
fuzz_fuzz_gpio_LDADD = src/gpio/libgpio.a src/base/libbase.a
fuzz_fuzz_gpio_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
EXTRA_DIST += fuzz/corpus-gpio

fuzz_targets += fuzz/fuzz-usb-descriptors
fuzz_fuzz_usb_descriptors_SOURCES = fuzz/fuzz-usb-descriptors.c $(fuzz_main)
fuzz_fuzz_usb_descriptors_LDADD = src/usb/libusb.a src/base/libbase.a
fuzz_fuzz_usb_descriptors_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
EXTRA_DIST += fuzz/corpus-usb-descriptors

fuzz_targets += fuzz/fuzz-usb-link
fuzz_fuzz_usb_link_SOURCES = fuzz/fuzz-usb-link.c tests/fake_usb.c tests/fake_usb.h \
	tests/link_user.c tests/link_user.h tests/usb_bench.c tests/usb_bench.h $(fuzz_main)
fuzz_fuzz_usb_link_LDADD = src/usb/libusb.a src/base/libbase.a
fuzz_fuzz_usb_link_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
EXTRA_DIST += fuzz/corpus-usb-link

fuzz_targets += fuzz/fuzz-vring
fuzz_fuzz_vring_SOURCES = fuzz/fuzz-vring.c tests/vring_rig.c tests/vring_rig.h $(fuzz_main)
fuzz_fuzz_vring_LDADD = src/sim/libsim.a src/virtio/libvirtio.a src/base/libbase.a
fuzz_fuzz_vring_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
EXTRA_DIST += fuzz/corpus-vring

fuzz_targets += fuzz/fuzz-vhost-server
fuzz_fuzz_vhost_server_SOURCES = fuzz/fuzz-vhost-server.c $(fuzz_main)
fuzz_fuzz_vhost_server_LDADD = src/serve/libserve.a src/transport/libtransport.a \
	src/sim/libsim.a src/io/libio.a src/base/libbase.a $(JANSSON_LIBS) $(EV_LIBS)
fuzz_fuzz_vhost_server_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
EXTRA_DIST += fuzz/corpus-vhost-server

fuzz_targets += fuzz/fuzz-vhost-user
fuzz_fuzz_vhost_user_SOURCES = fuzz/fuzz-vhost-user.c $(fuzz_main)
fuzz_fuzz_vhost_user_LDADD = src/transport/libtransport.a src/virtio/libvirtio.a \
	src/sim/libsim.a src/io/libio.a src/base/libbase.a $(EV_LIBS)
fuzz_fuzz_vhost_user_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
EXTRA_DIST += fuzz/corpus-vhost-user

fuzz_targets += fuzz/fuzz-rpmsg
fuzz_fuzz_rpmsg_SOURCES = fuzz/fuzz-rpmsg.c tests/rpmsg_rig.c tests/rpmsg_rig.h $(fuzz_main)
fuzz_fuzz_rpmsg_LDADD = src/rpmsg/librpmsg.a src/base/libbase.a
fuzz_fuzz_rpmsg_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
EXTRA_DIST += fuzz/corpus-rpmsg

fuzz_targets += fuzz/fuzz-sahara
fuzz_fuzz_sahara_SOURCES = fuzz/fuzz-sahara.c tests/sahara_ear.c tests/sahara_ear.h $(fuzz_main)
fuzz_fuzz_sahara_LDADD = src/service/libservice.a src/base/libbase.a
fuzz_fuzz_sahara_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
EXTRA_DIST += fuzz/corpus-sahara

# The core once more, with each look at shared memory answered by the target.
fuzz_liar = fuzz/asserting.c fuzz/liar.c fuzz/liar.h fuzz/look.h tests/engine_rig.c tests/engine_rig.h \
	$(src_core_libcore_a_SOURCES) $(fuzz_main)
fuzz_liar_cflags = $(AM_CFLAGS) -include $(top_srcdir)/fuzz/look.h
fuzz_liar_libs = src/sim/libsim.a src/base/libbase.a

fuzz_targets += fuzz/fuzz-registers
fuzz_fuzz_registers_SOURCES = fuzz/fuzz-registers.c $(fuzz_liar)
fuzz_fuzz_registers_CFLAGS = $(fuzz_liar_cflags)
fuzz_fuzz_registers_LDADD = $(fuzz_liar_libs)
fuzz_fuzz_registers_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
EXTRA_DIST += fuzz/corpus-registers

fuzz_targets += fuzz/fuzz-bhi
fuzz_fuzz_bhi_SOURCES = fuzz/fuzz-bhi.c $(fuzz_liar)
fuzz_fuzz_bhi_CFLAGS = $(fuzz_liar_cflags)
fuzz_fuzz_bhi_LDADD = $(fuzz_liar_libs)
fuzz_fuzz_bhi_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
EXTRA_DIST += fuzz/corpus-bhi

fuzz_targets += fuzz/fuzz-fuse
fuzz_fuzz_fuse_SOURCES = fuzz/fuzz-fuse.c fuzz/fs_world.c fuzz/fs_world.h \
	tests/fake_link.c tests/fake_link.h $(fuzz_main)
fuzz_fuzz_fuse_LDADD = src/fs/libfs.a src/port/libport.a src/device/libdevice.a \
	src/io/libio.a src/base/libbase.a $(FUSE_LIBS) $(JANSSON_LIBS) $(EV_LIBS)
fuzz_fuzz_fuse_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
EXTRA_DIST += fuzz/corpus-fuse
