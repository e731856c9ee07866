noinst_LIBRARIES += src/gpio/libgpio.a
src_gpio_libgpio_a_SOURCES = \
	src/gpio/controller.c src/gpio/controller.h \
	src/gpio/layout.h \
	src/gpio/line.c src/gpio/line.h \
	src/gpio/names.c src/gpio/names.h
