#include "pci/names.h"
#include <pci/pci.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct pci_names {
	struct pci_access *access;
};

/* pci_init() would set these, but it also looks for a way to the hardware,
 * and ends the program where there is none. */
static void __attribute__((noreturn, format(printf, 1, 2))) die(char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("libpci: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(EXIT_FAILURE);
}

static void __attribute__((format(printf, 1, 2))) ignore(char *format, ...)
{
	(void)format;
}

struct pci_names *pci_names_open(const char *path)
{
	struct pci_names *n = calloc(1, sizeof(*n));
	char *copy = path ? strdup(path) : NULL;

	if (!n || (path && !copy)) {
		free(copy);
		free(n);
		return NULL;
	}
	n->access = pci_alloc();
	n->access->error = die;
	n->access->warning = ignore;
	n->access->debug = ignore;
	if (copy)
		pci_set_name_list_path(n->access, copy, 1);
	return n;
}

void pci_names_close(struct pci_names *n)
{
	if (!n)
		return;
	pci_cleanup(n->access);
	free(n);
}

void pci_names_add(struct pci_names *n, const struct pci_function *f, struct text *ret_name)
{
	/* libpci 3.9 leaks where it asks udev and there is no hwdb. */
	const int flags = PCI_LOOKUP_VENDOR | PCI_LOOKUP_DEVICE | PCI_LOOKUP_NO_HWDB;
	char name[256];

	text_add(ret_name, pci_lookup_name(n->access, name, sizeof(name), flags, f->vendor,
					   f->device));
}
