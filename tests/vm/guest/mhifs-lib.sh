# shellcheck shell=sh
# mhifs in a guest, on a function behind vfio-pci.  Sourced after lib.sh.
bdf=$(find_function 0x17cb:0x0306)
function=/sys/bus/pci/devices/$bdf
mnt=/run/mhi
dev=$mnt/mhi0
mkdir -p $mnt

driver_is() {
	driver=$(readlink "$function/driver") || driver=
	is "$1" "${driver##*/}"
}

has_line() { grep -qx "$2" "$1" || { grep "^${2%%=*}=" "$1"; return 1; }; }
no_file() { ! [ -e "$1" ]; }
mounts() { mhifs --sandbox=kill "vfio:$bdf,profile=sim" $mnt; }
unmounts() { umount $mnt && within 5 no_daemon; }
no_daemon() { ! pidof mhifs >/dev/null; }
