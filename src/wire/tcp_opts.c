/* SPDX-License-Identifier: ISC
 *
 * Reading: one step takes one option from the reader, the loop around it is trivial and bounded by
 * the 40 bytes there can be. Nearly every segment has timestamps alone, in the layout of RFC 7323
 * appendix A: it is recognised first.
 *
 * Writing, always in multiples of four bytes, so that nothing needs an END:
 *
 *      MSS                            | 2 4 mss mss                          SYN only
 *      SACK permitted and timestamps  | 4 2 8 10  val  ecr                   SYN only
 *      SACK permitted alone           | 1 1 4 2                              SYN only
 *      timestamps alone               | 1 1 8 10  val  ecr
 *      window scale                   | 1 3 3 shift                          SYN only
 *      SACK                           | 1 1 5 len  start end ...             never in a SYN */
#include <wire/tcp_opts.h>

#define KIND_END 0u
#define KIND_NOP 1u
#define KIND_MSS 2u
#define KIND_WSCALE 3u
#define KIND_SACK_PERMITTED 4u
#define KIND_SACK 5u
#define KIND_TS 8u

/* Lengths with kind and length bytes. */
#define LEN_FIXED 2
#define LEN_MSS 4
#define LEN_WSCALE 3
#define LEN_SACK_PERMITTED 2
#define LEN_SACK_BLOCK 8
#define LEN_TS 10

/* NOP, NOP, kind and length of timestamps: the first word of the common layout. */
#define TS_WORD 0x0101080au

static void read_ts(struct mn_rd *data, struct mn_tcp_opts *out)
{
    out->has_ts = true;
    out->ts_val = mn_rd_be32(data);
    out->ts_ecr = mn_rd_be32(data);
}

/* RFC 2018 3: pairs of edges. A second SACK option in a segment goes on where the first ended. */
static void read_sacks(struct mn_rd *data, struct mn_tcp_opts *out)
{
    for (unsigned i = out->sack_count; i < MN_TCP_SACKS_MAX; i++) {
        if (mn_rd_left(data) < LEN_SACK_BLOCK)
            break;
        out->sack[i].start = mn_seq(mn_rd_be32(data));
        out->sack[i].end = mn_seq(mn_rd_be32(data));
        out->sack_count = (uint8_t)(i + 1);
    }
}

/* One option with its `len` bytes in all, of which `data` are those behind kind and length. */
static void read_data(uint8_t kind, int32_t len, struct mn_rd data, struct mn_tcp_opts *out)
{
    if (kind == KIND_MSS && len == LEN_MSS) {
        out->has_mss = true;
        out->mss = mn_rd_be16(&data);
    } else if (kind == KIND_WSCALE && len == LEN_WSCALE) {
        /* RFC 7323 2.3: a shift above 14 is used as 14. */
        uint8_t shift = mn_rd_u8(&data);
        out->has_wscale = true;
        out->wscale = shift > MN_TCP_WSCALE_MAX ? MN_TCP_WSCALE_MAX : shift;
    } else if (kind == KIND_SACK_PERMITTED && len == LEN_SACK_PERMITTED) {
        out->has_sack_permitted = true;
    } else if (kind == KIND_SACK && (len - LEN_FIXED) % LEN_SACK_BLOCK == 0) {
        read_sacks(&data, out);
    } else if (kind == KIND_TS && len == LEN_TS) {
        read_ts(&data, out);
    }
    /* RFC 9293 3.1 MUST-6: anything else is ignored; all but END and NOP have a length (MUST-68).
     */
}

enum step { STEP_ON, STEP_LAST, STEP_BAD };

static enum step one_step(struct mn_rd *options, struct mn_tcp_opts *out)
{
    if (mn_rd_left(options) <= 0)
        return STEP_LAST;
    uint8_t kind = mn_rd_u8(options);
    if (kind == KIND_END)
        return STEP_LAST;
    if (kind == KIND_NOP)
        return STEP_ON;
    uint8_t len = mn_rd_u8(options);
    if (len < LEN_FIXED)
        return STEP_BAD;
    struct mn_rd data = mn_rd_sub(options, len - LEN_FIXED);
    if (!mn_rd_ok(&data))
        return STEP_BAD;
    read_data(kind, len, data, out);
    return STEP_ON;
}

