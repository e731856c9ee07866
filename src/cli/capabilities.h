/*
 * capabilities - the few of root's rights that a daemon that serves may need.
 */
#pragma once

enum right {
	RIGHT_LOCK_MEMORY = 1,	/* CAP_IPC_LOCK: DMA memory beyond the limit */
	RIGHT_RAW_MEMORY = 2,	/* CAP_SYS_RAWIO: a function without an IOMMU */
	RIGHT_ADMIN = 4,	/* CAP_SYS_ADMIN: umount, addresses of memory */
	RIGHT_OTHERS_FILES = 8,	/* CAP_DAC_OVERRIDE: sockets and folders of users */
	RIGHT_OWNERS = 16,	/* CAP_CHOWN, CAP_FOWNER: terminals for a group */
};

/* Drops all but @now, and keeps @later out of force until it is raised.  Sets
 * of enum right; what the process has not got is not asked for.  0 or -errno,
 * -EOPNOTSUPP when the build has no libcap-ng. */
int capabilities_drop(unsigned int now, unsigned int later);
/* Puts into force what was kept for it; without effect else. */
void capabilities_raise(unsigned int rights);
