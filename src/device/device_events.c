/*
 * What a device reports of itself: the words are those of mhifs/mhifs.h and
 * mhifs(8).
 */
#include "device/instance.h"
#include "mhifs/mhifs.h"

static const char *const types[] = {
	MHIFS_EVENT_STATE, MHIFS_EVENT_EE, MHIFS_EVENT_CHANNEL,
	MHIFS_EVENT_POWER, MHIFS_EVENT_RESET,
	MHIFS_EVENT_FIRMWARE, MHIFS_EVENT_DUMP, NULL,
};

static const struct events_source_ops core_events = { .name = "core", .types = types };

int device_register_events(struct device *d)
{
	d->told.mhi = "";
	d->told.ee = device_ee(d);
	return events_register(d->events, &core_events);
}

void device_tell(struct device *d, const char *type, json_t *fields)
{
	events_add(d->events, &core_events, type, fields);
}

static uint64_t now_us(const struct device *d)
{
	return loop_timers(d->loop)->now_us;
}

static void log_state(const struct device *d)
{
	const char *state = engine_state_name(d->told.state);
	const char *why = device_why(d);

	if (d->told.state == ENGINE_ERROR || d->told.state == ENGINE_GONE)
		log_error(d->name, "%s: %s", state, why);
	else if (d->told.state == ENGINE_RECOVERING)
		log_warn(d->name, "%s: %s", state, why);
	else
		log_info(d->name, "%s%s%s", state, *why ? ": " : "", why);
}

void device_tell_changes(struct device *d)
{
	enum engine_state state = device_state(d);
	const char *mhi = device_mhi(d), *ee = device_ee(d);
	bool is_new_state = state != d->told.state;

	if (is_new_state || strcmp(mhi, d->told.mhi) || strcmp(ee, d->told.ee))
		history_add(&d->history, now_us(d), "state %s, %s, %s: %s",
			    engine_state_name(state), mhi, ee, device_why(d));
	if (strcmp(ee, d->told.ee))
		events_add(d->events, &core_events, MHIFS_EVENT_EE,
			   json_pack("{s:s}", "ee", ee));
	if (is_new_state || strcmp(mhi, d->told.mhi))
		events_add(d->events, &core_events, MHIFS_EVENT_STATE,
			   json_pack("{s:s, s:s, s:s}", "state", engine_state_name(state),
				     "mhi", mhi, "why", device_why(d)));
	d->told.state = state;
	d->told.mhi = mhi;
	d->told.ee = ee;
	if (is_new_state)
		log_state(d);
}

void device_tell_offered(struct device *d, const char *channel, bool is_offered)
{
	history_add(&d->history, now_us(d), "channel %s is %s", channel,
		    is_offered ? "offered" : "not offered any more");
	events_add(d->events, &core_events, MHIFS_EVENT_CHANNEL,
		   json_pack("{s:s, s:b}", "channel", channel, "offered", is_offered));
}

void device_tell_channel(struct device *d, const struct port *p)
{
	const char *state = port_state_name(port_state(p));

	log_debug(d->name, "%s: %s", port_name(p), state);
	history_add(&d->history, now_us(d), "channel %s is %s", port_name(p), state);
	events_add(d->events, &core_events, MHIFS_EVENT_CHANNEL,
		   json_pack("{s:s, s:s}", "channel", port_name(p), "state", state));
}

void device_tell_power(struct device *d, int status)
{
	history_add(&d->history, now_us(d), "power: %s", status ? strerror(-status) : "done");
	events_add(d->events, &core_events, MHIFS_EVENT_POWER,
		   json_pack("{s:s, s:s}", "state", engine_state_name(device_state(d)),
			     "result", status ? strerror(-status) : "done"));
}

void device_tell_reset(struct device *d, const char *cause)
{
	history_add(&d->history, now_us(d), "reset: %s", cause);
	events_add(d->events, &core_events, MHIFS_EVENT_RESET,
		   json_pack("{s:s}", "cause", cause));
}
