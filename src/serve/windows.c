#include "serve/windows.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Below this address memory is mapped where the device sees it, as it were:
 * what is one piece by IOVA is one piece for us, however the client scattered
 * it.  A modem's addresses have 32 bits. */
#define MIRROR_LEN (1ULL << 32)

struct window {
	iova_t iova;
	uint64_t size;
	uint8_t *cpu;
	uint64_t offset;	/* in the client's file */
	dev_t dev;		/* which file */
	ino_t ino;
	bool can_read, can_write;
};

struct windows {
	uint8_t *mirror;	/* MIRROR_LEN bytes of address space */
	struct window *all;	/* by iova, apart */
	unsigned int n, room;
};

static void *reserve(void *at, uint64_t len)
{
	return mmap(at, len, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (at ? MAP_FIXED : 0), -1, 0);
}

struct windows *windows_new(void)
{
	struct windows *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->mirror = reserve(NULL, MIRROR_LEN);
	if (w->mirror == MAP_FAILED) {
		free(w);
		return NULL;
	}
	return w;
}

void windows_free(struct windows *w)
{
	if (!w)
		return;
	windows_clear(w);
	munmap(w->mirror, MIRROR_LEN);
	free(w->all);
	free(w);
}

static bool is_mirrored(const struct window *win)
{
	return win->iova < MIRROR_LEN && win->size <= MIRROR_LEN - win->iova;
}

static void window_close(const struct windows *w, const struct window *win)
{
	if (is_mirrored(win))
		reserve(w->mirror + win->iova, win->size);
	else
		munmap(win->cpu, win->size);
}

static int window_open(const struct windows *w, struct window *win, int fd)
{
	void *at = is_mirrored(win) ? w->mirror + win->iova : NULL;
	int prot = PROT_READ | (win->can_write ? PROT_WRITE : 0);
	void *cpu;

	cpu = mmap(at, win->size, prot, MAP_SHARED | (at ? MAP_FIXED : 0), fd,
		   (off_t)win->offset);
	if (cpu == MAP_FAILED)
		return -errno;
	win->cpu = cpu;
	return 0;
}

/* Which file, and is the window inside it? */
static int window_check(struct window *win, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size <= 0 || win->offset + win->size > (uint64_t)st.st_size ||
	    (win->iova | win->size | win->offset) & 4095)
		return -EINVAL;
	win->dev = st.st_dev;
	win->ino = st.st_ino;
	return 0;
}

/* The first window that ends behind @iova. */
static unsigned int windows_at(const struct windows *w, iova_t iova)
{
	unsigned int low = 0, high = w->n;

	while (low < high) {
		unsigned int mid = low + (high - low) / 2;

		if (w->all[mid].iova + (w->all[mid].size - 1) < iova)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static int windows_grow(struct windows *w)
{
	unsigned int room = w->room ? w->room * 2 : 64;
	struct window *all;

	if (w->n < w->room)
		return 0;
	if (w->n >= WINDOWS_MOST)
		return -ENOSPC;
	all = realloc(w->all, room * sizeof(*all));
	if (!all)
		return -ENOMEM;
	w->all = all;
	w->room = room;
	return 0;
}

static bool is_same(const struct window *a, const struct window *b)
{
	return a->iova == b->iova && a->size == b->size && a->offset == b->offset &&
	       a->dev == b->dev && a->ino == b->ino && a->can_read == b->can_read &&
	       a->can_write == b->can_write;
}

static int windows_add(struct windows *w, int fd, struct window new)
{
	unsigned int at = windows_at(w, new.iova);
	int r;

	r = window_check(&new, fd);
	if (r < 0)
		return r;
	if (at < w->n && w->all[at].iova <= new.iova + (new.size - 1))
		return is_same(&w->all[at], &new) ? 0 : -EEXIST;
	r = windows_grow(w);
	if (!r)
		r = window_open(w, &new, fd);
	if (r < 0)
		return r;
	memmove(&w->all[at + 1], &w->all[at], (w->n - at) * sizeof(new));
	w->all[at] = new;
	w->n++;
	return 0;
}

int windows_map(struct windows *w, int fd, uint64_t offset, iova_t iova,
		uint64_t size, bool can_read, bool can_write)
{
	int r = -EINVAL;

	if (fd >= 0 && size && iova + (size - 1) >= iova && offset + size > offset)
		r = windows_add(w, fd, (struct window){ .iova = iova, .size = size,
							.offset = offset,
							.can_read = can_read,
							.can_write = can_write });
	if (fd >= 0)
		close(fd);
	return r;
}

int windows_unmap(struct windows *w, iova_t iova, uint64_t size)
{
	unsigned int first = windows_at(w, iova), end;
	iova_t last = iova + (size - 1);

	if (!size || last < iova)
		return -EINVAL;
	for (end = first; end < w->n && w->all[end].iova <= last; end++)
		if (w->all[end].iova < iova ||
		    w->all[end].iova + (w->all[end].size - 1) > last)
			return -EINVAL;
	if (first == end)
		return 0;
	for (unsigned int i = first; i < end; i++)
		window_close(w, &w->all[i]);
	memmove(&w->all[first], &w->all[end], (w->n - end) * sizeof(*w->all));
	w->n -= end - first;
	return 0;
}

void windows_clear(struct windows *w)
{
	for (unsigned int i = 0; i < w->n; i++)
		window_close(w, &w->all[i]);
	w->n = 0;
}

static bool window_allows(const struct window *w, enum sim_access access)
{
	return access == SIM_WRITES ? w->can_write : w->can_read;
}

bool windows_reach(const struct windows *w, iova_t iova, enum sim_access access,
		   struct sim_window *ret_piece)
{
	unsigned int i = windows_at(w, iova);
	struct sim_window piece;

	if (i >= w->n || w->all[i].iova > iova || !window_allows(&w->all[i], access))
		return false;
	piece = (struct sim_window){ w->all[i].iova, w->all[i].size, w->all[i].cpu };
	for (i++; i < w->n && window_allows(&w->all[i], access) &&
		  w->all[i].iova == piece.iova + piece.len &&
		  w->all[i].cpu == piece.cpu + piece.len; i++)
		piece.len += w->all[i].size;
	*ret_piece = piece;
	return true;
}

unsigned int windows_count(const struct windows *w)
{
	return w->n;
}
