#!/bin/sh
# mhi-sim - as it is started: what it refuses in one line, and the signals of a
# virtio device that is served.
set -u
sim=$(realpath "${top_builddir:-.}/mhi-sim")
work=$(mktemp -d)
pid=
trap 'kill $pid 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1
export LC_ALL=C
failed=0

fail() {
	echo "FAIL: $*"
	failed=1
}

# refuses PATTERN ARGUMENT...: one line on stderr, and status 1.
refuses() {
	pattern=$1
	shift
	timeout 10 "$sim" "$@" >out 2>err </dev/null
	code=$?
	[ $code -eq 1 ] || fail "mhi-sim $*: exit $code"
	[ "$(wc -l <err)" -eq 1 ] || fail "mhi-sim $*: not one line: $(cat err)"
	grep -q "^mhi-sim: .*$pattern" err || fail "mhi-sim $*: '$pattern' is not in: $(cat err)"
}

# soon COMMAND...: holds within 5 s.
soon() {
	for _ in $(seq 100); do
		"$@" && return
		sleep 0.05
	done
	fail "not within 5 s: $*: $(cat log)"
}

refuses '--socket PATH or --vhost-user PATH is needed'
refuses '--type' --vhost-user a
refuses '"lamp"' --vhost-user a --type lamp
refuses '"merry"' --vhost-user a --type rpmsg --mood merry
refuses '--echo is an option of a modem' --vhost-user a --type gpio --echo DIAG
refuses '--socket is an option of a modem' --vhost-user a --type gpio --socket b
refuses '--mood is an option of --vhost-user' --socket a --mood storm
refuses "'F17'; it must be a fault and a case that gpio has: F61 to F66" \
	--vhost-user a --type gpio --fault F17
refuses "'F61,case=15'; it must be a fault and a case that rpmsg has" \
	--vhost-user a --type rpmsg --fault F61,case=15
refuses "F61@WHEN" --vhost-user a --type rpmsg --fault F61@M0
refuses "one --fault, or --mood" --vhost-user a --type rpmsg --fault F61 --mood storm
refuses "one --fault, or --mood" --vhost-user a --type rpmsg --fault F61 --fault F62
refuses "option fault cannot be 'F58'" --socket a --fault F58
refuses "'F17:case=0'; it must be a fault and a case that the modem has" \
	--socket a --fault F17,case=0
refuses "--fault cannot be ''" --socket a --fault=
refuses "F17@WHEN" --socket a --fault F17@soon,case=3
refuses "no more than four" --socket a --fault F1 --fault F2 --fault F3 --fault F4 --fault F6
refuses "--seed cannot be 'x'" --socket a --seed x
refuses 'No such file' --vhost-user no/such/folder --type gpio
refuses 'the path is empty' --vhost-user= --type gpio
refuses 'the path is empty' --socket=
echo precious >file
refuses 'file": this is no socket' --vhost-user file --type gpio
[ "$(cat file)" = precious ] || fail 'a file was removed for a socket'

for type in rpmsg gpio; do
	"$sim" --vhost-user "$type.sock" --type $type 2>log &
	pid=$!
	soon grep -q "$type listens on" log
	refuses 'another process listens there' --vhost-user $type.sock --type $type
	kill -USR2 $pid
	soon grep -q 'kicks=0 calls=0' log
	kill -HUP $pid
	kill -USR1 $pid
	soon grep -q 'crashing as told' log
	kill -TERM $pid
	wait $pid || fail "$type: exit $? after SIGTERM"
	[ ! -e $type.sock ] || fail "$type: the socket is still there"
done

# What a killed one leaves behind is replaced.
"$sim" --vhost-user left --type gpio 2>log &
pid=$!
soon grep -q 'listens on' log
kill -KILL $pid
wait $pid 2>/dev/null
"$sim" --vhost-user left --type gpio 2>log &
pid=$!
soon grep -q 'listens on' log
exit $failed
