#include "cli/sandbox.h"
#include "cli/capabilities.h"
#include "cli/syscalls.h"
#include "fs/mountpoint.h"
#include "io/log.h"
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static bool is_handed_in(const struct options *o)
{
	return mountpoint_fd(o->mountpoint) >= 0;
}

static bool has_tty(const struct spec *s)
{
	for (unsigned int i = 0; i < s->n_options; i++)
		if (!strncmp(s->options[i].key, "tty.", 4))
			return true;
	return false;
}

/* What a device needs again when it comes back.  Nodes in /dev belong to root,
 * who opens them without any; a peer's socket may belong to its user. */
static unsigned int rights_for(const struct spec *s)
{
	const char *iommu = spec_option(s, "iommu");
	unsigned int rights = 0;

	if (s->transport == SPEC_VFIO)
		rights |= RIGHT_LOCK_MEMORY;
	if (s->transport == SPEC_VFIO && iommu && !strcmp(iommu, "unsafe-none"))
		rights |= RIGHT_RAW_MEMORY | RIGHT_ADMIN;
	if (s->transport == SPEC_VFIO_USER || s->transport == SPEC_VHOST_USER)
		rights |= RIGHT_OTHERS_FILES;
	if (has_tty(s))
		rights |= RIGHT_OTHERS_FILES | RIGHT_OWNERS;
	return rights;
}

static void drop_capabilities(const struct options *o)
{
	unsigned int rights = 0;
	int r;

	for (unsigned int i = 0; i < o->n_specs; i++)
		rights |= rights_for(&o->specs[i]);
	r = capabilities_drop(rights, is_handed_in(o) ? 0 : RIGHT_ADMIN);
	if (r == -EOPNOTSUPP)
		log_debug(NULL, "built without libcap-ng: capabilities are kept");
	else if (r)
		log_warn(NULL, "capabilities are kept: %s", strerror(-r));
}

static void filter_syscalls(const struct options *o)
{
	int r = syscalls_filter(o->sandbox == SANDBOX_KILL ? SYSCALLS_KILL : SYSCALLS_REFUSE);

	if (r == -EOPNOTSUPP)
		log_debug(NULL, "built without libseccomp: system calls are not filtered");
	else if (r)
		log_warn(NULL, "system calls are not filtered: %s", strerror(-r));
}

void sandbox_enter(const struct options *o)
{
	if (o->sandbox == SANDBOX_OFF)
		return;
	drop_capabilities(o);
	/* Its rights come from being set-uid, and from being started at all. */
	if (geteuid() && !is_handed_in(o)) {
		log_debug(NULL, "fusermount3 is needed to unmount: system calls are not filtered");
		return;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		log_warn(NULL, "privileges can still be gained: %s", strerror(errno));
	filter_syscalls(o);
}

void sandbox_before_unmount(void)
{
	capabilities_raise(RIGHT_ADMIN);
}
