#include "io/log.h"
#include "base/bytes.h"
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

enum { LINE_LEN = 512 };

static struct {
	const char *program;
	enum log_target target;
	enum log_level most;
	bool is_journal;	/* stderr is read by the journal */
} log_to = { "mhifs", LOG_TO_STDERR, LOG_LEVEL_INFO, false };

/* Who speaks, and how much of its second is used up. */
static struct source {
	char who[32];
	struct log_limit limit;
} sources[64];

static const int priorities[] = { LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/* JOURNAL_STREAM holds device and inode of the stream that the journal reads;
 * stderr may have been redirected since. */
static bool is_journal_stream(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	return stream && sscanf(stream, "%llu:%llu", &dev, &ino) == 2 &&
	       !fstat(STDERR_FILENO, &st) && st.st_dev == dev && st.st_ino == ino;
}

void log_open(const char *program, enum log_target target, enum log_level most)
{
	log_to.program = program;
	log_to.target = target;
	log_to.most = most;
	log_to.is_journal = is_journal_stream();
	if (target == LOG_TO_SYSLOG)
		openlog(program, LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

enum log_level log_level(void)
{
	return log_to.most;
}

static uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* The one that speaks longest ago makes room for a new one. */
static struct source *find_source(const char *who)
{
	struct source *oldest = &sources[0];

	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		if (!strncmp(sources[i].who, who, sizeof(sources[i].who) - 1))
			return &sources[i];
		if (sources[i].limit.window_us < oldest->limit.window_us)
			oldest = &sources[i];
	}
	*oldest = (struct source){ 0 };
	snprintf(oldest->who, sizeof(oldest->who), "%s", who);
	return oldest;
}

/* A byte that could move a cursor, end a line or be half a character. */
static void escape(const char *line, char *out, size_t size)
{
	size_t n = 0;

	for (; *line && n + sizeof("\\x00") <= size; line++)
		if (*line < ' ' || *line > '~')
			n += (size_t)snprintf(out + n, size - n, "\\x%02x", (uint8_t)*line);
		else
			out[n++] = *line;
	out[n] = 0;
}

static void put(enum log_level level, const char *line)
{
	char safe[LINE_LEN];

	escape(line, safe, sizeof(safe));
	if (log_to.target == LOG_TO_SYSLOG)
		syslog(priorities[level], "%s", safe);
	else if (log_to.is_journal)
		fprintf(stderr, "<%d>%s\n", priorities[level], safe);
	else
		fprintf(stderr, "%s: %s\n", log_to.program, safe);
}

/* A reader that does not read must not stop the daemon.  A pipe with room at
 * all has room for a line. */
static bool is_read(void)
{
	struct pollfd p = { .fd = STDERR_FILENO, .events = POLLOUT };

	return log_to.target == LOG_TO_SYSLOG || (poll(&p, 1, 0) == 1 && p.revents & POLLOUT);
}

/* May @who say one more?  What it could not say is said first.  Who asks for
 * all of it gets it. */
static bool may_speak(enum log_level level, const char *who)
{
	struct log_limit *limit = &find_source(who)->limit;
	unsigned int swallowed;
	char line[LINE_LEN];

	if (!is_read()) {
		limit->swallowed++;
		return false;
	}
	if (level == LOG_LEVEL_DEBUG)
		return true;
	if (!log_limit_pass(limit, now_us(), &swallowed))
		return false;
	if (!swallowed)
		return true;
	snprintf(line, sizeof(line), "%s%s%u messages were left out", who, *who ? ": " : "",
		 swallowed);
	limit->passed++;
	put(level, line);
	return true;
}

static void log_line(enum log_level level, const char *who, const char *format, va_list args)
{
	char line[LINE_LEN];
	int lead = 0;

	if (level > log_to.most || !may_speak(level, who ? who : ""))
		return;
	if (who)
		lead = snprintf(line, sizeof(line), "%s: ", who);
	if (lead < 0 || (size_t)lead >= sizeof(line))
		lead = 0;
	vsnprintf(line + lead, sizeof(line) - (size_t)lead, format, args);
	put(level, line);
}

void log_error(const char *who, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(LOG_LEVEL_ERROR, who, format, args);
	va_end(args);
}

void log_warn(const char *who, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(LOG_LEVEL_WARN, who, format, args);
	va_end(args);
}

void log_info(const char *who, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(LOG_LEVEL_INFO, who, format, args);
	va_end(args);
}

void log_debug(const char *who, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(LOG_LEVEL_DEBUG, who, format, args);
	va_end(args);
}

bool log_limit_pass(struct log_limit *l, uint64_t now_us, unsigned int *ret_swallowed)
{
	if (now_us - l->window_us >= 1000000) {
		l->window_us = now_us;
		l->passed = 0;
	}
	if (l->passed >= 10) {
		l->swallowed++;
		return false;
	}
	l->passed++;
	*ret_swallowed = l->swallowed;
	l->swallowed = 0;
	return true;
}
