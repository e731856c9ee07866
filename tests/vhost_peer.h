/*
 * vhost_peer - a vhost-user back-end for tests, in this process, that is honest
 * but for one lie at one message.  It works only inside vhost_peer_step().
 */
#pragma once
#include "transport/vhost_user_wire.h"

enum vhost_lie {
	LIE_NONE,
	/* Instead of a reply, or at a message that gets none. */
	LIE_CLOSE,
	LIE_UNASKED,		/* says what nobody asked, also after a reply */
	/* Only where there is a reply. */
	LIE_SILENCE,
	LIE_HALF_HEADER,
	LIE_TRICKLE,		/* a byte for each vhost_peer_step() */
	LIE_REQUEST,		/* another request's number */
	LIE_FLAGS_1, LIE_FLAGS_4, LIE_FLAGS_D,
	LIE_SIZE_0, LIE_SIZE_4, LIE_SIZE_16, LIE_SIZE_HUGE,
	LIE_FDS_1, LIE_FDS_8,
	LIE_ALL_ONES,		/* the payload */
	LIE_END,
};

struct vhost_peer {
	char path[108];
	int listen_fd;
	struct msgsock sock;	/* fd -1: nobody is connected */
	/* What it is. */
	uint64_t features, protocol, queue_num;
	uint8_t config[8];
	/* Its status has and lacks these bits beside what it was told, once @status_at
	 * was. */
	uint64_t status_has, status_lacks;
	uint8_t status_at;
	enum vhost_lie lie;
	unsigned int lie_at;	/* message, from 0 */
	/* What it heard. */
	unsigned int n_messages;
	unsigned int n_of[64];	/* by request */
	uint32_t requests[64];	/* in order */
	uint64_t accepted, accepted_protocol;
	uint8_t status;
	struct vhu_region region;
	struct vhu_addr addr[2];
	int fds[2][3];		/* ERR, CALL, KICK of each queue; -1 */
	bool has_lied;		/* its lie was said */
	bool has_ended;
	uint8_t trickle[512];
	size_t trickle_len, trickle_at;
};

void vhost_peer_init(struct vhost_peer *p, const char *path);
void vhost_peer_fini(struct vhost_peer *p);
/* Handles what has come.  False: nothing had. */
bool vhost_peer_step(struct vhost_peer *p);
