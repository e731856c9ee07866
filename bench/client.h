/*
 * client - what a program does with a file: the same calls against a floor
 * and against a channel, so that the two differ in nothing else.
 */
#pragma once
#include "bench/measure.h"

int write_all(int fd, const void *data, size_t len);	/* 0 or -errno */
int read_all(int fd, void *data, size_t len);		/* -EPIPE at the end */

/* Sends len bytes and waits for as many: an operation of sample_ops(). */
struct echo_client {
	int in, out;
	uint8_t *buf;
	size_t len;
	const struct effort *effort;	/* of client_echo_take() */
};
int client_echo(void *user);
int client_echo_take(void *user, struct sample *ret_sample);

/* Calls of one size in one direction, until the effort's bulk is done. */
struct bulk_client {
	int fd;
	uint8_t *buf;
	size_t len;
	const struct effort *effort;
	pid_t server;		/* whose CPU time counts, 0: nobody's */
	double cpu_ms_per_mib;	/* of the server in the last sample */
};
int client_write_take(void *user, struct sample *ret_sample);
int client_read_take(void *user, struct sample *ret_sample);
/* The same, but the figure is the server's CPU time: ms per MiB. */
int client_write_cpu_take(void *user, struct sample *ret_sample);
int client_read_cpu_take(void *user, struct sample *ret_sample);
