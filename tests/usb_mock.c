/*
 * usb_mock PROGRAM [ARGUMENT]... - runs a program beside a USB bus of simulated
 * modems; its exit status is ours.  umockdev-preload has to be loaded.
 *
 * usb_mock --tell [PORT] WORD... - from inside: has the bus do something, and
 * prints what it says.  $USB_MOCK names its socket.  Ports are 1-1 (unless
 * another is named) to 1-4.
 *
 *	plug KIND | unplug | vanish	modem, plain, mbim, edl, crashed;
 *					vanish: udev does not hear of it
 *	uevent remove			udev hears of it
 *	habits [WORD]...		of enum gadget_habit, from the next plug
 *	speed high|super
 *	controller new|old		old: libusb cuts transfers into 16 KiB
 *	fault WORDS | heal		gadget-fault.c; or F67[@WHEN][,case=N]
 *	say ADDRESS TEXT		a transfer; "" is an empty one
 *	zeros ADDRESS N			a transfer of N bytes
 *	suspend | reset			as the hub does
 *	leave-at claim|open|submit|cancel|release	unplugs right before
 *	steal INTERFACE DRIVER		a claim is lost
 *	hold INTERFACE | leave INTERFACE	another program has it
 *	driver INTERFACE		prints who has it
 *	lie HEX | truth			descriptors, from the next plug
 *	counts [NAME] | clients | flying | kind | node
 */
#include "usb_mock.h"
#include "usb_tell.h"
#include <errno.h>
#include <glib-unix.h>
#include <linux/usbdevice_fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FIRST_DEVNUM = 2, WORDS_MAX = 16, AWAY_US = 200000 };

UMockdevTestbed *testbed;
struct timers timers;
GMutex mock_lock;
static struct port ports[PORTS];
static unsigned int next_devnum = FIRST_DEVNUM;
static guint alarm_source;

static gboolean on_alarm(gpointer unused)
{
	(void)unused;
	g_mutex_lock(&mock_lock);
	alarm_source = 0;
	mock_turn();
	g_mutex_unlock(&mock_lock);
	return G_SOURCE_REMOVE;
}

void mock_turn(void)
{
	uint64_t next;

	timers_advance(&timers, (uint64_t)g_get_monotonic_time());
	next = timers_next(&timers);
	if (alarm_source)
		g_source_remove(alarm_source);
	alarm_source = 0;
	if (next != TIME_NEVER)
		alarm_source = g_timeout_add((guint)((next - timers.now_us) / 1000 + 1), on_alarm,
					     NULL);
}

static void on_done(void *port, struct gadget_urb *urb)
{
	(void)port;
	if (node_of(urb))
		node_urb_done(node_of(urb), urb);
}

static void on_left(void *port)
{
	struct port *p = port;
	struct node *n = p->node;

	p->node = NULL;
	node_leave(n);
	if (!p->is_silent)
		tree_remove(n);
	p->is_silent = false;
}

static void on_arrived(void *port)
{
	struct port *p = port;

	p->node = node_new(p, next_devnum++);
	tree_add(p->node);
}

static void on_hold(void *port, unsigned int interface)
{
	struct port *p = port;

	if (!p->node)
		return;
	p->node->holders[interface].is_stranger = true;
	tree_set_driver(p->node, interface, "usbfs");
}

static const struct gadget_host_ops host = { on_done, on_left, on_arrived, on_hold };

static void ports_init(void)
{
	static const char *const serials[PORTS] = { NULL, "SN0002", "SN0003", "SN0004" };

	for (unsigned int i = 0; i < PORTS; i++) {
		struct gadget_config c = { .seed = i + 1, .away_us = AWAY_US,
					   .serial = serials[i] };

		snprintf(ports[i].name, sizeof(ports[i].name), "1-%u", i + 1);
		ports[i].gadget = gadget_new(&c, &timers, &host, &ports[i]);
	}
}

/* What a word did: NULL, or what is wrong with it. */
typedef const char *word_fn(struct port *p, char **args, GString *answer);

static const char *do_plug(struct port *p, char **args, GString *answer)
{
	enum gadget_kind kind;

	(void)answer;
	if (!args[0] || !gadget_kind_find(args[0], &kind))
		return "no such kind of modem";
	gadget_plug(p->gadget, kind);
	return NULL;
}

