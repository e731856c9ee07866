/*
 * mmio - loads and stores in a mapped BAR that may vanish under us.
 *
 * The kernel takes the mapping away during a reset, in D3, and when the card is
 * pulled; a touch then raises SIGBUS.  Here that is an answer, not the end.
 */
#pragma once
#include <stdint.h>

/* Installs the handler; once for the process, before the first access. */
int mmio_init(void);

/* 0, or -ENODEV when the memory behind @at is gone. */
int mmio_read32(const volatile uint32_t *at, uint32_t *ret_value);
int mmio_write32(volatile uint32_t *at, uint32_t value);
