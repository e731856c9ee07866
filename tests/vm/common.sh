# shellcheck shell=sh disable=SC2154 # top_srcdir and top_builddir come from make
# What the tests in virtual machines share.  Sourced.
#
# A test names what it needs, starts a simulated modem, and runs a guest whose
# script (guest/NAME.sh) prints "ok: SENTENCE" and "FAIL: SENTENCE".  A line
# "HOST: WORD" of the guest calls the function host_WORD here.  The console is
# shown only when something failed, or MHIFS_VM_VERBOSE is set.
set -u
vm=$top_srcdir/tests/vm
cache=${MHIFS_VM_CACHE:-/var/cache/mhifs-vm}
work=$(mktemp -d "${TMPDIR:-/tmp}/mhifs-vm.XXXXXX")
sim_pid=
n_ok=0
n_bad=0
started=$(date +%s)
trap leave EXIT
trap 'exit 1' INT TERM HUP

skip() {
	echo "SKIP: $*" >&2
	exit 77
}

leave() {
	status=$?
	sim_stop
	rm -rf --one-file-system "$work"
	exit $status
}

need_command() {
	command -v "$1" >/dev/null || skip "no $1 here (Debian package $2)"
}

# Fetched into the cache once; a half-done download never counts.
need_packages() {
	name=$1 proof=$2
	shift 2
	# shellcheck disable=SC2144 # one file at most
	[ ! -e "$cache/$name"/$proof ] || return 0
	mkdir -p "$cache" 2>/dev/null || skip "$cache cannot be made"
	(
		flock 9
		# shellcheck disable=SC2144
		[ ! -e "$cache/$name"/$proof ] || exit 0
		rm -rf "$cache/$name" "$cache/$name.part" "$cache/$name.part.apt"
		"$vm/get-debs.sh" "$@" 2>"$cache/$name.log" &&
			mv "$cache/$name.part" "$cache/$name" && rm -rf "$cache/$name.part.apt"
	) 9>"$cache/lock" || skip "$name cannot be fetched: $(tail -n 1 "$cache/$name.log")"
}

need_kernel() {
	# In Debian the static one and the other exclude each other.
	need_packages busybox bin/busybox -s bookworm "$cache/busybox.part" busybox-static
	need_command cpio cpio
	need_command modprobe kmod
	need_command xz xz-utils
	kernel=$cache/$1
	case $1 in
	k61) need_packages k61 "boot/vmlinuz-*" -s bookworm "$cache/k61.part" linux-image-amd64 ;;
	k612) need_packages k612 "boot/vmlinuz-*" -s trixie "$cache/k612.part" linux-image-amd64 ;;
	esac
}

# need_modules SUITE: the drivers of $kernel that Debian leaves out.
need_modules() {
	need_command gcc gcc
	need_command make make
	(
		flock 9
		[ ! -e "$(echo "$kernel"/lib/modules/*/extra/virtio_rpmsg_bus.ko)" ] || exit 0
		"$vm/build-modules.sh" -s "$1" -k "$kernel" "$cache/modules.part" \
			2>"$cache/modules.log"
	) 9>"$cache/lock" ||
		skip "no drivers for virtio: $(tail -n 1 "$cache/modules.log")"
}

# The QEMU of Debian 12, for what needs no vfio-user.
need_qemu() {
	need_command qemu-system-x86_64 qemu-system-x86
	qemu=
}

# One that attaches to a server of vfio-user, 10.1 or newer; it also has a
# vhost-user device of any type.
need_qemu_vfio_user() {
	need_packages q11 usr/bin/qemu-system-x86_64 -d -t trixie-backports \
		-s "trixie trixie-backports" "$cache/q11.part" qemu-system-x86
	qemu=$cache/q11
}

need_program() {
	for program; do
		[ -x "$top_builddir/$program" ] || skip "$program is not built"
	done
	# A guest has no room for the shadow memory of a sanitizer.
	! nm -D "$top_builddir/$1" 2>/dev/null | grep -q __asan_init ||
		skip "built with sanitizers: guests run the plain build only"
}

# sim_start [OPTION]...: a simulated modem behind $socket.
sim_start() {
	sim_start_with --socket "$work/socket" "$@"
}

# sim_start_with OPTION...: whatever listens at $work/socket.
sim_start_with() {
	socket=$work/socket
	"$top_builddir/mhi-sim" "$@" >>"$work/sim.log" 2>&1 &
	sim_pid=$!
	for _ in $(seq 100); do
		[ ! -S "$socket" ] || return 0
		sleep 0.05
	done
	cat "$work/sim.log"
	exit 1
}

sim_stop() {
	[ -n "$sim_pid" ] || return 0
	kill "$sim_pid" 2>/dev/null
	wait "$sim_pid" 2>/dev/null
	sim_pid=
}

# image SCRIPT [OPTION OF mk-initramfs.sh]...
image() {
	script=$1
	shift
	"$vm/mk-initramfs.sh" -k "$kernel" -B "$cache/busybox/bin/busybox" \
		-o "$work/initramfs" -t "$vm/guest/$script.sh" \
		-f "$vm/guest/lib.sh:/etc/lib.sh" "$@" || exit 1
}

# image_of_mhifs SCRIPT [OPTION]...: with all that mhifs and vfio-pci need.
image_of_mhifs() {
	image "$@" -f "$vm/guest/mhifs-lib.sh:/etc/mhifs-lib.sh" \
		-b "$top_builddir/mhifs" -b "$top_builddir/mhictl" -b "$top_builddir/tests/vm/talk" \
		-m fuse -m vfio_iommu_type1 -m vfio_pci
}

obey() {
	tail -n +1 -f --pid="$1" -s 0.05 "$2" | sed -u 's,\r$,,' | while read -r mark word; do
		[ "$mark" != HOST: ] || "host_$word"
	done
}

report() {
	sed -n 's/\r$//; /^ok: /p; /^FAIL: /p; /^note: /p; /^GUEST: /p' "$1"
	n_ok=$((n_ok + $(grep -ac '^ok: ' "$1")))
	bad=$(grep -ac '^FAIL: ' "$1")
	# The guest's status counts its failures; another one is a failure too.
	[ "$bad" != 0 ] || [ "$2" = 0 ] || {
		bad=1
		echo "FAIL: the guest ended with status $2"
	}
	n_bad=$((n_bad + bad))
	[ "$bad" = 0 ] && [ -z "${MHIFS_VM_VERBOSE-}" ] || {
		echo "--- console"
		# QEMU says a line for each access to a modem that is gone.
		tr -d '\r' <"$1" | grep -av '^qemu-system.*\(vfio\|socket\)' | tail -n 300
		echo "--- modem"
		tail -n 50 "$work/sim.log" 2>/dev/null
	}
}

# guest NAME [OPTION OF run-vm.sh]...
guest() {
	echo "== $1"
	shift
	: >"$work/console"
	"$vm/run-vm.sh" -k "$kernel" -i "$work/initramfs" ${qemu:+-q "$qemu"} "$@" \
		>"$work/console" 2>&1 &
	vm_pid=$!
	obey $vm_pid "$work/console"
	wait $vm_pid
	report "$work/console" $?
}

# The line a test runner counts cases by.
finish() {
	echo "$(($(date +%s) - started)) s"
	echo "$((n_ok * 100 / (n_ok + n_bad ? n_ok + n_bad : 1)))%: Checks: $((n_ok + n_bad)), Failures: $n_bad, Errors: 0"
	[ $n_bad = 0 ]
	exit
}
