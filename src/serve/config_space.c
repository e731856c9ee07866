#include "serve/config_space.h"

/* Where the capabilities lie. */
enum { CAP_PM = 0x40, CAP_MSI = 0x50, CAP_PCIE = 0x70, CAP_MSIX = 0xb0 };

enum {
	COMMAND = 0x04,
	COMMAND_MEMORY = 0x2,
	COMMAND_MASTER = 0x4,
	PM_CSR = CAP_PM + 4,
	PM_STATE_MASK = 0x3,
	PM_D3HOT = 0x3,
	PM_NO_SOFT_RESET = 0x8,
	PCIE_DEVCAP = CAP_PCIE + 4,
	PCIE_DEVCTL = CAP_PCIE + 8,
	PCIE_FLR_ABLE = 1 << 28,
	PCIE_FLR = 1 << 15,
};

static void put16(struct config_space *c, uint32_t at, uint16_t value, uint16_t writable)
{
	put_le16(&c->bytes[at], value);
	put_le16(&c->writable[at], writable);
}

static void put32(struct config_space *c, uint32_t at, uint32_t value, uint32_t writable)
{
	put_le32(&c->bytes[at], value);
	put_le32(&c->writable[at], writable);
}

static void put_header(struct config_space *c, const struct config_id *id, uint32_t bar_len)
{
	put16(c, 0x00, id->vendor, 0);
	put16(c, 0x02, id->device, 0);
	put16(c, COMMAND, 0, COMMAND_MEMORY | COMMAND_MASTER | 0x0540);
	put16(c, 0x06, 0x0010, 0);		/* has capabilities */
	put32(c, 0x08, 0xff000000, 0);		/* class: unassigned */
	c->writable[0x0c] = 0xff;		/* cache line size */
	put32(c, 0x10, 0x4, ~(bar_len - 1));	/* BAR 0: memory, 64 bits */
	put32(c, 0x14, 0, ~0u);
	put16(c, 0x2c, id->sub_vendor, 0);
	put16(c, 0x2e, id->sub_device, 0);
	c->bytes[0x34] = CAP_PM;
	c->writable[0x3c] = 0xff;		/* interrupt line */
}

static void put_pm(struct config_space *c, bool keeps_state)
{
	put16(c, CAP_PM, 0x01 | CAP_MSI << 8, 0);
	put16(c, CAP_PM + 2, 0x4803, 0);	/* version 3, PME from D0 and D3hot */
	put16(c, PM_CSR, keeps_state ? PM_NO_SOFT_RESET : 0, 0x0100 | PM_STATE_MASK);
}

static unsigned int log2_of(unsigned int n)
{
	unsigned int bits = 0;

	while (n >>= 1)
		bits++;
	return bits;
}

static void put_msi(struct config_space *c, unsigned int n_msi)
{
	uint16_t control = (uint16_t)(0x0080 | log2_of(n_msi) << 1);	/* 64 bits */

	put16(c, CAP_MSI, 0x05 | CAP_PCIE << 8, 0);
	put16(c, CAP_MSI + 2, control, 0x0071);
	put32(c, CAP_MSI + 4, 0, ~3u);
	put32(c, CAP_MSI + 8, 0, ~0u);
	put16(c, CAP_MSI + 12, 0, 0xffff);
}

static void put_pcie(struct config_space *c, bool has_msix)
{
	put16(c, CAP_PCIE, (uint16_t)(0x10 | (has_msix ? CAP_MSIX : 0) << 8), 0);
	put16(c, CAP_PCIE + 2, 0x0002, 0);	/* version 2, endpoint */
	put32(c, PCIE_DEVCAP, PCIE_FLR_ABLE | 0x8001, 0);
	put16(c, PCIE_DEVCTL, 0x2810, 0x7fff);
	put32(c, CAP_PCIE + 0x0c, 0x00000423, 0);	/* Gen3, two lanes */
	put16(c, CAP_PCIE + 0x10, 0, 0x01fb);
	put16(c, CAP_PCIE + 0x12, 0x1023, 0);
	put32(c, CAP_PCIE + 0x2c, 0x0000000e, 0);	/* 2.5, 5 and 8 GT/s */
}

static void put_msix(struct config_space *c, unsigned int n_msix)
{
	put16(c, CAP_MSIX, 0x11, 0);
	put16(c, CAP_MSIX + 2, (uint16_t)(n_msix - 1), 0xc000);
	put32(c, CAP_MSIX + 4, CONFIG_MSIX_TABLE, 0);
	put32(c, CAP_MSIX + 8, CONFIG_MSIX_PBA, 0);
}

void config_init(struct config_space *c, const struct config_id *id, uint32_t bar_len,
		 unsigned int n_msi, unsigned int n_msix, bool keeps_state)
{
	memset(c, 0, sizeof(*c));
	put_header(c, id, bar_len);
	put_pm(c, keeps_state);
	put_pcie(c, n_msix);
	if (n_msi)
		put_msi(c, n_msi);
	else
		c->bytes[CAP_PM + 1] = CAP_PCIE;
	if (n_msix)
		put_msix(c, n_msix);
}

void config_read(const struct config_space *c, uint32_t offset, void *data, uint32_t len)
{
	uint32_t have = offset < CONFIG_LEN ? min_u32(len, CONFIG_LEN - offset) : 0;

	memset(data, 0, len);
	if (have)
		memcpy(data, &c->bytes[offset], have);
}

static unsigned int power_state(const struct config_space *c)
{
	return c->bytes[PM_CSR] & PM_STATE_MASK;
}

enum config_effect config_write(struct config_space *c, uint32_t offset,
				const void *data, uint32_t len)
{
	unsigned int before = power_state(c);
	const uint8_t *from = data;

	for (uint32_t i = 0; i < len && offset + i < CONFIG_LEN; i++) {
		uint8_t mask = c->writable[offset + i], *to = &c->bytes[offset + i];

		*to = (uint8_t)((*to & ~mask) | (from[i] & mask));
		/* Initiate function level reset: reads back as zero. */
		if (offset + i == PCIE_DEVCTL + 1 && from[i] & PCIE_FLR >> 8)
			return CONFIG_RESETS;
	}
	if (before == PM_D3HOT && !power_state(c) && !(c->bytes[PM_CSR] & PM_NO_SOFT_RESET))
		return CONFIG_RESETS;
	return CONFIG_NO_EFFECT;
}

bool config_may_dma(const struct config_space *c)
{
	return c->bytes[COMMAND] & COMMAND_MASTER && !power_state(c);
}
