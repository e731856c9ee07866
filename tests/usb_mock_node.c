/*
 * usbfs, as far as libusb asks for it.  The node is a FIFO that holds one page:
 * full, it cannot be written to, and a poll for POLLOUT waits, as it does on
 * usbfs while nothing is to be reaped.
 *
 * umockdev calls from a thread of its own; mock_lock is held then.
 */
#include "usb_mock.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

struct mock_urb {
	struct gadget_urb urb;
	struct node *node;
	UMockdevIoctlClient *client;
	UMockdevIoctlData *request;	/* struct usbdevfs_urb */
	UMockdevIoctlData *buffer;	/* NULL: of length 0 */
	uint8_t *bytes;
};

static void empty_fifo(struct node *n)
{
	char page[4096];

	while (read(n->fifo, page, sizeof(page)) > 0)
		;
}

static void show_ready(struct node *n, bool is_ready)
{
	empty_fifo(n);
	if (!is_ready && write(n->fifo, "", 1) != 1)
		g_error("usb_mock: %m");
}

struct node *node_of(struct gadget_urb *urb)
{
	return ((struct mock_urb *)urb)->node;
}

void node_urb_done(struct node *n, struct gadget_urb *urb)
{
	g_queue_remove(&n->flying, urb);
	g_queue_push_tail(&n->done, urb);
	show_ready(n, true);
}

static void urb_free(struct mock_urb *u)
{
	g_object_unref(u->request);
	if (u->buffer)
		g_object_unref(u->buffer);
	g_free(u->bytes);
	g_free(u);
}

/* The end points of an interface, from the true descriptors. */
static bool has_endpoint(struct node *n, unsigned int interface, uint8_t address)
{
	unsigned int current = UINT8_MAX;
	uint32_t len;
	const uint8_t *d = gadget_configuration(n->port->gadget, &len);

	for (const uint8_t *end = d + len; d < end; d += d[0]) {
		if (d[1] == 4)
			current = d[2];
		if (d[1] == 5 && d[2] == address)
			return current == interface;
	}
	return false;
}

void node_kill(struct node *n, unsigned int interface, int status)
{
	GList *urbs = g_list_copy(n->flying.head);

	for (GList *l = urbs; l; l = l->next) {
		struct mock_urb *u = l->data;

		if (!has_endpoint(n, interface, u->urb.address))
			continue;
		if (!gadget_cancel(n->port->gadget, &u->urb))
			u->urb.status = status;
	}
	g_list_free(urbs);
}

void node_steal(struct node *n, unsigned int interface, const char *driver)
{
	node_kill(n, interface, -ENOENT);
	n->holders[interface].client = NULL;
	tree_set_driver(n, interface, driver);
}

static void let_go(struct node *n, unsigned int interface)
{
	if (!n->is_gone)
		node_kill(n, interface, -ESHUTDOWN);
	n->holders[interface].client = NULL;
	tree_set_driver(n, interface, "");
}

static void drop_client_urbs(GQueue *queue, UMockdevIoctlClient *client)
{
	for (GList *l = queue->head, *next; l; l = next) {
		struct mock_urb *u = l->data;

		next = l->next;
		if (u->client != client)
			continue;
		g_queue_delete_link(queue, l);
		urb_free(u);
	}
}

/* umockdev forgets a client once its file is closed. */
static void on_closed(gpointer node, GObject *client)
{
	struct node *n = node;

	g_mutex_lock(&mock_lock);
	/* What a fault keeps comes home with its file. */
	if (!n->is_gone)
		gadget_give_back(n->port->gadget, -ENOENT);
	for (unsigned int i = 0; i < INTERFACES; i++)
		if (n->holders[i].client == (gpointer)client)
			let_go(n, i);
	drop_client_urbs(&n->done, (gpointer)client);
	n->n_clients--;
	mock_turn();
	g_mutex_unlock(&mock_lock);
}

