/* SPDX-License-Identifier: ISC
 *
 * Each message is an ICMPv6 header, whose last four bytes hold flags or nothing, and a body of one
 * length. What follows is options: they are handed out as a reader of their own. Reserved bits are
 * written as zero and not looked at (RFC 4861 4). */
#include <wire/ip6_hdr.h>
#include <wire/ndp_hdr.h>

#define RA_MANAGED 0x80u
#define RA_OTHER 0x40u
#define NA_ROUTER 0x80000000u
#define NA_SOLICITED 0x40000000u
#define NA_OVERRIDE 0x20000000u

/* Takes the `len` bytes of the fixed part of a message of `type`, leaves `body` behind its header,
 * and all that follows in *options. */
static bool read_head(struct mn_rd *r, uint8_t type, int32_t len, struct mn_icmp6_hdr *hdr,
                      struct mn_rd *body, struct mn_rd *options)
{
    *body = mn_rd_sub(r, len);
    if (!mn_icmp6_hdr_read(body, hdr))
        return false;
    *options = mn_rd_sub(r, mn_rd_left(r));
    return hdr->type == type && hdr->code == 0;
}

static void write_head(struct mn_wr *w, uint8_t type, uint16_t checksum, uint32_t rest)
{
    const struct mn_icmp6_hdr hdr = {.type = type, .checksum = checksum, .rest = rest};
    mn_icmp6_hdr_write(w, &hdr);
}

/* An address that is one neighbour's or one host's. RFC 4861 7.1.1, 7.1.2, 8.1: no multicast. */
static bool read_unicast(struct mn_rd *body, struct mnet_addr *out)
{
    return mn_ip6_addr_read(body, out) && !mnet_addr_is_multicast(out);
}

bool mn_ndp_rs_read(struct mn_rd *r, struct mn_ndp_rs *out)
{
    *out = (struct mn_ndp_rs){0};
    struct mn_icmp6_hdr hdr;
    struct mn_rd body, options;
    if (!read_head(r, MN_ICMP6_ROUTER_SOLICIT, MN_NDP_RS_LEN, &hdr, &body, &options))
        return false;
    out->checksum = hdr.checksum;
    out->options = options;
    return true;
}

void mn_ndp_rs_write(struct mn_wr *w, const struct mn_ndp_rs *m)
{
    write_head(w, MN_ICMP6_ROUTER_SOLICIT, m->checksum, 0);
}

bool mn_ndp_ra_read(struct mn_rd *r, struct mn_ndp_ra *out)
{
    *out = (struct mn_ndp_ra){0};
    struct mn_icmp6_hdr hdr;
    struct mn_rd body, options;
    if (!read_head(r, MN_ICMP6_ROUTER_ADVERT, MN_NDP_RA_LEN, &hdr, &body, &options))
        return false;
    uint8_t flags = (uint8_t)(hdr.rest >> 16);
    out->checksum = hdr.checksum;
    out->hop_limit = (uint8_t)(hdr.rest >> 24);
    out->is_managed = (flags & RA_MANAGED) != 0;
    out->has_other = (flags & RA_OTHER) != 0;
    out->router_lifetime_s = (uint16_t)hdr.rest;
    /* RFC 4191 2.2: the reserved value counts as medium; without a lifetime there is no preference.
     */
    if (out->router_lifetime_s == 0 || !mn_ndp_preference(flags, &out->preference))
        out->preference = 0;
    out->reachable_ms = mn_rd_be32(&body);
    out->retrans_ms = mn_rd_be32(&body);
    out->options = options;
    return true;
}

void mn_ndp_ra_write(struct mn_wr *w, const struct mn_ndp_ra *m)
{
    struct mn_wr out = mn_wr_sub(w, MN_NDP_RA_LEN);
    unsigned flags = (m->is_managed ? RA_MANAGED : 0u) | (m->has_other ? RA_OTHER : 0u) |
                     mn_ndp_preference_bits(m->preference);
    write_head(&out, MN_ICMP6_ROUTER_ADVERT, m->checksum,
               (uint32_t)m->hop_limit << 24 | flags << 16 | m->router_lifetime_s);
    mn_wr_be32(&out, m->reachable_ms);
    mn_wr_be32(&out, m->retrans_ms);
}

bool mn_ndp_ns_read(struct mn_rd *r, struct mn_ndp_ns *out)
{
    *out = (struct mn_ndp_ns){0};
    struct mn_icmp6_hdr hdr;
    struct mn_rd body, options;
    struct mnet_addr target;
    if (!read_head(r, MN_ICMP6_NEIGH_SOLICIT, MN_NDP_NS_LEN, &hdr, &body, &options) ||
        !read_unicast(&body, &target))
        return false;
    out->checksum = hdr.checksum;
    out->target = target;
    out->options = options;
    return true;
}

void mn_ndp_ns_write(struct mn_wr *w, const struct mn_ndp_ns *m)
{
    struct mn_wr out = mn_wr_sub(w, MN_NDP_NS_LEN);
    write_head(&out, MN_ICMP6_NEIGH_SOLICIT, m->checksum, 0);
    mn_ip6_addr_write(&out, &m->target);
}

bool mn_ndp_na_read(struct mn_rd *r, struct mn_ndp_na *out)
{
    *out = (struct mn_ndp_na){0};
    struct mn_icmp6_hdr hdr;
    struct mn_rd body, options;
    struct mnet_addr target;
    if (!read_head(r, MN_ICMP6_NEIGH_ADVERT, MN_NDP_NA_LEN, &hdr, &body, &options) ||
        !read_unicast(&body, &target))
        return false;
    out->checksum = hdr.checksum;
    out->is_router = (hdr.rest & NA_ROUTER) != 0;
    out->is_solicited = (hdr.rest & NA_SOLICITED) != 0;
    out->is_override = (hdr.rest & NA_OVERRIDE) != 0;
    out->target = target;
    out->options = options;
    return true;
}

void mn_ndp_na_write(struct mn_wr *w, const struct mn_ndp_na *m)
{
    struct mn_wr out = mn_wr_sub(w, MN_NDP_NA_LEN);
    uint32_t flags = (m->is_router ? NA_ROUTER : 0u) | (m->is_solicited ? NA_SOLICITED : 0u) |
                     (m->is_override ? NA_OVERRIDE : 0u);
    write_head(&out, MN_ICMP6_NEIGH_ADVERT, m->checksum, flags);
    mn_ip6_addr_write(&out, &m->target);
}

bool mn_ndp_redirect_read(struct mn_rd *r, struct mn_ndp_redirect *out)
{
    *out = (struct mn_ndp_redirect){0};
    struct mn_icmp6_hdr hdr;
    struct mn_rd body, options;
    struct mnet_addr target, dst;
    if (!read_head(r, MN_ICMP6_REDIRECT, MN_NDP_REDIRECT_LEN, &hdr, &body, &options) ||
        !read_unicast(&body, &target) || !read_unicast(&body, &dst))
        return false;
    out->checksum = hdr.checksum;
    out->target = target;
    out->dst = dst;
    out->options = options;
    return true;
}

void mn_ndp_redirect_write(struct mn_wr *w, const struct mn_ndp_redirect *m)
{
    struct mn_wr out = mn_wr_sub(w, MN_NDP_REDIRECT_LEN);
    write_head(&out, MN_ICMP6_REDIRECT, m->checksum, 0);
    mn_ip6_addr_write(&out, &m->target);
    mn_ip6_addr_write(&out, &m->dst);
}
