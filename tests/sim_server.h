/* sim_server - the simulated modem in a process of its own, for tests. */
#pragma once
#include <sys/types.h>

struct sim_server {
	char folder[64];	/* removed at the end */
	char path[96];		/* of the socket */
	pid_t pid;
};

/* Returns when it listens. */
void sim_server_start(struct sim_server *s);
void sim_server_kill(struct sim_server *s);	/* SIGKILL: the card is pulled */
void sim_server_stop(struct sim_server *s);	/* and removes the folder; safe after kill */

/* A connected socket to it, and to any other path. */
int sim_server_connect(const char *path);
