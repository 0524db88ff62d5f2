/* SPDX-License-Identifier: ISC
 *
 * What a layer calls below itself that does not look at packets, as the proofs see it: it may
 * answer anything that its header allows. Sums are checked to cover readable bytes only; what they
 * come to is any number. */
#include "env.h"
#include "../proof.h"
#include <base/checksum.h>
#include <base/siphash.h>

static uint8_t pages[2 * MN_PAGE_SIZE];

void env_init(struct mn_env *env)
{
    make_any(&env->now, sizeof env->now);
    make_any(&env->stats, sizeof env->stats);
    make_any(env->drops, sizeof env->drops);
    make_any(pages, sizeof pages);
    env->mem.pages_at = pages;
    env->mem.page_count = Frama_C_unsigned_int_interval(1, UINT32_MAX / MN_PAGE_BLOCKS);
    env->pkts.object_size = sizeof(struct mn_pkt);
    env->name = "stack";
}

void env_frame(struct mn_pkt *pkt, int32_t len)
{
    make_any(pages + sizeof pages - MN_BLOCK_SMALL, MN_BLOCK_SMALL);
    *pkt = (struct mn_pkt){.gso_count = 1, .is_loopback = any_bool(), .ether_group = any_bool()};
    pkt->frame.seg[0].at = pages + sizeof pages - (len <= FRAME_EXACT ? len : MN_BLOCK_SMALL - 2);
    pkt->frame.seg[0].len = (uint32_t)(len <= FRAME_EXACT ? len : Frama_C_interval(len, FRAME_MAX));
    pkt->frame.seg_count = 1;
    pkt->frame.len = pkt->frame.seg[0].len;
    pkt->frame.csum = any_bool() ? MNET_CSUM_NONE : MNET_CSUM_VERIFIED;
}

/* ---- memory ---- */

uint8_t *mn_block_get_small(struct mn_mem *mem)
{
    return any_bool() ? mem->pages_at + MN_PAGE_SIZE : NULL;
}

uint8_t *mn_block_get_large(struct mn_mem *mem)
{
    return any_bool() ? mem->pages_at : NULL;
}

void mn_pool_init(struct mn_pool *pool, struct mn_mem *mem, const char *name, size_t object_size,
                  uint32_t count_max)
{
    *pool = (struct mn_pool){.mem = mem, .object_size = (uint32_t)object_size};
}

/* One packet to send is alive at a time in what is analysed with this. */
static struct mn_pkt sent;

void *mn_pool_get_raw(struct mn_pool *pool)
{
    MN_ASSERT(pool->object_size == sizeof sent);
    return any_bool() ? &sent : NULL;
}

void mn_pool_put(struct mn_pool *pool, void *object) {}

/* ---- timers, random numbers, log ---- */

void mn_timer_arm(struct mn_wheel *wheel, struct mn_timer *timer, mnet_time at)
{
    timer->at = at;
}

void mn_timer_disarm(struct mn_wheel *wheel, struct mn_timer *timer)
{
    timer->at = MNET_NEVER;
}

uint32_t mn_env_random32(struct mn_env *env)
{
    return Frama_C_unsigned_int_interval(0, UINT32_MAX);
}

uint32_t mn_env_below(struct mn_env *env, uint32_t bound)
{
    MN_ASSERT(bound > 0);
    return Frama_C_unsigned_int_interval(0, bound - 1);
}

void mn_env_count_drop(struct mn_env *env, enum mnet_drop reason)
{
    MN_ASSERT((unsigned)reason < MNET_DROP_COUNT);
    env->drops[reason]++;
}

bool mnet_log_shows(const struct mnet_log *log, const char *source, enum mnet_log_level level)
{
    return 0;
}
