#!/bin/sh
# The VFIO transport on a device every QEMU has.
. "${top_srcdir:=.}/tests/vm/common.sh"
: "${top_builddir:=.}"

need_program tests/vm/edu
need_qemu
need_kernel k61
image edu -b "$top_builddir/tests/vm/edu" -m vfio_iommu_type1 -m vfio_pci
guest "edu behind an IOMMU" -I on -- -device edu
finish
