/* SPDX-License-Identifier: ISC
 *
 * mn_tcp_seg_parse, which reads all bytes of a segment that TCP ever reads by number, on any packet
 * that mn_ip4_in hands on; and the quote of one in an ICMP error.
 *
 * define: ASSERT_IS_END
 * sources: tests/proof/stub/env.c src/base/pkt.c src/base/addr.c src/wire/tcp_hdr.c
 * sources: src/wire/tcp_opts.c src/tcp/tcp_seg.c
 * options: -eva-slevel 20 -eva-slevel-function packet:1000,main:1000,mn_tcp_seg_parse:200
 * reach: 85 */
#include "proof.h"
#include "stub/env.h"
#include "stub/rx.h"
#include <tcp/tcp_conn.h>

static struct mn_env env;

/*@ assigns \result \from *src, *dst, proto, len; */
mn_sum mn_ip_pseudo_sum(const struct mnet_addr *src, const struct mnet_addr *dst, uint8_t proto,
                        uint32_t len);

static void packet(int32_t len)
{
    struct mn_pkt pkt;
    struct mn_tcp_seg seg;
    struct mn_ip_rx rx = any_rx(MN_PROTO_TCP);
    env_frame(&pkt, len);
    if (mn_tcp_seg_parse(&env, &pkt, &rx, &seg) == MN_DONE) {
        //@ assert seg: \initialized(&seg.seq) && \initialized(&seg.opts) && seg.len <= FRAME_MAX;
        //@ assert opts: seg.opts.sack_count <= 4 && seg.opts.wscale <= 14 && seg.count >= 1;
    }
}

int main(void)
{
    env_init(&env);
    //@ loop unroll FRAME_EXACT + 2;
    for (int32_t len = 0; len <= FRAME_EXACT + 1; len++)
        packet(len);
    return 0;
}
