/* SPDX-License-Identifier: ISC
 *
 * What the tests of TCP's pure parts share: a small budget that must be whole again after each
 * test, and numbers that a seed repeats. */
#ifndef PURE_TEST_H
#define PURE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <base/pkt.h>
#include <base/seq.h>

#define REGION_LEN (600u * MN_PAGE_SIZE)

static uint8_t *region;
static struct mn_env env;
static struct mnet_rng_seeded rng;

static inline int start(void **state)
{
    (void)state;
    region = malloc(REGION_LEN);
    memset(&env, 0, sizeof env);
    if (!region || !mn_mem_init(&env.mem, region, REGION_LEN))
        return -1;
    mn_pool_init(&env.pkts, &env.mem, "packets", sizeof(struct mn_pkt), UINT32_MAX);
    mn_wheel_init(&env.wheel, 0);
    mnet_rng_seeded_init(&rng, 42);
    env.rng = &rng.rng;
    env.name = "test";
    env.rng->fill(env.rng, &env.hash_key, sizeof env.hash_key);
    return 0;
}

/* Every test gives back all that it took. */
static inline int stop(void **state)
{
    (void)state;
    bool is_clean = mn_mem_ok(&env.mem) && env.mem.pages_used == 0;
    free(region);
    return is_clean ? 0 : -1;
}

static inline uint32_t below(uint32_t bound)
{
    return mn_env_below(&env, bound);
}

/* The byte that the stream of a test has at a sequence number or offset. */
static inline uint8_t stream_byte(uint32_t at)
{
    uint32_t x = at * UINT32_C(2654435761);
    return (uint8_t)(x >> 24 ^ x >> 11);
}

static inline void stream_fill(uint8_t *out, uint32_t at, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++)
        out[i] = stream_byte(at + i);
}

#endif
