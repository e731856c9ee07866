# Boot, suspend, crash, dump, SIGKILL in each of them, sleep of the machine.
. /etc/lib.sh
. /etc/mhifs-lib.sh
mkdir -p /dev/pts
mount -t devpts devpts /dev/pts
mounts() { mhifs --sandbox=kill "vfio:$bdf,profile=sim,tty.MBIM=/run/ttyMBIM" $mnt; }

state_is() { has_line $dev/state "state=$1"; }
echoes() { talk echo $dev/LOOPBACK 20 0; }
# boots IMAGES [OPTION]: and shows how each of them is loaded.
boots() {
	mhictl boot ${2-} mhi0 >/tmp/boot && is "$1" "$(grep -c 'image.bin.*loaded' /tmp/boot)" || {
		cat /tmp/boot
		return 1
	}
}
# A new daemon finds the device wherever the last one left it.
replaced() {
	kill -9 "$(pidof mhifs)"
	within 5 no_daemon && umount -l $mnt && mounts && state_is ready && echoes
}
has_dump() { [ -s "$dev/dump/crash-$1.bin" ]; }
is_dump() {
	mhictl dump mhi0 "crash-$1.bin" "/tmp/dump-$1" && is 1000000 "$(wc -c <"/tmp/dump-$1")" &&
		is 600 "$(stat -c %a "$dev/dump/crash-$1.bin")"
}
# Somebody who waits for what nobody sends.
park() {
	talk wait $dev/QMI >/tmp/parked 2>&1 &
	parked=$!
	within 5 has_line $dev/stats QMI.users=1
}
terminal() {
	talk wait /run/ttyMBIM >/tmp/parked 2>&1 &
	parked=$!
	within 5 has_line $dev/stats MBIM.users=1
}
is_hung_up() { [ -n "$(cat /tmp/parked)" ]; }
is_parked() { kill -0 $parked && is "" "$(cat /tmp/parked)"; }

must "mhictl binds it" mhictl bind "$bdf"
must "it mounts: both loaders get their images" mounts
ok "it is ready" state_is ready
ok "in mission mode" has_line $dev/state ee=AMSS
ok "an echo" echoes
ok "mhictl suspends it" mhictl power mhi0 suspend
ok "it says so" state_is suspended
ok "traffic wakes it" echoes
ok "it is ready" state_is ready

park
host crash
wait $parked
ok "a crash tells who waits" is ECONNRESET "$(cat /tmp/parked)"
ok "the dump is saved" within 10 has_dump 1
ok "mhictl copies it, and nobody else may read it" is_dump 1
ok "it boots and is ready again" within 20 state_is ready
ok "an echo after the crash" echoes

for when in 0.1 0.5; do
	mhictl power mhi0 reset &
	sleep $when
	ok "killed $when s into loading, and replaced" replaced
done
# The kernel resets the function for the next one: the dump is lost.
host crash
sleep 0.2
ok "killed while it dumps, and replaced" replaced
ok "there is no part of a dump that looks whole" no_file $dev/dump/crash-2.bin

terminal
ok "the machine goes to sleep, and wakes up" sleeps
ok "who waits at a terminal still waits" is_parked
ok "an echo after that" echoes
ok "the machine sleeps without power on the bus" sleeps_deep
ok "who waited at the terminal is told" within 10 is_hung_up
ok "it is ready" within 30 state_is ready
ok "an echo after that" within 10 echoes

# Linux stops the daemon before it can answer who polls or reads a file.
park
echo 500 >/sys/power/pm_freeze_timeout
ok "a file that is polled keeps the machine awake" eval '! sleeps 2>/dev/null'
ok "who waits still waits" is_parked
kill $parked
ok "an echo after that" echoes

ok "emergency download, with its image" boots 1 --edl
ok "the programmer runs" has_line $dev/state ee=FP
ok "a clean end" unmounts
finish
