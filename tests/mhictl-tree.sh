#!/bin/sh
# mhictl-tree - mhictl as it is started, over a tree made of plain files: what
# it prints, what it says is wrong, and how it ends.
set -u
mhictl=$(realpath "${top_builddir:-.}/mhictl")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
unset NO_COLOR
export TZ=UTC LC_ALL=C
failed=0

fail() {
	echo "FAIL: $*"
	failed=1
}

# ends CODE ARGUMENT...: how it ends; its output is in out, its messages in err.
# Without sysfs, or the modems of this machine would be in the lists.
ends() {
	expected=$1
	shift
	timeout 10 "$mhictl" --sysfs nothing "$@" >out 2>err </dev/null
	code=$?
	[ $code -eq "$expected" ] || fail "mhictl $*: exit $code, not $expected: $(cat err)"
}

# refuses CODE PATTERN ARGUMENT...: one line on stderr, nothing on stdout.
refuses() {
	expected=$1 pattern=$2
	shift 2
	ends "$expected" "$@"
	[ "$(wc -l <err)" -eq 1 ] || fail "mhictl $*: not one line: $(cat err)"
	grep -q "^mhictl: .*$pattern" err || fail "mhictl $*: '$pattern' is not in: $(cat err)"
	[ ! -s out ] || fail "mhictl $*: printed $(cat out)"
}

shows() {
	grep -qF -- "$1" out || fail "'$1' is not in: $(cat out)"
}

device() {
	mkdir -p "$1"
	printf 'state=%s\nmhi=M0\nee=AMSS\nwhy=%s\n' "$2" "$3" >"$1/state"
	printf 'name=mhi0\npath=loopback-0\nprofile=sim\nchannel.DIAG=4 5 16384 stream\n' >"$1/info"
	printf 'DIAG.users=1\nDIAG.state=running\nDIAG.ul_bytes=2048\n' >"$1/stats"
	echo on >"$1/power"
	: >"$1/DIAG"
	printf '{"seq":1,"time":1.5,"type":"state","state":"ready"}\n' >"$1/events"
}

device tree/mhi0 ready ''
device tree/mhi2 error "$(printf 'a bad pointer \033[2J')"
mkdir -p tree/by-path tree/other empty
ln -s ../mhi0 tree/by-path/loopback-0

