/* SPDX-License-Identifier: ISC
 *
 * base/poison.h - tells AddressSanitizer which memory of the budget is free, so that a use after it
 * was given back is found although it never left the region. Nothing in ordinary builds. */
#ifndef MN_POISON_H
#define MN_POISON_H

#include <stddef.h>

#ifdef __has_feature
#define MN_HAS_FEATURE(feature) __has_feature(feature)
#else
#define MN_HAS_FEATURE(feature) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || MN_HAS_FEATURE(address_sanitizer)

/* For the one function that follows a chain through free memory. */
#define MN_MAY_READ_POISON __attribute__((no_sanitize_address))

void __asan_poison_memory_region(void const volatile *at, size_t len);
void __asan_unpoison_memory_region(void const volatile *at, size_t len);

static inline void mn_poison(const void *at, size_t len)
{
    __asan_poison_memory_region(at, len);
}
static inline void mn_unpoison(const void *at, size_t len)
{
    __asan_unpoison_memory_region(at, len);
}

#else

#define MN_MAY_READ_POISON

static inline void mn_poison(const void *at, size_t len)
{
    (void)at;
    (void)len;
}

static inline void mn_unpoison(const void *at, size_t len)
{
    (void)at;
    (void)len;
}

#endif
#endif
