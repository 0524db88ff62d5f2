/* SPDX-License-Identifier: ISC
 *
 * ports/solo5/entropy.c - the processor's generator, as Solo5 has no entropy of its own to give.
 *
 * RDSEED gives the conditioned source, RDRAND a generator that is seeded from it; the first that
 * the processor says it has is used. Either may be busy for a moment. RDSEED is so whenever others
 * draw from it faster than it fills up, and then RDRAND steps in; Intel's guide promises that
 * RDRAND works within ten tries unless it is broken. Where there is neither, nothing is given, and
 * the generator starts with timing jitter and a warning (src/run/feed.c); it also finds out if what
 * is given is always the same. */
#include <cpuid.h>
#include <mnet/port.h>
#include <string.h>

#define TRIES 10

/* What the processor has; found out once. */
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

size_t mnet_port_entropy(void *out, size_t len)
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

uint64_t mnet_port_cycles(void)
{
    return __builtin_ia32_rdtsc();
}
