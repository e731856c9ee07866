#!/bin/sh
# The life of a modem under mhifs on vfio-pci: images for its boot loaders, crashes
# and their dumps, a daemon that is killed at bad times, sleep of the machine.
. "${top_srcdir:=.}/tests/vm/common.sh"
: "${top_builddir:=.}"

host_crash() { kill -USR1 "$sim_pid"; }

need_program mhi-sim mhifs mhictl tests/vm/talk
need_qemu_vfio_user
need_kernel k612
head -c 2000000 /dev/urandom >"$work/image.bin"
cat >"$work/mhifs.conf" <<CONF
device "pci-*" { firmware = "image.bin" edl_firmware = "image.bin" sbl_size = 100000 rddm_size = 1000000 }
CONF
image_of_mhifs life -f "$work/image.bin:/lib/firmware/image.bin" \
	-f "$work/mhifs.conf:/etc/mhifs/mhifs.conf"
sim_start -o ee=pbl -o boot=images -o image_us=300000 -o crash=rddm -o dump_us=500000
guest "the life of a modem" -I on -v "$socket" -t 180
finish
