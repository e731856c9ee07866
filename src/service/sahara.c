/*
 * The protocol decides, this carries it out: packets and bytes of images through
 * uplink slots, what the device says from downlink slots, files on both sides.
 *
 * done() only notes what came back; the pump sends on from the loop, because a
 * link may call done() from inside submit.
 */
#include "service/sahara.h"
#include "device/crashes.h"
#include "device/driver.h"
#include "device/firmware.h"
#include "device/profile.h"
#include "io/log.h"
#include "mhifs/mhifs.h"
#include "service/sahara_protocol.h"
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { RETRY_US = 1000000, TOLD_PARTS = 16, MOST_IDENTITY = 64 };

enum door { DOOR_CLOSED, DOOR_OPENING, DOOR_OPEN, DOOR_CLOSING };

struct sahara_driver {
	struct driver driver;
	struct driver_ops ops;	/* with the channel */
	struct loop *loop;	/* borrowed */
	const struct profile *profile;	/* borrowed from the device */
	const char *channel;	/* borrowed from the profile */
	char *dir;	/* owned */
	struct sahara_limits limits;
	struct sahara sahara;
	struct crashes *crashes;	/* borrowed from the device */
	struct crash_writer part;	/* of its memory, being saved */
	unsigned int crash;		/* number of this dump */
	struct log_limit logged;
	struct timer clock, retry;
	struct defer pump;

	struct link *link;	/* borrowed; NULL before it was offered */
	unsigned int chan;
	enum door door;
	bool is_offered, is_ending;
	bool has_finished;	/* it has all its images */
	uint32_t *ul_lens;	/* what each uplink slot holds; owned */
	bool *ul_is_raw;	/* bytes of an image; owned */
	uint32_t ul_next, ul_busy;	/* slots, in order */

	struct firmware image;
	const struct profile_image *named;	/* the last that was asked for */
	uint64_t raw_at, raw_left;	/* bytes of it still to be sent */
	uint64_t raw_sent;		/* gone, the protocol does not know */
	uint64_t told;			/* bytes, in the last event */
};

/* Client commands that tell which device it is, and what their answers are. */
static const uint32_t identity[] = { 0x01, 0x02, 0x03 };
static const char *const questions[ARRAY_SIZE(identity)] = { "serial", "hardware", "key_hash" };

static struct sahara_driver *to_sahara(struct driver *dr)
{
	return container_of(dr, struct sahara_driver, driver);
}

static uint64_t now_us(const struct sahara_driver *d)
{
	return loop_timers(d->loop)->now_us;
}

static void tell(struct sahara_driver *d, const char *state, uint64_t bytes, const char *why)
{
	d->told = bytes;
	driver_tell(&d->driver, MHIFS_EVENT_FIRMWARE,
		    json_pack("{s:s, s:s, s:s, s:I, s:I, s:s, s:s}",
			      "ee", device_ee(d->driver.device),
			      "channel", d->channel, "image", d->named ? d->named->file : "",
			      "bytes", (json_int_t)bytes,
			      "total", (json_int_t)(d->image.fd < 0 ? 0 : d->image.len),
			      "state", state, "why", why));
}

/* So many events an image, however it is read. */
static void tell_progress(struct sahara_driver *d, uint64_t bytes)
{
	if (d->image.fd >= 0 && bytes > d->told && bytes - d->told >= d->image.len / TOLD_PARTS)
		tell(d, MHIFS_FIRMWARE_LOADING, bytes, "");
}

/* What the protocol calls. */

static uint8_t *next_slot(struct sahara_driver *d)
{
	return link_slot(d->link, d->chan, LINK_UL, d->ul_next);
}

static uint32_t free_slots(const struct sahara_driver *d)
{
	return d->link->chans[d->chan].slots[LINK_UL].n - d->ul_busy;
}

