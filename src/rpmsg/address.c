#include "rpmsg/address.h"
#include "rpmsg/layout.h"
#include <assert.h>

void rpmsg_addresses_init(struct rpmsg_addresses *a, uint16_t *buckets, uint32_t n_buckets,
			  struct rpmsg_address *entries)
{
	assert(is_power_of_two(n_buckets));
	*a = (struct rpmsg_addresses){ buckets, entries, n_buckets - 1 };
}

bool rpmsg_addresses_find(const struct rpmsg_addresses *a, uint32_t addr,
			  unsigned int *ret_owner)
{
	unsigned int at = a->buckets[addr & a->mask];

	for (; at; at = a->entries[at - 1].next) {
		if (a->entries[at - 1].addr == addr) {
			*ret_owner = at - 1;
			return true;
		}
	}
	return false;
}

uint32_t rpmsg_addresses_free(const struct rpmsg_addresses *a)
{
	uint32_t addr = RPMSG_ADDR_DYNAMIC;
	unsigned int owner;

	while (rpmsg_addresses_find(a, addr, &owner))
		addr++;
	return addr;
}

void rpmsg_addresses_bind(struct rpmsg_addresses *a, unsigned int owner, uint32_t addr)
{
	struct rpmsg_address *e = &a->entries[owner];
	uint16_t *bucket = &a->buckets[addr & a->mask];

	assert(!e->is_bound);
	*e = (struct rpmsg_address){ .addr = addr, .next = *bucket, .is_bound = true };
	*bucket = (uint16_t)(owner + 1);
}

void rpmsg_addresses_unbind(struct rpmsg_addresses *a, unsigned int owner)
{
	struct rpmsg_address *e = &a->entries[owner];
	uint16_t *at = &a->buckets[e->addr & a->mask];

	if (!e->is_bound)
		return;
	while (*at != owner + 1)
		at = &a->entries[*at - 1].next;
	*at = e->next;
	e->is_bound = false;
}
