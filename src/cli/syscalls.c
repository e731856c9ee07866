#include "cli/syscalls.h"
#include <config.h>
#include <errno.h>

#ifdef FILTERS_SYSCALLS
#include "base/bytes.h"
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Names that a machine has not got are skipped by libseccomp. */
static const int allowed[] = {
	/* files */
	SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(preadv), SCMP_SYS(preadv2),
	SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(pwrite64), SCMP_SYS(pwritev),
	SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(openat2), SCMP_SYS(close),
	SCMP_SYS(close_range), SCMP_SYS(lseek), SCMP_SYS(_llseek),
	SCMP_SYS(stat), SCMP_SYS(fstat), SCMP_SYS(lstat), SCMP_SYS(newfstatat),
	SCMP_SYS(stat64), SCMP_SYS(fstat64), SCMP_SYS(lstat64), SCMP_SYS(fstatat64),
	SCMP_SYS(statx), SCMP_SYS(statfs), SCMP_SYS(fstatfs), SCMP_SYS(statfs64),
	SCMP_SYS(fstatfs64), SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2),
	SCMP_SYS(getdents), SCMP_SYS(getdents64), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
	SCMP_SYS(getcwd), SCMP_SYS(chdir), SCMP_SYS(umask), SCMP_SYS(flock),
	SCMP_SYS(mkdir), SCMP_SYS(mkdirat), SCMP_SYS(rmdir), SCMP_SYS(unlink),
	SCMP_SYS(unlinkat), SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2),
	SCMP_SYS(symlink), SCMP_SYS(symlinkat), SCMP_SYS(chmod), SCMP_SYS(fchmod),
	SCMP_SYS(fchmodat), SCMP_SYS(chown), SCMP_SYS(fchown), SCMP_SYS(fchownat),
	SCMP_SYS(chown32), SCMP_SYS(fchown32), SCMP_SYS(fsync), SCMP_SYS(fdatasync),
	SCMP_SYS(ftruncate), SCMP_SYS(ftruncate64), SCMP_SYS(fallocate),
	SCMP_SYS(dup), SCMP_SYS(dup2), SCMP_SYS(dup3), SCMP_SYS(fcntl), SCMP_SYS(fcntl64),
	SCMP_SYS(pipe), SCMP_SYS(pipe2), SCMP_SYS(memfd_create),
	SCMP_SYS(inotify_init1), SCMP_SYS(inotify_add_watch), SCMP_SYS(inotify_rm_watch),
	/* waiting, time */
	SCMP_SYS(epoll_create), SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_pwait2),
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(ppoll_time64), SCMP_SYS(select),
	SCMP_SYS(_newselect), SCMP_SYS(pselect6), SCMP_SYS(pselect6_time64),
	SCMP_SYS(eventfd2), SCMP_SYS(signalfd4), SCMP_SYS(timerfd_create),
	SCMP_SYS(timerfd_settime), SCMP_SYS(timerfd_settime64), SCMP_SYS(timerfd_gettime),
	SCMP_SYS(timerfd_gettime64), SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep),
	SCMP_SYS(clock_nanosleep_time64), SCMP_SYS(clock_gettime), SCMP_SYS(clock_gettime64),
	SCMP_SYS(clock_getres), SCMP_SYS(clock_getres_time64), SCMP_SYS(gettimeofday),
	SCMP_SYS(time), SCMP_SYS(restart_syscall), SCMP_SYS(sched_yield),
	/* memory */
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(msync),
	SCMP_SYS(mlock), SCMP_SYS(munlock), SCMP_SYS(futex), SCMP_SYS(futex_time64),
	SCMP_SYS(rseq), SCMP_SYS(set_robust_list), SCMP_SYS(set_tid_address),
	/* signals; ourselves and our children */
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sigreturn), SCMP_SYS(sigaltstack), SCMP_SYS(exit), SCMP_SYS(exit_group),
	SCMP_SYS(wait4), SCMP_SYS(waitid), SCMP_SYS(waitpid), SCMP_SYS(fork), SCMP_SYS(pidfd_open),
	SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getppid), SCMP_SYS(getuid),
	SCMP_SYS(getuid32), SCMP_SYS(geteuid), SCMP_SYS(geteuid32), SCMP_SYS(getgid),
	SCMP_SYS(getgid32), SCMP_SYS(getegid), SCMP_SYS(getegid32), SCMP_SYS(getrandom),
	SCMP_SYS(getrlimit), SCMP_SYS(ugetrlimit), SCMP_SYS(getrusage), SCMP_SYS(sysinfo),
	SCMP_SYS(uname), SCMP_SYS(sched_getaffinity), SCMP_SYS(capget), SCMP_SYS(capset),
	/* sockets, once there is one; socket() itself see below */
	SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(getsockname), SCMP_SYS(getpeername),
	SCMP_SYS(getsockopt), SCMP_SYS(setsockopt), SCMP_SYS(send), SCMP_SYS(sendto),
	SCMP_SYS(sendmsg), SCMP_SYS(sendmmsg), SCMP_SYS(recv), SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg), SCMP_SYS(recvmmsg), SCMP_SYS(shutdown),
};

