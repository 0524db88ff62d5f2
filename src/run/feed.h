/* SPDX-License-Identifier: ISC
 *
 * run/feed.h - where the generator gets its entropy. */
#ifndef MN_FEED_H
#define MN_FEED_H

#include <mnet/log.h>
#include <mnet/task.h>
#include <run/fortuna.h>

struct mn_feed {
    struct mn_fortuna fortuna; /* what is fed; first, so that it can be cast back */
    struct mnet_hook hook;     /* once a round of the scheduler */
    struct mnet_task *task;    /* once a second; NULL: not started */
    bool has_platform;         /* the platform has a source of its own */
};

/* Tests the sources and seeds the generator from them. NULL if all is well, else a sentence. Waits
 * for nothing. */
const char *mn_feed_seed(struct mn_feed *feed, mnet_time now, struct mnet_log *log);
/* Starts to feed: a hook, and a child of the calling task, which must collect it (mn_feed_end).
 * False: no memory. */
bool mn_feed_start(struct mn_feed *feed);
/* Collects the child and overwrites the generator. */
void mn_feed_end(struct mn_feed *feed);

/* One round of the hook and one of the task; for tests. */
void mn_feed_round(struct mn_feed *feed, mnet_time now);
void mn_feed_pools(struct mn_feed *feed);

#endif
