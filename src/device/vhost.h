/*
 * vhost - virtio devices of other processes that a spec names:
 * vhost-user:PATH,type=rpmsg|gpio.
 */
#pragma once
#include "device/instance.h"

/* Checks all that can be checked before anybody is asked.  -EINVAL and one
 * sentence when an option is malformed or missing. */
int vhost_check(const struct spec *s, struct text *ret_why);

/* As start_device().  With the option wait, -ENODEV when nobody listens there. */
int vhost_start(const struct device_birth *b, struct device **ret_device,
		struct text *ret_why);
