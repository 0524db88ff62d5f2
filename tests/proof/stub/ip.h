/* SPDX-License-Identifier: ISC
 *
 * The IP layer's own tables with anything in them that their invariants allow, and the link below
 * it. */
#ifndef PROOF_IP_H
#define PROOF_IP_H

#include "env.h"
#include <ip/ip_state.h>

static struct mn_env env;
static struct mn_ip ip;
static struct mn_ip_pmtu_entry pmtu[MN_IP_PMTUS];

static uint32_t any_u32(void)
{
    return Frama_C_unsigned_int_interval(0, UINT32_MAX);
}

static void ip_init(void)
{
    env_init(&env);
    ip.env = &env;
    //@ loop unroll 8;
    for (unsigned i = 0; i < MN_IP_ADDRS; i++)
        ip.own[i] =
            (struct mn_ip_own){any_u32(), any_u32(), (uint8_t)Frama_C_interval(0, 32), any_bool()};
    //@ loop unroll 16;
    for (unsigned i = 0; i < MN_IP_ROUTES; i++)
        ip.route[i] =
            (struct mn_ip_route){any_u32(), any_u32(), any_u32(), (uint8_t)Frama_C_interval(0, 32)};
    make_any(ip.group, sizeof ip.group);
    make_any(ip.id, sizeof ip.id);
    ip.own_count = Frama_C_unsigned_int_interval(0, MN_IP_ADDRS);
    ip.route_count = Frama_C_unsigned_int_interval(0, MN_IP_ROUTES);
    for (unsigned i = 0; i < MN_IP_PMTUS; i++) {
        pmtu[i].dst = any_u32();
        pmtu[i].mtu = (uint16_t)Frama_C_interval(0, UINT16_MAX);
        pmtu[i].expires = any_u32();
        pmtu[i].is_below = any_bool();
    }
    ip.pmtu = pmtu;
    make_any(&ip.pmtu_until, sizeof ip.pmtu_until);
    ip.icmp_tokens = Frama_C_unsigned_int_interval(0, MN_ICMP_TOKENS_MAX);
    make_any(&ip.icmp_refilled, sizeof ip.icmp_refilled);
}

mnet_err mn_link_out(struct mn_link *l, struct mn_pkt *pkt, const struct mnet_addr *next_hop,
                     bool is_broadcast)
{
    //@ assert starts_with_a_header: pkt->frame.seg[0].len >= 20;
    mn_pkt_free(&env, pkt);
    return any_bool() ? MNET_OK : MNET_ERR_NET_UNREACH;
}

uint32_t mn_link_mtu(const struct mn_link *l)
{
    return Frama_C_unsigned_int_interval(576, 65535);
}

uint32_t mn_link_gso_max(const struct mn_link *l)
{
    return Frama_C_unsigned_int_interval(576, 65535);
}

bool mn_link_addr_is_ready(const struct mn_link *l, const struct mnet_addr *addr)
{
    return any_bool();
}

void mn_link_neigh_confirm(struct mn_link *l, const struct mnet_addr *next_hop) {}

#endif