/* What is behind the bytes was sent before: it stays with us. */
static int submit_slot(struct sahara_driver *d, uint32_t len, bool is_raw)
{
	uint32_t slot = d->ul_next;
	int r;

	if (d->ul_lens[slot] > len)
		memset(next_slot(d) + len, 0, d->ul_lens[slot] - len);
	d->ul_lens[slot] = len;
	d->ul_is_raw[slot] = is_raw;
	d->ul_next = (slot + 1) % d->link->chans[d->chan].slots[LINK_UL].n;
	d->ul_busy++;
	r = d->link->ops->submit(d->link, d->chan, LINK_UL, slot, len);
	if (r && d->ul_busy) {
		d->ul_busy--;
		d->ul_next = slot;
	}
	return r == LINK_FULL ? -EAGAIN : r;
}

static void close_door(struct sahara_driver *d)
{
	if (d->door != DOOR_OPEN)
		return;
	d->door = DOOR_CLOSING;
	d->link->ops->close(d->link, d->chan);
}

/* The last free slot is for packets: the device can be told to start over while
 * bytes are on their way. */
static void on_send(void *user, const void *packet, uint32_t len)
{
	struct sahara_driver *d = user;

	d->raw_left = 0;
	if (d->door != DOOR_OPEN)
		return;
	if (!free_slots(d)) {
		log_error(device_name(d->driver.device), "%s: the device takes nothing any more",
			  d->channel);
		close_door(d);
		return;
	}
	memcpy(next_slot(d), packet, len);
	if (submit_slot(d, len, false))
		close_door(d);
}

static const struct profile_image *find_image(const struct profile *p, uint64_t id)
{
	for (unsigned int i = 0; i < p->n_sahara_images; i++)
		if (p->sahara_images[i].id == id)
			return &p->sahara_images[i];
	return NULL;
}

static int on_image_find(void *user, uint64_t id, uint64_t *ret_size, const char **ret_name)
{
	struct sahara_driver *d = user;
	struct text why = TEXT_INIT;
	int r;

	firmware_close(&d->image);
	d->named = find_image(d->profile, id);
	if (!d->named)
		return -ENOENT;
	*ret_name = d->named->file;
	r = firmware_open(&d->image, d->dir, d->named->file, &why);
	text_fini(&why);
	if (r)
		return r;
	*ret_size = d->image.len;
	d->told = 0;
	tell(d, MHIFS_FIRMWARE_READING, 0, "");
	return 0;
}

static void want_pump(struct sahara_driver *d)
{
	loop_defer(d->loop, &d->pump);
}

static void on_image_send(void *user, uint64_t id, uint64_t offset, uint64_t len)
{
	struct sahara_driver *d = user;

	(void)id;
	d->raw_at = offset;
	d->raw_left = len;
	d->raw_sent = 0;
	want_pump(d);
}

static void on_image_done(void *user, uint64_t id)
{
	struct sahara_driver *d = user;

	log_info(device_name(d->driver.device), "%s: image %llu (%s) is loaded", d->channel,
		 (unsigned long long)id, d->named->file);
	driver_blame(&d->driver, "");
	tell(d, MHIFS_FIRMWARE_LOADED, d->image.len, "");
	firmware_close(&d->image);
}

static int on_dump_begin(void *user, const struct sahara_region *region)
{
	struct sahara_driver *d = user;
	char name[SAHARA_NAME_LEN + 16];

	if (!d->sahara.memory.taken)
		d->crash = 0;
	snprintf(name, sizeof(name), "%02u-%s", region->index,
		 *region->name ? region->name : "memory");
	return crash_part_begin(&d->part, d->crashes, &d->crash, name, region->len);
}

static int on_dump_data(void *user, const uint8_t *data, uint32_t len)
{
	struct sahara_driver *d = user;

	return crash_part_add(&d->part, data, len);
}

static void on_dump_end(void *user, int status)
{
	struct sahara_driver *d = user;
	struct crash_file *file = d->part.file;

	crash_write_end(&d->part, !status);
	driver_tell(&d->driver, MHIFS_EVENT_DUMP,
		    json_pack("{s:s, s:I, s:s, s:s}", "file", file->name,
			      "bytes", (json_int_t)file->node.size,
			      "state", status ? MHIFS_DUMP_PARTIAL : MHIFS_DUMP_SAVED,
			      "why", status ? strerror(-status) : ""));
}

