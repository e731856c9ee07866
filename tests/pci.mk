check_PROGRAMS += tests/test-pci
TESTS += tests/test-pci tests/mhictl-bind.sh
dist_check_SCRIPTS += tests/mhictl-bind.sh

tests_test_pci_SOURCES = tests/test-pci.c
tests_test_pci_LDADD = src/pci/libpci.a src/io/libio.a src/base/libbase.a $(PCI_LIBS) $(CHECK_LIBS)

tests/mhictl-bind.log: mhictl$(EXEEXT)

# VFIO over a fake kernel.
check_PROGRAMS += tests/test-vfio
TESTS += tests/test-vfio
tests_test_vfio_SOURCES = tests/test-vfio.c tests/fake_vfio.c tests/fake_vfio.h tests/suite.h
tests_test_vfio_LDADD = src/transport/libtransport.a src/io/libio.a src/base/libbase.a \
	$(EV_LIBS) $(CHECK_LIBS)
tests_test_vfio_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=open,--wrap=ioctl,--wrap=mmap,--wrap=pread,--wrap=pwrite,--wrap=close
