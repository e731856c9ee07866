/*
 * QMI: QMUX frames with the control service, and the device management
 * service as far as it tells who the modem is.
 *
 * A message carries any number of frames; what is no frame is dropped, as
 * modems do.  Every request gets an answer: what is not known, a result TLV
 * that says so.
 *
 * Source: libqmi, data/qmi-service-ctl.json, qmi-service-dms.json and
 * src/libqmi-glib/qmi-errors.h.
 */
#include "sim/identity.h"
#include "sim/service.h"

enum {
	MARKER = 0x01,
	QMUX_LEN = 6,
	CTL_HEADER = 6,		/* flags, transaction, message, length */
	SERVICE_HEADER = 7,	/* the same with a longer transaction */
	FROM_DEVICE = 0x80,
	CTL_RESPONSE = 0x01,
	SERVICE_RESPONSE = 0x02,
	TLV_RESULT = 0x02,
	REPLY_MAX = 512,
	MAX_CLIENT = 32,	/* client ids 1 to 32 of each service */
};

enum qmi_error {
	QMI_OK = 0,
	QMI_MALFORMED = 1,
	QMI_NO_CLIENT_IDS = 5,
	QMI_INVALID_CLIENT_ID = 7,
	QMI_MISSING_ARGUMENT = 17,
	QMI_INVALID_SERVICE = 31,
	QMI_INVALID_ARGUMENT = 48,
	QMI_UNKNOWN_MESSAGE = 71,
};

enum { CTL = 0, WDS = 1, DMS = 2, NAS = 3 };

static const struct { uint8_t service; uint16_t major, minor; } versions[] = {
	{ CTL, 1, 5 }, { WDS, 1, 36 }, { DMS, 1, 14 }, { NAS, 1, 25 },
};

struct qmi {
	struct identity id;
	uint32_t clients[ARRAY_SIZE(versions)];	/* bit i: id i + 1 is taken */
	uint8_t operating_mode;
};

struct request {
	uint8_t service, client;
	uint16_t transaction, message;
	const uint8_t *tlvs;
	uint32_t tlvs_len;
};

struct reply {
	uint8_t bytes[REPLY_MAX];
	uint32_t len;
};

static void reply_tlv(struct reply *r, uint8_t type, const void *value, size_t len)
{
	uint8_t *at = r->bytes + r->len;

	if (len + 3 > sizeof(r->bytes) - r->len)
		return;
	at[0] = type;
	put_le16(at + 1, (uint16_t)len);
	memcpy(at + 3, value, len);
	r->len += 3 + (uint32_t)len;
}

static void reply_text(struct reply *r, uint8_t type, const char *text)
{
	reply_tlv(r, type, text, strlen(text));
}

static void reply_u8(struct reply *r, uint8_t type, uint8_t value)
{
	reply_tlv(r, type, &value, 1);
}

/* The value of a TLV in the request, NULL when it is missing or shorter. */
static const uint8_t *request_tlv(const struct request *q, uint8_t type, uint32_t min_len)
{
	uint32_t at = 0, len;

	for (; q->tlvs_len - at >= 3; at += 3 + len) {
		len = get_le16(q->tlvs + at + 1);
		if (len > q->tlvs_len - at - 3)
			return NULL;
		if (q->tlvs[at] == type)
			return len >= min_len ? q->tlvs + at + 3 : NULL;
	}
	return NULL;
}

static uint32_t *clients_of(struct qmi *m, uint8_t service)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(versions); i++)
		if (versions[i].service == service && service != CTL)
			return &m->clients[i];
	return NULL;
}

static enum qmi_error get_versions(struct qmi *m, const struct request *q, struct reply *r)
{
	uint8_t list[1 + 5 * ARRAY_SIZE(versions)] = { ARRAY_SIZE(versions) };