static void on_executed(void *user, uint32_t command, const uint8_t *data, uint32_t len)
{
	struct sahara_driver *d = user;
	struct text value = TEXT_INIT;
	const char *what = "";

	for (size_t i = 0; i < ARRAY_SIZE(questions); i++)
		if (identity[i] == command)
			what = questions[i];
	for (uint32_t i = 0; i < len && i < MOST_IDENTITY; i++)
		text_printf(&value, "%02x", data[i]);
	log_info(device_name(d->driver.device), "%s: %s %s", d->channel, what, text_get(&value));
	driver_tell(&d->driver, MHIFS_EVENT_IDENTITY,
		    json_pack("{s:s, s:s, s:s}", "channel", d->channel, "what", what,
			      "value", text_get(&value)));
	text_fini(&value);
}

static void on_finished(void *user, enum sahara_mode mode)
{
	struct sahara_driver *d = user;

	d->has_finished = mode == SAHARA_MODE_COMPLETE;
	if (mode == SAHARA_MODE_MEMORY)
		log_info(device_name(d->driver.device), "%s: the device's memory is saved as "
			 "%s/crash-%u-*", d->channel, d->crashes->path, d->crash);
}

static void on_failed(void *user, int status, const char *why)
{
	struct sahara_driver *d = user;
	unsigned int swallowed;

	(void)status;
	if (log_limit_pass(&d->logged, now_us(d), &swallowed))
		log_warn(device_name(d->driver.device), "%s: %s%s", d->channel, why,
			 sahara_is_over(&d->sahara) ? "; it is served no longer" : "");
	driver_blame(&d->driver, why);
	tell(d, MHIFS_FIRMWARE_FAILED, 0, why);
	firmware_close(&d->image);
	d->raw_left = d->raw_sent = 0;
}

static const struct sahara_ops protocol_ops = {
	.send = on_send,
	.image_find = on_image_find,
	.image_send = on_image_send,
	.image_done = on_image_done,
	.dump_begin = on_dump_begin,
	.dump_data = on_dump_data,
	.dump_end = on_dump_end,
	.executed = on_executed,
	.finished = on_finished,
	.failed = on_failed,
};

/* Bytes of images. */

/* An image that became another while it was read is none. */
static int read_image(struct sahara_driver *d, uint8_t *to, uint32_t len)
{
	ssize_t n = pread(d->image.fd, to, len, (off_t)d->raw_at);
	struct stat st;

	if (n < 0)
		return -errno;
	if ((uint32_t)n != len || fstat(d->image.fd, &st) < 0 ||
	    st.st_size != d->image.as_opened.st_size ||
	    st.st_mtim.tv_sec != d->image.as_opened.st_mtim.tv_sec ||
	    st.st_mtim.tv_nsec != d->image.as_opened.st_mtim.tv_nsec)
		return -ESTALE;
	return 0;
}

/* -EAGAIN: the device has to take something first. */
static int send_piece(struct sahara_driver *d)
{
	uint32_t size = d->link->chans[d->chan].slots[LINK_UL].size;
	uint32_t n = d->raw_left < size ? (uint32_t)d->raw_left : size;
	int r;

	if (d->ul_busy && free_slots(d) < 2)
		return -EAGAIN;
	r = read_image(d, next_slot(d), n);
	if (r) {
		memset(next_slot(d), 0, size);
		return r;
	}
	r = submit_slot(d, n, true);
	if (r)
		return r;
	d->raw_at += n;
	d->raw_left -= n;
	return 0;
}

static void watch_time(struct sahara_driver *d)
{
	uint64_t next = sahara_tick(&d->sahara, now_us(d));

	timer_stop(&d->clock);
	if (next != TIME_NEVER)
		timer_start(loop_timers(d->loop), &d->clock, next - now_us(d));
}

/* What it loaded may want to speak on the same channel. */
static bool is_to_yield(const struct sahara_driver *d)
{
	return driver_may_yield(&d->driver) && (d->has_finished || sahara_is_over(&d->sahara));
}

