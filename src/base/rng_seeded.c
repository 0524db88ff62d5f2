/* SPDX-License-Identifier: ISC
 *
 * The generator of tests and simulations: xoshiro256**, its state filled from the seed by
 * splitmix64 (both by Blackman and Vigna, in the public domain). Each call starts with a fresh
 * number; bytes are taken from the low end, so that every machine gives the same. */
#include <mnet/rng.h>

static uint64_t rotate(uint64_t value, unsigned by)
{
    return (value << by) | (value >> (64 - by));
}

static uint64_t next(uint64_t s[4])
{
    uint64_t result = rotate(s[1] * 5, 7) * 9;
    uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate(s[3], 45);
    return result;
}

static void fill(struct mnet_rng *rng, void *out, size_t len)
{
    /* `rng` is the first member. */
    struct mnet_rng_seeded *seeded = (struct mnet_rng_seeded *)(void *)rng;
    uint8_t *bytes = out;
    uint64_t number = 0;
    for (size_t i = 0; i < len; i++) {
        if (i % 8 == 0)
            number = next(seeded->state);
        bytes[i] = (uint8_t)number;
        number >>= 8;
    }
}

void mnet_rng_seeded_init(struct mnet_rng_seeded *seeded, uint64_t seed)
{
    seeded->rng.fill = fill;
    for (unsigned i = 0; i < 4; i++) {
        seed += UINT64_C(0x9e3779b97f4a7c15);
        uint64_t z = seed;
        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        seeded->state[i] = z ^ (z >> 31);
    }
}
