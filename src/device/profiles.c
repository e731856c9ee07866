/*
 * Every number here was read in a driver that runs such devices.  New rows
 * belong here when everybody should have them; a single site puts them into
 * its configuration file, in the same words.
 */
#include "device/profiles.h"

#define AMSS MHI_EE_AMSS
#define SBL MHI_EE_SBL
#define FP MHI_EE_FP

/* The four kinds of event ring of pci_generic: elements, then properties. */
#define CTRL(n) { .elements = (n) }
#define SW_DATA(n) { .elements = (n) }
#define DATA(n) { .elements = (n), .moderation_ms = 5 }
#define HW_DATA(n) { .elements = (n), .moderation_ms = 1, .hw = true }

#define SHAPE(rows_, erings_, timeout, ready_timeout)                          \
	{ .rows = (rows_), .n_rows = ARRAY_SIZE(rows_), .erings = (erings_),   \
	  .n_erings = ARRAY_SIZE(erings_), .timeout_ms = (timeout),            \
	  .ready_timeout_ms = (ready_timeout) }

/* The simulated modem: data rings interrupt at once, for nobody pays for it. */
static const struct chan_row sim_rows[] = {
	{ "LOOPBACK",    0,   1,  128,  128, 1, 1, AMSS, 0 },
	{ "DIAG",        4,   5,   32,   32, 1, 1, AMSS, 0 },
	{ "MBIM",       12,  13,   32,   32, 0, 0, AMSS, 0 },
	{ "QMI",        14,  15,   32,   32, 0, 0, AMSS, 0 },
	{ "IPCR",       20,  21,   32,   32, 0, 0, AMSS, 0 },
	{ "DUN",        32,  33,   32,   32, 0, 0, AMSS, 0 },
	{ "IP_SW0",     46,  47,   64,   64, 2, 3, AMSS, 0 },
	{ "TEST_0",     60,  61,  128,  128, 1, 1, AMSS, 0 },
	{ "TEST_1",     62,  63,  128,  128, 1, 1, AMSS, 0 },
	{ "RPMSG",      64,  65,   64,   64, 1, 1, AMSS, 0 },
	{ "NMEA",       94,  95,   32,   32, 0, 0, AMSS, 0 },
	{ "IP_HW0",    100, 101,  128,  128, 4, 5, AMSS, HW_PATH },
};
/* Ring 0 and 1 hold a completion of every element they serve. */
static const struct ering_config sim_erings[] = {
	CTRL(512), SW_DATA(1024), SW_DATA(128), SW_DATA(128),
	{ .elements = 256, .hw = true }, { .elements = 256, .hw = true },
};
static const struct shape sim = {
	.rows = sim_rows, .n_rows = ARRAY_SIZE(sim_rows), .erings = sim_erings,
	.n_erings = ARRAY_SIZE(sim_erings), .timeout_ms = 2000, .ready_timeout_ms = 2000,
	.soc_reset_ms = 10,
};

static const struct chan_row qcom_rows[] = {
	{ "DIAG",        4,   5,   16,   16, 1, 1, AMSS, 0 },
	{ "MBIM",       12,  13,    4,    4, 0, 0, AMSS, 0 },
	{ "QMI",        14,  15,    4,    4, 0, 0, AMSS, 0 },
	{ "IPCR",       20,  21,    8,    8, 0, 0, AMSS, 0 },
	{ "FIREHOSE",   34,  35,   32,   32, 0, 0, FP,   0 },
	{ "IP_SW0",     46,  47,   64,   64, 2, 3, AMSS, 0 },
	{ "IP_HW0",    100, 101,  128,  128, 4, 5, AMSS, HW_PATH },
};
static const struct ering_config qcom_erings[] = {
	CTRL(64), DATA(128), SW_DATA(64), SW_DATA(64), HW_DATA(1024), HW_DATA(2048),
};
static const struct shape qcom_v1 = SHAPE(qcom_rows, qcom_erings, 8000, 0);
static const struct shape qcom_v2 = SHAPE(qcom_rows, qcom_erings, 8000, 50000);

