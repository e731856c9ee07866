#include "sim/service.h"

static const struct sim_service *const services[] = {
	&sim_service_at,
	&sim_service_qmi,
	&sim_service_nmea,
	&sim_service_diag,
	&sim_service_icmp,
	&sim_service_rpmsg,
	&sim_service_firehose,
	&sim_service_sahara,
	&sim_service_sahara_flashless,
	&sim_service_sahara_crashed,
	&sim_service_sahara_liar,
};

const struct sim_service *sim_service_find(const char *life)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(services); i++)
		if (!strcmp(services[i]->life, life))
			return services[i];
	return NULL;
}
