/* SPDX-License-Identifier: ISC
 *
 * base/wr.h - the writer: the only way in which numbers become bytes of a packet.
 *
 * The mirror of base/rd.h: a write past the end writes nothing and latches `bad`. */
#ifndef MN_WR_H
#define MN_WR_H

#include <base/inline.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct mn_wr {
    uint8_t *base; /* first byte; never moves */
    int32_t off;   /* next byte to write; 0 <= off <= end */
    int32_t end;   /* bytes that may be written */
    bool bad;      /* a write went past the end */
};

#define MN_WR_MAX 131072

MN_INLINE struct mn_wr mn_wr_over(uint8_t *base, size_t len)
{
    struct mn_wr w = {base, 0, 0, false};
    if (len > MN_WR_MAX)
        w.bad = true;
    else
        w.end = (int32_t)len;
    return w;
}

MN_INLINE bool mn_wr_ok(const struct mn_wr *w)
{
    return !w->bad;
}
MN_INLINE int32_t mn_wr_left(const struct mn_wr *w)
{
    return w->end - w->off;
}

MN_INLINE void mn_wr_u8(struct mn_wr *w, uint8_t value)
{
    if (w->bad || w->off > w->end - 1) {
        w->bad = true;
        return;
    }
    w->base[w->off] = value;
    w->off += 1;
}

MN_INLINE void mn_wr_be16(struct mn_wr *w, uint16_t value)
{
    if (w->bad || w->off > w->end - 2) {
        w->bad = true;
        return;
    }
    uint8_t *at = w->base + w->off;
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
    w->off += 2;
}

MN_INLINE void mn_wr_be32(struct mn_wr *w, uint32_t value)
{
    if (w->bad || w->off > w->end - 4) {
        w->bad = true;
        return;
    }
    uint8_t *at = w->base + w->off;
    at[0] = (uint8_t)(value >> 24);
    at[1] = (uint8_t)(value >> 16);
    at[2] = (uint8_t)(value >> 8);
    at[3] = (uint8_t)value;
    w->off += 4;
}

static inline void mn_wr_bytes(struct mn_wr *w, const uint8_t *from, int32_t len)
{
    if (w->bad || len < 0 || len > MN_WR_MAX || w->off > w->end - len) {
        w->bad = true;
        return;
    }
    if (len > 0)
        memcpy(w->base + w->off, from, (size_t)len);
    w->off += len;
}

/* Writes `len` zero bytes. */
static inline void mn_wr_zeros(struct mn_wr *w, int32_t len)
{
    if (w->bad || len < 0 || len > MN_WR_MAX || w->off > w->end - len) {
        w->bad = true;
        return;
    }
    if (len > 0)
        memset(w->base + w->off, 0, (size_t)len);
    w->off += len;
}

/* Takes the next `len` bytes as a writer of their own; empty and bad when there are not as many. It
 * has the same base: offsets in it count from there. */
MN_INLINE struct mn_wr mn_wr_sub(struct mn_wr *w, int32_t len)
{
    struct mn_wr sub = {w->base, 0, 0, true};
    if (w->bad || len < 0 || len > MN_WR_MAX) {
        w->bad = true;
        return sub;
    }
    int32_t end = w->off + len;
    if (end > w->end) {
        w->bad = true;
        return sub;
    }
    sub.off = w->off;
    sub.end = end;
    sub.bad = false;
    w->off = end;
    return sub;
}

#endif
