/* SPDX-License-Identifier: ISC
 *
 * The tables of the IP layer: own addresses and routes of IPv4, groups and path MTUs of both families, with anything in
 * them, and any question or change. What is taken for granted: counts that fit the tables, prefixes of at most 32 bits (of
 * IPv4). What is of IPv6 alone answers anything (not proved), and so do reports of groups (`path_group`).
 *
 * include: model
 * options: -eva-split-return auto -eva-no-interprocedural-splits -eva-slevel 0 -eva-slevel-function main:0
 * options: -eva-split-return-function mn_ip_source:0,source6:0 -eva-slevel-function mn_ip_source:20,source6:20,sources:20
 * options: -eva-plevel 300
 * sources: src/ip/route.c src/ip/group.c src/ip/pmtu.c src/base/addr.c src/base/env.c
 * reach: 95 */
#include "path.h"
#include <ip/ip_state.h>

static struct mn_ip ip;
static struct mn_ip_pmtu_entry pmtu[MN_IP_PMTUS];

/*@ requires readable: \valid_read((const uint8_t *)data + (0 .. len - 1));
    assigns \result \from *key, ((const uint8_t *)data)[0 .. len - 1]; */
uint64_t mn_siphash13(const struct mn_hash_key *key, const void *data, size_t len);

uint32_t mn_link_mtu(const struct mn_link *link)
{
    return Frama_C_unsigned_int_interval(576, 65535);
}

uint32_t mn_link_gso_max(const struct mn_link *link)
{
    return Frama_C_unsigned_int_interval(576, 65535);
}

bool mn_link_addr_is_ready(const struct mn_link *link, const struct mnet_addr *addr)
{
    //@ assert told: \initialized(addr);
    return any_bool();
}

/* ---- IPv6 ---- */

static mnet_err any_err(void)
{
    return any_bool() ? MNET_OK : (mnet_err)-Frama_C_interval(1, 100);
}

mnet_err mn_ip6_addr_add(struct mn_ip *i, const struct mnet_cidr *cidr, enum mn_ip6_origin origin,
                         mnet_time preferred_until, mnet_time valid_until)
{
    //@ assert told: \initialized(&cidr->addr) && \initialized(&cidr->prefix_len);
    return any_err();
}

mnet_err mn_ip6_addr_remove(struct mn_ip *i, const struct mnet_addr *addr)
{
    //@ assert told: \initialized(addr);
    return any_err();
}

mnet_err mn_ip6_route_add(struct mn_ip *i, const struct mnet_cidr *net, const struct mnet_addr *gateway)
{
    //@ assert told: \initialized(&net->addr) && \initialized(&net->prefix_len) && \initialized(gateway);
    return any_err();
}

mnet_err mn_ip6_route_remove(struct mn_ip *i, const struct mnet_cidr *net)
{
    //@ assert told: \initialized(&net->addr) && \initialized(&net->prefix_len);
    return any_err();
}

bool mn_ip6_hop_find(struct mn_ip *i, const struct mnet_addr *dst, struct mn_ip6_hop *hop)
{
    //@ assert told: \initialized(dst);
    make_any(hop, sizeof *hop);
    hop->is_local = any_bool();
    hop->is_group = any_bool();
    return any_bool();
}

bool mn_ip6_source(const struct mn_ip *i, const struct mnet_addr *dst, const struct mn_ip6_hop *hop,
                   struct mnet_addr *src)
{
    //@ assert told: \initialized(dst) && \initialized(hop);
    make_any(src, sizeof *src);
    return any_bool();
}

/*@ requires told: \initialized(next_hop);
    assigns \nothing; */
void mn_link_neigh_confirm(struct mn_link *link, const struct mnet_addr *next_hop);

/*@ requires told: \initialized(group);
    assigns \nothing; */
void mn_report_changed(struct mn_ip *i, const struct mnet_addr *group, bool is_joined);

/* ---- any tables ---- */

static uint32_t any_u32(void)
{
    return Frama_C_unsigned_int_interval(0, UINT32_MAX);
}

static struct mnet_addr any_addr(void)
{
    struct mnet_addr addr;
    make_any(&addr, sizeof addr);
    return addr;
}

