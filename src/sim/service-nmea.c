/*
 * NMEA: a receiver that drives about, one position a second.
 *
 * Place, direction and signal levels come from the seed, the time from the
 * monotonic clock: it starts on 1 November 2026, 00:00:00, whenever that was.
 * Source: NMEA 0183, as gpsd reads it.
 */
#include "sim/identity.h"
#include "sim/service.h"
#include <stdio.h>

enum {
	SECOND_US = 1000000,
	MINUTE = 10000,		/* units of position: 1/10000 minute, 0.185 m north */
	DEGREE = 60 * MINUTE,
	N_SATELLITES = 8,
	SPEED_KNOTS = 20,	/* 56 units a second */
};

struct nmea {
	uint64_t chance;
	int32_t lat, lon;	/* units */
	unsigned int heading;	/* eighths of a turn, clockwise from north */
	uint64_t seconds;	/* of the last position */
	bool has_spoken;
};

static const struct { int8_t north, east; } headings[8] = {
	{ 56, 0 }, { 40, 60 }, { 0, 84 }, { -40, 60 },
	{ -56, 0 }, { -40, -60 }, { 0, -84 }, { 40, -60 },
};	/* a unit east is two thirds of one north at 48 degrees */

static void nmea_start(void *state, uint64_t seed)
{
	struct nmea *n = state;

	n->chance = seed;
	n->lat = 48 * DEGREE + (int32_t)(chance_next(&n->chance) % DEGREE);
	n->lon = 11 * DEGREE + (int32_t)(chance_next(&n->chance) % DEGREE);
	n->heading = chance_next(&n->chance) % 8;
}

/* $, the body, its checksum and the end of the line. */
static void say(struct mouth *m, const char *body)
{
	uint8_t sum = 0;

	for (const char *c = body; *c; c++)
		sum ^= (uint8_t)*c;
	mouth_printf(m, "$%s*%02X\r\n", body, sum);
}

struct fix {
	char time[16], date[16], place[40];
};

static struct fix fix_now(const struct nmea *n)
{
	unsigned int second = (unsigned int)(n->seconds % 86400);
	unsigned int day = (unsigned int)(n->seconds / 86400 % 30) + 1;
	struct fix f;

	snprintf(f.time, sizeof(f.time), "%02u%02u%02u.00",
		 second / 3600, second / 60 % 60, second % 60);
	snprintf(f.date, sizeof(f.date), "%02u1126", day % 100);
	snprintf(f.place, sizeof(f.place), "%02d%02d.%04d,N,%03d%02d.%04d,E",
		 n->lat / DEGREE, n->lat % DEGREE / MINUTE, n->lat % MINUTE,
		 n->lon / DEGREE, n->lon % DEGREE / MINUTE, n->lon % MINUTE);
	return f;
}

static void say_satellites(struct nmea *n, struct mouth *m)
{
	char body[96];

	for (unsigned int page = 0; page < N_SATELLITES / 4; page++) {
		int len = snprintf(body, sizeof(body), "GPGSV,%d,%u,%02d",
				   N_SATELLITES / 4, page + 1, N_SATELLITES);

		for (unsigned int i = page * 4; i < page * 4 + 4; i++)
			len += snprintf(body + len, sizeof(body) - (size_t)len,
					",%02u,%02u,%03u,%02u", i * 3 + 2, 20 + i * 7,
					i * 43 % 360, 35 + chance_next(&n->chance) % 10);
		say(m, body);
	}
}

static void say_position(struct nmea *n, struct mouth *m)
{
	struct fix f = fix_now(n);
	char body[96];

	snprintf(body, sizeof(body), "GPGGA,%s,%s,1,%02d,0.9,520.0,M,47.0,M,,",
		 f.time, f.place, N_SATELLITES);
	say(m, body);
	snprintf(body, sizeof(body), "GPRMC,%s,A,%s,%d.0,%u.0,%s,,,A",
		 f.time, f.place, SPEED_KNOTS, n->heading * 45, f.date);
	say(m, body);
	say(m, "GPGSA,A,3,02,05,08,11,14,17,20,23,,,,,1.6,0.9,1.3");
	say_satellites(n, m);
}

static void move(struct nmea *n, uint64_t seconds)
{
	for (; seconds; seconds--) {
		if (chance_next(&n->chance) % 16 == 0)
			n->heading = (n->heading + 1) % 8;
		n->lat += headings[n->heading].north;
		n->lon += headings[n->heading].east;
	}
}

static uint64_t nmea_tick(void *state, uint64_t now_us, struct mouth *m)
{
	struct nmea *n = state;
	uint64_t now = now_us / SECOND_US;

	/* Nobody follows a car through more than a minute of silence. */
	if (n->has_spoken && now > n->seconds)
		move(n, now - n->seconds < 60 ? now - n->seconds : 60);
	n->has_spoken = true;
	n->seconds = now;
	say_position(n, m);
	return (now + 1) * SECOND_US;
}

const struct sim_service sim_service_nmea = {
	.life = "nmea",
	.state_len = sizeof(struct nmea),
	.start = nmea_start,
	.tick = nmea_tick,
};
