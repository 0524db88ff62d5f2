/* SPDX-License-Identifier: ISC
 *
 * base/env.h - what every layer of one stack shares: time, memory, randomness, timers, counters,
 * log.
 *
 * Each layer has a state struct of its own with a pointer to this one. `now` is written only by
 * stack/ (once a poll). */
#ifndef MN_ENV_H
#define MN_ENV_H

#include <base/mem.h>
#include <base/siphash.h>
#include <base/wheel.h>
#include <mnet/drop.h>
#include <mnet/log.h>
#include <mnet/rng.h>
#include <mnet/stats.h>
#include <mnet/time.h>

struct mn_env {
    mnet_time now;                   /* the time of this poll */
    struct mn_mem mem;               /* the whole budget */
    struct mn_pool pkts;             /* struct mn_pkt */
    struct mn_wheel wheel;           /* all timers of the stack */
    struct mnet_rng *rng;            /* injected */
    struct mnet_log *log;            /* injected, may be NULL */
    const char *name;                /* of the stack, for logs */
    struct mn_hash_key hash_key;     /* of the tables; drawn once */
    struct mnet_stats stats;         /* written by every layer */
    uint64_t drops[MNET_DROP_COUNT]; /* written by mn_env_count_drop only */
};

/* Who owns a timer, in the high four bits of mn_timer.kind; the owner numbers the low four. */
enum mn_timer_owner {
    MN_TIMER_LINK = 0x10,
    MN_TIMER_IP = 0x20,
    MN_TIMER_UDP = 0x30,
    MN_TIMER_TCP = 0x40
};

static inline void mn_env_arm(struct mn_env *env, struct mn_timer *timer, mnet_time at)
{
    mn_timer_arm(&env->wheel, timer, at);
}

static inline void mn_env_disarm(struct mn_env *env, struct mn_timer *timer)
{
    mn_timer_disarm(&env->wheel, timer);
}

/* Random numbers; `mn_env_below` is uniform in [0, bound), bound > 0. */
uint32_t mn_env_random32(struct mn_env *env);
uint32_t mn_env_below(struct mn_env *env, uint32_t bound);

/* Logs only when shown: the arguments are not evaluated otherwise. */
#define MN_LOG(env, level, source, tag, ...)                                                       \
    do {                                                                                           \
        if (mnet_log_shows((env)->log, (source), (level)))                                         \
            mnet_log_write((env)->log, (env)->now, (level), (source), (tag), __VA_ARGS__);         \
    } while (0)

/* Counts a drop and logs it at debug level. The packet stays the caller's. */
void mn_env_count_drop(struct mn_env *env, enum mnet_drop reason);

#endif
