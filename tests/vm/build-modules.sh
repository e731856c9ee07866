#!/bin/sh
# build-modules.sh -s SUITE -k KERNEL FOLDER
#
# Builds the drivers of rpmsg and gpio over virtio, which Debian's kernels leave
# out, from Debian's own kernel source, and puts them into KERNEL, an unpacked
# kernel package of SUITE (get-debs.sh).  FOLDER holds what is fetched for it,
# some 400 MB, and is removed at the end.
#
# Needs gcc, make and xz.  Fails with one sentence.
set -eu
suite= kernel=
while getopts s:k: option; do
	case $option in
	s) suite=$OPTARG ;;
	k) kernel=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
folder=$1
release=$(ls "$kernel/lib/modules" | head -n 1)
version=$(echo "$release" | cut -d. -f1,2)
headers=$folder/usr/src/linux-headers-$release

drivers='drivers/gpio/gpio-virtio.c
	drivers/rpmsg/rpmsg_core.c drivers/rpmsg/rpmsg_ns.c drivers/rpmsg/rpmsg_char.c
	drivers/rpmsg/rpmsg_ctrl.c drivers/rpmsg/virtio_rpmsg_bus.c
	drivers/tty/rpmsg_tty.c samples/rpmsg/rpmsg_client_sample.c'
also='drivers/rpmsg/rpmsg_internal.h drivers/rpmsg/rpmsg_char.h'

die() {
	echo "$1" >&2
	exit 1
}

fetch() {
	rm -rf "$folder" "$folder.apt"
	"${0%/*}/get-debs.sh" -s "$suite" "$folder" "linux-headers-$release" \
		"linux-headers-${release%-amd64}-common" "linux-kbuild-$version" \
		"linux-source-$version"
}

# The headers' makefile names the place where they would be installed.
prepare() {
	sed -i "s,^include /usr/src/,include $folder/usr/src/," "$headers/Makefile"
	mkdir "$folder/build"
	(
		cd "$folder/build"
		# shellcheck disable=SC2086,SC2046 # the names are words
		tar -xJf "$folder/usr/src/linux-source-$version.tar.xz" --strip-components=1 \
			$(printf "linux-source-$version/%s " $drivers $also)
		mv drivers/*/*.[ch] samples/*/*.c .
		for driver in $drivers; do
			driver=${driver##*/}
			echo "obj-m += ${driver%.c}.o"
		done >Makefile
		echo 'ccflags-y := -DCONFIG_RPMSG=1 -DCONFIG_RPMSG_NS=1' \
			'-DCONFIG_RPMSG_CHAR=1 -DCONFIG_RPMSG_CTRL=1' >>Makefile
	)
}

fetch
prepare >"$folder/log" 2>&1 || die "unpacking the kernel's source: $(tail -n 1 "$folder/log")"
env -u MAKEFLAGS -u MAKELEVEL make -C "$headers" M="$folder/build" modules >"$folder/log" 2>&1 ||
	die "building modules for $release: $(grep -m 1 -E 'error|Error|ERROR' "$folder/log")"
mkdir -p "$kernel/lib/modules/$release/extra"
cp "$folder"/build/*.ko "$kernel/lib/modules/$release/extra"
depmod -b "$kernel" "$release"
rm -rf "$folder" "$folder.apt"
