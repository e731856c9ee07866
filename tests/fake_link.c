#include "tests/fake_link.h"
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

static struct fake_link *fake(struct link *l)
{
	return container_of(l, struct fake_link, link);
}

static int fake_open(struct link *l, unsigned int chan, const struct link_user_ops *ops,
		     void *user)
{
	struct fake_link *f = fake(l);

	assert(chan == 0);
	f->n_opens++;
	if (f->open_error)
		return f->open_error;
	if (f->state != FAKE_CLOSED)
		return -EBUSY;
	f->state = FAKE_OPENING;
	f->user_ops = ops;
	f->user = user;
	return 0;
}

static bool is_zero(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i])
			return false;
	return true;
}

static int fake_submit(struct link *l, unsigned int chan, enum link_dir dir, unsigned int slot,
		       uint32_t len)
{
	struct fake_link *f = fake(l);
	struct fake_queue *q = &f->with_device[dir];
	const struct link_slots *s = &f->chan.slots[dir];
	const uint8_t *bytes = link_slot(l, chan, dir, slot);

	assert(f->state == FAKE_OPEN && slot < s->n);
	for (unsigned int i = 0; i < q->n; i++)
		assert(q->slots[i] != slot);
	if (dir == LINK_UL)
		assert(len > 0 && len <= s->size && is_zero(bytes + len, s->size - len));
	else
		assert(is_zero(bytes, s->size));
	if (f->submit_result[dir])
		return f->submit_result[dir];
	q->slots[q->n] = slot;
	q->lens[q->n++] = len;
	f->n_submitted++;
	if (dir == LINK_UL && f->takes_at_once)
		fake_link_take(f, 0);
	if (f->dies_in_submit && f->state == FAKE_OPEN) {
		int why = f->dies_in_submit;

		f->dies_in_submit = 0;
		fake_link_closed(f, why);
	}
	return LINK_OK;
}

static int fake_cancel(struct link *l, unsigned int chan, enum link_dir dir)
{
	(void)l;
	(void)chan;
	(void)dir;
	return -EOPNOTSUPP;
}

static void fake_close(struct link *l, unsigned int chan)
{
	struct fake_link *f = fake(l);

	assert(chan == 0 && (f->state == FAKE_OPENING || f->state == FAKE_OPEN));
	f->n_closes++;
	f->state = FAKE_CLOSING;
	if (f->closes_at_once)
		fake_link_closed(f, 0);
}

static const struct link_ops fake_ops = {
	.open = fake_open,
	.submit = fake_submit,
	.cancel = fake_cancel,
	.close = fake_close,
};

static void add_slots(struct fake_link *f, enum link_dir dir, unsigned int n, uint32_t size)
{
	assert(n <= FAKE_SLOTS_MAX);
	f->memory[dir] = calloc(n ? n : 1, size ? size : 1);
	f->chan.slots[dir] = (struct link_slots){ f->memory[dir], size, n };
}

void fake_link_init(struct fake_link *f, unsigned int n_ul, uint32_t ul_size,
		    unsigned int n_dl, uint32_t dl_size)
{
	memset(f, 0, sizeof(*f));
	add_slots(f, LINK_UL, n_ul, ul_size);
	add_slots(f, LINK_DL, n_dl, dl_size);
	f->chan.name = "FAKE";
	f->link = (struct link){ &fake_ops, &f->chan, 1 };
}

void fake_link_fini(struct fake_link *f)
{
	free(f->memory[LINK_UL]);
	free(f->memory[LINK_DL]);
}

void fake_link_opened(struct fake_link *f, int status)
{
	assert(f->state == FAKE_OPENING);
	f->state = status < 0 ? FAKE_CLOSED : FAKE_OPEN;
	f->user_ops->opened(f->user, status);
}

static unsigned int take_back(struct fake_link *f, enum link_dir dir, uint32_t *ret_len)
{
	struct fake_queue *q = &f->with_device[dir];
	unsigned int slot = q->slots[0];

	*ret_len = q->lens[0];
	q->n--;
	memmove(q->slots, q->slots + 1, q->n * sizeof(q->slots[0]));
	memmove(q->lens, q->lens + 1, q->n * sizeof(q->lens[0]));
	f->n_returned++;
	return slot;
}

bool fake_link_take(struct fake_link *f, int status)
{
	unsigned int slot;
	uint32_t len;

	if (!f->with_device[LINK_UL].n)
		return false;
	slot = take_back(f, LINK_UL, &len);
	if (!status && f->heard)
		f->heard(f->ear, link_slot(&f->link, 0, LINK_UL, slot), len);
	f->user_ops->done(f->user, LINK_UL, slot, status, len);
	return true;
}

bool fake_link_say(struct fake_link *f, const void *data, uint32_t len, int status)
{
	unsigned int slot;
	uint32_t ignored;

	if (!f->with_device[LINK_DL].n)
		return false;
	assert(len <= f->chan.slots[LINK_DL].size);
	slot = take_back(f, LINK_DL, &ignored);
	if (len)
		memcpy(link_slot(&f->link, 0, LINK_DL, slot), data, len);
	f->user_ops->done(f->user, LINK_DL, slot, status, len);
	return true;
}

void fake_link_closed(struct fake_link *f, int why)
{
	assert(f->state != FAKE_CLOSED);
	f->state = FAKE_CLOSING;
	while (f->with_device[LINK_DL].n)
		fake_link_say(f, NULL, 0, why ? why : -ECANCELED);
	while (f->with_device[LINK_UL].n)
		fake_link_take(f, why ? why : -ECANCELED);
	f->state = FAKE_CLOSED;
	f->user_ops->closed(f->user, why);
}
