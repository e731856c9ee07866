/*
 * vhci - the simulated USB modem, plugged into the kernel this runs on.
 *
 * The kernel's vhci_hcd is handed one end of a socket pair and speaks URBs of
 * the USB/IP protocol on it; the gadget answers on the other.  Standard input
 * has words, one order a line:
 *
 *	plug KIND | unplug | fault WORDS | heal | habits [WORD]... | say ADDRESS TEXT
 *	counts					prints them
 *
 * Source: Linux Documentation/usb/usbip_protocol.rst.
 */
#include "base/bytes.h"
#include "sim/gadget.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ATTACH "/sys/devices/platform/vhci_hcd.0/attach"

enum { CMD_SUBMIT = 1, CMD_UNLINK, RET_SUBMIT, RET_UNLINK };
enum { ZERO_PACKET = 0x40, SPEED_HIGH = 3, LEN_MAX = 1 << 20, AWAY_US = 1000000 };

struct pdu {		/* big endian */
	uint32_t command, seq, devid, direction, ep;
	uint32_t flags_or_status, len, rest[3];
	uint8_t setup[8];
};

struct urb {
	struct gadget_urb urb;
	uint32_t seq;
	bool is_in, is_unlinked;
	uint8_t bytes[];
};

static struct timers timers;
static struct gadget *gadget;
static int cable = -1;		/* -1: nothing is plugged in */
static struct urb *flying[512];

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static bool send_all(const void *bytes, size_t len)
{
	for (ssize_t n; len; bytes = (const char *)bytes + n, len -= (size_t)n) {
		n = send(cable, bytes, len, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
	}
	return true;
}

static bool receive_all(void *bytes, size_t len)
{
	return !len || recv(cable, bytes, len, MSG_WAITALL) == (ssize_t)len;
}

static void on_done(void *user, struct gadget_urb *done)
{
	struct urb *u = container_of(done, struct urb, urb);
	struct pdu p = { .command = htonl(RET_SUBMIT), .seq = htonl(u->seq),
			 .flags_or_status = htonl((uint32_t)done->status),
			 .len = htonl(done->actual) };

	(void)user;
	for (unsigned int i = 0; i < ARRAY_SIZE(flying); i++)
		if (flying[i] == u)
			flying[i] = NULL;
	if (!u->is_unlinked) {
		send_all(&p, sizeof(p));
		if (u->is_in)
			send_all(u->bytes, done->actual);
	}
	free(u);
}

static void on_left(void *user)
{
	(void)user;
	close(cable);
	cable = -1;
}

/* The port is free a little after what was in it has left. */
static bool attach(int kernel_end)
{
	char words[64];
	int n = snprintf(words, sizeof(words), "0 %d 65538 %d", kernel_end, SPEED_HIGH);

	for (unsigned int i = 0; i < 100; i++, usleep(100000)) {
		int fd = open(ATTACH, O_WRONLY);
		ssize_t r = fd < 0 ? -1 : write(fd, words, (size_t)n);

		if (fd >= 0)
			close(fd);
		if (r == n)
			return true;
	}
	return false;
}

static void on_arrived(void *user)
{
	int ends[2];

	(void)user;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0 || !attach(ends[1])) {
		perror("vhci: attach");
		exit(1);
	}
	close(ends[1]);
	cable = ends[0];
	printf("vhci: plugged in\n");
	fflush(stdout);
}

static const struct gadget_host_ops host = {
	.done = on_done, .left = on_left, .arrived = on_arrived,
};

static void refuse(uint32_t seq, int status)
{
	struct pdu p = { .command = htonl(RET_SUBMIT), .seq = htonl(seq),
			 .flags_or_status = htonl((uint32_t)status) };

	send_all(&p, sizeof(p));
}

static unsigned int find_free(void)
{
	unsigned int i = 0;

	while (i < ARRAY_SIZE(flying) && flying[i])
		i++;
	return i;
}

static bool take_submit(const struct pdu *p)
{
	uint32_t len = ntohl(p->len), ep = ntohl(p->ep), seq = ntohl(p->seq);
	unsigned int place = find_free();
	struct urb *u;
	int r;

	if (len > LEN_MAX)
		return false;
	u = calloc(1, sizeof(*u) + len);
	if (!u || place == ARRAY_SIZE(flying))
		exit(1);
	u->seq = seq;
	u->is_in = p->direction;
	u->urb.address = (uint8_t)(ep ? ep | (u->is_in ? 0x80 : 0) : 0);
	u->urb.data = u->bytes;
	u->urb.len = len;
	u->urb.wants_zlp = ntohl(p->flags_or_status) & ZERO_PACKET;
	memcpy(u->urb.setup, p->setup, sizeof(p->setup));
	if (!u->is_in && !receive_all(u->bytes, len)) {
		free(u);
		return false;
	}
	flying[place] = u;
	r = gadget_submit(gadget, &u->urb);
	if (r < 0) {
		flying[place] = NULL;
		free(u);
		refuse(seq, r);
	}
	return true;
}

