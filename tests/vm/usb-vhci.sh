#!/bin/sh
# A USB modem in a guest: the kernel's drivers, mhifs, unplugged under load.
. "${top_srcdir:=.}/tests/vm/common.sh"
: "${top_builddir:=.}"

need_program mhifs mhictl tests/vm/talk tests/vm/vhci
need_qemu
need_kernel k61
image usb-vhci -b "$top_builddir/mhifs" -b "$top_builddir/mhictl" \
	-b "$top_builddir/tests/vm/talk" -b "$top_builddir/tests/vm/vhci" \
	-m fuse -m vhci_hcd -m option -m qmi_wwan -m qcserial
guest "a USB modem on vhci_hcd"
finish
