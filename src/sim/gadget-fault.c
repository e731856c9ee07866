/*
 * Faults in words, and when they are due.
 *
 *	stall stall-all empty keep last-words
 *	eproto eilseq etime eoverflow eshutdown enoent enodev	ends with it
 *	refuse-enomem refuse-enodev refuse-eshutdown refuse-einval	at submit
 *	cancel-enodev
 *	leave-submit leave-end leave-cancel
 *
 * behind "@": 0x82 and the like, send, get, line, coding, clear-halt.
 */
#include "sim/gadget-inside.h"
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

static const struct { const char *word; enum gadget_act act; int status; } acts_by_word[] = {
	{ "stall", GADGET_STALL, -EPIPE },
	{ "stall-all", GADGET_STALL_ALL, -EPIPE },
	{ "empty", GADGET_EMPTY, 0 },
	{ "keep", GADGET_KEEP, 0 },
	{ "last-words", GADGET_LAST_WORDS, 0 },
	{ "eproto", GADGET_END, -EPROTO },
	{ "eilseq", GADGET_END, -EILSEQ },
	{ "etime", GADGET_END, -ETIME },
	{ "eoverflow", GADGET_END, -EOVERFLOW },
	{ "eshutdown", GADGET_END, -ESHUTDOWN },
	{ "enoent", GADGET_END, -ENOENT },
	{ "enodev", GADGET_END, -ENODEV },
	{ "refuse-enomem", GADGET_REFUSE, -ENOMEM },
	{ "refuse-enodev", GADGET_REFUSE, -ENODEV },
	{ "refuse-eshutdown", GADGET_REFUSE, -ESHUTDOWN },
	{ "refuse-einval", GADGET_REFUSE, -EINVAL },
	{ "cancel-enodev", GADGET_NO_CANCEL, -ENODEV },
	{ "leave-submit", GADGET_LEAVE_SUBMIT, -ENODEV },
	{ "leave-end", GADGET_LEAVE_END, 0 },
	{ "leave-cancel", GADGET_LEAVE_CANCEL, 0 },
};

static const struct { const char *word; unsigned int at; } places[] = {
	{ "send", GADGET_AT_REQUEST | 0x00 },
	{ "get", GADGET_AT_REQUEST | 0x01 },
	{ "coding", GADGET_AT_REQUEST | 0x20 },
	{ "line", GADGET_AT_REQUEST | 0x22 },
	{ "clear-halt", GADGET_AT_CLEAR_HALT },
};

static bool is_word(const char *word, const char *s, size_t len)
{
	return strlen(word) == len && !memcmp(word, s, len);
}

static bool find_act(const char *s, size_t len, struct gadget_fault *f)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(acts_by_word); i++)
		if (is_word(acts_by_word[i].word, s, len)) {
			f->act = acts_by_word[i].act;
			f->status = acts_by_word[i].status;
			return true;
		}
	return false;
}

static bool find_place(const char *s, size_t len, struct gadget_fault *f)
{
	char *end;

	for (unsigned int i = 0; i < ARRAY_SIZE(places); i++)
		if (is_word(places[i].word, s, len)) {
			f->at = places[i].at;
			return true;
		}
	f->at = (unsigned int)strtoul(s, &end, 16);
	return end == s + len && f->at && f->at < 0x100;
}

int gadget_fault_parse(const char *words, struct gadget_fault *ret_fault)
{
	struct gadget_fault f = { .times = 1 };
	const char *at = strchr(words, '@');
	size_t len;
	char *end;

	if (!at || !find_act(words, (size_t)(at - words), &f))
		return -EINVAL;
	len = strcspn(++at, "+*");
	if (!find_place(at, len, &f))
		return -EINVAL;
	end = (char *)at + len;
	if (*end == '+' && isdigit((unsigned char)end[1]))
		f.after = (unsigned int)strtoul(end + 1, &end, 10);
	if (!strcmp(end, "*always")) {
		f.times = UINT_MAX;
		end += strlen(end);
	} else if (*end == '*') {
		f.times = (unsigned int)strtoul(end + 1, &end, 10);
	}
	if (*end || !f.times)
		return -EINVAL;
	*ret_fault = f;
	return 0;
}

void gadget_inject(struct gadget *g, struct gadget_fault f)
{
	if (g->n_faults < FAULTS_MAX)
		g->faults[g->n_faults++] = f;
	gadget_work(g);
}

void gadget_heal(struct gadget *g)
{
	g->n_faults = 0;
	g->fault.id = 0;
	timer_stop(&g->due);
	timer_stop(&g->flight);
}

static void use_up(struct gadget *g, unsigned int index)
{
	if (g->faults[index].times == UINT_MAX || --g->faults[index].times)
		return;
	g->n_faults--;
	memmove(g->faults + index, g->faults + index + 1,
		(g->n_faults - index) * sizeof(g->faults[0]));
}

bool fault_take(struct gadget *g, unsigned int at, unsigned int acts,
		struct gadget_fault *ret_fault)
{
	for (unsigned int i = 0; at && i < g->n_faults; i++) {
		if (g->faults[i].at != at || !(acts & ACT(g->faults[i].act)))
			continue;
		if (g->faults[i].after) {
			g->faults[i].after--;
			return false;
		}
		*ret_fault = g->faults[i];
		use_up(g, i);
		return true;
	}
	return false;
}
