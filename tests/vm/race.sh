#!/bin/sh
# The race: the mainline driver and mhifs, one after the other, in one guest on
# one simulated modem, on the same echoing channel.  Prints the tables of
# mhi-bench; RACE=--quick only shows that it runs.  The profile has DIAG on an
# event ring without moderation: the drivers race, not their timers.
. "${top_srcdir:=.}/tests/vm/common.sh"
: "${top_builddir:=.}"

need_program mhifs mhictl mhi-sim mhi-bench
need_qemu_vfio_user
need_kernel k612
image race -b "$top_builddir/mhifs" -b "$top_builddir/mhictl" -b "$top_builddir/mhi-bench" \
	-m mhi_pci_generic -m mhi_wwan_ctrl -m vfio_iommu_type1 -m vfio_pci
for mode in iommu.strict=1 iommu.passthrough=1; do
	sim_start --profile sierra-em919x --echo DIAG
	guest "race, $mode" -I on -v "$socket" -a "$mode race=${RACE:-}" -t 110
	sed -n 's/\r$//; /^race /p; /^result /p' "$work/console"
	sim_stop
done
finish
