/* SPDX-License-Identifier: ISC
 *
 * What the tests of base/ share: cmocka and numbers that are the same on every run. */
#ifndef BASE_TEST_H
#define BASE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

/* splitmix64: one 64-bit state, reset by each test that wants to. */
static uint64_t random_state;

static inline uint64_t random64(void)
{
    uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* In [0, bound); the bias does not matter here. */
static inline uint32_t random_below(uint32_t bound)
{
    return (uint32_t)(random64() >> 32) % bound;
}

static inline void random_bytes(uint8_t *to, size_t len)
{
    for (size_t i = 0; i < len; i++)
        to[i] = (uint8_t)random64();
}

#endif
