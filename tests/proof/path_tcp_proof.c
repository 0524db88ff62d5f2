/* SPDX-License-Identifier: ISC
 *
 * TCP: a segment of any bytes through mn_tcp_seg_parse, as mn_ip4_in hands it on. It reads all bytes of a segment that
 * TCP ever reads by number; the text behind them is only counted, cut and passed on. Lengths up to what a header takes
 * are cases of their own, all longer ones are one case; so are the header lengths.
 *
 * include: model
 * options: -eva-split-return auto -eva-no-interprocedural-splits -eva-slevel 0
 * options: -eva-split-return-function mn_tcp_seg_parse:0
 * options: -eva-slevel-function mn_tcp_seg_parse:50,segment:50,mn_tcp_hdr_read:50
 * sources: src/tcp/tcp_seg.c src/wire/tcp_hdr.c src/base/pkt.c src/base/addr.c src/base/env.c
 * reach: 85 */
#include "path.h"
#include <tcp/tcp_conn.h>

#define LONGEST 64 /* more than the longest header */
#define DATA_OFFSET 12 /* of the header: its upper half says how long the header is */

/*@ requires told: \initialized(src) && \initialized(dst);
    assigns \result \from *src, *dst, proto, len; */
mn_sum mn_ip_pseudo_sum(const struct mnet_addr *src, const struct mnet_addr *dst, uint8_t proto, uint32_t len);

/* Harness `wire_in` has it read any bytes. */
bool mn_tcp_opts_read(struct mn_rd options, struct mn_tcp_opts *out)
{
    //@ assert reader: 0 <= options.off <= options.end && \valid_read(options.base + (0 .. options.end - 1));
    make_any(out, sizeof *out);
    out->sack_count = (uint8_t)Frama_C_interval(0, 4);
    out->wscale = (uint8_t)Frama_C_interval(0, 14);
    return any_bool();
}

/* What all of tcp/ relies on. */
static void check(const struct mn_tcp_seg *s)
{
    const struct mnet_seg *text = &s->pkt->frame.seg[0];
    //@ assert told: \initialized(&s->seq) && \initialized(&s->ack) && \initialized(&s->wnd) && \initialized(&s->flags);
    //@ assert opts: \initialized(&s->opts.ts_val) && s->opts.sack_count <= 4 && s->opts.wscale <= 14;
    //@ assert length: s->len <= FRAME_MAX && s->count >= 1;
    //@ assert one_range: s->pkt == &pkt && pkt.frame.seg_count == 1 && text->len <= FRAME_MAX;
    //@ assert text: text->len == 0 || \valid_read(text->at + (0 .. text->len - 1));
}

static void segment(uint32_t min, uint32_t max, uint8_t offset_min, uint8_t offset_max)
{
    struct mn_ip_rx rx;
    struct mn_tcp_seg seg;
    any_env();
    make_any(&rx, sizeof rx);
    rx.is_group = any_bool();
    any_packet(min, max);
    pkt.l3_len = (uint16_t)Frama_C_interval(20, 60);
    if (min > DATA_OFFSET)
        pkt.frame.seg[0].at[DATA_OFFSET] = (uint8_t)Frama_C_interval(offset_min, offset_max);
    if (mn_tcp_seg_parse(&env, &pkt, &rx, &seg) == MN_DONE)
        check(&seg);
}

static void of_length(uint32_t min, uint32_t max)
{
    segment(min, max, 0, 0x4f);
    //@ loop unroll 11;
    for (unsigned words = 5; words <= 15; words++)
        segment(min, max, (uint8_t)(words << 4), (uint8_t)(words << 4 | 0xf));
}

int main(void)
{
    //@ loop unroll 20;
    for (uint32_t len = 0; len < 20; len++)
        segment(len, len, 0, 0xff);
    //@ loop unroll 45;
    for (uint32_t len = 20; len <= LONGEST; len++)
        of_length(len, len);
    of_length(LONGEST + 1, FRAME_MAX - 20);
    return 0;
}
