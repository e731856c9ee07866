EXTRA_DIST += tests/suite.h

include tests/base.mk
include tests/core.mk
include tests/sim.mk
include tests/port.mk
include tests/fs.mk
include tests/device.mk
include tests/cli.mk
