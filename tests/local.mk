EXTRA_DIST += tests/suite.h

# Scripts that verify the tree itself.
checks = tests/check-includes tests/check-headers tests/check-purity tests/check-install tests/check-model
dist_check_SCRIPTS = $(checks)
TESTS += $(checks)

include tests/base.mk
include tests/core.mk
include tests/sim.mk
include tests/virtio.mk
include tests/gpio.mk
include tests/serve.mk
include tests/vhost.mk
include tests/port.mk
include tests/fs.mk
include tests/device.mk
include tests/pci.mk
include tests/rpmsg.mk
include tests/usb.mk
include tests/gadget.mk
include tests/service.mk
include tests/cli.mk
include tests/sandbox.mk
include tests/bench.mk
include tests/vm.mk
include tests/vm-usb.mk
include tests/faults.mk
include tests/torture.mk
include tests/coverage.mk
