/*
 * edu BDF - drives QEMU's "edu" device through our own VFIO transport, in a
 * guest: registers, an interrupt, DMA both ways, and the fault after unmap.
 *
 * Source: QEMU docs/specs/edu.rst.  Its DMA engine reaches 28 bits and takes
 * 100 ms; it has one MSI vector.
 */
#include "io/pool.h"
#include "transport/vfio.h"
#include <fcntl.h>
#include <linux/limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	EDU_ID = 0x00,
	EDU_LIVE = 0x04,
	EDU_IRQ_STATUS = 0x24,
	EDU_IRQ_RAISE = 0x60,
	EDU_IRQ_ACK = 0x64,
	EDU_DMA_SRC = 0x80,
	EDU_DMA_DST = 0x88,
	EDU_DMA_CNT = 0x90,
	EDU_DMA_CMD = 0x98,
	EDU_DMA_BUF = 0x40000,
	DMA_START = 1,
	DMA_TO_RAM = 2,
	DMA_IRQ = 4,
	DMA_DONE = 0x100,
	IOVA = 0x100000,
	LEN = 1024,
};

struct edu {
	struct loop *loop;
	struct hw *hw;
	const char *bdf;
	struct timer timer;
	unsigned int n_irqs;
	bool is_late;
};

static unsigned int n_failed;

static bool ok(bool holds, const char *sentence)
{
	printf("%s: %s\n", holds ? "ok" : "FAIL", sentence);
	n_failed += !holds;
	return holds;
}

static void on_irq(void *user, unsigned int vector)
{
	struct edu *e = user;

	e->n_irqs += vector == 0;
}

static void on_gone(void *user)
{
	(void)user;
	ok(false, "the device stays");
}

static const struct hw_events events = { .irq = on_irq, .gone = on_gone };

static void on_late(void *user)
{
	struct edu *e = user;

	e->is_late = true;
}

static uint32_t rd(struct edu *e, uint32_t offset)
{
	uint32_t value = 0;

	return e->hw->ops->read32(e->hw, offset, &value) ? 0xffffffff : value;
}

static void wr(struct edu *e, uint32_t offset, uint32_t value)
{
	e->hw->ops->write32(e->hw, offset, value);
}

/* Did an interrupt come in time? */
static bool await_irq(struct edu *e, uint64_t within_us)
{
	unsigned int before = e->n_irqs;

	e->is_late = false;
	timer_start(loop_timers(e->loop), &e->timer, within_us);
	while (e->n_irqs == before && !e->is_late)
		loop_turn(e->loop, true);
	timer_stop(&e->timer);
	return e->n_irqs != before;
}

static bool copy(struct edu *e, uint32_t from, uint32_t to, uint32_t direction)
{
	bool came;

	wr(e, EDU_DMA_SRC, from);
	wr(e, EDU_DMA_DST, to);
	wr(e, EDU_DMA_CNT, LEN);
	wr(e, EDU_DMA_CMD, DMA_START | direction | DMA_IRQ);
	came = await_irq(e, 5000000) && rd(e, EDU_IRQ_STATUS) & DMA_DONE;
	wr(e, EDU_IRQ_ACK, rd(e, EDU_IRQ_STATUS));
	return came;
}

static void try_registers(struct edu *e)
{
	ok((rd(e, EDU_ID) & 0xff) == 0xed, "a register reads what it should");
	wr(e, EDU_LIVE, 0x12345678);
	ok(rd(e, EDU_LIVE) == ~0x12345678u, "a register takes what is written");
}

static void try_interrupt(struct edu *e)
{
	wr(e, EDU_IRQ_RAISE, 5);
	ok(await_irq(e, 5000000), "MSI arrives in the loop");
	ok(rd(e, EDU_IRQ_STATUS) == 5, "it says why");
	wr(e, EDU_IRQ_ACK, 5);
	ok(!await_irq(e, 100000), "no second one follows");
}

