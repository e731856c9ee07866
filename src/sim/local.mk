noinst_LIBRARIES += src/sim/libsim.a
src_sim_libsim_a_SOURCES = \
	src/sim/at-commands.c \
	src/sim/at-line.c \
	src/sim/at.h \
	src/sim/boot.c \
	src/sim/commands.c \
	src/sim/downlink.c \
	src/sim/fault-cases.c src/sim/fault-deeds.c src/sim/fault-inside.h \
	src/sim/fault-parse.c src/sim/fault.c src/sim/fault.h \
	src/sim/events.c \
	src/sim/firehose.c src/sim/firehose.h \
	src/sim/gadget-control.c \
	src/sim/gadget-edl.c \
	src/sim/gadget-fault.c \
	src/sim/gadget-firehose.c \
	src/sim/gadget-inside.h \
	src/sim/gadget-layout.c \
	src/sim/gadget-misdeeds.c \
	src/sim/gadget-pipe.c \
	src/sim/gadget-serial.c \
	src/sim/gadget-wdm.c \
	src/sim/gadget.c \
	src/sim/gadget.h \
	src/sim/gpio.c src/sim/gpio.h \
	src/sim/identity.c \
	src/sim/identity.h \
	src/sim/lane.c \
	src/sim/memory.c \
	src/sim/modem.h \
	src/sim/mouth.c \
	src/sim/peer-fault.h \
	src/sim/power.c \
	src/sim/registers.c \
	src/sim/rpmsg-liar.c src/sim/rpmsg-remote.h \
	src/sim/service-at.c \
	src/sim/service-diag.c \
	src/sim/service-firehose.c \
	src/sim/service-icmp.c \
	src/sim/service-nmea.c \
	src/sim/service-qmi.c \
	src/sim/service-rpmsg.c \
	src/sim/service-sahara.c \
	src/sim/service.c \
	src/sim/service.h \
	src/sim/sim.c \
	src/sim/sim.h \
	src/sim/talk.c \
	src/sim/uplink.c \
	src/sim/virtio-gpio.c \
	src/sim/virtio-rpmsg.c \
	src/sim/virtio.c src/sim/virtio.h \
	src/sim/virtio_kind.h \
	src/sim/vq.c src/sim/vq.h
