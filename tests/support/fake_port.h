/* SPDX-License-Identifier: ISC
 *
 * A port for tests of tasks: the clock is virtual and goes on only while the program waits, or by
 * `tick` at each look. Waiting for ever is a panic ("deadlock"), as nobody would ever come. */
#ifndef FAKE_PORT_H
#define FAKE_PORT_H

#include <mnet/port.h>
#include <stddef.h>

struct fake_port {
    mnet_time now;           /* the clock */
    mnet_time tick;          /* what each look at the clock adds */
    unsigned waits;          /* mnet_port_wait calls */
    size_t stacks;           /* stacks that are given out */
    size_t stacks_ever;      /* stacks that ever were */
    size_t stacks_limit;     /* at most so many at a time; 0: any number */
    bool (*has_event)(void); /* whether a device has something: then no wait sleeps; NULL: never */
    struct mnet_sched *current;
};
extern struct fake_port fake_port;

/* A clock at 1 s, no stacks, no limit. */
void fake_port_reset(void);

/* Whether `body`, run as the first task in a process of its own, ends it by a panic whose text is
 * `text`, where '*' stands for any run of characters. Prints what came instead if not. */
bool fake_port_panics(int (*body)(void *), const char *text);

/* The same with `body` called outside any task. */
bool fake_port_panics_outside(int (*body)(void *), const char *text);

/* Whether `text` is `pattern`. */
bool fake_port_matches(const char *text, const char *pattern);

#endif
