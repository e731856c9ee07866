/*
 * Firehose over a pair of bulk pipes.
 *
 * Raw bytes for the modem that end with a whole packet want a ZLP behind them;
 * those from the modem have one before and, where they end so, one behind.
 *
 * Source: linux-msm/qdl src/firehose.c.
 */
#include "sim/gadget-inside.h"

enum { REBOOT_US = 50000 };

static struct function *function_of(struct firehose *h)
{
	return container_of(h, struct gadget_firehose, firehose)->function;
}

static void on_say(struct firehose *h, const char *document, uint32_t len, bool is_answer)
{
	struct function *f = function_of(h);

	if (is_answer)
		f->in.sends_zlp = !(f->gadget->config.habits & GADGET_SHORT_OF_ZLP);
	pipe_say(&f->in, document, len);
}

static void on_raw_begins(struct firehose *h)
{
	pipe_say(&function_of(h)->in, NULL, 0);
}

static void on_flashed(struct firehose *h, uint32_t n)
{
	function_of(h)->gadget->counts.flashed += n;
}

static void on_reboot(struct firehose *h)
{
	gadget_come_back_as(function_of(h)->gadget, GADGET_MODEM, REBOOT_US);
}

static const struct firehose_ops ops = {
	.say = on_say,
	.raw_begins = on_raw_begins,
	.flashed = on_flashed,
	.reboot = on_reboot,
};

void gadget_firehose_begin(struct gadget_firehose *g, struct function *f)
{
	g->function = f;
	firehose_begin(&g->firehose, &ops, f->gadget->config.habits & GADGET_ZLP_NOT_NEEDED);
}

/* Pieces belong together: a ZLP comes behind the last only. */
void gadget_firehose_speak(struct gadget_firehose *g)
{
	struct function *f = g->function;
	uint8_t piece[RAW_PIECE];
	uint32_t n = firehose_speak(&g->firehose, piece, sizeof(piece));

	if (!n)
		return;
	f->in.sends_zlp = !g->firehose.read_left &&
			  !(f->gadget->config.habits & GADGET_SHORT_OF_ZLP);
	pipe_say(&f->in, piece, n);
}
