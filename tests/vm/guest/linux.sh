# The mainline driver on the simulated modem: does it accept what we play?
# The profile has DIAG (an echo here), MBIM, QMI, DUN and IP_HW0.
. /etc/lib.sh
bdf=$(find_function 0x17cb:0x0306)
function=/sys/bus/pci/devices/$bdf

all_ports() {
	[ -c /dev/wwan0qcdm0 ] && [ -c /dev/wwan0mbim0 ] && [ -c /dev/wwan0qmi0 ] &&
		[ -c /dev/wwan0at0 ] && [ -d /sys/class/net/mhi_hwip0 ]
}
no_port() { ! [ -e /dev/wwan0qcdm0 ]; }
echoes() { talk echo /dev/wwan0qcdm0 "$1" "$2"; }
answers_at() { talk ask /dev/wwan0at0 'AT\r' OK; }
qmi() {
	timeout 10 qmicli -d /dev/wwan0qmi0 --device-open-qmi "$1" >/tmp/qmi 2>&1 &&
		grep -q "$2" /tmp/qmi && return
	cat /tmp/qmi
	return 1
}
link_up() {
	ip link set mhi_hwip0 up && ip addr replace 10.0.0.1/24 dev mhi_hwip0
}
pings() { ping -c "$1" -s "$2" -W 3 10.0.0.2 >/tmp/ping || { cat /tmp/ping; return 1; }; }
is_runtime() { [ "$(cat "$function/power/runtime_status")" = "$1" ]; }
no_complaint() {
	! dmesg | grep -E 'mhi|wwan' | grep -iE 'error|fail|timeout|timed out|invalid|unable'
}

must "power-up brings every port" within 30 all_ports
ok "an echo of 200 messages of all lengths" echoes 200 0
ok "an echo of the longest message" echoes 8 3500
ok "AT" answers_at
ok "QMI: manufacturer" qmi --dms-get-manufacturer "Manufacturer: '..*'"
ok "QMI: model" qmi --dms-get-model "Model: '..*'"
ok "QMI: ids" qmi --dms-get-ids "IMEI: '[0-9]*'"
ok "QMI: revision" qmi --dms-get-revision "Revision: '..*'"
ok "the network interface comes up" link_up
ok "ping" pings 5 56
ok "ping with long packets" pings 5 1400

echo auto >"$function/power/control"
echo 100 >"$function/power/autosuspend_delay_ms"
ip link set mhi_hwip0 down
ok "runtime suspend: M3 and D3hot" within 10 is_runtime suspended
ok "resume by traffic: M0" echoes 5 100
ok "... and again" within 10 is_runtime suspended
ok "AT wakes it as well" answers_at
echo on >"$function/power/control"
ok "awake" within 5 is_runtime active

echo "$bdf" >"$function/driver/unbind"
ok "unbind takes the ports" within 5 no_port
echo "$bdf" >/sys/bus/pci/drivers/mhi-pci-generic/bind
ok "bind brings them back" within 30 all_ports
ok "an echo after that" echoes 20 0
ok "no complaint of the driver" no_complaint

timeout 40 talk load /dev/wwan0qcdm0 >/tmp/load &
sleep 1
host crash
wait $!
echo "note: a crash ends the port with $(cat /tmp/load)"
ok "recovery brings the ports back" within 30 all_ports
ok "an echo after the crash" within 5 echoes 20 0
ok "AT after the crash" answers_at
ok "ping after the crash" eval 'link_up && pings 3 56'
finish