static struct dma piece_of(const struct pool *p, const struct pool_part *part)
{
	return (struct dma){ .cpu = part->cpu, .iova = part->iova, .len = part->len,
			     .fd = p->fd, .offset = part->offset };
}

static bool is_all(const uint8_t *data, uint8_t value, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (data[i] != value)
			return false;
	return true;
}

/* Behind our driver's back, which takes bus mastering away before it unmaps:
 * here the IOMMU is on trial. */
static bool master_again(const struct edu *e)
{
	static const uint8_t command[] = { 0x06, 0x00 };	/* memory, bus master */
	char path[128];
	bool done;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", e->bdf);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return false;
	done = pwrite(fd, command, sizeof(command), 4) == sizeof(command);
	close(fd);
	return done;
}

static void try_dma(struct edu *e)
{
	struct pool p;
	struct dma reads, writes;

	if (!ok(!pool_open(&p, 4096, 4096, IOVA, 4096), "memory can be had"))
		return;
	reads = piece_of(&p, &p.reads);
	writes = piece_of(&p, &p.writes);
	ok(!e->hw->ops->map(e->hw, &reads, DEV_READS), "memory is mapped for reading");
	ok(!e->hw->ops->map(e->hw, &writes, DEV_WRITES), "memory is mapped for writing");
	for (int i = 0; i < LEN; i++)
		reads.cpu[i] = (uint8_t)(i * 7 + 3);
	ok(copy(e, (uint32_t)reads.iova, EDU_DMA_BUF, 0), "the device reads memory");
	ok(copy(e, EDU_DMA_BUF, (uint32_t)writes.iova, DMA_TO_RAM), "the device writes memory");
	ok(!memcmp(reads.cpu, writes.cpu, LEN), "the bytes are the same");
	memset(reads.cpu, 0x55, LEN);
	copy(e, EDU_DMA_BUF, (uint32_t)reads.iova, DMA_TO_RAM);
	ok(is_all(reads.cpu, 0x55, LEN), "what it may only read stays as it is");
	ok(!e->hw->ops->unmap(e->hw, &reads, DEV_READS), "memory is unmapped");
	memset(writes.cpu, 0xaa, LEN);
	ok(!e->hw->ops->unmap(e->hw, &writes, DEV_WRITES), "and the other part");
	ok(master_again(e), "the device may try");
	copy(e, EDU_DMA_BUF, (uint32_t)writes.iova, DMA_TO_RAM);
	ok(is_all(writes.cpu, 0xaa, LEN), "after that the device writes nothing");
	pool_close(&p);
}

static int read_group(const char *bdf, char *group, size_t size)
{
	char path[128], target[PATH_MAX];
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", bdf);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return -1;
	target[n] = '\0';
	return snprintf(group, size, "%s", strrchr(target, '/') + 1) < (int)size ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct edu e = { .loop = loop_new(), .bdf = argv[argc - 1] };
	struct vfio_address at = { .bdf = e.bdf };
	struct text why = TEXT_INIT;
	struct pci_id id = { 0 };
	char group[16];

	if (argc != 2 || !e.loop || read_group(at.bdf, group, sizeof(group)))
		return EXIT_FAILURE;
	at.group = group;
	timer_init(&e.timer, on_late, &e);
	if (!ok(!vfio_open(e.loop, &at, &e.hw, &id, &why), "the device opens")) {
		printf("%s\n", text_get(&why));
		return EXIT_FAILURE;
	}
	e.hw->events = &events;
	e.hw->user = &e;
	ok(id.vendor == 0x1234 && id.device == 0x11e8, "it is who it should be");
	ok(e.hw->bar_len == 1 << 20, "its BAR has one MiB");
	ok(!vfio_arm(e.hw, 8, &why), "interrupts are armed, fewer than wanted");
	ok(e.hw->n_vectors == 1, "it has one vector");
	try_registers(&e);
	try_interrupt(&e);
	try_dma(&e);
	ok(e.hw->ops->is_present(e.hw), "it is still there");
	e.hw->ops->close(e.hw);
	text_fini(&why);
	loop_free(e.loop);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
