/*
 * fuzz-vring - everything one side of a virtqueue can write, under the other
 * side: the used ring under the driver, the available ring and descriptors
 * under the device, single bytes under both.
 *
 * The first byte says how large the queue is and what was negotiated; then each
 * byte is one step: its low four bits say what, its high four bits are a small
 * number; some steps take more bytes.  Whatever lies in memory: a chain comes
 * back once, at most as long as it is; the device touches only what is in
 * reach; and a side that gave up stays so.
 */
#include "tests/vring_rig.h"
#include <errno.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { TABLE_AT = 4096, TABLE_N = 16 };

static struct vring_rig rig;
static bool is_flying[256];	/* by token */
static struct vq_chain held[RIG_N_MOST];
static unsigned int n_held;
static uint8_t scratch[RIG_BUFFERS_LEN * 2];

struct input {
	const uint8_t *data;
	size_t len;
};

static uint32_t take_number(struct input *in, unsigned int n_bytes)
{
	uint32_t value = 0;

	while (n_bytes-- && in->len) {
		value = value << 8 | *in->data++;
		in->len--;
	}
	return value;
}

static void must(bool is_so)
{
	if (!is_so)
		abort();
}

/* --- the driver --- */

static void check_driver(void)
{
	unsigned int n_flying = 0, n_descs = 0;

	for (unsigned int i = 0; i < rig.v.n; i++) {
		n_flying += rig.v.chains[i].n > 0;
		n_descs += rig.v.chains[i].n;
	}
	must(n_flying == rig.v.n_flying);
	must(n_descs + rig.v.n_free == rig.v.n);
}

static void add(unsigned int how)
{
	unsigned int n_out = how & 3, n_in = how >> 2, token = 0;
	struct vring_piece pieces[8];
	int r;

	while (token < ARRAY_SIZE(is_flying) && is_flying[token])
		token++;
	if (n_out + n_in == 0 || n_out + n_in > rig.v.n || token == ARRAY_SIZE(is_flying))
		return;
	for (unsigned int i = 0; i < n_out + n_in; i++)
		pieces[i] = (struct vring_piece){ rig_iova(&rig, token * 64 + i * 8), 8 };
	r = vring_add(&rig.v, pieces, n_out, n_in, token);
	must((r == -EPROTO) == rig.v.is_broken);
	if (r == VRING_OK)
		is_flying[token] = true;
}

static void take(void)
{
	bool was_broken = rig.v.is_broken;
	uint32_t token, written;
	int r = vring_take(&rig.v, &token, &written);

	if (r != VRING_OK) {
		must(r == VRING_EMPTY || rig.v.is_broken);
		return;
	}
	must(!was_broken && token < ARRAY_SIZE(is_flying) && is_flying[token] && written <= 32);
	is_flying[token] = false;
}

static void write_used(struct input *in, unsigned int slot)
{
	struct vring_used_elem *e = &rig.v.used->ring[slot & (rig.v.n - 1)];
	uint32_t id = take_number(in, 1), written = take_number(in, 1);

	le32_set(&e->id, id < 0xf0 ? id : id << 24);
	le32_set(&e->len, written < 0xf0 ? written : written << 24);
	le16_set(&rig.v.used->idx, (uint16_t)(le16_get(&rig.v.used->idx) + 1));
}

/* --- the device --- */

static void pop(void)
{
	struct vq_chain *c = &held[n_held];
	bool was_damaged = rig.q.damage;
	int r;

	if (n_held == ARRAY_SIZE(held))
		return;
	r = vq_pop(&rig.q, c);
	if (r != VQ_OK) {
		must(r == VQ_EMPTY || rig.q.damage);
		return;
	}
	must(!was_damaged && c->head < rig.q.at.n && c->n_out + c->n_in <= rig.q.at.n);
	for (unsigned int i = 0; i < n_held; i++)
		must(held[i].head != c->head);
	n_held++;
	/* Each byte is there; what is written may well be the rings. */
	if (c->out_len <= sizeof(scratch))
		must(vq_read(&rig.q, c->pieces, c->n_out, scratch, c->out_len) == c->out_len);
	if (c->in_len <= sizeof(scratch))
		must(vq_write(&rig.q, c->pieces + c->n_out, c->n_in, scratch, c->in_len) ==
		     c->in_len);
}

