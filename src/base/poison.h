/* SPDX-License-Identifier: ISC
 *
 * base/poison.h - tells AddressSanitizer which memory of the budget is free, so that a use after it
 * was given back is found although it never left the region.
 *
 * Its runtime is called if the program has it: the symbols are weak, and NULL in ordinary builds.
 */
#ifndef MN_POISON_H
#define MN_POISON_H

#include <stddef.h>

void __asan_poison_memory_region(void const volatile *at, size_t len) __attribute__((weak));
void __asan_unpoison_memory_region(void const volatile *at, size_t len) __attribute__((weak));

/* For the one function that follows a chain through free memory. */
#define MN_MAY_READ_POISON __attribute__((no_sanitize_address))

static inline void mn_poison(const void *at, size_t len)
{
    if (__asan_poison_memory_region)
        __asan_poison_memory_region(at, len);
}

static inline void mn_unpoison(const void *at, size_t len)
{
    if (__asan_unpoison_memory_region)
        __asan_unpoison_memory_region(at, len);
}

#endif
