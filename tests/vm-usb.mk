# Guests with a USB modem.
vm_tests += tests/vm/usb-vhci.sh
check_PROGRAMS += tests/vm/vhci
EXTRA_DIST += tests/vm/usb-vhci.sh tests/vm/guest/usb-vhci.sh
tests_vm_vhci_SOURCES = tests/vm/vhci.c
tests_vm_vhci_LDADD = src/sim/libsim.a src/base/libbase.a
