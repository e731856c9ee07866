#include "device/config_grammar.h"
#include "base/cleanup.h"
#include "device/profile.h"
#include "usb/roles.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <strings.h>

enum { MOST_BYTES = 1 << 20 };	/* of a configuration file */

/* libconfuse takes the end of a file for the end of a section or a string, so
 * that half a file would be taken for a whole one.  This line is put behind
 * every file, and has to be found outside of everything. */
#define END_WORD "end_of_this_file"
static const char end_line[] = "\n" END_WORD " = true\n";
static const char is_half[] = "the file ends inside a section, a list, a string or a comment";

/* Every option is absent unless it is written, so that a section changes only
 * what it says. */
#define NUMBER(name) CFG_INT(name, 0, CFGF_NODEFAULT)
#define TRUTH(name) CFG_BOOL(name, cfg_false, CFGF_NODEFAULT)
#define WORD(name) CFG_STR(name, NULL, CFGF_NODEFAULT)
#define WORDS(name) CFG_STR_LIST(name, NULL, CFGF_NODEFAULT)
#define SECTIONS(name, opts) \
	CFG_SEC(name, opts, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES)

static cfg_opt_t channel_words[] = {
	NUMBER("ul"), NUMBER("dl"),
	NUMBER("elements"), NUMBER("ul_elements"), NUMBER("dl_elements"),
	NUMBER("event_ring"), NUMBER("ul_event_ring"), NUMBER("dl_event_ring"),
	WORDS("ee"),
	NUMBER("mtu"), NUMBER("mru"),
	WORD("boundary"), WORD("slow_reader"), NUMBER("linger_ms"),
	WORD("mode"), WORD("owner"), WORD("group"),
	TRUTH("burst"), TRUTH("db_mode_switch"), TRUTH("rsc"), TRUTH("tolerant"),
	TRUTH("greet"), WORD("life"),
	NUMBER("interface"), NUMBER("alt"), WORD("function"), WORD("line"), WORD("zlp"),
	TRUTH("off"),
	TRUTH("remove"),
	CFG_END()
};

static cfg_opt_t event_ring_words[] = {
	NUMBER("elements"), NUMBER("moderation_ms"), TRUTH("hw"), TRUTH("burst"),
	CFG_END()
};

#define PROFILE_WORDS                                                          \
	NUMBER("timeout_ms"), NUMBER("ready_timeout_ms"), NUMBER("dma_bits"),  \
	TRUTH("no_m3"), TRUTH("sideband_wake"), TRUTH("edl_trigger"),          \
	TRUTH("reset_on_remove"), WORD("firmware"), WORD("edl_firmware"),      \
	WORDS("sahara_images"), TRUTH("sahara_identify"),                      \
	NUMBER("sbl_size"), NUMBER("seg_len"), NUMBER("rddm_size"),            \
	NUMBER("soc_reset_ms"), NUMBER("health_check_ms"), NUMBER("stall_ms"), \
	NUMBER("autosuspend_ms"), TRUTH("recovery"),                           \
	SECTIONS("channel", channel_words), SECTIONS("event_ring", event_ring_words)

static cfg_opt_t profile_words[] = {
	WORD("based_on"), WORDS("pci"), WORDS("usb"), PROFILE_WORDS, CFG_END()
};

static cfg_opt_t device_words[] = {
	WORD("profile"), PROFILE_WORDS, CFG_END()
};

static cfg_opt_t file_words[] = {
	NUMBER("ready_wait"), WORD("firmware_dir"), WORD("dump_dir"),
	TRUTH(END_WORD),
	SECTIONS("profile", profile_words),
	SECTIONS("device", device_words),
	CFG_END()
};

static const struct range {
	const char *key;
	long min, max;
} ranges[] = {
	{ "ready_wait", 0, 3600 },
	{ "timeout_ms", 1, 600000 }, { "ready_timeout_ms", 1, 600000 },
	{ "dma_bits", 32, 64 },
	{ "sbl_size", 0, 512 << 20 }, { "seg_len", 4096, 64 << 20 },
	{ "rddm_size", 0, 512 << 20 },
	{ "soc_reset_ms", 1, 60000 }, { "health_check_ms", 0, 600000 },
	{ "stall_ms", 0, 600000 }, { "autosuspend_ms", 0, PROFILE_AUTOSUSPEND_MOST },
	{ "ul", -1, 126 }, { "dl", -1, 126 },
	{ "elements", 2, 32768 }, { "ul_elements", 2, 32768 }, { "dl_elements", 2, 32768 },
	{ "event_ring", 0, 31 }, { "ul_event_ring", 0, 31 }, { "dl_event_ring", 0, 31 },
	{ "mtu", 1, 65535 }, { "mru", 1, 65535 },
	{ "linger_ms", 0, 200 },
	{ "interface", 0, USB_INTERFACE_LIMIT - 1 }, { "alt", 0, 255 },
	{ "moderation_ms", 0, 65535 },
};

