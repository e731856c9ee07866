#!/bin/sh
# The mainline driver brings up a modem whose boot loader waits for an image, sleeps
# with it, and sends it to emergency download.  The crash is SYS_ERR alone: of one
# into RDDM this driver, which keeps no memory for a dump, takes notice by chance.
. "${top_srcdir:=.}/tests/vm/common.sh"
: "${top_builddir:=.}"

host_crash() { kill -USR1 "$sim_pid"; }

need_program mhi-sim tests/vm/talk
need_qemu_vfio_user
images=qcom/sdx55m
head -c 300000 /dev/urandom >"$work/sbl1.mbn"
head -c 200000 /dev/urandom >"$work/edl.mbn"
for name in ${MHIFS_VM_KERNELS:-k61 k612}; do
	need_kernel $name
	image linux-boot -b "$top_builddir/tests/vm/talk" -m mhi_pci_generic -m mhi_wwan_ctrl \
		-f "$work/sbl1.mbn:/lib/firmware/$images/sbl1.mbn" \
		-f "$work/edl.mbn:/lib/firmware/$images/edl.mbn"
	sim_start --profile qcom-sdx55m --echo DIAG -o ee=pbl -o boot=loader \
		-o life.FIREHOSE=firehose
	guest "mainline driver boots a modem, $name" -v "$socket"
	sim_stop
done
finish
