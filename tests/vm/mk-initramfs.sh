#!/bin/sh
# mk-initramfs.sh -k KERNEL -B BUSYBOX -o OUT [-m MODULE]... [-b PROGRAM]... [-f FROM:TO]... -t SCRIPT
#
# Packs a small initramfs for a guest that runs SCRIPT and ends.
#
#	-k	folder with an unpacked kernel package (get-debs.sh)
#	-B	a busybox without libraries
#	-m	a module, "name" or "name:parameter=value"; what it depends on
#		is added
#	-b	a program; goes to /bin, with the libraries ldd names
#	-f	one more file; TO is absolute in the guest
#
# Needs cpio, kmod, gzip and xz.  The guest tells the status
# of SCRIPT by isa-debug-exit: n + 16, for QEMU's own failure is 1.
set -eu
kernel= busybox= out= modules= programs= files= script=
while getopts k:B:o:m:b:f:t: option; do
	case $option in
	k) kernel=$OPTARG ;;
	B) busybox=$OPTARG ;;
	o) out=$OPTARG ;;
	m) modules="$modules $OPTARG" ;;
	b) programs="$programs $OPTARG" ;;
	f) files="$files $OPTARG" ;;
	t) script=$OPTARG ;;
	*) exit 2 ;;
	esac
done
release=$(ls "$kernel/lib/modules" | head -n 1)
[ -s "$kernel/lib/modules/$release/modules.dep" ] || depmod -b "$kernel" "$release"
tree=$(mktemp -d)
chmod 755 "$tree"
trap 'rm -rf "$tree"' EXIT

make_tree() {
	for name in bin sbin proc sys dev tmp run etc mnt lib/modules; do
		mkdir -p "$tree/$name"
	done
	cp "$busybox" "$tree/bin/busybox"
	for applet in $("$tree/bin/busybox" --list); do
		[ -e "$tree/bin/$applet" ] || ln -s busybox "$tree/bin/$applet"
	done
	: >"$tree/lib/modules/order"
}

# add_module NAME PARAMETERS: itself, and before it what it needs; unpacked,
# for the busybox loader reads no .ko.xz.
add_module() {
	modprobe -d "$kernel" -S "$release" -D "$1" >"$tree/needs" || {
		echo "no module $1 in $release" >&2
		exit 1
	}
	while read -r verb path _; do
		[ "$verb" = insmod ] || continue
		name=${path##*/}
		name=${name%%.ko*}
		[ ! -e "$tree/lib/modules/$name.ko" ] || continue
		case $path in
		*.xz) xz -dc "$path" >"$tree/lib/modules/$name.ko" ;;
		*) cp "$path" "$tree/lib/modules/$name.ko" ;;
		esac
		own=
		[ "$(echo "$name" | tr - _)" != "$1" ] || own=$2
		echo "$name $own" >>"$tree/lib/modules/order"
	done <"$tree/needs"
	rm "$tree/needs"
}

add_libraries() {
	ldd "$1" 2>/dev/null | grep -o '/[^ ]*' | while read -r library; do
		mkdir -p "$tree$(dirname "$library")"
		cp -L "$library" "$tree$library"
	done
}

make_tree
for module in $modules; do
	parameters=${module#*:}
	[ "$parameters" != "$module" ] || parameters=
	add_module "${module%%:*}" "$parameters"
done
for program in $programs; do
	cp "$program" "$tree/bin/"
	add_libraries "$program"
done
for file in $files; do
	mkdir -p "$tree$(dirname "${file#*:}")"
	cp -L "${file%%:*}" "$tree${file#*:}"
done
cp "$script" "$tree/etc/test.sh"

cat >"$tree/init" <<'INIT'
#!/bin/sh
export PATH=/bin:/sbin HOME=/ TERM=dumb
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
while read -r module parameters; do
	insmod "/lib/modules/$module.ko" $parameters || echo "no module $module"
done </lib/modules/order
dmesg -n 1
echo "GUEST: up after $(cut -d' ' -f1 /proc/uptime) s"
sh /etc/test.sh
status=$?
echo "GUEST: ends with $status after $(cut -d' ' -f1 /proc/uptime) s"
[ "$status" -le 46 ] || status=46
printf "\\$(printf %03o $((status + 16)))" | dd of=/dev/port bs=1 seek=244 2>/dev/null
poweroff -f
INIT
chmod +x "$tree/init"
(cd "$tree" && find . -print0 | cpio --null -o -H newc --quiet -R 0:0) | gzip -1 >"$out"
