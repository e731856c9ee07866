#!/bin/sh
# get-debs.sh [-d] [-t TARGET] -s "SUITE..." FOLDER PACKAGE...
#
# Fetches Debian packages and unpacks them below FOLDER, without installing
# them and without touching the system's package sources.  The mirror is the
# one the system uses; signatures are checked.
#
#	-s	suites: bookworm, or "trixie trixie-backports"
#	-d	with all they depend on, a C library included, so that a
#		program of a newer suite runs by its own loader (run-vm.sh -q)
#	-t	the suite to prefer, for backports
#
# FOLDER.apt keeps the packages.  Fails with one sentence.
set -eu
deps= target= suites=
while getopts dt:s: option; do
	case $option in
	d) deps=1 ;;
	t) target=$OPTARG ;;
	s) suites=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
folder=$1
shift
root=$folder.apt
archives=$root/cache/archives

die() {
	echo "$1" >&2
	exit 1
}

# With a root of its own, so that suites never mix with those of the system.
in_root() {
	command=$1
	shift
	"$command" -q -o Dir::Etc="$root/etc" -o Dir::Etc::sourcelist="$root/etc/sources.list" \
		-o Dir::Etc::sourceparts="$root/etc/sources.list.d" \
		-o Dir::State="$root/state" -o Dir::State::status="$root/state/status" \
		-o Dir::Cache="$root/cache" -o Dir::Log="$root/log" \
		-o APT::Install-Recommends=false "$@"
}

make_root() {
	mirror=$(apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(LABEL)' \
		'Created-By: Packages' | awk '$2 == "Debian" && $3 == "Debian" { print $1; exit }')
	[ -n "$mirror" ] || die "no Debian mirror is configured"
	mkdir -p "$root/etc/apt.conf.d" "$root/etc/preferences.d" "$root/etc/sources.list.d" \
		"$root/state/lists/partial" "$archives/partial" "$root/log"
	: >"$root/state/status"
	for suite in $suites; do
		echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]" \
			"$mirror $suite main"
	done >"$root/etc/sources.list"
	in_root apt-get update >"$root/log/update" 2>&1 ||
		die "apt-get update of $suites: $(grep '^[EW]:' "$root/log/update" | head -n 1)"
}

# linux-image-amd64 stands for what it names; newer kernels come in parts.
real_names() {
	for name; do
		case $name in
		linux-image-amd64)
			name=$(in_root apt-cache depends "$name" |
				awk '$1 == "Depends:" && $2 ~ /^linux-image-[0-9]/ { print $2; exit }')
			for part in base binary modules; do
				part=linux-$part-${name#linux-image-}
				in_root apt-cache show "$part" >/dev/null 2>&1 && echo "$part"
			done ;;
		esac
		echo "$name"
	done
}

fetch() {
	if [ -n "$deps" ]; then
		in_root apt-get install -y --download-only ${target:+-t "$target"} "$@"
	else
		cd "$archives" && in_root apt-get download ${target:+-t "$target"} "$@"
	fi
}

unpack() {
	mkdir -p "$folder"
	for package in "$archives"/*.deb; do
		dpkg-deb -x "$package" "$folder"
	done
	# Without the package base-files the links of a merged /usr are missing.
	for link in lib lib64 bin sbin; do
		[ -e "$folder/$link" ] || {
			mkdir -p "$folder/usr/$link"
			ln -s "usr/$link" "$folder/$link"
		}
	done
}

make_root
# shellcheck disable=SC2046 # the names are words
(fetch $(real_names "$@")) >"$root/log/get" 2>&1 ||
	die "$* of $suites: $(grep '^[EW]:' "$root/log/get" | head -n 1)"
unpack
