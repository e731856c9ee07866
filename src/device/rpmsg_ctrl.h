/*
 * rpmsg_ctrl - the file rpmsg/ctrl: takes the ioctls of the kernel's
 * /dev/rpmsg_ctrlN, with its numbers and its errors.  It shows what the bus
 * counted, a line KEY=COUNT each (struct rpmsg_bus_counts), and a line
 * endpoint.NAME=SRC DST local or announced each.
 *
 * CREATE_EPT makes an endpoint that is not announced, CREATE_DEV one that is;
 * RELEASE_DEV and DESTROY_EPT end either.  DESTROY_EPT belongs to the file of
 * the endpoint, not here.
 *
 * Source: Linux drivers/rpmsg/rpmsg_ctrl.c, rpmsg_char.c.
 */
#pragma once
#include "device/node.h"
#include "rpmsg/bus.h"

struct rpmsg_ctrl {
	struct node node;
	struct rpmsg_bus *bus;	/* borrowed */
	bool has_ended;
};

void rpmsg_ctrl_init(struct rpmsg_ctrl *c, struct rpmsg_bus *b);
/* The device leaves: who still has the file open gets -ENODEV. */
void rpmsg_ctrl_end(struct rpmsg_ctrl *c);
