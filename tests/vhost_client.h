/*
 * vhost_client - a vhost-user front-end for tests that says one message after
 * the other, sound or not, to a server whose loop it turns itself.
 */
#pragma once
#include "io/loop.h"
#include "transport/vhost_user_wire.h"

struct vhost_client {
	struct loop *loop;	/* borrowed */
	int fd;
	bool has_acks;		/* NEED_REPLY goes along, and an answer is awaited */
	bool is_closed;		/* by the server */
};

/* What became of a message. */
enum vhost_outcome { VHOST_TAKEN, VHOST_REFUSED, VHOST_REPLIED, VHOST_CLOSED, VHOST_NOTHING };

void vhost_client_open(struct vhost_client *c, struct loop *l, const char *path);
void vhost_client_close(struct vhost_client *c);	/* and lets the server notice */

/* @fds are borrowed.  @ret_reply may be NULL. */
enum vhost_outcome vhost_client_say(struct vhost_client *c, uint32_t request, const void *payload,
				    size_t len, const int *fds, unsigned int n_fds,
				    union vhu_payload *ret_reply);
enum vhost_outcome vhost_client_u64(struct vhost_client *c, uint32_t request, uint64_t value);
enum vhost_outcome vhost_client_state(struct vhost_client *c, uint32_t request, uint32_t index,
				      uint32_t num);
/* The value of a question that has a u64 as its answer. */
uint64_t vhost_client_ask(struct vhost_client *c, uint32_t request);
/* @which: VHU_SET_VRING_KICK and so on. */
enum vhost_outcome vhost_client_fd(struct vhost_client *c, uint32_t which, uint32_t queue, int fd);
