bin_PROGRAMS += mhictl
mhictl_SOURCES = \
	src/cli/mhictl.c src/cli/mhictl.h \
	src/cli/mhictl-list.c src/cli/mhictl-show.c \
	src/cli/mhictl-watch.c src/cli/mhictl-power.c \
	src/cli/report.c src/cli/report.h \
	src/cli/device-dir.c src/cli/device-dir.h \
	src/cli/device-json.c src/cli/device-json.h \
	src/cli/event-line.c src/cli/event-line.h \
	src/cli/table.c src/cli/table.h
mhictl_LDADD = src/base/libbase.a $(JANSSON_LIBS)
