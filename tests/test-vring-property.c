/*
 * Random schedules of both roles, the code under test against a plain model and
 * against itself: chains arrive in the order they were added and come back in
 * the order they were returned, once each, with the bytes that were written;
 * and whoever sleeps is woken, however late notifications come, and however
 * many come for nothing.
 */
#include "tests/suite.h"
#include "tests/vring_plain.h"

enum {
	GROUPS = 20, SEEDS = 60, STEPS = 250,
	PIECES = 8, PIECE_MOST = 100,
	SLOT_LEN = 1024, TABLE_AT = 896, SLOTS = RIG_BUFFERS_LEN / SLOT_LEN,
};

static uint64_t state;
static unsigned int seed;
static unsigned int n_descs;	/* in flight, if every chain is direct */

static uint32_t dice(uint32_t n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33) % n;
}

/* Without the bookkeeping of ck_assert(), which costs more than the rest. */
#define check(what)                                             \
	do {                                                    \
		if (!(what))                                    \
			ck_abort_msg("seed %u: %s", seed, #what); \
	} while (0)

/* --- the roles --- */

static struct vring_rig rig;
static struct plain_driver driver;
static struct plain_device device;

struct driver_ops {
	bool (*add)(const struct vring_piece *pieces, unsigned int n_out, unsigned int n_in,
		    unsigned int slot);
	bool (*take)(uint32_t *ret_name, uint32_t *ret_len);
	bool (*wants_kick)(void);
	void (*mute)(void);
	bool (*listen)(void);
};

struct device_ops {
	bool (*pop)(struct vq_chain *ret_chain);
	void (*push)(uint16_t head, uint32_t len);
	void (*publish)(void);
	bool (*wants_raise)(void);
	void (*mute)(void);
	bool (*listen)(void);
};

static bool real_add(const struct vring_piece *pieces, unsigned int n_out, unsigned int n_in,
		     unsigned int slot)
{
	int r = vring_add(&rig.v, pieces, n_out, n_in, slot);

	check(r == VRING_OK || r == VRING_FULL);
	check((r == VRING_FULL) == (n_out + n_in > rig.v.n - n_descs));
	return r == VRING_OK;
}

static bool real_take(uint32_t *ret_name, uint32_t *ret_len)
{
	bool has_used = vring_has_used(&rig.v);
	int r = vring_take(&rig.v, ret_name, ret_len);

	check(r == (has_used ? VRING_OK : VRING_EMPTY));
	return has_used;
}

static bool real_wants_kick(void)
{
	return vring_wants_kick(&rig.v);
}

static void real_mute(void)
{
	vring_mute(&rig.v);
}

static bool real_listen(void)
{
	return vring_listen(&rig.v);
}

static const struct driver_ops real_driver = {
	real_add, real_take, real_wants_kick, real_mute, real_listen,
};

static bool model_add(const struct vring_piece *pieces, unsigned int n_out, unsigned int n_in,
		      unsigned int slot)
{
	size_t table_at = dice(3) ? 0 : slot * SLOT_LEN + TABLE_AT;

	return plain_add(&driver, pieces, n_out, n_in, slot, table_at);
}

static bool model_take(uint32_t *ret_name, uint32_t *ret_len)
{
	return plain_take(&driver, ret_name, ret_len);
}

static bool model_wants_kick(void)
{
	return plain_wants_kick(&driver);
}

static void model_mute(void)
{
	plain_driver_mute(&driver);
}

static bool model_listen(void)
{
	return plain_driver_listen(&driver);
}

static const struct driver_ops plain_driver = {
	model_add, model_take, model_wants_kick, model_mute, model_listen,
};

static bool real_pop(struct vq_chain *ret_chain)
{
	int r = vq_pop(&rig.q, ret_chain);

	check(r >= 0);
	return r == VQ_OK;
}

static void real_push(uint16_t head, uint32_t len)
{
	vq_push(&rig.q, head, len);
}

static void real_publish(void)
{
	vq_publish(&rig.q);
}

static bool real_wants_raise(void)
{
	return vq_wants_raise(&rig.q);
}

static void real_device_mute(void)
{
	vq_mute(&rig.q);
}

static bool real_device_listen(void)
{
	return vq_listen(&rig.q);
}

static const struct device_ops real_device = {
	real_pop, real_push, real_publish, real_wants_raise, real_device_mute,
	real_device_listen,
};

static bool model_pop(struct vq_chain *ret_chain)
{
	return plain_pop(&device, ret_chain);
}

static void model_push(uint16_t head, uint32_t len)
{
	plain_push(&device, head, len);
}

static void model_publish(void)
{
	plain_publish(&device);
}

static bool model_wants_raise(void)
{
	return plain_wants_raise(&device);
}

static void model_device_mute(void)
{
	plain_device_mute(&device);
}

static bool model_device_listen(void)
{
	return plain_device_listen(&device);
}

static const struct device_ops plain_device = {
	model_pop, model_push, model_publish, model_wants_raise, model_device_mute,
	model_device_listen,
};

/* --- what has to be true --- */

struct message {
	struct vring_piece pieces[PIECES];
	unsigned int n_out, n_in;
	uint32_t out_len, in_len;
	uint64_t number;	/* of all messages */
	uint32_t written;
	uint16_t head;
};

struct order {
	unsigned int slots[SLOTS];
	unsigned int n;
};

static struct message messages[SLOTS];
static bool is_busy[SLOTS];
static struct order added, held, returned;
/* Numbers of all chains; they begin where the indices do. */
static uint64_t n_added, n_asked, n_pushed, n_shown, n_taken;

static void order_put(struct order *o, unsigned int slot)
{
	check(o->n < SLOTS);
	o->slots[o->n++] = slot;
}

static unsigned int order_take(struct order *o, unsigned int at)
{
	unsigned int slot = o->slots[at];

	check(at < o->n);
	o->n--;
	memmove(o->slots + at, o->slots + at + 1, (o->n - at) * sizeof(o->slots[0]));
	return slot;
}

static uint8_t letter(const struct message *m, uint32_t at, bool is_back)
{
	return (uint8_t)(m->number * 7 + at * (is_back ? 3 : 1));
}

/* --- the driver's steps --- */

static void push_one(void);
static void show(void);

static const struct driver_ops *dr;
static const struct device_ops *de;
static bool is_kick_due, is_kick_on_its_way, is_driver_awake;
static bool is_raise_due, is_interrupt_on_its_way, is_device_awake;

static void cut(struct message *m, unsigned int slot)
{
	size_t at = slot * SLOT_LEN;
	unsigned int n = 1 + dice(min_u32(rig.v.n, dice(2) ? 2 : PIECES));

	m->n_in = dice(n + 1);
	m->n_out = n - m->n_in;
	m->out_len = m->in_len = 0;
	for (unsigned int i = 0; i < n; i++) {
		uint32_t len = 1 + dice(PIECE_MOST);

		m->pieces[i] = (struct vring_piece){ rig_iova(&rig, at), len };
		*(i < m->n_out ? &m->out_len : &m->in_len) += len;
		at += len;
	}
}

static bool add_one(void)
{
	unsigned int slot = dice(SLOTS);
	struct message *m = &messages[slot];

	if (is_busy[slot])
		return true;
	cut(m, slot);
	m->number = n_added;
	memset(rig_buffer(&rig, slot * SLOT_LEN), 0xee, m->out_len + m->in_len);
	for (uint32_t i = 0; i < m->out_len; i++)
		*rig_buffer(&rig, slot * SLOT_LEN + i) = letter(m, i, false);
	if (!dr->add(m->pieces, m->n_out, m->n_in, slot))
		return false;
	is_busy[slot] = true;
	n_descs += m->n_out + m->n_in;
	n_added++;
	order_put(&added, slot);
	is_kick_due = true;
	return true;
}

static void add_some(uint32_t n)
{
	while (n-- && add_one())
		;
}

/* Exactly when the other side wants it, not only at least then. */
static void ask_kick(void)
{
	bool is_wanted = rig.v.has_event_idx ?
		plain_is_among(le16_get(vring_avail_event(rig.v.used, rig.v.n)), n_asked, n_added) :
		n_asked < n_added && !(le16_get(&rig.v.used->flags) & VRING_NO_NOTIFY);

	is_kick_due = false;
	n_asked = n_added;
	check(dr->wants_kick() == is_wanted);
	is_kick_on_its_way |= is_wanted;
}

static void check_back(const struct message *m, unsigned int slot)
{
	const uint8_t *bytes = rig_buffer(&rig, slot * SLOT_LEN + m->out_len);

	for (uint32_t i = 0; i < m->in_len; i++)
		check(bytes[i] == (i < m->written ? letter(m, i, true) : 0xee));
}

static bool take_one(void)
{
	uint32_t slot, len;

	if (!dr->take(&slot, &len))
		return false;
	check(slot == order_take(&returned, 0));
	check(len == messages[slot].written);
	check_back(&messages[slot], slot);
	is_busy[slot] = false;
	n_descs -= messages[slot].n_out + messages[slot].n_in;
	n_taken++;
	return true;
}

static void driver_wake(void)
{
	is_interrupt_on_its_way = false;
	is_driver_awake = true;
	dr->mute();
}

static void driver_work(uint32_t n)
{
	while (n-- && take_one())
		;
}

static void driver_sleep(void)
{
	if (take_one())
		return;
	if (!dice(4) && held.n)
		push_one();
	if (!dice(4))
		show();
	is_driver_awake = !dr->listen();
}

/* --- the device's steps --- */

static void check_arrived(const struct message *m, const struct vq_chain *chain)
{
	uint8_t bytes[SLOT_LEN];

	check(chain->n_out == m->n_out && chain->n_in == m->n_in);
	check(chain->out_len == m->out_len && chain->in_len == m->in_len);
	for (unsigned int i = 0; i < m->n_out + m->n_in; i++)
		check(chain->pieces[i].addr == m->pieces[i].iova &&
		      chain->pieces[i].len == m->pieces[i].len);
	check(vq_read(&rig.q, chain->pieces, m->n_out, bytes, sizeof(bytes)) == m->out_len);
	for (uint32_t i = 0; i < m->out_len; i++)
		check(bytes[i] == letter(m, i, false));
}

static bool pop_one(void)
{
	struct vq_chain chain;
	unsigned int slot;

	if (!de->pop(&chain))
		return false;
	slot = order_take(&added, 0);
	check_arrived(&messages[slot], &chain);
	messages[slot].head = chain.head;
	order_put(&held, slot);
	return true;
}

static void push_one(void)
{
	unsigned int slot = order_take(&held, dice(held.n));
	struct message *m = &messages[slot];
	uint8_t bytes[SLOT_LEN];

	m->written = dice(m->in_len + 1);
	for (uint32_t i = 0; i < m->written; i++)
		bytes[i] = letter(m, i, true);
	check(vq_write(&rig.q, (const struct vq_piece *)(const void *)(m->pieces + m->n_out),
		       m->n_in, bytes, m->written) == m->written);
	de->push(m->head, m->written);
	order_put(&returned, slot);
	n_pushed++;
	is_raise_due = true;
}

static void show(void)
{
	bool is_wanted = rig.v.has_event_idx ?
		plain_is_among(le16_get(vring_used_event(rig.v.avail, rig.v.n)), n_shown, n_pushed) :
		n_shown < n_pushed && !(le16_get(&rig.v.avail->flags) & VRING_NO_INTERRUPT);

	is_raise_due = false;
	n_shown = n_pushed;
	de->publish();
	check(de->wants_raise() == is_wanted);
	is_interrupt_on_its_way |= is_wanted;
}

static void device_wake(void)
{
	is_kick_on_its_way = false;
	is_device_awake = true;
	de->mute();
}

static void device_work(uint32_t n)
{
	while (n-- && pop_one())
		;
}

/* A device may sleep on what it has seen; this one takes all first. */
static void device_sleep(void)
{
	if (pop_one())
		return;
	if (!dice(4)) {
		add_some(1);
		ask_kick();
	}
	is_device_awake = !de->listen();
}

/* --- schedules --- */

static void step(void)
{
	switch (dice(12)) {
	case 0: case 1: add_some(1 + dice(8)); break;
	case 2: ask_kick(); break;
	case 3: if (is_driver_awake) driver_work(dice(10)); break;
	case 4: if (is_driver_awake) driver_sleep(); break;
	case 5: if (is_interrupt_on_its_way || !dice(10)) driver_wake(); break;
	case 6: if (is_device_awake) device_work(dice(10)); break;
	case 7: case 8: for (uint32_t n = dice(6); n && held.n; n--) push_one(); break;
	case 9: show(); break;
	case 10: if (is_device_awake) device_sleep(); break;
	default: if (is_kick_on_its_way || !dice(10)) device_wake();
	}
}

/* Nothing comes for nothing any more: whoever has work must have been told. */
static bool settle_once(void)
{
	bool is_moving = is_kick_due || is_raise_due || held.n;

	if (is_kick_due)
		ask_kick();
	while (held.n)
		push_one();
	if (is_raise_due)
		show();
	if (is_kick_on_its_way)
		device_wake();
	if (is_interrupt_on_its_way)
		driver_wake();
	is_moving |= is_device_awake || is_driver_awake;
	if (is_device_awake) {
		device_work(SLOTS);
		device_sleep();
	}
	if (is_driver_awake) {
		driver_work(SLOTS);
		driver_sleep();
	}
	return is_moving;
}

static void run(uint64_t features)
{
	static const unsigned int sizes[] = { 1, 2, 4, 8, 64 };
	unsigned int n = sizes[dice(ARRAY_SIZE(sizes))];
	bool has_event_idx = features & VIRTIO_F_EVENT_IDX;
	uint16_t begin = (uint16_t)(dice(3) ? 0xff00 + dice(256) : dice(65536));

	rig_init(&rig, n, features, begin);
	driver = (struct plain_driver){
		.rig = &rig, .has_event_idx = has_event_idx, .dice = dice,
		.added = 65536 + begin, .taken = 65536 + begin, .told = 65536 + begin,
	};
	device = (struct plain_device){
		.rig = &rig, .has_event_idx = has_event_idx,
		.popped = 65536 + begin, .used = 65536 + begin, .told = 65536 + begin,
	};
	added.n = held.n = returned.n = 0;
	n_added = n_asked = n_pushed = n_shown = n_taken = 65536 + begin;
	n_descs = 0;
	memset(is_busy, 0, sizeof(is_busy));
	is_kick_due = is_kick_on_its_way = is_raise_due = is_interrupt_on_its_way = false;
	is_driver_awake = is_device_awake = true;
	for (unsigned int i = 0; i < STEPS; i++)
		step();
	while (settle_once())
		;
	check(n_added > 65536u + begin && n_taken == n_added);
	check(!added.n && !held.n && !returned.n);
	rig_fini(&rig);
}

static void run_group(const struct driver_ops *driver_ops, const struct device_ops *device_ops,
		      int group)
{
	dr = driver_ops;
	de = device_ops;
	for (unsigned int i = 0; i < SEEDS; i++) {
		seed = (unsigned int)group * SEEDS + i;
		state = seed;
		dice(2);
		run(VIRTIO_F_INDIRECT_DESC | (seed % 2 ? VIRTIO_F_EVENT_IDX : 0));
	}
}

START_TEST(test_both_roles_understand_each_other)
{
	run_group(&real_driver, &real_device, _i);
}
END_TEST

START_TEST(test_driver_side_serves_a_plain_device)
{
	run_group(&real_driver, &plain_device, _i);
}
END_TEST

START_TEST(test_device_side_serves_a_plain_driver)
{
	run_group(&plain_driver, &real_device, _i);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("vring-property");
	TCase *c = tcase_create("random");

	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, test_both_roles_understand_each_other, 0, GROUPS);
	tcase_add_loop_test(c, test_driver_side_serves_a_plain_device, 0, GROUPS);
	tcase_add_loop_test(c, test_device_side_serves_a_plain_driver, 0, GROUPS);
	suite_add_tcase(s, c);
	return suite_run(s);
}
