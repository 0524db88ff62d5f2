/* SPDX-License-Identifier: ISC */
#include "in6_fixture.h"

struct mnet_addr a6(const char *text)
{
    struct mnet_addr addr;
    assert_int_equal(mnet_addr_parse(text, &addr), MNET_OK);
    return addr;
}

int in6_setup(void **state)
{
    struct fix *f = fix_new_mode(256, MNET_IPV6_PRIVATE);
    struct mnet_cidr own = {a6(OWN6), 64};
    const struct mnet_cidr all = {mnet_addr_any(), 0};
    struct mnet_addr router = a6(ROUTER6);
    assert_int_equal(mn_ip_addr_add(&f->ip, &own), MNET_OK);
    assert_int_equal(mn_ip_route_add(&f->ip, &all, &router), MNET_OK);
    *state = f;
    return 0;
}

uint32_t make6(uint8_t *at, const struct ip6 *p)
{
    uint32_t payload = p->ext_len + p->len;
    struct mnet_addr src = a6(p->src ? p->src : PEER6), dst = a6(p->dst ? p->dst : OWN6);
    put32(at, 0x60000000u | (uint32_t)p->tclass << 20);
    put16(at + 4, payload);
    at[6] = p->next || p->is_next_zero ? p->next : MN_PROTO_UDP;
    at[7] = p->hop_limit ? p->hop_limit : 64;
    memcpy(at + 8, src.bytes, 16);
    memcpy(at + 24, dst.bytes, 16);
    if (p->ext_len)
        memcpy(at + 40, p->ext, p->ext_len);
    if (p->len)
        memcpy(at + 40 + p->ext_len, p->data, p->len);
    memset(at + 40 + payload, 0xee, p->padding);
    return 40 + payload + p->padding;
}

static mn_verdict go(struct fix *f, struct mn_pkt *pkt)
{
    drop_received(f);
    f->verdict = mn_ip6_in(&f->ip, &pkt, &f->rx);
    if (f->verdict == MN_TO_ICMP6)
        f->verdict = mn_icmp6_in(&f->ip, pkt, &f->rx, &f->err);
    if (f->verdict != MN_KEPT)
        f->pkt = pkt;
    if (mn_verdict_is_drop(f->verdict))
        mn_env_count_drop(&f->env, mn_verdict_reason(f->verdict));
    assert_true(mn_ip_ok(&f->ip));
    return f->verdict;
}

mn_verdict receive6_bytes(struct fix *f, const uint8_t *at, uint32_t len)
{
    struct mn_pkt *pkt = mn_pkt_new_rx(&f->env, len + 14);
    assert_non_null(pkt);
    mn_pkt_pull(&f->env, pkt, 14);
    uint32_t done = 0;
    for (unsigned i = 0; i < pkt->frame.seg_count && done < len; i++) {
        uint32_t n = pkt->frame.seg[i].len < len - done ? pkt->frame.seg[i].len : len - done;
        memcpy(pkt->frame.seg[i].at, at + done, n);
        done += n;
    }
    mn_pkt_trim(&f->env, pkt, len);
    return go(f, pkt);
}

mn_verdict receive6(struct fix *f, const struct ip6 *p)
{
    static uint8_t bytes[70000];
    return receive6_bytes(f, bytes, make6(bytes, p));
}

mn_verdict receive6_loopback(struct fix *f)
{
    struct mn_pkt *pkt = mn_ip_loopback(&f->ip);
    assert_non_null(pkt);
    return go(f, pkt);
}

uint16_t sum6(const uint8_t *at, uint8_t proto, uint32_t payload_at, uint32_t len)
{
    uint32_t sum = proto + len;
    for (int i = 8; i < 40; i += 2)
        sum += be16(at + i);
    return plain_sum(at + payload_at, len, sum);
}

mn_verdict receive_icmp6(struct fix *f, struct ip6 p, uint8_t *at, uint32_t len)
{
    static uint8_t bytes[70000];
    p.next = MN_PROTO_ICMP6;
    p.data = at;
    p.len = len;
    put16(at + 2, 0);
    make6(bytes, &p);
    put16(at + 2, sum6(bytes, MN_PROTO_ICMP6, 40, len));
    return receive6(f, &p);
}

bool take6(struct fix *f)
{
    struct sent *s = &f->sent;
    struct mn_pkt *pkt = mn_pktq_pop(&f->link.queue);
    if (!pkt)
        return false;
    mn_pkt_pull(&f->env, pkt, 14);
    s->next = f->link.next[f->link.taken_count++ % 4096];
    s->len = pkt->frame.len;
    s->csum = pkt->frame.csum;
    s->gso = pkt->frame.gso;
    s->csum_start = (uint16_t)(pkt->frame.csum_start - 14);
    s->gso_hdr_len = (uint16_t)(pkt->frame.gso_hdr_len - 14);
    assert_true(s->len <= sizeof s->bytes);
    mn_pkt_copy_out(pkt, 0, s->bytes, s->len);
    /* RFC 8200 3: every header that leaves is right. */
    assert_int_equal(s->bytes[0] >> 4, 6);
    assert_int_equal(be16(s->bytes + 4), s->len - 40);
    if (s->csum == MNET_CSUM_PARTIAL) {
        uint8_t *field = s->bytes + s->csum_start + pkt->frame.csum_offset;
        uint16_t sum = plain_sum(s->bytes + s->csum_start, s->len - s->csum_start, 0);
        put16(field, sum == 0 ? 0xffff : sum);
    }
    if (s->bytes[6] == MN_PROTO_ICMP6)
        assert_int_equal(sum6(s->bytes, MN_PROTO_ICMP6, 40, s->len - 40), 0);
    mn_pkt_free(&f->env, pkt);
    return true;
}
