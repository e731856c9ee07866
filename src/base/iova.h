/* iova - an address as the device sees it, never a pointer. */
#pragma once
#include <stdint.h>

typedef uint64_t iova_t;