static const struct chan_row em1xx_rows[] = {
	{ "NMEA",        0,   1,   32,   32, 0, 0, AMSS, 0 },
	{ "SAHARA",      2,   3,   32,   32, 0, 0, SBL,  0 },
	{ "DIAG",        4,   5,   32,   32, 1, 1, AMSS, 0 },
	{ "MBIM",       12,  13,   32,   32, 0, 0, AMSS, 0 },
	{ "DUN",        32,  33,   32,   32, 0, 0, AMSS, 0 },
	{ "FIREHOSE",   34,  35,   32,   32, 0, 0, FP,   0 },
	{ "IP_HW0_MBIM", 100, 101,  128,  128, 2, 3, AMSS, HW_PATH },
};
static const struct ering_config em1xx_erings[] = {
	CTRL(128), DATA(128), HW_DATA(1024), HW_DATA(1024),
};
static const struct shape quectel_em1xx = SHAPE(em1xx_rows, em1xx_erings, 20000, 50000);

static const struct chan_row sdx55_rows[] = {
	{ "LOOPBACK",    0,   1,   32,   32, 0, 0, AMSS, 0 },
	{ "DIAG",        4,   5,   32,   32, 1, 1, AMSS, 0 },
	{ "MBIM",       12,  13,   32,   32, 0, 0, AMSS, 0 },
	{ "DUN",        32,  33,   32,   32, 0, 0, AMSS, 0 },
	{ "FIREHOSE",   34,  35,   32,   32, 0, 0, FP,   0 },
	{ "IP_HW0_MBIM", 100, 101,  128,  128, 2, 3, AMSS, HW_PATH },
};
static const struct chan_row sdx61_rows[] = {
	{ "LOOPBACK",    0,   1,   32,   32, 0, 0, AMSS, 0 },
	{ "DIAG",        4,   5,   32,   32, 1, 1, AMSS, 0 },
	{ "MBIM",       12,  13,   32,   32, 0, 0, AMSS, 0 },
	{ "DUN",        32,  33,   32,   32, 0, 0, AMSS, 0 },
	{ "FIREHOSE",   34,  35,   32,   32, 0, 0, FP,   0 },
	{ "NMEA",       50,  51,   32,   32, 0, 0, AMSS, 0 },
	{ "IP_HW0_MBIM", 100, 101,  128,  128, 2, 3, AMSS, HW_PATH },
};
static const struct shape foxconn_sdx55 = SHAPE(sdx55_rows, em1xx_erings, 20000, 0);
static const struct shape foxconn_sdx72 = SHAPE(sdx55_rows, em1xx_erings, 20000, 50000);
static const struct shape foxconn_sdx61 = SHAPE(sdx61_rows, em1xx_erings, 20000, 0);

static const struct chan_row mv3x_rows[] = {
	{ "LOOPBACK",    0,   1,   64,   64, 0, 0, AMSS, 0 },
	{ "MBIM",       12,  13,   64,   64, 0, 0, AMSS, 0 },
	{ "IP_HW0_MBIM", 100, 101,  512,  512, 2, 3, AMSS, HW_PATH },
};
static const struct ering_config mv3x_erings[] = {
	CTRL(256), DATA(256), HW_DATA(1024), HW_DATA(1024),
};
static const struct shape mv3x = SHAPE(mv3x_rows, mv3x_erings, 20000, 0);

