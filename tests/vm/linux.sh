#!/bin/sh
# The mainline driver as the judge of the simulated modem, on two kernels.
. "${top_srcdir:=.}/tests/vm/common.sh"
: "${top_builddir:=.}"

host_crash() { kill -USR1 "$sim_pid"; }

need_program mhi-sim tests/vm/talk
need_command qmicli libqmi-utils
need_qemu_vfio_user
programs="-b $top_builddir/tests/vm/talk -b $(command -v qmicli)"
modules="-m mhi_pci_generic -m mhi_wwan_ctrl -m mhi_net"
for name in ${MHIFS_VM_KERNELS:-k61 k612}; do
	need_kernel $name
	# shellcheck disable=SC2086 # the options are words
	image linux $programs $modules
	sim_start --profile sierra-em919x --echo DIAG
	guest "mainline driver, $name" -v "$socket"
	sim_stop
done
# shellcheck disable=SC2086
image linux-amnesia $programs $modules -m qrtr_mhi
sim_start --profile qcom-sdx55m --d3-resets
guest "mainline driver, a modem that forgets" -v "$socket"
finish
