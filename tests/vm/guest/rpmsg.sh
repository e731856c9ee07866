# The mainline rpmsg bus and its clients on the simulated remote: does Linux take
# what we announce and say?  The addresses are those of the remote.
. /etc/lib.sh
echo=1024 raw=1027 flood=1028 peer=1030
bus=/sys/bus/rpmsg/devices
ctrl=/dev/rpmsg_ctrl0

has_channel() { [ -e "$bus/virtio0.$1.-1.$2" ] || { ls $bus; return 1; }; }
no_channel() { [ -z "$(find $bus/ -name "*.$1.*")" ]; }
all_channels() {
	has_channel rpmsg-echo $echo && has_channel rpmsg-client-sample 1025 &&
		has_channel rpmsg-tty 1026 && has_channel rpmsg-raw $raw &&
		has_channel rpmsg-flood $flood && has_channel rpmsg-liar 1029
}
# node NAME DST: the file of an endpoint; the kernel does not say it.
node() {
	for path in /sys/class/rpmsg/rpmsg[0-9]*; do
		[ "$(cat "$path/name") $(cat "$path/dst")" != "$1 $2" ] || {
			echo "/dev/${path##*/}"
			return 0
		}
	done
	return 1
}
has_node() { node "$@" >/dev/null; }
no_node() { ! has_node "$@"; }
echoes() { rpmsg echo "$(node "$1" "$2")" "$3" "$4"; }

terminal() {
	exec 3<>/dev/ttyRPMSG0
	echo "a line" >&3
	read -r -t 5 line <&3
	exec 3<&-
	is "a line" "$line"
}
sample_ends() { dmesg | grep -q 'rpmsg-client-sample.*goodbye'; }
sample_counts() { is 100 "$(dmesg | grep -c 'rpmsg_client_sample.*incoming msg')"; }

creates() { rpmsg create $ctrl mine -1 $echo && has_node mine $echo; }
destroys() { rpmsg destroy "$(node mine $echo)" && no_node mine $echo; }
# More than there are buffers, and nobody may lose one.
floods() {
	rpmsg create $ctrl water -1 $flood || return
	exec 3<>"$(node water $flood)"
	printf 500 >&3
	timeout 10 head -n 500 <&3 >/tmp/water
	exec 3<&-
	is "500 flood 500 of 500" "$(wc -l </tmp/water) $(tail -n 1 /tmp/water)"
}
announces() {
	rpmsg announce $ctrl rpmsg-raw 2000 $peer && within 5 has_node rpmsg-raw $peer
}
is_greeted() {
	is "hello rpmsg-raw" "$(timeout 5 dd if="$(node rpmsg-raw $peer)" bs=496 count=1 2>/dev/null)"
}
releases() {
	rpmsg release $ctrl rpmsg-raw 2000 $peer && within 5 no_node rpmsg-raw $peer
}
driver=/sys/bus/virtio/drivers/virtio_rpmsg_bus
rebinds() {
	echo virtio0 >$driver/unbind && within 5 no_channel rpmsg-raw &&
		echo virtio0 >$driver/bind && within 5 all_channels
}

must "every announced channel is there" within 5 all_channels
ok "rpmsg-raw: 100 messages there and back" echoes rpmsg-raw $raw 100 64
ok "... of one byte" echoes rpmsg-raw $raw 10 1
ok "... of 496 bytes, the longest" echoes rpmsg-raw $raw 300 496
ok "a longer one is refused" eval '! echoes rpmsg-raw $raw 1 497 2>/dev/null'
ok "rpmsg-client-sample says goodbye after a hundred" within 10 sample_ends
ok "a hundred, no more" sample_counts
ok "rpmsg-tty: a line there and back" terminal
ok "rpmsg_ctrl makes an endpoint" creates
ok "it has the remote's echo" echoes mine $echo 50 200
ok "rpmsg_ctrl ends it" destroys
ok "500 messages at once" floods
ok "a channel of the host is announced" announces
ok "the remote says hello" is_greeted
ok "and echoes" echoes rpmsg-raw $peer 20 100
ok "it is released" releases
ok "the driver lets go and takes it again" rebinds
ok "rpmsg-raw after that" echoes rpmsg-raw $raw 100 64
# 6.1 makes channels in the interrupt and says so; that is its affair.
ok "the kernel is well" eval '! dmesg | grep -v "scheduling while atomic" | grep -E "BUG|Oops|hung"'
dmesg | grep -E 'virtio_rpmsg_bus virtio|goodbye' | sed 's,^,note: ,'
finish