static const struct chan_row em919x_rows[] = {
	{ "SAHARA",      2,   3,   32,  256, 0, 0, SBL,  0 },
	{ "DIAG",        4,   5,   32,   32, 0, 0, AMSS, 0 },
	{ "MBIM",       12,  13,  128,  128, 0, 0, AMSS, 0 },
	{ "QMI",        14,  15,   32,   32, 0, 0, AMSS, 0 },
	{ "DUN",        32,  33,   32,   32, 0, 0, AMSS, 0 },
	{ "IP_HW0",    100, 101,  512,  512, 1, 2, AMSS, HW_PATH },
};
static const struct ering_config em919x_erings[] = {
	CTRL(2048), HW_DATA(2048), HW_DATA(2048),
};
static const struct shape sierra_em919x = SHAPE(em919x_rows, em919x_erings, 24000, 0);

static const struct chan_row fn980_rows[] = {
	{ "QMI",        14,  15,   32,   32, 0, 0, AMSS, 0 },
	{ "IPCR",       20,  21,   16,   16, 0, 0, AMSS, 0 },
	{ "IP_HW0",    100, 101,  128,  128, 1, 2, AMSS, HW_PATH },
};
static const struct ering_config fn980_erings[] = {
	CTRL(128), HW_DATA(1024), HW_DATA(2048),
};
static const struct shape telit_fn980 = SHAPE(fn980_rows, fn980_erings, 20000, 0);

static const struct chan_row fn990_rows[] = {
	{ "SAHARA",      2,   3,   32,   32, 0, 0, SBL,  0 },
	{ "DIAG",        4,   5,   64,   64, 1, 1, AMSS, 0 },
	{ "MBIM",       12,  13,   32,   32, 0, 0, AMSS, 0 },
	{ "DUN",        32,  33,   32,   32, 0, 0, AMSS, 0 },
	{ "DUN2",       92,  93,   32,   32, 1, 1, AMSS, 0 },
	{ "NMEA",       94,  95,   32,   32, 1, 1, AMSS, 0 },
	{ "IP_HW0_MBIM", 100, 101,  128,  128, 2, 3, AMSS, HW_PATH },
};
static const struct ering_config fn990_erings[] = {
	CTRL(128), DATA(128), HW_DATA(1024), HW_DATA(2048),
};
static const struct shape telit_fn990 = SHAPE(fn990_rows, fn990_erings, 20000, 0);

static const struct chan_row fn920_rows[] = {
	{ "SAHARA",      2,   3,   32,   32, 0, 0, SBL,  0 },
	{ "DIAG",        4,   5,   64,   64, 1, 1, AMSS, 0 },
	{ "QMI",        14,  15,   32,   32, 0, 0, AMSS, 0 },
	{ "DUN",        32,  33,   32,   32, 0, 0, AMSS, 0 },
	{ "FIREHOSE",   34,  35,   32,   32, 0, 0, FP,   0 },
	{ "DUN2",       92,  93,   32,   32, 1, 1, AMSS, 0 },
	{ "NMEA",       94,  95,   32,   32, 1, 1, AMSS, 0 },
	{ "IP_HW0",    100, 101,  128,  128, 2, 3, AMSS, HW_PATH },
};
static const struct shape telit_fn920c04 = SHAPE(fn920_rows, fn990_erings, 50000, 0);

static const struct chan_row qdu100_rows[] = {
	{ "LOOPBACK",    0,   1,   32,   32, 2, 2, AMSS, 0 },
	{ "SAHARA",      2,   3,  128,  128, 1, 1, SBL,  0 },
	{ "DIAG",        4,   5,   64,   64, 3, 3, AMSS, 0 },
	{ "QDSS",       -1,   9,   64,   64, 3, 3, AMSS, 0 },
	{ "NMEA",       14,  15,   32,   32, 4, 4, AMSS, 0 },
	{ "CSM_CTRL",   16,  17,   32,   32, 4, 4, AMSS, 0 },
	{ "MHI_PHC",    40,  41,   32,   32, 4, 4, AMSS, 0 },
	{ "IP_SW0",     46,  47,  256,  256, 5, 5, AMSS, 0 },
	{ "IP_SW1",     48,  49,  256,  256, 6, 6, AMSS, 0 },
	{ "IP_ETH0",    50,  51,  256,  256, 7, 7, AMSS, 0 },
	{ "IP_ETH1",    52,  53,  256,  256, 8, 8, AMSS, 0 },
};
static const struct ering_config qdu100_erings[] = {
	CTRL(64), SW_DATA(256), SW_DATA(64), SW_DATA(256), SW_DATA(256),
	SW_DATA(512), SW_DATA(512), SW_DATA(512), SW_DATA(512),
};
static const struct shape qdu100 = SHAPE(qdu100_rows, qdu100_erings, 120000, 0);

