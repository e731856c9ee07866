#include "fs/request.h"
#include "fs/file.h"
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

static void end_interrupted(void *user)
{
	struct requests *q = user;

	while (!list_is_empty(&q->interrupted)) {
		struct request *r = list_first(&q->interrupted, struct request, node);

		list_remove(&r->node);
		list_append(&q->live, &r->node);
		wait_interrupt(&r->wait);
	}
}

void requests_init(struct requests *q, struct loop *l)
{
	q->loop = l;
	list_init(&q->idle);
	list_init(&q->live);
	list_init(&q->interrupted);
	defer_init(&q->turn, end_interrupted, q);
}

void requests_fini(struct requests *q)
{
	struct request *r, *tmp;

	assert(list_is_empty(&q->live) && list_is_empty(&q->interrupted));
	defer_cancel(&q->turn);
	list_for_each_safe(r, tmp, &q->idle, node)
		free(r);
	list_init(&q->idle);
}

static void end_one(struct request *r, int error)
{
	ssize_t went;

	assert(wait_is_parked(&r->wait));
	went = r->wait.withdraw(&r->wait);
	wait_answer(&r->wait, went > 0 ? went : error, NULL, 0);
}

void requests_end(struct requests *q, int error)
{
	list_move_all(&q->live, &q->interrupted);
	while (!list_is_empty(&q->live))
		end_one(list_first(&q->live, struct request, node), error);
}

static struct request *find_of(const struct list *requests, const struct file *f)
{
	struct request *r;

	list_for_each(r, requests, node)
		if (r->file == f)
			return r;
	return NULL;
}

void requests_end_of(struct requests *q, const struct file *f, int error)
{
	struct request *r;

	/* From the start each time: one answer may bring another. */
	while ((r = find_of(&q->live, f)) || (r = find_of(&q->interrupted, f)))
		end_one(r, error);
}

static int reply_open(fuse_req_t fuse, struct file *f)
{
	/* libfuse has no way to ask for FOPEN_STREAM, and without it a blocked
	 * read blocks a write on the same open file. */
	const struct fuse_open_out out = {
		.fh = f->handle,
		.open_flags = f->ops->open_flags,
	};
	int r;

	f->is_open = true;
	r = fuse_reply_buf(fuse, (const char *)&out, sizeof(out));
	if (r < 0)
		file_free(f);
	return r;
}

/* fuse_reply_iov() allocates, fuse_reply_buf() does not. */
static int reply_read(fuse_req_t fuse, const struct iovec *iov, int n_iov)
{
	if (n_iov == 0)
		return fuse_reply_buf(fuse, NULL, 0);
	if (n_iov == 1)
		return fuse_reply_buf(fuse, iov->iov_base, iov->iov_len);
	return fuse_reply_iov(fuse, iov, n_iov);
}

static int request_answer(struct wait *w, ssize_t result, const struct iovec *iov, int n_iov)
{
	struct request *r = container_of(w, struct request, wait);
	fuse_req_t fuse = r->fuse;

	list_remove(&r->node);
	list_prepend(&r->requests->idle, &r->node);
	if (result < 0) {
		if (r->kind == REQUEST_OPEN)
			file_free(r->file);
		return fuse_reply_err(fuse, (int)-result);
	}
	switch (r->kind) {
	case REQUEST_OPEN:
		return reply_open(fuse, r->file);
	case REQUEST_READ:
		return reply_read(fuse, iov, n_iov);
	case REQUEST_WRITE:
		return fuse_reply_write(fuse, (size_t)result);
	case REQUEST_STORE:
		return fuse_reply_write(fuse, r->len);
	case REQUEST_IOCTL:
		return fuse_reply_ioctl_iov(fuse, (int)result, iov, n_iov);
	default:
		return fuse_reply_err(fuse, 0);
	}
}

static const struct wait_ops request_wait_ops = { .answer = request_answer };

struct request *request_new(struct requests *q, fuse_req_t fuse, enum request_kind kind,
			    struct file *f)
{
	struct request *r;

	if (list_is_empty(&q->idle)) {
		r = calloc(1, sizeof(*r));
		if (!r) {
			fuse_reply_err(fuse, ENOMEM);
			return NULL;
		}
		r->requests = q;
		list_init(&r->node);
	} else {
		r = list_first(&q->idle, struct request, node);
		list_remove(&r->node);
	}
	list_append(&q->live, &r->node);
	wait_init(&r->wait, &request_wait_ops);
	r->fuse = fuse;
	r->kind = kind;
	r->file = f;
	r->len = 0;
	return r;
}

static void note_interrupt(fuse_req_t fuse, void *user)
{
	struct request *r = user;

	(void)fuse;
	list_remove(&r->node);
	list_append(&r->requests->interrupted, &r->node);
	loop_defer(r->requests->loop, &r->requests->turn);
}

void request_settle(struct request *r)
{
	/* A request answered at once lies in the free list now, unparked. */
	if (wait_is_parked(&r->wait))
		fuse_req_interrupt_func(r->fuse, note_interrupt, r);
}