static void look_if_over(struct sahara_driver *d)
{
	if (sahara_is_over(&d->sahara) || is_to_yield(d))
		close_door(d);
}

static void on_clock(void *user)
{
	struct sahara_driver *d = user;

	watch_time(d);
	look_if_over(d);
}

static void run_pump(void *user)
{
	struct sahara_driver *d = user;
	uint64_t sent = d->raw_sent;
	int r = 0;

	d->raw_sent = 0;
	if (sent) {
		sahara_sent(&d->sahara, now_us(d), sent);
		tell_progress(d, d->sahara.image.offset);
	}
	while (d->raw_left && d->door == DOOR_OPEN && !r)
		r = send_piece(d);
	if (r && r != -EAGAIN)
		sahara_cannot_send(&d->sahara, now_us(d), r);
	watch_time(d);
	look_if_over(d);
}

/* The channel. */

static void lend_slot(struct sahara_driver *d, unsigned int slot)
{
	if (d->door == DOOR_OPEN &&
	    d->link->ops->submit(d->link, d->chan, LINK_DL, slot, 0) < 0)
		close_door(d);
}

static void on_opened(void *user, int status)
{
	struct sahara_driver *d = user;
	const struct link_slots *dl = &d->link->chans[d->chan].slots[LINK_DL];

	if (status) {
		d->door = DOOR_CLOSED;
		if (d->is_ending)
			driver_put(&d->driver);
		else
			timer_start(loop_timers(d->loop), &d->retry, RETRY_US);
		return;
	}
	d->door = DOOR_OPEN;
	d->has_finished = false;
	driver_blame(&d->driver, "");
	sahara_begin(&d->sahara, now_us(d));
	watch_time(d);
	for (unsigned int i = 0; i < dl->n; i++)
		lend_slot(d, i);
}

static void on_taken(struct sahara_driver *d, unsigned int slot, int status)
{
	d->ul_busy--;
	if (status) {
		if (d->door == DOOR_OPEN)
			close_door(d);
		return;
	}
	if (d->ul_is_raw[slot])
		d->raw_sent += d->ul_lens[slot];
	want_pump(d);
}

static void on_heard(struct sahara_driver *d, unsigned int slot, int status, uint32_t len)
{
	uint8_t *bytes = link_slot(d->link, d->chan, LINK_DL, slot);

	if (status < 0) {
		close_door(d);
		return;
	}
	if (d->door == DOOR_OPEN) {
		/* What went out before it was heard counts first. */
		if (d->raw_sent)
			run_pump(d);
		sahara_hear(&d->sahara, now_us(d), bytes, len, status != LINK_MORE);
		watch_time(d);
		look_if_over(d);
	}
	memset(bytes, 0, len);
	lend_slot(d, slot);
}

static void on_done(void *user, enum link_dir dir, unsigned int slot, int status, uint32_t len)
{
	struct sahara_driver *d = user;

	if (dir == LINK_UL)
		on_taken(d, slot, status);
	else
		on_heard(d, slot, status, len);
}

/* The loader went on, or the device is gone: what it did not take is no loss. */
static void on_closed(void *user, int why)
{
	struct sahara_driver *d = user;
	bool yields = is_to_yield(d);

	d->door = DOOR_CLOSED;
	d->raw_left = d->raw_sent = 0;
	d->ul_busy = d->ul_next = 0;
	timer_stop(&d->clock);
	defer_cancel(&d->pump);
	sahara_end(&d->sahara, why ? why : -ECANCELED);
	firmware_close(&d->image);
	if (yields && d->is_offered && !d->is_ending)
		driver_yield(&d->driver);
	if (d->is_ending)
		driver_put(&d->driver);
}

static const struct link_user_ops link_user_ops = {
	.opened = on_opened,
	.done = on_done,
	.closed = on_closed,
};

static void open_door(struct sahara_driver *d)
{
	timer_stop(&d->retry);
	if (!d->is_offered || d->is_ending || d->door != DOOR_CLOSED)
		return;
	if (!d->link->ops->open(d->link, d->chan, &link_user_ops, d))
		d->door = DOOR_OPENING;
	else
		timer_start(loop_timers(d->loop), &d->retry, RETRY_US);
}

