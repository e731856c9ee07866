# A device that the kernel's gadget framework makes, told apart by class alone:
# real descriptors, real enumeration, short packets ended by the kernel.
. /etc/lib.sh
mnt=/run/mhi
dev=$mnt/mhi0
mkdir -p $mnt

has_line() { grep -qx "$2" "$1" || { cat "$1"; return 1; }; }
no_daemon() { ! pidof mhifs >/dev/null; }
# The echo has to know where a transfer of whole packets ends.
mounts() { mhifs --sandbox=kill -c /etc/mhifs.conf "usb:$port" $mnt; }
unmounts() { within 5 umount $mnt && within 5 no_daemon; }
no_file() { ! [ -e "$1" ]; }
controller=$(ls /sys/class/udc | head -n 1)
find_port() {
	path=$(grep -lx 1209 /sys/bus/usb/devices/*/idVendor) && basename "$(dirname "$path")"
}
plug_in() {
	ffs >/tmp/ffs 2>&1 &
	within 10 grep -q ready /tmp/ffs
}

# A command of so many bytes comes back as one read.
command_comes_back() {
	head -c "$1" /dev/urandom >/tmp/sent
	exec 4<>$dev/QMI
	cat /tmp/sent >&4
	timeout 5 dd bs=8192 count=1 of=/tmp/got <&4 2>/dev/null
	exec 4>&-
	cmp /tmp/sent /tmp/got
}

must "there is a device controller" [ -n "$controller" ]
must "a device is made" plug_in
must "it is configured" within 10 find_port
port=$(find_port)
echo 'device "usb-1209:0001" { channel "DIAG" { zlp = write } }' >/etc/mhifs.conf
must "it mounts" mounts
ok "class rules make channels of it" [ -e $dev/DIAG -a -e $dev/QMI ]
ok "an echo of 100 messages of all lengths" talk echo $dev/DIAG 100 0
ok "an echo of whole packets" talk echo $dev/DIAG 20 4096
ok "a command comes back" command_comes_back 12
ok "a command of one packet comes back" command_comes_back 64
ok "the longest command comes back" command_comes_back 4096
ok "and a short one behind it" command_comes_back 1

cat $dev/DIAG >/tmp/asked 2>&1 &
reader=$!
sleep 1
ok "the device is unplugged" kill "$(pidof ffs)"
wait $reader
ok "who waits is told" grep -q "No such device" /tmp/asked
ok "the files go" within 5 no_file $dev/DIAG
ok "a clean end" unmounts
ok "it is plugged in again" plug_in
must "it is configured again" within 10 [ -e "/sys/bus/usb/devices/$port:1.1" ]
must "it mounts again" mounts
ok "an echo again" talk echo $dev/DIAG 20 0
ok "a command again" command_comes_back 100
ok "a clean end" unmounts
ok "the kernel is well" eval '! dmesg | grep -E "BUG|Oops|hung|WARNING"'
[ $n_failed = 0 ] || cat /tmp/ffs
finish
