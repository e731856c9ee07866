#include "serve/windows.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file of the client, mapped whole. */
struct backing {
	dev_t dev;
	ino_t ino;
	uint8_t *cpu;
	size_t len;
	unsigned int refs;
	bool is_writable;
	struct backing *next;
};

struct window {
	iova_t iova;
	uint64_t size;
	uint64_t offset;	/* in backing */
	struct backing *backing;
	bool can_read, can_write;
};

struct windows {
	struct window *all;	/* by iova, apart */
	unsigned int n, room;
	struct backing *backings;
};

struct windows *windows_new(void)
{
	return calloc(1, sizeof(struct windows));
}

void windows_free(struct windows *w)
{
	if (!w)
		return;
	windows_clear(w);
	free(w->all);
	free(w);
}

static void backing_unref(struct windows *w, struct backing *b)
{
	struct backing **at = &w->backings;

	if (--b->refs)
		return;
	while (*at != b)
		at = &(*at)->next;
	*at = b->next;
	munmap(b->cpu, b->len);
	free(b);
}

/* A file that grew since it was mapped gets a second, longer backing. */
static struct backing *backing_find(struct windows *w, const struct stat *st, bool is_writable)
{
	for (struct backing *b = w->backings; b; b = b->next)
		if (b->dev == st->st_dev && b->ino == st->st_ino &&
		    b->len >= (size_t)st->st_size && b->is_writable >= is_writable)
			return b;
	return NULL;
}

static int backing_get(struct windows *w, int fd, uint64_t end, bool is_writable,
		       struct backing **ret_backing)
{
	struct backing *b;
	struct stat st;
	void *cpu;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size <= 0 || end > (uint64_t)st.st_size)
		return -EINVAL;
	b = backing_find(w, &st, is_writable);
	if (!b) {
		cpu = mmap(NULL, (size_t)st.st_size, PROT_READ | (is_writable ? PROT_WRITE : 0),
			   MAP_SHARED, fd, 0);
		if (cpu == MAP_FAILED)
			return -errno;
		b = calloc(1, sizeof(*b));
		if (!b) {
			munmap(cpu, (size_t)st.st_size);
			return -ENOMEM;
		}
		*b = (struct backing){ .dev = st.st_dev, .ino = st.st_ino, .cpu = cpu,
				       .len = (size_t)st.st_size, .is_writable = is_writable,
				       .next = w->backings };
		w->backings = b;
	}
	b->refs++;
	*ret_backing = b;
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

static int windows_add(struct windows *w, int fd, struct window new)
{
	unsigned int at = windows_at(w, new.iova);
	const struct window *there = &w->all[at];
	struct backing *b = NULL;
	int r;

	r = backing_get(w, fd, new.offset + new.size, new.can_write, &b);
	if (r < 0)
		return r;
	if (at < w->n && there->iova <= new.iova + (new.size - 1)) {
		bool is_same = there->iova == new.iova && there->size == new.size &&
			       there->offset == new.offset && there->backing == b &&
			       there->can_read == new.can_read &&
			       there->can_write == new.can_write;

		backing_unref(w, b);
		return is_same ? 0 : -EEXIST;
	}
	r = windows_grow(w);
	if (r < 0) {
		backing_unref(w, b);
		return r;
	}
	memmove(&w->all[at + 1], &w->all[at], (w->n - at) * sizeof(new));
	new.backing = b;
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
	for (unsigned int i = first; i < end; i++)
		backing_unref(w, w->all[i].backing);
	memmove(&w->all[first], &w->all[end], (w->n - end) * sizeof(*w->all));
	w->n -= end - first;
	return 0;
}

void windows_clear(struct windows *w)
{
	for (unsigned int i = 0; i < w->n; i++)
		backing_unref(w, w->all[i].backing);
	w->n = 0;
}

static bool window_allows(const struct window *w, enum sim_access access)
{
	return access == SIM_WRITES ? w->can_write : w->can_read;
}

static uint8_t *window_cpu(const struct window *w)
{
	return w->backing->cpu + w->offset;
}

bool windows_reach(const struct windows *w, iova_t iova, enum sim_access access,
		   struct sim_window *ret_piece)
{
	unsigned int i = windows_at(w, iova);
	const struct window *win = &w->all[i];
	struct sim_window piece;

	if (i >= w->n || win->iova > iova || !window_allows(win, access))
		return false;
	piece = (struct sim_window){ .iova = win->iova, .len = win->size, .cpu = window_cpu(win) };
	for (win++; win < w->all + w->n && window_allows(win, access) &&
		    win->iova == piece.iova + piece.len &&
		    window_cpu(win) == piece.cpu + piece.len; win++)
		piece.len += win->size;
	*ret_piece = piece;
	return true;
}

unsigned int windows_count(const struct windows *w)
{
	return w->n;
}
