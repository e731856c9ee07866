/*
 * mhifs.h - the words that programs find in the files of a device.
 *
 * They are part of the interface and stay: stats holds lines "NAME.KEY=VALUE",
 * state and info hold lines "KEY=VALUE", events holds one JSON object a line.
 */
#ifndef MHIFS_MHIFS_H
#define MHIFS_MHIFS_H

#include <stdint.h>
#include <sys/ioctl.h>

/* Keys of stats, one set a channel. */
#define MHIFS_STAT_USERS	"users"		/* open files of the running instance */
#define MHIFS_STAT_STATE	"state"		/* see MHIFS_CHANNEL_* */
#define MHIFS_STAT_MTU		"mtu"		/* bytes, largest piece of a write */
#define MHIFS_STAT_UL_MESSAGES	"ul_messages"	/* taken by the device */
#define MHIFS_STAT_UL_BYTES	"ul_bytes"
#define MHIFS_STAT_DL_MESSAGES	"dl_messages"	/* given to readers */
#define MHIFS_STAT_DL_BYTES	"dl_bytes"
#define MHIFS_STAT_PREPARES	"prepares"
#define MHIFS_STAT_UNPREPARES	"unprepares"
#define MHIFS_STAT_ERRORS	"errors"

#define MHIFS_CHANNEL_CLOSED	"closed"
#define MHIFS_CHANNEL_STARTING	"starting"
#define MHIFS_CHANNEL_RUNNING	"running"
#define MHIFS_CHANNEL_STOPPING	"stopping"
#define MHIFS_CHANNEL_FAILED	"failed"

/* Keys of state, and the values of the first. */
#define MHIFS_STATE_STATE	"state"
#define MHIFS_STATE_MHI		"mhi"
#define MHIFS_STATE_EE		"ee"
#define MHIFS_STATE_WHY		"why"

#define MHIFS_DEVICE_OFF	"off"
#define MHIFS_DEVICE_STARTING	"starting"
#define MHIFS_DEVICE_READY	"ready"
#define MHIFS_DEVICE_SUSPENDED	"suspended"
#define MHIFS_DEVICE_RECOVERING	"recovering"
#define MHIFS_DEVICE_ERROR	"error"
#define MHIFS_DEVICE_GONE	"gone"

/* Keys of info.  A channel is "channel.NAME=UL DL MTU BOUNDARY"; a direction
 * that does not exist is "-". */
#define MHIFS_INFO_NAME		"name"
#define MHIFS_INFO_TRANSPORT	"transport"
#define MHIFS_INFO_ADDRESS	"address"
#define MHIFS_INFO_PATH		"path"
#define MHIFS_INFO_PROFILE	"profile"
#define MHIFS_INFO_IDS		"ids"		/* of a USB device: VID:PID */
#define MHIFS_INFO_TYPE		"type"		/* of a virtio device: rpmsg, gpio */
#define MHIFS_INFO_LINES	"lines"		/* of a gpio device */
#define MHIFS_INFO_CHANNEL	"channel."

/* Words that power takes; it reads on, off or suspended. */
#define MHIFS_POWER_ON		"on"
#define MHIFS_POWER_OFF		"off"
#define MHIFS_POWER_RESET	"reset"
#define MHIFS_POWER_SUSPEND	"suspend"
#define MHIFS_POWER_RESUME	"resume"
#define MHIFS_POWER_EDL		"edl"		/* as reset, into emergency download */
#define MHIFS_POWER_SUSPENDED	"suspended"

/* Values of "type" in events. */
#define MHIFS_EVENT_STATE	"state"		/* state, mhi, why */
#define MHIFS_EVENT_EE		"ee"		/* ee */
#define MHIFS_EVENT_CHANNEL	"channel"	/* channel, and state or offered */
#define MHIFS_EVENT_POWER	"power"		/* state, result */
#define MHIFS_EVENT_RESET	"reset"		/* cause */
#define MHIFS_EVENT_FIRMWARE	"firmware"	/* image, ee, bytes, total, state, why */
#define MHIFS_EVENT_DUMP	"dump"		/* file, bytes, state, why */
#define MHIFS_EVENT_IDENTITY	"identity"	/* channel, what, value */
#define MHIFS_EVENT_TTY		"tty"		/* channel, path, state */
#define MHIFS_EVENT_NS		"ns"		/* action, name, src, dst, file */
#define MHIFS_EVENT_GPIO	"gpio"		/* line, number, edge, monotonic_us, line_seq */
#define MHIFS_EVENT_LINE	"line"		/* channel, dcd, dsr, ri, break */
#define MHIFS_EVENT_LOST	"lost"		/* count */

/* States of firmware: reading, loading, then loaded or failed; of dump: saving,
 * then saved, partial or failed. */
#define MHIFS_FIRMWARE_READING	"reading"
#define MHIFS_FIRMWARE_LOADING	"loading"
#define MHIFS_FIRMWARE_LOADED	"loaded"
#define MHIFS_FIRMWARE_FAILED	"failed"
#define MHIFS_DUMP_SAVING	"saving"
#define MHIFS_DUMP_SAVED	"saved"
#define MHIFS_DUMP_PARTIAL	"partial"
#define MHIFS_DUMP_FAILED	"failed"

/* What rpmsg/ctrl takes, as /dev/rpmsg_ctrlN does; DESTROY_EPT is for the file
 * of an endpoint.  The numbers are those of linux/rpmsg.h. */
struct mhifs_rpmsg_endpoint {
	char name[32];		/* terminated */
	uint32_t src, dst;	/* MHIFS_RPMSG_ANY: the lowest free; learned */
};
#define MHIFS_RPMSG_ANY		0xffffffffu

#define MHIFS_RPMSG_CREATE_EPT	_IOW(0xb5, 1, struct mhifs_rpmsg_endpoint)
#define MHIFS_RPMSG_DESTROY_EPT	_IO(0xb5, 2)
#define MHIFS_RPMSG_CREATE_DEV	_IOW(0xb5, 3, struct mhifs_rpmsg_endpoint)
#define MHIFS_RPMSG_RELEASE_DEV	_IOW(0xb5, 4, struct mhifs_rpmsg_endpoint)

#endif