static const struct choice {
	const char *key, *words[3];
} choices[] = {
	{ "boundary", { "stream", "message" } },
	{ "slow_reader", { "hold", "drop" } },
	{ "line", { "none", "open", "attach" } },	/* enum usb_line */
	{ "zlp", { "never", "write", "idle" } },	/* enum usb_zlp */
};

static const struct {
	const char *word;
	enum mhi_ee ee;
} ees[] = {
	{ "pbl", MHI_EE_PBL }, { "sbl", MHI_EE_SBL }, { "amss", MHI_EE_AMSS },
	{ "rddm", MHI_EE_RDDM }, { "wfw", MHI_EE_WFW }, { "pthru", MHI_EE_PTHRU },
	{ "edl", MHI_EE_EDL }, { "fp", MHI_EE_FP },
};

uint32_t grammar_ee(const char *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(ees); i++)
		if (!strcasecmp(ees[i].word, s))
			return EE_BIT(ees[i].ee);
	return 0;
}

int grammar_mode(const char *s, unsigned int *ret_mode)
{
	unsigned int mode = 0;

	if (s[0] != '0' || strlen(s) > 5 || s[strspn(s, "01234567")])
		return -EINVAL;
	for (; *s; s++)
		mode = mode * 8 + (unsigned int)(*s - '0');
	if (mode > 0777)
		return -EINVAL;
	*ret_mode = mode;
	return 0;
}

int grammar_pci(const char *s, struct pci_match *ret_id)
{
	struct pci_match id = { 0 };
	int end = -1, n;

	n = sscanf(s, "%4hx:%4hx%n:%4hx:%4hx%n", &id.vendor, &id.device, &end,
		   &id.sub_vendor, &id.sub_device, &end);
	if ((n != 2 && n != 4) || end < 0 || s[end])
		return -EINVAL;
	id.has_sub = n == 4;
	*ret_id = id;
	return 0;
}

int grammar_usb(const char *s, struct usb_match *ret_id)
{
	struct usb_match id;
	int end = -1;

	if (s[strspn(s, "0123456789abcdefABCDEF:")] ||
	    sscanf(s, "%4hx:%4hx%n", &id.vendor, &id.product, &end) != 2 || s[end])
		return -EINVAL;
	*ret_id = id;
	return 0;
}

int grammar_image(const char *s, uint64_t *ret_id, const char **ret_file)
{
	size_t len = strcspn(s, ":");
	char number[24];

	if (!len || len >= sizeof(number) || !s[len] || !s[len + 1])
		return -EINVAL;
	memcpy(number, s, len);
	number[len] = '\0';
	*ret_file = s + len + 1;
	return text_to_u64(number, 0, UINT32_MAX, ret_id);
}

static int choice_find(const struct choice *c, const char *value)
{
	for (size_t i = 0; i < ARRAY_SIZE(c->words) && c->words[i]; i++)
		if (!strcmp(c->words[i], value))
			return (int)i;
	return -EINVAL;
}

int grammar_choice(const char *key, const char *value)
{
	for (size_t i = 0; i < ARRAY_SIZE(choices); i++)
		if (!strcmp(choices[i].key, key))
			return choice_find(&choices[i], value);
	return -EINVAL;
}

static int check_number(cfg_t *cfg, cfg_opt_t *opt)
{
	long value = cfg_opt_getnint(opt, cfg_opt_size(opt) - 1);

	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		const struct range *r = &ranges[i];

		if (strcmp(r->key, opt->name) || (value >= r->min && value <= r->max))
			continue;
		cfg_error(cfg, "%s cannot be %ld; it must be %ld to %ld", opt->name, value,
			  r->min, r->max);
		return -1;
	}
	return 0;
}

static int check_choice(cfg_t *cfg, cfg_opt_t *opt, const char *value)
{
	for (size_t i = 0; i < ARRAY_SIZE(choices); i++) {
		const struct choice *c = &choices[i];

		if (strcmp(c->key, opt->name) || choice_find(c, value) >= 0)
			continue;
		cfg_error(cfg, "%s cannot be '%s'; it must be %s%s%s or %s", opt->name, value,
			  c->words[0], c->words[2] ? ", " : "", c->words[2] ? c->words[1] : "",
			  c->words[2] ? c->words[2] : c->words[1]);
		return -1;
	}
	return 0;
}

static bool is_path(const char *key)
{
	return !strcmp(key, "firmware_dir") || !strcmp(key, "dump_dir");
}

