/*
 * What the kernel and ModemManager know of each modem, as rows.  A number is
 * only half of the truth: firmware moves functions about, so a row counts where
 * class and end points agree with it.
 */
#include "usb/models.h"

#define MODEL(name_, rows_, traits_) \
	{ .name = (name_), .traits = (traits_), .rows = (rows_), .n_rows = ARRAY_SIZE(rows_) }
#define BY_CLASS(name_, traits_) { .name = (name_), .traits = (traits_) }

static const struct usb_row quectel[] = {
	{ 0, USB_DIAG }, { 1, USB_NMEA }, { 2, USB_AT }, { 3, USB_MODEM }, { 4, USB_QMI },
};
static const struct usb_row em05[] = { { 6, USB_UNSAID, USB_RESERVED } };
static const struct usb_row em05gv2[] = { { 4, USB_QMI } };
static const struct usb_row em060k_mbim[] = {
	{ 0, USB_MBIM }, { 3, USB_DIAG }, { 4, USB_NMEA }, { 5, USB_AT },
};

static const struct usb_row sierra[] = {
	{ 0, USB_DIAG }, { 2, USB_NMEA }, { 3, USB_AT }, { 8, USB_QMI }, { 10, USB_QMI },
	{ 12, USB_MBIM },
};

static const struct usb_row telit_qmi[] = {
	{ 0, USB_DIAG, USB_NO_LINE }, { 1, USB_UNSAID, USB_RESERVED }, { 2, USB_QMI },
	{ 3, USB_NMEA }, { 4, USB_AT }, { 5, USB_AT2 }, { 6, USB_SERIAL },
};
static const struct usb_row telit_mbim[] = {
	{ 0, USB_DIAG, USB_NO_LINE }, { 1, USB_UNSAID, USB_RESERVED }, { 2, USB_MBIM },
	{ 4, USB_NMEA }, { 5, USB_AT }, { 6, USB_AT2 }, { 7, USB_SERIAL },
};
static const struct usb_row le910c1_qmi2[] = {
	{ 0, USB_DIAG, USB_NO_LINE }, { 1, USB_AT }, { 2, USB_QMI },
};
static const struct usb_row le910c1_qmi3[] = {
	{ 0, USB_DIAG, USB_NO_LINE }, { 1, USB_AT }, { 2, USB_AT2 }, { 3, USB_QMI },
};
static const struct usb_row le910c1_qmi4[] = {
	{ 0, USB_DIAG, USB_NO_LINE }, { 1, USB_AT }, { 2, USB_AT2 }, { 4, USB_QMI },
};
static const struct usb_row ln940[] = { { 0, USB_UNSAID, USB_NO_LINE }, { 1, USB_QMI } };
static const struct usb_row ln940_mbim[] = { { 0, USB_UNSAID, USB_NO_LINE } };
static const struct usb_row lm960[] = {
	{ 0, USB_DIAG, USB_NO_LINE }, { 1, USB_UNSAID, USB_RESERVED }, { 2, USB_QMI },
	{ 4, USB_AT }, { 5, USB_AT2 },
};
static const struct usb_row lm960_mbim[] = {
	{ 0, USB_DIAG, USB_NO_LINE }, { 1, USB_UNSAID, USB_RESERVED }, { 2, USB_MBIM },
	{ 5, USB_AT }, { 6, USB_AT2 },
};
static const struct usb_row fn980[] = {
	{ 0, USB_DIAG, USB_NO_LINE }, { 1, USB_UNSAID, USB_RESERVED }, { 2, USB_QMI },
	{ 3, USB_SERIAL }, { 4, USB_AT }, { 5, USB_AT2 }, { 6, USB_SERIAL },
};
static const struct usb_row fn920[] = {
	{ 0, USB_QMI }, { 1, USB_NMEA }, { 2, USB_AT }, { 3, USB_DIAG, USB_NO_LINE },
};
static const struct usb_row fn990b[] = {
	{ 0, USB_QMI }, { 1, USB_NMEA }, { 2, USB_AT }, { 3, USB_AT2 },
	{ 5, USB_DIAG, USB_NO_LINE },
};
static const struct usb_row fn920_mbim[] = {
	{ 0, USB_MBIM }, { 2, USB_NMEA }, { 3, USB_AT }, { 4, USB_DIAG, USB_NO_LINE },
};
static const struct usb_row fn990b_mbim[] = {
	{ 0, USB_MBIM }, { 2, USB_NMEA }, { 3, USB_AT }, { 4, USB_AT2 },
	{ 6, USB_DIAG, USB_NO_LINE },
};