static void take_unlink(const struct pdu *p)
{
	struct pdu answer = { .command = htonl(RET_UNLINK), .seq = p->seq };
	uint32_t victim = ntohl(p->flags_or_status);

	for (unsigned int i = 0; i < ARRAY_SIZE(flying); i++)
		if (flying[i] && flying[i]->seq == victim) {
			flying[i]->is_unlinked = true;
			gadget_cancel(gadget, &flying[i]->urb);
			answer.flags_or_status = htonl((uint32_t)-ECONNRESET);
			break;
		}
	send_all(&answer, sizeof(answer));
}

static void take_pdu(void)
{
	struct pdu p;
	bool is_good = receive_all(&p, sizeof(p));

	if (is_good && ntohl(p.command) == CMD_UNLINK)
		take_unlink(&p);
	else if (is_good)
		is_good = take_submit(&p);
	if (!is_good)
		gadget_unplug(gadget);
}

static void say(char *words)
{
	char *text = strchr(words, ' ');

	if (text)
		gadget_say(gadget, (uint8_t)strtoul(words, NULL, 16), text + 1,
			   (uint32_t)strlen(text + 1));
}

static void take_habits(char *words)
{
	unsigned int habits = 0, habit;

	for (char *w = strtok(words, " "); w; w = strtok(NULL, " "))
		if (gadget_habit_find(w, &habit))
			habits |= habit;
	gadget_set_habits(gadget, habits);
}

static void print_counts(void)
{
	const struct gadget_counts *c = gadget_counts(gadget);

	printf("vhci: submitted=%llu ended=%llu line-ups=%llu line-downs=%llu zlps=%llu\n",
	       (unsigned long long)c->submitted, (unsigned long long)c->ended,
	       (unsigned long long)c->line_ups, (unsigned long long)c->line_downs,
	       (unsigned long long)c->zlps);
	fflush(stdout);
}

static void obey(char *line)
{
	char *args = line + strcspn(line, " ");
	struct gadget_fault fault;
	enum gadget_kind kind;

	if (*args)
		*args++ = '\0';
	if (!strcmp(line, "plug") && gadget_kind_find(args, &kind))
		gadget_plug(gadget, kind);
	else if (!strcmp(line, "unplug"))
		gadget_unplug(gadget);
	else if (!strcmp(line, "fault") && !gadget_fault_parse(args, &fault))
		gadget_inject(gadget, fault);
	else if (!strcmp(line, "heal"))
		gadget_heal(gadget);
	else if (!strcmp(line, "habits"))
		take_habits(args);
	else if (!strcmp(line, "say"))
		say(args);
	else if (!strcmp(line, "counts"))
		print_counts();
	else
		printf("vhci: no such order: %s\n", line);
}

/* False at the end of the orders. */
static bool take_orders(void)
{
	static char line[256];
	static size_t len;
	ssize_t n = read(STDIN_FILENO, line + len, sizeof(line) - 1 - len);
	char *end;

	if (n <= 0)
		return false;
	len += (size_t)n;
	line[len] = '\0';
	while ((end = strchr(line, '\n'))) {
		*end++ = '\0';
		obey(line);
		len -= (size_t)(end - line);
		memmove(line, end, len + 1);
	}
	return true;
}

int main(void)
{
	struct gadget_config c = { .kind = GADGET_MODEM, .seed = 1, .away_us = AWAY_US };
	bool is_ordered = true;

	timers_init(&timers);
	timers_advance(&timers, now_us());
	gadget = gadget_new(&c, &timers, &host, NULL);
	if (!gadget)
		return 1;
	while (is_ordered || cable >= 0) {
		struct pollfd fds[] = { { is_ordered ? STDIN_FILENO : -1, POLLIN, 0 },
					{ cable, POLLIN, 0 } };
		uint64_t next = timers_next(&timers);
		int wait = next == TIME_NEVER ? -1 : (int)((next - timers.now_us) / 1000) + 1;

		poll(fds, ARRAY_SIZE(fds), wait);
		timers_advance(&timers, now_us());
		if (fds[0].revents)
			is_ordered = take_orders();
		if (fds[1].revents && cable >= 0)
			take_pdu();
	}
	gadget_free(gadget);
	return 0;
}
