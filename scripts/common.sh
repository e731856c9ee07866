# shellcheck shell=sh disable=SC2034,SC2154,SC2164 # for those who source it
# What scripts/demo and scripts/check share: packages, a place to build, and
# how to leave no trace.  Sourced, with $top set.

# Debian 12 names; configure asks for the libraries among them.
build_packages='autoconf automake make gcc libc6-dev pkg-config fuse3
	libfuse3-dev libev-dev libconfuse-dev libjansson-dev libpci-dev
	libusb-1.0-0-dev libudev-dev libcap-ng-dev libseccomp-dev libsystemd-dev'
check_packages='check liburing-dev libumockdev-dev umockdev clang libclang-rt-dev clang-tidy cppcheck valgrind
	libc6-dbg xz-utils man-db procps python3 socat busybox minicom picocom
	python3-serial libqmi-utils strace spin dbus-daemon'
vm_packages='qemu-system-x86 seabios cpio kmod xz-utils libqmi-utils gpiod'

say() {
	printf '\n== %s\n' "$*"
}

# Mounting, and apt, want root: start over as root when we are not.
become_root() {
	[ "$(id -u)" != 0 ] || return 0
	command -v sudo >/dev/null || {
		echo "$0: run it as root, or install sudo" >&2
		exit 1
	}
	exec sudo "$0" "$@"
}

# install_packages NAME...: with apt, and only what is missing.
install_packages() {
	command -v dpkg-query >/dev/null || {
		echo "not a Debian: expecting the equivalent of:" "$@"
		return 0
	}
	missing=
	for package; do
		case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) in
		installed) ;;
		*) missing="$missing $package" ;;
		esac
	done
	[ -n "$missing" ] || return 0
	say "installing$missing"
	export DEBIAN_FRONTEND=noninteractive
	apt-get -q update
	# shellcheck disable=SC2086 # the names are words
	apt-get -q -y install --no-install-recommends $missing
}

# A folder of ours that goes away with us, whatever is still mounted in it.
make_work_dir() {
	work=$(mktemp -d "${TMPDIR:-/tmp}/mhifs-XXXXXX")
	mkdir "$work/tmp"
	export TMPDIR="$work/tmp"
	trap 'leave' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
}

leave() {
	cd /
	end_daemons
	awk -v below="$work/" 'index($2, below) == 1 { print $2 }' /proc/self/mounts |
		while read -r mount; do umount "$mount" || umount -l "$mount" || :; done
	rm -rf --one-file-system "$work"
}

# A test that was cut short leaves its mhifs behind; those we built are ours.
end_daemons() {
	for process in /proc/[0-9]*; do
		case $(readlink "$process/exe") in
		"$work"/*) kill -9 "${process#/proc/}" 2>/dev/null || : ;;
		esac
	done
}

# A copy of the sources without anything generated, so that the tree of the
# caller stays as it is, also when it has been configured in place.
copy_sources() {
	mkdir "$work/src"
	(
		cd "$top"
		if git -c safe.directory='*' rev-parse --git-dir >/dev/null 2>&1; then
			git -c safe.directory='*' ls-files -co --exclude-standard
		else
			find . -type f ! -path './.git/*' ! -path './autom4te.cache/*' ! -name '*.[oa]' \
				! -path '*/.deps/*' ! -path ./config.status ! -path ./config.h ! -path ./Makefile
		fi | while read -r file; do [ ! -e "$file" ] || printf '%s\n' "${file#./}"; done >"$work/sources"
		tar -c -T "$work/sources"
	) | tar -x -C "$work/src" --no-same-owner
	(cd "$work/src" && autoreconf -fi >"$work/autoreconf.log" 2>&1) || {
		cat "$work/autoreconf.log"
		exit 1
	}
}
