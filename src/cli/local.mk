bin_PROGRAMS += mhictl
mhictl_SOURCES = \
	src/cli/mhictl.c src/cli/mhictl.h \
	src/cli/mhictl-list.c src/cli/mhictl-show.c \
	src/cli/mhictl-watch.c src/cli/mhictl-power.c \
	src/cli/mhictl-bind.c src/cli/mhictl-doctor.c \
	src/cli/mhictl-boot.c src/cli/mhictl-dump.c \
	src/cli/function-json.c src/cli/function-json.h \
	src/cli/modem-json.c src/cli/modem-json.h \
	src/cli/patience.c src/cli/patience.h \
	src/cli/report.c src/cli/report.h \
	src/cli/device-dir.c src/cli/device-dir.h \
	src/cli/device-json.c src/cli/device-json.h \
	src/cli/event-line.c src/cli/event-line.h \
	src/cli/table.c src/cli/table.h
mhictl_LDADD = $(device_libs)

sbin_PROGRAMS += mhifs
mhifs_SOURCES = \
	src/cli/mhifs.c \
	src/cli/mhifs-daemon.c src/cli/mhifs-daemon.h \
	src/cli/mhifs-options.c src/cli/mhifs-options.h \
	src/cli/background.c src/cli/background.h \
	src/cli/logind.c src/cli/logind.h \
	src/cli/notify.c src/cli/notify.h \
	src/cli/sandbox.c src/cli/sandbox.h \
	src/cli/capabilities.c src/cli/capabilities.h \
	src/cli/syscalls.c src/cli/syscalls.h
if HAVE_SYSTEMD
mhifs_SOURCES += src/cli/bus.c src/cli/bus.h
endif
mhifs_LDADD = src/fs/libfs.a src/service/libservice.a $(device_libs) $(FUSE_LIBS) \
	$(CAP_NG_LIBS) $(SECCOMP_LIBS)

bin_PROGRAMS += mhi-sim
mhi_sim_SOURCES = src/cli/mhi-sim.c src/cli/mhi-sim.h src/cli/mhi-sim-vhost.c
mhi_sim_LDADD = src/serve/libserve.a $(device_libs)

bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = completions/mhictl completions/mhi-sim
