/*
 * gpio_lines - the files gpio/LINE/... of a controller: the words and manners of
 * the GPIO files in sysfs.
 *
 *	value		reads 0 or 1, takes 0 for inactive and any other number for
 *			active; EPERM unless the line is an output.  poll() tells
 *			POLLPRI | POLLERR when the edge came since it was read.
 *	direction	reads in, out, or none of a line that nobody uses; takes in,
 *			out, low, high (an output that begins with this level,
 *			whatever is active) and none, which gives the line back.
 *	edge		none, rising, falling, both
 *	active_low	0 or 1; turns values and edges
 *	label		the name that the device has for the line
 *
 * A line is called by its name if that can be the name of a file and is no
 * number, else by its number.
 */
#pragma once
#include "device/node.h"
#include "gpio/controller.h"

struct gpio_lines;

/* The directory "gpio", not in any other yet.  @controller is borrowed, began
 * and has its names.  NULL without memory. */
struct gpio_lines *gpio_lines_new(struct gpio_controller *controller, gid_t gid);
/* No call waits any more. */
void gpio_lines_free(struct gpio_lines *g);

struct node_dir *gpio_lines_dir(struct gpio_lines *g);
const char *gpio_lines_name(const struct gpio_lines *g, unsigned int line);
/* The edge came: whoever polls the value shall know. */
void gpio_lines_edge(struct gpio_lines *g, unsigned int line);
/* In the files' words. */
const char *gpio_edge_name(enum gpio_edge edge);