# Tables, and nothing else on stdout.
ends 0 --root tree list
cat >expected <<'END'
DEVICE  STATE  MHI  EE    PATH        PROFILE  WHY
mhi0    ready  M0   AMSS  loopback-0  sim      -
mhi2    error  M0   AMSS  loopback-0  sim      a bad pointer \x1b[2J
END
cmp -s expected out || fail "list printed: $(cat out)"
[ ! -s err ] || fail "list said: $(cat err)"
ends 0 list tree
cmp -s expected out || fail "list tree printed: $(cat out)"
ends 0 list empty
[ ! -s out ] || fail "an empty list is: $(cat out)"

ends 0 -r tree show mhi0
shows 'ready'
shows '  DIAG     4/5    running      1  16384        -     2.0K        -        -       -'
ends 0 -r tree show loopback-0
ends 0 show ./tree/mhi0/
ends 0 -r tree/mhi0 show
ends 6 -r tree show mhi2
ends 6 -r tree show

# For programs.
ends 6 -r tree show --json
python3 -c '
import json
mhi0, mhi2 = json.load(open("out"))["devices"]
assert mhi0["name"] == "mhi0" and mhi0["power"] == "on"
assert mhi0["channels"][0]["ul_bytes"] == 2048
assert mhi2["why"] == "a bad pointer \x1b[2J"
' || fail "show --json: $(cat out)"
! grep -q "$(printf '\033')" out || fail "an escape sequence in the JSON"

# What happens, and how it ends when the devices end.
ends 0 -r tree watch mhi0
grep -qx '00:00:01.500 mhi0 state ready' out || fail "watch: $(cat out)"
ends 0 -r tree watch --json mhi0 mhi2
grep -qx '{"device":"mhi2","seq":1,"time":1.5,"type":"state","state":"ready"}' out ||
	fail "watch --json: $(cat out)"
printf 'no event \033[2J\n{"type":"ee"}' >tree/mhi2/events
ends 1 -r tree watch mhi2
grep -q 'mhi2 ee' out || fail "the line after a bad one is lost"
grep -qF 'mhi2: not an event: no event \x1b[2J' err || fail "watch said: $(cat err)"

# Lines come when they come, in whatever pieces; a signal ends it with 7.
rm tree/mhi2/events
mkfifo tree/mhi2/events
"$mhictl" -r tree watch mhi2 >out 2>err &
watcher=$!
exec 3>tree/mhi2/events
printf '{"type":' >&3
printf '"power"}\n{"type":"re' >&3
for _ in 1 2 3 4 5 6 7 8 9 10; do
	grep -q power out && break
	sleep 0.1
done
grep -q 'mhi2 power' out || fail "watch is silent: $(cat out err)"
kill -INT $watcher 2>/dev/null || fail "watch ended by itself"
wait $watcher
code=$?
[ $code -eq 7 ] || fail "watch ended with $code, not 7"
exec 3>&-

# Power.
ends 0 -r tree power mhi0
[ "$(cat out)" = on ] || fail "power printed: $(cat out)"
ends 0 -r tree power mhi0 off
[ "$(cat tree/mhi0/power)" = off ] || fail "power wrote: $(cat tree/mhi0/power)"
[ ! -s out ] || fail "power off printed: $(cat out)"

# What others began ends before the reset begins; the reason is in state.
events() {
	printf '{"type":"%s"}\n' 'power","state":"off","result":"done' "$@" >tree/mhi2/events
}
rm -f tree/mhi2/events
events 'reset","cause":"recovery' 'power","state":"off","result":"done' \
	'reset","cause":"power' 'power","state":"ready","result":"done'
ends 0 -r tree boot mhi2
[ "$(cat out)" = 'mhi2: ready' ] || fail "boot printed: $(cat out)"
events 'reset","cause":"power' 'power","state":"error","result":"Input/output error'
refuses 6 'mhi2: power reset failed: a bad pointer' -r tree boot mhi2
device tree/mhi2 error "$(printf 'a bad pointer \033[2J')"
ends 0 -r tree -j power mhi0
[ "$(cat out)" = '{"device": "mhi0", "power": "off"}' ] || fail "power --json: $(cat out)"
refuses 2 "'of'; it takes on, off, reset, suspend, resume or edl" -r tree power mhi0 of
rm tree/mhi0/power
refuses 3 'tree/mhi0/power: No such file' -r tree power mhi0 on
ends 0 -r tree -j show mhi0
shows '"power": null'

# What is wrong, which value, what would be right.
refuses 2 'command is missing: list, show, watch, power'
refuses 2 "unknown command 'lst'; there are list" lst
refuses 2 'unknown option --foo; see mhictl --help' --foo list
refuses 2 'unknown option -x;' -x list
refuses 2 'option -r needs an argument' list -r
refuses 2 'list takes \[DIR\]; 2 arguments' list a b
refuses 2 'power takes DEVICE' power
refuses 3 "no device 'mhi7' in tree; there are mhi0 mhi2" -r tree show mhi7
refuses 3 "no device 'mhi7' in empty; there is none" -r empty watch mhi7
refuses 3 'no devices in empty' -r empty show
refuses 3 'no devices in empty' -r empty watch
refuses 3 'none: no such directory' -r none list
refuses 3 'other: not a device' -r tree show other
refuses 3 "no device '.x1b\[2J'" -r tree show "$(printf '\033[2J')"
ends 0 --help
shows 'Usage: mhictl'
ends 0 -V
shows 'mhictl '

if [ "$(id -u)" -ne 0 ]; then
	chmod 0 tree/mhi0
	refuses 4 'permission denied' -r tree show mhi0
	chmod 755 tree/mhi0
fi
"$mhictl" --sysfs nothing -r tree list >/dev/full 2>err
code=$?
[ $code -eq 1 ] || fail "a full disk ends with $code"
grep -q 'standard output: No space left' err || fail "a full disk: $(cat err)"
exit $failed