static void any_tables(void)
{
    any_env();
    make_any(&ip, sizeof ip);
    make_any(pmtu, sizeof pmtu);
    ip.env = &env;
    ip.pmtu = pmtu;
    ip.own_count = Frama_C_unsigned_int_interval(0, MN_IP_ADDRS);
    ip.route_count = Frama_C_unsigned_int_interval(0, MN_IP_ROUTES);
    ip.v6.own_count = Frama_C_unsigned_int_interval(0, MN_IP6_ADDRS);
    //@ loop unroll 8;
    for (unsigned i = 0; i < MN_IP_ADDRS; i++) {
        ip.own[i].prefix_len = (uint8_t)Frama_C_interval(0, 32);
        ip.own[i].is_ready = any_bool();
    }
    //@ loop unroll 16;
    for (unsigned i = 0; i < MN_IP_ROUTES; i++)
        ip.route[i].prefix_len = (uint8_t)Frama_C_interval(0, 32);
    //@ loop unroll 256;
    for (unsigned i = 0; i < MN_IP_PMTUS; i++)
        pmtu[i].is_below = any_bool();
    //@ loop unroll 256;
    for (unsigned i = 0; i < MN_IP_PMTUS; i++)
        pmtu[i].is_high_next = any_bool();
}

static void questions(void)
{
    struct mnet_addr addr = any_addr();
    struct mn_ip_hop hop = {0};
    struct mnet_cidr cidr;
    uint32_t src;
    struct mn_ip_own *own = mn_ip_own_find(&ip, any_u32());
    if (own) {
        //@ assert own: \valid(own);
        mn_ip_own_is_ready(&ip, own);
    }
    mn_ip_is_own(&ip, &addr);
    mn_ip_is_broadcast4(&ip, any_u32());
    mn_ip_is_group(&ip, &addr);
    mn_ip_group_is_joined(&ip, &addr);
    mn_ip_addr_at(&ip, any_u32(), &cidr);
    uint32_t dst = any_u32();
    if (mn_ip_hop_find(&ip, dst, &hop))
        mn_ip_source4(&ip, dst, &hop, &src);
}

static void sources(void)
{
    struct mnet_addr addr = any_addr(), from;
    if (mn_ip_source(&ip, &addr, &from) == MNET_OK) {
        //@ assert from: \initialized(&from);
    }
    mn_ip_confirm(&ip, &addr);
}

static void mtus(void)
{
    struct mnet_addr addr = any_addr();
    mn_ip_pmtu(&ip, &addr);
    mn_ip_gso_max(&ip, &addr);
    uint32_t mtu = mn_ip_pmtu_update(&ip, &addr, any_u32());
    //@ assert mtu: mtu <= 65535;
    mtu = mn_ip_pmtu_plateau(any_u32());
    //@ assert plateau: 68 <= mtu <= 32000;
}

/* A connection's packets are of at most 65,535 bytes; nothing else is known of what it says of its probes. */
static void probes(void)
{
    struct mnet_addr addr = any_addr();
    uint32_t sent = Frama_C_unsigned_int_interval(0, 65535);
    mnet_time again;
    uint32_t size = mn_ip_pmtu_probe(&ip, &addr, sent, any_u32(), &again);
    //@ assert size: size <= 65535 && \initialized(&again);
    mn_ip_pmtu_probed(&ip, &addr, sent, any_u32(), any_bool());
    size = mn_ip_pmtu_fallback(&ip, &addr, sent);
    //@ assert fallback: size <= 65535;
    mn_ip_pmtu_fell(&ip, &addr, size, any_u32());
    size = mn_ip_mtu_max(&ip, &addr);
    //@ assert most: size <= 65535;
}

static void changes(void)
{
    struct mnet_addr addr = any_addr();
    struct mnet_cidr cidr = {any_addr(), (uint8_t)Frama_C_interval(0, 255)};
    switch (Frama_C_interval(0, 5)) {
    case 0:
        mn_ip_addr_add(&ip, &cidr);
        break;
    case 1:
        mn_ip_addr_remove(&ip, &addr);
        break;
    case 2:
        mn_ip_route_add(&ip, &cidr, &addr);
        break;
    case 3:
        mn_ip_route_remove(&ip, &cidr);
        break;
    case 4:
        mn_ip_group_join(&ip, &addr);
        break;
    default:
        mn_ip_group_leave(&ip, &addr);
        break;
    }
    //@ assert counts: ip.own_count <= MN_IP_ADDRS && ip.route_count <= MN_IP_ROUTES;
}

int main(void)
{
    any_tables();
    questions();
    sources();
    mtus();
    probes();
    changes();
    return 0;
}
