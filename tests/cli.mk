check_PROGRAMS += tests/test-mhictl
TESTS += tests/test-mhictl tests/mhictl-tree.sh tests/mhi-sim.sh tests/device/mhictl-mount.sh
dist_check_SCRIPTS += tests/mhictl-tree.sh tests/mhi-sim.sh tests/device/mhictl-mount.sh

tests_test_mhictl_SOURCES = tests/test-mhictl.c \
	src/cli/device-dir.c src/cli/device-dir.h \
	src/cli/device-json.c src/cli/device-json.h \
	src/cli/event-line.c src/cli/event-line.h \
	src/cli/table.c src/cli/table.h
tests_test_mhictl_LDADD = src/base/libbase.a $(JANSSON_LIBS) $(CHECK_LIBS)

tests/mhictl-tree.log: mhictl$(EXEEXT)
tests/device/mhictl-mount.log: mhictl$(EXEEXT) mhifs$(EXEEXT)
tests/mhi-sim.log: mhi-sim$(EXEEXT)
