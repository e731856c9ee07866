/*
 * server - shows the simulated modem to another process as a PCI function,
 * over vfio-user: mhifs, or a virtual machine, attaches to it.
 *
 * One client at a time; when it leaves, its memory and interrupts go, the
 * device keeps its state, and the next client finds it so.  The client is not
 * trusted: every size, offset and count is checked, and what it did not share
 * is not touched.
 */
#pragma once
#include "base/text.h"
#include "io/loop.h"
#include "serve/function.h"

struct server;

struct server_config {
	const char *path;	/* of the socket; an abandoned one is replaced */
	struct function_config function;
};

/* @l, and what @c points to, are borrowed.  0 or -errno with one sentence in
 * @ret_why (caller's).  -EADDRINUSE: another server listens there. */
int server_open(struct loop *l, const struct server_config *c,
		struct server **ret_server, struct text *ret_why);
void server_close(struct server *s);	/* removes the socket; safe on NULL */

struct sim *server_sim(struct server *s);
struct function *server_function(struct server *s);
