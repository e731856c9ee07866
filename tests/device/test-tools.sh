#!/bin/sh
# The tools people reach for, as they are, on a real mount.
set -u

mhifs=${top_builddir:-.}/mhifs
dir=
pid=
failed=0

skip_all() {
	echo "SKIP: $1: no tool was tried on a real mount" >&2
	exit 77
}

cleanup() {
	exec 3>&- 4>&-
	if [ -n "$pid" ]; then
		kill "$pid" 2>/dev/null
		wait "$pid" || { echo "FAIL: mhifs ended with $?" >&2; failed=1; }
	fi
	[ -n "$dir" ] && rm -rf --one-file-system "$dir"
	exit "$failed"
}

# have TOOL: false, and loud, when it is missing
have() {
	command -v "$1" >/dev/null && return 0
	echo "SKIP: no $1 here: not tried" >&2
	return 1
}

# same NAME WANTED GOT
same() {
	if [ "$2" = "$3" ]; then
		echo "ok: $1"
	else
		echo "FAIL: $1: wanted '$2', got '$3'" >&2
		failed=1
	fi
}

# has FILE TEXT: waits until FILE holds TEXT
has() {
	for _ in $(seq 200); do
		grep -qa "$2" "$1" 2>/dev/null && return 0
		sleep 0.1
	done
	return 1
}

[ -x "$mhifs" ] || skip_all "mhifs is not built"
[ "$(id -u)" = 0 ] || skip_all "not root"
[ -w /dev/fuse ] || skip_all "no /dev/fuse"

dir=$(mktemp -d /tmp/mhifs-tools.XXXXXX)
trap cleanup EXIT
trap 'exit 1' HUP INT TERM
mkdir "$dir/mnt"
# Killed, this script leaves no mount behind either.
setpriv --pdeathsig TERM "$mhifs" --sandbox=kill -f \
	"loopback,tty.DUN=$dir/ttyDUN,tty.QMI=$dir/ttyQMI" "$dir/mnt" &
pid=$!
dev=$dir/mnt/mhi0
has "$dev/state" '^state=ready$' || { failed=1; exit; }
loop=$dev/LOOPBACK
out=$dir/out

# Keeps the channel running, so that what comes back waits for its reader.
exec 3<>"$loop"

echo hello >"$loop"
IFS= read -r line <"$loop"
same "echo and read" hello "$line"

echo abcdef >"$loop"
same "head -c" abc "$(timeout 20 head -c 3 "$loop")"
same "dd takes the rest" def "$(timeout 20 dd if="$loop" bs=64 count=1 status=none)"

printf 'one message' | dd of="$loop" bs=64 status=none
same "dd of=" "one message" "$(timeout 20 dd if="$loop" bs=64 count=1 status=none)"

# reader NAME COMMAND...: it waits, shows what comes, and can be killed
reader() {
	name=$1
	shift
	: >"$out"
	"$@" >"$out" &
	reader=$!
	echo "for $name" >"$loop"
	if has "$out" "for $name"; then
		echo "ok: $name"
	else
		echo "FAIL: $name did not show its line" >&2
		failed=1
	fi
	kill "$reader"
	wait "$reader" 2>/dev/null
}

reader cat cat "$loop"
# Into a file tail would collect a block first.
have stdbuf && reader "tail -n +1 -f" stdbuf -oL tail -n +1 -f "$loop"
have busybox && reader "busybox cat" busybox cat "$loop"
have socat && reader "socat -u" socat -u "OPEN:$loop,rdonly" -

if have socat; then
	printf 'both ways\n' >"$dir/in"
	same "socat both ways" "both ways" \
		"$(timeout 20 socat -t 5 "OPEN:$dir/in,rdonly!!OPEN:$out,append" \
			"OPEN:$loop" & reader=$!
		has "$out" "both ways" && cat "$out" | tail -n 1
		kill "$reader")"
fi

if have python3; then
	same "python" "b'ping'" "$(timeout 20 python3 - "$loop" <<-'PYTHON'
	import sys
	with open(sys.argv[1], "r+b", buffering=0) as f:
	    f.write(b"ping")
	    print(f.read(100))
	PYTHON
	)"
	same "python select" "True" "$(timeout 20 python3 - "$loop" <<-'PYTHON'
	import os, select, sys
	fd = os.open(sys.argv[1], os.O_RDWR | os.O_NONBLOCK)
	os.write(fd, b"ping")
	p = select.epoll()
	p.register(fd, select.EPOLLIN)
	p.poll(10)
	print(os.read(fd, 100) == b"ping")
	PYTHON
	)"
fi

dd if=/dev/urandom of="$dir/data" bs=1M count=2 status=none
cat "$dir/data" >"$loop"
timeout 20 head -c 2097152 "$loop" >"$out"
cmp -s "$dir/data" "$out"
same "two mebibytes through cat" 0 $?

cp "$dir/data" "$loop"
timeout 20 head -c 2097152 "$loop" >"$out"
cmp -s "$dir/data" "$out"
same "cp onto a channel" 0 $?

exec 4<>"$dev/DUN"
printf 'AT\r' >&4
: >"$out"
cat <&4 >"$out" &
reader=$!
has "$out" OK
same "AT and OK" 0 $?
kill "$reader"
wait "$reader" 2>/dev/null

if have minicom && have script; then
	: >"$out"
	mkfifo "$dir/keys"
	HOME=$dir TERM=vt100 timeout 30 script -qfc "minicom -o -D $dev/DUN" "$out" \
		<"$dir/keys" >/dev/null 2>&1 &
	reader=$!
	exec 5>"$dir/keys"
	has "$out" Welcome
	printf 'ATI\r' >&5
	has "$out" Manufacturer
	same "minicom" 0 $?
	exec 5>&-
	kill "$reader" 2>/dev/null
	wait "$reader" 2>/dev/null
fi

# Those that want a terminal.
if have picocom; then
	{ sleep 1; printf 'AT+CGMI\r'; sleep 2; } |
		timeout 20 picocom -q --exit-after 2000 "$dir/ttyDUN" >"$out" 2>&1
	same "picocom" mhifs "$(tr -d '\r' <"$out" | grep -x mhifs)"
fi
if have qmicli; then
	same "qmicli" "IMEI: '359162094360455'" "$(timeout 20 qmicli -d "$dir/ttyQMI" \
		--device-open-qmi --dms-get-ids 2>/dev/null | sed -n 's/.*\(IMEI: .*\)/\1/p')"
fi
if /usr/bin/python3 -c 'import serial' 2>/dev/null; then
	same "pyserial" OK "$(timeout 20 /usr/bin/python3 - "$dir/ttyDUN" <<-'PYTHON'
	import serial, sys
	port = serial.Serial(sys.argv[1], 115200, timeout=10)
	port.write(b"AT+CSQ\r")
	print(port.read_until(b"OK\r\n").split()[-1].decode())
	PYTHON
	)"
else
	echo "SKIP: no pyserial here: not tried" >&2
fi
