#include "sim/at.h"
#include <stdio.h>
#include <stdlib.h>

/* Reads "1,2" style numbers into @values; how many, or -1 when it is no such
 * list.  A number left out counts as 0. */
static int numbers(const char *args, unsigned int *values, int max)
{
	int n = 0;
	char *end;

	for (;;) {
		if (n == max)
			return -1;
		values[n++] = (unsigned int)strtoul(args, &end, 10);
		if (*end == '\0')
			return n;
		if (*end != ',')
			return -1;
		args = end + 1;
	}
}

/* The next item of a list, without its quotes, into @to.  False: too long. */
static bool next_text(const char **args, char *to, size_t size)
{
	size_t n = 0;

	for (; **args && **args != ','; (*args)++) {
		if (**args == '"')
			continue;
		if (n == size - 1)
			return false;
		to[n++] = **args;
	}
	to[n] = '\0';
	if (**args == ',')
		(*args)++;
	return true;
}

void at_identify(struct at *a)
{
	at_info(a, "Manufacturer: %s\r\nModel: %s\r\nRevision: %s\r\nIMEI: %s\r\n+GCAP: +CGSM",
		IDENTITY_MANUFACTURER, IDENTITY_MODEL, IDENTITY_REVISION, a->id.imei);
}

static const char *const reg_names[] = { "+CREG", "+CGREG", "+CEREG" };

void at_say_registration(struct at *a, unsigned int domain, bool is_news)
{
	unsigned int state = a->cfun == 1 ? 1 : 0;
	char lead[8] = "", cell[40] = "";

	if (!is_news)
		snprintf(lead, sizeof(lead), "%u,", a->reg_news[domain]);
	if (a->reg_news[domain] == 2 && state)
		snprintf(cell, sizeof(cell), ",\"00A1\",\"%08X\",7", a->cell);
	at_info(a, "%s: %s%u%s", reg_names[domain], lead, state, cell);
}

static enum at_result registration(struct at *a, unsigned int domain,
				   enum at_form form, const char *args)
{
	unsigned int mode;

	switch (form) {
	case AT_READ:
		at_say_registration(a, domain, false);
		return AT_DONE;
	case AT_TEST:
		at_info(a, "%s: (0-2)", reg_names[domain]);
		return AT_DONE;
	case AT_SET:
		if (numbers(args, &mode, 1) != 1 || mode > 2)
			return AT_INCORRECT;
		a->reg_news[domain] = (uint8_t)mode;
		return AT_DONE;
	default:
		return AT_ERROR;
	}
}

static enum at_result do_creg(struct at *a, enum at_form form, const char *args)
{
	return registration(a, AT_CREG, form, args);
}

static enum at_result do_cgreg(struct at *a, enum at_form form, const char *args)
{
	return registration(a, AT_CGREG, form, args);
}

static enum at_result do_cereg(struct at *a, enum at_form form, const char *args)
{
	return registration(a, AT_CEREG, form, args);
}

/* Commands that only tell something. */
static enum at_result tell(struct at *a, enum at_form form, const char *text)
{
	if (form == AT_RUN)
		at_info(a, "%s", text);
	return form == AT_RUN || form == AT_TEST ? AT_DONE : AT_ERROR;
}

static enum at_result do_cgmi(struct at *a, enum at_form form, const char *args)
{
	(void)args;
	return tell(a, form, IDENTITY_MANUFACTURER);
}

static enum at_result do_cgmm(struct at *a, enum at_form form, const char *args)
{
	(void)args;
	return tell(a, form, IDENTITY_MODEL);
}

static enum at_result do_cgmr(struct at *a, enum at_form form, const char *args)
{
	(void)args;
	return tell(a, form, IDENTITY_REVISION);
}

static enum at_result do_cgsn(struct at *a, enum at_form form, const char *args)
{
	(void)args;
	return tell(a, form, a->id.imei);
}

static enum at_result do_cimi(struct at *a, enum at_form form, const char *args)
{
	(void)args;
	return tell(a, form, a->id.imsi);
}

