/* sysfs - one word of text from, or into, a file below a root. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

enum { SYSFS_PATH_SIZE = 512 };

/* The first line of the file, without its newline; "" when there is none.
 * 0 or -errno. */
int sysfs_read(char *word, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The last component of what a link points at; "" when there is none. */
int sysfs_link(char *word, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Is there a file, a folder, or what a link points at? */
bool sysfs_has(const char *format, ...) __attribute__((format(printf, 1, 2)));

int sysfs_write(const char *word, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
