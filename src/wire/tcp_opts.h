/* SPDX-License-Identifier: ISC
 *
 * wire/tcp_opts.h - TCP options: RFC 9293 3.1, RFC 7323, RFC 2018.
 *
 * One struct for both ways: what a segment's options say, or shall say. Zeroed, it means none. */
#ifndef MN_TCP_OPTS_H
#define MN_TCP_OPTS_H

#include <base/rd.h>
#include <base/seq.h>
#include <base/wr.h>
#include <wire/tcp_hdr.h>

#define MN_TCP_SACKS_MAX 4   /* RFC 2018 3: as many blocks as 40 bytes hold */
#define MN_TCP_WSCALE_MAX 14 /* RFC 7323 2.3 */
#define MN_TCP_TS_LEN 12     /* the timestamps option with its two NOPs: RFC 7323 appendix A */

/* Received bytes [start, end): the left and right edge of RFC 2018. */
struct mn_tcp_sack {
    struct mn_seq start; /* first byte */
    struct mn_seq end;   /* byte after the last */
};

struct mn_tcp_opts {
    bool has_mss;            /* SYN only */
    bool has_wscale;         /* SYN only */
    bool has_sack_permitted; /* SYN only */
    bool has_ts;
    uint16_t mss;       /* bytes, as in the packet: may be anything */
    uint8_t wscale;     /* 0 .. 14 */
    uint8_t sack_count; /* 0 .. 4 */
    uint32_t ts_val;    /* TSval */
    uint32_t ts_ecr;    /* TSecr; meaningful with MN_TCP_ACK */
    struct mn_tcp_sack
        sack[MN_TCP_SACKS_MAX]; /* the first one is the newest; not validated against any window */
};

/* Reads all options; unknown ones, and known ones with another length than theirs, are passed over.
 * False: a length is below 2 or leads past the end; what came before it stands (RFC 9293 3.1
 * MUST-7). */
bool mn_tcp_opts_read(struct mn_rd options, struct mn_tcp_opts *out);

/* SACK blocks that a segment has room for beside the other options of `o`: at most 4, or 3 with
 * timestamps. */
unsigned mn_tcp_opts_sack_room(const struct mn_tcp_opts *o);
/* Bytes that mn_tcp_opts_write will write: a multiple of 4, at most 40. Blocks beyond the room are
 * left out. */
int32_t mn_tcp_opts_len(const struct mn_tcp_opts *o);
void mn_tcp_opts_write(struct mn_wr *w, const struct mn_tcp_opts *o);

#endif
