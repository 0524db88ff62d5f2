/* SPDX-License-Identifier: ISC
 *
 * Router advertisements and redirects: a message of any bytes through mn_router_in and mn_redirect_in, as mn_icmp6_in hands
 * them on, with anything in the lists of DNS servers and domains; and the solicitations that time brings.
 *
 * Lengths up to the longest fixed part are cases of their own, all longer ones are one case. The readers of options answer
 * what harness `wire6_in` says of them, for any options in any order. Tables of prefixes, routes, addresses
 * and neighbours (not proved), and output, answer anything; it is looked at what they are told.
 *
 * include: model
 * options: -eva-split-return auto -eva-no-interprocedural-splits -eva-slevel 0
 * options: -eva-split-return-function mn_ndp_ra_read:0,mn_ndp_redirect_read:0,mn_ndp_opts_read:0,mn_ndp_opt_next:0
 * options: -eva-split-return-function mn_ndp_prefix_read:0,mn_ndp_route_read:0,mn_ndp_rdnss_read:0,mn_ndp_dnssl_read:0,mn_ndp_domain_next:0
 * options: -eva-slevel-function mn_router_in:20,mn_redirect_in:20,hear_option:20,hear_dns:20,mn_ndp_ra_read:20,mn_ndp_redirect_read:20
 * options: -eva-slevel-function mn_ndp_opt_next:10,hear_server:20,hear_domain:20,mn_router_timer:20,send_solicitation:20
 * sources: src/ip/router.c src/ip/scope6.c src/wire/ndp_hdr.c src/wire/icmp6_hdr.c src/wire/ip6_hdr.c src/base/pkt.c src/base/addr.c src/base/env.c
 * reach: 85 */
#include "path.h"
#include <ip/ip_state.h>
#include <wire/ndp_hdr.h>

#define LONGEST 48 /* more than the fixed part of a redirect */

#define UNTOUCHED 4711u /* what lies behind the lists of servers and domains, which nothing here writes */

static struct mn_ip ip;

static uint32_t any_u32(void)
{
    return Frama_C_unsigned_int_interval(0, UINT32_MAX);
}

/* ---- what they are told ---- */

static void check_cidr(const struct mnet_cidr *cidr)
{
    //@ assert cidr: \initialized(&cidr->addr) && cidr->prefix_len <= 128;
}

void mn_ip6_prefix_heard(struct mn_ip *i, const struct mnet_cidr *prefix, uint32_t valid_s)
{
    check_cidr(prefix);
}

void mn_ip6_addr_prefix(struct mn_ip *i, const struct mnet_cidr *prefix, const struct mnet_addr *router,
                        uint32_t preferred_s, uint32_t valid_s)
{
    check_cidr(prefix);
    //@ assert router: \initialized(router);
}

void mn_ip6_route_heard(struct mn_ip *i, const struct mnet_cidr *net, const struct mnet_addr *router, int preference,
                        uint32_t lifetime_s)
{
    check_cidr(net);
    //@ assert route: \initialized(router) && -1 <= preference <= 1;
}

bool mn_ip6_redirect_heard(struct mn_ip *i, const struct mnet_addr *from, const struct mnet_addr *dst,
                           const struct mnet_addr *next)
{
    //@ assert redirect: \initialized(from) && \initialized(dst) && \initialized(next);
    return any_bool();
}

/*@ requires told: \initialized(addr) && \initialized(mac);
    assigns \nothing; */
void mn_link_neigh_heard(struct mn_link *l, const struct mnet_addr *addr, const struct mnet_mac *mac, bool is_router);

/*@ assigns \nothing; */
void mn_link_neigh_params(struct mn_link *link, uint32_t reachable_ms, uint32_t retrans_ms);

uint32_t mn_link_mtu(const struct mn_link *link)
{
    return Frama_C_unsigned_int_interval(576, 65535);
}

/* ---- options ---- */

static void check_reader(const struct mn_rd *r)
{
    //@ assert reader: 0 <= r->off && \valid_read(r->base + (0 .. r->end - 1));
}

bool mn_ndp_preference(uint8_t flags, int8_t *out)
{
    *out = (int8_t)Frama_C_interval(-1, 1);
    return any_bool();
}

bool mn_ndp_opts_read(struct mn_rd options, struct mn_ndp_opts *out)
{
    check_reader(&options);
    make_any(out, sizeof *out);
    out->has_source_mac = any_bool();
    out->has_target_mac = any_bool();
    out->has_mtu = any_bool();
    return any_bool();
}

