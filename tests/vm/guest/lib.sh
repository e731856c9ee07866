# shellcheck shell=sh
# What the scripts inside the guest share.  Sourced.
n_failed=0

# ok SENTENCE COMMAND...: one case.
ok() {
	sentence=$1
	shift
	if "$@"; then
		echo "ok: $sentence"
	else
		echo "FAIL: $sentence"
		n_failed=$((n_failed + 1))
	fi
}

# must SENTENCE COMMAND...: one without which the others make no sense.
must() {
	ok "$@"
	[ $n_failed = 0 ] || finish
}

# within SECONDS COMMAND...: until it succeeds; what the last try said counts.
within() {
	tenths=$(($1 * 10))
	shift
	while ! "$@" >/tmp/within 2>&1; do
		tenths=$((tenths - 1))
		[ $tenths -gt 0 ] || {
			cat /tmp/within
			return 1
		}
		sleep 0.1
	done
}

is() {
	[ "$1" = "$2" ] || {
		echo "wanted '$1', got '$2'"
		return 1
	}
}

host() {
	echo "HOST: $1"
}

# The whole machine, with all its devices, for a second.  No alarm clock wakes an
# emulated one from this sleep; the kernel's own test of it does.
sleeps() {
	echo platform >/sys/power/pm_test &&
		echo 1 >/sys/module/suspend/parameters/pm_test_delay &&
		timeout 60 sh -c "echo freeze >/sys/power/state"
}

# Suspend to memory; the devices are reset on the way.
sleeps_deep() {
	echo none >/sys/power/pm_test && echo 0 >/sys/class/rtc/rtc0/wakealarm &&
		echo +2 >/sys/class/rtc/rtc0/wakealarm &&
		timeout 60 sh -c "echo mem >/sys/power/state"
}

find_function() {
	for path in /sys/bus/pci/devices/*; do
		[ "$(cat "$path/vendor"):$(cat "$path/device")" != "$1" ] || {
			echo "${path##*/}"
			return 0
		}
	done
	return 1
}

# The end; with what the kernel said when something failed.
finish() {
	[ $n_failed = 0 ] || dmesg | tail -n 40
	exit $n_failed
}
