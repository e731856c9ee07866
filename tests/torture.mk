# Sweeps, kills and soak: "make check" takes a short run of each; "make torture"
# each TORTURE_EVERY-th point, TORTURE_KILLS kills, TORTURE_SECONDS of soak, and the
# unit tests and the first faults under valgrind.  SEED says what it makes of chance; it is printed.
fail_wraps = -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free \
	-Wl,--wrap=strdup,--wrap=strndup,--wrap=asprintf,--wrap=clock_gettime \
	-Wl,--wrap=open,--wrap=close,--wrap=fcntl \
	-Wl,--wrap=mmap,--wrap=memfd_create,--wrap=ftruncate,--wrap=socket,--wrap=connect,--wrap=bind \
	-Wl,--wrap=listen,--wrap=accept4,--wrap=recvmsg,--wrap=sendmsg,--wrap=send,--wrap=recv \
	-Wl,--wrap=read,--wrap=write,--wrap=pread,--wrap=pwrite,--wrap=poll,--wrap=eventfd \
	-Wl,--wrap=eventfd_read,--wrap=eventfd_write,--wrap=stat,--wrap=lstat,--wrap=fstat,--wrap=getsockopt

sweep_harness = tests/sweep.c tests/sweep.h tests/session.c tests/session.h \
	tests/fail_points.c tests/fail_points.h tests/rig.c tests/rig.h
sweep_libs = src/service/libservice.a $(device_libs) $(CHECK_LIBS)

check_PROGRAMS += tests/sweep-memory
TESTS += tests/sweep-memory
tests_sweep_memory_SOURCES = tests/sweep-memory.c $(sweep_harness)
tests_sweep_memory_LDADD = $(sweep_libs)
tests_sweep_memory_LDFLAGS = $(AM_LDFLAGS) $(fail_wraps)

check_PROGRAMS += tests/sweep-syscalls
TESTS += tests/sweep-syscalls
tests_sweep_syscalls_SOURCES = tests/sweep-syscalls.c $(sweep_harness)
tests_sweep_syscalls_LDADD = src/serve/libserve.a $(sweep_libs)
tests_sweep_syscalls_LDFLAGS = $(AM_LDFLAGS) $(fail_wraps)

check_PROGRAMS += tests/sweep-registers
TESTS += tests/sweep-registers
tests_sweep_registers_SOURCES = tests/sweep-registers.c $(core_rig)
tests_sweep_registers_LDADD = src/core/libcore.a src/sim/libsim.a src/base/libbase.a $(CHECK_LIBS)

# On a real mount, as those of fs.mk.
check_PROGRAMS += tests/device/test-kill
TESTS += tests/device/test-kill
tests_device_test_kill_SOURCES = tests/device/test-kill.c $(mount_harness)
tests_device_test_kill_LDADD = $(CHECK_LIBS)

check_PROGRAMS += tests/soak
TESTS += tests/soak
tests_soak_SOURCES = tests/soak.c tests/fail_points.c tests/fail_points.h \
	tests/rig.c tests/rig.h tests/suite.h
tests_soak_LDADD = $(sweep_libs)
tests_soak_LDFLAGS = $(AM_LDFLAGS) $(fail_wraps)

TORTURE_EVERY = 1
TORTURE_SECONDS = 600
TORTURE_KILLS = 4000
SEED = 1
torture_units = tests/test-engine tests/test-property tests/test-boot \
	tests/test-event tests/test-transfer tests/test-port-read tests/test-port-write \
	tests/test-port-open tests/test-port-death tests/test-registry tests/test-nodes \
	tests/test-firmware tests/test-recovery tests/sweep-registers
torture_programs = tests/sweep-memory tests/sweep-syscalls tests/sweep-registers \
	tests/device/test-kill tests/soak tests/faults
torture_valgrind = valgrind -q --error-exitcode=99 --leak-check=full \
	--show-leak-kinds=definite,possible

# All of it is tried; one that fails makes the whole fail.
torture: mhifs$(EXEEXT) mhi-sim$(EXEEXT) $(torture_programs) $(torture_units)
	@status=0; \
	export top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)'; \
	run() { \
		echo "torture: $$*"; \
		"$$@" >torture.log 2>&1 || { status=1; echo "torture: FAILED"; tail -n 100 torture.log; }; \
		grep -E '^(sweep|soak|test-kill|faults survived|[0-9]+%|[a-z -]+: [0-9]+ points)' torture.log | \
			grep -v '^sweep: ' || :; \
	}; \
	run env SWEEP_EVERY=$(TORTURE_EVERY) tests/sweep-memory; \
	run env SWEEP_EVERY=$(TORTURE_EVERY) tests/sweep-syscalls; \
	run tests/sweep-registers; \
	run env KILLS=$(TORTURE_KILLS) SEED=$(SEED) tests/device/test-kill; \
	run tests/soak $(TORTURE_SECONDS) $(SEED); \
	for unit in $(torture_units); do \
		run env CK_FORK=no $(torture_valgrind) $$unit; \
	done; \
	run $(torture_valgrind) tests/faults --p1; \
	exit $$status
CLEANFILES += torture.log
