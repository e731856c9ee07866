check_PROGRAMS += tests/test-pci
TESTS += tests/test-pci tests/mhictl-bind.sh
dist_check_SCRIPTS += tests/mhictl-bind.sh

tests_test_pci_SOURCES = tests/test-pci.c
tests_test_pci_LDADD = src/pci/libpci.a src/base/libbase.a $(PCI_LIBS) $(CHECK_LIBS)

tests/mhictl-bind.log: mhictl$(EXEEXT)