static const struct chan_row sa8775p_rows[] = {
	{ "IP_SW0",     46,  47, 2048, 2048, 1, 2, AMSS, 0 },
};
static const struct ering_config sa8775p_erings[] = {
	CTRL(64), SW_DATA(64), SW_DATA(64),
};
static const struct shape sa8775p = SHAPE(sa8775p_rows, sa8775p_erings, 8000, 0);

/* Source: Quectel's own driver for older modules.  The last event ring serves
 * no channel, but modems crash under load when it does not exist. */
static const struct chan_row quectel_rows[] = {
	{ "LOOPBACK",    0,   1,   32,   32, 0, 0, AMSS, 0 },
	{ "SAHARA",      2,   3,   32,   32, 0, 0, SBL,  0 },
	{ "DIAG",        4,   5,   32,  128, 0, 0, AMSS, 0 },
	{ "QMI0",       14,  15,   32,   32, 0, 0, AMSS, 0 },
	{ "IP_CTRL",    18,  19,   32,   32, 0, 0, AMSS, 0 },
	{ "DUN",        32,  33,   32,   32, 0, 0, AMSS, 0 },
	{ "EDL",        34,  35,   32,   32, 0, 0, FP,   0 },
	{ "IP_HW0",    100, 101,  512,  512, 1, 2, AMSS, BURST },
};
static const struct ering_config quectel_erings[] = {
	{ .elements = 256, .moderation_ms = 1 },
	{ .elements = 1024, .moderation_ms = 5, .hw = true, .burst = true },
	{ .elements = 1024, .moderation_ms = 5, .hw = true, .burst = true },
	{ .elements = 256, .hw = true, .burst = true },
};
static const struct shape quectel_sdx20 = SHAPE(quectel_rows, quectel_erings, 3000, 0);

static const struct chan_row aic100_rows[] = {
	{ "QAIC_LOOPBACK",           0,  1,   32,   32, 0, 0, AMSS, 0 },
	{ "QAIC_SAHARA",             2,  3,   32,   32, 0, 0, SBL,  0 },
	{ "QAIC_DIAG",               4,  5,   32,   32, 0, 0, AMSS, 0 },
	{ "QAIC_SSR",                6,  7,   32,   32, 0, 0, AMSS, 0 },
	{ "QAIC_QDSS",               8,  9,   32,   32, 0, 0, AMSS, 0 },
	{ "QAIC_CONTROL",           10, 11,  128,  128, 0, 0, AMSS, 0 },
	{ "QAIC_LOGGING",           12, 13,   32,   32, 0, 0, SBL,  0 },
	{ "QAIC_STATUS",            14, 15,   32,   32, 0, 0, AMSS, 0 },
	{ "QAIC_TELEMETRY",         16, 17,   32,   32, 0, 0, AMSS, 0 },
	{ "QAIC_DEBUG",             18, 19,   32,   32, 0, 0, AMSS, 0 },
	{ "QAIC_TIMESYNC",          20, 21,   32,   32, 0, 0, SBL,  0 },
	{ "QAIC_TIMESYNC_PERIODIC", 22, 23,   32,   32, 0, 0, AMSS, 0 },
};
static const struct ering_config aic100_erings[] = { CTRL(32) };
static const struct shape aic100 = SHAPE(aic100_rows, aic100_erings, 2000, 0);

