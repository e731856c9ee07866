#include "device/config.h"
#include <errno.h>
#include <stdlib.h>
struct config { uint32_t ready_wait_ms; };
int config_load(const char *path, struct config **ret_config, struct text *ret_why)
{
	(void)path; (void)ret_why;
	*ret_config = calloc(1, sizeof(**ret_config));
	if (!*ret_config) return -ENOMEM;
	(*ret_config)->ready_wait_ms = 30000;
	return 0;
}
void config_free(struct config *c) { free(c); }
uint32_t config_ready_wait_ms(const struct config *c) { return c->ready_wait_ms; }
int config_profile(const struct config *c, const char *profile, const char *address,
		   struct profile **ret_profile, struct text *ret_why)
{
	(void)c; (void)address;
	*ret_profile = profile_new_builtin(profile ? profile : "sim");
	if (!*ret_profile) {
		text_printf(ret_why, "no profile is called '%s'; there are ", profile);
		profile_list_builtin(ret_why);
		return -ENOENT;
	}
	return 0;
}
