/*
 * Without an IOMMU an IOVA is a physical address, so each part of the pool has
 * to lie in one physical piece that stays where it is: huge pages, of which
 * the kernel tells the frame, put in the order of their frames.
 */
#include "io/pool.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SMALL_PAGE = 4096, HUGE_PAGE = 2 << 20, SPARE_PAGES = 8 };

#define PAGEMAP_PRESENT (1ULL << 63)
#define PAGEMAP_FRAME ((1ULL << 55) - 1)

struct huge_page {
	iova_t at;		/* physical */
	uint64_t offset;	/* in the memfd */
};

static int by_address(const void *a, const void *b)
{
	const struct huge_page *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

/* Where in memory are the pages of @map?  -EPERM: the kernel does not tell. */
static int find_frames(const uint8_t *map, struct huge_page *pages, size_t n)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC), r = 0;

	if (fd < 0)
		return -errno;
	for (size_t i = 0; i < n && !r; i++) {
		uint64_t address = (uintptr_t)map + i * HUGE_PAGE, entry = 0;

		pages[i].offset = i * HUGE_PAGE;
		if (pread(fd, &entry, sizeof(entry),
			  (off_t)(address / SMALL_PAGE * sizeof(entry))) != sizeof(entry))
			r = -EIO;
		else if (!(entry & PAGEMAP_PRESENT) || !(entry & PAGEMAP_FRAME))
			r = -EPERM;
		pages[i].at = (entry & PAGEMAP_FRAME) * SMALL_PAGE;
	}
	close(fd);
	return r;
}

/* The first run of @want neighbours at or behind @from; -1: there is none. */
static ssize_t find_run(const struct huge_page *pages, size_t n, size_t from, size_t want)
{
	size_t begin = from;

	if (!want)
		return (ssize_t)from;
	for (size_t i = from; i < n; i++) {
		if (i > begin && pages[i].at != pages[i - 1].at + HUGE_PAGE)
			begin = i;
		if (i - begin + 1 == want)
			return (ssize_t)begin;
	}
	return -1;
}

static int map_run(const struct pool *p, struct pool_part *part, const struct huge_page *pages)
{
	uint8_t *cpu = mmap(NULL, part->len + HUGE_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);
	uint8_t *begin;

	if (cpu == MAP_FAILED)
		return -errno;
	begin = (uint8_t *)round_up((uintptr_t)cpu, HUGE_PAGE);
	munmap(cpu, (size_t)(begin - cpu));
	munmap(begin + part->len, (size_t)(cpu + HUGE_PAGE - begin));
	for (size_t i = 0; i < part->len / HUGE_PAGE; i++)
		if (mmap(begin + i * HUGE_PAGE, HUGE_PAGE, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_FIXED, p->fd, (off_t)pages[i].offset) == MAP_FAILED) {
			munmap(begin, part->len);
			return -errno;
		}
	part->cpu = begin;
	part->iova = pages[0].at;
	return 0;
}

/* Both parts from the pages there are, the writable one behind the other. */
static int place(struct pool *p, const struct huge_page *pages, size_t n, iova_t max)
{
	size_t n_reads = p->reads.len / HUGE_PAGE, n_writes = p->writes.len / HUGE_PAGE;
	ssize_t reads = find_run(pages, n, 0, n_reads), writes;
	int r;

	if (reads < 0)
		return -ENOMEM;
	writes = find_run(pages, n, (size_t)reads + n_reads, n_writes);
	if (writes < 0 || pages[writes].at + p->writes.len - 1 > max)
		return -ENOMEM;
	r = map_run(p, &p->reads, &pages[reads]);
	return r ? r : map_run(p, &p->writes, &pages[writes]);
}

/* Touches every page, learns where they lie, and maps them in that order. */
static int arrange(struct pool *p, size_t n, iova_t max)
{
	struct huge_page *pages = calloc(n, sizeof(*pages));
	uint8_t *map = mmap(NULL, n * HUGE_PAGE, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_POPULATE, p->fd, 0);
	int r = pages ? 0 : -ENOMEM;

	if (map == MAP_FAILED) {
		r = -errno;
	} else {
		if (!r)
			r = find_frames(map, pages, n);
		munmap(map, n * HUGE_PAGE);
	}
	if (!r) {
		qsort(pages, n, sizeof(*pages), by_address);
		r = place(p, pages, n, max);
	}
	free(pages);
	return r;
}

int pool_open_physical(struct pool *p, size_t reads_len, size_t writes_len, iova_t max)
{
	size_t n;
	int r;

	*p = (struct pool){ .fd = -1 };
	p->reads.len = round_up(reads_len, HUGE_PAGE);
	p->writes.len = round_up(writes_len, HUGE_PAGE);
	n = (p->reads.len + p->writes.len) / HUGE_PAGE + SPARE_PAGES;
	p->fd = memfd_create("mhifs-dma", MFD_CLOEXEC | MFD_HUGETLB | MFD_HUGE_2MB);
	if (p->fd < 0)
		return -errno;
	r = ftruncate(p->fd, (off_t)(n * HUGE_PAGE)) < 0 ? -errno : arrange(p, n, max);
	if (r)
		pool_close(p);
	return r;
}