static void on_connected(UMockdevIoctlBase *base, UMockdevIoctlClient *client, gpointer node)
{
	struct node *n = node;

	(void)base;
	g_object_weak_ref(G_OBJECT(client), on_closed, n);
	g_mutex_lock(&mock_lock);
	n->n_clients++;
	n->read = 0;
	g_mutex_unlock(&mock_lock);
}

/* The descriptors; a short read begins again. */
static gboolean on_read(UMockdevIoctlBase *base, UMockdevIoctlClient *client, gpointer node)
{
	UMockdevIoctlData *arg = umockdev_ioctl_client_get_arg(client);
	struct node *n = node;
	GByteArray *bytes;
	guint len;

	(void)base;
	g_mutex_lock(&mock_lock);
	bytes = tree_descriptors(n);
	len = MIN((guint)arg->data_len, bytes->len - n->read);
	memcpy(arg->data, bytes->data + n->read, len);
	n->read = len == (guint)arg->data_len ? n->read + len : 0;
	g_byte_array_unref(bytes);
	g_mutex_unlock(&mock_lock);
	umockdev_ioctl_client_complete(client, len, 0);
	return TRUE;
}

struct call {
	struct node *node;
	struct gadget *gadget;
	UMockdevIoctlClient *client;
	UMockdevIoctlData *arg;
};

/* Zeroes when whoever asked was killed in the middle of it. */
static void *resolve(const struct call *c, size_t len)
{
	static uint64_t zeroes[64];
	UMockdevIoctlData *d = umockdev_ioctl_data_resolve(c->arg, 0, len, NULL);

	g_assert(len <= sizeof(zeroes));
	return d ? (void *)d->data : memset(zeroes, 0, sizeof(zeroes));
}

static int put_back(const struct call *c, void *bytes, size_t len)
{
	UMockdevIoctlData *d = umockdev_ioctl_data_resolve(c->arg, 0, len, NULL);

	if (d)
		umockdev_ioctl_data_update(d, 0, bytes, len);
	return 0;
}

static int get_capabilities(const struct call *c)
{
	guint32 caps = USBDEVFS_CAP_ZERO_PACKET | USBDEVFS_CAP_REAP_AFTER_DISCONNECT;

	if (!c->node->port->is_old)
		caps |= USBDEVFS_CAP_NO_PACKET_SIZE_LIM;
	return put_back(c, &caps, sizeof(caps));
}

static int get_connectinfo(const struct call *c)
{
	struct usbdevfs_connectinfo info = { .devnum = c->node->devnum };

	c->node->read = 0;
	return put_back(c, &info, sizeof(info));
}

static int get_driver(const struct call *c)
{
	struct usbdevfs_getdriver *asked = resolve(c, sizeof(*asked)), d;
	const struct holder *h;

	if (asked->interface >= INTERFACES)
		return -EINVAL;
	h = &c->node->holders[asked->interface];
	if (h->is_stranger || h->client)
		g_strlcpy(d.driver, "usbfs", sizeof(d.driver));
	else if (*h->driver)
		g_strlcpy(d.driver, h->driver, sizeof(d.driver));
	else
		return -ENODATA;
	d.interface = asked->interface;
	return put_back(c, &d, sizeof(d));
}

static int claim(const struct call *c, unsigned int interface, bool takes_away)
{
	struct holder *h;

	if (interface >= gadget_n_interfaces(c->gadget))
		return -ENOENT;
	h = &c->node->holders[interface];
	if (h->client == c->client)
		return 0;
	if (h->client || h->is_stranger || (*h->driver && !takes_away))
		return -EBUSY;
	h->client = c->client;
	tree_set_driver(c->node, interface, "usbfs");
	return 0;
}

static int claim_interface(const struct call *c)
{
	return claim(c, *(unsigned int *)resolve(c, sizeof(int)), false);
}

static int disconnect_claim(const struct call *c)
{
	const struct usbdevfs_disconnect_claim *d = resolve(c, sizeof(*d));

	return claim(c, d->interface, true);
}

