/* SPDX-License-Identifier: ISC
 *
 * base/wheel.h - a hierarchical timing wheel: arm, disarm and expiry in O(1), however many timers
 * there are.
 *
 * Ticks are 2^16 ns (65.5 us); eight levels of 64 slots hold every instant. A timer never fires
 * early; it fires at most a tick late. Expired timers are handed to the caller one by one: the
 * wheel calls nothing. */
#ifndef MN_WHEEL_H
#define MN_WHEEL_H

#include <base/list.h>
#include <mnet/time.h>
#include <stdbool.h>
#include <stdint.h>

#define MN_WHEEL_LEVELS 8
#define MN_WHEEL_SLOTS 64
#define MN_WHEEL_TICK_SHIFT 16

struct mn_timer {
    struct mn_list node; /* in a slot or the expired list */
    mnet_time at;        /* when armed: the instant asked for; MNET_NEVER: not armed */
    uint8_t kind;        /* the owner's: what this timer is */
    uint8_t level, slot; /* where it is, for disarm */
};

struct mn_wheel {
    uint64_t tick;                  /* everything before it has expired */
    uint64_t used[MN_WHEEL_LEVELS]; /* bit s: slot s holds timers */
    struct mn_list expired;
    struct mn_list slot[MN_WHEEL_LEVELS][MN_WHEEL_SLOTS];
};

void mn_wheel_init(struct mn_wheel *wheel, mnet_time now);

void mn_timer_init(struct mn_timer *timer, uint8_t kind);
static inline bool mn_timer_is_armed(const struct mn_timer *timer)
{
    return timer->at != MNET_NEVER;
}

/* (Re)arms: `timer` expires at `at`, at once if that has passed; MNET_NEVER disarms. */
void mn_timer_arm(struct mn_wheel *wheel, struct mn_timer *timer, mnet_time at);
void mn_timer_disarm(struct mn_wheel *wheel, struct mn_timer *timer);

/* Goes on to `now` and returns one expired timer, disarmed; NULL when there are no more. Call it
 * until NULL. */
struct mn_timer *mn_wheel_expire(struct mn_wheel *wheel, mnet_time now);

/* A lower bound of the next expiry, never later than the true one and exact when it is near;
 * MNET_NEVER if none is armed. */
mnet_time mn_wheel_next(const struct mn_wheel *wheel);

#endif
