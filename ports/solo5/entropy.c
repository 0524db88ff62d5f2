/* SPDX-License-Identifier: ISC
 *
 * ports/solo5/entropy.c - the processor's generator, as Solo5 has no entropy of its own to give.
 * Where there is none, nothing is given, and the generator starts with timing jitter and a warning
 * (src/run/feed.c); it also finds out if what is given is always the same. */
#include "../bare/bare.h"
#include <mnet/port.h>

size_t mnet_port_entropy(void *out, size_t len)
{
    return bare_random(out, len);
}

uint64_t mnet_port_cycles(void)
{
    return __builtin_ia32_rdtsc();
}