static void on_retry(void *user)
{
	open_door(user);
}

/* False: the channel is none that can carry it. */
static bool take_channel(struct sahara_driver *d, struct link *l, unsigned int chan)
{
	const struct link_slots *ul = &l->chans[chan].slots[LINK_UL];
	const struct link_slots *dl = &l->chans[chan].slots[LINK_DL];

	if (d->link)
		return true;
	if (!dl->n || ul->n < 2 || ul->size < SAHARA_PACKET_MAX || !dl->size)
		return false;
	d->ul_lens = calloc(ul->n, sizeof(*d->ul_lens));
	d->ul_is_raw = calloc(ul->n, sizeof(*d->ul_is_raw));
	if (!d->ul_lens || !d->ul_is_raw)
		return false;
	d->link = l;
	d->chan = chan;
	d->limits.piece = min_u32(d->limits.piece, dl->size);
	return true;
}

/* What the device calls. */

static void sahara_offered(struct driver *dr, struct link *l, unsigned int chan, bool is_offered)
{
	struct sahara_driver *d = to_sahara(dr);

	d->is_offered = is_offered;
	if (take_channel(d, l, chan))
		open_door(d);
	else
		log_error(device_name(dr->device), "the channel %s cannot carry Sahara",
			  d->channel);
}

static void sahara_stop(struct driver *dr)
{
	struct sahara_driver *d = to_sahara(dr);

	d->is_ending = true;
	timer_stop(&d->retry);
	if (d->door == DOOR_CLOSED)
		driver_put(dr);
	else if (d->door == DOOR_OPENING)
		d->link->ops->close(d->link, d->chan);
	else
		close_door(d);
}

static void sahara_close(struct driver *dr)
{
	struct sahara_driver *d = to_sahara(dr);

	d->is_ending = true;
	timer_stop(&d->retry);
	timer_stop(&d->clock);
	defer_cancel(&d->pump);
	driver_put(dr);
}

static void sahara_free(struct driver *dr)
{
	struct sahara_driver *d = to_sahara(dr);

	crash_write_end(&d->part, false);
	firmware_close(&d->image);
	free(d->ul_lens);
	free(d->ul_is_raw);
	free(d->dir);
	free(d);
}

static const char *const types[] = {
	MHIFS_EVENT_FIRMWARE, MHIFS_EVENT_DUMP, MHIFS_EVENT_IDENTITY, NULL,
};

static const struct driver_ops driver_ops = {
	.events = { .name = "sahara", .types = types },
	.offered = sahara_offered,
	.stop = sahara_stop,
	.close = sahara_close,
	.free = sahara_free,
};

int sahara_start(struct device *device, struct loop *l, const char *dir, const char *dumps,
		 struct text *ret_why)
{
	const struct profile *p = device_profile(device);
	struct sahara_driver *d;
	int r;

	if (!p || !p->n_sahara_images || !profile_sahara_chan(p))
		return 0;
	d = calloc(1, sizeof(*d));
	if (!d)
		return -ENOMEM;
	d->loop = l;
	d->profile = p;
	d->channel = profile_sahara_chan(p)->name;
	d->image.fd = -1;
	d->limits = sahara_limits_default;
	sahara_init(&d->sahara, &d->limits, &protocol_ops, d);
	if (p->sahara_identify)
		sahara_ask(&d->sahara, identity, ARRAY_SIZE(identity));
	timer_init(&d->clock, on_clock, d);
	timer_init(&d->retry, on_retry, d);
	defer_init(&d->pump, run_pump, d);
	d->dir = strdup(dir);
	d->crashes = crashes_of(device, dumps);
	r = d->dir && d->crashes ? 0 : -ENOMEM;
	d->ops = driver_ops;
	d->ops.channel = d->channel;
	if (!r)
		r = device_add_driver(device, &d->driver, &d->ops);
	if (!r)
		return 0;
	text_printf(ret_why, "channel %s cannot be served: %s", d->channel, strerror(-r));
	sahara_free(&d->driver);
	return r;
}