static const struct usb_row sim7600[] = {
	{ 0, USB_DIAG }, { 1, USB_NMEA }, { 2, USB_AT }, { 3, USB_MODEM },
	{ 4, USB_SERIAL },	/* sound, as samples */
	{ 5, USB_QMI }, { 6, USB_UNSAID, USB_RESERVED },
};
static const struct usb_row sim7600_rndis[] = {
	{ 2, USB_UNSAID, USB_RESERVED }, { 4, USB_AT }, { 5, USB_MODEM },
	{ 7, USB_UNSAID, USB_RESERVED },
};
static const struct usb_row sim8230[] = { { 3, USB_QMI }, { 4, USB_UNSAID, USB_RESERVED } };
static const struct usb_row sim8230_net[] = { { 5, USB_UNSAID, USB_RESERVED } };

static const struct usb_row nl678[] = {
	{ 0, USB_DIAG }, { 1, USB_AT }, { 2, USB_AT2 }, { 3, USB_SERIAL }, { 4, USB_QMI },
	{ 5, USB_UNSAID, USB_RESERVED },
};
static const struct usb_row fg132[] = { { 0, USB_QMI } };
static const struct usb_row fm101[] = { { 0, USB_MBIM }, { 2, USB_AT } };
static const struct usb_row fm135[] = { { 0, USB_MBIM }, { 3, USB_AT } };

static const struct usb_row t77w968[] = {
	{ 0, USB_QMI }, { 0, USB_MBIM }, { 1, USB_UNSAID, USB_RESERVED }, { 2, USB_AT },
	{ 3, USB_AT2 }, { 4, USB_NMEA }, { 5, USB_DIAG }, { 6, USB_UNSAID, USB_RESERVED },
};
static const struct usb_row t99w[] = { { 0, USB_MBIM }, { 3, USB_UNSAID, USB_RESERVED } };
static const struct usb_row t99w175[] = {
	{ 0, USB_MBIM }, { 2, USB_AT }, { 3, USB_UNSAID, USB_RESERVED }, { 4, USB_SERIAL },
};

static const struct usb_row gobi[] = {
	{ 0, USB_QMI }, { 1, USB_DIAG }, { 2, USB_AT }, { 3, USB_NMEA },
};
static const struct usb_row tl131[] = { { 4, USB_QMI } };
static const struct usb_row rmnet[] = { { 0, USB_DIAG }, { 2, USB_QMI } };
static const struct usb_row diag_adb[] = { { 0, USB_DIAG }, { 1, USB_ADB } };
static const struct usb_row reserved_3[] = { { 3, USB_UNSAID, USB_RESERVED } };
static const struct usb_row reserved_4[] = { { 4, USB_UNSAID, USB_RESERVED } };
static const struct usb_row reserved_1_3[] = {
	{ 1, USB_UNSAID, USB_RESERVED }, { 3, USB_UNSAID, USB_RESERVED },
};
static const struct usb_row reserved_1_4[] = {
	{ 1, USB_UNSAID, USB_RESERVED }, { 4, USB_UNSAID, USB_RESERVED },
};
static const struct usb_row qcom_9000[] = {
	{ 0, USB_UNSAID, USB_NO_LINE }, { 1, USB_UNSAID, USB_NO_LINE },
	{ 2, USB_UNSAID, USB_NO_LINE }, { 3, USB_UNSAID, USB_NO_LINE },
	{ 4, USB_UNSAID, USB_RESERVED },
};

