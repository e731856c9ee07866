/*
 * vhost_front - a whole front-end for tests of the vhost-user back-end: a served
 * device, memory to share with it, two rings in it, and the usual way to say
 * things.  Guest and user addresses are apart, and the region begins inside
 * its file and inside a page of it.
 */
#pragma once
#include "serve/vhost_server.h"
#include "tests/vhost_client.h"
#include "virtio/vring.h"

enum {
	FRONT_N = 8,			/* elements of a queue */
	FRONT_BUFFER = 64,		/* bytes */
	FRONT_OFFSET = 0x1800,		/* of the region in the file */
	FRONT_REGION = 0x4000,		/* bytes of the region */
	FRONT_FILE = FRONT_OFFSET + FRONT_REGION,
};
#define FRONT_GUEST 0x80000000ULL
#define FRONT_USER 0x7f0000000000ULL

struct vhost_front {
	char folder[64], path[96];
	struct loop *loop;
	struct vhost_server *server;
	struct vhost_client client;
	unsigned int n_fds_before;	/* open ones, with nobody attached */
	int fd;				/* of the memory */
	uint8_t *cpu;			/* of the region; NULL: front_open() is to come */
	struct vring rings[2];
	struct vring_chain chains[2][FRONT_N];
	int kick[2], call[2];
	unsigned int n_sent;
};

extern struct vhost_front front;
extern const struct vhu_region front_region;

/* A fixture: a device of type rpmsg is served, by fake_sim_virtio. */
void front_setup(void);
void front_teardown(void);
/* Serves another instead. */
void front_serve(const char *type, bool takes_unsealed);
void front_turns(unsigned int n);

int front_file(size_t len, int seals);
void front_open(void);		/* memory and eventfds; not told yet */
void front_close(void);

/* What is said must be taken. */
void front_connect(void);
void front_agree(uint64_t protocol);
void front_attach(uint64_t protocol);	/* connected, agreed, and the memory is told */
void front_set_addr(unsigned int q);
void front_set_queue(unsigned int q, uint16_t base);	/* all of it but ENABLE */
void front_enable(uint32_t is);
void front_run(void);		/* attached, and both queues run */
bool front_is_running(void);	/* both queues */
/* Everything goes, and no descriptor stays. */
void front_leave(void);

/* Says a table of regions; @n is what it says, @n_fds what it has. */
enum vhost_outcome front_table(const struct vhu_region *regions, unsigned int n, const int *fds,
			       unsigned int n_fds);

void front_ring_init(unsigned int q);
void front_post_all(void);
void front_send(const char *text);
bool front_receive(char *ret_text);	/* FRONT_BUFFER + 1 bytes */
void front_echo(const char *text);
