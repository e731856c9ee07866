noinst_LIBRARIES += src/gpio/libgpio.a
src_gpio_libgpio_a_SOURCES = \
	src/gpio/layout.h
