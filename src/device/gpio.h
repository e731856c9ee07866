/*
 * gpio - the driver of a virtio-gpio device: gpio/LINE/... and an event for each
 * edge.
 *
 * What was made of a line is made again whenever the device comes back; an
 * orderly end gives every line back.
 */
#pragma once
#include "device/instance.h"

/* Drives what @d's bearer (device/virtio.h) finds at the address of @s, and opens
 * it.  0 or -errno with one sentence in @ret_why; the caller lets go of the
 * device. */
int gpio_start(struct device *d, const struct spec *s, struct text *ret_why);
