/*
 * syscalls - the system calls that a daemon that serves makes, and no others.
 *
 * The list is what the tests on real mounts need, run with SYSCALLS_KILL, and
 * what the C library may make of the same calls on other machines.
 */
#pragma once

enum syscalls_mode {
	SYSCALLS_REFUSE,	/* a call not on the list fails with ENOSYS */
	SYSCALLS_KILL,		/* it ends the process with SIGSYS */
};

/* For this process and its children, for good; needs PR_SET_NO_NEW_PRIVS or
 * CAP_SYS_ADMIN.  Starting a program, tracing, mounting and the like end the
 * process in both modes.  0 or -errno, -EOPNOTSUPP when the build has no
 * libseccomp. */
int syscalls_filter(enum syscalls_mode mode);
