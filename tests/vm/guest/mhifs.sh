# mhifs on vfio-pci: traffic, users, poll, a crash of the modem, a SIGKILL of
# the daemon.  "one-vector" on the kernel's command line: the platform remaps
# no interrupts.
. /etc/lib.sh
. /etc/mhifs-lib.sh

n_vectors() { grep -c vfio-msi /proc/interrupts; }
users() {
	talk users $dev/LOOPBACK 50 </tmp/fifo &
	exec 3>/tmp/fifo
	within 5 has_line $dev/stats LOOPBACK.users=50 || return
	has_line $dev/stats "LOOPBACK.prepares=$1" || return
	exec 3>&-
	within 5 has_line $dev/stats LOOPBACK.users=0
}
refuses_unsafe() {
	mhifs --sandbox=kill "vfio:$bdf,profile=sim" $mnt 2>/tmp/why
	is 3 $? && grep -q allow_unsafe_interrupts /tmp/why || { cat /tmp/why; return 1; }
}
seen_crash() { [ "$(grep -c SYS_ERR /tmp/events)" -gt 0 ]; }

mkfifo /tmp/fifo
wanted=7
ok "mhictl binds it" mhictl bind "$bdf"
ok "vfio-pci has it" driver_is vfio-pci
if grep -q one-vector /proc/cmdline; then
	wanted=1
	ok "without interrupt remapping it is refused, with the remedy" refuses_unsafe
	echo 1 >/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts
fi
must "it mounts" mounts
ok "it is ready" has_line $dev/state state=ready
ok "vectors: $wanted" is $wanted "$(n_vectors)"
ok "an echo of 200 messages of all lengths" talk echo $dev/LOOPBACK 200 0
ok "an echo of 20000 bytes" talk echo $dev/LOOPBACK 20 20000
ok "AT" talk ask $dev/DUN 'AT\r' OK
ok "poll" talk poll $dev/LOOPBACK
sleep 0.3
ok "fifty users, one prepare" users "$(($(sed -n 's/^LOOPBACK.prepares=//p' $dev/stats) + 1))"

cat $dev/events >/tmp/events &
sleep 0.5
host crash
ok "a crash of the modem is told" within 10 seen_crash
kill $!
ok "it comes back by itself" within 20 has_line $dev/state state=ready
ok "a reset is asked for" eval 'echo reset >$dev/power'
ok "it is ready again" within 10 has_line $dev/state state=ready
ok "an echo after the crash" talk echo $dev/LOOPBACK 20 0

kill -9 "$(pidof mhifs)"
within 5 no_daemon
ok "the mount of a killed daemon goes" umount -l $mnt
must "the next daemon mounts" mounts
ok "an echo on the device as it was left" talk echo $dev/LOOPBACK 20 0
ok "a clean end" unmounts
ok "vfio-pci still has it" driver_is vfio-pci
ok "mhictl unbinds it" mhictl unbind "$bdf"
ok "the former driver is back" driver_is mhi-pci-generic
ok "mhictl takes it from there" mhictl bind "$bdf"
ok "it mounts once more" mounts
ok "an echo" talk echo $dev/LOOPBACK 20 0
# The guest ends like this, with the device in use.
finish
