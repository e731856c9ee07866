/* mhi-sim - what the files of mhi-sim(1) share. */
#pragma once
#include "serve/vhost_server.h"

/* Serves a virtio device until told to end; returns the exit status. */
int sim_serve_vhost(const struct vhost_server_config *c);
