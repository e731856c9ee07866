noinst_PROGRAMS += mhi-bench

mhi_bench_SOURCES = \
	bench/bench.h \
	bench/bench-file.c \
	bench/bench-floor.c \
	bench/bench-idle.c \
	bench/bench-mem.c \
	bench/bench-open.c \
	bench/bench-race.c \
	bench/bench-ring.c \
	bench/bench-rpmsg.c \
	bench/bench-scale.c \
	bench/bench-usb.c \
	bench/bus-rig.c bench/bus-rig.h \
	bench/client.c bench/client.h \
	bench/clock.h \
	bench/daemon.c bench/daemon.h \
	bench/floor-copy.c \
	bench/floor-fuse.c \
	bench/floor-peer.c \
	bench/floor-ring.c \
	bench/floors.h \
	bench/measure.c bench/measure.h \
	bench/mhi-bench.c \
	bench/model.c bench/model.h \
	bench/pin.c bench/pin.h \
	bench/proc.c bench/proc.h \
	bench/remote.c bench/remote.h \
	bench/report.c bench/report.h \
	bench/rig.c bench/rig.h
nodist_mhi_bench_SOURCES = bench/commit.h
mhi_bench_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_builddir)
mhi_bench_LDADD = src/core/libcore.a src/sim/libsim.a \
	src/rpmsg/librpmsg.a src/usb/libusb.a src/base/libbase.a $(FUSE_LIBS) $(JANSSON_LIBS)

# Each figure names the commit it was taken from; the file changes only when
# the commit does.
bench/commit.h: FORCE
	@$(MKDIR_P) bench
	@commit=`git -C $(top_srcdir) describe --always --dirty 2>/dev/null || echo $(VERSION)`; \
	echo "#define BENCH_COMMIT \"$$commit\"" > $@.new; \
	if cmp -s $@.new $@; then rm -f $@.new; else mv $@.new $@; fi
FORCE:
bench/mhi_bench-report.$(OBJEXT): bench/commit.h
CLEANFILES += bench/commit.h
