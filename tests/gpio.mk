gpio_tests = tests/test-gpio-controller tests/test-gpio-names tests/test-gpio-property \
	tests/test-sim-gpio
check_PROGRAMS += $(gpio_tests)
TESTS += $(gpio_tests)

gpio_wire = tests/gpio_wire.c tests/gpio_wire.h tests/suite.h
gpio_libs = src/gpio/libgpio.a src/base/libbase.a $(CHECK_LIBS)

tests_test_gpio_names_SOURCES = tests/test-gpio-names.c tests/suite.h
tests_test_gpio_names_LDADD = $(gpio_libs)
tests_test_gpio_controller_SOURCES = tests/test-gpio-controller.c $(gpio_wire)
tests_test_gpio_controller_LDADD = $(gpio_libs)
tests_test_gpio_property_SOURCES = tests/test-gpio-property.c $(gpio_wire)
tests_test_gpio_property_LDADD = $(gpio_libs)
tests_test_sim_gpio_SOURCES = tests/test-sim-gpio.c tests/suite.h
tests_test_sim_gpio_LDADD = src/sim/libsim.a src/base/libbase.a $(CHECK_LIBS)

# From the files' operations to the simulated controller, in one process.
check_PROGRAMS += tests/test-gpio-device
TESTS += tests/test-gpio-device
tests_test_gpio_device_SOURCES = tests/test-gpio-device.c tests/rig.c tests/rig.h tests/suite.h
tests_test_gpio_device_LDADD = src/serve/libserve.a $(device_libs) $(CHECK_LIBS)

# On a real mount, as those of fs.mk.
check_PROGRAMS += tests/device/test-gpio
TESTS += tests/device/test-gpio
tests_device_test_gpio_SOURCES = tests/device/test-gpio.c $(mount_harness)
tests_device_test_gpio_LDADD = $(CHECK_LIBS)

check_PROGRAMS += tests/test-gpio-vrings
TESTS += tests/test-gpio-vrings
tests_test_gpio_vrings_SOURCES = tests/test-gpio-vrings.c tests/suite.h
tests_test_gpio_vrings_LDADD = $(device_libs) $(CHECK_LIBS)
