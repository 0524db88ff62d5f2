/* SPDX-License-Identifier: ISC
 *
 * The IP layer of tcp_fixture.h: stands in for ip/ at link time, so tests of TCP link everything
 * but mn_ip. It answers what the fixture says, and reads what is sent as a peer would. */
#include "tcp_fixture.h"
#include <stdlib.h>
#include <string.h>

struct mn_ip {
    int unused;
};
static struct mn_ip the_ip;

struct mn_ip *fake_ip(void)
{
    return &the_ip;
}

mn_sum mn_ip_pseudo_sum(const struct mnet_addr *src, const struct mnet_addr *dst, uint8_t proto,
                        uint32_t len)
{
    mn_sum sum = mn_sum_add(0, src->bytes + 12, 4);
    sum = mn_sum_add(sum, dst->bytes + 12, 4);
    sum = mn_sum_add16(sum, proto);
    return mn_sum_add16(sum, (uint16_t)len);
}

/* What the connection keeps is what it was given for its own ends. */
uint32_t mn_ip_flow_label(const struct mn_ip *ip, const struct mn_flow *flow)
{
    (void)ip;
    assert_true(mnet_addr_equal(&flow->src, &fix.local.addr));
    assert_true(mnet_addr_equal(&flow->dst, &fix.remote.addr));
    assert_int_equal(flow->proto, 6);
    return flow->ports;
}

mnet_err mn_ip_source(struct mn_ip *ip, const struct mnet_addr *dst, struct mnet_addr *src)
{
    (void)ip;
    (void)dst;
    *src = fix.local.addr;
    return fix.source_err;
}

uint32_t mn_ip_pmtu(const struct mn_ip *ip, const struct mnet_addr *dst)
{
    (void)ip;
    (void)dst;
    return fix.pmtu;
}

uint32_t mn_ip_pmtu_update(struct mn_ip *ip, const struct mnet_addr *dst, uint32_t mtu)
{
    (void)ip;
    (void)dst;
    if (mtu < fix.pmtu)
        fix.pmtu = mtu;
    return fix.pmtu;
}

uint32_t mn_ip_mtu_max(const struct mn_ip *ip, const struct mnet_addr *dst)
{
    (void)ip;
    (void)dst;
    return fix.link_mtu > fix.pmtu ? fix.link_mtu : fix.pmtu;
}

uint32_t mn_ip_pmtu_probe(const struct mn_ip *ip, const struct mnet_addr *dst, uint32_t mtu,
                          uint32_t most, mnet_time *again)
{
    assert_true(mnet_addr_equal(dst, &fix.remote.addr));
    fix.probe_asks++;
    *again = fix.probe_again;
    most = most < mn_ip_mtu_max(ip, dst) ? most : mn_ip_mtu_max(ip, dst);
    return fix.probe_size > mtu && fix.probe_size <= most ? fix.probe_size : 0;
}

void mn_ip_pmtu_probed(struct mn_ip *ip, const struct mnet_addr *dst, uint32_t mtu, uint32_t size,
                       bool has_arrived)
{
    (void)ip;
    assert_true(mnet_addr_equal(dst, &fix.remote.addr));
    assert_true(mtu < size);
    assert_int_equal(size, fix.probe_size);
    fix.arrived += has_arrived;
    fix.missed += !has_arrived;
    if (has_arrived)
        fix.pmtu = size;
}

uint32_t mn_ip_pmtu_fallback(const struct mn_ip *ip, const struct mnet_addr *dst, uint32_t mtu)
{
    (void)ip;
    (void)dst;
    return mtu > 1240 ? 1240 : mtu > 576 ? 576 : mtu;
}

void mn_ip_pmtu_fell(struct mn_ip *ip, const struct mnet_addr *dst, uint32_t mtu, uint32_t lost)
{
    (void)ip;
    assert_true(mnet_addr_equal(dst, &fix.remote.addr));
    assert_true(mtu < lost);
    fix.pmtu = fix.fell = mtu;
    fix.fell_lost = lost;
}

uint32_t mn_ip_gso_max(const struct mn_ip *ip, const struct mnet_addr *dst)
{
    (void)ip;
    (void)dst;
    return fix.gso_max;
}