static int check_word(cfg_t *cfg, cfg_opt_t *opt)
{
	const char *value = cfg_opt_getnstr(opt, cfg_opt_size(opt) - 1);
	const char *right = NULL;
	struct pci_match id;
	struct usb_match usb;
	unsigned int mode;
	const char *file;
	uint64_t image;

	if (!strcmp(opt->name, "mode") && grammar_mode(value, &mode))
		right = "octal permission bits, as 0660";
	else if (!strcmp(opt->name, "ee") && !grammar_ee(value))
		right = "amss, sbl, fp, pbl, edl, rddm, wfw or pthru";
	else if (!strcmp(opt->name, "pci") && grammar_pci(value, &id))
		right = "VENDOR:DEVICE or VENDOR:DEVICE:SUBVENDOR:SUBDEVICE in hexadecimal";
	else if (!strcmp(opt->name, "usb") && grammar_usb(value, &usb))
		right = "VENDOR:PRODUCT in hexadecimal";
	else if (!strcmp(opt->name, "sahara_images") && grammar_image(value, &image, &file))
		right = "NUMBER:FILE, as 13:prog.elf";
	else if (is_path(opt->name) && *value != '/')
		right = "an absolute path";
	else if (!strcmp(opt->name, "function") && !usb_role_of(value))
		right = "diag, at, dun, nmea, qmi, mbim, adb, sahara, serial, bulk or wdm";
	if (right) {
		cfg_error(cfg, "%s cannot be '%s'; it must be %s", opt->name, value, right);
		return -1;
	}
	return check_choice(cfg, opt, value);
}

static int check_value(cfg_t *cfg, cfg_opt_t *opt)
{
	if (!cfg_opt_size(opt))
		return 0;
	if (opt->type == CFGT_INT)
		return check_number(cfg, opt);
	return opt->type == CFGT_STR ? check_word(cfg, opt) : 0;
}

/* Has every option of a table, and of the tables in it, checked as it is
 * read: only then the line is known. */
static void check_all(cfg_t *cfg, const char *prefix, const cfg_opt_t *words)
{
	char path[96];

	for (; words->name; words++) {
		snprintf(path, sizeof(path), "%s%s", prefix, words->name);
		if (words->type != CFGT_SEC) {
			cfg_set_validate_func(cfg, path, check_value);
			continue;
		}
		strcat(path, "|");
		check_all(cfg, path, words->subopts);
	}
}

/* Where messages go: libconfuse's callback has no user pointer. */
static struct text *messages;

__attribute__((format(printf, 2, 0)))
static void on_error(cfg_t *cfg, const char *format, va_list args)
{
	char line[512];

	if (!messages)
		return;
	vsnprintf(line, sizeof(line), format, args);
	text_printf(messages, "%s%s:%d: ", messages->len ? "\n" : "",
		    cfg && cfg->filename ? cfg->filename : "", cfg ? cfg->line : 0);
	if (strstr(line, END_WORD))
		text_add(messages, is_half);
	else
		text_add_escaped(messages, line, strlen(line));
}

static int refuse(const char *path, const char *what, int error, struct text *ret_why)
{
	text_printf(ret_why, "%s: %s", path, what);
	return error;
}

/* The scanner of libconfuse ends the process when a read fails, so it gets
 * memory to read: the file and end_line.  @bytes has room for both. */
static int slurp(const char *path, char *bytes, size_t *ret_len, struct text *ret_why)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		return refuse(path, strerror(errno), -errno, ret_why);
	while ((n = read(fd, bytes + len, MOST_BYTES + 1 - len)) > 0)
		len += (size_t)n;
	if (n < 0)
		return refuse(path, strerror(errno), -errno, ret_why);
	if (len > MOST_BYTES)
		return refuse(path, "is longer than 1 MiB", -EINVAL, ret_why);
	if (memchr(bytes, 0, len))
		return refuse(path, "is no text: it holds a zero byte", -EINVAL, ret_why);
	memcpy(bytes + len, end_line, sizeof(end_line) - 1);
	*ret_len = len + sizeof(end_line) - 1;
	return 0;
}

static int parse(cfg_t *cfg, const char *path, char *bytes, size_t len, struct text *ret_why)
{
	FILE *f = fmemopen(bytes, len, "r");
	int r;

	cfg->filename = strdup(path);
	if (!f || !cfg->filename) {
		if (f)
			fclose(f);
		return -ENOMEM;
	}
	messages = ret_why;
	r = cfg_parse_fp(cfg, f);
	messages = NULL;
	fclose(f);
	if (r == CFG_SUCCESS && grammar_has(cfg, END_WORD))
		return 0;
	if (!ret_why->len)
		refuse(path, is_half, -EINVAL, ret_why);
	return -EINVAL;
}

int grammar_read(const char *path, cfg_t **ret_file, struct text *ret_why)
{
	CLEANUP_FREE char *bytes = malloc(MOST_BYTES + sizeof(end_line));
	size_t len = 0;
	cfg_t *cfg;
	int r;

	if (!bytes)
		return -ENOMEM;
	r = slurp(path, bytes, &len, ret_why);
	if (r)
		return r;
	cfg = cfg_init(file_words, CFGF_NONE);
	if (!cfg)
		return -ENOMEM;
	cfg_set_error_function(cfg, on_error);
	check_all(cfg, "", file_words);
	r = parse(cfg, path, bytes, len, ret_why);
	if (r)
		cfg_free(cfg);
	else
		*ret_file = cfg;
	return r;
}

bool grammar_has(cfg_t *section, const char *key)
{
	return cfg_size(section, key) > 0;
}
