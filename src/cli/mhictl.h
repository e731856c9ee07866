/*
 * mhictl - what its commands share: options, exit codes, messages.
 *
 * mhictl only reads and writes files: of the mounted tree, and of sysfs where
 * it is about PCI functions.  So it needs no rights of its own and works on any
 * directory of the same shape.
 */
#pragma once
#include "cli/device-dir.h"
#include <stdbool.h>

/* Exit codes; mhictl(1) promises them. */
enum ctl_exit {
	CTL_OK,
	CTL_FAILED,
	CTL_USAGE,
	CTL_NO_DEVICE,
	CTL_DENIED,
	CTL_TIME_OUT,
	CTL_DEVICE_ERROR,
	CTL_INTERRUPTED,
};

struct ctl {
	const char *root;	/* directory of device directories, or a device */
	bool is_root_given;	/* not the one by default */
	const char *sysfs, *dev;	/* "/sys" and "/dev", but for tests */
	bool is_json;
	bool has_colour;
	bool is_edl;		/* of boot: into emergency download */
};

/* A command gets its arguments, NULL terminated, and returns an exit code. */
int ctl_list(const struct ctl *c, char **args);
int ctl_show(const struct ctl *c, char **args);
int ctl_watch(const struct ctl *c, char **args);
int ctl_power(const struct ctl *c, char **args);
int ctl_boot(const struct ctl *c, char **args);
int ctl_dump(const struct ctl *c, char **args);
int ctl_bind(const struct ctl *c, char **args);
int ctl_unbind(const struct ctl *c, char **args);
int ctl_doctor(const struct ctl *c, char **args);

/* One line on stderr, escaped.  Returns @code. */
int ctl_fail(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same for a negative errno @r about the file @path; returns its code. */
int ctl_fail_errno(int r, const char *path);
/* A transition that failed: the reason is in the device's state, or is
 * @otherwise.  CTL_DEVICE_ERROR. */
int ctl_fail_power(const struct device_dir *d, const char *word, const char *otherwise);

/* The devices that @names (NULL terminated) mean, or all there are.  An exit
 * code; the message is out.  Caller frees with device_dirs_fini(). */
int ctl_devices(const struct ctl *c, char **names, struct device_dirs *ret_dirs);
/* The worse of two exit codes: the first that is not CTL_OK. */
int ctl_worse(int a, int b);