/* Whether the options are timestamps in the common layout; then they are read. */
static bool read_only_ts(struct mn_rd options, struct mn_tcp_opts *out)
{
    if (mn_rd_left(&options) != MN_TCP_TS_LEN || mn_rd_be32(&options) != TS_WORD)
        return false;
    read_ts(&options, out);
    return true;
}

bool mn_tcp_opts_read(struct mn_rd options, struct mn_tcp_opts *out)
{
    *out = (struct mn_tcp_opts){0};
    if (read_only_ts(options, out))
        return true;
    /* RFC 9293 3.1 MUST-7: an illegal length must not hurt; it ends the reading. */
    enum step step = STEP_ON;
    for (int i = 0; i <= MN_TCP_OPTIONS_LEN_MAX && step == STEP_ON; i++)
        step = one_step(&options, out);
    return step != STEP_BAD;
}

/* Bytes of everything but SACK blocks. */
static int32_t len_without_sacks(const struct mn_tcp_opts *o)
{
    int32_t len = o->has_mss ? LEN_MSS : 0;
    if (o->has_ts)
        len += MN_TCP_TS_LEN; /* SACK permitted takes the place of its two NOPs */
    else if (o->has_sack_permitted)
        len += 4;
    return len + (o->has_wscale ? 4 : 0);
}

unsigned mn_tcp_opts_sack_room(const struct mn_tcp_opts *o)
{
    int32_t room = (MN_TCP_OPTIONS_LEN_MAX - len_without_sacks(o) - 4) / LEN_SACK_BLOCK;
    return room > MN_TCP_SACKS_MAX ? MN_TCP_SACKS_MAX : (unsigned)room;
}

/* Blocks that are written. */
static unsigned sacks_written(const struct mn_tcp_opts *o)
{
    unsigned room = mn_tcp_opts_sack_room(o);
    return o->sack_count < room ? o->sack_count : room;
}

int32_t mn_tcp_opts_len(const struct mn_tcp_opts *o)
{
    int32_t sacks = (int32_t)sacks_written(o);
    return len_without_sacks(o) + (sacks > 0 ? 4 + sacks * LEN_SACK_BLOCK : 0);
}

static void write_head(struct mn_wr *w, uint8_t first, uint8_t second, uint8_t kind, int32_t len)
{
    mn_wr_u8(w, first);
    mn_wr_u8(w, second);
    mn_wr_u8(w, kind);
    mn_wr_u8(w, (uint8_t)len);
}

void mn_tcp_opts_write(struct mn_wr *w, const struct mn_tcp_opts *o)
{
    if (o->has_mss) {
        mn_wr_u8(w, KIND_MSS);
        mn_wr_u8(w, LEN_MSS);
        mn_wr_be16(w, o->mss);
    }
    if (o->has_ts) {
        if (o->has_sack_permitted)
            write_head(w, KIND_SACK_PERMITTED, LEN_SACK_PERMITTED, KIND_TS, LEN_TS);
        else
            mn_wr_be32(w, TS_WORD);
        mn_wr_be32(w, o->ts_val);
        mn_wr_be32(w, o->ts_ecr);
    } else if (o->has_sack_permitted) {
        write_head(w, KIND_NOP, KIND_NOP, KIND_SACK_PERMITTED, LEN_SACK_PERMITTED);
    }
    if (o->has_wscale)
        write_head(w, KIND_NOP, KIND_WSCALE, LEN_WSCALE, o->wscale);
    unsigned sacks = sacks_written(o);
    if (sacks > 0)
        write_head(w, KIND_NOP, KIND_NOP, KIND_SACK, LEN_FIXED + (int32_t)sacks * LEN_SACK_BLOCK);
    for (unsigned i = 0; i < sacks && i < MN_TCP_SACKS_MAX; i++) {
        mn_wr_be32(w, o->sack[i].start.v);
        mn_wr_be32(w, o->sack[i].end.v);
    }
}
