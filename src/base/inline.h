/* SPDX-License-Identifier: ISC
 *
 * base/inline.h - for functions of a few instructions that stand in a header.
 *
 * They are called for each field of each packet. A compiler that is told to make small code (images
 * are) would make calls of them, which cost more than what they do, and saves nothing. */
#ifndef MN_INLINE_H
#define MN_INLINE_H

#define MN_INLINE static inline __attribute__((always_inline))

#endif
