# The modem is pulled while data moves.
. /etc/lib.sh
. /etc/mhifs-lib.sh

is_gone() { ! [ -e $dev/LOOPBACK ]; }
lists() { timeout 5 ls -R $mnt >/dev/null; }
lives() { pidof mhifs >/dev/null; }
hup() { is "ENODEV IN OUT HUP ERR" "$(cat "$1")"; }
opens_no_more() { ! timeout 5 head -c 1 $dev/LOOPBACK 2>/dev/null; }

must "mhictl binds it" mhictl bind "$bdf"
must "it mounts" mounts

talk load $dev/LOOPBACK >/tmp/asked &
asked=$!
sleep 1
ok "the kernel gets the device back when it asks" \
	timeout 20 sh -c "echo $bdf >/sys/bus/pci/drivers/vfio-pci/unbind"
wait $asked
ok "that is ENODEV and hang-up" hup /tmp/asked
ok "the files went" within 10 is_gone
ok "the daemon lives" lives
ok "a clean end" unmounts
ok "mhictl binds it again" mhictl bind "$bdf"
must "it mounts again" mounts

talk load $dev/LOOPBACK >/tmp/first &
first=$!
talk load $dev/DIAG >/tmp/second &
second=$!
cat $dev/QMI >/tmp/third 2>&1 &
third=$!
sleep 1
daemon=$(pidof mhifs)
uptime() { cut -d. -f1 /proc/uptime; }
pulled=$(uptime)
host pull
ok "the files go" within 10 is_gone
wait $first
ok "a file under load: ENODEV, hang-up" hup /tmp/first
wait $second
ok "another one: the same" hup /tmp/second
wait $third
ok "a reader that waits is told" grep -q "No such device" /tmp/third
ok "nothing hangs" lists
ok "the daemon lives" lives
ok "nothing opens" opens_no_more
ok "it took less than 15 s" [ $(($(uptime) - pulled)) -lt 15 ]
# The kernel waits for an answer of the card, in a process of its own.
ok "the daemon ends when it should" eval 'umount $mnt && within 5 no_file /proc/$daemon'
ok "the kernel is well" eval '! dmesg | grep -E "BUG|Oops|hung|WARNING"'
finish
