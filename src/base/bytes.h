/*
 * bytes - integers as they lie in memory that a device shares with us.
 *
 * A little-endian value in shared memory has a type of its own, so that a
 * compiler refuses to mix it with a number.  Every access is one load or one
 * store of the whole value: read it once into a local, check the local, use
 * the local.
 */
#pragma once
#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct { uint16_t raw; } le16;
typedef struct { uint32_t raw; } le32;
/* 64 bits with the alignment of 32: contexts are arrays of 44 bytes, and a
 * pointer in one may be moved as two halves. */
typedef struct { le32 lo, hi; } le64;

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))

static inline uint16_t le16_get(const le16 *p)
{
	return le16toh(__atomic_load_n(&p->raw, __ATOMIC_RELAXED));
}

static inline void le16_set(le16 *p, uint16_t value)
{
	__atomic_store_n(&p->raw, htole16(value), __ATOMIC_RELAXED);
}

static inline uint32_t le32_get(const le32 *p)
{
	return le32toh(__atomic_load_n(&p->raw, __ATOMIC_RELAXED));
}

static inline void le32_set(le32 *p, uint32_t value)
{
	__atomic_store_n(&p->raw, htole32(value), __ATOMIC_RELAXED);
}

static inline uint64_t le64_get(const le64 *p)
{
	return (uint64_t)le32_get(&p->hi) << 32 | le32_get(&p->lo);
}

static inline void le64_set(le64 *p, uint64_t value)
{
	le32_set(&p->lo, (uint32_t)value);
	le32_set(&p->hi, (uint32_t)(value >> 32));
}

/* Unaligned integers inside a message. */
static inline uint16_t get_le16(const void *p)
{
	const uint8_t *b = p;

	return (uint16_t)(b[0] | b[1] << 8);
}

static inline uint32_t get_le32(const void *p)
{
	return get_le16(p) | (uint32_t)get_le16((const uint8_t *)p + 2) << 16;
}

static inline uint64_t get_le64(const void *p)
{
	return get_le32(p) | (uint64_t)get_le32((const uint8_t *)p + 4) << 32;
}

static inline uint16_t get_be16(const void *p)
{
	const uint8_t *b = p;

	return (uint16_t)(b[0] << 8 | b[1]);
}

static inline void put_le16(void *p, uint16_t value)
{
	uint8_t *b = p;

	b[0] = (uint8_t)value;
	b[1] = (uint8_t)(value >> 8);
}

static inline void put_le32(void *p, uint32_t value)
{
	put_le16(p, (uint16_t)value);
	put_le16((uint8_t *)p + 2, (uint16_t)(value >> 16));
}

static inline void put_le64(void *p, uint64_t value)
{
	put_le32(p, (uint32_t)value);
	put_le32((uint8_t *)p + 4, (uint32_t)(value >> 32));
}

static inline void put_be16(void *p, uint16_t value)
{
	uint8_t *b = p;

	b[0] = (uint8_t)(value >> 8);
	b[1] = (uint8_t)value;
}

static inline uint32_t min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static inline size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

static inline bool is_power_of_two(uint64_t n)
{
	return n && !(n & (n - 1));
}

/* @align is a power of two. */
static inline uint64_t round_up(uint64_t n, uint64_t align)
{
	return (n + align - 1) & ~(align - 1);
}
