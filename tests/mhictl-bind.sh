#!/bin/sh
# mhictl-bind - mhictl list, doctor, bind and unbind over a made-up sysfs: what
# they print, what they write, and how they end.
set -u
mhictl=$(realpath "${top_builddir:-.}/mhictl")
work=$(mktemp -d)
kernel=
trap '[ -z "$kernel" ] || kill "$kernel" 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1
export LC_ALL=C
failed=0
modem=0000:01:00.0
bus=sys/bus/pci

fail() {
	echo "FAIL: $*"
	failed=1
}

# ends CODE ARGUMENT...: how it ends; its output is in out, its messages in err.
ends() {
	expected=$1
	shift
	timeout 10 "$mhictl" --sysfs sys --dev dev -r run "$@" >out 2>err </dev/null
	code=$?
	[ $code -eq "$expected" ] || fail "mhictl $*: exit $code, not $expected: $(cat out err)"
}

# refuses CODE PATTERN ARGUMENT...: one line on stderr.
refuses() {
	expected=$1 pattern=$2
	shift 2
	ends "$expected" "$@"
	[ "$(wc -l <err)" -eq 1 ] || fail "mhictl $*: not one line: $(cat err)"
	grep -q "^mhictl: .*$pattern" err || fail "mhictl $*: '$pattern' is not in: $(cat err)"
}

shows() {
	grep -qF -- "$1" out || fail "'$1' is not in: $(cat out)"
}

# json EXPRESSION: of what was printed, d in Python.
json() {
	python3 -c "import json; d = json.load(open('out')); assert $1" ||
		fail "not so: $1; printed: $(cat out)"
}

has() {
	[ "$(cat "$1")" = "$2" ] || fail "$1 holds '$(cat "$1")', not '$2'"
}

# plant BDF VENDOR DEVICE CLASS DRIVER GROUP; "-": none.
plant() {
	at=$bus/devices/$1
	mkdir -p "$at"
	echo "0x$2" >"$at/vendor"
	echo "0x$3" >"$at/device"
	echo 0x0000 | tee "$at/subsystem_vendor" >"$at/subsystem_device"
	echo "0x$4" >"$at/class"
	echo '(null)' >"$at/driver_override"
	[ "$5" = - ] || ln -sfn "../../drivers/$5" "$at/driver"
	[ "$6" = - ] && return
	mkdir -p "sys/kernel/iommu_groups/$6/devices"
	ln -s "../../../../kernel/iommu_groups/$6" "$at/iommu_group"
	ln -s "../../../../bus/pci/devices/$1" "sys/kernel/iommu_groups/$6/devices/$1"
}

# plays_kernel FORMER NEXT: waits for FORMER/unbind to be written, then lets
# NEXT have the function, and only then looks at drivers_probe.
plays_kernel() {
	rm -f "$bus/drivers/$1/unbind" $bus/drivers_probe wrote
	mkfifo "$bus/drivers/$1/unbind" $bus/drivers_probe
	{
		echo "unbind $(cat "$bus/drivers/$1/unbind")" >wrote
		rm $bus/devices/$modem/driver
		[ "$2" = - ] || ln -s "../../drivers/$2" $bus/devices/$modem/driver
		echo "drivers_probe $(cat $bus/drivers_probe)" >>wrote
	} &
	kernel=$!
}

kernel_wrote() {
	wait "$kernel"
	kernel=
	printf 'unbind %s\ndrivers_probe %s\n' $modem $modem | cmp -s - wrote ||
		fail "the kernel saw $(cat wrote)"
}

mkdir -p run $bus/drivers/mhi-pci-generic $bus/drivers/vfio-pci dev/vfio
: >dev/fuse
: >dev/vfio/vfio
plant $modem 17cb 0306 ff0000 mhi-pci-generic 12
printf '8.0 GT/s PCIe\n' >$bus/devices/$modem/max_link_speed
printf '5.0 GT/s PCIe\n' >$bus/devices/$modem/current_link_speed
echo 2 | tee $bus/devices/$modem/max_link_width >$bus/devices/$modem/current_link_width
plant 0000:01:00.1 8086 0000 040300 snd_hda_intel 12
plant 0000:02:00.0 17cb 1103 028000 ath11k_pci 13
plant 0000:03:00.0 17cb fffe 120000 - 14

# Functions below the devices; network cards and neighbours are not ours.
ends 0 list
head -n 1 out | tr -s ' ' | grep -qx 'FUNCTION NAME PROFILE DRIVER GROUP LINK VERDICT' ||
	fail "list has the titles $(head -n 1 out)"
[ "$(wc -l <out)" -eq 3 ] || fail "list printed: $(cat out)"
shows "mhi-pci-generic  12 with 0000:01:00.1 (snd_hda_intel)  5.0 GT/s x2 of 8.0 GT/s x2"
shows "blocked: mhictl doctor $modem"
shows 'blocked: mhictl doctor 0000:03:00.0'
[ ! -s err ] || fail "list said: $(cat err)"

