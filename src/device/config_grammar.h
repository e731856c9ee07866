/*
 * config_grammar - which words a configuration file may hold; libconfuse
 * reads it.
 */
#pragma once
#include "base/text.h"
#include <confuse.h>

/* Reads one file.  0, or -EINVAL or -errno and lines "FILE:LINE: reason" in
 * @ret_why (caller's).  The caller frees with cfg_free(). */
int grammar_read(const char *path, cfg_t **ret_file, struct text *ret_why);

/* Was it written? */
bool grammar_has(cfg_t *section, const char *key);

/* Permission bits as "0660"; -EINVAL. */
int grammar_mode(const char *s, unsigned int *ret_mode);

/* A PCI function as "17cb:0308" or "17cb:0308:105b:e0ab". */
struct pci_match {
	uint16_t vendor, device, sub_vendor, sub_device;
	bool has_sub;
};
int grammar_pci(const char *s, struct pci_match *ret_id);

/* A USB device as "2c7c:0125". */
struct usb_match {
	uint16_t vendor, product;
};
int grammar_usb(const char *s, struct usb_match *ret_id);

/* An image of Sahara as "13:prog.elf"; @ret_file is within @s. */
int grammar_image(const char *s, uint64_t *ret_id, const char **ret_file);

/* Which word of the few that @key can be, from 0; -EINVAL. */
int grammar_choice(const char *key, const char *value);

/* An execution environment, "amss", as a bit; 0: none is called so. */
uint32_t grammar_ee(const char *s);