static const char *do_unplug(struct port *p, char **args, GString *answer)
{
	(void)args, (void)answer;
	gadget_unplug(p->gadget);
	return NULL;
}

static struct node *vanished;

static const char *do_vanish(struct port *p, char **args, GString *answer)
{
	(void)args, (void)answer;
	vanished = p->node;
	p->is_silent = true;
	gadget_unplug(p->gadget);
	return NULL;
}

static const char *do_uevent(struct port *p, char **args, GString *answer)
{
	struct node *n = p->node ? p->node : vanished;

	(void)args, (void)answer;
	if (!n)
		return "nothing is plugged in";
	tree_remove(n);
	return NULL;
}

static const char *do_habits(struct port *p, char **args, GString *answer)
{
	unsigned int habits = 0, habit;

	(void)answer;
	for (; *args; args++) {
		if (!gadget_habit_find(*args, &habit))
			return "no such habit";
		habits |= habit;
	}
	gadget_set_habits(p->gadget, habits);
	return NULL;
}

static const char *do_speed(struct port *p, char **args, GString *answer)
{
	(void)answer;
	gadget_set_super(p->gadget, !g_strcmp0(args[0], "super"));
	return NULL;
}

static const char *do_controller(struct port *p, char **args, GString *answer)
{
	(void)answer;
	p->is_old = !g_strcmp0(args[0], "old");
	return NULL;
}

static const char *do_fault(struct port *p, char **args, GString *answer)
{
	struct gadget_fault f;
	const char *why;

	(void)answer;
	if (args[0] && args[0][0] == 'F')
		return gadget_misbehave(p->gadget, args[0], &why) ? why : NULL;
	if (!args[0] || gadget_fault_parse(args[0], &f) < 0)
		return "no such fault";
	gadget_inject(p->gadget, f);
	return NULL;
}

static const char *do_heal(struct port *p, char **args, GString *answer)
{
	(void)args, (void)answer;
	gadget_heal(p->gadget);
	return NULL;
}

static const char *say(struct port *p, const char *address, const void *bytes, uint32_t len)
{
	if (!address || !gadget_say(p->gadget, (uint8_t)strtoul(address, NULL, 16), bytes, len))
		return "no such end point";
	return NULL;
}

static const char *do_say(struct port *p, char **args, GString *answer)
{
	char *text = g_strcompress(args[0] && args[1] ? args[1] : "");
	const char *wrong = say(p, args[0], text, (uint32_t)strlen(text));

	(void)answer;
	g_free(text);
	return wrong;
}

static const char *do_zeros(struct port *p, char **args, GString *answer)
{
	static const uint8_t zeros[65536];
	unsigned long n = args[0] && args[1] ? strtoul(args[1], NULL, 0) : 0;

	(void)answer;
	return n <= sizeof(zeros) ? say(p, args[0], zeros, (uint32_t)n) : "too many";
}

static const char *do_suspend(struct port *p, char **args, GString *answer)
{
	(void)args, (void)answer;
	gadget_give_back(p->gadget, -ESHUTDOWN);
	return NULL;
}

static const char *do_reset(struct port *p, char **args, GString *answer)
{
	(void)args, (void)answer;
	gadget_give_back(p->gadget, -ESHUTDOWN);
	gadget_reset(p->gadget);
	return NULL;
}

static const char *do_leave_at(struct port *p, char **args, GString *answer)
{
	static const struct { const char *word; unsigned long request; } moments[] = {
		{ "open", USBDEVFS_GET_CAPABILITIES },
		{ "claim", USBDEVFS_DISCONNECT_CLAIM },
		{ "submit", USBDEVFS_SUBMITURB },
		{ "cancel", USBDEVFS_DISCARDURB },
		{ "release", USBDEVFS_RELEASEINTERFACE },
		{ "clear-halt", USBDEVFS_CLEAR_HALT },
	};

	(void)answer;
	for (unsigned int i = 0; i < ARRAY_SIZE(moments); i++)
		if (!g_strcmp0(args[0], moments[i].word)) {
			p->leave_at = moments[i].request;
			return NULL;
		}
	return "no such moment";
}

static struct holder *holder(struct port *p, const char *interface, unsigned int *ret_number)
{
	*ret_number = interface ? (unsigned int)strtoul(interface, NULL, 0) : INTERFACES;
	return p->node && *ret_number < INTERFACES ? &p->node->holders[*ret_number] : NULL;
}

