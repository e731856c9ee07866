noinst_LIBRARIES += src/core/libcore.a
src_core_libcore_a_SOURCES = \
	src/core/boot.c \
	src/core/boot.h \
	src/core/channel.c \
	src/core/channel.h \
	src/core/command.c \
	src/core/command.h \
	src/core/dump.c \
	src/core/dump.h \
	src/core/engine.c \
	src/core/engine.h \
	src/core/event.c \
	src/core/event.h \
	src/core/host.h \
	src/core/hw.h \
	src/core/layout.h \
	src/core/link.h \
	src/core/mission.c \
	src/core/mission.h \
	src/core/pace.c \
	src/core/pace.h \
	src/core/power.c \
	src/core/power.h \
	src/core/regs.c \
	src/core/regs.h \
	src/core/report.c \
	src/core/ring.c \
	src/core/ring.h \
	src/core/shape.c \
	src/core/startup.c \
	src/core/startup.h \
	src/core/state.c \
	src/core/state.h \
	src/core/transfer.c \
	src/core/transfer.h
