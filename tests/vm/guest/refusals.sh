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
		! grep -qE " $mnt | /tmp/mine " /proc/mounts || {
		cat /tmp/why
		return 1
	}
}
# As a user who owns the group's node but may lock little memory.
poor() {
	group=$(readlink "$function/iommu_group")
	chmod 666 "/dev/vfio/${group##*/}" /dev/vfio/vfio
	(ulimit -l 64; exec su user -c "mhifs vfio:$bdf,profile=sim /tmp/mine")
}
refuses_second() {
	mhifs "vfio:$bdf" /tmp/second 2>/tmp/why
	is 3 $? && grep -q "as mhi0" /tmp/why
}
is_alone() { is 1 "$(pidof mhifs | wc -w)"; }
ports() { [ -c /dev/wwan0qcdm0 ]; }

peer=$(find_function 0x8086:0x100e)
e1000=/sys/bus/pci/drivers/e1000
echo "$peer" >$e1000/unbind
must "the mainline driver has it" within 20 ports
ok "a function that is not there" refuses "no PCI function 0000:1f:1f.7" mhifs vfio:0000:1f:1f.7 $mnt
ok "one that another driver has" refuses "bound to mhi-pci-generic: mhictl bind $bdf" mounts
ok "it still has it" driver_is mhi-pci-generic
ok "and works" talk ask /dev/wwan0at0 'AT\r' OK
echo "$bdf" >"$function/driver/unbind"
ok "one without a driver" refuses "has no driver: mhictl bind $bdf" mounts
ok "it still has none" driver_is ""
ok "mhictl binds it" mhictl bind "$bdf"
echo "user:x:1000:1000::/:/bin/sh" >/etc/passwd
mkdir -m 777 /tmp/mine
ok "too little memory to lock" refuses "raise it" poor
ok "vfio-pci still has it" driver_is vfio-pci
ok "nothing is left of these" no_daemon
echo "$peer" >$e1000/bind
ok "a group that is not viable" refuses "also holds $peer (e1000)" mounts
echo "$peer" >$e1000/unbind
ok "after that it mounts" mhifs "vfio:$bdf" $mnt
mkdir /tmp/second
ok "a second daemon is told" refuses_second
ok "and went" is_alone
ok "the first goes on" talk ask $dev/DUN 'AT\r' OK
ok "a clean end" unmounts
finish