#define SDX24_EDL "qcom/prog_firehose_sdx24.mbn"
#define SDX6X_EDL "qcom/prog_firehose_sdx6x.elf"
#define FOX_SDX55_EDL "qcom/sdx55m/foxconn/prog_firehose_sdx55.mbn"
#define FOX_SDX65_EDL "qcom/sdx65m/foxconn/prog_firehose_lite.elf"
#define FOX_SDX24_EDL "qcom/sdx24m/foxconn/prog_firehose_sdx24.mbn"
#define FOX_SDX72_EDL "qcom/sdx72m/foxconn/edl.mbn"
#define FOX_SDX61_EDL "qcom/sdx61/foxconn/prog_firehose_lite.elf"
#define FOX_SDX35_EDL "qcom/sdx35/foxconn/xbl_s_devprg_ns.melf"

const struct model models[] = {
	{ "sim", &sim, NULL, NULL, 0, EDL_TRIGGER },
	{ "qcom-sdx75m", &qcom_v2, "qcom/sdx75m/xbl.elf", "qcom/sdx75m/edl.mbn", 0, EDL_TRIGGER },
	{ "qcom-sdx65m", &qcom_v1, "qcom/sdx65m/xbl.elf", "qcom/sdx65m/edl.mbn", 0, EDL_TRIGGER },
	{ "qcom-sdx55m", &qcom_v1, "qcom/sdx55m/sbl1.mbn", "qcom/sdx55m/edl.mbn", 32768,
	  EDL_TRIGGER },
	{ "qcom-sdx35m", &qcom_v2, NULL, NULL, 32768, EDL_TRIGGER },
	{ "qcom-sdx24", &qcom_v1, NULL, SDX24_EDL, 0, SIDEBAND_WAKE },
	{ "qcom-qdu100", &qdu100, "qcom/qdu100/xbl_s.melf", NULL, 0,
	  EDL_TRIGGER | NO_M3 | RESET_ON_REMOVE },
	{ "qcom-sa8775p", &sa8775p, NULL, NULL, 0, 0 },
	{ "qcom-aic100", &aic100, "qcom/aic100/sbl.bin", NULL, 0, 0 },
	{ "quectel-em1xx", &quectel_em1xx, NULL, SDX24_EDL, 32768, SIDEBAND_WAKE },
	{ "quectel-rm5xx", &quectel_em1xx, NULL, SDX6X_EDL, 32768, SIDEBAND_WAKE },
	{ "quectel-sdx20", &quectel_sdx20, NULL, NULL, 0, 0 },
	{ "foxconn-sdx55", &foxconn_sdx55, NULL, FOX_SDX55_EDL, 32768, EDL_TRIGGER },
	{ "foxconn-t99w175", &foxconn_sdx55, NULL, FOX_SDX55_EDL, 32768, EDL_TRIGGER },
	{ "foxconn-dw5930e", &foxconn_sdx55, NULL, FOX_SDX55_EDL, 32768, EDL_TRIGGER },
	{ "foxconn-t99w368", &foxconn_sdx55, NULL, FOX_SDX65_EDL, 32768, EDL_TRIGGER },
	{ "foxconn-t99w373", &foxconn_sdx55, NULL, FOX_SDX65_EDL, 32768, EDL_TRIGGER },
	{ "foxconn-dw5932e", &foxconn_sdx55, NULL, FOX_SDX65_EDL, 32768, EDL_TRIGGER },
	{ "foxconn-t99w510", &foxconn_sdx55, NULL, FOX_SDX24_EDL, 32768, EDL_TRIGGER },
	{ "foxconn-t99w640", &foxconn_sdx72, NULL, FOX_SDX72_EDL, 32768, EDL_TRIGGER },
	{ "foxconn-dw5934e", &foxconn_sdx72, NULL, FOX_SDX72_EDL, 32768, EDL_TRIGGER },
	{ "foxconn-t99w696", &foxconn_sdx61, NULL, FOX_SDX61_EDL, 32768, EDL_TRIGGER },
	{ "foxconn-t99w760", &foxconn_sdx61, NULL, FOX_SDX35_EDL, 32768, EDL_TRIGGER },
	{ "thales-mv31", &mv3x, NULL, NULL, 32768, 0 },
	{ "thales-mv32", &mv3x, NULL, NULL, 32768, 0 },
	{ "sierra-em919x", &sierra_em919x, NULL, NULL, 32768, 0 },
	{ "sierra-em929x", &sierra_em919x, NULL, NULL, 32768, 0 },
	{ "telit-fn980", &telit_fn980, "qcom/sdx55m/sbl1.mbn", "qcom/sdx55m/edl.mbn", 32768, 0 },
	{ "telit-fn990", &telit_fn990, NULL, NULL, 32768, 0 },
	{ "telit-fe990a", &telit_fn990, NULL, NULL, 32768, 0 },
	{ "telit-fn920c04", &telit_fn920c04, NULL, NULL, 32768, EDL_TRIGGER },
	{ "telit-fe912c04", &telit_fn920c04, NULL, NULL, 32768, EDL_TRIGGER },
	{ "telit-fn990b40", &telit_fn920c04, NULL, NULL, 32768, EDL_TRIGGER },
	{ "telit-fe990b40", &telit_fn920c04, NULL, NULL, 32768, EDL_TRIGGER },
	{ "netprisma-lcur57", &quectel_em1xx, NULL, SDX24_EDL, 32768, SIDEBAND_WAKE },
	{ "netprisma-fcun69", &quectel_em1xx, NULL, SDX6X_EDL, 32768, SIDEBAND_WAKE },
	{ 0 },
};