static int release_interface(const struct call *c)
{
	unsigned int interface = *(unsigned int *)resolve(c, sizeof(int));

	if (interface >= INTERFACES || c->node->holders[interface].client != c->client)
		return -EINVAL;
	let_go(c->node, interface);
	return 0;
}

static int driver_ioctl(const struct call *c)
{
	const struct usbdevfs_ioctl *d = resolve(c, sizeof(*d));
	struct holder *h;

	if ((unsigned int)d->ifno >= gadget_n_interfaces(c->gadget))
		return -EINVAL;
	h = &c->node->holders[d->ifno];
	if (h->client || h->is_stranger)
		return -EBUSY;
	if (d->ioctl_code == (int)USBDEVFS_CONNECT && !*h->driver)
		tree_set_driver(c->node, (unsigned int)d->ifno,
				tree_native_driver(c->node, (unsigned int)d->ifno));
	else if (d->ioctl_code == (int)USBDEVFS_DISCONNECT && *h->driver)
		tree_set_driver(c->node, (unsigned int)d->ifno, "");
	else
		return -ENODATA;
	return 0;
}

/* A request to the gadget that ends at once; what it says is in @data. */
static int request_now(struct gadget *g, const uint8_t *setup, uint8_t *data)
{
	struct mock_urb u = { .urb = { .data = data, .len = get_le16(setup + 6) } };
	int r;

	memcpy(u.urb.setup, setup, sizeof(u.urb.setup));
	r = gadget_submit(g, &u.urb);
	if (r < 0)
		return r;
	if (!list_is_empty(&u.urb.node)) {
		list_remove(&u.urb.node);
		return -ETIMEDOUT;
	}
	return u.urb.status ? u.urb.status : (int)u.urb.actual;
}

static int control(const struct call *c)
{
	UMockdevIoctlData *arg = umockdev_ioctl_data_resolve(
		c->arg, 0, sizeof(struct usbdevfs_ctrltransfer), NULL), *d = NULL;
	const struct usbdevfs_ctrltransfer *t;
	uint8_t setup[8], none[1], *bytes = none;
	int r;

	if (!arg)
		return -EFAULT;
	t = (const void *)arg->data;
	setup[0] = t->bRequestType;
	setup[1] = t->bRequest;
	put_le16(setup + 2, t->wValue);
	put_le16(setup + 4, t->wIndex);
	put_le16(setup + 6, t->wLength);
	if (t->wLength) {
		d = umockdev_ioctl_data_resolve(arg, offsetof(struct usbdevfs_ctrltransfer, data),
						t->wLength, NULL);
		if (!d)
			return -EFAULT;
		bytes = g_memdup2(d->data, t->wLength);
	}
	r = request_now(c->gadget, setup, bytes);
	if (d && r > 0 && setup[0] & 0x80)
		umockdev_ioctl_data_update(d, 0, bytes, (size_t)r);
	if (d)
		g_free(bytes);
	return r;
}

static int clear_halt(const struct call *c)
{
	uint8_t setup[8] = { 0x02, 0x01 }, none[1];

	setup[4] = (uint8_t)*(unsigned int *)resolve(c, sizeof(int));
	return request_now(c->gadget, setup, none);
}

static int set_interface(const struct call *c)
{
	const struct usbdevfs_setinterface *s = resolve(c, sizeof(*s));
	uint8_t setup[8] = { 0x01, 0x0b }, none[1];

	setup[2] = (uint8_t)s->altsetting;
	setup[4] = (uint8_t)s->interface;
	node_kill(c->node, s->interface, -ENOENT);
	return request_now(c->gadget, setup, none);
}

static int reset(const struct call *c)
{
	gadget_give_back(c->gadget, -ESHUTDOWN);
	gadget_reset(c->gadget);
	return 0;
}

/* NULL: whoever asked was killed in the middle of it. */
static struct mock_urb *urb_new(const struct call *c)
{
	UMockdevIoctlData *d = umockdev_ioctl_data_resolve(c->arg, 0, sizeof(struct usbdevfs_urb),
							   NULL);
	struct usbdevfs_urb *asked;
	struct mock_urb *u;
	uint32_t len;

