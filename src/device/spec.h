/*
 * spec - what the command line names: TRANSPORT:ADDRESS[,key=value...]; a few
 * options are a bare word.
 */
#pragma once
#include "base/text.h"

enum spec_transport { SPEC_LOOPBACK, SPEC_VFIO, SPEC_VFIO_USER, SPEC_USB, SPEC_VHOST_USER };

struct spec_option {
	char *key, *value;
};

struct spec {
	enum spec_transport transport;
	char *address;		/* loopback: the profile; "" when not given */
	struct spec_option *options;
	unsigned int n_options;
};

/* 0, or -EINVAL and one sentence in @ret_why (caller's).  */
int spec_parse(const char *text, struct spec *ret_spec, struct text *ret_why);
void spec_fini(struct spec *s);
int spec_copy(const struct spec *s, struct spec *ret_copy);	/* 0 or -ENOMEM */
/* NULL when absent, "" for a bare word. */
const char *spec_option(const struct spec *s, const char *key);
const char *spec_transport_name(enum spec_transport t);