static enum at_result do_iccid(struct at *a, enum at_form form, const char *args)
{
	(void)args;
	if (form == AT_RUN || form == AT_READ)
		at_info(a, "+ICCID: %s", a->id.iccid);
	return form == AT_SET ? AT_ERROR : AT_DONE;
}

static enum at_result do_cnum(struct at *a, enum at_form form, const char *args)
{
	(void)args;
	if (form == AT_RUN)
		at_info(a, "+CNUM: ,\"+%s\",145", a->id.msisdn);
	return form == AT_RUN || form == AT_TEST ? AT_DONE : AT_ERROR;
}

static enum at_result do_gcap(struct at *a, enum at_form form, const char *args)
{
	(void)args;
	return tell(a, form, "+GCAP: +CGSM");
}

static enum at_result do_csq(struct at *a, enum at_form form, const char *args)
{
	(void)args;
	if (form == AT_RUN && a->cfun == 1)
		at_info(a, "+CSQ: %u,99", 18 + chance_next(&a->chance) % 8);
	else if (form == AT_RUN)
		at_info(a, "+CSQ: 99,99");
	else if (form == AT_TEST)
		at_info(a, "+CSQ: (0-31,99),(99)");
	return form == AT_RUN || form == AT_TEST ? AT_DONE : AT_ERROR;
}

static enum at_result set_operator(struct at *a, const char *args)
{
	char mode[4], format[4];

	if (!next_text(&args, mode, sizeof(mode)) || strlen(mode) != 1 ||
	    !strchr("01234", mode[0]) || !next_text(&args, format, sizeof(format)))
		return AT_INCORRECT;
	if (!format[0])
		return AT_DONE;
	if (strlen(format) != 1 || format[0] < '0' || format[0] > '2')
		return AT_INCORRECT;
	a->cops_format = (uint8_t)(format[0] - '0');
	return AT_DONE;
}

static enum at_result do_cops(struct at *a, enum at_form form, const char *args)
{
	const char *name = a->cops_format == 2 ? IDENTITY_PLMN : IDENTITY_OPERATOR;

	switch (form) {
	case AT_READ:
		if (a->cfun == 1)
			at_info(a, "+COPS: 0,%u,\"%s\",7", a->cops_format, name);
		else
			at_info(a, "+COPS: 0");
		return AT_DONE;
	case AT_TEST:
		at_info(a, "+COPS: (2,\"%s\",\"%s\",\"%s\",7),,(0-4),(0-2)",
			IDENTITY_OPERATOR, IDENTITY_OPERATOR, IDENTITY_PLMN);
		return AT_DONE;
	case AT_SET:
		return set_operator(a, args);
	default:
		return AT_ERROR;
	}
}

static enum at_result do_cpin(struct at *a, enum at_form form, const char *args)
{
	(void)args;
	if (form == AT_READ)
		at_info(a, "+CPIN: READY");
	else if (form == AT_SET)
		return AT_NOT_ALLOWED;
	return form == AT_RUN ? AT_ERROR : AT_DONE;
}

static enum at_result do_cfun(struct at *a, enum at_form form, const char *args)
{
	unsigned int values[2] = { 0 };

	switch (form) {
	case AT_READ:
		at_info(a, "+CFUN: %u", a->cfun);
		return AT_DONE;
	case AT_TEST:
		at_info(a, "+CFUN: (0,1,4),(0,1)");
		return AT_DONE;
	case AT_SET:
		if (numbers(args, values, 2) < 0 || values[1] > 1 ||
		    (values[0] != 0 && values[0] != 1 && values[0] != 4))
			return AT_INCORRECT;
		a->cfun = (uint8_t)values[0];
		return AT_DONE;
	default:
		return AT_ERROR;
	}
}

static enum at_result do_cmee(struct at *a, enum at_form form, const char *args)
{
	unsigned int value;

