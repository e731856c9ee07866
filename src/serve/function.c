#include "serve/function.h"
#include "sim/fault.h"
#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* The modem's side. */

static bool on_reach(void *bus, iova_t iova, enum sim_access access,
		     struct sim_window *ret_window)
{
	struct function *f = bus;

	return !f->is_pulled && config_may_dma(&f->space) &&
	       windows_reach(f->windows, iova, access, ret_window);
}

void function_raise(struct function *f, unsigned int vector)
{
	if (vector < FUNCTION_VECTORS && f->vectors[vector] >= 0 && !f->is_pulled)
		eventfd_write(f->vectors[vector], 1);
}

static void on_raise(void *bus, unsigned int vector)
{
	function_raise(bus, vector);
}

static void on_wants_turn(void *bus)
{
	struct function *f = bus;

	loop_defer(f->loop, &f->turn);
}

static void on_complain(void *bus, const char *sentence)
{
	struct function *f = bus;
	unsigned int swallowed;

	if (!log_limit_pass(&f->complaints, loop_timers(f->loop)->now_us, &swallowed))
		return;
	if (swallowed)
		log_warn("sim", "%u messages were left out", swallowed);
	log_warn("sim", "%s", sentence);
}

static const struct sim_bus_ops bus_ops = {
	.reach = on_reach,
	.raise = on_raise,
	.wants_turn = on_wants_turn,
	.complain = on_complain,
};

static void turn(void *user)
{
	struct function *f = user;

	sim_turn(f->sim);
	if (sim_presence(f->sim) == SIM_PULLED && !f->is_pulled)
		function_pull(f);
}

static void power_on(struct function *f)
{
	config_init(&f->space, &f->config.id, function_region_len(f, FUNCTION_BAR0),
		    f->config.n_msi, f->config.n_msix, f->config.keeps_state);
}

int function_init(struct function *f, struct loop *l, const struct function_config *c)
{
	*f = (struct function){ .loop = l, .config = *c };
	memset(f->vectors, 0xff, sizeof(f->vectors));
	defer_init(&f->turn, turn, f);
	power_on(f);
	f->windows = windows_new();
	f->sim = f->windows ? sim_new(&c->sim, loop_timers(l), &bus_ops, f) : NULL;
	if (!f->sim) {
		function_fini(f);
		return -ENOMEM;
	}
	sim_set_vectors(f->sim, 1);
	return 0;
}

void function_fini(struct function *f)
{
	if (!f->loop)
		return;
	defer_cancel(&f->turn);
	for (unsigned int i = 0; i < FUNCTION_VECTORS; i++)
		if (f->vectors[i] >= 0)
			close(f->vectors[i]);
	if (f->sim)
		sim_free(f->sim);
	windows_free(f->windows);
	*f = (struct function){ 0 };
}

uint32_t function_region_len(const struct function *f, enum function_region region)
{
	if (region == FUNCTION_CONFIG)
		return CONFIG_LEN;
	return f->config.n_msix ? FUNCTION_MSIX_BAR_LEN : SIM_BAR_LEN;
}

static bool is_inside(const struct function *f, enum function_region region, uint64_t offset,
		      uint32_t len)
{
	uint32_t end = function_region_len(f, region);

	return offset <= end && len <= end - offset;
}

/* Registers are words; a shorter access sees its part of one. */
static void bar_read(struct function *f, uint32_t offset, uint8_t *data, uint32_t len)
{
	uint32_t value = 0;

	for (uint32_t i = 0; i < len; i++) {
		uint32_t at = offset + i;

		if (!i || !(at & 3))
			value = htole32(sim_read32(f->sim, at & ~3u));
		data[i] = ((const uint8_t *)&value)[at & 3];
	}
}

int function_read(struct function *f, enum function_region region, uint64_t offset,
		  uint8_t *data, uint32_t len)
{
	if (!is_inside(f, region, offset, len))
		return -EINVAL;
	if (f->is_pulled || sim_presence(f->sim) != SIM_PRESENT)
		memset(data, 0xff, len);
	else if (region == FUNCTION_CONFIG)
		config_read(&f->space, (uint32_t)offset, data, len);
	else
		bar_read(f, (uint32_t)offset, data, len);
	return 0;
}

static void space_write(struct function *f, uint32_t offset, const uint8_t *data, uint32_t len)
{
	if (config_write(&f->space, offset, data, len) == CONFIG_RESETS)
		function_reset(f);
	sim_forget_memory(f->sim);	/* bus mastering may have changed */
}

int function_write(struct function *f, enum function_region region, uint64_t offset,
		   const uint8_t *data, uint32_t len)
{
	if (!is_inside(f, region, offset, len))
		return -EINVAL;
	if (f->is_pulled)
		return 0;
	if (region == FUNCTION_CONFIG) {
		space_write(f, (uint32_t)offset, data, len);
		return 0;
	}
	/* A register is written whole, or not at all. */
	if (offset & 3 || len & 3)
		return 0;
	for (uint32_t i = 0; i < len; i += 4)
		sim_write32(f->sim, (uint32_t)offset + i, get_le32(data + i));
	return 0;
}

int function_map(struct function *f, int fd, uint64_t offset, iova_t iova, uint64_t size,
		 bool can_read, bool can_write)
{
	sim_forget_memory(f->sim);
	return windows_map(f->windows, fd, offset, iova, size, can_read, can_write);
}

int function_unmap(struct function *f, iova_t iova, uint64_t size)
{
	sim_forget_memory(f->sim);
	return windows_unmap(f->windows, iova, size);
}

void function_unmap_all(struct function *f)
{
	sim_forget_memory(f->sim);
	windows_clear(f->windows);
}

/* A device with fewer vectors than it offered folds the others, as hardware
 * does: the count is the last armed one. */
static void count_vectors(struct function *f)
{
	unsigned int n = 1;

	for (unsigned int i = 0; i < FUNCTION_VECTORS; i++)
		if (f->vectors[i] >= 0)
			n = i + 1;
	sim_set_vectors(f->sim, n);
}

void function_arm(struct function *f, unsigned int vector, int fd)
{
	if (f->vectors[vector] >= 0)
		close(f->vectors[vector]);
	f->vectors[vector] = fd;
	count_vectors(f);
}

void function_disarm(struct function *f)
{
	for (unsigned int i = 0; i < FUNCTION_VECTORS; i++)
		function_arm(f, i, -1);
}

void function_reset(struct function *f)
{
	power_on(f);
	sim_power_cycle(f->sim);
}

void function_pull(struct function *f)
{
	f->is_pulled = true;
	function_reset(f);
	sim_forget_memory(f->sim);
}

void function_put_back(struct function *f)
{
	f->is_pulled = false;
	if (sim_presence(f->sim) != SIM_PRESENT)
		sim_heal(f->sim);
	function_reset(f);
	sim_forget_memory(f->sim);
}
