#!/bin/sh
# mhictl-mount - mhictl over a real mount: what it shows while channels live
# and the power changes, and how it ends when the daemon is stopped, killed or
# told to end.
set -u
mhifs=${top_builddir:-.}/mhifs
mhictl=${top_builddir:-.}/mhictl
dir=
mount=
daemon=
failed=0

skip_all() {
	echo "SKIP: $1: mhictl was not tried on a real mount" >&2
	exit 77
}

fail() {
	echo "FAIL: $*" >&2
	failed=1
}

cleanup() {
	if [ -n "$daemon" ]; then
		kill -CONT "$daemon" 2>/dev/null
		kill "$daemon" 2>/dev/null
		wait "$daemon" 2>/dev/null
	fi
	umount -l -q "$mount" 2>/dev/null
	rm -rf --one-file-system "$dir"
	exit $failed
}

# until_true COMMAND...: waits for it to succeed, 20 s at most
until_true() {
	for _ in $(seq 200); do
		"$@" && return 0
		sleep 0.1
	done
	fail "in vain: $*"
	return 1
}

# ends CODE ARGUMENT...: how it ends; what it prints is in out and err
ends() {
	expected=$1
	shift
	timeout 60 "$mhictl" --root "$mount" "$@" >"$dir/out" 2>"$dir/err"
	code=$?
	[ $code -eq "$expected" ] ||
		fail "mhictl $*: exit $code, not $expected: $(cat "$dir/err")"
}

has() {
	grep -q -- "$2" "$dir/$1" || fail "'$2' is not in $1: $(cat "$dir/$1")"
}

lacks() {
	! grep -q -- "$2" "$dir/$1" || fail "'$2' is in $1: $(cat "$dir/$1")"
}

start() {
	"$mhifs" --sandbox=kill -f "$@" "$mount" &
	daemon=$!
	until_true grep -qsE '^state=(ready|error)$' "$mount/mhi0/state" || exit
}

[ -x "$mhifs" ] || skip_all "mhifs is not built"
[ "$(id -u)" = 0 ] || skip_all "not root"
[ -w /dev/fuse ] || skip_all "no /dev/fuse"

dir=$(mktemp -d /tmp/mhictl-mount.XXXXXX)
mount=$dir/mnt
mkdir "$mount"
trap cleanup EXIT
trap 'exit 1' INT TERM

start loopback loopback,name=bad,mood=never-ready,recovery=off
until_true grep -q '^state=error$' "$mount/mhi1/state"
ends 0 list
has out '^mhi0  *ready  *M0  *AMSS  *loopback-0  *sim'
has out '^mhi1  *error .*loopback-bad .*READY'
ends 6 show mhi1
ends 0 show loopback-0
has out '^  DIAG  *4/5  *closed '
exec 3<>"$mount/mhi0/DIAG"
ends 0 show mhi0
has out '^  DIAG  *4/5  *running  *1 '
exec 3>&-

"$mhictl" --root "$mount" watch mhi0 >"$dir/human" &
human=$!
"$mhictl" --root "$mount" watch --json mhi0 >"$dir/json" &
json=$!
# A watcher sees what comes after it opened the file; wake it until it did.
echo_until_seen() {
	echo x >"$mount/mhi0/TEST_0"
	sleep 0.1
	grep -q TEST_0 "$dir/human" && grep -q TEST_0 "$dir/json"
}
until_true echo_until_seen

ends 0 power mhi0 suspend
ends 0 power mhi0
has out '^suspended$'
ends 0 power mhi0 resume
ends 0 power mhi0 off
ends 0 show mhi0
has out '^  DIAG  *4/5  *absent '
ends 0 power mhi0 on
ends 0 --json power mhi0 reset
has out '^{"device": "mhi0", "power": "on"}$'
until_true grep -q ' mhi0 power state=ready result=done$' "$dir/human"
has human ' mhi0 state suspended mhi=M3'
until_true grep -q '^{"device":"mhi0",.*"type":"reset"' "$dir/json"

# An orderly end: whoever watched is done.
kill "$daemon"
wait "$daemon" || fail "mhifs ended with $?"
daemon=
wait $human || fail "watch ended with $?"
wait $json || fail "watch --json ended with $?"

