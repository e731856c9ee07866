/*
 * fake_logind - a system bus of our own, and on it what of logind takes part in
 * a sleep: locks and the signal.  It runs inside calls, and not in between.
 */
#pragma once
#include "base/bytes.h"

/* Is there a program for a bus? */
bool fake_logind_is_possible(void);

/* The bus, then logind on it.  DBUS_SYSTEM_BUS_ADDRESS names the bus for whoever
 * starts from now on. */
void fake_bus_start(void);
void fake_bus_stop(void);	/* safe twice */
void fake_logind_start(void);
void fake_logind_stop(void);	/* safe twice */

/* Answers who called; how many locks are held now. */
unsigned int fake_logind_locks(void);
/* "sleep mhifs delay" of the last one. */
const char *fake_logind_last(void);
/* From now on locks are refused, or are not. */
void fake_logind_refuse(bool refuses);

void fake_logind_prepare(bool is_going);	/* the signal */
