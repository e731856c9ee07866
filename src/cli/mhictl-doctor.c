/* mhictl doctor - what is missing before mhifs can drive a PCI function or a USB
 * modem. */
#include "base/cleanup.h"
#include "cli/device-json.h"
#include "cli/function-json.h"
#include "cli/modem-json.h"
#include "device/config.h"
#include "pci/function.h"
#include "pci/host.h"
#include "usb/modem.h"
#include <errno.h>
#include <fcntl.h>

static bool examine_fuse(const char *dev, struct text *out)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/fuse", dev);
	if (!access(path, R_OK | W_OK))
		return true;
	text_printf(out, errno == ENOENT ? "%s is missing: modprobe fuse.\n" :
		    "%s cannot be opened: run as root, or let a udev rule give it to you.\n", path);
	return false;
}

/* A kernel without the limit has no such file. */
static bool examine_patience(const char *name, struct text *out)
{
	struct text path = TEXT_INIT;
	char word[16] = "0";
	int fd CLEANUP_CLOSE = -1;

	text_printf(&path, "/proc/sys/fs/fuse/%s", name);
	fd = open(text_get(&path), O_RDONLY | O_CLOEXEC);
	text_fini(&path);
	if (fd < 0 || read(fd, word, sizeof(word) - 1) <= 0 || word[0] == '0')
		return true;
	text_printf(out, "fs.fuse.%s is set: a reader who waits longer than that ends the whole "
		    "mount; sysctl fs.fuse.%s=0.\n", name, name);
	return false;
}

static bool examine_config(struct text *out)
{
	struct config *config = NULL;
	struct text why = TEXT_INIT;
	int r = config_load(NULL, &config, &why);

	config_free(config);
	if (r < 0)
		text_printf(out, "mhifs would not start:\n%s\n", text_get(&why));
	text_fini(&why);
	return !r;
}

/* @has_pci: what PCI alone needs counts as well. */
static json_t *machine_json(const struct ctl *c, bool has_pci)
{
	struct text findings = TEXT_INIT;
	bool is_well = examine_fuse(c->dev, &findings);
	enum pci_verdict v = PCI_USABLE;
	json_t *machine;

	is_well &= examine_patience("default_request_timeout", &findings);
	is_well &= examine_patience("max_request_timeout", &findings);
	is_well &= examine_config(&findings);
	if (has_pci)
		v = pci_host_examine(c->sysfs, c->dev, &findings);
	machine = json_pack("{s:s, s:o}", "verdict",
			    pci_verdict_name(is_well ? v : PCI_BLOCKED),
			    "findings", findings_json(text_get(&findings)));
	text_fini(&findings);
	return machine;
}

static void print_line(const char *indent, const char *line)
{
	struct text escaped = TEXT_INIT;

	text_add_escaped(&escaped, line, strlen(line));
	printf("%s%s\n", indent, text_get(&escaped));
	text_fini(&escaped);
}

static void print_findings(const char *what, const json_t *object)
{
	struct text title = TEXT_INIT;
	const json_t *finding;
	size_t i;

	text_printf(&title, "%s: %s", what, device_json_text(object, "verdict"));
	print_line("", text_get(&title));
	text_fini(&title);
	json_array_foreach(json_object_get(object, "findings"), i, finding)
		print_line("  ", json_string_value(finding));
}

static void print_modem(const json_t *modem)
{
	struct text words = TEXT_INIT;
	const json_t *interface;
	size_t i;

	text_printf(&words, "%s %s", device_json_text(modem, "modem"),
		    device_json_text(modem, "name"));
	print_findings(text_get(&words), modem);
	json_array_foreach(json_object_get(modem, "interfaces"), i, interface) {
		text_clear(&words);
		modem_interface_add(interface, &words);
		print_line("  ", text_get(&words));
	}
	text_fini(&words);
}

static void print_functions(const json_t *functions)
{
	const json_t *function;
	size_t i;

	json_array_foreach(functions, i, function) {
		struct text what = TEXT_INIT;

		text_printf(&what, "%s %s", device_json_text(function, "function"),
			    device_json_text(function, "name"));
		print_findings(text_get(&what), function);
		text_fini(&what);
	}
	if (!json_array_size(functions))
		printf("there is no PCI function that mhifs knows\n");
}

/* What it is not about is NULL. */
static void print_all(const json_t *machine, const json_t *functions, const json_t *modems)
{
	const json_t *modem;
	size_t i;

	print_findings("this machine", machine);
	if (functions)
		print_functions(functions);
	json_array_foreach(modems, i, modem)
		print_modem(modem);
}

static void print_json(json_t *machine, json_t *functions, json_t *modems)
{
	json_t *whole = json_pack("{s:O, s:O*, s:O*}", "machine", machine,
				  "functions", functions, "modems", modems);

	json_dumpf(whole, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	printf("\n");
	json_decref(whole);
}

static bool are_usable(const json_t *objects)
{
	const json_t *object;
	size_t i;

	json_array_foreach(objects, i, object)
		if (!verdict_is_usable(object))
			return false;
	return true;
}

static int check_function(const struct ctl *c, const char *bdf)
{
	struct pci_function f;

	switch (pci_function_read(c->sysfs, bdf, &f)) {
	case 0:
		return CTL_OK;
	case -EINVAL:
		return ctl_fail(CTL_USAGE, "'%s' is no PCI address and no USB port; they look like "
				"0000:01:00.0 and 1-4", bdf);
	default:
		return ctl_fail(CTL_NO_DEVICE, "there is no PCI function %s (mhictl list shows "
				"them)", bdf);
	}
}

static int examine_functions(const struct ctl *c, const char *bdf, json_t **ret_functions)
{
	int r, code = bdf ? check_function(c, bdf) : CTL_OK;

	if (code)
		return code;
	r = functions_json(c, NULL, bdf, FUNCTION_ALONE, ret_functions);
	return r < 0 ? ctl_fail_errno(r, c->sysfs) : CTL_OK;
}

static int examine_modems(const struct ctl *c, const char *port, json_t **ret_modems)
{
	int r = modems_json(c, NULL, port, ret_modems);

	if (r < 0)
		return ctl_fail_errno(r, c->sysfs);
	if (port && !json_array_size(*ret_modems))
		return ctl_fail(CTL_NO_DEVICE, "there is no modem at USB port %s (mhictl list "
				"shows them)", port);
	return CTL_OK;
}

static int print(const struct ctl *c, json_t *functions, json_t *modems)
{
	json_t *machine = machine_json(c, functions);
	bool is_usable = verdict_is_usable(machine) && are_usable(functions) &&
			 are_usable(modems);

	if (c->is_json)
		print_json(machine, functions, modems);
	else
		print_all(machine, functions, modems);
	json_decref(machine);
	return is_usable ? CTL_OK : CTL_DEVICE_ERROR;
}

/* All there are, or the one PCI function or USB port. */
int ctl_doctor(const struct ctl *c, char **args)
{
	json_t *functions = NULL, *modems = NULL;
	const char *port = args[0] && usb_is_port(args[0]) ? args[0] : NULL;
	int code = CTL_OK;

	if (!port)
		code = examine_functions(c, args[0], &functions);
	if (!code && (port || !args[0]))
		code = examine_modems(c, port, &modems);
	if (!code)
		code = print(c, functions, modems);
	json_decref(functions);
	json_decref(modems);
	return code;
}
