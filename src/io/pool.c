#include "io/pool.h"
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

static int pool_map(const struct pool *p, struct pool_part *part)
{
	void *cpu;

	if (!part->len)
		return 0;
	cpu = mmap(NULL, part->len, PROT_READ | PROT_WRITE, MAP_SHARED, p->fd,
		   (off_t)part->offset);
	if (cpu == MAP_FAILED)
		return -errno;
	part->cpu = cpu;
	return 0;
}

int pool_open(struct pool *p, size_t reads_len, size_t writes_len,
	      iova_t iova, size_t align)
{
	int r;

	*p = (struct pool){ .fd = -1 };
	p->reads.len = reads_len;
	p->reads.iova = round_up(iova, align);
	p->writes.len = writes_len;
	p->writes.offset = reads_len;
	/* A page that is mapped to nothing lies between the parts. */
	p->writes.iova = round_up(p->reads.iova + reads_len + 4096, align);
	p->fd = memfd_create("mhifs-dma", MFD_CLOEXEC);
	if (p->fd < 0)
		return -errno;
	r = ftruncate(p->fd, (off_t)(reads_len + writes_len)) < 0 ? -errno : 0;
	if (!r)
		r = pool_map(p, &p->reads);
	if (!r)
		r = pool_map(p, &p->writes);
	if (r)
		pool_close(p);
	return r;
}

void pool_close(struct pool *p)
{
	if (p->reads.cpu)
		munmap(p->reads.cpu, p->reads.len);
	if (p->writes.cpu)
		munmap(p->writes.cpu, p->writes.len);
	if (p->fd >= 0)
		close(p->fd);
	*p = (struct pool){ .fd = -1 };
}
