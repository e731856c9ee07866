# What mhifs cannot drive it refuses: one message, exit status 3, and the
# function stays with the driver that has it.
. /etc/lib.sh
. /etc/mhifs-lib.sh

# refuses WORDS PROGRAM...: fails with 3, says WORDS, mounts nothing.
refuses() {
	words=$1
	shift
	"$@" >/tmp/why 2>&1
	status=$?
	is 3 $status && grep -q "$words" /tmp/why && is 1 "$(wc -l </tmp/why)" &&
		! grep -q " $mnt " /proc/mounts && no_daemon || {
		cat /tmp/why
		return 1
	}
}
# As a user who owns the group's node but may lock little memory.
poor() {
	group=$(readlink "$function/iommu_group")
	chmod 666 "/dev/vfio/${group##*/}" /dev/vfio/vfio
	(ulimit -l 64; exec chpst -u :1000:1000 mhifs "vfio:$bdf,profile=sim" /tmp/mine)
}
ports() { [ -c /dev/wwan0qcdm0 ]; }

must "the mainline driver has it" within 20 ports
ok "a function that is not there" refuses "no PCI function 0000:1f:1f.7" mhifs vfio:0000:1f:1f.7 $mnt
ok "one that another driver has" refuses "bound to mhi-pci-generic: mhictl bind $bdf" mounts
ok "it still has it" driver_is mhi-pci-generic
ok "and works" talk ask /dev/wwan0at0 'AT\r' OK
echo "$bdf" >"$function/driver/unbind"
ok "one without a driver" refuses "has no driver: mhictl bind $bdf" mounts
ok "it still has none" driver_is ""
ok "mhictl binds it" mhictl bind "$bdf"
mkdir -m 777 /tmp/mine
ok "too little memory to lock" refuses "raise it" poor
ok "vfio-pci still has it" driver_is vfio-pci
peer=$(find_function 0x8086:0x100e)
ok "the group's other member has a driver" [ -e "/sys/bus/pci/devices/$peer/driver" ]
ok "a group that is not viable" refuses "also holds $peer (e1000)" mounts
echo "$peer" >"/sys/bus/pci/devices/$peer/driver/unbind"
ok "after that it mounts" mounts
ok "a second daemon is refused" refuses "in use" mhifs "vfio:$bdf,profile=sim" /tmp/mine
ok "the first goes on" talk echo $dev/LOOPBACK 10 0
ok "a clean end" unmounts
finish