static const struct usb_model models[] = {
	MODEL("quectel-ec25", quectel, USB_NEEDS_DTR),
	MODEL("quectel-bg96", quectel, 0),
	MODEL("quectel-em05", em05, USB_SENDS_ZLP),
	MODEL("quectel-em05gv2", em05gv2, USB_NEEDS_DTR | USB_SENDS_ZLP),
	BY_CLASS("quectel-em060k", USB_NEEDS_DTR),
	MODEL("quectel-em060k-mbim", em060k_mbim, 0),
	/* Guess: all numbers of the EM160R but that of DIAG. */
	MODEL("quectel-rm5xx-usb", quectel, USB_NEEDS_DTR),
	BY_CLASS("quectel-rg650v", USB_NEEDS_DTR | USB_SERIAL_IS_AT),
	BY_CLASS("quectel-rg255c", USB_SERIAL_IS_AT),
	MODEL("sierra-em7xxx", sierra, USB_NEEDS_DTR | USB_GPS_START),
	MODEL("sierra-mc77xx", sierra, USB_GPS_START),
	BY_CLASS("sierra-em919x-usb", 0),
	BY_CLASS("sierra-boot", USB_IS_EDL),
	MODEL("telit-qmi", telit_qmi, USB_NEEDS_DTR),
	MODEL("telit-mbim", telit_mbim, 0),
	MODEL("telit-le910c1-qmi2", le910c1_qmi2, USB_NEEDS_DTR),
	MODEL("telit-le910c1-qmi3", le910c1_qmi3, USB_NEEDS_DTR),
	MODEL("telit-le910c1-qmi4", le910c1_qmi4, USB_NEEDS_DTR),
	MODEL("telit-ln940", ln940, USB_NEEDS_DTR),
	MODEL("telit-ln940-mbim", ln940_mbim, 0),
	MODEL("telit-lm960", lm960, USB_NEEDS_DTR),
	MODEL("telit-lm960-mbim", lm960_mbim, 0),
	MODEL("telit-fn980-usb", fn980, USB_NEEDS_DTR),
	MODEL("telit-fn920", fn920, USB_NEEDS_DTR),
	MODEL("telit-fn920-mbim", fn920_mbim, 0),
	MODEL("telit-fn990b", fn990b, USB_NEEDS_DTR),
	MODEL("telit-fn990b-mbim", fn990b_mbim, 0),
	BY_CLASS("telit-boot", USB_IS_EDL),
	BY_CLASS("telit-flash", USB_IS_EDL | USB_SENDS_ZLP),
	MODEL("simcom-sim7600", sim7600, USB_NEEDS_DTR),
	BY_CLASS("simcom-sim7600-mbim", 0),
	MODEL("simcom-sim7600-rndis", sim7600_rndis, 0),
	MODEL("simcom-sim8230", sim8230, USB_NEEDS_DTR),
	MODEL("simcom-sim8230-net", sim8230_net, 0),
	MODEL("fibocom-nl678", nl678, USB_NEEDS_DTR),
	BY_CLASS("fibocom-fm150", USB_SERIAL_IS_AT),
	BY_CLASS("fibocom-fm160", 0),
	MODEL("fibocom-fg132", fg132, USB_NEEDS_DTR | USB_SERIAL_IS_NMEA),
	MODEL("fibocom-fm101", fm101, 0),
	MODEL("fibocom-fm135", fm135, 0),
	MODEL("foxconn-t77w968", t77w968, 0),
	MODEL("foxconn-t99w", t99w, 0),
	MODEL("foxconn-t99w175-usb", t99w175, 0),
	MODEL("qcom-gobi", gobi, USB_GPS_START),
	MODEL("qcom-tl131", tl131, USB_NEEDS_DTR),
	MODEL("qcom-rmnet", rmnet, USB_NEEDS_DTR),
	MODEL("qcom-diag-adb", diag_adb, 0),
	MODEL("qcom-90fa", reserved_3, 0),
	MODEL("qcom-9003", reserved_4, 0),
	MODEL("qcom-90b2", reserved_1_3, 0),
	MODEL("qcom-9625", reserved_1_4, 0),
	MODEL("qcom-9000", qcom_9000, 0),
	BY_CLASS("qcom-edl", USB_IS_EDL),
	BY_CLASS("cdrom", USB_IS_CDROM),
	BY_CLASS("foreign", USB_IS_FOREIGN),
};

