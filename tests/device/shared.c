#include "shared.h"

enum { TIMEOUT_S = 60 };

static struct mount mount;
struct mount *const m = &mount;

static void start_plain(void)
{
	mount_init(m);
	mount_start(m, "");
}

static void stop(void)
{
	mount_stop(m);
}

static void before_each(void)
{
	mount_settle(m);
}

TCase *shared_case(const char *name, void (*start)(void))
{
	TCase *tc = tcase_create(name);

	tcase_add_unchecked_fixture(tc, start ? start : start_plain, stop);
	tcase_add_checked_fixture(tc, before_each, NULL);
	tcase_set_timeout(tc, TIMEOUT_S);
	return tc;
}
