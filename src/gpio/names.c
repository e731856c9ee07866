#include "gpio/names.h"
#include "base/bytes.h"

static enum gpio_names check(const char *block, size_t len, unsigned int n)
{
	unsigned int n_ends = 0;

	for (size_t i = 0; i < len; i++) {
		if (n_ends == n)
			return GPIO_NAMES_MANY;
		if (!block[i])
			n_ends++;
		else if (block[i] < ' ' || block[i] > '~')
			return GPIO_NAMES_ALIEN;
	}
	return n_ends == n ? GPIO_NAMES_OK : GPIO_NAMES_FEW;
}

/* Is the name at @at already among the @at - @block bytes before it? */
static bool is_taken(const char *block, const char *at)
{
	for (const char *s = block; s < at; s += strlen(s) + 1)
		if (!strcmp(s, at))
			return true;
	return false;
}

static bool has_doubles(const char *block, size_t len)
{
	for (const char *s = block; s < block + len; s += strlen(s) + 1)
		if (*s && is_taken(block, s))
			return true;
	return false;
}

enum gpio_names gpio_names_find(const char *block, size_t len, unsigned int n,
				const char **ret_names)
{
	enum gpio_names what = check(block, len, n);

	if (what)
		return what;
	if (has_doubles(block, len))
		return GPIO_NAMES_TWICE;
	for (unsigned int i = 0; i < n; i++) {
		ret_names[i] = block;
		block += strlen(block) + 1;
	}
	return GPIO_NAMES_OK;
}

const char *gpio_names_fault(enum gpio_names what)
{
	static const char *const faults[] = {
		[GPIO_NAMES_OK] = "is fine",
		[GPIO_NAMES_FEW] = "ends before the last name does",
		[GPIO_NAMES_MANY] = "has bytes behind the last name",
		[GPIO_NAMES_ALIEN] = "has bytes that are no text",
		[GPIO_NAMES_TWICE] = "has a name twice",
	};

	return faults[what];
}