# A modem that wants images.
cat >"$dir/conf" <<EOF
firmware_dir = "$dir"
dump_dir = "$dir/dump"
device "loopback-*" { firmware = "image" edl_firmware = "image" sbl_size = 100000 }
EOF
head -c 3000000 /dev/urandom >"$dir/image"
start -c "$dir/conf" loopback,boot=images,ee=pbl
ends 0 boot --edl mhi0
has out '^mhi0: image for EDL: loaded$'
has out '^mhi0: ready$'
ends 0 --json boot --edl mhi0
has out '"image":"image","ee":"EDL","bytes":3000000,"total":3000000,"state":"loaded"'
ends 0 boot mhi0
lacks err '[[]#'
script -qec "$mhictl --root $mount boot --edl mhi0" /dev/null >"$dir/tty" </dev/null
has tty 'mhi0: image for EDL [[]#######*-*[]] *[0-9]*%'
has tty 'mhi0: image for EDL: loaded'
ends 2 --edl show
ends 0 dump mhi0
ends 3 dump mhi0 crash-1.txt
ends 2 dump mhi0 ../state
rm "$dir/image"
ends 6 boot --edl mhi0
has out '^mhi0: image for EDL: failed: image image: No such file'
ends 6 show mhi0
kill "$daemon"
wait "$daemon" || fail "mhifs ended with $?"
daemon=

# A modem without flash asks for eight images, one of which it can do without.
cat >"$dir/conf" <<EOF
firmware_dir = "$dir"
dump_dir = "$dir/dump"
device "loopback-*" { recovery = false ready_timeout_ms = 2000 sahara_images = {
	"1:one", "2:one", "3:one", "4:one", "6:one", "7:one", "8:short" } }
EOF
# An image of 65536 bytes, or what there is of it.
image() {
	{
		printf 'MHISIM01\0\0\001\0\0\0\0\0'
		head -c $(($1 - 16)) /dev/zero
	} >"$dir/$2"
}
image 65536 one
image 40000 short
start -c "$dir/conf" loopback:quectel-em1xx,ee=sbl,boot=images,life.SAHARA=sahara-flashless
ends 6 boot mhi0
has out '^mhi0: one for SBL: loaded$'
has out '^mhi0: short for SBL: failed: image 8 (short, 40000 bytes): the device asks for [0-9]* bytes at offset [0-9]*$'
image 65536 short
ends 0 boot mhi0
has out '^mhi0:  for SBL: failed: image 5 (-): none is configured$'
[ "$(grep -c '^mhi0: one for SBL: loaded$' "$dir/out")" -eq 6 ] || fail "not six images"
has out '^mhi0: short for SBL: loaded$'
has out '^mhi0: ready$'
kill "$daemon"
wait "$daemon" || fail "mhifs ended with $?"
daemon=

# A loader that refuses its image tells why.
cat >"$dir/conf" <<EOF
firmware_dir = "$dir"
dump_dir = "$dir/dump"
device "loopback-*" { recovery = false ready_timeout_ms = 2000 edl_firmware = "one" }
EOF
start -c "$dir/conf" loopback,boot=images,fault=F56
ends 6 boot --edl mhi0
has out '^mhi0: one for EDL: failed: .*(ERRCODE 0x[0-9a-f]*, ERRDBG 0x'
kill "$daemon"
wait "$daemon" || fail "mhifs ended with $?"
daemon=

# A daemon that hangs does not hang its visitors.
start loopback
"$mhictl" --root "$mount" watch 2>"$dir/watch" >"$dir/json" &
watch=$!
until_true echo_until_seen
kill -STOP "$daemon"
ends 5 list
has err 'no answer within 10 s'
"$mhictl" --root "$mount" power mhi0 off &
power=$!
sleep 0.5
kill -INT $power
wait $power
code=$?
[ $code -eq 7 ] || fail "power, interrupted: exit $code"
kill -CONT "$daemon"

# A daemon that died is named as what it is.
kill -KILL "$daemon"
wait "$daemon" 2>/dev/null
daemon=
wait $watch
code=$?
[ $code -eq 1 ] || fail "watch, when the daemon was killed: exit $code"
grep -q 'the daemon that served it is dead' "$dir/watch" || fail "$(cat "$dir/watch")"
for command in list 'show mhi0' 'power mhi0' 'watch mhi0'; do
	# shellcheck disable=SC2086
	ends 1 $command
	has err 'the daemon that served it is dead'
done
