/* SPDX-License-Identifier: ISC
 *
 * IGMP: queries in, reports out. RFC 3376, and RFC 2236 or RFC 1112 appendix I where a querier
 * speaks no more than that.
 *
 * Messages carry a router alert (RFC 2113) in a header of 24 bytes, which nothing else that we send
 * has: it is written here. */
#include <ip/ip_state.h>
#include <ip/report.h>
#include <wire/igmp_hdr.h>

#define TTL 1u
#define TOS 0xc0u /* RFC 3376 4: internetwork control */
#define HEADER_LEN (MN_IP4_HDR_LEN_MIN + 4u)
/* RFC 2113 2.1: copied, of 4 bytes, "every router looks at this". */
#define ROUTER_ALERT 0x94040000u
/* RFC 3376 4.2.14, RFC 2236 9. */
#define V3_ROUTERS 0xe0000016u
#define ALL_ROUTERS 0xe0000002u

/* ---- out ---- */

/* `pkt` is the message with a checksum of zero. Takes it. RFC 3376 4.2.13: from 0.0.0.0 as long as
 * no address is ready. */
static void send(struct mn_ip *ip, struct mn_pkt *pkt, uint32_t dst)
{
    struct mnet_addr to = mnet_addr_v4(dst), src;
    uint32_t len = pkt->frame.len;
    struct mn_wr w = mn_wr_over(pkt->frame.seg[0].at + MN_IGMP_CSUM_OFFSET, 2);
    mn_wr_be16(&w, mn_sum_finish(mn_pkt_sum(pkt, 0, 0)));
    struct mn_ip4_hdr hdr = {.header_len = HEADER_LEN,
                             .total_len = (uint16_t)(HEADER_LEN + len),
                             .ttl = TTL,
                             .tos = TOS,
                             .dont_fragment = true,
                             .proto = MN_PROTO_IGMP,
                             .dst = dst};
    if (mn_ip_source(ip, &to, &src) == MNET_OK)
        hdr.src = mnet_addr_to_v4(&src);
    w = mn_pkt_push(ip->env, pkt, HEADER_LEN);
    struct mn_wr checksum = mn_wr_over(w.base + MN_IP4_CSUM_OFFSET, 2);
    mn_ip4_hdr_write(&w, &hdr);
    mn_wr_be32(&w, ROUTER_ALERT);
    mn_wr_be16(&checksum, mn_sum_finish(mn_sum_add(0, w.base, HEADER_LEN)));
    (void)mn_link_out(ip->link, pkt, &to, false);
}

static void send_old(struct mn_ip *ip, const struct mn_report_record *record, unsigned version)
{
    bool is_leave = record->type == MN_GROUP_TO_INCLUDE;
    if (is_leave && version == 1) /* RFC 1112: hosts leave silently */
        return;
    struct mn_pkt *pkt = mn_pkt_new(ip->env);
    if (!pkt)
        return;
    struct mn_igmp_report1 m = {.group = mnet_addr_to_v4(&record->group)};
    m.type = version == 1 ? MN_IGMP_V1_REPORT : is_leave ? MN_IGMP_V2_LEAVE : MN_IGMP_V2_REPORT;
    struct mn_wr w = mn_pkt_push(ip->env, pkt, MN_IGMP_LEN);
    mn_igmp_report1_write(&w, &m);
    send(ip, pkt, is_leave ? ALL_ROUTERS : m.group);
}

void mn_igmp_send(struct mn_ip *ip, const struct mn_report_record *record, unsigned count,
                  unsigned version)
{
    if (version < 3) {
        for (unsigned i = 0; i < count; i++)
            send_old(ip, &record[i], version);
        return;
    }
    uint8_t bytes[MN_IGMP_REPORT_LEN + MN_REPORTS * MN_IGMP_RECORD_LEN];
    MN_ASSERT(count <= MN_REPORTS);
    struct mn_wr w = mn_wr_over(bytes, sizeof bytes);
    struct mn_igmp_report report = {.record_count = (uint16_t)count};
    mn_igmp_report_write(&w, &report);
    for (unsigned i = 0; i < count; i++) {
        struct mn_igmp_record r = {.type = record[i].type,
                                   .group = mnet_addr_to_v4(&record[i].group)};
        mn_igmp_record_write(&w, &r);
    }
    struct mn_pkt *pkt = mn_pkt_new(ip->env);
    if (pkt && mn_pkt_append(ip->env, pkt, bytes, (uint32_t)w.off))
        send(ip, pkt, V3_ROUTERS);
    else
        mn_pkt_free(ip->env, pkt);
}

/* ---- in ---- */

/* RFC 3376 4: the checksum covers the whole message. Its TTL is not looked at: RFC 1112 did not ask
 * for 1, and old routers do not send it. */
mn_verdict mn_igmp_in(struct mn_ip *ip, struct mn_pkt *pkt, const struct mn_ip_rx *rx)
{
    struct mn_rd rd = mn_pkt_rd(pkt), again = rd;
    struct mn_igmp_query query;
    struct mn_igmp_report1 old;
    (void)rx;
    if (rd.end != (int32_t)pkt->frame.len || mn_sum_fold(mn_pkt_sum(pkt, 0, 0)) != UINT16_MAX)
        return MN_DROP(MLD_BAD);
    if (mn_igmp_query_read(&rd, &query)) {
        struct mnet_addr group = query.group ? mnet_addr_v4(query.group) : mnet_addr_any();
        mn_report_query(ip, true, &group, mn_igmp_response_ms(&query), query.version,
                        query.robustness,
                        query.version >= 3 ? mn_group_code(query.interval_code) : 0);
        return MN_DONE;
    }
    if (mn_igmp_report1_read(&again, &old) && old.type != MN_IGMP_V2_LEAVE) {
        struct mnet_addr group = mnet_addr_v4(old.group);
        mn_report_heard(ip, &group);
    }
    return MN_DONE; /* reports of other hosts, in whatever version: not for us */
}
