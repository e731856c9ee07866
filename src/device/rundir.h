/*
 * rundir - small files of this machine's daemons below /run/mhifs, one for each
 * address or path that they are about.
 */
#pragma once
#include "base/text.h"

/* Appends the file of @about in @folder ("lock"), which is made when it is
 * missing and may be: '/' is '%' in its name, and a long one loses its
 * beginning. */
void rundir_path(const char *folder, const char *about, struct text *ret_path);