/* What no mistake of ours asks for, only somebody else's code. */
static const int deadly[] = {
	SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev),
	SCMP_SYS(mount), SCMP_SYS(move_mount), SCMP_SYS(open_tree), SCMP_SYS(fsopen),
	SCMP_SYS(fsmount), SCMP_SYS(mount_setattr), SCMP_SYS(pivot_root), SCMP_SYS(chroot),
	SCMP_SYS(setns), SCMP_SYS(unshare), SCMP_SYS(bpf), SCMP_SYS(perf_event_open),
	SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(delete_module),
	SCMP_SYS(kexec_load), SCMP_SYS(kexec_file_load), SCMP_SYS(reboot),
	SCMP_SYS(swapon), SCMP_SYS(iopl), SCMP_SYS(ioperm), SCMP_SYS(userfaultfd),
};

enum { NAMESPACES = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
		    CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET };

#define HAS_NONE(arg, bits) SCMP_CMP(arg, SCMP_CMP_MASKED_EQ, (bits), 0)
#define HAS_ALL(arg, bits) SCMP_CMP(arg, SCMP_CMP_MASKED_EQ, (bits), (bits))
#define IS(arg, value) SCMP_CMP(arg, SCMP_CMP_EQ, (value))
#define IOCTLS_OF(letter) SCMP_CMP(1, SCMP_CMP_MASKED_EQ, 0xff00, (letter) << 8)

static const struct {
	int number;
	struct scmp_arg_cmp when;
} allowed_when[] = {
	{ SCMP_SYS(mmap), HAS_NONE(2, PROT_EXEC) },
	{ SCMP_SYS(mmap2), HAS_NONE(2, PROT_EXEC) },
	{ SCMP_SYS(mprotect), HAS_NONE(2, PROT_EXEC) },
	{ SCMP_SYS(socket), IS(0, AF_UNIX) },
	{ SCMP_SYS(socket), IS(0, AF_NETLINK) },	/* udev */
	{ SCMP_SYS(socketpair), IS(0, AF_UNIX) },
	{ SCMP_SYS(ioctl), IOCTLS_OF(';') },		/* VFIO, iommufd */
	{ SCMP_SYS(ioctl), IOCTLS_OF('U') },		/* USB */
	{ SCMP_SYS(ioctl), IOCTLS_OF('T') },		/* terminals */
	{ SCMP_SYS(clone), HAS_NONE(0, NAMESPACES) },
	{ SCMP_SYS(prlimit64), IS(2, 0) },		/* only asks */
	{ SCMP_SYS(prctl), IS(0, PR_SET_NAME) },
	{ SCMP_SYS(prctl), IS(0, PR_SET_PDEATHSIG) },
	{ SCMP_SYS(prctl), IS(0, PR_CAPBSET_READ) },
	{ SCMP_SYS(prctl), IS(0, PR_CAP_AMBIENT) },
	{ SCMP_SYS(umount2), HAS_NONE(1, ~(uint32_t)(MNT_DETACH | UMOUNT_NOFOLLOW)) },
};

static int allow(scmp_filter_ctx f)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(allowed) && !r; i++)
		r = seccomp_rule_add(f, SCMP_ACT_ALLOW, allowed[i], 0);
	for (size_t i = 0; i < ARRAY_SIZE(allowed_when) && !r; i++)
		r = seccomp_rule_add(f, SCMP_ACT_ALLOW, allowed_when[i].number, 1,
				     allowed_when[i].when);
	/* abort() */
	if (!r)
		r = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
				     IS(0, (scmp_datum_t)getpid()));
	return r;
}

static int kill_for(scmp_filter_ctx f)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(deadly) && !r; i++)
		r = seccomp_rule_add(f, SCMP_ACT_KILL_PROCESS, deadly[i], 0);
	return r;
}

/* Loading a module of the name service fails, and with it the question.  The
 * flags of clone3() lie in memory; for ENOSYS the C library takes clone(). */
static int build(scmp_filter_ctx f, enum syscalls_mode mode)
{
	int r = allow(f);

	if (!r)
		r = seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(mmap), 1,
				     HAS_ALL(2, PROT_EXEC));
	/* libseccomp refuses a rule for what is done anyway. */
	if (!r && mode == SYSCALLS_KILL)
		r = seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	else if (!r)
		r = kill_for(f);
	return r;
}

int syscalls_filter(enum syscalls_mode mode)
{
	scmp_filter_ctx f = seccomp_init(mode == SYSCALLS_KILL ? SCMP_ACT_KILL_PROCESS :
					 SCMP_ACT_ERRNO(ENOSYS));
	int r;

	if (!f)
		return -ENOMEM;
	r = seccomp_attr_set(f, SCMP_FLTATR_CTL_NNP, 0);
	if (!r)
		r = build(f, mode);
	if (!r)
		r = seccomp_load(f);
	seccomp_release(f);
	return r;
}
#else
int syscalls_filter(enum syscalls_mode mode)
{
	(void)mode;
	return -EOPNOTSUPP;
}
#endif
