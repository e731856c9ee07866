# A composite modem behind the kernel's virtual host controller: the kernel's
# own drivers have it first, mhifs takes it over, it is pulled under load, comes
# back, turns into one in emergency download mode, and the drivers get it back.
. /etc/lib.sh
mnt=/run/mhi
dev=$mnt/mhi0
port=/sys/bus/usb/devices/1-1
mkdir -p $mnt

order() { echo "$@" >&9; }
driver_of() {
	driver=$(readlink "$port:1.$1/driver") || driver=none
	echo "${driver##*/}"
}
driver_is() { is "$2" "$(driver_of "$1")"; }
has_line() { grep -qx "$2" "$1" || { cat "$1"; return 1; }; }
no_file() { ! [ -e "$1" ]; }
no_daemon() { ! pidof mhifs >/dev/null; }
mounts() { mhifs --sandbox=kill usb:1-1 $mnt; }
# The shell's timeout watches a moment longer, with our files open.
unmounts() { within 5 umount $mnt && within 5 no_daemon; }
hup() { is "ENODEV IN OUT HUP ERR" "$(cat "$1")"; }
lives() { pidof mhifs >/dev/null; }

# CTL sync: 12 bytes there, 19 back.
qmi_syncs() {
	exec 4<>$dev/QMI
	printf '\001\013\000\000\000\000\000\001\047\000\000\000' >&4
	timeout 5 dd bs=4096 count=1 <&4 2>/dev/null | wc -c >/tmp/qmi
	exec 4>&-
	is 19 "$(cat /tmp/qmi)"
}

# The version request, with its checksum.
diag_answers() {
	exec 4<>$dev/DIAG
	printf '\000\170\360\176' >&4
	timeout 5 dd bs=4096 count=1 <&4 2>/dev/null | grep -aq MHISIM
	r=$?
	exec 4>&-
	return $r
}

nmea_speaks() { timeout 5 head -n 1 $dev/NMEA | grep -q '^\$GP'; }

mkfifo /tmp/orders
vhci </tmp/orders >/tmp/vhci 2>&1 &
exec 9>/tmp/orders
order plug modem

must "the modem is there" within 10 [ -e "$port:1.4" ]
ok "option has its serial ports" within 10 driver_is 2 option
ok "qmi_wwan has its QMI" within 10 driver_is 4 qmi_wwan
ok "mhictl lists it, and who has it" eval 'mhictl list >/tmp/list && grep -q qmi_wwan /tmp/list'
must "it mounts" mounts
ok "it is ready" has_line $dev/state state=ready
ok "the drivers are off" driver_is 4 usbfs
ok "AT on DUN" talk ask $dev/DUN 'AT\r' OK
ok "AT on the other port" talk ask $dev/AT 'AT+CGMM\r' Simulated
ok "DIAG answers" diag_answers
ok "QMI answers" qmi_syncs
ok "QMI answers once more" qmi_syncs
ok "NMEA speaks" nmea_speaks

order fault stall@0x84
ok "a stall of the pipe to us is cleared" talk ask $dev/AT 'AT\r' OK
order fault stall@0x03
ok "one of the pipe to the modem as well" talk ask $dev/AT 'AT\r' OK
order fault eproto@0x84*2
ok "errors on the wire are tried again" talk ask $dev/AT 'AT\r' OK

cat $dev/AT >/tmp/taken 2>&1 &
reader=$!
within 5 has_line $dev/stats AT.users=1
ok "an interface is taken away" eval 'echo ${port##*/}:1.2 >/sys/bus/usb/drivers/usbfs/unbind'
wait $reader
ok "who waits is told of a reset" grep -q "reset by peer" /tmp/taken
ok "it is claimed again" within 5 driver_is 2 usbfs
ok "AT after that" within 5 talk ask $dev/AT 'AT\r' OK
ok "QMI after that" qmi_syncs
ok "a reset is asked for" eval 'echo reset >$dev/power'
ok "it is ready again" within 10 has_line $dev/state state=ready
ok "AT after the reset" talk ask $dev/AT 'AT\r' OK
ok "QMI after the reset" qmi_syncs

# A call that stays up under the load: its line falls with the last user.
exec 5<>$dev/DUN
ok "a call" talk ask $dev/DUN 'ATD*99#\r' CONNECT
ok "an echo of 200 messages of all lengths" talk echo $dev/DUN 200 0
ok "an echo of whole packets" talk echo $dev/DUN 20 4096
talk load $dev/DUN >/tmp/first &
first=$!
cat $dev/QMI >/tmp/second 2>&1 &
second=$!
sleep 1
order unplug
wait $first
ok "a file under load: ENODEV, hang-up" hup /tmp/first
wait $second
ok "a reader that waits is told" grep -q "No such device" /tmp/second
exec 5>&-
ok "the files go" within 5 no_file $dev/DUN
ok "the daemon lives" lives
ok "a clean end" unmounts

order plug modem
must "it is there again" within 10 [ -e "$port:1.4" ]
ok "its drivers came back with it" within 10 driver_is 4 qmi_wwan
must "it mounts again" mounts
ok "AT after the return" talk ask $dev/DUN 'AT\r' OK
ok "QMI after the return" qmi_syncs
ok "a clean end" unmounts
ok "option has its port back" within 5 driver_is 2 option
ok "qmi_wwan has its QMI back" within 5 driver_is 4 qmi_wwan

order unplug
within 10 no_file "$port"
order plug edl
must "one in emergency download mode" within 10 [ -e "$port:1.0" ]
must "it mounts" mounts
ok "it says so" has_line $dev/state ee=EDL
ok "Sahara greets once, with 48 bytes" \
	is 48 "$(timeout 5 dd if=$dev/SAHARA bs=4096 count=1 2>/dev/null | wc -c)"
ok "a clean end" unmounts
ok "the kernel is well" eval '! dmesg | grep -E "BUG|Oops|hung|WARNING"'
[ $n_failed = 0 ] || cat /tmp/vhci /tmp/list
finish
