# The mainline driver and boot loaders: BHI from PBL and in emergency download; and
# sleep of the whole machine, a crash.
. /etc/lib.sh
bdf=$(find_function 0x17cb:0x0306)
driver=/sys/bus/pci/drivers/mhi-pci-generic
edl=/sys/bus/mhi/devices/mhi0/trigger_edl

all_ports() { [ -c /dev/wwan0qcdm0 ] && [ -c /dev/wwan0mbim0 ] && [ -c /dev/wwan0qmi0 ]; }
echoes() { talk echo /dev/wwan0qcdm0 "$1" 0; }
# The device is found anew, in whatever state it is.
rebind() {
	echo "$bdf" >$driver/unbind && echo "$bdf" >$driver/bind
}

must "power-up from PBL brings every port" within 30 all_ports
ok "an echo of 100 messages of all lengths" echoes 100

ok "the machine goes to sleep and wakes up" sleeps
ok "an echo after that" within 5 echoes 20
ok "the machine sleeps without power on the bus" sleeps_deep
ok "all ports are there" within 30 all_ports
ok "an echo after that" within 10 echoes 20

timeout 40 talk load /dev/wwan0qcdm0 >/tmp/load &
sleep 0.5
host crash
wait $!
ok "recovery brings the ports back" within 30 all_ports
ok "an echo after the crash" within 10 echoes 20

if [ -e $edl ]; then
	echo 1 >$edl
	rebind
	ok "in emergency download it gets the programmer" within 20 [ -c /dev/wwan0firehose0 ]
	ok "which answers" talk ask /dev/wwan0firehose0 \
		'<?xml version="1.0" ?><data><nop /></data>' 'value="ACK"'
fi
finish
