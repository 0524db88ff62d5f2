/* SPDX-License-Identifier: ISC
 *
 * ports/sim/entropy.c - "entropy" from the seed, and a cycle counter with jitter from the seed. */
#include "sim_world.h"
#include <mnet/port.h>

size_t mnet_port_entropy(void *out, size_t len)
{
    struct sim *sim = sim_current();
    sim->rng.rng.fill(&sim->rng.rng, out, len);
    return len;
}

uint64_t mnet_port_cycles(void)
{
    struct sim *sim = sim_current();
    sim->cycles += 20 + sim_below(&sim->rng, 64);
    return sim->cycles;
}
