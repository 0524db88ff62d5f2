/* SPDX-License-Identifier: ISC
 *
 * Every serialiser of wire/ with any values, sensible or not, into any room.
 *
 * sources: src/wire/*.c
 * reach: 97 */
#include "proof.h"
#include <wire/arp_hdr.h>
#include <wire/ether_hdr.h>
#include <wire/icmp4_hdr.h>
#include <wire/ip4_hdr.h>
#include <wire/tcp_hdr.h>
#include <wire/tcp_opts.h>
#include <wire/udp_hdr.h>

static void headers(void)
{
    struct mn_wr w = any_writer();
    struct mn_ether_hdr ether;
    make_any(&ether, sizeof ether);
    mn_ether_hdr_write(&w, &ether);
    //@ assert ether: WR_OK(&w);
    struct mn_arp_hdr arp;
    make_any(&arp, sizeof arp);
    mn_arp_hdr_write(&w, &arp);
    //@ assert arp: WR_OK(&w);
    struct mn_ip4_hdr ip4 = {.dont_fragment = any_bool(), .more_fragments = any_bool()};
    ip4.header_len = (uint8_t)Frama_C_interval(0, UINT8_MAX);
    ip4.frag_offset = (uint16_t)Frama_C_interval(0, UINT16_MAX);
    mn_ip4_hdr_write(&w, &ip4);
    //@ assert ip4: WR_OK(&w);
    struct mn_icmp4_hdr icmp;
    make_any(&icmp, sizeof icmp);
    mn_icmp4_hdr_write(&w, &icmp);
    //@ assert icmp: WR_OK(&w);
    struct mn_udp_hdr udp;
    make_any(&udp, sizeof udp);
    mn_udp_hdr_write(&w, &udp);
    //@ assert udp: WR_OK(&w);
    struct mn_tcp_hdr tcp = {.header_len = (uint8_t)Frama_C_interval(0, UINT8_MAX)};
    mn_tcp_hdr_write(&w, &tcp);
    //@ assert tcp: WR_OK(&w);
}

static void tcp_opts(void)
{
    struct mn_tcp_opts o = {.has_mss = any_bool(),
                            .has_wscale = any_bool(),
                            .has_sack_permitted = any_bool(),
                            .has_ts = any_bool(),
                            .sack_count = (uint8_t)Frama_C_interval(0, UINT8_MAX)};
    //@ split o.has_mss;
    //@ split o.has_wscale;
    //@ split o.has_sack_permitted;
    //@ split o.has_ts;
    make_any(o.sack, sizeof o.sack);
    unsigned room = mn_tcp_opts_sack_room(&o);
    //@ assert room: room <= 4;
    int32_t len = mn_tcp_opts_len(&o);
    //@ assert len: 0 <= len <= 40;
    struct mn_wr w = {frame, FRAME_MAX - 40, FRAME_MAX, 0};
    mn_tcp_opts_write(&w, &o);
    //@ assert fits: WR_OK(&w) && !w.bad;
    w = any_writer();
    mn_tcp_opts_write(&w, &o);
    //@ assert any_room: WR_OK(&w);
}

int main(void)
{
    headers();
    tcp_opts();
    return 0;
}
