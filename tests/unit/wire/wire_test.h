/* SPDX-License-Identifier: ISC
 *
 * What the tests of wire/ share: bytes in a block of exactly their length, so that AddressSanitizer
 * sees one byte too many, and random numbers from a seed. */
#ifndef WIRE_TEST_H
#define WIRE_TEST_H

/* cmocka needs these before itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <base/rd.h>
#include <base/wr.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 20000

/* Splitmix64. */
static inline uint64_t random64(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static inline uint8_t random8(uint64_t *state)
{
    return (uint8_t)(random64(state) >> 32);
}
static inline uint16_t random16(uint64_t *state)
{
    return (uint16_t)(random64(state) >> 32);
}
static inline uint32_t random32(uint64_t *state)
{
    return (uint32_t)(random64(state) >> 32);
}

static inline void random_bytes(uint64_t *state, uint8_t *at, size_t len)
{
    for (size_t i = 0; i < len; i++)
        at[i] = random8(state);
}

/* `len` bytes in a block of their own; free it. A block of 0 bytes has 0 bytes that may be read. */
static inline uint8_t *exact(const uint8_t *from, size_t len)
{
    uint8_t *at = malloc(len);
    assert_true(at != NULL || len == 0);
    if (len > 0)
        memcpy(at, from, len);
    return at;
}

static inline bool is_zero(const void *at, size_t len)
{
    const uint8_t *bytes = at;
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] != 0)
            return false;
    }
    return true;
}

#endif
