#!/bin/sh
# What mhifs refuses to drive, on real kernel interfaces.  Behind a bridge of
# conventional PCI the modem shares its IOMMU group with a network card.
. "${top_srcdir:=.}/tests/vm/common.sh"
: "${top_builddir:=.}"

need_program mhi-sim mhifs mhictl tests/vm/talk
need_qemu_vfio_user
need_kernel k61
image_of_mhifs refusals -m e1000 -m mhi_pci_generic -m mhi_wwan_ctrl
sim_start --profile sierra-em919x
guest "refusals" -I on -- -device pcie-pci-bridge,id=bridge \
	-device e1000,bus=bridge,addr=2,romfile= \
	-device '{"driver":"vfio-user-pci","bus":"bridge","addr":"1","socket":{"type":"unix","path":"'"$socket"'"}}'
finish
