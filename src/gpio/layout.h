/*
 * layout - the messages of virtio-gpio.  Unaligned, little endian.
 *
 * Source: OASIS virtio specification 1.2, 5.18.
 */
#pragma once
#include "base/bytes.h"

/* Offsets in the configuration. */
enum {
	GPIO_CONFIG_NGPIO = 0,		/* u16 */
	GPIO_CONFIG_NAMES_SIZE = 4,	/* u32; 0: no names */
	GPIO_CONFIG_LEN = 8,
};

/* A request: readable part; its answer: status, then one value, or the names. */
enum {
	GPIO_REQ_TYPE = 0,	/* u16, enum gpio_request_type */
	GPIO_REQ_LINE = 2,	/* u16 */
	GPIO_REQ_VALUE = 4,	/* u32 */
	GPIO_REQ_LEN = 8,
	GPIO_ANSWER_STATUS = 0,	/* u8, enum gpio_status */
	GPIO_ANSWER_VALUE = 1,	/* u8 */
	GPIO_ANSWER_LEN = 2,
};

enum gpio_request_type {
	GPIO_GET_NAMES = 1,
	GPIO_GET_DIRECTION = 2,
	GPIO_SET_DIRECTION = 3,
	GPIO_GET_VALUE = 4,
	GPIO_SET_VALUE = 5,
	GPIO_SET_IRQ_TYPE = 6,
};

enum gpio_status { GPIO_STATUS_OK = 0, GPIO_STATUS_ERR = 1 };
enum gpio_direction { GPIO_DIR_NONE = 0, GPIO_DIR_OUT = 1, GPIO_DIR_IN = 2 };
enum gpio_irq_type {
	GPIO_IRQ_NONE = 0, GPIO_IRQ_RISING = 1, GPIO_IRQ_FALLING = 2, GPIO_IRQ_BOTH = 3,
	GPIO_IRQ_HIGH = 4, GPIO_IRQ_LOW = 8,
};

/* On the event queue: u16 line, readable; one status byte, writable. */
enum { GPIO_EVENT_REQ_LEN = 2, GPIO_EVENT_ANSWER_LEN = 1 };
enum gpio_event_status { GPIO_EVENT_INVALID = 0, GPIO_EVENT_VALID = 1 };
