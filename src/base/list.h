/* SPDX-License-Identifier: ISC
 *
 * base/list.h - a doubly linked ring of nodes embedded in what they link. A node alone points at
 * itself. */
#ifndef MN_LIST_H
#define MN_LIST_H

#include <base/inline.h>
#include <stdbool.h>
#include <stddef.h>

struct mn_list {
    struct mn_list *next, *prev; /* never NULL once initialised */
};

/* The struct that holds `node` as its member `member`. */
#define MN_CONTAINER(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))

MN_INLINE void mn_list_init(struct mn_list *l)
{
    l->next = l->prev = l;
}
MN_INLINE bool mn_list_is_empty(const struct mn_list *l)
{
    return l->next == l;
}

/* Whether `node` is in some list: true after a push, false after init and remove. */
MN_INLINE bool mn_list_is_linked(const struct mn_list *node)
{
    return node->next != node;
}

MN_INLINE void mn_list_push_back(struct mn_list *l, struct mn_list *node)
{
    node->prev = l->prev;
    node->next = l;
    l->prev->next = node;
    l->prev = node;
}

MN_INLINE void mn_list_push_front(struct mn_list *l, struct mn_list *node)
{
    mn_list_push_back(l->next, node);
}

/* Takes `node` out of its list and makes it point at itself again; harmless on a node alone. */
MN_INLINE void mn_list_remove(struct mn_list *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    mn_list_init(node);
}

/* Takes out and returns the first node, NULL if there is none. */
MN_INLINE struct mn_list *mn_list_pop_front(struct mn_list *l)
{
    if (mn_list_is_empty(l))
        return NULL;
    struct mn_list *first = l->next;
    mn_list_remove(first);
    return first;
}

#endif
