/* SPDX-License-Identifier: ISC
 *
 * mn_ip4_in on any packet, with any addresses and groups of our own: header, source, destination,
 * options, padding. What it says of the packet afterwards is what icmp4_in_proof.c and its like
 * begin with. Reassembly is apart.
 *
 * define: ASSERT_IS_END
 * sources: tests/proof/stub/env.c src/base/pkt.c src/base/addr.c src/wire/ip4_hdr.c
 * sources: src/wire/ip4_opts.c src/ip/ip4_in.c src/ip/route.c src/ip/group.c
 * options: -eva-slevel 20 -eva-slevel-function mn_ip4_in:100,packet:1000,main:1000
 * reach: 80 */
#include "proof.h"
#include "stub/env.h"
#include "stub/ip.h"

mn_verdict mn_frag_in(struct mn_ip *ip, struct mn_pkt *pkt, const struct mn_ip4_hdr *hdr,
                      struct mn_ip_rx *rx)
{
    //@ assert header: 20 <= pkt->l3_len <= 60 && hdr->frag_offset <= 65528;
    switch (Frama_C_interval(0, 2)) {
    case 0:
        return MN_DONE;
    case 1:
        return MN_KEPT;
    default:
        return MN_DROP(FRAG_BAD);
    }
}

static void packet(int32_t len)
{
    struct mn_pkt frame_pkt, *pkt = &frame_pkt;
    struct mn_ip_rx rx;
    env_frame(pkt, len);
    mn_verdict verdict = mn_ip4_in(&ip, &pkt, &rx);
    if (verdict == MN_TO_ICMP4 || verdict == MN_TO_TRANSPORT) {
        //@ assert packet: pkt == &frame_pkt && pkt->frame.seg_count == 1;
        //@ assert header: 20 <= pkt->l3_len <= 60;
        //@ assert told: \initialized(&rx);
    }
}

int main(void)
{
    ip_init();
    //@ loop unroll FRAME_EXACT + 2;
    for (int32_t len = 0; len <= FRAME_EXACT + 1; len++)
        packet(len);
    return 0;
}
