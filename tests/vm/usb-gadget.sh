#!/bin/sh
# A USB device made by the kernel itself: dummy_hcd and FunctionFS.
. "${top_srcdir:=.}/tests/vm/common.sh"
: "${top_builddir:=.}"

need_program mhifs mhictl tests/vm/talk tests/vm/ffs
need_qemu
need_kernel k61
image usb-gadget -b "$top_builddir/mhifs" -b "$top_builddir/mhictl" \
	-b "$top_builddir/tests/vm/talk" -b "$top_builddir/tests/vm/ffs" \
	-m fuse -m dummy_hcd -m libcomposite -m usb_f_fs
guest "a gadget on dummy_hcd"
finish
