/* SPDX-License-Identifier: ISC
 *
 * What the harnesses of the input path share: a received packet of any bytes, and the stack's
 * environment around the code under proof.
 *
 * A packet has one exact length at a time, and ends where its block ends: a read of one byte too
 * many is outside of it. A harness goes through all lengths, one by one.
 *
 * The environment: memory may be out at every request (model/base/mem.h); time, random numbers and
 * hashes are anything; no log. Timers are noted, no wheel turns. */
#ifndef PATH_H
#define PATH_H

#include "proof.h"
#include <base/env.h>
#include <base/pkt.h>
#include <string.h>

#define FRAME_HEADROOM                                                                             \
    64 /* bytes in front of a packet that its block holds too: a pulled IP header */

static struct mn_env env;
static struct mn_pkt pkt;  /* what came in */
static struct mn_pkt made; /* what is made for an answer */
static uint8_t rx_block[FRAME_HEADROOM + FRAME_MAX];
static uint8_t small_block[MN_BLOCK_SMALL]; /* what is asked for */
static uint8_t large_block[MN_BLOCK_LARGE];

/* ---- memory ---- */

uint8_t *mn_block_get_small(struct mn_mem *mem)
{
    if (any_bool())
        return NULL;
    make_any(small_block, sizeof small_block);
    return small_block;
}

void *mn_pool_get_raw(struct mn_pool *pool)
{
    if (any_bool())
        return NULL;
    //@ assert only_packets: pool == &env.pkts;
    return &made;
}

uint32_t mn_block_size(const struct mn_mem *mem, const uint8_t *at)
{
    return mn_block_start(mem, at) == large_block ? MN_BLOCK_LARGE : MN_BLOCK_SMALL;
}

/* What was just made is nobody else's. */
bool mn_block_is_sole(const struct mn_mem *mem, const uint8_t *at)
{
    return mn_block_start(mem, at) == small_block || any_bool();
}

#ifndef PATH_OWN_POOL
/*@ requires packet: object == \null || object == &pkt || object == &made;
    assigns \nothing; */
void mn_pool_put(struct mn_pool *pool, void *object);
#endif

/* ---- time, chance, hashes, sums ---- */

void mn_timer_arm(struct mn_wheel *wheel, struct mn_timer *timer, mnet_time at)
{
    timer->at = at;
}

void mn_timer_disarm(struct mn_wheel *wheel, struct mn_timer *timer)
{
    timer->at = MNET_NEVER;
}

static void rng_fill(struct mnet_rng *rng, void *out, size_t len)
{
    make_any(out, len);
}

static struct mnet_rng rng = {.fill = rng_fill};

/* The real ones are proved by the harness `checksum`: they read what they are given and nothing
 * else. */
/*@ requires readable: len == 0 || \valid_read(at + (0 .. len - 1));
    assigns \result \from sum, at[0 .. len - 1], len; */
mn_sum mn_sum_add(mn_sum sum, const uint8_t *at, size_t len);
/*@ requires readable: len == 0 || \valid_read(at + (0 .. len - 1));
    assigns \result \from sum, at[0 .. len - 1], len, offset; */
mn_sum mn_sum_add_at(mn_sum sum, size_t offset, const uint8_t *at, size_t len);
/*@ assigns \result \from sum, value; */
mn_sum mn_sum_add16(mn_sum sum, uint16_t value);
/*@ assigns \result \from sum; */
uint16_t mn_sum_fold(mn_sum sum);

bool mnet_log_shows(const struct mnet_log *log, const char *source, enum mnet_log_level level)
{
    return false;
}

/* ---- the packet ---- */

static void any_env(void)
{
    make_any(&env, sizeof env);
    env.rng = &rng;
    env.log = NULL;
    env.name = "proof";
}

/* At least `min` and at most `max` bytes, all of them anything. One length ends with its block; of
 * several, the longest does. */
static void any_packet(uint32_t min, uint32_t max)
{
    make_any(rx_block, sizeof rx_block);
    memset(&pkt, 0, sizeof pkt);
    uint32_t len = min < max ? Frama_C_unsigned_int_interval(min, max) : min;
    pkt.frame.seg[0].at = rx_block + sizeof rx_block - max;
    pkt.frame.seg[0].len = len;
    pkt.frame.seg_count = 1;
    pkt.frame.len = len;
    pkt.frame.csum = (uint8_t)Frama_C_interval(0, 2);
    pkt.gso_count = (uint16_t)Frama_C_interval(1, UINT16_MAX);
    pkt.ether_group = any_bool();
}

static uint8_t more_block[MN_BLOCK_LARGE];

/* As reassembly leaves it: `ranges` of them, all bytes anything, the last range of any length (a
 * first one: of 64 or more), the others up to the end of their blocks. */
static inline void any_long_packet(uint32_t ranges)
{
    any_packet(1, FRAME_MAX);
    make_any(large_block, sizeof large_block);
    make_any(more_block, sizeof more_block);
    uint32_t room = MN_BLOCK_LARGE - FRAME_HEADROOM;
    uint32_t first = ranges == 1 ? Frama_C_unsigned_int_interval(64, room) : room;
    uint32_t last = Frama_C_unsigned_int_interval(1, MN_BLOCK_LARGE);
    pkt.frame.seg[0].at = large_block + FRAME_HEADROOM;
    pkt.frame.seg[0].len = first;
    //@ loop unroll 5;
    for (uint32_t i = 1; i < ranges; i++) {
        pkt.frame.seg[i].at = more_block;
        pkt.frame.seg[i].len = i + 1 < ranges ? MN_BLOCK_LARGE : last;
    }
    pkt.frame.seg_count = (uint8_t)ranges;
    pkt.frame.len = ranges == 1 ? first : first + (ranges - 2) * MN_BLOCK_LARGE + last;
}

#endif
