#!/bin/sh
# run-vm.sh -k KERNEL -i INITRAMFS [-q QEMU] [-t SECONDS] [-a "ARGUMENTS"]
#	     [-v SOCKET] [-I on|off] [-- QEMU ARGUMENTS]
#
# Boots a throw-away guest and returns the status of its script: 0 to 46; 124
# when the time was up, 125 when the guest gave none.  The console goes to
# standard output.  KVM is not tried: the guest is emulated, everywhere alike.
#
#	-q	folder with a QEMU of another suite (get-debs.sh -d)
#	-v	socket of a vfio-user server that listens already; QEMU 10.1
#	-I	an IOMMU, with or without interrupt remapping
#	-a	for the kernel's command line
set -eu
kernel= initramfs= qemu= limit=120 append= socket= remapping=
while getopts k:i:q:t:a:v:I: option; do
	case $option in
	k) kernel=$OPTARG ;;
	i) initramfs=$OPTARG ;;
	q) qemu=$OPTARG ;;
	t) limit=$OPTARG ;;
	a) append=$OPTARG ;;
	v) socket=$OPTARG ;;
	I) remapping=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))

if [ -n "$socket" ]; then
	set -- -device '{"driver":"vfio-user-pci","socket":{"type":"unix","path":"'"$socket"'"}}' "$@"
fi
if [ -n "$remapping" ]; then
	# It stands before the devices it translates for.
	set -- -device "intel-iommu,intremap=$remapping,caching-mode=on" "$@"
	append="intel_iommu=on $append"
fi
# A server of vfio-user maps the guest's memory: it must be a shared file.
set -- -object memory-backend-memfd,id=ram,size=512M,share=on -m 512 \
	-machine q35,accel=tcg,memory-backend=ram -cpu max -smp 1 \
	-nographic -no-reboot -nic none -device isa-debug-exit,iobase=0xf4,iosize=4 \
	-kernel "$(ls "$kernel"/boot/vmlinuz-* "$kernel"/usr/lib/modules/*/vmlinuz 2>/dev/null |
		head -n 1)" \
	-initrd "$initramfs" -append "console=ttyS0 quiet panic=-1 $append" "$@"
if [ -n "$qemu" ]; then
	libraries=$qemu/usr/lib/x86_64-linux-gnu
	set -- "$qemu/usr/lib64/ld-linux-x86-64.so.2" \
		--library-path "$libraries:$libraries/pulseaudio" \
		"$qemu/usr/bin/qemu-system-x86_64" \
		-L "$qemu/usr/share/qemu" -L "$qemu/usr/share/seabios" \
		-L "$qemu/usr/lib/ipxe/qemu" "$@"
else
	set -- qemu-system-x86_64 "$@"
fi

status=0
timeout "$limit" "$@" </dev/null || status=$?
[ "$status" -ne 124 ] || exit 124
[ "$status" -ge 33 ] && [ "$status" -lt 127 ] && [ $((status % 2)) -eq 1 ] || exit 125
exit $(((status - 33) / 2))