static const char *do_steal(struct port *p, char **args, GString *answer)
{
	unsigned int interface;

	(void)answer;
	if (!holder(p, args[0], &interface) || !args[1])
		return "no such interface";
	node_steal(p->node, interface, args[1]);
	return NULL;
}

static const char *set_stranger(struct port *p, char **args, bool is_stranger)
{
	unsigned int interface;
	struct holder *h = holder(p, args[0], &interface);

	if (!h)
		return "no such interface";
	h->is_stranger = is_stranger;
	tree_set_driver(p->node, interface, is_stranger ? "usbfs" : "");
	return NULL;
}

static const char *do_hold(struct port *p, char **args, GString *answer)
{
	(void)answer;
	return set_stranger(p, args, true);
}

static const char *do_leave(struct port *p, char **args, GString *answer)
{
	(void)answer;
	return set_stranger(p, args, false);
}

static const char *do_driver(struct port *p, char **args, GString *answer)
{
	unsigned int interface;
	const struct holder *h = holder(p, args[0], &interface);

	if (!h)
		return "no such interface";
	g_string_append(answer, *h->driver ? h->driver : "none");
	return NULL;
}

static const char *do_truth(struct port *p, char **args, GString *answer)
{
	(void)args, (void)answer;
	if (p->lie)
		g_byte_array_unref(p->lie);
	p->lie = NULL;
	return NULL;
}

static const char *do_lie(struct port *p, char **args, GString *answer)
{
	do_truth(p, args, answer);
	p->lie = g_byte_array_new();
	for (const char *s = args[0]; s && g_ascii_isxdigit(s[0]) && g_ascii_isxdigit(s[1]); s += 2) {
		guint8 byte = (guint8)(g_ascii_xdigit_value(s[0]) << 4 |
				       g_ascii_xdigit_value(s[1]));

		g_byte_array_append(p->lie, &byte, 1);
	}
	return NULL;
}

static const char *do_counts(struct port *p, char **args, GString *answer)
{
	const struct gadget_counts *c = gadget_counts(p->gadget);
	const struct { const char *name; uint64_t value; } counts[] = {
		{ "submitted", c->submitted }, { "ended", c->ended }, { "zlps", c->zlps },
		{ "line-ups", c->line_ups }, { "line-downs", c->line_downs },
		{ "commands", c->commands }, { "answers", c->answers },
		{ "empty-gets", c->empty_gets }, { "cleared", c->cleared },
		{ "loaded", c->loaded }, { "flashed", c->flashed },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(counts); i++)
		if (!args[0])
			g_string_append_printf(answer, "%s%s=%" G_GUINT64_FORMAT, i ? " " : "",
					       counts[i].name, counts[i].value);
		else if (!strcmp(args[0], counts[i].name))
			g_string_append_printf(answer, "%" G_GUINT64_FORMAT, counts[i].value);
	return NULL;
}

static const char *do_clients(struct port *p, char **args, GString *answer)
{
	(void)args;
	g_string_append_printf(answer, "%u", p->node ? p->node->n_clients : 0);
	return NULL;
}

static const char *do_flying(struct port *p, char **args, GString *answer)
{
	(void)args;
	g_string_append_printf(answer, "%u", p->node ? g_queue_get_length(&p->node->flying) : 0);
	return NULL;
}

static const char *do_kind(struct port *p, char **args, GString *answer)
{
	const uint8_t *d = gadget_device(p->gadget);

	(void)args;
	if (gadget_is_plugged(p->gadget))
		g_string_append_printf(answer, "%04x:%04x", get_le16(d + 8), get_le16(d + 10));
	else
		g_string_append(answer, "none");
	return NULL;
}

static const char *do_node(struct port *p, char **args, GString *answer)
{
	(void)args;
	g_string_append(answer, p->node ? p->node->path : "none");
	return NULL;
}

static const struct { const char *word; word_fn *obey; } words[] = {
	{ "plug", do_plug }, { "unplug", do_unplug }, { "vanish", do_vanish },
	{ "uevent", do_uevent }, { "habits", do_habits }, { "speed", do_speed },
	{ "fault", do_fault }, { "heal", do_heal }, { "say", do_say }, { "zeros", do_zeros },
	{ "suspend", do_suspend }, { "reset", do_reset }, { "leave-at", do_leave_at },
	{ "steal", do_steal }, { "hold", do_hold }, { "leave", do_leave },
	{ "controller", do_controller }, { "driver", do_driver }, { "lie", do_lie }, { "truth", do_truth },
	{ "counts", do_counts }, { "clients", do_clients }, { "flying", do_flying },
	{ "kind", do_kind }, { "node", do_node },
};

