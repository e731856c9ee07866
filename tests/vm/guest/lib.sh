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

# within SECONDS COMMAND...: until it succeeds.
within() {
	tenths=$(($1 * 10))
	shift
	while ! "$@"; do
		tenths=$((tenths - 1))
		[ $tenths -gt 0 ] || return 1
		sleep 0.1
	done
}

is() {
	[ "$1" = "$2" ] || {
		echo "wanted '$1', got '$2'"
		return 1
	}
}

# ask FILE TEXT: writes it, prints what comes back within two seconds, as
# printf escapes carriage returns are dropped.
ask() {
	printf "$2" 1<>"$1" >&1
}

host() {
	echo "HOST: $1"
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

finish() {
	exit $n_failed
}
