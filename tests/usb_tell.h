/*
 * usb_tell - a word to the mock USB bus this program runs beside, and the way
 * to get there.
 */
#pragma once
#include <stddef.h>

enum { TOLD_MAX = 65536 };

/* For main(): starts this program again beside a bus when it is not beside one
 * yet; ends with 77 where that cannot be. */
void usb_mock_enter(char **argv);

/* @words end with NULL.  0, with the answer; 1, with what is wrong; -errno:
 * there is no bus. */
int usb_tell(char **words, char *ret_answer, size_t size);
