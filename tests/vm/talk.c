/*
 * talk - one conversation over a channel file or a device node, for guests
 * that have little else.
 *
 *	talk ask FILE TEXT WANTED	writes TEXT, reads until WANTED came
 *	talk echo FILE COUNT LEN	messages of LEN bytes there and back
 *	talk poll FILE			poll says what read and write would do
 *	talk users FILE COUNT		opens that often, and waits for the end of
 *					standard input
 *	talk wait FILE			polls, reads, and prints the error or the count
 *	talk load FILE			echoes until an error, then prints it and
 *					what poll says: "ENODEV IN OUT HUP ERR"
 *
 * Exit status 0 when all was as it should be.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATIENCE_MS = 5000, MAX_LEN = 65536 };

static int fail(const char *what)
{
	fprintf(stderr, "talk: %s: %s\n", what, strerror(errno));
	return 1;
}

static int file_open(const char *path)
{
	int fd = open(path, O_RDWR | O_NONBLOCK);

	if (fd < 0)
		fail(path);
	return fd;
}

static short await(int fd, short events, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = events };

	return poll(&p, 1, timeout_ms) == 1 ? p.revents : 0;
}

static bool write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n;

		if (!(await(fd, POLLOUT, PATIENCE_MS) & POLLOUT))
			return false;
		n = write(fd, data, len);
		if (n < 0 && errno != EAGAIN)
			return false;
		if (n > 0) {
			data += n;
			len -= (size_t)n;
		}
	}
	return true;
}

/* The shell's words have no carriage return: "\r" stands for one. */
static void unescape(char *s)
{
	for (char *from; (from = strstr(s, "\\r"));) {
		*from = '\r';
		memmove(from + 1, from + 2, strlen(from + 2) + 1);
	}
}

static int ask(const char *path, char *text, const char *wanted)
{
	static char got[MAX_LEN];
	size_t len = 0;
	int fd = file_open(path);

	if (fd < 0)
		return 1;
	unescape(text);
	if (!write_all(fd, text, strlen(text)))
		return fail("write");
	while (!strstr(got, wanted) && len < sizeof(got) - 1 &&
	       await(fd, POLLIN, PATIENCE_MS) & POLLIN) {
		ssize_t n = read(fd, got + len, sizeof(got) - 1 - len);

		if (n < 0 && errno != EAGAIN)
			return fail("read");
		len += n > 0 ? (size_t)n : 0;
	}
	if (strstr(got, wanted))
		return 0;
	fprintf(stderr, "talk: wanted '%s', got %zu bytes: '%s'\n", wanted, len, got);
	return 1;
}

static void fill(char *data, size_t len, uint32_t seed)
{
	for (size_t i = 0; i < len; i++) {
		seed = seed * 1664525 + 1013904223;
		data[i] = (char)(seed >> 24);
	}
}

/* The bytes count, not where one message ends and the next begins. */
static int take_back(int fd, const char *sent, size_t len)
{
	static char got[MAX_LEN];
	size_t have = 0;

	while (have < len) {
		ssize_t n;

		if (!(await(fd, POLLIN, PATIENCE_MS) & POLLIN)) {
			errno = ETIMEDOUT;
			return fail("waiting for the echo");
		}
		n = read(fd, got + have, len - have);
		if (n <= 0 && errno != EAGAIN)
			return fail("read");
		have += n > 0 ? (size_t)n : 0;
	}
	if (!memcmp(sent, got, len))
		return 0;
	fprintf(stderr, "talk: the echo differs\n");
	return 1;
}

static int echo_once(int fd, size_t len, uint32_t seed)
{
	static char sent[MAX_LEN];

	fill(sent, len, seed);
	if (!write_all(fd, sent, len))
		return fail("write");
	return take_back(fd, sent, len);
}

static int echo(const char *path, unsigned long count, unsigned long len)
{
	int fd = file_open(path), r = fd < 0;

	for (unsigned long i = 0; i < count && !r; i++)
		r = echo_once(fd, len ? len : 1 + i * 37 % 3500, (uint32_t)i);
	return r;
}

static int expect(bool holds, const char *sentence)
{
	if (!holds)
		fprintf(stderr, "talk: not so: %s\n", sentence);
	return !holds;
}

static int polled(const char *path)
{
	char text[32];
	int fd = file_open(path), r = fd < 0;

	if (r)
		return r;
	r |= expect(await(fd, POLLIN | POLLOUT, PATIENCE_MS) == POLLOUT, "writable, not readable");
	r |= expect(read(fd, text, sizeof(text)) < 0 && errno == EAGAIN, "read says EAGAIN");
	r |= expect(write(fd, "ping", 4) == 4, "four bytes are taken");
	r |= expect(await(fd, POLLIN, PATIENCE_MS) & POLLIN, "readable when the echo is here");
	r |= expect(read(fd, text, sizeof(text)) == 4, "four bytes come back");
	r |= expect(!(await(fd, POLLIN, 100) & POLLIN), "not readable when all was read");
	return r;
}

static int users(const char *path, unsigned long count)
{
	char c;

	for (unsigned long i = 0; i < count; i++)
		if (file_open(path) < 0)
			return 1;
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	return 0;
}

static int wait_for(const char *path)
{
	char data[64];
	int fd = file_open(path);
	ssize_t n;

	if (fd < 0)
		return 1;
	await(fd, POLLIN, -1);
	n = read(fd, data, sizeof(data));
	if (n < 0)
		puts(strerrorname_np(errno));
	else
		printf("%zd\n", n);
	return 0;
}

static int load(const char *path)
{
	static char data[MAX_LEN];
	int fd = file_open(path), error = 0;
	short events;

	if (fd < 0)
		return 1;
	fill(data, sizeof(data), 1);
	while (!error) {
		if (!await(fd, POLLIN | POLLOUT, PATIENCE_MS))
			error = ETIMEDOUT;
		else if (write(fd, data, 3000) < 0 && errno != EAGAIN)
			error = errno;
		else if (read(fd, data, sizeof(data)) < 0 && errno != EAGAIN)
			error = errno;
	}
	events = await(fd, POLLIN | POLLOUT, 0);
	printf("%s%s%s%s%s\n", strerrorname_np(error), events & POLLIN ? " IN" : "",
	       events & POLLOUT ? " OUT" : "", events & POLLHUP ? " HUP" : "",
	       events & POLLERR ? " ERR" : "");
	return 0;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 2 ? argv[1] : "";

	if (!strcmp(verb, "ask") && argc == 5)
		return ask(argv[2], argv[3], argv[4]);
	if (!strcmp(verb, "echo") && argc == 5)
		return echo(argv[2], strtoul(argv[3], NULL, 0), strtoul(argv[4], NULL, 0));
	if (!strcmp(verb, "poll"))
		return polled(argv[2]);
	if (!strcmp(verb, "users") && argc == 4)
		return users(argv[2], strtoul(argv[3], NULL, 0));
	if (!strcmp(verb, "wait"))
		return wait_for(argv[2]);
	if (!strcmp(verb, "load"))
		return load(argv[2]);
	fprintf(stderr, "talk: see the head of talk.c\n");
	return 2;
}