ends 0 -j list
json "d['devices'] == [] and len(d['functions']) == 2"
json "d['functions'][0].items() >= {
	'function': '$modem', 'id': '17cb:0306', 'driver': 'mhi-pci-generic', 'group': '12',
	'peers': [{'function': '0000:01:00.1', 'driver': 'snd_hda_intel'}],
	'link': '5.0 GT/s x2', 'max_link': '8.0 GT/s x2', 'power': None, 'device': None,
	'verdict': 'blocked', 'next': 'mhictl doctor $modem'}.items()"
ends 0 list run
[ ! -s out ] || fail "a directory was asked for, and there is: $(cat out)"

# One that runs already, listed below its device.
mkdir -p run/mhi0
printf 'state=ready\nmhi=M0\nee=AMSS\nwhy=\n' >run/mhi0/state
printf 'name=mhi0\npath=pci-%s\nprofile=x\n' $modem >run/mhi0/info
ends 0 list
head -n 1 out | grep -q '^DEVICE' || fail "list begins with $(head -n 1 out)"
shows 'runs as mhi0'
rm -r run/mhi0

# Doctor says what stands in the way, and of one function alone too.
ends 6 doctor
shows "  IOMMU group 12 also holds 0000:01:00.1 (snd_hda_intel): bind these"
shows "  There is no profile for 17cb:fffe"
ends 6 doctor $modem
shows "  $modem is bound to mhi-pci-generic: mhictl bind $modem"
! grep -q 0000:03 out || fail "doctor of one printed: $(cat out)"
ends 6 doctor 0000:02:00.0
shows 'bound to ath11k_pci'
refuses 2 "'01:00.0' is no PCI address and no USB port" doctor 01:00.0
refuses 3 'there is no PCI function 0000:09:00.0' doctor 0000:09:00.0
rm dev/fuse
ends 6 -j doctor
json "d['machine']['verdict'] == 'blocked' and len(d['functions']) == 2"
json "any('dev/fuse is missing' in f for f in d['machine']['findings'])"
: >dev/fuse

# What vfio-pci would not take stays where it is.
refuses 2 'takes FUNCTION' bind
refuses 2 "'modem' is no PCI address" bind modem
refuses 3 'there is no PCI function 0000:09:00.0' bind 0000:09:00.0
refuses 1 "$modem is bound to mhi-pci-generic, not to vfio-pci; left as it is" unbind $modem
refuses 1 'cannot unbind' bind $modem
shows "$modem: from mhi-pci-generic to mhi-pci-generic"
has $bus/devices/$modem/driver_override ''
rmdir $bus/drivers/vfio-pci
refuses 1 'vfio-pci is not loaded (modprobe vfio-pci)' bind $modem
mkdir $bus/drivers/vfio-pci

# There and back.
plays_kernel mhi-pci-generic vfio-pci
ends 0 bind $modem
kernel_wrote
shows "$modem: from mhi-pci-generic to vfio-pci"
has $bus/devices/$modem/driver_override vfio-pci
ends 0 -j bind $modem
json "d == {'function': '$modem', 'former': 'vfio-pci', 'driver': 'vfio-pci'}"
plays_kernel vfio-pci mhi-pci-generic
ends 0 unbind $modem
kernel_wrote
shows "$modem: from vfio-pci to mhi-pci-generic"
has $bus/devices/$modem/driver_override ''

# A modem on USB has a table of its own; what it says of itself is not trusted.
usb=sys/bus/usb/devices

# interface NUMBER CLASS SUBCLASS PROTOCOL DRIVER: of the modem; "-": none.
interface() {
	at=$usb/1-4:1.$1
	mkdir -p "$at"
	echo "0$1" >"$at/bInterfaceNumber"
	echo "$2" >"$at/bInterfaceClass"
	echo "$3" >"$at/bInterfaceSubClass"
	echo "$4" >"$at/bInterfaceProtocol"
	[ "$5" = - ] || ln -sfn "../../drivers/$5" "$at/driver"
}

# unhex: bytes of what is read.
unhex() {
	python3 -c "import sys; sys.stdout.buffer.write(bytes.fromhex(sys.stdin.read()))"
}

interface 0 ff ff 30 option
interface 1 ff 00 00 option
interface 4 ff ff ff qmi_wwan
interface 5 08 06 50 usb-storage
interface 6 ff 12 34 -
mkdir $usb/1-4
echo 2c7c >$usb/1-4/idVendor
echo 0801 >$usb/1-4/idProduct
printf 'RM520N\033[2J\n' >$usb/1-4/product
ends 0 list
shows 'Quectel RM520N\x1b[2J'
shows 'blocked: mhictl doctor 1-4'
ends 6 doctor 1-4
shows 'nothing is plugged in at USB port 1-4'

echo 1 | tee $usb/1-4/busnum >$usb/1-4/bConfigurationValue
echo 7 >$usb/1-4/devnum
unhex >$usb/1-4/descriptors <<'END'
	12010002000000407c2c0108180301020001  0902810005010080fa
	0904000002ffff3000 07058102000200 07050102000200
	0904010003ff000000 070583030a0009 07058202000200 07050202000200
	0904040003ffffff00 07058903080009 07058802000200 07050502000200
	090405000208065000 07058a02000200 07050602000200
	0904060002ff123400 07058b02000200 07050702000200