static void push(unsigned int which)
{
	if (!n_held)
		return;
	which %= n_held;
	vq_push(&rig.q, held[which].head, held[which].in_len);
	held[which] = held[--n_held];
}

/* In the queue's table, or in one that an indirect element may name. */
static void write_desc(struct input *in, unsigned int what)
{
	struct vring_desc *table = what & 8 ? (struct vring_desc *)rig_buffer(&rig, TABLE_AT) :
					      rig.v.desc;
	uint32_t at = take_number(in, 1) % (what & 8 ? TABLE_N : rig.v.n);
	uint32_t bytes = take_number(in, 1), where = take_number(in, 2);
	uint64_t addr = rig_iova(&rig, where);

	if (what & VRING_DESC_INDIRECT) {
		addr = rig_iova(&rig, TABLE_AT);
		bytes *= 16;
	} else if (bytes >= 0xf0) {
		bytes <<= 24;
	}
	if (where == 0xffff)
		addr = UINT64_MAX - bytes / 2;
	le64_set(&table[at].addr, addr);
	le32_set(&table[at].len, bytes);
	le16_set(&table[at].flags, (uint16_t)(what & 7));
	le16_set(&table[at].next, (uint16_t)take_number(in, 1));
}

static void offer(unsigned int head)
{
	uint16_t idx = le16_get(&rig.v.avail->idx);

	le16_set(&rig.v.avail->ring[idx & (rig.v.n - 1)], (uint16_t)head);
	le16_set(&rig.v.avail->idx, (uint16_t)(idx + 1));
}

static void show(void)
{
	vq_publish(&rig.q);
	vq_wants_raise(&rig.q);
}

static void act(struct input *in, unsigned int what, unsigned int number)
{
	switch (what) {
	case 0: add(number); break;
	case 1: take(); break;
	case 2: vring_wants_kick(&rig.v); break;
	case 3: vring_mute(&rig.v); break;
	case 4: vring_listen(&rig.v); break;
	case 5: write_used(in, number); break;
	case 6: le16_set(&rig.v.used->idx, (uint16_t)take_number(in, 2)); break;
	case 7: rig.mem[take_number(in, 2) % rig.len] = (uint8_t)take_number(in, 1); break;
	case 8: pop(); break;
	case 9: push(number); break;
	case 10: show(); break;
	case 11: vq_mute(&rig.q); break;
	case 12: vq_listen(&rig.q); break;
	case 13: write_desc(in, number); break;
	case 14: offer(number); break;
	default: le16_set(&rig.v.avail->idx, (uint16_t)take_number(in, 2));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct input in = { data, len };
	uint32_t kind;

	if (len > 4096)
		return 0;
	kind = take_number(&in, 1);
	rig_init(&rig, 1u << (kind & 7), (kind & 8 ? VIRTIO_F_EVENT_IDX : 0) |
					 (kind & 16 ? VIRTIO_F_INDIRECT_DESC : 0),
		 kind & 32 ? 0xfff8 : 0);
	memset(rig_buffer(&rig, 0), 0, RIG_BUFFERS_LEN);
	memset(is_flying, 0, sizeof(is_flying));
	n_held = 0;
	while (in.len) {
		unsigned int step = take_number(&in, 1);
		bool was_broken = rig.v.is_broken, was_damaged = rig.q.damage;

		act(&in, step & 15, step >> 4);
		check_driver();
		must(rig.v.is_broken >= was_broken);
		must(!was_damaged || rig.q.damage);
		must(rig.q.n_out == n_held);
	}
	rig_fini(&rig);
	return 0;
}
