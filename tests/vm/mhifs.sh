#!/bin/sh
# mhifs on vfio-pci behind an IOMMU: many vectors, one vector, two kernels.
# One modem serves all guests, one after the other, each leaving it in use.
. "${top_srcdir:=.}/tests/vm/common.sh"
: "${top_builddir:=.}"

host_crash() { kill -USR1 "$sim_pid"; }

guest_on() {
	need_kernel "$1"
	image_of_mhifs mhifs -m mhi_pci_generic
	shift
	guest "$@" -v "$socket"
}

need_program mhi-sim mhifs mhictl tests/vm/talk
need_qemu_vfio_user
sim_start
guest_on k61 "many vectors, k61" -I on
guest_on k61 "one vector, k61" -I off -a one-vector
guest_on k612 "many vectors, k612" -I on
finish
