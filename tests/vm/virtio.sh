#!/bin/sh
# The simulator's vhost-user back-ends: Linux's own drivers are the judges, and
# QEMU carries the messages between them.
. "${top_srcdir:=.}/tests/vm/common.sh"
: "${top_builddir:=.}"

rpmsg=vhost-user-test-device-pci,chardev=c0,virtio-id=7,num_vqs=2,vq_size=64,config_size=0

# back_end TYPE [OPTION]...: one that listens at $socket.
back_end() {
	sim_start_with --vhost-user "$work/socket" --type "$@"
}

# judged NAME QEMU-DEVICE [OPTION OF run-vm.sh]...
judged() {
	name=$1 device=$2
	shift 2
	guest "$name" "$@" -- -chardev "socket,id=c0,path=$socket" -device "$device"
	sim_stop
	judged_too
}

# What a driver did that it may not, the back-end tells its log.
judged_too() {
	if grep -Ev 'listens on |front-end ([0-9]+ attached|left)$' "$work/sim.log"; then
		echo "FAIL: the back-end complains of the driver"
		n_bad=$((n_bad + 1))
	else
		echo "ok: the back-end complains of nothing"
		n_ok=$((n_ok + 1))
	fi
	: >"$work/sim.log"
}

need_program mhi-sim tests/vm/rpmsg
need_command gpiomon gpiod
need_qemu_vfio_user
need_kernel k61
need_modules bookworm

tools=
for tool in gpiodetect gpiofind gpioinfo gpioget gpioset gpiomon; do
	tools="$tools -b $(command -v $tool)"
done
# shellcheck disable=SC2086 # the options are words
image gpio -m virtio_pci -m gpio-virtio $tools
back_end gpio
judged "gpio, QEMU 11" vhost-user-gpio-pci,chardev=c0
qemu=
back_end gpio
judged "gpio, QEMU 7.2" vhost-user-gpio-pci,chardev=c0
qemu=$cache/q11
image rpmsg -m virtio_pci -m rpmsg_ctrl -m rpmsg_char -m rpmsg_tty -m rpmsg_client_sample \
	-m virtio_rpmsg_bus -b "$top_builddir/tests/vm/rpmsg"
back_end rpmsg
# The bus makes channels, and so sleeps, in its interrupt; when that comes at a
# bad time the kernel hangs.  In a thread it may.
judged "rpmsg, QEMU 11" "$rpmsg" -a threadirqs
finish
