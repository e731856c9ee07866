#!/bin/sh
# The mainline driver as the judge of the simulated modem, on two kernels.
. "${top_srcdir:=.}/tests/vm/common.sh"
: "${top_builddir:=.}"

host_crash() { kill -USR1 "$sim_pid"; }

need_program mhi-sim tests/vm/talk
need_command qmicli libqmi-utils
need_qemu_vfio_user
for name in ${MHIFS_VM_KERNELS:-k61 k612}; do
	need_kernel $name
	image linux -b "$top_builddir/tests/vm/talk" -b "$(command -v qmicli)" \
		-m mhi_pci_generic -m mhi_wwan_ctrl -m mhi_net
	sim_start --profile sierra-em919x --echo DIAG
	guest "mainline driver, $name" -v "$socket"
	sim_stop
done
finish