	if (!d)
		return NULL;
	asked = (struct usbdevfs_urb *)d->data;
	len = (uint32_t)asked->buffer_length;
	u = g_new0(struct mock_urb, 1);
	u->node = c->node;
	u->client = c->client;
	u->request = g_object_ref(d);
	/* Resolved only when it has a length: NULL comes back otherwise. */
	if (len)
		u->buffer = umockdev_ioctl_data_resolve(d, offsetof(struct usbdevfs_urb, buffer),
							len, NULL);
	if (len && !u->buffer) {
		g_object_unref(u->request);
		g_free(u);
		return NULL;
	}
	u->bytes = len ? g_memdup2(u->buffer->data, len) : NULL;
	u->urb.data = u->bytes;
	u->urb.len = len;
	u->urb.wants_zlp = asked->flags & USBDEVFS_URB_ZERO_PACKET;
	if (asked->type == USBDEVFS_URB_TYPE_CONTROL) {
		memcpy(u->urb.setup, u->bytes, 8);
		u->urb.data += 8;
		u->urb.len -= 8;
	} else {
		u->urb.address = asked->endpoint;
	}
	return u;
}

/* Only its own interfaces: the kernel looks. */
static bool may_use(const struct call *c, uint8_t address)
{
	for (unsigned int i = 0; i < gadget_n_interfaces(c->gadget); i++)
		if (has_endpoint(c->node, i, address))
			return c->node->holders[i].client == c->client;
	return false;
}

static int submit(const struct call *c)
{
	struct mock_urb *u = urb_new(c);
	int r = 0;

	if (!u)
		return -EFAULT;
	if (u->urb.address && !may_use(c, u->urb.address))
		r = -EINVAL;
	g_queue_push_tail(&c->node->flying, u);
	if (!r)
		r = gadget_submit(c->gadget, &u->urb);
	if (r < 0) {
		g_queue_remove(&c->node->flying, u);
		urb_free(u);
	}
	return r;
}

static int discard(const struct call *c)
{
	for (GList *l = c->node->flying.head; l; l = l->next) {
		struct mock_urb *u = l->data;

		if (u->request->client_addr == *(gulong *)c->arg->data)
			return gadget_cancel(c->gadget, &u->urb);
	}
	return -EINVAL;
}

static void put_int(struct mock_urb *u, size_t offset, int value)
{
	umockdev_ioctl_data_update(u->request, offset, (guint8 *)&value, sizeof(value));
}

static int reap(const struct call *c)
{
	struct mock_urb *u = g_queue_pop_head(&c->node->done);
	size_t lead;
	UMockdevIoctlData *d;

	if (!u && c->node->is_gone)
		return -ENODEV;
	if (g_queue_is_empty(&c->node->done))
		show_ready(c->node, c->node->is_gone);
	if (!u)
		return -EAGAIN;
	lead = u->urb.address ? 0 : 8;
	if (u->urb.actual && (u->urb.address ? u->urb.address : u->urb.setup[0]) & 0x80)
		umockdev_ioctl_data_update(u->buffer, lead, u->urb.data, u->urb.actual);
	put_int(u, offsetof(struct usbdevfs_urb, status), u->urb.status);
	put_int(u, offsetof(struct usbdevfs_urb, actual_length), (int)u->urb.actual);
	d = umockdev_ioctl_data_resolve(c->arg, 0, sizeof(void *), NULL);
	if (d)
		umockdev_ioctl_data_set_ptr(d, 0, u->request);
	urb_free(u);
	return 0;
}

static int get_speed(const struct call *c)
{
	return gadget_packet(c->gadget) == 1024 ? 5 : 3;
}

static int do_nothing(const struct call *c)
{
	(void)c;
	return 0;
}