	(void)m, (void)q;
	for (unsigned int i = 0; i < ARRAY_SIZE(versions); i++) {
		list[1 + 5 * i] = versions[i].service;
		put_le16(list + 2 + 5 * i, versions[i].major);
		put_le16(list + 4 + 5 * i, versions[i].minor);
	}
	reply_tlv(r, 0x01, list, sizeof(list));
	return QMI_OK;
}

static enum qmi_error allocate_client(struct qmi *m, const struct request *q, struct reply *r)
{
	const uint8_t *service = request_tlv(q, 0x01, 1);
	uint32_t *clients;
	uint8_t pair[2];

	if (!service)
		return QMI_MISSING_ARGUMENT;
	clients = clients_of(m, *service);
	if (!clients)
		return QMI_INVALID_SERVICE;
	if (!~*clients)
		return QMI_NO_CLIENT_IDS;
	pair[0] = *service;
	pair[1] = (uint8_t)(__builtin_ctz(~*clients) + 1);
	*clients |= 1u << (pair[1] - 1);
	reply_tlv(r, 0x01, pair, sizeof(pair));
	return QMI_OK;
}

static bool has_client(struct qmi *m, uint8_t service, uint8_t client)
{
	const uint32_t *clients = clients_of(m, service);

	return clients && client && client <= MAX_CLIENT && *clients & 1u << (client - 1);
}

static enum qmi_error release_client(struct qmi *m, const struct request *q, struct reply *r)
{
	const uint8_t *pair = request_tlv(q, 0x01, 2);

	if (!pair)
		return QMI_MISSING_ARGUMENT;
	if (!has_client(m, pair[0], pair[1]))
		return QMI_INVALID_CLIENT_ID;
	*clients_of(m, pair[0]) &= ~(1u << (pair[1] - 1));
	reply_tlv(r, 0x01, pair, 2);
	return QMI_OK;
}

static enum qmi_error set_instance(struct qmi *m, const struct request *q, struct reply *r)
{
	const uint8_t *instance = request_tlv(q, 0x01, 1);
	uint8_t link[2];

	(void)m;
	if (!instance)
		return QMI_MISSING_ARGUMENT;
	put_le16(link, *instance);
	reply_tlv(r, 0x01, link, sizeof(link));
	return QMI_OK;
}

static enum qmi_error set_data_format(struct qmi *m, const struct request *q, struct reply *r)
{
	const uint8_t *protocol = request_tlv(q, 0x10, 2);

	(void)m;
	if (!request_tlv(q, 0x01, 1))
		return QMI_MISSING_ARGUMENT;
	if (protocol)
		reply_tlv(r, 0x10, protocol, 2);
	return QMI_OK;
}

static enum qmi_error sync_clients(struct qmi *m, const struct request *q, struct reply *r)
{
	(void)q, (void)r;
	memset(m->clients, 0, sizeof(m->clients));
	return QMI_OK;
}

static enum qmi_error accept(struct qmi *m, const struct request *q, struct reply *r)
{
	(void)m, (void)q, (void)r;
	return QMI_OK;
}

static enum qmi_error get_capabilities(struct qmi *m, const struct request *q, struct reply *r)
{
	/* Rates up and down in bit/s; data and voice at once; SIM; radio
	 * interfaces GSM, UMTS, LTE, 5G NR. */
	uint8_t info[15] = { [8] = 4, [9] = 2, [10] = 4, 4, 5, 8, 10 };

	(void)m, (void)q;
	put_le32(info, 450000000);
	put_le32(info + 4, 2500000000u);
	reply_tlv(r, 0x01, info, sizeof(info));
	return QMI_OK;
}

static enum qmi_error get_ids(struct qmi *m, const struct request *q, struct reply *r)
{
	(void)q;
	reply_text(r, 0x10, "0");
	reply_text(r, 0x11, m->id.imei);
	reply_text(r, 0x12, "");
	return QMI_OK;
}

static enum qmi_error get_power_state(struct qmi *m, const struct request *q, struct reply *r)
{
	static const uint8_t external[2] = { 1, 0 };

