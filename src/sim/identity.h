/*
 * identity - who the simulated modem says it is, the same on every channel.
 */
#pragma once
#include "base/bytes.h"

#define IDENTITY_MANUFACTURER "mhifs"
#define IDENTITY_MODEL "Simulated Modem"
#define IDENTITY_REVISION "MHISIM.1.0-00001"
#define IDENTITY_HARDWARE "10000"
#define IDENTITY_OPERATOR "mhifs"
#define IDENTITY_PLMN "00101"	/* the test network of ITU-T E.212 */

struct identity {
	char imei[16];		/* with its check digit */
	char imsi[16];
	char iccid[20];		/* with its check digit */
	char msisdn[12];
	uint32_t esn;
};

void identity_make(struct identity *id, uint64_t seed);

/* The next number of a sequence that its seed decides; the state may be any
 * value. */
uint32_t chance_next(uint64_t *state);
