# Guests with a USB modem.
vm_tests += tests/vm/usb-gadget.sh tests/vm/usb-vhci.sh
check_PROGRAMS += tests/vm/ffs tests/vm/vhci
EXTRA_DIST += tests/vm/usb-gadget.sh tests/vm/usb-vhci.sh \
	tests/vm/guest/usb-gadget.sh tests/vm/guest/usb-vhci.sh
tests_vm_ffs_SOURCES = tests/vm/ffs.c
tests_vm_ffs_LDADD = -lpthread
tests_vm_vhci_SOURCES = tests/vm/vhci.c
tests_vm_vhci_LDADD = src/sim/libsim.a src/base/libbase.a