	(void)m, (void)q;
	reply_tlv(r, 0x01, external, sizeof(external));
	return QMI_OK;
}

static enum qmi_error get_operating_mode(struct qmi *m, const struct request *q, struct reply *r)
{
	(void)q;
	reply_u8(r, 0x01, m->operating_mode);
	return QMI_OK;
}

static enum qmi_error set_operating_mode(struct qmi *m, const struct request *q, struct reply *r)
{
	const uint8_t *mode = request_tlv(q, 0x01, 1);

	(void)r;
	if (!mode)
		return QMI_MISSING_ARGUMENT;
	if (*mode > 6)
		return QMI_INVALID_ARGUMENT;
	/* Reset (4) ends online again. */
	m->operating_mode = *mode == 4 ? 0 : *mode;
	return QMI_OK;
}

static enum qmi_error get_pin_status(struct qmi *m, const struct request *q, struct reply *r)
{
	static const uint8_t disabled[3] = { 3, 3, 10 };

	(void)m, (void)q;
	reply_tlv(r, 0x11, disabled, sizeof(disabled));
	reply_tlv(r, 0x12, disabled, sizeof(disabled));
	return QMI_OK;
}

static enum qmi_error get_activation(struct qmi *m, const struct request *q, struct reply *r)
{
	static const uint8_t activated[2] = { 1, 0 };

	(void)m, (void)q;
	reply_tlv(r, 0x01, activated, sizeof(activated));
	return QMI_OK;
}

static enum qmi_error get_uim_state(struct qmi *m, const struct request *q, struct reply *r)
{
	(void)m, (void)q;
	reply_u8(r, 0x01, 0);
	return QMI_OK;
}

/* The messages that ask for one text, always TLV 0x01. */
static const char *text_of(const struct qmi *m, uint16_t message)
{
	switch (message) {
	case 0x0021:
		return IDENTITY_MANUFACTURER;
	case 0x0022:
		return IDENTITY_MODEL;
	case 0x0023:	/* revision */
	case 0x0051:	/* software version */
		return IDENTITY_REVISION;
	case 0x0024:
		return m->id.msisdn;
	case 0x002c:
		return IDENTITY_HARDWARE;
	case 0x003c:
		return m->id.iccid;
	case 0x0043:
		return m->id.imsi;
	default:
		return "";
	}
}

static enum qmi_error get_text(struct qmi *m, const struct request *q, struct reply *r)
{
	reply_text(r, 0x01, text_of(m, q->message));
	return QMI_OK;
}

static const struct {
	uint8_t service;
	uint16_t message;
	enum qmi_error (*answer)(struct qmi *m, const struct request *q, struct reply *r);
} answers[] = {
	{ CTL, 0x0020, set_instance },
	{ CTL, 0x0021, get_versions },
	{ CTL, 0x0022, allocate_client },
	{ CTL, 0x0023, release_client },
	{ CTL, 0x0026, set_data_format },
	{ CTL, 0x0027, sync_clients },
	{ DMS, 0x0000, accept },		/* reset */
	{ DMS, 0x0001, accept },		/* set event report */
	{ DMS, 0x0020, get_capabilities },
	{ DMS, 0x0021, get_text },		/* manufacturer */
	{ DMS, 0x0022, get_text },		/* model */
	{ DMS, 0x0023, get_text },		/* revision */
	{ DMS, 0x0024, get_text },		/* number */
	{ DMS, 0x0025, get_ids },
	{ DMS, 0x0026, get_power_state },
	{ DMS, 0x002b, get_pin_status },
	{ DMS, 0x002c, get_text },		/* hardware revision */
	{ DMS, 0x002d, get_operating_mode },
	{ DMS, 0x002e, set_operating_mode },
	{ DMS, 0x0031, get_activation },
	{ DMS, 0x003c, get_text },		/* ICCID */
	{ DMS, 0x0043, get_text },		/* IMSI */
	{ DMS, 0x0044, get_uim_state },
	{ DMS, 0x0051, get_text },		/* software version */
};

