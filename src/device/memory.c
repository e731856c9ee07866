#include "device/memory.h"
#include <errno.h>
#include <sys/resource.h>

enum { LOWEST_IOVA = 1 << 20, PAGE = 4096 };	/* a null address is never valid */

static struct dma dma_of(const struct pool *p, const struct pool_part *part)
{
	return (struct dma){
		.cpu = part->cpu,
		.iova = part->iova,
		.len = part->len,
		.fd = p->fd,
		.offset = part->offset,
	};
}

iova_t memory_end(const struct memory *m)
{
	const struct pool_part *last = m->pool.writes.len ? &m->pool.writes : &m->pool.reads;

	return last->iova + round_up(last->len, PAGE);
}

static int refuse_window(const struct memory_need *need, struct text *ret_why)
{
	text_printf(ret_why, "%zu KiB of memory are needed below 2^%u that the device may reach; "
		    "use fewer elements or a smaller mtu", (need->reads + need->writes) >> 10,
		    need->bits);
	return -ENOMEM;
}

static int open_physical(struct memory *m, const struct memory_need *need, iova_t max,
			 struct text *ret_why)
{
	int r = pool_open_physical(&m->pool, need->reads, need->writes, max);

	if (r)
		text_printf(ret_why, "no %zu KiB of huge pages in one piece (%s): reserve them at "
			    "boot with hugepages=N", (need->reads + need->writes) >> 10,
			    strerror(-r));
	return r;
}

static int open_pool(struct memory *m, const struct memory_need *need, struct text *ret_why)
{
	iova_t max = need->bits < 64 ? (1ULL << need->bits) - 1 : UINT64_MAX, min = m->hw->iova_min;
	int r;

	if (max > m->hw->iova_max)
		max = m->hw->iova_max;
	if (m->hw->is_physical)
		return open_physical(m, need, max, ret_why);
	if (min < LOWEST_IOVA)
		min = LOWEST_IOVA;
	if (min < need->min)
		min = need->min;
	r = pool_open(&m->pool, need->reads, need->writes, min, need->align);
	if (!r && memory_end(m) - 1 > max)
		r = refuse_window(need, ret_why);
	return r;
}

/* The kernel counts what a device can reach as locked memory. */
static int refuse_map(const struct memory *m, int r, struct text *ret_why)
{
	struct rlimit limit = { 0 };

	getrlimit(RLIMIT_MEMLOCK, &limit);
	text_printf(ret_why, "%zu KiB of memory cannot be made visible to the device: %s",
		    (m->pool.reads.len + m->pool.writes.len) >> 10, strerror(-r));
	if (r == -ENOMEM)
		text_printf(ret_why, "; the limit on locked memory is %llu KiB, raise it with "
			    "ulimit -l or LimitMEMLOCK=", (unsigned long long)limit.rlim_cur >> 10);
	return r;
}

int memory_map(struct memory *m, struct hw *hw, const struct memory_need *need,
	       struct text *ret_why)
{
	int r;

	*m = (struct memory){ .hw = hw, .pool = { .fd = -1 } };
	r = open_pool(m, need, ret_why);
	if (r)
		return r;
	m->dma[DEV_READS] = dma_of(&m->pool, &m->pool.reads);
	m->dma[DEV_WRITES] = dma_of(&m->pool, &m->pool.writes);
	for (; m->n_mapped < ARRAY_SIZE(m->dma); m->n_mapped++) {
		if (!m->dma[m->n_mapped].len)
			continue;
		r = hw->ops->map(hw, &m->dma[m->n_mapped], m->n_mapped);
		if (r)
			return refuse_map(m, r, ret_why);
	}
	return 0;
}

void memory_unmap(struct memory *m)
{
	if (!m->hw)
		return;
	while (m->n_mapped) {
		m->n_mapped--;
		if (m->dma[m->n_mapped].len)
			m->hw->ops->unmap(m->hw, &m->dma[m->n_mapped], m->n_mapped);
	}
	pool_close(&m->pool);
	m->hw = NULL;
}
