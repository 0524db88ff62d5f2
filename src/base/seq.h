/* SPDX-License-Identifier: ISC
 *
 * base/seq.h - TCP sequence numbers: a type of their own, so that `<` does not compile.
 *
 * RFC 9293 3.4: arithmetic is modulo 2^32; `a` is before `b` when the way from a to b is shorter
 * than 2^31. */
#ifndef MN_SEQ_H
#define MN_SEQ_H

#include <base/inline.h>
#include <stdbool.h>
#include <stdint.h>

struct mn_seq {
    uint32_t v;
};

MN_INLINE struct mn_seq mn_seq(uint32_t v)
{
    return (struct mn_seq){v};
}
MN_INLINE struct mn_seq mn_seq_add(struct mn_seq a, uint32_t n)
{
    return (struct mn_seq){a.v + n};
}
MN_INLINE struct mn_seq mn_seq_sub(struct mn_seq a, uint32_t n)
{
    return (struct mn_seq){a.v - n};
}

/* The way from `a` forward to `b`: meaningful when a is not after b. */
MN_INLINE uint32_t mn_seq_diff(struct mn_seq b, struct mn_seq a)
{
    return b.v - a.v;
}

MN_INLINE bool mn_seq_eq(struct mn_seq a, struct mn_seq b)
{
    return a.v == b.v;
}
MN_INLINE bool mn_seq_lt(struct mn_seq a, struct mn_seq b)
{
    return ((a.v - b.v) & 0x80000000u) != 0;
}
MN_INLINE bool mn_seq_le(struct mn_seq a, struct mn_seq b)
{
    return !mn_seq_lt(b, a);
}
MN_INLINE bool mn_seq_gt(struct mn_seq a, struct mn_seq b)
{
    return mn_seq_lt(b, a);
}
MN_INLINE bool mn_seq_ge(struct mn_seq a, struct mn_seq b)
{
    return !mn_seq_lt(a, b);
}
MN_INLINE struct mn_seq mn_seq_max(struct mn_seq a, struct mn_seq b)
{
    return mn_seq_lt(a, b) ? b : a;
}
MN_INLINE struct mn_seq mn_seq_min(struct mn_seq a, struct mn_seq b)
{
    return mn_seq_lt(a, b) ? a : b;
}

/* Whether `x` lies in [start, start + len). */
MN_INLINE bool mn_seq_in(struct mn_seq x, struct mn_seq start, uint32_t len)
{
    return x.v - start.v < len;
}

#endif