static const struct { unsigned long request; int (*obey)(const struct call *c); } calls[] = {
	{ USBDEVFS_GET_CAPABILITIES, get_capabilities },
	{ USBDEVFS_CONNECTINFO, get_connectinfo },
	{ USBDEVFS_GET_SPEED, get_speed },
	{ USBDEVFS_GETDRIVER, get_driver },
	{ USBDEVFS_CLAIMINTERFACE, claim_interface },
	{ USBDEVFS_DISCONNECT_CLAIM, disconnect_claim },
	{ USBDEVFS_RELEASEINTERFACE, release_interface },
	{ USBDEVFS_IOCTL, driver_ioctl },
	{ USBDEVFS_CONTROL, control },
	{ USBDEVFS_CLEAR_HALT, clear_halt },
	{ USBDEVFS_SETINTERFACE, set_interface },
	{ USBDEVFS_SETCONFIGURATION, do_nothing },
	{ USBDEVFS_RESET, reset },
	{ USBDEVFS_SUBMITURB, submit },
	{ USBDEVFS_DISCARDURB, discard },
	{ USBDEVFS_REAPURB, reap },
	{ USBDEVFS_REAPURBNDELAY, reap },
};

static bool is_reap(gulong request)
{
	return request == USBDEVFS_REAPURB || request == USBDEVFS_REAPURBNDELAY;
}

static int obey(const struct call *c, gulong request)
{
	if (request == c->node->port->leave_at) {
		c->node->port->leave_at = 0;
		gadget_unplug(c->gadget);
	}
	if (c->node->is_gone && !is_reap(request))
		return -ENODEV;
	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++)
		if (calls[i].request == request)
			return calls[i].obey(c);
	return -ENOTTY;
}

static gboolean on_ioctl(UMockdevIoctlBase *base, UMockdevIoctlClient *client, gpointer node)
{
	struct node *n = node;
	struct call c = { n, n->port->gadget, client, umockdev_ioctl_client_get_arg(client) };
	int r;

	(void)base;
	g_mutex_lock(&mock_lock);
	r = obey(&c, umockdev_ioctl_client_get_request(client));
	mock_turn();
	g_mutex_unlock(&mock_lock);
	umockdev_ioctl_client_complete(client, r < 0 ? -1 : r, r < 0 ? -r : 0);
	return TRUE;
}

static GSList *nodes;	/* all that ever were */

struct node *node_new(struct port *p, unsigned int devnum)
{
	struct node *n = g_new0(struct node, 1);

	nodes = g_slist_prepend(nodes, n);
	n->port = p;
	n->devnum = devnum;
	n->fifo = -1;
	snprintf(n->path, sizeof(n->path), "/dev/bus/usb/001/%03u", devnum);
	snprintf(n->syspath, sizeof(n->syspath), "/sys/devices/pci0000:00/0000:00:01.0/usb1/%s",
		 p->name);
	return n;
}

static void make_fifo(struct node *n)
{
	char *path = g_build_filename(umockdev_testbed_get_root_dir(testbed), n->path, NULL);

	unlink(path);
	if (mkfifo(path, 0644) < 0)
		g_error("usb_mock: %s: %m", path);
	n->fifo = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (n->fifo < 0 || fcntl(n->fifo, F_SETPIPE_SZ, 4096) != 4096)
		g_error("usb_mock: %s: %m", path);
	show_ready(n, false);
	g_free(path);
}

void node_attach(struct node *n)
{
	GError *e = NULL;

	make_fifo(n);
	n->base = umockdev_ioctl_base_new();
	g_signal_connect(n->base, "handle-ioctl", G_CALLBACK(on_ioctl), n);
	g_signal_connect(n->base, "handle-read", G_CALLBACK(on_read), n);
	g_signal_connect(n->base, "client-connected", G_CALLBACK(on_connected), n);
	if (!umockdev_testbed_attach_ioctl(testbed, n->path, n->base, &e))
		g_error("usb_mock: %s", e->message);
}

void node_leave(struct node *n)
{
	n->is_gone = true;
	show_ready(n, true);
}