static enum qmi_error answer(struct qmi *m, const struct request *q, struct reply *r)
{
	if (q->service != CTL && !clients_of(m, q->service))
		return QMI_INVALID_SERVICE;
	if (q->service != CTL && !has_client(m, q->service, q->client))
		return QMI_INVALID_CLIENT_ID;
	for (unsigned int i = 0; i < ARRAY_SIZE(answers); i++)
		if (answers[i].service == q->service && answers[i].message == q->message)
			return answers[i].answer(m, q, r);
	return QMI_UNKNOWN_MESSAGE;
}

/* Room for the headers and the result, which are known last. */
static uint32_t reply_begin(struct reply *r, const struct request *q)
{
	uint32_t head = QMUX_LEN + (q->service == CTL ? CTL_HEADER : SERVICE_HEADER);

	r->len = head + 7;
	return head;
}

static void reply_end(struct reply *r, const struct request *q, uint32_t head,
		      enum qmi_error error)
{
	uint8_t *b = r->bytes;

	if (error)
		r->len = head + 7;
	b[0] = MARKER;
	put_le16(b + 1, (uint16_t)(r->len - 1));
	b[3] = FROM_DEVICE;
	b[4] = q->service;
	b[5] = q->client;
	b[6] = q->service == CTL ? CTL_RESPONSE : SERVICE_RESPONSE;
	b[7] = (uint8_t)q->transaction;
	if (q->service != CTL)
		b[8] = (uint8_t)(q->transaction >> 8);
	put_le16(b + head - 4, q->message);
	put_le16(b + head - 2, (uint16_t)(r->len - head));
	b[head] = TLV_RESULT;
	put_le16(b + head + 1, 4);
	put_le16(b + head + 3, error ? 1 : 0);
	put_le16(b + head + 5, (uint16_t)error);
}

/* Takes a frame apart; false when it is no request. */
static bool request_parse(struct request *q, const uint8_t *frame, uint32_t len)
{
	const uint8_t *sdu = frame + QMUX_LEN;
	uint32_t head;

	q->service = frame[4];
	q->client = frame[5];
	head = q->service == CTL ? CTL_HEADER : SERVICE_HEADER;
	if (frame[3] & FROM_DEVICE || len < QMUX_LEN + head || sdu[0])
		return false;
	q->transaction = q->service == CTL ? sdu[1] : get_le16(sdu + 1);
	q->message = get_le16(sdu + head - 4);
	q->tlvs = sdu + head;
	q->tlvs_len = len - QMUX_LEN - head;
	return true;
}

static void hear_frame(struct qmi *m, const uint8_t *frame, uint32_t len, struct mouth *mouth)
{
	struct request q;
	struct reply r;
	uint32_t head;
	enum qmi_error error;

	if (!request_parse(&q, frame, len))
		return;
	head = reply_begin(&r, &q);
	if (get_le16(q.tlvs - 2) != q.tlvs_len)
		error = QMI_MALFORMED;
	else
		error = answer(m, &q, &r);
	reply_end(&r, &q, head, error);
	mouth_say(mouth, r.bytes, r.len);
}

static void qmi_start(void *state, uint64_t seed)
{
	struct qmi *m = state;

	identity_make(&m->id, seed);
}

static void qmi_hear(void *state, const uint8_t *data, uint32_t len, struct mouth *mouth)
{
	while (len >= QMUX_LEN && data[0] == MARKER) {
		uint32_t frame = get_le16(data + 1) + 1u;

		if (frame < QMUX_LEN || frame > len)
			return;
		hear_frame(state, data, frame, mouth);
		data += frame;
		len -= frame;
	}
}

const struct sim_service sim_service_qmi = {
	.life = "qmi",
	.state_len = sizeof(struct qmi),
	.start = qmi_start,
	.hear = qmi_hear,
};
