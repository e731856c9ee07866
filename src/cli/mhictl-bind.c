/* mhictl bind, unbind - which driver has a PCI function. */
#include "cli/mhictl.h"
#include "pci/bind.h"
#include "pci/function.h"
#include <errno.h>
#include <jansson.h>
#include <stdio.h>

static int exit_of(int r)
{
	switch (r) {
	case -EINVAL:
		return CTL_USAGE;
	case -ENODEV:
		return CTL_NO_DEVICE;
	case -EACCES:
	case -EPERM:
		return CTL_DENIED;
	default:
		return CTL_FAILED;
	}
}

static const char *driver_of(const struct pci_function *f)
{
	return f->driver[0] ? f->driver : "no driver";
}

static json_t *driver_json(const struct pci_function *f)
{
	return f->driver[0] ? json_string(f->driver) : json_null();
}

static void print_json(const struct pci_function *before, const struct pci_function *after)
{
	json_t *j = json_pack("{s:s, s:o, s:o}", "function", before->bdf, "former",
			      driver_json(before), "driver", driver_json(after));

	json_dumpf(j, stdout, JSON_ENSURE_ASCII);
	printf("\n");
	json_decref(j);
}

/* The old driver is said first: letting go may take it long. */
static int change(const struct ctl *c, const char *bdf,
		  int (*fn)(const char *root, const char *bdf, struct text *ret_why))
{
	struct pci_function before = { 0 }, after = { 0 };
	struct text why = TEXT_INIT;
	bool is_known = !pci_function_read(c->sysfs, bdf, &before);
	int r;

	if (is_known && !c->is_json) {
		printf("%s: from %s ", bdf, driver_of(&before));
		fflush(stdout);
	}
	r = fn(c->sysfs, bdf, &why);
	pci_function_read(c->sysfs, bdf, &after);
	if (c->is_json && !r)
		print_json(&before, &after);
	else if (is_known && !c->is_json)
		printf("to %s\n", driver_of(&after));
	if (r < 0)
		ctl_fail(exit_of(r), "%s", text_get(&why));
	text_fini(&why);
	return r < 0 ? exit_of(r) : CTL_OK;
}

int ctl_bind(const struct ctl *c, char **args)
{
	return change(c, args[0], pci_bind);
}

int ctl_unbind(const struct ctl *c, char **args)
{
	return change(c, args[0], pci_unbind);
}
