/* SPDX-License-Identifier: ISC
 *
 * mnet/rng.h - where a stack gets its unpredictable numbers: sequence numbers, ports, hash keys.
 *
 * A generator is injected, so a test can give a seeded one. Programs use the Fortuna generator that
 * mnet_run provides (mnet/run.h, MNET_RNG). */
#ifndef MNET_RNG_H
#define MNET_RNG_H

#include <stddef.h>
#include <stdint.h>

struct mnet_rng {
    /* Fills `len` bytes; cannot fail. */
    void (*fill)(struct mnet_rng *rng, void *out, size_t len);
};

/* A small deterministic generator for tests and simulations. NOT for anything exposed to a network:
 * who sees its output can predict it. */
struct mnet_rng_seeded {
    struct mnet_rng rng; /* what to inject; the first member */
    uint64_t state[4];   /* not all zero */
};

/* Sets up `seeded`; the same seed gives the same numbers on every machine. */
void mnet_rng_seeded_init(struct mnet_rng_seeded *seeded, uint64_t seed);

#endif