/* Rows with a subsystem stand before the row of their device without one. */
const struct pci_row pci_rows[] = {
	{ 0x17cb, 0x0116, PCI_ANY, PCI_ANY, "qcom-sa8775p" },
	{ 0x17cb, 0x011a, 0x1c5d, 0x2020, "telit-fn920c04" },
	{ 0x17cb, 0x011a, 0x1c5d, 0x2045, "telit-fe912c04" },
	{ 0x17cb, 0x011a, PCI_ANY, PCI_ANY, "qcom-sdx35m" },
	{ 0x17cb, 0x0303, PCI_ANY, PCI_ANY, "quectel-sdx20" },
	{ 0x17cb, 0x0304, PCI_ANY, PCI_ANY, "qcom-sdx24" },
	{ 0x17cb, 0x0305, PCI_ANY, PCI_ANY, "quectel-sdx20" },
	{ 0x17cb, 0x0306, 0x18d7, 0x0200, "sierra-em919x" },
	{ 0x17cb, 0x0306, 0x1c5d, 0x2000, "telit-fn980" },
	{ 0x17cb, 0x0306, 0x17cb, 0x010c, "foxconn-sdx55" },
	{ 0x17cb, 0x0306, PCI_ANY, PCI_ANY, "qcom-sdx55m" },
	{ 0x17cb, 0x0308, 0x18d7, 0x0301, "sierra-em929x" },
	{ 0x17cb, 0x0308, 0x1c5d, 0x2010, "telit-fn990" },
	{ 0x17cb, 0x0308, 0x1c5d, 0x2015, "telit-fe990a" },
	{ 0x17cb, 0x0308, 0x105b, PCI_ANY, "foxconn-t99w696" },
	{ 0x17cb, 0x0308, PCI_ANY, PCI_ANY, "qcom-sdx65m" },
	{ 0x17cb, 0x0309, 0x1c5d, 0x201a, "telit-fn990b40" },
	{ 0x17cb, 0x0309, 0x1c5d, 0x2025, "telit-fe990b40" },
	{ 0x17cb, 0x0309, PCI_ANY, PCI_ANY, "qcom-sdx75m" },
	{ 0x17cb, 0x0601, PCI_ANY, PCI_ANY, "qcom-qdu100" },
	{ 0x17cb, 0xa080, PCI_ANY, PCI_ANY, "qcom-aic100" },
	{ 0x17cb, 0xa100, PCI_ANY, PCI_ANY, "qcom-aic100" },
	{ 0x1eac, 0x1001, PCI_ANY, PCI_ANY, "quectel-em1xx" },
	{ 0x1eac, 0x1002, PCI_ANY, PCI_ANY, "quectel-em1xx" },
	{ 0x1eac, 0x1004, PCI_ANY, PCI_ANY, "quectel-rm5xx" },
	{ 0x1eac, 0x1007, PCI_ANY, PCI_ANY, "quectel-rm5xx" },
	{ 0x1eac, 0x100b, PCI_ANY, PCI_ANY, "quectel-sdx20" },
	{ 0x1eac, 0x100d, PCI_ANY, PCI_ANY, "quectel-em1xx" },
	{ 0x1eac, 0x2001, PCI_ANY, PCI_ANY, "quectel-em1xx" },
	{ 0x2c7c, 0x0512, PCI_ANY, PCI_ANY, "quectel-sdx20" },
	{ 0x105b, 0xe0ab, PCI_ANY, PCI_ANY, "foxconn-t99w175" },
	{ 0x105b, 0xe0b0, PCI_ANY, PCI_ANY, "foxconn-dw5930e" },
	{ 0x105b, 0xe0b1, PCI_ANY, PCI_ANY, "foxconn-dw5930e" },
	{ 0x105b, 0xe0bf, PCI_ANY, PCI_ANY, "foxconn-t99w175" },
	{ 0x105b, 0xe0c3, PCI_ANY, PCI_ANY, "foxconn-t99w175" },
	{ 0x105b, 0xe0d8, PCI_ANY, PCI_ANY, "foxconn-t99w368" },
	{ 0x105b, 0xe0d9, PCI_ANY, PCI_ANY, "foxconn-t99w373" },
	{ 0x105b, 0xe0f0, PCI_ANY, PCI_ANY, "foxconn-t99w510" },
	{ 0x105b, 0xe0f1, PCI_ANY, PCI_ANY, "foxconn-t99w510" },
	{ 0x105b, 0xe0f2, PCI_ANY, PCI_ANY, "foxconn-t99w510" },
	{ 0x105b, 0xe0f5, PCI_ANY, PCI_ANY, "foxconn-dw5932e" },
	{ 0x105b, 0xe0f9, PCI_ANY, PCI_ANY, "foxconn-dw5932e" },
	{ 0x105b, 0xe118, PCI_ANY, PCI_ANY, "foxconn-t99w640" },
	{ 0x105b, 0xe11d, PCI_ANY, PCI_ANY, "foxconn-dw5934e" },
	{ 0x105b, 0xe11e, PCI_ANY, PCI_ANY, "foxconn-dw5934e" },
	{ 0x105b, 0xe123, PCI_ANY, PCI_ANY, "foxconn-t99w760" },
	{ 0x1269, 0x00b3, PCI_ANY, PCI_ANY, "thales-mv31" },
	{ 0x1269, 0x00b4, PCI_ANY, PCI_ANY, "thales-mv31" },
	{ 0x1269, 0x00ba, PCI_ANY, PCI_ANY, "thales-mv32" },
	{ 0x1269, 0x00bb, PCI_ANY, PCI_ANY, "thales-mv32" },
	{ 0x03f0, 0x0a6c, PCI_ANY, PCI_ANY, "foxconn-t99w175" },
	{ 0x203e, 0x1000, PCI_ANY, PCI_ANY, "netprisma-lcur57" },
	{ 0x203e, 0x1001, PCI_ANY, PCI_ANY, "netprisma-fcun69" },
	{ 0 },
};
