#include "serve/vhost_memory.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { PAGE = 4096 };

static bool wraps(uint64_t start, uint64_t size)
{
	return start + size < start;
}

static bool overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a < b + b_size && b < a + a_size;
}

static int check_file(const struct vhost_memory *m, const struct vhu_region *r, int fd)
{
	struct stat st;
	int seals;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || r->offset + r->size > (uint64_t)st.st_size)
		return -EINVAL;
	seals = fcntl(fd, F_GET_SEALS);
	return m->takes_unsealed || (seals >= 0 && seals & F_SEAL_SHRINK) ? 0 : -EPERM;
}

static int check(const struct vhost_memory *m, const struct vhu_region *r)
{
	if (!r->size || wraps(r->guest, r->size) || wraps(r->user, r->size) ||
	    wraps(r->offset, r->size) || r->size > SIZE_MAX - PAGE)
		return -EINVAL;
	for (unsigned int i = 0; i < m->n; i++) {
		const struct vhu_region *o = &m->regions[i].at;

		if (overlap(o->guest, o->size, r->guest, r->size) ||
		    overlap(o->user, o->size, r->user, r->size))
			return -EEXIST;
	}
	return m->n < VHOST_MEMORY_MOST ? 0 : -ENOSPC;
}

/* An offset inside a page: the page is mapped from its beginning. */
static uint64_t lead(const struct vhu_region *r)
{
	return r->offset & (PAGE - 1);
}

int vhost_memory_add(struct vhost_memory *m, const struct vhu_region *r, int fd)
{
	void *cpu;
	int error;

	error = check(m, r);
	if (!error)
		error = check_file(m, r, fd);
	if (error)
		return error;
	cpu = mmap(NULL, r->size + lead(r), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		   (off_t)(r->offset - lead(r)));
	if (cpu == MAP_FAILED)
		return -errno;
	m->regions[m->n++] = (struct vhost_region){ *r, (uint8_t *)cpu + lead(r) };
	return 0;
}

static void region_close(const struct vhost_region *region)
{
	munmap(region->cpu - lead(&region->at), region->at.size + lead(&region->at));
}

int vhost_memory_remove(struct vhost_memory *m, const struct vhu_region *r)
{
	for (unsigned int i = 0; i < m->n; i++) {
		const struct vhu_region *o = &m->regions[i].at;

		if (o->guest != r->guest || o->user != r->user || o->size != r->size)
			continue;
		region_close(&m->regions[i]);
		m->regions[i] = m->regions[--m->n];
		return 0;
	}
	return -ENOENT;
}

void vhost_memory_clear(struct vhost_memory *m)
{
	while (m->n)
		region_close(&m->regions[--m->n]);
}

static bool holds(uint64_t start, uint64_t size, uint64_t addr, uint64_t len)
{
	return addr >= start && addr - start <= size && len <= size - (addr - start);
}

void *vhost_memory_guest(const struct vhost_memory *m, uint64_t addr, uint64_t len)
{
	for (unsigned int i = 0; i < m->n; i++) {
		const struct vhost_region *r = &m->regions[i];

		if (holds(r->at.guest, r->at.size, addr, len))
			return r->cpu + (addr - r->at.guest);
	}
	return NULL;
}

void *vhost_memory_user(const struct vhost_memory *m, uint64_t addr, uint64_t len)
{
	for (unsigned int i = 0; i < m->n; i++) {
		const struct vhost_region *r = &m->regions[i];

		if (holds(r->at.user, r->at.size, addr, len))
			return r->cpu + (addr - r->at.user);
	}
	return NULL;
}
