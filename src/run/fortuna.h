/* SPDX-License-Identifier: ISC
 *
 * run/fortuna.h - the Fortuna generator of Ferguson, Schneier and Kohno (Cryptography Engineering,
 * chapter 9): a block cipher in counter mode, rekeyed after every request, and 32 pools that
 * collect what the sources give.
 *
 * Pure: it reads no clock and asks no source; feed.c does. */
#ifndef MN_FORTUNA_H
#define MN_FORTUNA_H

#include <bearssl.h>
#include <mnet/rng.h>
#include <mnet/time.h>
#include <stdbool.h>

#define MN_FORTUNA_POOLS 32u
#define MN_FORTUNA_KEY_LEN 32u
/* Who feeds: each source goes through the pools in turns of its own. */
enum mn_fortuna_source { MN_SOURCE_PLATFORM, MN_SOURCE_ROUNDS, MN_SOURCE_COUNT };
/* The longest sample; longer ones would have to be hashed first. */
#define MN_FORTUNA_SAMPLE_MAX 32u
/* Of small requests: fifteen blocks, with the key that follows them seventeen. */
#define MN_FORTUNA_STOCK 240u

struct mn_fortuna {
    struct mnet_rng rng;             /* what others see; first, so that it can be cast back */
    uint8_t key[MN_FORTUNA_KEY_LEN]; /* of the cipher; secret */
    uint8_t counter[16];             /* the next block, big-endian; never goes back */
    uint8_t stock[MN_FORTUNA_STOCK]; /* made but not yet given: the first stock_len bytes; secret */
    size_t stock_len;
    br_sha256_context pool[MN_FORTUNA_POOLS]; /* what came in since the pool was last used */
    uint32_t pool0_len;                       /* bytes in pool 0 since then */
    uint8_t turn[MN_SOURCE_COUNT];            /* the pool that the source feeds next */
    uint64_t reseeds;                         /* how often pools were used */
    mnet_time reseeded_at;                    /* when they last were */
    mnet_time now;                            /* the time, kept up to date by the owner */
    bool is_seeded;                           /* may be asked */
};

/* An empty generator. It must be seeded before it is asked. */
void mn_fortuna_init(struct mn_fortuna *fortuna, mnet_time now);
/* Mixes `data` into the key at once. */
void mn_fortuna_seed(struct mn_fortuna *fortuna, const void *data, size_t len);
/* Adds a sample of 1 .. MN_FORTUNA_SAMPLE_MAX bytes to the next pool of `source`. */
void mn_fortuna_add(struct mn_fortuna *fortuna, enum mn_fortuna_source source, const void *data,
                    size_t len);
/* Fills `len` bytes; uses the pools first if they are due. */
void mn_fortuna_fill(struct mn_fortuna *fortuna, void *out, size_t len);
/* The same, out of the stock if `len` is small. This is what `rng` does. */
void mn_fortuna_draw(struct mn_fortuna *fortuna, void *out, size_t len);
/* Overwrites all secrets. Whoever asks afterwards ends the program. */
void mn_fortuna_kill(struct mn_fortuna *fortuna);

/* Overwrites `len` bytes, also where the compiler sees that nobody reads them again. */
void mn_wipe(void *at, size_t len);

#endif
