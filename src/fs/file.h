/*
 * file - one open file, whatever is behind it.
 *
 * channel-file.c, attr-file.c, event-file.c
 * and stored-file.c make the kinds; each embeds a struct file as its first member.
 */
#pragma once
#include "device/events.h"
#include "device/node.h"
#include "fs/handles.h"
#include "fs/request.h"
#include "fs/tree.h"

struct file;

struct file_ops {
	uint32_t open_flags;	/* FOPEN_* */
	/* Each hands @r on, or answers it. */
	void (*read)(struct file *f, struct request *r, size_t len, uint64_t offset,
		     bool nonblock);
	void (*write)(struct file *f, struct request *r, const void *data, size_t len,
		      uint64_t offset, bool nonblock);
	void (*flush)(struct file *f, struct request *r);
	void (*ioctl)(struct file *f, struct request *r, unsigned int cmd, uint64_t arg,
		      const void *in, size_t in_len, size_t out_len);
	int (*poll)(struct file *f);
	/* Lets go of what is behind; file_free() follows. */
	void (*close)(struct file *f);
};	/* a missing write is EACCES, flush done, ioctl ENOTTY; the rest is there */

struct file {
	const struct file_ops *ops;
	struct handles *handles;	/* borrowed */
	uint64_t handle;	/* the kernel's name for it */
	bool is_open;		/* the kernel has been told the handle */
	struct tree *tree;	/* borrowed */
	struct inode *inode;	/* counted in n_files */
	struct fuse_pollhandle *poll;	/* the newest; NULL: nobody asked yet */
};

/* An OPEN on its way. */
struct opening {
	struct tree *tree;
	struct inode *inode;
	struct handles *handles;
	struct request *request;
	bool nonblock;
	bool wants_write;
};

/* Each answers the request, now or later, with the open file or the error.
 * When the kernel does not take the answer, whoever opened undoes it. */
void channel_file_open(const struct opening *o, struct device_port *p);
void attr_file_open(const struct opening *o, struct node *n);
void stored_file_open(const struct opening *o, struct node *n);
void event_file_open(const struct opening *o, struct events *e);

/* For the kinds: a file of @size bytes, with a handle and in the request.  NULL
 * without memory, and the request was answered with that. */
void *file_new(const struct opening *o, const struct file_ops *ops, size_t size);
/* Frees what was not opened, or is closed; safe on NULL. */
void file_free(struct file *f);

/* Poll may answer differently now: wakes whoever polls.  Takes no lock of the
 * kernel that a request could wait for, unlike the other notifications. */
void file_changed(struct file *f);
