/*
 * device-dir - the directories that are devices: any that hold `state` and
 * `info`.
 *
 * Nothing here trusts what it reads, and no file is opened in a way that could
 * wait (a FIFO in place of an attribute reads as empty).
 */
#pragma once
#include "base/text.h"

struct device_dir {
	char *name;	/* of the directory, links resolved: "mhi0"; owned */
	char *path;	/* as it is opened; owned */
	int error;	/* -errno: there, but it does not answer (-ENOTCONN: daemon dead) */
};

struct device_dirs {
	struct device_dir *at;	/* owned */
	unsigned int n;
};

void device_dir_fini(struct device_dir *d);	/* safe twice */
void device_dirs_fini(struct device_dirs *l);

enum { DEVICE_DIR_OK, DEVICE_DIR_OTHER };	/* outcomes; < 0 is -errno */

/* DEVICE_DIR_OTHER: @path is there and is not a device. */
int device_dir_open(const char *path, struct device_dir *ret_dir);
/* @name: a path, or the name of a directory or of a by-path link of @root, or
 * the name of @root itself. */
int device_dir_find(const char *root, const char *name, struct device_dir *ret_dir);
/* Every device of @root in the order of their numbers; @root alone when it is
 * a device.  Links are left out, so that nothing comes twice. */
int device_dirs_scan(const char *root, struct device_dirs *ret_dirs);

/* The path of a file of @d. */
char *device_dir_file(const struct device_dir *d, const char *file);
/* A whole attribute file, at most 1 MiB (-EFBIG).  @ret_text is the caller's. */
int device_dir_read(const struct device_dir *d, const char *file, struct text *ret_text);
bool device_dir_has(const struct device_dir *d, const char *file);
