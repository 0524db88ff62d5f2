/* SPDX-License-Identifier: ISC
 *
 * The cursor: every call, with any length, on every reader and writer there is over up to 8 bytes:
 * each offset and each end is a case of its own. What a call does depends on offset, end and length
 * only by comparing them, and its fixed sizes are at most 6, so a longer frame brings nothing new.
 *
 * sources:
 * reach: 99 */
#include "proof.h"

#define BYTES 8

/* Every length there is: those that fit each one by one, for copies need it so, and all others. */
static int32_t any_len(void)
{
    int32_t few = Frama_C_interval(0, BYTES);
    //@ split few;
    int32_t any = Frama_C_interval(INT32_MIN, INT32_MAX);
    return any_bool() ? few : (any < 0 || any > BYTES) ? any : 0;
}

/* Copies out; a caller has room for what it asks for. */
static void read_bytes(struct mn_rd *r, int32_t len)
{
    uint8_t out[BYTES];
    if (len <= BYTES)
        mn_rd_bytes(r, out, len);
}

static void write_bytes(struct mn_wr *w, int32_t len)
{
    uint8_t from[BYTES] = {0};
    if (len <= BYTES || len > MN_WR_MAX)
        mn_wr_bytes(w, from, len);
}

static void reader(int32_t off, int32_t end)
{
    const uint8_t *base = frame + FRAME_MAX - end;
    struct mn_rd r = {base, off, end, any_bool()}, sub;
    int32_t before = mn_rd_left(&r);
    switch (Frama_C_interval(0, 5)) {
    case 0:
        mn_rd_u8(&r);
        break;
    case 1:
        mn_rd_be16(&r);
        break;
    case 2:
        mn_rd_be32(&r);
        break;
    case 3:
        read_bytes(&r, any_len());
        break;
    case 4:
        mn_rd_skip(&r, any_len());
        break;
    default:
        sub = mn_rd_sub(&r, any_len());
        //@ assert sub: sub.base == base && 0 <= sub.off && sub.end <= end;
        break;
    }
    //@ assert moves_on: r.base == base && off <= r.off <= r.end && r.end == end;
    int32_t left = mn_rd_left(&r);
    //@ assert left: 0 <= left <= before;
}

static void writer(int32_t off, int32_t end)
{
    uint8_t *base = frame + FRAME_MAX - end;
    struct mn_wr w = {base, off, end, any_bool()}, sub;
    int32_t before = mn_wr_left(&w);
    switch (Frama_C_interval(0, 5)) {
    case 0:
        mn_wr_u8(&w, 1);
        break;
    case 1:
        mn_wr_be16(&w, 1);
        break;
    case 2:
        mn_wr_be32(&w, 1);
        break;
    case 3:
        write_bytes(&w, any_len());
        break;
    case 4:
        mn_wr_zeros(&w, any_len());
        break;
    default:
        sub = mn_wr_sub(&w, any_len());
        //@ assert sub: sub.base == base && 0 <= sub.off && sub.end <= end;
        break;
    }
    //@ assert moves_on: w.base == base && off <= w.off <= w.end && w.end == end;
    int32_t left = mn_wr_left(&w);
    //@ assert left: 0 <= left <= before;
}

int main(void)
{
    struct mn_rd r = mn_rd_over(frame, Frama_C_size_t_interval(0, SIZE_MAX));
    //@ assert over: 0 <= r.end <= MN_RD_MAX && r.off == 0;
    struct mn_wr w = mn_wr_over(frame, Frama_C_size_t_interval(0, SIZE_MAX));
    //@ assert over: 0 <= w.end <= MN_WR_MAX && w.off == 0;
    make_any(frame, sizeof frame);
    //@ loop unroll 9;
    for (int32_t end = 0; end <= BYTES; end++) {
        //@ loop unroll 9;
        for (int32_t off = 0; off <= end; off++) {
            reader(off, end);
            writer(off, end);
        }
    }
    return 0;
}
