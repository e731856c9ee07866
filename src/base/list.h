/*
 * list - a circular list through its members.
 *
 * An initialised node that is in no list points at itself, so list_remove()
 * is safe twice, and "is it parked?" is list_is_empty() of the node.
 */
#pragma once
#include "base/bytes.h"

struct list {
	struct list *next, *prev;
};

static inline void list_init(struct list *l)
{
	l->next = l->prev = l;
}

static inline bool list_is_empty(const struct list *l)
{
	return l->next == l;
}

static inline void list_insert_before(struct list *at, struct list *node)
{
	node->prev = at->prev;
	node->next = at;
	at->prev->next = node;
	at->prev = node;
}

static inline void list_append(struct list *head, struct list *node)
{
	list_insert_before(head, node);
}

static inline void list_prepend(struct list *head, struct list *node)
{
	list_insert_before(head->next, node);
}

static inline void list_remove(struct list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	list_init(node);
}

/* Moves all of @from to the end of @to; @from ends empty. */
static inline void list_move_all(struct list *to, struct list *from)
{
	if (list_is_empty(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	list_init(from);
}

#define list_entry(node, type, member) container_of(node, type, member)
#define list_first(head, type, member) list_entry((head)->next, type, member)

#define list_for_each(it, head, member)                                    \
	for (it = list_first(head, __typeof__(*it), member);               \
	     &it->member != (head);                                        \
	     it = list_entry(it->member.next, __typeof__(*it), member))

/* @it may leave the list, and be freed, in the body; nobody else may. */
#define list_for_each_safe(it, tmp, head, member)                          \
	for (it = list_first(head, __typeof__(*it), member),               \
	    tmp = list_entry(it->member.next, __typeof__(*it), member);    \
	     &it->member != (head);                                        \
	     it = tmp, tmp = list_entry(it->member.next, __typeof__(*it), member))
