#include "tests/usb_link.h"
#include "usb/find.h"
#include "usb/handle.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

struct usb_link usb_link;
const uint8_t qmi_sync[QMI_SYNC_LEN] = { 1, 11, 0, 0, 0, 0, 0, 1, 0x27, 0, 0, 0 };
static struct usb_node node;
static char path[64], answer[TOLD_MAX];

const char *tell(const char *format, ...)
{
	char line[1024], *words[16] = { NULL };
	unsigned int n = 0;
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	for (char *w = strtok(line, " "); w && n < 15; w = strtok(NULL, " "))
		words[n++] = w;
	ck_assert_msg(usb_tell(words, answer, sizeof(answer)) == 0, "%s: %s", format, answer);
	return answer;
}

uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void usb_link_doze(void)
{
	usleep(200);
}

static void on_changed(void *user)
{
	(void)user;
	usb_link.n_changed++;
}

static void on_stopped(void *user)
{
	(void)user;
	usb_link.n_stopped++;
}

static void on_noted(void *user, const char *sentence)
{
	(void)user, (void)sentence;
	usb_link.n_noted++;
}

static void on_line_state(void *user, unsigned int chan, unsigned int bits)
{
	(void)user, (void)chan, (void)bits;
}

static const struct usb_device_ops ops = { on_changed, on_stopped, on_noted, on_line_state };

int usb_link_find(const char *address)
{
	struct usb_device_config config = { .layout = &usb_link.layout, .open = usb_handle_open,
					    .opener = &node };
	struct usb_descriptors d;
	struct usb_found found;
	int r;

	text_clear(&usb_link.why);
	r = usb_find("/sys", address, NULL, &found, &usb_link.why);
	if (!r)
		r = usb_read_descriptors("/sys", &found, &d, &usb_link.why);
	if (!r)
		r = usb_rules_layout(&d, &usb_link.rules, &usb_link.layout, &usb_link.why);
	if (r)
		return r;
	usb_node_path("/dev", &found, path, sizeof(path));
	node = (struct usb_node){ .loop = usb_link.loop, .path = path };
	return usb_device_new(&config, loop_timers(usb_link.loop), &ops, NULL,
			      &usb_link.device, &usb_link.why);
}

void usb_link_start(const char *address)
{
	ck_assert_msg(usb_link_find(address) == 0, "%s", text_get(&usb_link.why));
	ck_assert_msg(usb_device_start(usb_link.device, &usb_link.why) == 0, "%s",
		      text_get(&usb_link.why));
	ck_assert_int_eq(usb_device_state(usb_link.device), USB_READY);
}

void usb_link_setup(void)
{
	usb_link.loop = loop_new();
	usb_link.why = TEXT_INIT;
	usb_link.n_users = usb_link.n_changed = usb_link.n_stopped = usb_link.n_noted = 0;
	usb_link.rules = (struct usb_rules){ .model = NULL };
	tell("habits");
	tell("heal");
	tell("truth");
	tell("plug modem");
}

void usb_link_teardown(void)
{
	usb_device_free(usb_link.device);
	usb_link.device = NULL;
	for (unsigned int i = 0; i < usb_link.n_users; i++)
		ck_assert_uint_eq(link_user_lent(&usb_link.users[i]), 0);
	WAIT_FOR(!strcmp(tell("clients"), "0"));
	ck_assert_str_eq(tell("flying"), "0");
	text_fini(&usb_link.why);
	loop_free(usb_link.loop);
}

struct link_user *use(const char *name)
{
	struct link *l = usb_device_link(usb_link.device);
	struct link_user *u = &usb_link.users[usb_link.n_users++];
	unsigned int i = 0;

	ck_assert_uint_le(usb_link.n_users, USB_LINK_USERS);
	while (i < l->n_chans && strcmp(l->chans[i].name, name) != 0)
		i++;
	ck_assert_uint_lt(i, l->n_chans);
	link_user_init(u, l, i);
	ck_assert_int_eq(link_user_open(u), 0);
	return u;
}

struct link_user *user_running(const char *name)
{
	struct link_user *u = use(name);

	WAIT_FOR(u->n_opened);
	ck_assert_int_eq(u->opened, 0);
	return u;
}

void send_bytes(struct link_user *u, const void *bytes, size_t len)
{
	int r;

	WAIT_FOR((r = link_user_send(u, bytes, (uint32_t)len)) != LINK_FULL);
	ck_assert_int_eq(r, 0);
}

void say_words(struct link_user *u, const char *words)
{
	send_bytes(u, words, strlen(words));
}

bool has_heard(const struct link_user *u, const char *words)
{
	return memmem(u->bytes, u->n_bytes, words, strlen(words));
}

void expect_at(struct link_user *u)
{
	u->n_bytes = 0;
	say_words(u, "AT\r");
	WAIT_FOR(has_heard(u, "OK\r\n"));
}
