# The mainline driver on a modem with IPCR and IP_SW0 that forgets all when it
# leaves D3hot.
. /etc/lib.sh
bdf=$(find_function 0x17cb:0x0306)
function=/sys/bus/pci/devices/$bdf

all_there() {
	[ -c /dev/wwan0qmi0 ] && [ -d /sys/class/net/mhi_swip0 ] &&
		[ -e /sys/bus/mhi/drivers/qcom_mhi_qrtr/mhi0_IPCR ]
}
is_runtime() { [ "$(cat "$function/power/runtime_status")" = "$1" ]; }
echoes() { talk echo /dev/wwan0mbim0 20 0; }

must "power-up brings QMI, IP_SW0 and QRTR" within 20 all_there
ok "an echo" echoes
echo 100 >"$function/power/autosuspend_delay_ms"
echo auto >"$function/power/control"
ok "runtime suspend" within 10 is_runtime suspended
echo on >"$function/power/control"
ok "awake" within 10 is_runtime active
ok "recovery brings all back" within 30 all_there
ok "an echo after that" within 10 echoes
dmesg | grep -E 'mhi.*(M3|recover|Recover)' | sed 's/^/note: /'
ls /sys/bus/mhi/drivers
finish
