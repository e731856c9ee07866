# Our own VFIO code on QEMU's edu device, behind an IOMMU.
. /etc/lib.sh
bdf=$(find_function 0x1234:0x11e8)

echo vfio-pci >"/sys/bus/pci/devices/$bdf/driver_override"
echo "$bdf" >/sys/bus/pci/drivers_probe
ok "edu passes" edu "$bdf"
ok "the kernel saw faults of the device" within 2 eval 'dmesg | grep -q "DMAR.*DMA Write"'
finish
