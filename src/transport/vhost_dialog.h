/*
 * vhost_dialog - questions to a vhost-user back-end, one at a time, and its
 * replies.
 *
 * The back-end is not trusted.  A reply to another question or of another size,
 * flags or descriptors that none has, words nobody asked for, and more than five seconds
 * of silence all end the dialog.
 */
#pragma once
#include "base/text.h"
#include "io/loop.h"
#include "transport/vhost_user_wire.h"

struct vhost_question {
	enum vhu_request request;
	const void *payload;	/* borrowed */
	size_t len;
	int fd;			/* goes along; borrowed; -1: none */
	size_t reply_len;	/* 0: at most an acknowledgement */
	bool is_plain;		/* never asks for an acknowledgement */
};

struct vhost_dialog_ops {
	/* reply_len bytes, or 0: acknowledged, or a GET_CONFIG refused. */
	void (*replied)(void *user, const void *payload, size_t len);
	/* Over: -ENODEV the other side left or is silent, -EPROTO it broke a rule, else
	 * -errno.  The sentence is in dialog->why; the owner calls fini. */
	void (*lost)(void *user, int status);
};

struct vhost_dialog {
	struct loop *loop;	/* borrowed */
	struct msgsock sock;
	struct loop_fd *watch;
	struct timer patience;
	const struct vhost_dialog_ops *ops;
	void *user;		/* borrowed */
	struct text why;	/* it ended */
	enum vhu_request asked;
	size_t reply_len;
	bool is_waiting;	/* for the reply to @asked */
	bool has_acks;		/* REPLY_ACK was agreed on; the owner sets it */
};

/* Takes @fd.  0 or -ENOMEM. */
int vhost_dialog_init(struct vhost_dialog *d, struct loop *l, int fd,
		      const struct vhost_dialog_ops *ops, void *user);
void vhost_dialog_fini(struct vhost_dialog *d);	/* safe twice */

enum { VHOST_ASKED, VHOST_TOLD };	/* a reply comes; none does */

/* Nothing is being waited for.  -errno: over, as in lost(), which is not called. */
int vhost_dialog_ask(struct vhost_dialog *d, const struct vhost_question *q);

const char *vhost_request_name(enum vhu_request request);
