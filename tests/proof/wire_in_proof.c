/* SPDX-License-Identifier: ISC
 *
 * Every parser of wire/ on any bytes, any number of them, and what its caller may rely on
 * afterwards.
 *
 * sources: src/wire/*.c
 * reach: 97 */
#include "proof.h"
#include <wire/arp_hdr.h>
#include <wire/ether_hdr.h>
#include <wire/icmp4_hdr.h>
#include <wire/ip4_hdr.h>
#include <wire/ip4_opts.h>
#include <wire/tcp_hdr.h>
#include <wire/tcp_opts.h>
#include <wire/udp_hdr.h>

static void link_layer(void)
{
    struct mn_rd r = any_reader();
    struct mn_ether_hdr ether;
    mn_ether_hdr_read(&r, &ether);
    mn_mac_is_group(&ether.dst);
    //@ assert ether: RD_OK(&r) && \initialized(&ether);
    r = any_reader();
    struct mn_arp_hdr arp;
    mn_arp_hdr_read(&r, &arp);
    //@ assert arp: RD_OK(&r) && \initialized(&arp);
}

static void ip4(void)
{
    struct mn_rd r = any_reader();
    struct mn_ip4_hdr h;
    if (mn_ip4_hdr_read(&r, Frama_C_unsigned_int_interval(0, UINT32_MAX), &h) != MN_IP4_OK)
        return;
    //@ assert lengths: 20 <= h.header_len <= 60 && h.frag_offset <= 65528;
    //@ assert reader: RD_OK(&r) && RD_OK(&h.options);
    mn_ip4_is_fragment(&h);
    struct mn_ip4_opts opts;
    mn_ip4_opts_read(h.options, &opts);
    /* Also on more bytes than a header can hold. */
    mn_ip4_opts_read(any_reader(), &opts);
    r = any_reader();
    struct mn_ip4_opt opt;
    mn_ip4_opt_next(&r, &opt);
    //@ assert step: RD_OK(&r);
}

static void icmp4_and_udp(void)
{
    struct mn_rd r = any_reader();
    struct mn_icmp4_hdr icmp;
    mn_icmp4_hdr_read(&r, &icmp);
    //@ assert icmp: RD_OK(&r) && \initialized(&icmp);
    mn_icmp4_is_error(icmp.type);
    mn_icmp4_rest_echo(mn_icmp4_echo_id(&icmp), mn_icmp4_echo_seq(&icmp));
    mn_icmp4_rest_mtu(mn_icmp4_mtu(&icmp));
    mn_icmp4_rest_pointer(mn_icmp4_pointer(&icmp));
    r = any_reader();
    struct mn_udp_hdr udp;
    if (mn_udp_hdr_read(&r, &udp)) {
        //@ assert length: udp.length >= 8;
    }
    //@ assert udp: RD_OK(&r) && \initialized(&udp);
}

static void tcp(void)
{
    struct mn_rd r = any_reader();
    struct mn_tcp_hdr quote;
    mn_tcp_quote_read(&r, &quote);
    //@ assert quote: RD_OK(&r);
    r = any_reader();
    struct mn_tcp_hdr h;
    if (!mn_tcp_hdr_read(&r, &h))
        return;
    //@ assert length: 20 <= h.header_len <= 60;
    //@ assert reader: RD_OK(&r) && RD_OK(&h.options);
    struct mn_tcp_opts opts;
    mn_tcp_opts_read(any_bool() ? h.options : any_reader(), &opts);
    //@ assert opts: \initialized(&opts) && opts.sack_count <= 4 && opts.wscale <= 14;
}

int main(void)
{
    link_layer();
    ip4();
    icmp4_and_udp();
    tcp();
    return 0;
}