bool mn_ip_is_own(const struct mn_ip *ip, const struct mnet_addr *addr)
{
    (void)ip;
    return mnet_addr_equal(addr, &fix.local.addr);
}

bool mn_ip_is_group(const struct mn_ip *ip, const struct mnet_addr *addr)
{
    (void)ip;
    return mnet_addr_to_v4(addr) == 0x0a0000ffu;
}

void mn_ip_confirm(struct mn_ip *ip, const struct mnet_addr *dst)
{
    (void)ip;
    assert_true(mnet_addr_equal(dst, &fix.remote.addr));
    fix.confirms++;
}

/* Reads what was sent, as a peer would. */
static void capture(const struct mn_pkt *pkt, bool is_mtu_probe)
{
    assert_true(fix.tx_to < FIX_TX_MAX);
    struct seg *seg = &fix.tx[fix.tx_to];
    struct mn_rd rd = mn_pkt_rd(pkt);
    struct mn_tcp_hdr hdr;
    *seg = (struct seg){0};
    assert_true(mn_tcp_hdr_read(&rd, &hdr));
    assert_true(mn_tcp_opts_read(hdr.options, &seg->opts));
    assert_true(fix.has_many || hdr.src_port == fix.local.port);
    assert_true(fix.has_many || hdr.dst_port == fix.remote.port);
    assert_int_equal(hdr.urgent, 0);
    seg->flags = hdr.flags;
    seg->seq = hdr.seq.v;
    seg->ack = hdr.ack.v;
    seg->wnd = hdr.window;
    seg->len = pkt->frame.len - hdr.header_len;
    seg->gso_size = pkt->frame.gso == MNET_GSO_NONE ? 0 : pkt->frame.gso_size;
    fix.tx_text[fix.tx_to] = malloc(seg->len + 1);
    mn_pkt_copy_out(pkt, hdr.header_len, fix.tx_text[fix.tx_to], seg->len);
    /* What a device needs to finish it. */
    assert_int_equal(pkt->frame.csum, MNET_CSUM_PARTIAL);
    assert_int_equal(pkt->frame.csum_start, 0);
    assert_int_equal(pkt->frame.csum_offset, 16);
    mn_sum pseudo = mn_ip_pseudo_sum(&fix.local.addr, &fix.remote.addr, 6, pkt->frame.len);
    assert_int_equal(hdr.checksum, mn_sum_fold(pseudo));
    if (seg->gso_size) {
        assert_int_equal(pkt->frame.gso, MNET_GSO_TCP4);
        assert_int_equal(pkt->frame.gso_hdr_len, hdr.header_len);
        assert_true(pkt->frame.len + 20 <= fix.gso_max);
    } else {
        assert_true(pkt->frame.len + 20 <= (is_mtu_probe ? fix.link_mtu : fix.pmtu));
    }
    seg->is_mtu_probe = is_mtu_probe;
    if (seg->opts.has_ts)
        fix.ts_ecr = seg->opts.ts_val;
    fix.tx_to++;
    fix.tx_at = fix.env.now;
}

mnet_err mn_ip_out(struct mn_ip *ip, struct mn_pkt *pkt, const struct mn_ip_tx *tx)
{
    (void)ip;
    assert_true(mnet_addr_equal(&tx->src, &fix.local.addr));
    assert_true(mnet_addr_equal(&tx->dst, &fix.remote.addr));
    assert_int_equal(tx->proto, 6);
    struct mn_rd rd = mn_pkt_rd(pkt);
    if (tx->flow_label != 0)
        assert_int_equal(tx->flow_label, mn_rd_be32(&rd));
    mnet_err err = fix.out_err;
    uint32_t mtu = tx->is_mtu_probe ? fix.link_mtu : fix.pmtu;
    bool is_big = pkt->frame.gso == MNET_GSO_NONE && pkt->frame.len + 20 > mtu;
    assert_true(tx->dont_fragment);
    if (err == MNET_OK && (is_big || (pkt->frame.gso && pkt->frame.gso_size + 40u > fix.pmtu)))
        err = MNET_ERR_MSG_SIZE;
    if (err == MNET_OK)
        capture(pkt, tx->is_mtu_probe);
    mn_pkt_free(&fix.env, pkt);
    return err;
}
