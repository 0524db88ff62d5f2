/* SPDX-License-Identifier: ISC
 *
 * The sources of the generator, and how they are used:
 *
 *     at the start      64 bytes of the platform's, and the jitter of 256 timings of the processor:
 * the first key every second      8 bytes of the platform's for each of the 32 pools, by a
 * background task every round       of the scheduler, the low half of the cycle counter for the
 * next pool: it depends on when frames came
 *
 * A source that is stuck (an emulator without the instruction, a counter that is not enabled) gives
 * the same again and again. So the program does not start unless ten successive samples of each
 * source differ. A platform may have no source of its own; then jitter must do, and a warning says
 * so. */
#include <base/list.h>
#include <mnet/port.h>
#include <run/feed.h>
#include <string.h>

/* One chance in 2^64 for each pair that a good source is refused. */
#define TEST_SAMPLES 10u
#define SAMPLE_LEN 8u
#define SEED_LEN 64u
/* Each timing of a hash has a bit or two that nobody can predict: together more than the key holds.
 */
#define JITTER_SAMPLES 256u
#define FEED_INTERVAL MNET_SEC(1)

/* The cycle counter after some work whose time varies. */
static uint64_t jitter(br_sha256_context *work)
{
    uint8_t digest[br_sha256_SIZE];
    br_sha256_out(work, digest);
    uint64_t cycles = mnet_port_cycles();
    br_sha256_update(work, digest, sizeof digest);
    br_sha256_update(work, &cycles, sizeof cycles);
    return cycles;
}

static bool is_counter_stuck(br_sha256_context *work)
{
    uint64_t last = jitter(work);
    for (unsigned i = 1; i < TEST_SAMPLES; i++) {
        uint64_t next = jitter(work);
        if ((uint32_t)next == (uint32_t)last)
            return true;
        last = next;
    }
    return false;
}

static bool is_platform_stuck(void)
{
    uint8_t last[SAMPLE_LEN], next[SAMPLE_LEN];
    if (mnet_port_entropy(last, sizeof last) < sizeof last)
        return true;
    for (unsigned i = 1; i < TEST_SAMPLES; i++) {
        if (mnet_port_entropy(next, sizeof next) < sizeof next ||
            memcmp(last, next, sizeof last) == 0)
            return true;
        memcpy(last, next, sizeof last);
    }
    return false;
}

const char *mn_feed_seed(struct mn_feed *feed, mnet_time now, struct mnet_log *log)
{
    br_sha256_context work;
    uint8_t seed[SEED_LEN + br_sha256_SIZE] = {0};
    br_sha256_init(&work);
    memset(feed, 0, sizeof *feed);
    mn_fortuna_init(&feed->fortuna, now);
    if (is_counter_stuck(&work))
        return "the cycle counter of the processor stands still: no randomness without it";
    feed->has_platform = mnet_port_entropy(seed, 1) == 1;
    if (feed->has_platform && is_platform_stuck())
        return "the entropy source of the platform gives the same again and again";
    if (!feed->has_platform)
        mnet_log_write(log, now, MNET_LOG_WARNING, "rng", "",
                       "the platform has no entropy source: only timing jitter is left");
    size_t given = feed->has_platform ? mnet_port_entropy(seed, SEED_LEN) : 0;
    for (unsigned i = 0; i < JITTER_SAMPLES; i++)
        jitter(&work);
    br_sha256_out(&work, seed + SEED_LEN);
    mn_fortuna_seed(&feed->fortuna, seed, sizeof seed);
    mnet_log_write(log, now, MNET_LOG_INFO, "rng", "",
                   "Fortuna seeded with %zu bytes of the platform and %u timings", given,
                   JITTER_SAMPLES);
    mn_wipe(seed, sizeof seed);
    mn_wipe(&work, sizeof work);
    return NULL;
}

void mn_feed_round(struct mn_feed *feed, mnet_time now)
{
    uint32_t sample = (uint32_t)mnet_port_cycles();
    feed->fortuna.now = now;
    mn_fortuna_add(&feed->fortuna, MN_SOURCE_ROUNDS, &sample, sizeof sample);
}

void mn_feed_pools(struct mn_feed *feed)
{
    uint8_t samples[MN_FORTUNA_POOLS * SAMPLE_LEN];
    if (!feed->has_platform || mnet_port_entropy(samples, sizeof samples) < sizeof samples)
        return;
    for (unsigned i = 0; i < MN_FORTUNA_POOLS; i++)
        mn_fortuna_add(&feed->fortuna, MN_SOURCE_PLATFORM, samples + (size_t)i * SAMPLE_LEN,
                       SAMPLE_LEN);
    mn_wipe(samples, sizeof samples);
}

static void on_round(struct mnet_hook *hook)
{
    struct mn_feed *feed = MN_CONTAINER(hook, struct mn_feed, hook);
    mn_feed_round(feed, mnet_now());
}

static int feed_task(void *arg)
{
    struct mn_feed *feed = arg;
    while (mnet_sleep(FEED_INTERVAL) == MNET_OK)
        mn_feed_pools(feed);
    return 0;
}

bool mn_feed_start(struct mn_feed *feed)
{
    feed->hook.call = on_round;
    feed->task = mnet_async(feed_task, feed);
    if (!feed->task)
        return false;
    mnet_hook_add(&feed->hook);
    return true;
}

void mn_feed_end(struct mn_feed *feed)
{
    if (feed->task) {
        mnet_hook_remove(&feed->hook);
        mnet_cancel(feed->task);
        feed->task = NULL;
    }
    mn_fortuna_kill(&feed->fortuna);
}