static const char *obey(char **args, GString *answer)
{
	struct port *p = &ports[0];

	for (unsigned int i = 0; i < PORTS; i++)
		if (!g_strcmp0(args[0], ports[i].name)) {
			p = &ports[i];
			args++;
			break;
		}
	for (unsigned int i = 0; i < ARRAY_SIZE(words); i++)
		if (!g_strcmp0(args[0], words[i].word))
			return words[i].obey(p, args + 1, answer);
	return "no such word";
}

/* A message is words, each ended by NUL; the answer, text behind + or -. */
static gboolean on_words(gint fd, GIOCondition condition, gpointer unused)
{
	char bytes[TOLD_MAX], *args[WORDS_MAX + 1] = { NULL };
	struct sockaddr_un from;
	socklen_t from_len = sizeof(from);
	ssize_t n = recvfrom(fd, bytes, sizeof(bytes) - 1, 0, (struct sockaddr *)&from, &from_len);
	GString *answer = g_string_new("+");
	const char *wrong;
	unsigned int n_args = 0;

	(void)condition, (void)unused;
	if (n < 0)
		g_error("usb_mock: %m");
	bytes[n] = '\0';
	for (char *s = bytes; s < bytes + n && n_args < WORDS_MAX; s += strlen(s) + 1)
		args[n_args++] = s;
	g_mutex_lock(&mock_lock);
	wrong = obey(args, answer);
	if (wrong)
		g_string_printf(answer, "-%s", wrong);
	mock_turn();
	g_mutex_unlock(&mock_lock);
	sendto(fd, answer->str, answer->len, 0, (struct sockaddr *)&from, from_len);
	g_string_free(answer, TRUE);
	return G_SOURCE_CONTINUE;
}

static void listen_for_words(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s/words",
		 umockdev_testbed_get_root_dir(testbed));
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		g_error("usb_mock: %s: %m", a.sun_path);
	g_unix_fd_add(fd, G_IO_IN, on_words, NULL);
	g_setenv("USB_MOCK", a.sun_path, TRUE);
}

static int tell(char **args)
{
	char message[TOLD_MAX];
	int r = usb_tell(args, message, sizeof(message));

	if (r < 0)
		fprintf(stderr, "usb_mock: %s\n", strerror(-r));
	else if (r)
		fprintf(stderr, "usb_mock: %s\n", message);
	else if (*message)
		puts(message);
	return r != 0;
}

/* umockdev loses the name of a node with each of its clients. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

struct end {
	GMainLoop *loop;
	int status;
};

static void on_child(GPid pid, gint status, gpointer end)
{
	struct end *e = end;

	(void)pid;
	e->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	g_main_loop_quit(e->loop);
}

int main(int argc, char **argv)
{
	struct end end = { .loop = g_main_loop_new(NULL, FALSE) };
	GError *e = NULL;
	GPid pid;

	if (argc > 2 && !strcmp(argv[1], "--tell"))
		return tell(argv + 2);
	testbed = umockdev_testbed_new();
	if (argc < 2 || !umockdev_in_mock_environment()) {
		fprintf(stderr, "usage: umockdev-wrapper usb_mock PROGRAM [ARGUMENT]...\n");
		return 2;
	}
	timers_init(&timers);
	mock_turn();
	tree_init();
	ports_init();
	listen_for_words();
	if (!g_spawn_async(NULL, argv + 1, NULL,
			   G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_SEARCH_PATH, NULL, NULL, &pid, &e)) {
		fprintf(stderr, "usb_mock: %s\n", e->message);
		return 2;
	}
	g_child_watch_add(pid, on_child, &end);
	g_main_loop_run(end.loop);
	g_mutex_lock(&mock_lock);
	for (unsigned int i = 0; i < PORTS; i++) {
		gadget_unplug(ports[i].gadget);
		gadget_free(ports[i].gadget);
	}
	g_mutex_unlock(&mock_lock);
	g_object_unref(testbed);
	return end.status;
}
