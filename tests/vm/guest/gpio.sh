# The mainline gpio driver on the simulated controller: does it accept what we
# play?  A line that is released loses its direction and its level.
. /etc/lib.sh

chip() { gpiodetect | grep -q '\[virtio0\] (9 lines)'; }
no_chip() { [ -z "$(gpiodetect)" ]; }
named() { is "$chip $2" "$(gpiofind "$1")"; }
all_named() {
	named out0 0 && named out1 1 && named loop-out 2 && named loop-in 3 &&
		named toggle 4 && named refuse 5 && named liar 6 && named slow 8
}
level() { is "$2" "$(gpioget "$chip" "$1")"; }
has_user() { gpioinfo "$chip" | grep -qE "line +$1:.*\"$2\""; }
# driving LINES COMMAND...: gpioset holds them while the command runs.
driving() {
	# shellcheck disable=SC2086 # the lines are words
	gpioset -m signal "$chip" $1 &
	held=$!
	shift
	within 5 "$@"
	status=$?
	kill $held
	wait $held
	return $status
}
# What is driven at one end of the wire shows at the other, as long as it lasts.
is_wired() { has_user 2 gpioset && level 3 "$1"; }
wire() { driving "2=$1" is_wired "$1"; }
are_driven() { has_user 0 gpioset && has_user 2 gpioset && level 3 1; }
refused() { ! gpioget "$chip" 5 2>/dev/null && ! gpioset "$chip" 5=1 2>/dev/null; }
# The driver waits for each answer, and there are three of 0.3 s.
slow() { timeout 5 gpioget "$chip" 8 >/tmp/slow && is 0 "$(cat /tmp/slow)"; }

edges() {
	timeout 5 gpiomon "$@" >/tmp/edges || {
		cat /tmp/edges
		return 1
	}
}
turns() {
	edges -n 6 -F %e "$chip" 4 &&
		awk '$1 == last { print "twice " $1; bad = 1 } { last = $1 } END { exit bad }' /tmp/edges
}
rising_only() { edges -n 3 -r -F %e "$chip" 4 && is "111" "$(tr -d '\n' </tmp/edges)"; }
evenly() {
	edges -n 6 -F "%s %n" "$chip" 4 &&
		awk '{ at = $1 + $2 / 1e9 } NR == 1 { first = at }
			END { took = at - first; print took " s"; exit took < 0.4 || took > 1.5 }' \
			/tmp/edges >/tmp/took || { cat /tmp/took; return 1; }
}
# Every edge of the wire, and no other.
follows() {
	timeout 8 gpiomon -n 6 -F %e "$chip" 3 >/tmp/edges &
	edges=$!
	within 5 has_user 3 gpiomon && sleep 0.1
	for _ in 1 2 3; do
		gpioset -m time -u 100000 "$chip" 2=1
		sleep 0.1
	done
	wait $edges && is "101010" "$(tr -d '\n' </tmp/edges)"
}
driver=/sys/bus/virtio/drivers/gpio_virtio
rebinds() {
	echo virtio0 >$driver/unbind && within 5 no_chip &&
		echo virtio0 >$driver/bind && within 5 chip
}

must "the controller is there, with nine lines" within 5 chip
chip=$(gpiodetect | cut -d' ' -f1)
ok "every line has its name" all_named
ok "an input reads low" level 3 0
ok "high at one end of the wire is high at the other" wire 1
ok "low is low" wire 0
ok "and low when nobody drives it" level 3 0
ok "two lines at once" driving "0=1 2=1" are_driven
ok "the line that refuses says so" refused
ok "a slow line answers in the end" slow
ok "the others were not disturbed" wire 1
# An old QEMU keeps interrupts to itself.
has_interrupts() { grep -q ^1 /sys/bus/virtio/devices/virtio0/features; }
if has_interrupts; then
	ok "edges of a line that toggles: rising and falling in turn" turns
	ok "six of them take half a second" evenly
	ok "rising edges alone" rising_only
	ok "edges of the wire: each, and no other" follows
else
	echo "note: this QEMU offers no interrupts"
fi
ok "the driver lets go and takes it again" rebinds
ok "and all is as before" wire 1
! has_interrupts || ok "edges as well" turns
ok "the kernel is well" eval '! dmesg | grep -E "BUG|Oops|hung|WARNING"'
dmesg | grep -E 'gpio|virtio' | sed 's/^/note: /'
finish
