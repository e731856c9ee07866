/*
 * vhost_server - shows the simulated virtio device to another process over
 * vhost-user: mhifs, or a virtual machine, attaches to it.
 *
 * One front-end at a time; when it leaves, at whatever byte, nothing of it
 * stays, and the next one finds the device as after power-on.  It is not
 * trusted: what it says is checked here and in vhost_device.
 */
#pragma once
#include "base/text.h"
#include "serve/vhost_device.h"

struct vhost_server;

struct vhost_server_config {
	const char *path;	/* of the socket; an abandoned one is replaced */
	const char *type;	/* as sim_virtio_new() */
	const char *mood;
	uint64_t seed;
	bool takes_unsealed;	/* memory that the front-end could take away again */
	uint64_t without;	/* protocol features not offered: VHU_P_... */
	bool is_old;		/* offers no protocol features at all */
};

/* @l, and what @c points to, are borrowed.  0 or -errno with one sentence in
 * @ret_why (caller's).  -EADDRINUSE: another server listens there. */
int vhost_server_open(struct loop *l, const struct vhost_server_config *c,
		      struct vhost_server **ret_server, struct text *ret_why);
void vhost_server_close(struct vhost_server *s);	/* removes the socket; safe on NULL */

struct vhost_device *vhost_server_device(struct vhost_server *s);
/* The device fails: the front-end is told, or loses its connection. */
void vhost_server_crash(struct vhost_server *s);
/* Ends the connection, if there is one; the next front-end may come. */
void vhost_server_hang_up(struct vhost_server *s);
