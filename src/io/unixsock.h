/*
 * unixsock - stream sockets that have a path.  Both ends are non-blocking and
 * closed on exec.
 */
#pragma once
#include "base/text.h"

/* A listening descriptor, or -errno with one sentence in @ret_why (caller's).  A
 * socket that nobody listens on any more is replaced; what is no socket is
 * left alone (-ENOTSOCK).  -EADDRINUSE: somebody listens there. */
int unixsock_listen(const char *path, struct text *ret_why);

/* A connected descriptor, or -errno with the beginning of a sentence in @ret_why, to which
 * the caller adds who should listen there.  -ENOTSOCK: something else has that name. */
int unixsock_connect(const char *path, struct text *ret_why);
