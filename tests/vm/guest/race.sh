# One channel, two drivers: DIAG as the kernel's wwan port and as our file.
. /etc/lib.sh
bdf=$(find_function 0x17cb:0x0306)
quick=$(sed -n 's/.* race=\([^ ]*\).*/\1/p' /proc/cmdline)

# Everything between the two legs: the function changes hands, mhifs mounts.
cat >/bin/hand-over <<SCRIPT
#!/bin/sh
mhictl bind $bdf && mkdir -p /run/mhi && mhifs vfio:$bdf /run/mhi
SCRIPT
chmod +x /bin/hand-over

race() {
	mhi-bench $quick --rival /dev/wwan0qcdm0 --between /bin/hand-over \
		--file /run/mhi/mhi0/DIAG race
}
ok "the race is run to its end" race
finish
