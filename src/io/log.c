#include "io/log.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

static struct {
	const char *program;
	enum log_target target;
	enum log_level most;
	bool is_journal;	/* stderr is read by the journal */
} log_to = { "mhifs", LOG_TO_STDERR, LOG_LEVEL_INFO, false };

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

static void log_line(enum log_level level, const char *who, const char *format, va_list args)
{
	char line[512];
	int lead = 0;

	if (level > log_to.most)
		return;
	if (who)
		lead = snprintf(line, sizeof(line), "%s: ", who);
	if (lead < 0 || (size_t)lead >= sizeof(line))
		lead = 0;
	vsnprintf(line + lead, sizeof(line) - (size_t)lead, format, args);
	if (log_to.target == LOG_TO_SYSLOG)
		syslog(priorities[level], "%s", line);
	else if (log_to.is_journal)
		fprintf(stderr, "<%d>%s\n", priorities[level], line);
	else
		fprintf(stderr, "%s: %s\n", log_to.program, line);
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
