/* SPDX-License-Identifier: ISC
 *
 * Randomness and the one place where lost packets are counted. */
#include <base/env.h>

uint32_t mn_env_random32(struct mn_env *env)
{
    uint32_t value;
    env->rng->fill(env->rng, &value, sizeof value);
    return value;
}

uint32_t mn_env_below(struct mn_env *env, uint32_t bound)
{
    MN_ASSERT(bound > 0);
    /* The high half of random * bound is uniform once the low halves that 2^32 mod bound of the
     * numbers too many would give are refused. A generator that makes us refuse more than a few in
     * a row is broken: then the last one is as good as any. */
    uint32_t refused = -bound % bound;
    uint64_t product = 0;
    for (unsigned attempt = 0; attempt < 64; attempt++) {
        product = (uint64_t)mn_env_random32(env) * bound;
        if ((uint32_t)product >= refused)
            break;
    }
    return (uint32_t)(product >> 32);
}

void mn_env_count_drop(struct mn_env *env, enum mnet_drop reason)
{
    MN_ASSERT((unsigned)reason < MNET_DROP_COUNT);
    env->drops[reason]++;
    MN_LOG(env, MNET_LOG_DEBUG, "drop", env->name, "%s", mnet_drop_text(reason));
}
