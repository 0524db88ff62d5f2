/* SPDX-License-Identifier: ISC
 *
 * TCP as far as the validated segment: a packet of any bytes through mn_tcp_seg_parse, and what the
 * rest of tcp/ may rely on then. Each length that headers can have is a case of its own, each
 * header length apart; path_tcp_seg_long has the others. What connections do with the numbers is
 * not part of this proof.
 *
 * when: all
 * include: model
 * options: -eva-slevel-function main:0
 * sources: src/tcp/tcp_seg.c src/wire/tcp_hdr.c src/wire/tcp_opts.c src/base/pkt.c
 * reach: 50 */
#include "path.h"
#include <tcp/tcp_conn.h>

#ifndef FIRST
#define FIRST 0
#define LAST 64 /* more than 60 bytes of header */
#endif

static struct mn_ip_rx rx;

/*@ requires initialized: \initialized(src) && \initialized(dst);
    assigns \result \from *src, *dst, proto, len; */
mn_sum mn_ip_pseudo_sum(const struct mnet_addr *src, const struct mnet_addr *dst, uint8_t proto,
                        uint32_t len);

/*@ requires counted: 0 <= reason < MNET_DROP_COUNT;
    assigns \nothing; */
void mn_env_count_drop(struct mn_env *e, enum mnet_drop reason);

static void segment_in(uint32_t min, uint32_t max, uint8_t offset_min, uint8_t offset_max)
{
    struct mn_tcp_seg seg;
    any_packet(min, max);
    if (min > 12)
        pkt.frame.seg[0].at[12] = offset_min < offset_max
                                      ? (uint8_t)Frama_C_interval(offset_min, offset_max)
                                      : offset_min;
    mn_verdict verdict = mn_tcp_seg_parse(&env, &pkt, &rx, &seg);
    if (verdict == MN_DONE) {
        //@ assert segment: seg.pkt == &pkt;
        //@ assert segment_2: seg.rx == &rx;
        //@ assert segment_3: seg.count >= 1;
        //@ assert segment_4: seg.src_port != 0;
        //@ assert options: seg.opts.sack_count <= 4 && seg.opts.wscale <= 14;
#ifndef AS_ONE
        //@ assert length: seg.len <= max - 20 && pkt.frame.len == seg.len;
#endif
        //@ assert text: \valid_read(pkt.frame.seg[0].at);
    } else {
        //@ assert verdict: verdict < 0;
    }
}

int main(void)
{
    any_env();
    make_any(&rx, sizeof rx);
    rx.is_group = any_bool();
#ifdef AS_ONE
    segment_in(FIRST, LAST, 0, 0xff);
#else
    //@ loop unroll 1601;
    for (uint32_t len = FIRST; len <= LAST; len++) {
        //@ loop unroll 16;
        for (int offset = 0; offset <= 15; offset++)
            segment_in(len, len, (uint8_t)(offset << 4), (uint8_t)(offset << 4 | 15));
    }
#endif
    return 0;
}
