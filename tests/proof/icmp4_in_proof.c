/* SPDX-License-Identifier: ISC
 *
 * What mn_ip4_in hands on, with any contents: an ICMP message to mn_icmp4_in, up to the reply of an
 * echo and the quote of an error; a packet that nobody takes to mn_icmp_send_unreach. What is sent
 * goes on in ip_out_proof.c.
 *
 * define: ASSERT_IS_END
 * sources: tests/proof/stub/env.c src/base/pkt.c src/base/addr.c src/wire/ip4_hdr.c
 * sources: src/wire/icmp4_hdr.c src/wire/udp_hdr.c src/wire/tcp_hdr.c src/ip/icmp_in.c
 * sources: src/ip/icmp_out.c src/ip/route.c src/ip/pmtu.c
 * options: -eva-slevel 20 -eva-plevel 300
 * options: -eva-slevel-function packet:1000,unwanted:1000,main:2000
 * options: -eva-slevel-function mn_icmp4_in:300,error_in:300,read_quote:300
 * reach: 80 */
#include "proof.h"
#include "stub/env.h"
#include "stub/ip.h"
#include "stub/rx.h"
#include <wire/tcp_hdr.h>
#include <wire/udp_hdr.h>

mnet_err mn_ip_out(struct mn_ip *i, struct mn_pkt *pkt, const struct mn_ip_tx *tx)
{
    //@ assert header: pkt->frame.seg[0].len >= 8 && 1 <= pkt->frame.seg_count <= 8;
    //@ assert told: \initialized(tx);
    mn_pkt_free(&env, pkt);
    return any_bool() ? MNET_OK : MNET_ERR_NET_UNREACH;
}

static void packet(int32_t len)
{
    struct mn_pkt pkt;
    struct mn_ip_err err;
    struct mn_ip_rx rx = any_rx(MN_PROTO_ICMP4);
    env_frame(&pkt, len);
    pkt.l3_len = (uint16_t)Frama_C_interval(20, 60);
    if (mn_icmp4_in(&ip, &pkt, &rx, &err) == MN_TO_ERROR) {
        //@ assert told: \initialized(&err.proto) && \initialized(&err.mtu);
        mn_ip_pmtu_update(&ip, &err.dst, err.mtu);
        /* What the transports do with it first. */
        struct mn_rd quote = err.quote;
        struct mn_tcp_hdr tcp;
        mn_tcp_quote_read(&quote, &tcp);
        quote = err.quote;
        struct mn_udp_hdr udp;
        mn_udp_hdr_read(&quote, &udp);
    }
}

static void unwanted(int32_t len, uint16_t l3_len)
{
    struct mn_pkt pkt;
    struct mn_ip_rx rx = any_rx(MN_PROTO_UDP);
    env_frame(&pkt, len);
    pkt.l3_len = l3_len;
    mn_icmp_send_unreach(&ip, &pkt, &rx, any_bool() ? MN_UNREACH_PORT : MN_UNREACH_PROTOCOL);
}

int main(void)
{
    ip_init();
    //@ loop unroll FRAME_EXACT + 2;
    for (int32_t len = 0; len <= FRAME_EXACT + 1; len++) {
        packet(len);
        //@ loop unroll 11;
        for (uint16_t l3_len = 20; l3_len <= 60; l3_len += 4)
            unwanted(len, l3_len);
    }
    return 0;
}
