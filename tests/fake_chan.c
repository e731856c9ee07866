#include "tests/fake_chan.h"
#include <check.h>

struct fake f;
struct fake_user *const u = &f.users[0];

void chan0_setup_closed(void)
{
	fake_init(&f);
	fake_start(&f);
	fake_boot(&f);
}

void chan0_setup(void)
{
	chan0_setup_closed();
	fake_open(&f, 0);
	fake_forget(&f);
}

void chan0_teardown(void)
{
	fake_fini(&f);
}

void chan0_submit(enum link_dir dir, unsigned int slot)
{
	ck_assert_int_eq(fake_submit(&f, 0, dir, slot, 100), LINK_OK);
}

void chan0_submit_n(enum link_dir dir, unsigned int n)
{
	for (unsigned int slot = 0; slot < n; slot++)
		chan0_submit(dir, slot);
	fake_settle(&f);
}

void chan0_close(void)
{
	f.link->ops->close(f.link, 0);
	fake_settle(&f);
}

void chan0_expect_done(unsigned int i, enum link_dir dir, unsigned int slot, int status,
		       uint32_t len)
{
	ck_assert_uint_lt(i, u->n_done);
	ck_assert_int_eq(u->done[i].dir, dir);
	ck_assert_uint_eq(u->done[i].slot, slot);
	ck_assert_int_eq(u->done[i].status, status);
	ck_assert_uint_eq(u->done[i].len, len);
}
