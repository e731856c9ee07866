/*
 * usb_link - a link to a modem on the mock USB bus: words to the bus, a device
 * with up to five users of its channels, and their fixture.
 */
#pragma once
#include "io/loop.h"
#include "tests/link_user.h"
#include "tests/suite.h"
#include "tests/usb_tell.h"
#include "usb/device.h"
#include "usb/rules.h"

enum { USB_LINK_DEADLINE_MS = 8000, USB_LINK_USERS = 5 };

struct usb_link {
	struct loop *loop;
	struct usb_device *device;	/* NULL: none, or freed by the test */
	struct usb_layout layout;
	struct usb_rules rules;		/* for the next find */
	struct text why;		/* of the last find or start */
	struct link_user users[USB_LINK_USERS];
	unsigned int n_users, n_changed, n_stopped, n_noted;
};

extern struct usb_link usb_link;

/* A healthy modem is plugged into 1-1; at the end nothing of ours is left in it. */
void usb_link_setup(void);
void usb_link_teardown(void);

/* Words to the bus, which must obey; what it says. */
const char *tell(const char *format, ...) __attribute__((format(printf, 1, 2)));
uint64_t now_ms(void);

#define WAIT_FOR(condition)                                                        \
	do {                                                                       \
		uint64_t end_ = now_ms() + USB_LINK_DEADLINE_MS;                   \
		while (!(condition)) {                                             \
			ck_assert_msg(now_ms() < end_, "never true: " #condition); \
			loop_turn(usb_link.loop, false);                           \
			usb_link_doze();                                           \
		}                                                                  \
	} while (0)
void usb_link_doze(void);

/* From sysfs to a device that is not started: 0 or -errno and why. */
int usb_link_find(const char *address);
void usb_link_start(const char *address);	/* found and started, or it fails */
/* A user whose channel is being opened; one that runs. */
struct link_user *use(const char *name);
struct link_user *user_running(const char *name);

void send_bytes(struct link_user *u, const void *bytes, size_t len);
void say_words(struct link_user *u, const char *words);
bool has_heard(const struct link_user *u, const char *words);
void expect_at(struct link_user *u);	/* AT is answered with OK */

enum { QMI_SYNC_LEN = 12, QMI_ANSWER_LEN = 19 };
extern const uint8_t qmi_sync[QMI_SYNC_LEN];
