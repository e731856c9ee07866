#include "cli/capabilities.h"
#include <config.h>
#include <errno.h>

#ifdef DROPS_CAPABILITIES
#include "base/bytes.h"
#include <cap-ng.h>

static const struct {
	unsigned int right;
	unsigned int capability;
} table[] = {
	{ RIGHT_LOCK_MEMORY, CAP_IPC_LOCK },
	{ RIGHT_RAW_MEMORY, CAP_SYS_RAWIO },
	{ RIGHT_ADMIN, CAP_SYS_ADMIN },
	{ RIGHT_OTHERS_FILES, CAP_DAC_OVERRIDE },
	{ RIGHT_OWNERS, CAP_CHOWN },
	{ RIGHT_OWNERS, CAP_FOWNER },
};

static unsigned int permitted(void)
{
	unsigned int has = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++)
		if (capng_have_capability(CAPNG_PERMITTED, table[i].capability))
			has |= 1u << i;
	return has;
}

static void add(capng_type_t set, unsigned int rights, unsigned int has)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++)
		if (rights & table[i].right && has & 1u << i)
			capng_update(CAPNG_ADD, set, table[i].capability);
}

int capabilities_drop(unsigned int now, unsigned int later)
{
	unsigned int has;

	if (capng_get_caps_process())
		return -EIO;
	has = permitted();
	/* Nothing is executed any more, so the bounding set is only for show;
	 * to change it takes a right that the process may not have. */
	if (capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP)) {
		capng_clear(CAPNG_SELECT_BOUNDS);
		if (capng_apply(CAPNG_SELECT_BOUNDS))
			return -EPERM;
	}
	capng_clear(CAPNG_SELECT_CAPS);
	add(CAPNG_EFFECTIVE | CAPNG_PERMITTED, now, has);
	add(CAPNG_PERMITTED, later, has);
	return capng_apply(CAPNG_SELECT_CAPS) ? -EPERM : 0;
}

void capabilities_raise(unsigned int rights)
{
	if (capng_get_caps_process())
		return;
	add(CAPNG_EFFECTIVE, rights, permitted());
	capng_apply(CAPNG_SELECT_CAPS);	/* else unmounting tells */
}
#else
int capabilities_drop(unsigned int now, unsigned int later)
{
	(void)now, (void)later;
	return -EOPNOTSUPP;
}

void capabilities_raise(unsigned int rights)
{
	(void)rights;
}
#endif
