/* SPDX-License-Identifier: ISC
 *
 * ports/bare/random.c - the processor's generator.
 *
 * RDSEED gives the conditioned source, RDRAND a generator that is seeded from it; the first that
 * the processor says it has is used. Either may be busy for a moment. RDSEED is so whenever others
 * draw from it faster than it fills up, and then RDRAND steps in, which Intel's guide promises to
 * work within ten tries unless it is broken. */
#include "bare.h"
#include <cpuid.h>
#include <string.h>

#define TRIES 10

/* What the processor has; found out once, because asking is a trap under a hypervisor. */
static struct {
    bool is_known;
    bool has_rdseed;
    bool has_rdrand;
} cpu;

static void ask_cpu(void)
{
    unsigned a, b, c, d;
    cpu.has_rdrand = __get_cpuid(1, &a, &b, &c, &d) && (c & bit_RDRND);
    cpu.has_rdseed = __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_RDSEED);
    cpu.is_known = true;
}

static bool rdseed(uint64_t *out)
{
    bool is_good;
    __asm__ volatile("rdseed %0" : "=r"(*out), "=@ccc"(is_good));
    return is_good;
}

static bool rdrand(uint64_t *out)
{
    bool is_good;
    __asm__ volatile("rdrand %0" : "=r"(*out), "=@ccc"(is_good));
    return is_good;
}

static bool draw(uint64_t *out)
{
    for (unsigned i = 0; i < TRIES; i++) {
        if ((cpu.has_rdseed && rdseed(out)) || (cpu.has_rdrand && rdrand(out)))
            return true;
    }
    return false;
}

size_t bare_random(void *out, size_t len)
{
    size_t given = 0;
    uint64_t word;
    if (!cpu.is_known)
        ask_cpu();
    while (given < len && draw(&word)) {
        size_t part = len - given < sizeof word ? len - given : sizeof word;
        memcpy((uint8_t *)out + given, &word, part);
        given += part;
    }
    return given;
}
