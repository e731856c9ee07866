/*
 * config_apply - lays what a section of the configuration says over a
 * profile.
 */
#pragma once
#include "device/config_grammar.h"
#include "device/profile.h"

/* @section is a "profile" or "device".  0; -EINVAL or -ENOMEM with a sentence
 * in @ret_why (caller's): @p is then good only for profile_free(). */
int config_apply(cfg_t *section, struct profile *p, struct text *ret_why);