	switch (form) {
	case AT_READ:
		at_info(a, "+CMEE: %u", a->cmee);
		return AT_DONE;
	case AT_TEST:
		at_info(a, "+CMEE: (0-2)");
		return AT_DONE;
	case AT_SET:
		if (numbers(args, &value, 1) != 1 || value > 2)
			return AT_INCORRECT;
		a->cmee = (uint8_t)value;
		return AT_DONE;
	default:
		return AT_ERROR;
	}
}

static enum at_result set_context(struct at *a, const char *args)
{
	struct at_context fresh = { 0 };
	char number[4];
	unsigned long cid;

	if (!next_text(&args, number, sizeof(number)))
		return AT_INCORRECT;
	cid = strtoul(number, NULL, 10);
	if (cid < 1 || cid > AT_CONTEXTS)
		return AT_INVALID_INDEX;
	if (!next_text(&args, fresh.type, sizeof(fresh.type)) ||
	    !next_text(&args, fresh.apn, sizeof(fresh.apn)))
		return AT_INCORRECT;
	if (fresh.type[0] && strcmp(fresh.type, "IP") && strcmp(fresh.type, "IPV6") &&
	    strcmp(fresh.type, "IPV4V6"))
		return AT_INCORRECT;
	a->contexts[cid - 1] = fresh;
	return AT_DONE;
}

static enum at_result do_cgdcont(struct at *a, enum at_form form, const char *args)
{
	static const char *const types[] = { "IP", "IPV6", "IPV4V6" };

	switch (form) {
	case AT_READ:
		for (unsigned int i = 0; i < AT_CONTEXTS; i++)
			if (a->contexts[i].type[0])
				at_info(a, "+CGDCONT: %u,\"%s\",\"%s\",\"\",0,0", i + 1,
					a->contexts[i].type, a->contexts[i].apn);
		return AT_DONE;
	case AT_TEST:
		for (unsigned int i = 0; i < ARRAY_SIZE(types); i++)
			at_info(a, "+CGDCONT: (1-%d),\"%s\",,,(0),(0)", AT_CONTEXTS, types[i]);
		return AT_DONE;
	case AT_SET:
		return set_context(a, args);
	default:
		return AT_ERROR;
	}
}

static enum at_result do_cgatt(struct at *a, enum at_form form, const char *args)
{
	unsigned int value;

	if (form == AT_READ)
		at_info(a, "+CGATT: %d", a->cfun == 1);
	else if (form == AT_TEST)
		at_info(a, "+CGATT: (0,1)");
	else if (form == AT_SET && (numbers(args, &value, 1) != 1 || value > 1))
		return AT_INCORRECT;
	return form == AT_RUN ? AT_ERROR : AT_DONE;
}

static const struct {
	const char *name;
	enum at_result (*run)(struct at *a, enum at_form form, const char *args);
} commands[] = {
	{ "+CEREG", do_cereg },
	{ "+CFUN", do_cfun },
	{ "+CGATT", do_cgatt },
	{ "+CGDCONT", do_cgdcont },
	{ "+CGMI", do_cgmi },
	{ "+CGMM", do_cgmm },
	{ "+CGMR", do_cgmr },
	{ "+CGREG", do_cgreg },
	{ "+CGSN", do_cgsn },
	{ "+CIMI", do_cimi },
	{ "+CMEE", do_cmee },
	{ "+CNUM", do_cnum },
	{ "+COPS", do_cops },
	{ "+CPIN", do_cpin },
	{ "+CREG", do_creg },
	{ "+CSQ", do_csq },
	{ "+GCAP", do_gcap },
	{ "+GMI", do_cgmi },
	{ "+GMM", do_cgmm },
	{ "+GMR", do_cgmr },
	{ "+GSN", do_cgsn },
	{ "+ICCID", do_iccid },
};

enum at_result at_extended(struct at *a, const char *name, enum at_form form,
			   const char *args)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].name, name))
			return commands[i].run(a, form, args);
	return AT_ERROR;
}
