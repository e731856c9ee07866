/*
 * IP: answers ICMP and ICMPv6 echo requests, whoever they are addressed to.
 *
 * A message is one IP packet, or any number of QMAP frames, each with one;
 * the answers come framed in the same way, one a message.  What is no sound
 * echo request (checksum, length, a fragment) disappears, as on a network.
 */
#include "sim/service.h"

enum {
	QMAP_COMMAND = 0x80,
	QMAP_NEXT_HEADER = 0x40,
	QMAP_PAD = 0x3f,
	QMAP_LEN = 4,
	IPV4_MIN = 20,
	IPV6_LEN = 40,
	ICMP_MIN = 8,
	PACKET_MAX = 65535,
};

enum { REPLY_MAX = QMAP_LEN + PACKET_MAX + 3 };

/* Ones' complement sum, unfolded. */
static uint32_t sum_of(const uint8_t *data, uint32_t len, uint32_t sum)
{
	for (; len > 1; data += 2, len -= 2)
		sum += get_be16(data);
	return len ? sum + ((uint32_t)data[0] << 8) : sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void swap(uint8_t *a, uint8_t *b, uint32_t len)
{
	uint8_t kept[16];

	memcpy(kept, a, len);
	memcpy(a, b, len);
	memcpy(b, kept, len);
}

static void store_sum(uint8_t *at, uint32_t sum)
{
	put_be16(at, fold(sum));
}

/* Turns the request at @p into its reply; bytes of it, or 0. */
static uint32_t reply_v4(uint8_t *p, uint32_t len)
{
	uint32_t head = (p[0] & 15u) * 4, total;
	uint8_t *icmp;

	if (len < IPV4_MIN || head < IPV4_MIN || len < head + ICMP_MIN)
		return 0;
	total = get_be16(p + 2);
	icmp = p + head;
	if (total < head + ICMP_MIN || total > len || fold(sum_of(p, head, 0)) ||
	    get_be16(p + 6) & 0x3fff || p[9] != 1 || icmp[0] != 8 || icmp[1] ||
	    fold(sum_of(icmp, total - head, 0)))
		return 0;
	swap(p + 12, p + 16, 4);
	p[8] = 64;
	put_be16(p + 10, 0);
	store_sum(p + 10, sum_of(p, head, 0));
	icmp[0] = 0;
	put_be16(icmp + 2, 0);
	store_sum(icmp + 2, sum_of(icmp, total - head, 0));
	return total;
}

static uint32_t sum_v6(const uint8_t *p, uint32_t payload)
{
	return sum_of(p + IPV6_LEN, payload, sum_of(p + 8, 32, payload + 58));
}

static uint32_t reply_v6(uint8_t *p, uint32_t len)
{
	uint8_t *icmp = p + IPV6_LEN;
	uint32_t payload;

	if (len < IPV6_LEN + ICMP_MIN)
		return 0;
	payload = get_be16(p + 4);
	if (payload < ICMP_MIN || payload > len - IPV6_LEN || p[6] != 58 ||
	    icmp[0] != 128 || icmp[1] || fold(sum_v6(p, payload)))
		return 0;
	swap(p + 8, p + 24, 16);
	p[7] = 64;
	icmp[0] = 129;
	put_be16(icmp + 2, 0);
	store_sum(icmp + 2, sum_v6(p, payload));
	return IPV6_LEN + payload;
}

static uint32_t reply_to(uint8_t *p, uint32_t len)
{
	switch (len ? p[0] >> 4 : 0) {
	case 4:
		return reply_v4(p, len);
	case 6:
		return reply_v6(p, len);
	default:
		return 0;
	}
}

/* One QMAP frame around one packet, padded to four bytes. */
static void say_framed(uint8_t *frame, uint8_t mux, uint32_t len, struct mouth *m)
{
	uint32_t padded = (uint32_t)round_up(len, 4);

	if (padded > PACKET_MAX)
		return;
	frame[0] = (uint8_t)(padded - len);
	frame[1] = mux;
	put_be16(frame + 2, (uint16_t)padded);
	memset(frame + QMAP_LEN + len, 0, padded - len);
	mouth_say(m, frame, QMAP_LEN + padded);
}

static void hear_frames(const uint8_t *data, uint32_t len, struct mouth *m)
{
	uint8_t answer[REPLY_MAX];

	while (len >= QMAP_LEN) {
		uint32_t frame = get_be16(data + 2), pad = data[0] & QMAP_PAD;
		bool is_packet = !(data[0] & (QMAP_COMMAND | QMAP_NEXT_HEADER));

		if (frame > len - QMAP_LEN || pad > frame)
			return;
		if (is_packet) {
			uint32_t reply;

			memcpy(answer + QMAP_LEN, data + QMAP_LEN, frame - pad);
			reply = reply_to(answer + QMAP_LEN, frame - pad);
			if (reply)
				say_framed(answer, data[1], reply, m);
		}
		data += QMAP_LEN + frame;
		len -= QMAP_LEN + frame;
	}
}

static void icmp_hear(void *state, const uint8_t *data, uint32_t len, struct mouth *m)
{
	uint8_t answer[PACKET_MAX];
	uint32_t reply;

	(void)state;
	if (data[0] >> 4 != 4 && data[0] >> 4 != 6) {
		hear_frames(data, len, m);
		return;
	}
	len = min_u32(len, PACKET_MAX);
	memcpy(answer, data, len);
	reply = reply_to(answer, len);
	if (reply)
		mouth_say(m, answer, reply);
}

const struct sim_service sim_service_icmp = {
	.life = "icmp",
	.hear = icmp_hear,
};
