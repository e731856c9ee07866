#!/bin/sh
# The modem vanishes while mhifs moves its data.
. "${top_srcdir:=.}/tests/vm/common.sh"
: "${top_builddir:=.}"

host_pull() { kill -HUP "$sim_pid"; }

need_program mhi-sim mhifs mhictl tests/vm/talk
need_qemu_vfio_user
need_kernel k61
image_of_mhifs removal
sim_start --echo DIAG
guest "surprise removal" -I on -v "$socket"
finish
