# Guests under QEMU: not part of make check, for they want packages and time.
# "make check-vm" runs them, one at a time.
vm_tests = tests/vm/edu.sh tests/vm/linux.sh tests/vm/linux-boot.sh tests/vm/mhifs.sh \
	tests/vm/life.sh tests/vm/removal.sh tests/vm/refusals.sh tests/vm/virtio.sh
vm_programs = tests/vm/edu tests/vm/rpmsg tests/vm/talk
check_PROGRAMS += $(vm_programs)
EXTRA_DIST += $(vm_tests) \
	tests/vm/build-modules.sh \
	tests/vm/common.sh tests/vm/get-debs.sh tests/vm/mk-initramfs.sh tests/vm/run-vm.sh \
	tests/vm/guest/edu.sh tests/vm/guest/gpio.sh tests/vm/guest/lib.sh tests/vm/guest/linux.sh \
	tests/vm/guest/life.sh tests/vm/guest/linux-amnesia.sh tests/vm/guest/linux-boot.sh \
	tests/vm/guest/mhifs-lib.sh tests/vm/guest/mhifs.sh tests/vm/guest/refusals.sh \
	tests/vm/guest/removal.sh tests/vm/guest/rpmsg.sh \
	tests/vm/race.sh tests/vm/guest/race.sh

tests_vm_edu_SOURCES = tests/vm/edu.c
tests_vm_edu_LDADD = src/transport/libtransport.a src/io/libio.a src/base/libbase.a $(EV_LIBS)
tests_vm_rpmsg_SOURCES = tests/vm/rpmsg.c
tests_vm_talk_SOURCES = tests/vm/talk.c

check-vm: mhifs$(EXEEXT) mhictl$(EXEEXT) mhi-sim$(EXEEXT)
	$(MAKE) -j1 check TESTS='$(vm_tests)'
