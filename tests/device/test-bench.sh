#!/bin/sh
# mhi-bench runs to its end and prints what it promises; no figure is judged.
set -eu
top=${top_builddir:-.}

if [ "$(id -u)" != 0 ] || [ ! -r /dev/fuse ] || [ ! -w /dev/fuse ]; then
	echo "SKIP: not root, or no /dev/fuse: mhi-bench was not tried" >&2
	exit 77
fi
out=$(mktemp)
trap 'rm -f "$out"' EXIT

"$top/mhi-bench" --quick --json floor ring file open scale idle mem rpmsg usb >"$out"
for name in "ring cycle, batch 32" "R1 ring engine, batch 32" "R4 echo through a file" \
	"R5 write 64 KiB" "R6 daemon CPU, read 60 KiB" "R8 open until running" \
	"R9 channels 256, all busy" "R10 devices 32, all busy" \
	"R11 wake-ups while idle" "R7 each open channel" \
	"L1 rpmsg bus, 256 endpoints in turn" \
	"L2 echo through an endpoint's file" "L2 echo, endpoint of a process" \
	"L3 USB link, a transfer in"; do
	grep -q "^{\"name\":\"$name\",\"unit\":\"[^\"]*\",\"value\":[0-9]" "$out" || {
		echo "no result for $name" >&2
		exit 1
	}
done
"$top/mhi-bench" --no-time --count 640 --batch 32 ring
"$top/mhi-bench" --no-time --floor --count 640 --batch 32 ring
