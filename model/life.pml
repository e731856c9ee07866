/*
 * life - the table of src/core/state.c, row by row; tests/check-model compares
 * the two.  A pair that is not listed is refused.
 */
mtype:life = { DEV_OFF, DEV_BOOT, DEV_RESET, DEV_READY, DEV_M0, DEV_M2, DEV_M3_ENTER,
	DEV_M3, DEV_M3_EXIT, DEV_SHUTDOWN, DEV_HALT, DEV_ERROR, DEV_GONE };
mtype:event = { ON_POWER_ON, ON_FOUND_RUNNING, ON_RESET_CLEAR, ON_READY, ON_M0, ON_M1,
	ON_M3, ON_SUSPEND, ON_RESUME, ON_POWER_OFF, ON_QUIET, ON_FAILURE, ON_GONE };

/* Not part of a state of the model: which rows any run took, told at the end. */
c_decl {
	static const char *rows[64];

	static void rows_tell(void)
	{
		for (int i = 0; i < 64 && rows[i]; i++)
			printf("row %s\n", rows[i]);
	}

	static void row_taken(const char *row)
	{
		int i = 0;

		while (i < 63 && rows[i] && strcmp(rows[i], row))
			i++;
		if (i == 0 && !rows[0])
			atexit(rows_tell);
		rows[i] = row;
	}
}

mtype:life state = DEV_OFF;
bool has_arrived;	/* what belongs to the new state was not done yet */
bool was_refused;

#define ROW(from, when, to) \
	:: on == when && state == from -> \
		state = to; has_arrived = true; was_refused = false; \
		c_code { row_taken(#from " " #when); }

inline state_step(on)
{
	d_step {
	if
	ROW(DEV_OFF, ON_POWER_ON, DEV_BOOT)
	ROW(DEV_ERROR, ON_POWER_ON, DEV_BOOT)
	ROW(DEV_BOOT, ON_FOUND_RUNNING, DEV_RESET)
	ROW(DEV_RESET, ON_RESET_CLEAR, DEV_BOOT)
	ROW(DEV_BOOT, ON_READY, DEV_READY)
	ROW(DEV_READY, ON_M0, DEV_M0)
	ROW(DEV_M2, ON_M0, DEV_M0)
	ROW(DEV_M3_EXIT, ON_M0, DEV_M0)
	ROW(DEV_M0, ON_M1, DEV_M2)
	ROW(DEV_M0, ON_SUSPEND, DEV_M3_ENTER)
	ROW(DEV_M3_ENTER, ON_M3, DEV_M3)
	ROW(DEV_M3, ON_RESUME, DEV_M3_EXIT)
	ROW(DEV_M0, ON_POWER_OFF, DEV_SHUTDOWN)
	ROW(DEV_M2, ON_POWER_OFF, DEV_SHUTDOWN)
	ROW(DEV_BOOT, ON_QUIET, DEV_HALT)
	ROW(DEV_RESET, ON_QUIET, DEV_HALT)
	ROW(DEV_READY, ON_QUIET, DEV_HALT)
	ROW(DEV_M3_ENTER, ON_QUIET, DEV_HALT)
	ROW(DEV_M3_EXIT, ON_QUIET, DEV_HALT)
	ROW(DEV_SHUTDOWN, ON_QUIET, DEV_HALT)
	ROW(DEV_ERROR, ON_QUIET, DEV_HALT)
	ROW(DEV_HALT, ON_RESET_CLEAR, DEV_OFF)
	ROW(DEV_BOOT, ON_FAILURE, DEV_ERROR)
	ROW(DEV_RESET, ON_FAILURE, DEV_ERROR)
	ROW(DEV_READY, ON_FAILURE, DEV_ERROR)
	ROW(DEV_M0, ON_FAILURE, DEV_ERROR)
	ROW(DEV_M2, ON_FAILURE, DEV_ERROR)
	ROW(DEV_M3_ENTER, ON_FAILURE, DEV_ERROR)
	ROW(DEV_M3, ON_FAILURE, DEV_ERROR)
	ROW(DEV_M3_EXIT, ON_FAILURE, DEV_ERROR)
	ROW(DEV_SHUTDOWN, ON_FAILURE, DEV_ERROR)
	ROW(DEV_HALT, ON_FAILURE, DEV_ERROR)
	ROW(DEV_OFF, ON_GONE, DEV_GONE)
	ROW(DEV_BOOT, ON_GONE, DEV_GONE)
	ROW(DEV_RESET, ON_GONE, DEV_GONE)
	ROW(DEV_READY, ON_GONE, DEV_GONE)
	ROW(DEV_M0, ON_GONE, DEV_GONE)
	ROW(DEV_M2, ON_GONE, DEV_GONE)
	ROW(DEV_M3_ENTER, ON_GONE, DEV_GONE)
	ROW(DEV_M3, ON_GONE, DEV_GONE)
	ROW(DEV_M3_EXIT, ON_GONE, DEV_GONE)
	ROW(DEV_SHUTDOWN, ON_GONE, DEV_GONE)
	ROW(DEV_HALT, ON_GONE, DEV_GONE)
	ROW(DEV_ERROR, ON_GONE, DEV_GONE)
	:: else -> was_refused = true
	fi
	}
}
