/*
 * rpmsg_name - how the file of an endpoint is called.
 */
#pragma once
#include "rpmsg/bus.h"

enum { RPMSG_FILE_LEN = 65 };	/* text_is_name(), and the NUL */

/* Bytes that no file name may have, and '%', as %XX.  @round: 0 the name alone,
 * then NAME.SRC.DST, and with one more number each further round.  Always
 * text_is_name(). */
void rpmsg_file_name(const struct rpmsg_endpoint *e, unsigned int round,
		     char ret_name[RPMSG_FILE_LEN]);
