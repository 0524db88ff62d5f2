/* SPDX-License-Identifier: ISC
 *
 * base/rd.h - the reader: the only way in which bytes of a packet become numbers.
 *
 * `base` never moves; `off` goes from 0 to `end`. A read past the end gives zeros and latches
 * `bad`; whoever parses checks `mn_rd_ok` once, before the first decision on what was read. The
 * shape (fixed base, signed offsets, one comparison per take) is what the proofs of tests/proof can
 * follow. */
#ifndef MN_RD_H
#define MN_RD_H

#include <base/inline.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct mn_rd {
    const uint8_t *base; /* first byte; never moves */
    int32_t off;         /* next byte to read; 0 <= off <= end */
    int32_t end;         /* bytes that may be read */
    bool bad;            /* a read went past the end */
};

#define MN_RD_MAX 131072 /* no reader covers more bytes than this */

/* A reader over `len` bytes at `base`; a longer one than MN_RD_MAX is cut to nothing and bad. */
MN_INLINE struct mn_rd mn_rd_over(const uint8_t *base, size_t len)
{
    struct mn_rd r = {base, 0, 0, false};
    if (len > MN_RD_MAX)
        r.bad = true;
    else
        r.end = (int32_t)len;
    return r;
}

MN_INLINE bool mn_rd_ok(const struct mn_rd *r)
{
    return !r->bad;
}

/* Bytes not read yet. */
MN_INLINE int32_t mn_rd_left(const struct mn_rd *r)
{
    return r->end - r->off;
}

MN_INLINE uint8_t mn_rd_u8(struct mn_rd *r)
{
    if (r->bad || r->off > r->end - 1) {
        r->bad = true;
        return 0;
    }
    uint8_t value = r->base[r->off];
    r->off += 1;
    return value;
}

MN_INLINE uint16_t mn_rd_be16(struct mn_rd *r)
{
    if (r->bad || r->off > r->end - 2) {
        r->bad = true;
        return 0;
    }
    const uint8_t *at = r->base + r->off;
    r->off += 2;
    return (uint16_t)(((unsigned)at[0] << 8) | at[1]);
}

MN_INLINE uint32_t mn_rd_be32(struct mn_rd *r)
{
    if (r->bad || r->off > r->end - 4) {
        r->bad = true;
        return 0;
    }
    const uint8_t *at = r->base + r->off;
    r->off += 4;
    return ((uint32_t)at[0] << 24) | ((uint32_t)at[1] << 16) | ((uint32_t)at[2] << 8) | at[3];
}

/* Copies `len` bytes out; zeros when there are not as many. */
static inline void mn_rd_bytes(struct mn_rd *r, uint8_t *out, int32_t len)
{
    bool short_of = r->bad || len < 0 || len > MN_RD_MAX || r->off > r->end - len;
    if (short_of) {
        r->bad = true;
        if (len > 0)
            memset(out, 0, (size_t)len);
        return;
    }
    if (len > 0)
        memcpy(out, r->base + r->off, (size_t)len);
    r->off += len;
}

/* Passes over `len` bytes. */
MN_INLINE void mn_rd_skip(struct mn_rd *r, int32_t len)
{
    if (r->bad || len < 0 || len > MN_RD_MAX || r->off > r->end - len) {
        r->bad = true;
        return;
    }
    r->off += len;
}

/* Takes the next `len` bytes as a reader of their own; empty and bad when there are not as many. It
 * has the same base: offsets in it count from there. */
MN_INLINE struct mn_rd mn_rd_sub(struct mn_rd *r, int32_t len)
{
    struct mn_rd sub = {r->base, 0, 0, true};
    if (r->bad || len < 0 || len > MN_RD_MAX) {
        r->bad = true;
        return sub;
    }
    int32_t end = r->off + len;
    if (end > r->end) {
        r->bad = true;
        return sub;
    }
    sub.off = r->off;
    sub.end = end;
    sub.bad = false;
    r->off = end;
    return sub;
}

#endif
