/* SPDX-License-Identifier: ISC
 *
 * MLD: queries in, reports out. RFC 3810, and RFC 2710 where a querier speaks no more than that.
 *
 * Without reports a switch that listens to them (RFC 4541) does not pass on solicitations for our
 * addresses, so even the groups of addresses that are still being probed for are reported: then
 * from :: (RFC 3590). */
#include <ip/ip_state.h>
#include <ip/report.h>
#include <wire/ip6_ext.h>
#include <wire/mld_hdr.h>

#define HOP_LIMIT 1u
#define VERSION_1 1u

/* RFC 3810 5.2.14, RFC 2710 3: all routers that speak MLDv2, all routers. */
static const struct mnet_addr v2_routers = {{0xff, 0x02, [15] = 0x16}};
static const struct mnet_addr all_routers = {{0xff, 0x02, [15] = 2}};

/* ---- out ---- */

static struct mnet_addr source(const struct mn_ip *ip)
{
    for (uint32_t i = 0; i < ip->v6.own_count; i++) {
        const struct mn_ip6_own *own = &ip->v6.own[i];
        if (own->origin == MN_IP6_LINK_LOCAL && mn_ip6_own_is_ready(ip, own))
            return own->addr;
    }
    return mnet_addr_any();
}

/* `pkt` is the message with a checksum of zero. Takes it. */
static void send(struct mn_ip *ip, struct mn_pkt *pkt, const struct mnet_addr *dst)
{
    struct mnet_addr src = source(ip);
    uint32_t len = pkt->frame.len;
    mn_sum sum = mn_ip_pseudo_sum(&src, dst, MN_PROTO_ICMP6, len);
    struct mn_wr w = mn_wr_over(pkt->frame.seg[0].at + MN_ICMP6_CSUM_OFFSET, 2);
    mn_wr_be16(&w, mn_sum_finish(mn_pkt_sum(pkt, 0, sum)));
    w = mn_pkt_push(ip->env, pkt, MN_IP6_ALERT_LEN);
    mn_ip6_alert_write(&w, MN_PROTO_ICMP6, MN_IP6_ALERT_MLD);
    struct mn_ip_tx tx = {.src = src,
                          .dst = *dst,
                          .proto = MN_IP6_EXT_HOP_BY_HOP,
                          .ttl = HOP_LIMIT,
                          .is_unspecified = mnet_addr_is_any(&src)};
    (void)mn_ip_out(ip, pkt, &tx);
}

static void send_v1(struct mn_ip *ip, const struct mn_report_record *record)
{
    struct mn_pkt *pkt = mn_pkt_new(ip->env);
    if (!pkt)
        return;
    bool is_done = record->type == MN_GROUP_TO_INCLUDE;
    struct mn_mld1 m = {.type = is_done ? MN_ICMP6_MLD1_DONE : MN_ICMP6_MLD1_REPORT,
                        .group = record->group};
    struct mn_wr w = mn_pkt_push(ip->env, pkt, MN_MLD1_LEN);
    mn_mld1_write(&w, &m);
    send(ip, pkt, is_done ? &all_routers : &record->group);
}

void mn_mld_send(struct mn_ip *ip, const struct mn_report_record *record, unsigned count,
                 unsigned version)
{
    if (version == VERSION_1) {
        for (unsigned i = 0; i < count; i++)
            send_v1(ip, &record[i]);
        return;
    }
    uint8_t bytes[MN_MLD_REPORT_LEN + MN_REPORTS * MN_MLD_RECORD_LEN];
    MN_ASSERT(count <= MN_REPORTS);
    struct mn_wr w = mn_wr_over(bytes, sizeof bytes);
    struct mn_mld_report report = {.record_count = (uint16_t)count};
    mn_mld_report_write(&w, &report);
    for (unsigned i = 0; i < count; i++) {
        struct mn_mld_record r = {.type = record[i].type, .group = record[i].group};
        mn_mld_record_write(&w, &r);
    }
    struct mn_pkt *pkt = mn_pkt_new(ip->env);
    if (pkt && mn_pkt_append(ip->env, pkt, bytes, (uint32_t)w.off))
        send(ip, pkt, &v2_routers);
    else
        mn_pkt_free(ip->env, pkt);
}

/* ---- in ---- */

/* RFC 3810 5.1.14, 6.2: what is not from this link is silently dropped. */
mn_verdict mn_mld_in(struct mn_ip *ip, struct mn_pkt *pkt, const struct mn_ip_rx *rx)
{
    struct mn_rd rd = mn_pkt_rd(pkt), again = rd;
    struct mn_mld_query query;
    struct mn_mld1 old;
    if (rx->ttl != HOP_LIMIT || !mn_ip6_is_link_local(&rx->src) ||
        rd.end != (int32_t)pkt->frame.len)
        return MN_DROP(MLD_BAD);
    if (mn_mld_query_read(&rd, &query)) {
        mn_report_query(ip, false, &query.group, mn_mld_response_ms(&query),
                        query.is_v2 ? 2 : VERSION_1, query.robustness,
                        query.is_v2 ? mn_group_code(query.interval_code) : 0);
        return MN_DONE;
    }
    if (!mn_mld1_read(&again, &old))
        return MN_DROP(MLD_BAD);
    if (old.type == MN_ICMP6_MLD1_REPORT)
        mn_report_heard(ip, &old.group);
    return MN_DONE;
}