/* The first row that fits counts. */
static const struct id {
	uint16_t vendor, first, last;	/* last: of the products, included */
	uint8_t least, most;		/* interfaces; 0: as many as there are */
	const char *model;
} ids[] = {
	{ 0x2c7c, 0x0121, 0x0121, 0, 0, "quectel-ec25" },
	{ 0x2c7c, 0x0125, 0x0125, 0, 0, "quectel-ec25" },
	{ 0x2c7c, 0x0191, 0x0191, 0, 0, "quectel-ec25" },
	{ 0x2c7c, 0x0195, 0x0195, 0, 0, "quectel-ec25" },
	{ 0x2c7c, 0x0306, 0x0306, 0, 0, "quectel-ec25" },
	{ 0x2c7c, 0x0512, 0x0512, 0, 0, "quectel-ec25" },
	{ 0x2c7c, 0x0296, 0x0296, 0, 0, "quectel-bg96" },
	{ 0x2c7c, 0x030a, 0x030a, 0, 0, "quectel-em05" },
	{ 0x2c7c, 0x030c, 0x030c, 0, 0, "quectel-em05" },
	{ 0x2c7c, 0x0310, 0x0314, 0, 0, "quectel-em05" },
	{ 0x2c7c, 0x030e, 0x030e, 0, 0, "quectel-em05gv2" },
	{ 0x2c7c, 0x030b, 0x030b, 0, 0, "quectel-em060k" },
	{ 0x2c7c, 0x0128, 0x0128, 0, 0, "quectel-em060k-mbim" },
	{ 0x2c7c, 0x0620, 0x0620, 0, 0, "quectel-rm5xx-usb" },
	{ 0x2c7c, 0x0800, 0x0801, 0, 0, "quectel-rm5xx-usb" },
	{ 0x2c7c, 0x0122, 0x0122, 0, 0, "quectel-rg650v" },
	{ 0x2c7c, 0x013d, 0x013d, 0, 0, "quectel-rg255c" },
	{ 0x2c7c, 0x0316, 0x0316, 0, 0, "quectel-rg255c" },
	{ 0x2c7c, 0x0900, 0x0900, 0, 0, "foreign" },	/* Unisoc */
	{ 0x2c7c, 0x6000, 0x6fff, 0, 0, "foreign" },	/* ASR, Unisoc */
	{ 0x2c7c, 0x7001, 0x7001, 0, 0, "foreign" },	/* MediaTek */
	{ 0x1199, 0x68c0, 0x68c0, 0, 0, "sierra-em7xxx" },
	{ 0x1199, 0x9071, 0x9071, 0, 0, "sierra-em7xxx" },
	{ 0x1199, 0x9079, 0x9079, 0, 0, "sierra-em7xxx" },
	{ 0x1199, 0x907b, 0x907b, 0, 0, "sierra-em7xxx" },
	{ 0x1199, 0x9091, 0x9091, 0, 0, "sierra-em7xxx" },
	{ 0x1199, 0xc081, 0xc081, 0, 0, "sierra-em7xxx" },
	{ 0x1199, 0x901c, 0x901c, 0, 0, "sierra-mc77xx" },
	{ 0x1199, 0x901f, 0x901f, 0, 0, "sierra-mc77xx" },
	{ 0x1199, 0x9041, 0x9041, 0, 0, "sierra-mc77xx" },
	{ 0x1199, 0x9063, 0x9063, 0, 0, "sierra-mc77xx" },
	{ 0x1199, 0x90c3, 0x90c3, 0, 0, "sierra-em919x-usb" },
	{ 0x1199, 0x90d3, 0x90d3, 0, 0, "sierra-em919x-usb" },
	{ 0x1199, 0x9070, 0x9070, 0, 0, "sierra-boot" },
	{ 0x1199, 0x9078, 0x9078, 0, 0, "sierra-boot" },
	{ 0x1199, 0x907a, 0x907a, 0, 0, "sierra-boot" },
	{ 0x1199, 0x9090, 0x9090, 0, 0, "sierra-boot" },
	{ 0x1199, 0x90d2, 0x90d2, 0, 0, "sierra-boot" },
	{ 0x1199, 0x90e4, 0x90e4, 0, 0, "sierra-boot" },
	{ 0x1199, 0xc080, 0xc080, 0, 0, "sierra-boot" },
	{ 0x413c, 0x8218, 0x8218, 0, 0, "sierra-boot" },
	{ 0x1bc7, 0x1201, 0x1201, 0, 0, "telit-qmi" },
	{ 0x1bc7, 0x1230, 0x1230, 0, 0, "telit-qmi" },
	{ 0x1bc7, 0x1060, 0x1060, 0, 0, "telit-qmi" },
	{ 0x1bc7, 0x1070, 0x1070, 0, 0, "telit-qmi" },
	{ 0x1bc7, 0x1080, 0x1080, 0, 0, "telit-qmi" },
	{ 0x1bc7, 0x1204, 0x1204, 0, 0, "telit-mbim" },
	{ 0x1bc7, 0x1061, 0x1061, 0, 0, "telit-mbim" },
	{ 0x1bc7, 0x1071, 0x1071, 0, 0, "telit-mbim" },
	{ 0x1bc7, 0x1081, 0x1081, 0, 0, "telit-mbim" },
	{ 0x1bc7, 0x1034, 0x1034, 0, 0, "telit-le910c1-qmi2" },
	{ 0x1bc7, 0x1031, 0x1031, 0, 0, "telit-le910c1-qmi3" },
	{ 0x1bc7, 0x1038, 0x1038, 0, 0, "telit-le910c1-qmi3" },
	{ 0x1bc7, 0x1037, 0x1037, 0, 0, "telit-le910c1-qmi4" },
	{ 0x1bc7, 0x1900, 0x1900, 0, 0, "telit-ln940" },
	{ 0x1bc7, 0x1901, 0x1901, 0, 0, "telit-ln940-mbim" },
	{ 0x1bc7, 0x1040, 0x1040, 0, 0, "telit-lm960" },
	{ 0x1bc7, 0x1041, 0x1041, 0, 0, "telit-lm960-mbim" },
	{ 0x1bc7, 0x1050, 0x1050, 0, 0, "telit-fn980-usb" },
	{ 0x1bc7, 0x1051, 0x1051, 0, 0, "telit-lm960-mbim" },
	{ 0x1bc7, 0x10a0, 0x10a0, 0, 0, "telit-fn920" },
	{ 0x1bc7, 0x10c0, 0x10c0, 0, 0, "telit-fn920" },
	{ 0x1bc7, 0x10a2, 0x10a2, 0, 0, "telit-fn920-mbim" },
	{ 0x1bc7, 0x10c2, 0x10c2, 0, 0, "telit-fn920-mbim" },
	{ 0x1bc7, 0x10b0, 0x10b0, 0, 0, "telit-fn990b" },
	{ 0x1bc7, 0x10d0, 0x10d0, 0, 0, "telit-fn990b" },
	{ 0x1bc7, 0x10b1, 0x10b1, 0, 0, "telit-fn990b-mbim" },
	{ 0x1bc7, 0x10d1, 0x10d1, 0, 0, "telit-fn990b-mbim" },
	{ 0x1bc7, 0x9000, 0x9000, 0, 0, "telit-boot" },
	{ 0x1bc7, 0x900e, 0x900e, 0, 0, "telit-boot" },
	{ 0x1bc7, 0x9010, 0x9010, 0, 0, "telit-flash" },
	{ 0x1e0e, 0x9001, 0x9001, 0, 0, "simcom-sim7600" },
	{ 0x1e0e, 0x9003, 0x9003, 0, 0, "simcom-sim7600-mbim" },
	{ 0x1e0e, 0x9011, 0x9011, 0, 0, "simcom-sim7600-rndis" },
	{ 0x1e0e, 0x9071, 0x9071, 0, 0, "simcom-sim8230" },
	{ 0x1e0e, 0x9078, 0x9078, 0, 0, "simcom-sim8230-net" },
	{ 0x1e0e, 0x907b, 0x907b, 0, 0, "simcom-sim8230-net" },
	{ 0x2cb7, 0x0104, 0x0104, 0, 0, "fibocom-nl678" },
	{ 0x2cb7, 0x010b, 0x010b, 0, 0, "fibocom-fm150" },
	{ 0x2cb7, 0x0111, 0x0111, 0, 0, "fibocom-fm160" },
	{ 0x2cb7, 0x0112, 0x0112, 0, 0, "fibocom-fg132" },
	{ 0x2cb7, 0x01a2, 0x01a2, 0, 0, "fibocom-fm101" },
	{ 0x2cb7, 0x01a4, 0x01a4, 0, 0, "fibocom-fm135" },
	{ 0x2cb7, 0x0115, 0x0115, 0, 0, "fibocom-fm135" },
	{ 0x0489, 0xe0b4, 0xe0b5, 0, 0, "foxconn-t77w968" },
	{ 0x413c, 0x81d7, 0x81d7, 0, 0, "foxconn-t77w968" },
	{ 0x413c, 0x81e0, 0x81e0, 0, 0, "foxconn-t77w968" },
	{ 0x0489, 0xe0da, 0xe0db, 0, 0, "foxconn-t99w" },
	{ 0x0489, 0xe0ee, 0xe0ee, 0, 0, "foxconn-t99w" },
	{ 0x0489, 0xe0f0, 0xe0f0, 0, 0, "foxconn-t99w" },
	{ 0x0489, 0xe123, 0xe123, 0, 0, "foxconn-t99w" },
	{ 0x0489, 0xe167, 0xe167, 0, 0, "foxconn-t99w" },
	{ 0x1e2d, 0x00b3, 0x00b3, 0, 0, "foxconn-t99w175-usb" },
	{ 0x05c6, 0x9215, 0x9215, 3, 4, "qcom-gobi" },
	{ 0x05c6, 0x9215, 0x9215, 0, 0, "quectel-ec25" },	/* EC20 */
	{ 0x05c6, 0x9205, 0x9205, 0, 0, "qcom-gobi" },
	{ 0x05c6, 0x920d, 0x920d, 0, 0, "qcom-gobi" },
	{ 0x05c6, 0x9204, 0x9204, 0, 0, "qcom-edl" },
	{ 0x05c6, 0x920c, 0x920c, 0, 0, "qcom-edl" },
	{ 0x05c6, 0x9025, 0x9025, 0, 0, "qcom-tl131" },
	{ 0x05c6, 0x9091, 0x9091, 0, 0, "qcom-rmnet" },
	{ 0x05c6, 0x90db, 0x90db, 0, 0, "qcom-rmnet" },
	{ 0x05c6, 0x901d, 0x901d, 0, 0, "qcom-diag-adb" },
	{ 0x05c6, 0x90fa, 0x90fa, 0, 0, "qcom-90fa" },
	{ 0x05c6, 0x908b, 0x908b, 0, 0, "qcom-9003" },
	{ 0x05c6, 0x9003, 0x9003, 0, 0, "qcom-9003" },
	{ 0x05c6, 0x90b2, 0x90b2, 0, 0, "qcom-90b2" },
	{ 0x05c6, 0x9625, 0x9625, 0, 0, "qcom-9625" },
	{ 0x05c6, 0x9000, 0x9000, 0, 0, "qcom-9000" },
	{ 0x05c6, 0x9006, 0x9006, 0, 0, "qcom-edl" },
	{ 0x05c6, 0x9008, 0x9008, 0, 0, "qcom-edl" },
	{ 0x05c6, 0x900e, 0x900e, 0, 0, "qcom-edl" },
	{ 0x05c6, 0x1000, 0x1000, 0, 0, "cdrom" },
	{ 0x05c6, 0x2000, 0x2001, 0, 0, "cdrom" },
	{ 0x05c6, 0x6503, 0x6503, 0, 0, "cdrom" },
	{ 0x05c6, 0x9024, 0x9024, 0, 0, "cdrom" },
	{ 0x05c6, 0x98ff, 0x98ff, 0, 0, "cdrom" },
	{ 0x05c6, 0xf000, 0xf000, 0, 0, "cdrom" },
	{ 0x1199, 0x0fff, 0x0fff, 0, 0, "cdrom" },
	{ 0x1e0e, 0xf000, 0xf000, 0, 0, "cdrom" },
	{ 0x8087, 0x0000, 0xffff, 0, 0, "foreign" },	/* Intel */
};

const struct usb_model *usb_model_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(models); i++)
		if (!strcmp(models[i].name, name))
			return &models[i];
	return NULL;
}

const struct usb_model *usb_model_for(uint16_t vendor, uint16_t product,
				      unsigned int n_interfaces)
{
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		const struct id *at = &ids[i];

		if (at->vendor != vendor || product < at->first || product > at->last)
			continue;
		if (!at->most || (n_interfaces >= at->least && n_interfaces <= at->most))
			return usb_model_find(at->model);
	}
	return NULL;
}

void usb_models_list(struct text *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(models); i++)
		text_printf(out, "%s%s", i ? ", " : "", models[i].name);
}
