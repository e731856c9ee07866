#include "device/attached.h"
#include "core/layout.h"
#include "io/log.h"
#include "pci/examine.h"
#include "transport/vfio.h"
#include "transport/vfio_user.h"
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static const char sys_root[] = "/sys", dev_root[] = "/dev";

enum iommu { IOMMU_BEST, IOMMU_GROUP, IOMMU_IOMMUFD, IOMMU_NONE };

static const struct {
	const char *word;
	enum iommu iommu;
} iommus[] = {
	{ "group", IOMMU_GROUP },
	{ "iommufd", IOMMU_IOMMUFD },
	{ "unsafe-none", IOMMU_NONE },
};

static int get_iommu(const struct spec *s, enum iommu *ret_iommu, struct text *ret_why)
{
	const char *word = spec_option(s, "iommu");

	*ret_iommu = IOMMU_BEST;
	if (!word)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(iommus); i++)
		if (!strcmp(word, iommus[i].word)) {
			*ret_iommu = iommus[i].iommu;
			return 0;
		}
	text_printf(ret_why, "option iommu cannot be '%s'; it must be group, iommufd or unsafe-none",
		    word);
	return -EINVAL;
}

static int vfio_path(const struct spec *s, struct text *ret_path, struct text *ret_why)
{
	enum iommu iommu;

	if (!pci_is_bdf(s->address)) {
		text_printf(ret_why, "vfio:%s: '%s' is no PCI address; it looks like 0000:01:00.0",
			    s->address, s->address);
		return -EINVAL;
	}
	text_printf(ret_path, "pci-%s", s->address);
	return get_iommu(s, &iommu, ret_why);
}

/* The socket's file name, with what a file name cannot hold replaced. */
static int socket_path(const struct spec *s, struct text *ret_path, struct text *ret_why)
{
	const char *slash = strrchr(s->address, '/');
	const char *name = slash ? slash + 1 : s->address;

	if (!*name) {
		text_printf(ret_why, "%s:%s: this is no path of a socket",
			    spec_transport_name(s->transport), s->address);
		return -EINVAL;
	}
	text_printf(ret_path, "%s-", spec_transport_name(s->transport));
	for (; *name; name++)
		text_add_len(ret_path, *name > ' ' && *name < 0x7f ? name : "_", 1);
	return 0;
}

int attached_path(const struct spec *s, struct text *ret_path, struct text *ret_why)
{
	return s->transport == SPEC_VFIO ? vfio_path(s, ret_path, ret_why) :
					   socket_path(s, ret_path, ret_why);
}

/* The first finding of an examination is the one to act upon. */
static int refuse_verdict(const struct pci_function *f, struct text *ret_why)
{
	struct text findings = TEXT_INIT;
	int r = 0;

	if (pci_examine(sys_root, dev_root, f, &findings) != PCI_USABLE) {
		const char *all = text_get(&findings);

		text_add_len(ret_why, all, strcspn(all, "\n"));
		r = -EPERM;
	}
	text_fini(&findings);
	return r;
}

static bool has_iommufd(const struct pci_function *f)
{
	return f->node[0] && !access("/dev/iommu", R_OK | W_OK);
}

static int open_vfio(struct loop *l, const struct spec *s, struct hw **ret_hw,
		     struct pci_id *ret_id, struct text *ret_why)
{
	struct pci_function f;
	char group[PCI_WORD_SIZE + 16];
	struct vfio_address at = { .bdf = s->address, .group = group };
	enum iommu iommu;
	int r;

	r = get_iommu(s, &iommu, ret_why);
	if (!r && pci_function_read(sys_root, s->address, &f) < 0) {
		text_printf(ret_why, "there is no PCI function %s (mhictl list shows them)",
			    s->address);
		r = -ENODEV;
	}
	if (!r && iommu != IOMMU_NONE)
		r = refuse_verdict(&f, ret_why);
	if (r < 0)
		return r;
	at.no_iommu = iommu == IOMMU_NONE;
	snprintf(group, sizeof(group), "%s%s", at.no_iommu ? "noiommu-" : "", f.group);
	if (at.no_iommu)
		log_warn(s->address, "driven without an IOMMU: the device can read and write "
			 "all memory of this machine");
	if (iommu == IOMMU_IOMMUFD || (iommu == IOMMU_BEST && has_iommufd(&f)))
		at.node = f.node;
	if (at.node && !f.node[0]) {
		text_printf(ret_why, "%s has no device node for iommufd: the kernel lacks it; "
			    "use iommu=group", s->address);
		return -EOPNOTSUPP;
	}
	return vfio_open(l, &at, ret_hw, ret_id, ret_why);
}

int attached_open(struct loop *l, const struct spec *s, struct hw **ret_hw,
		  struct pci_id *ret_id, struct text *ret_why)
{
	struct hw *hw;
	int r;

	if (s->transport == SPEC_VFIO)
		r = open_vfio(l, s, &hw, ret_id, ret_why);
	else
		r = vfio_user_open(l, s->address, &hw, ret_id, ret_why);
	if (r < 0)
		return r;
	if (hw->bar_len < MHI_REGS_LEN) {
		text_printf(ret_why, "%s: BAR 0 has %u bytes; an MHI device has at least %d",
			    s->address, hw->bar_len, MHI_REGS_LEN);
		hw->ops->close(hw);
		return -EPROTO;
	}
	*ret_hw = hw;
	return 0;
}

int attached_arm(const struct spec *s, struct hw *hw, unsigned int n_vectors,
		 struct text *ret_why)
{
	if (s->transport == SPEC_VFIO)
		return vfio_arm(hw, n_vectors, ret_why);
	return vfio_user_arm(hw, n_vectors, ret_why);
}
