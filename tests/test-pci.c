/*
 * test-pci - PCI functions in a made-up sysfs.
 *
 * Plain files do not react, so where the kernel has to, a child plays it: the
 * files are FIFOs, and what it is to change changes before it opens one, while
 * the writer still waits.
 */
#include "pci/bind.h"
#include "pci/examine.h"
#include "pci/function.h"
#include "pci/host.h"
#include "pci/names.h"
#include "tests/suite.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MODEM "0000:01:00.0"
#define SOUND "0000:01:00.1"

static char dir[] = "/tmp/test-pci-XXXXXX";
static struct text out;
static pid_t kernel;

static void setup(void)
{
	strcpy(strrchr(dir, '-') + 1, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
}

static void teardown(void)
{
	char command[64];

	text_fini(&out);
	ck_assert_int_eq(chdir("/"), 0);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
}

static const char *__attribute__((format(printf, 1, 0))) path_of(const char *format, va_list args)
{
	static char path[256];

	vsnprintf(path, sizeof(path), format, args);
	for (char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
	return path;
}

static void __attribute__((format(printf, 2, 3))) put(const char *words, const char *format, ...)
{
	va_list args;
	FILE *f;

	va_start(args, format);
	f = fopen(path_of(format, args), "w");
	va_end(args);
	ck_assert_ptr_nonnull(f);
	fputs(words, f);
	fclose(f);
}

static const char *get(const char *path)
{
	static char words[256];
	FILE *f = fopen(path, "r");

	ck_assert_ptr_nonnull(f);
	words[fread(words, 1, sizeof(words) - 1, f)] = '\0';
	fclose(f);
	return words;
}

static void __attribute__((format(printf, 2, 3))) point(const char *to, const char *format, ...)
{
	const char *path;
	va_list args;

	va_start(args, format);
	path = path_of(format, args);
	va_end(args);
	unlink(path);
	if (*to)
		ck_assert_int_eq(symlink(to, path), 0);
}

static void set_driver(const char *bdf, const char *driver)
{
	char to[64];

	snprintf(to, sizeof(to), "../../drivers/%s", driver);
	point(*driver ? to : "", "sys/bus/pci/devices/%s/driver", bdf);
}

/* A function that is bound to @driver ("": none) in @group ("": none). */
static void plant(const char *bdf, const char *driver, const char *group)
{
	char to[64];

	put("0x17cb\n", "sys/bus/pci/devices/%s/vendor", bdf);
	put("0x0306\n", "sys/bus/pci/devices/%s/device", bdf);
	put("0x17cb\n", "sys/bus/pci/devices/%s/subsystem_vendor", bdf);
	put("0x010c\n", "sys/bus/pci/devices/%s/subsystem_device", bdf);
	put("0xff0000\n", "sys/bus/pci/devices/%s/class", bdf);
	put("(null)\n", "sys/bus/pci/devices/%s/driver_override", bdf);
	set_driver(bdf, driver);
	if (!*group)
		return;
	snprintf(to, sizeof(to), "../../../../kernel/iommu_groups/%s", group);
	point(to, "sys/bus/pci/devices/%s/iommu_group", bdf);
	snprintf(to, sizeof(to), "../../../../bus/pci/devices/%s", bdf);
	point(to, "sys/kernel/iommu_groups/%s/devices/%s", group, bdf);
}

static struct pci_function modem(void)
{
	struct pci_function f;

	ck_assert_int_eq(pci_function_read("sys", MODEM, &f), 0);
	return f;
}

static enum pci_verdict verdict(void)
{
	struct pci_function f = modem();

	text_clear(&out);
	return pci_examine_function("sys", "dev", &f, &out);
}

#define ck_says(words) ck_assert_msg(strstr(text_get(&out), words), "'%s'", text_get(&out))

/* Reading. */

START_TEST(test_an_address_has_one_spelling)
{
	ck_assert(pci_is_bdf("0000:01:00.0"));
	ck_assert(pci_is_bdf("10ab:ff:1f.7"));
	ck_assert(!pci_is_bdf("01:00.0"));
	ck_assert(!pci_is_bdf("0000:01:00.00"));
	ck_assert(!pci_is_bdf("0000:01:0G.0"));
	ck_assert(!pci_is_bdf("0000/01/00.0"));
	ck_assert(!pci_is_bdf("../.:01:00.0"));
	ck_assert(!pci_is_bdf(""));
}
END_TEST

START_TEST(test_a_function_is_what_its_files_say)
{
	struct pci_function f;

	plant(MODEM, "mhi-pci-generic", "12");
	put("vfio-pci\n", "sys/bus/pci/devices/%s/driver_override", MODEM);
	put("8.0 GT/s PCIe\n", "sys/bus/pci/devices/%s/current_link_speed", MODEM);
	put("2\n", "sys/bus/pci/devices/%s/max_link_width", MODEM);
	put("D3hot\n", "sys/bus/pci/devices/%s/power_state", MODEM);
	put("", "sys/bus/pci/devices/%s/vfio-dev/vfio3/dev", MODEM);
	f = modem();
	ck_assert_str_eq(f.bdf, MODEM);
	ck_assert_uint_eq(f.vendor, 0x17cb);
	ck_assert_uint_eq(f.device, 0x0306);
	ck_assert_uint_eq(f.sub_vendor, 0x17cb);
	ck_assert_uint_eq(f.sub_device, 0x010c);
	ck_assert_uint_eq(f.class_code, 0xff0000);
	ck_assert_str_eq(f.driver, "mhi-pci-generic");
	ck_assert_str_eq(f.group, "12");
	ck_assert_str_eq(f.override, "vfio-pci");
	ck_assert_str_eq(f.node, "vfio3");
	ck_assert_str_eq(f.speed, "8.0 GT/s PCIe");
	ck_assert_str_eq(f.max_width, "2");
	ck_assert_str_eq(f.power, "D3hot");
}
END_TEST

START_TEST(test_what_sysfs_has_not_is_empty)
{
	struct pci_function f = { .vendor = 1 };

	ck_assert_int_eq(pci_function_read("sys", MODEM, &f), -ENODEV);
	ck_assert_int_eq(pci_function_read("sys", "modem", &f), -EINVAL);
	ck_assert_uint_eq(f.vendor, 1);
	plant(MODEM, "", "");
	f = modem();
	ck_assert_str_eq(f.driver, "");
	ck_assert_str_eq(f.group, "");
	ck_assert_str_eq(f.override, "");
	ck_assert_str_eq(f.node, "");
	ck_assert_str_eq(f.speed, "");
}
END_TEST

static int add_name(void *user, const struct pci_function *f)
{
	text_printf(user, "%s ", f->bdf);
	return 0;
}

static int stop(void *user, const struct pci_function *f)
{
	text_printf(user, "%s", f->bdf);
	return 7;
}

START_TEST(test_a_scan_goes_by_address_and_ends_when_told)
{
	ck_assert_int_eq(pci_scan("sys", add_name, &out), -ENOENT);
	plant("0000:02:00.0", "", "");
	plant(SOUND, "", "");
	plant(MODEM, "", "");
	put("", "sys/bus/pci/devices/other/vendor");
	ck_assert_int_eq(pci_scan("sys", add_name, &out), 0);
	ck_assert_str_eq(text_get(&out), MODEM " " SOUND " 0000:02:00.0 ");
	text_clear(&out);
	ck_assert_int_eq(pci_scan("sys", stop, &out), 7);
	ck_assert_str_eq(text_get(&out), MODEM);
}
END_TEST

START_TEST(test_a_group_lists_all_its_members)
{
	plant(MODEM, "", "12");
	plant(SOUND, "snd_hda_intel", "12");
	plant("0000:02:00.0", "", "13");
	ck_assert_int_eq(pci_group_scan("sys", "12", add_name, &out), 0);
	ck_assert_str_eq(text_get(&out), MODEM " " SOUND " ");
}
END_TEST

START_TEST(test_names_come_from_a_list_of_ids)
{
	struct pci_function f = { .vendor = 0xfff1, .device = 0x0001 };
	struct pci_names *n;

	put("fff1  Maker of Modems\n\t0001  Modem One\n", "ids");
	n = pci_names_open("ids");
	ck_assert_ptr_nonnull(n);
	pci_names_add(n, &f, &out);
	ck_assert_str_eq(text_get(&out), "Maker of Modems Modem One");
	text_clear(&out);
	f.device = 2;
	pci_names_add(n, &f, &out);
	ck_says("Maker of Modems");
	ck_says("0002");
	pci_names_close(n);
}
END_TEST

START_TEST(test_names_are_numbers_without_a_list)
{
	struct pci_function f = { .vendor = 0xfff1, .device = 0x0001 };
	struct pci_names *n = pci_names_open("none");

	pci_names_add(n, &f, &out);
	ck_says("fff1");
	ck_says("0001");
	pci_names_close(n);
	pci_names_close(NULL);
}
END_TEST

/* Verdicts. */

START_TEST(test_a_function_on_vfio_with_a_node_is_usable)
{
	plant(MODEM, "vfio-pci", "12");
	put("", "dev/vfio/12");
	ck_assert_int_eq(verdict(), PCI_USABLE);
	ck_assert_str_eq(text_get(&out), "");
}
END_TEST

START_TEST(test_a_device_node_does_as_well_as_a_group)
{
	plant(MODEM, "vfio-pci", "12");
	put("", "sys/bus/pci/devices/%s/vfio-dev/vfio3/dev", MODEM);
	put("", "dev/vfio/devices/vfio3");
	ck_assert_int_eq(verdict(), PCI_BLOCKED);
	put("", "dev/iommu");
	ck_assert_int_eq(verdict(), PCI_USABLE);
}
END_TEST

START_TEST(test_another_driver_or_none_needs_bind)
{
	plant(MODEM, "mhi-pci-generic", "12");
	ck_assert_int_eq(verdict(), PCI_NEEDS_BIND);
	ck_says("bound to mhi-pci-generic: mhictl bind " MODEM);
	plant(MODEM, "", "12");
	ck_assert_int_eq(verdict(), PCI_NEEDS_BIND);
	ck_says("has no driver: mhictl bind " MODEM);
}
END_TEST

START_TEST(test_a_function_behind_no_iommu_is_blocked)
{
	plant(MODEM, "mhi-pci-generic", "");
	ck_assert_int_eq(verdict(), PCI_BLOCKED);
	ck_says(MODEM " is behind no IOMMU");
}
END_TEST

START_TEST(test_a_peer_with_a_driver_of_its_own_blocks)
{
	plant(MODEM, "vfio-pci", "12");
	put("", "dev/vfio/12");
	plant(SOUND, "snd_hda_intel", "12");
	plant("0000:00:1c.0", "pcieport", "12");
	plant("0000:02:00.0", "", "12");
	ck_assert_int_eq(verdict(), PCI_BLOCKED);
	ck_says("IOMMU group 12 also holds " SOUND " (snd_hda_intel): bind");
	set_driver(SOUND, "pci-stub");
	ck_assert_int_eq(verdict(), PCI_USABLE);
}
END_TEST

START_TEST(test_a_node_that_cannot_be_opened_blocks)
{
	plant(MODEM, "vfio-pci", "0");
	ck_assert_int_eq(verdict(), PCI_BLOCKED);
	ck_says("dev/vfio/0 cannot be opened (No such file");
	put("", "dev/vfio/noiommu-0");
	ck_assert_int_eq(verdict(), PCI_BLOCKED);
	ck_says("iommu=unsafe-none");
}
END_TEST

START_TEST(test_sleep_is_told_and_blocks_nothing)
{
	plant(MODEM, "vfio-pci", "12");
	put("", "dev/vfio/12");
	put("D3cold\n", "sys/bus/pci/devices/%s/power_state", MODEM);
	ck_assert_int_eq(verdict(), PCI_USABLE);
	ck_says("sleeps in D3cold");
}
END_TEST

START_TEST(test_interrupts_that_are_not_remapped_block)
{
	put("PCI-MSI-0000:01:00.0\n", "sys/kernel/irq/30/chip_name");
	put("IR-IO-APIC\n", "sys/kernel/irq/1/chip_name");
	pci_host_examine_limits("sys", &out);
	ck_assert_ptr_null(strstr(text_get(&out), "remapped"));
	put("IO-APIC\n", "sys/kernel/irq/1/chip_name");
	ck_assert_int_eq(pci_host_examine_limits("sys", &out), PCI_BLOCKED);
	ck_says("Interrupts are not remapped");
	text_clear(&out);
	put("Y\n", "sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts");
	pci_host_examine_limits("sys", &out);
	ck_assert_ptr_null(strstr(text_get(&out), "remapped"));
	ck_says("allows unsafe interrupts");
}
END_TEST

/* The verdict of a process with this limit and no capability. */
static enum pci_verdict verdict_with_memlock(rlim_t bytes)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };
	struct rlimit limit = { bytes, bytes };
	struct text said = TEXT_INIT;
	pid_t child = fork();
	int status;

	if (child == 0) {
		if (setrlimit(RLIMIT_MEMLOCK, &limit) || syscall(SYS_capset, &header, none))
			_exit(99);
		_exit((int)pci_host_examine_limits("sys", &said));
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

START_TEST(test_too_little_memory_to_lock_blocks)
{
	struct rlimit limit;

	ck_assert_int_eq(verdict_with_memlock(64 << 10), PCI_BLOCKED);
	if (!getrlimit(RLIMIT_MEMLOCK, &limit) && limit.rlim_max >= 64 << 20)
		ck_assert_int_eq(verdict_with_memlock(64 << 20), PCI_USABLE);
}
END_TEST

START_TEST(test_a_machine_needs_vfio_and_an_iommu)
{
	ck_assert_int_eq(pci_host_examine("sys", "dev", &out), PCI_BLOCKED);
	ck_says("vfio-pci is not loaded: modprobe vfio-pci");
	ck_says("No IOMMU is on");
	plant(MODEM, "vfio-pci", "12");
	put("", "sys/bus/pci/drivers/vfio-pci/bind");
	text_clear(&out);
	ck_assert_int_eq(pci_host_examine("sys", "dev", &out), PCI_BLOCKED);
	ck_says("dev/vfio/vfio cannot be opened");
	text_clear(&out);
	put("", "dev/vfio/vfio");
	ck_assert_int_eq(pci_host_examine("sys", "dev", &out),
			 pci_host_examine_limits("sys", &out));
}
END_TEST

/* Binding. */

struct step {
	const char *driver;	/* what the modem is bound to from now on; NULL: as before */
	const char *file;	/* is read next, until its writer closes it */
};

static void log_write(const char *file)
{
	char word[64];
	int fd = open(file, O_RDONLY);
	ssize_t n = read(fd, word, sizeof(word) - 1);
	FILE *f = fopen("log", "a");

	fprintf(f, "%s<%.*s\n", strrchr(file, '/') + 1, (int)n, word);
	fclose(f);
	close(fd);
}

static void kernel_start(const struct step *steps)
{
	for (const struct step *s = steps; s->file; s++)
		ck_assert(mkfifo(s->file, 0600) == 0 || errno == EEXIST);
	kernel = fork();
	if (kernel)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (; steps->file; steps++) {
		if (steps->driver)
			set_driver(MODEM, steps->driver);
		log_write(steps->file);
	}
	_exit(0);
}

/* What was written, in order. */
static const char *kernel_stop(void)
{
	int status;

	ck_assert_int_eq(waitpid(kernel, &status, 0), kernel);
	ck_assert_int_eq(status, 0);
	return get("log");
}

#define DRIVERS "sys/bus/pci/drivers"
#define PROBE "sys/bus/pci/drivers_probe"
#define OVERRIDE "sys/bus/pci/devices/" MODEM "/driver_override"

static void plant_drivers(void)
{
	put("", DRIVERS "/vfio-pci/new_id");
	put("", DRIVERS "/mhi-pci-generic/new_id");
}

START_TEST(test_bind_moves_a_function_to_vfio)
{
	static const struct step steps[] = {
		{ NULL, DRIVERS "/mhi-pci-generic/unbind" },
		{ "vfio-pci", PROBE },
		{ NULL, NULL },
	};

	plant(MODEM, "mhi-pci-generic", "12");
	plant_drivers();
	kernel_start(steps);
	ck_assert_int_eq(pci_bind("sys", MODEM, &out), 0);
	ck_assert_str_eq(kernel_stop(), "unbind<" MODEM "\ndrivers_probe<" MODEM "\n");
	ck_assert_str_eq(get(OVERRIDE), "vfio-pci");
	ck_assert_str_eq(modem().driver, "vfio-pci");
}
END_TEST

START_TEST(test_bind_gives_back_what_vfio_does_not_take)
{
	static const struct step steps[] = {
		{ NULL, DRIVERS "/mhi-pci-generic/unbind" },
		{ "", PROBE },
		{ "mhi-pci-generic", DRIVERS "/mhi-pci-generic/bind" },
		{ NULL, NULL },
	};

	plant(MODEM, "mhi-pci-generic", "12");
	plant_drivers();
	put("mhi-pci-generic\n", OVERRIDE);
	kernel_start(steps);
	ck_assert_int_eq(pci_bind("sys", MODEM, &out), -EIO);
	ck_says("vfio-pci did not take " MODEM);
	ck_says("; mhi-pci-generic has it again");
	ck_assert_str_eq(kernel_stop(), "unbind<" MODEM "\ndrivers_probe<" MODEM "\n"
			 "bind<" MODEM "\n");
	ck_assert_str_eq(get(OVERRIDE), "mhi-pci-generic");
}
END_TEST

START_TEST(test_bind_says_when_the_former_driver_is_lost)
{
	static const struct step steps[] = {
		{ NULL, DRIVERS "/mhi-pci-generic/unbind" },
		{ "", PROBE },
		{ NULL, DRIVERS "/mhi-pci-generic/bind" },
		{ NULL, NULL },
	};

	plant(MODEM, "mhi-pci-generic", "12");
	plant_drivers();
	kernel_start(steps);
	ck_assert_int_eq(pci_bind("sys", MODEM, &out), -EIO);
	ck_says("; mhi-pci-generic does not take it back");
	ck_assert_str_eq(kernel_stop(), "unbind<" MODEM "\ndrivers_probe<" MODEM "\n"
			 "bind<" MODEM "\n");
	ck_assert_str_eq(get(OVERRIDE), "\n");
}
END_TEST

START_TEST(test_bind_without_unbind_restores_the_override)
{
	plant(MODEM, "mhi-pci-generic", "12");
	plant_drivers();
	put("", PROBE);
	ck_assert_int_eq(pci_bind("sys", MODEM, &out), -ENOENT);
	ck_says("cannot unbind " MODEM);
	ck_assert_str_eq(get(OVERRIDE), "\n");
	ck_assert_str_eq(get(PROBE), "");
	ck_assert_str_eq(modem().driver, "mhi-pci-generic");
}
END_TEST

START_TEST(test_bind_leaves_a_driverless_function_so_on_failure)
{
	plant(MODEM, "", "12");
	plant_drivers();
	put("", PROBE);
	ck_assert_int_eq(pci_bind("sys", MODEM, &out), -EIO);
	ck_assert_str_eq(get(PROBE), MODEM);
	ck_assert_str_eq(get(OVERRIDE), "\n");
}
END_TEST

START_TEST(test_bind_has_nothing_to_do_for_vfio)
{
	plant(MODEM, "vfio-pci", "12");
	ck_assert_int_eq(pci_bind("sys", MODEM, &out), 0);
	ck_assert_str_eq(get(OVERRIDE), "(null)\n");
}
END_TEST

START_TEST(test_bind_touches_nothing_that_vfio_would_refuse)
{
	ck_assert_int_eq(pci_bind("sys", "01:00.0", &out), -EINVAL);
	ck_says("'01:00.0' is no PCI address; it looks like 0000:01:00.0");
	ck_assert_int_eq(pci_bind("sys", MODEM, &out), -ENODEV);
	ck_says("there is no PCI function " MODEM);
	plant(MODEM, "mhi-pci-generic", "");
	ck_assert_int_eq(pci_bind("sys", MODEM, &out), -EOPNOTSUPP);
	ck_says("vfio-pci is not loaded");
	plant_drivers();
	ck_assert_int_eq(pci_bind("sys", MODEM, &out), -EOPNOTSUPP);
	ck_says("is behind no IOMMU");
	put("0x060400\n", "sys/bus/pci/devices/%s/class", MODEM);
	ck_assert_int_eq(pci_bind("sys", MODEM, &out), -EOPNOTSUPP);
	ck_says("is a bridge");
	ck_assert_str_eq(get(OVERRIDE), "(null)\n");
}
END_TEST

START_TEST(test_bind_without_iommu_only_where_vfio_allows_it)
{
	plant(MODEM, "", "");
	plant_drivers();
	put("N\n", "sys/module/vfio/parameters/enable_unsafe_noiommu_mode");
	ck_assert_int_eq(pci_bind("sys", MODEM, &out), -EOPNOTSUPP);
	put("Y\n", "sys/module/vfio/parameters/enable_unsafe_noiommu_mode");
	put("", PROBE);
	ck_assert_int_eq(pci_bind("sys", MODEM, &out), -EIO);
	ck_assert_str_eq(get(PROBE), MODEM);
}
END_TEST

START_TEST(test_unbind_lets_the_kernel_choose)
{
	static const struct step steps[] = {
		{ NULL, DRIVERS "/vfio-pci/unbind" },
		{ "mhi-pci-generic", PROBE },
		{ NULL, NULL },
	};

	plant(MODEM, "vfio-pci", "12");
	plant_drivers();
	put("vfio-pci\n", OVERRIDE);
	kernel_start(steps);
	ck_assert_int_eq(pci_unbind("sys", MODEM, &out), 0);
	ck_assert_str_eq(kernel_stop(), "unbind<" MODEM "\ndrivers_probe<" MODEM "\n");
	ck_assert_str_eq(get(OVERRIDE), "\n");
}
END_TEST

START_TEST(test_unbind_leaves_other_drivers_alone)
{
	plant(MODEM, "mhi-pci-generic", "12");
	ck_assert_int_eq(pci_unbind("sys", MODEM, &out), -EBUSY);
	ck_says("is bound to mhi-pci-generic, not to vfio-pci; left as it is");
	ck_assert_str_eq(get(OVERRIDE), "(null)\n");
}
END_TEST

START_TEST(test_unbind_that_fails_keeps_the_override)
{
	plant(MODEM, "vfio-pci", "12");
	put("vfio-pci\n", OVERRIDE);
	ck_assert_int_eq(pci_unbind("sys", MODEM, &out), -ENOENT);
	ck_says("cannot unbind " MODEM);
	ck_assert_str_eq(get(OVERRIDE), "vfio-pci");
}
END_TEST

static Suite *pci_suite(void)
{
	Suite *s = suite_create("pci");
	TCase *reading = tcase_create("reading"), *verdicts = tcase_create("verdicts");
	TCase *binding = tcase_create("binding");

	tcase_add_checked_fixture(reading, setup, teardown);
	tcase_add_test(reading, test_an_address_has_one_spelling);
	tcase_add_test(reading, test_a_function_is_what_its_files_say);
	tcase_add_test(reading, test_what_sysfs_has_not_is_empty);
	tcase_add_test(reading, test_a_scan_goes_by_address_and_ends_when_told);
	tcase_add_test(reading, test_a_group_lists_all_its_members);
	tcase_add_test(reading, test_names_come_from_a_list_of_ids);
	tcase_add_test(reading, test_names_are_numbers_without_a_list);
	suite_add_tcase(s, reading);
	tcase_add_checked_fixture(verdicts, setup, teardown);
	tcase_add_test(verdicts, test_a_function_on_vfio_with_a_node_is_usable);
	tcase_add_test(verdicts, test_a_device_node_does_as_well_as_a_group);
	tcase_add_test(verdicts, test_another_driver_or_none_needs_bind);
	tcase_add_test(verdicts, test_a_function_behind_no_iommu_is_blocked);
	tcase_add_test(verdicts, test_a_peer_with_a_driver_of_its_own_blocks);
	tcase_add_test(verdicts, test_a_node_that_cannot_be_opened_blocks);
	tcase_add_test(verdicts, test_sleep_is_told_and_blocks_nothing);
	tcase_add_test(verdicts, test_interrupts_that_are_not_remapped_block);
	tcase_add_test(verdicts, test_too_little_memory_to_lock_blocks);
	tcase_add_test(verdicts, test_a_machine_needs_vfio_and_an_iommu);
	suite_add_tcase(s, verdicts);
	tcase_add_checked_fixture(binding, setup, teardown);
	tcase_add_test(binding, test_bind_moves_a_function_to_vfio);
	tcase_add_test(binding, test_bind_gives_back_what_vfio_does_not_take);
	tcase_add_test(binding, test_bind_says_when_the_former_driver_is_lost);
	tcase_add_test(binding, test_bind_without_unbind_restores_the_override);
	tcase_add_test(binding, test_bind_leaves_a_driverless_function_so_on_failure);
	tcase_add_test(binding, test_bind_has_nothing_to_do_for_vfio);
	tcase_add_test(binding, test_bind_touches_nothing_that_vfio_would_refuse);
	tcase_add_test(binding, test_bind_without_iommu_only_where_vfio_allows_it);
	tcase_add_test(binding, test_unbind_lets_the_kernel_choose);
	tcase_add_test(binding, test_unbind_leaves_other_drivers_alone);
	tcase_add_test(binding, test_unbind_that_fails_keeps_the_override);
	suite_add_tcase(s, binding);
	return s;
}

int main(void)
{
	return suite_run(pci_suite());
}
