#include "transport/sealed.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static int fill(struct sealed *s)
{
	if (ftruncate(s->fd, (off_t)s->len) < 0 ||
	    fcntl(s->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return -errno;
	s->cpu = mmap(NULL, s->len, PROT_READ | PROT_WRITE, MAP_SHARED, s->fd, 0);
	if (s->cpu != MAP_FAILED)
		return 0;
	s->cpu = NULL;
	return -errno;
}

int sealed_open(struct sealed *s, size_t len)
{
	int r;

	*s = (struct sealed){ .len = (size_t)round_up(len, 4096) };
	s->fd = memfd_create("mhifs-shared", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	r = s->fd < 0 ? -errno : fill(s);
	if (r < 0)
		sealed_close(s);
	return r;
}

void sealed_close(struct sealed *s)
{
	if (s->cpu)
		munmap(s->cpu, s->len);
	if (s->fd >= 0)
		close(s->fd);
	*s = (struct sealed){ .fd = -1 };
}