END
ends 6 doctor 1-4
shows 'its descriptors do not add up: one has 7 bytes where 5 are left'
printf '\212' | dd of=$usb/1-4/descriptors bs=1 seek=20 conv=notrunc 2>/dev/null
ends 6 doctor 1-4
shows 'dev/bus/usb/001/007: No such file or directory'
mkdir -p dev/bus/usb/001
: >dev/bus/usb/001/007
ends 0 list
tr -s ' ' <out |
	grep -qx 'MODEM ID NAME MODEL CHANNELS DETACHED STAYING VERDICT' ||
	fail "no table of modems: $(cat out)"
shows 'quectel-rm5xx-usb  DIAG 0, NMEA 1, QMI 4  option 0 1, qmi_wwan 4  usb-storage 5'
shows 'usable: mhifs usb:1-4 /run/mhi'
[ "$(wc -l <out)" -eq 6 ] || fail "not two tables: $(cat out)"
ends 0 -j list
json "d['modems'][0].items() >= {
	'modem': '1-4', 'id': '2c7c:0801', 'name': 'Quectel RM520N\x1b[2J',
	'manufacturer': None, 'product': 'RM520N\x1b[2J', 'model': 'quectel-rm5xx-usb',
	'verdict': 'usable', 'findings': [], 'device': None,
	'next': 'mhifs usb:1-4 /run/mhi'}.items()"
json "d['modems'][0]['interfaces'][1] == {
	'number': 1, 'class': 'ff/00/00', 'endpoints': '83 interrupt, 82 bulk, 02 bulk',
	'channel': 'NMEA', 'on': True, 'driver': 'option', 'detached': True}"
json "d['modems'][0]['interfaces'][3:] == [
	{'number': 5, 'class': '08/06/50', 'endpoints': '8a bulk, 06 bulk',
	 'channel': None, 'on': False, 'driver': 'usb-storage', 'detached': False},
	{'number': 6, 'class': 'ff/12/34', 'endpoints': '8b bulk, 07 bulk',
	 'channel': 'IF6', 'on': False, 'driver': None, 'detached': False}]"
ends 0 doctor 1-4
shows '1-4 Quectel RM520N\x1b[2J: usable'
shows '  interface 0, ff/ff/30 (81 bulk, 01 bulk): DIAG; option would be detached'
shows '  interface 5, 08/06/50 (8a bulk, 06 bulk): no channel; usb-storage keeps it'
shows '  interface 6, ff/12/34 (8b bulk, 07 bulk): IF6, which is off; no driver has it'
! grep -q 'PCI' out || fail "doctor of a modem printed: $(cat out)"
ends 6 doctor
shows '1-4 Quectel RM520N\x1b[2J: usable'
ends 6 doctor $modem
! grep -q '^1-4' out || fail "doctor of one printed: $(cat out)"
refuses 3 'there is no modem at USB port 2-1' doctor 2-1

# Another program has it; then mhifs has.
ln -sfn ../../drivers/usbfs $usb/1-4:1.4/driver
ends 6 doctor 1-4
shows 'a program has claimed interfaces'
mkdir -p run/mhi0
printf 'state=ready\nmhi=-\nee=AMSS\nwhy=\n' >run/mhi0/state
printf 'name=mhi0\npath=usb-1-4\nprofile=x\n' >run/mhi0/info
ends 0 list
shows 'runs as mhi0'
! grep -q usbfs out || fail "list takes a program for a driver: $(cat out)"
rm -r run/mhi0
ends 0 list run
[ ! -s out ] || fail "a directory was asked for, and there is: $(cat out)"
rm -r sys/bus/usb
ends 0 list
! grep -q MODEM out || fail "list printed an empty table: $(cat out)"

# Refused by vfio-pci: the former driver is asked by name.
: >$bus/drivers/mhi-pci-generic/bind
plays_kernel mhi-pci-generic -
ends 1 bind $modem
kernel_wrote
grep -q "vfio-pci did not take $modem.*; mhi-pci-generic does not take it back" err ||
	fail "bind said: $(cat err)"
shows "$modem: from mhi-pci-generic to no driver"
has $bus/drivers/mhi-pci-generic/bind $modem
has $bus/devices/$modem/driver_override ''

# All well, unless this process may not lock enough memory.
rm -r sys dev
mkdir -p $bus/drivers/vfio-pci dev/vfio
: >dev/fuse
: >dev/vfio/vfio
: >dev/vfio/12
plant $modem 17cb 0306 ff0000 vfio-pci 12
timeout 10 "$mhictl" --sysfs sys --dev dev -j doctor $modem >out
code=$?
json "d['functions'][0]['verdict'] == 'usable' and d['functions'][0]['findings'] == []"
json "$code == (0 if d['machine']['verdict'] == 'usable' else 6)"
ends 0 list
shows "$modem"
exit $failed
