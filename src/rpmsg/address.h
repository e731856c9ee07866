/*
 * address - which of our addresses belongs to whom.
 *
 * Owners are numbers below n, each with one address at most.  A hash table with
 * chains in the owners' own entries: no memory but what the caller lends.
 */
#pragma once
#include "base/bytes.h"

struct rpmsg_address {
	uint32_t addr;
	uint16_t next;		/* in its bucket, owner + 1; 0: the last */
	bool is_bound;
};

struct rpmsg_addresses {
	uint16_t *buckets;	/* owner + 1; 0: empty */
	struct rpmsg_address *entries;	/* by owner */
	uint32_t mask;		/* number of buckets - 1 */
};

/* All memory is zero at first: @n_buckets, a power of two, and an entry an
 * owner. */
void rpmsg_addresses_init(struct rpmsg_addresses *a, uint16_t *buckets, uint32_t n_buckets,
			  struct rpmsg_address *entries);
bool rpmsg_addresses_find(const struct rpmsg_addresses *a, uint32_t addr,
			  unsigned int *ret_owner);
/* The lowest from RPMSG_ADDR_DYNAMIC on that nobody has. */
uint32_t rpmsg_addresses_free(const struct rpmsg_addresses *a);
/* The owner has none yet, and nobody has @addr. */
void rpmsg_addresses_bind(struct rpmsg_addresses *a, unsigned int owner, uint32_t addr);
void rpmsg_addresses_unbind(struct rpmsg_addresses *a, unsigned int owner);	/* safe twice */
