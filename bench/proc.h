/* proc - what the kernel says about a process. */
#pragma once
#include <stdint.h>
#include <sys/types.h>

/* A number of /proc/PID/status by its key; 0 when there is none. */
uint64_t proc_status(pid_t pid, const char *key);
uint64_t proc_switches(pid_t pid);	/* context switches, of both kinds */
uint64_t proc_ticks(pid_t pid);		/* CPU time as the kernel counts it */