enum mn_ndp_step mn_ndp_opt_next(struct mn_rd *options, struct mn_ndp_opt *out)
{
    check_reader(options);
    int32_t len = 8 * Frama_C_interval(1, 255);
    if (len > options->end - options->off || any_bool())
        return any_bool() ? MN_NDP_LAST : MN_NDP_BAD;
    out->type = (uint8_t)Frama_C_interval(0, UINT8_MAX);
    out->data = *options;
    out->data.off += 2;
    options->off += len;
    return MN_NDP_ONE;
}

bool mn_ndp_prefix_read(struct mn_rd data, struct mn_ndp_prefix *out)
{
    check_reader(&data);
    make_any(out, sizeof *out);
    out->prefix.prefix_len = (uint8_t)Frama_C_interval(0, 128);
    out->is_on_link = any_bool();
    out->is_autonomous = any_bool();
    return any_bool();
}

bool mn_ndp_route_read(struct mn_rd data, struct mn_ndp_route *out)
{
    check_reader(&data);
    make_any(out, sizeof *out);
    out->net.prefix_len = (uint8_t)Frama_C_interval(0, 128);
    out->preference = (int8_t)Frama_C_interval(-1, 1);
    return any_bool();
}

bool mn_ndp_rdnss_read(struct mn_rd data, struct mn_ndp_rdnss *out)
{
    check_reader(&data);
    make_any(out, sizeof *out);
    out->count = (uint8_t)Frama_C_interval(0, MN_NDP_SERVERS_MAX);
    return any_bool();
}

bool mn_ndp_dnssl_read(struct mn_rd data, struct mn_ndp_dnssl *out)
{
    check_reader(&data);
    out->lifetime_s = any_u32();
    out->domains = data;
    return any_bool();
}

enum mn_ndp_step mn_ndp_domain_next(struct mn_rd *domains, char *text)
{
    check_reader(domains);
    make_any(text, MN_NDP_DOMAIN_MAX);
    text[MN_NDP_DOMAIN_MAX - 1] = '\0';
    return any_bool() ? MN_NDP_ONE : any_bool() ? MN_NDP_LAST : MN_NDP_BAD;
}

/* ---- what leaves ---- */

bool mn_ip6_own_is_ready(const struct mn_ip *i, const struct mn_ip6_own *own)
{
    //@ assert own: \initialized(&own->addr);
    return any_bool();
}

static struct mnet_mac mac;

const struct mnet_mac *mn_link_mac(const struct mn_link *link)
{
    return &mac;
}

int32_t mn_ndp_opts_len(const struct mn_ndp_opts *o)
{
    //@ assert one: o->has_source_mac == 1 && o->has_target_mac == 0 && o->has_mtu == 0 && o->has_nonce == 0;
    return 8;
}

void mn_ndp_opts_write(struct mn_wr *w, const struct mn_ndp_opts *o)
{
    //@ assert room: w->off == 0 && w->end == 8 && \valid(w->base + (0 .. 7));
}

/*@ requires told: \initialized(src) && \initialized(dst);
    assigns \result \from *src, *dst, proto, len; */
mn_sum mn_ip_pseudo_sum(const struct mnet_addr *src, const struct mnet_addr *dst, uint8_t proto, uint32_t len);

mnet_err mn_ip_out(struct mn_ip *i, struct mn_pkt *p, const struct mn_ip_tx *tx)
{
    //@ assert whole: p == &made && p->frame.seg_count == 1 && p->frame.len == 16 && p->frame.seg[0].len == 16;
    //@ assert bytes: \valid_read(p->frame.seg[0].at + (0 .. 15)) && \initialized(tx);
    mn_pkt_free(&env, p);
    return any_bool() ? MNET_OK : MNET_ERR_NET_UNREACH;
}

/* ---- what comes in ---- */

static void start(void)
{
    any_env();
    make_any(&ip, sizeof ip);
    make_any(&mac, sizeof mac);
    ip.env = &env;
    ip.v6.own_count = Frama_C_unsigned_int_interval(0, MN_IP6_ADDRS);
    ip.v6.turn = UNTOUCHED;
}

static void message(uint32_t min, uint32_t max)
{
    struct mn_ip_rx rx;
    start();
    make_any(&rx, sizeof rx);
    any_packet(min, max);
    mn_verdict verdict = any_bool() ? mn_router_in(&ip, &pkt, &rx) : mn_redirect_in(&ip, &pkt, &rx);
    //@ assert verdict: verdict <= 0;
    //@ assert behind: ip.v6.turn == UNTOUCHED;
}

int main(void)
{
    //@ loop unroll 49;
    for (uint32_t len = 0; len <= LONGEST; len++)
        message(len, len);
    message(LONGEST + 1, FRAME_MAX - 40);
    start();
    mn_router_start(&ip);
    mn_router_timer(&ip);
    return 0;
}
