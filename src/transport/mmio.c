#include "transport/mmio.h"
#include <endian.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>

/* Where to go on when the access at hand faults. */
static sigjmp_buf rescue;
static volatile sig_atomic_t is_guarded;

static void on_sigbus(int signo)
{
	if (is_guarded) {
		is_guarded = 0;
		siglongjmp(rescue, 1);
	}
	signal(signo, SIG_DFL);
	raise(signo);
}

int mmio_init(void)
{
	/* SA_NODEFER: the jump out of the handler leaves the signal open. */
	struct sigaction action = { .sa_handler = on_sigbus, .sa_flags = SA_NODEFER };

	sigemptyset(&action.sa_mask);
	return sigaction(SIGBUS, &action, NULL) < 0 ? -errno : 0;
}

int mmio_read32(const volatile uint32_t *at, uint32_t *ret_value)
{
	uint32_t value;

	if (sigsetjmp(rescue, 0))
		return -ENODEV;
	is_guarded = 1;
	value = *at;
	is_guarded = 0;
	*ret_value = le32toh(value);
	return 0;
}

int mmio_write32(volatile uint32_t *at, uint32_t value)
{
	if (sigsetjmp(rescue, 0))
		return -ENODEV;
	is_guarded = 1;
	*at = htole32(value);
	is_guarded = 0;
	return 0;
}
