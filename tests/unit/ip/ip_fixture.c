/* SPDX-License-Identifier: ISC */
#include "ip_fixture.h"

/* ---- the link that is only pretended ---- */

uint32_t mn_link_mtu(const struct mn_link *link)
{
    return link->mtu;
}

uint32_t mn_link_gso_max(const struct mn_link *link)
{
    return link->gso_max;
}

bool mn_link_addr_is_ready(const struct mn_link *link, const struct mnet_addr *addr)
{
    (void)addr;
    return !link->is_probing;
}

void mn_link_neigh_confirm(struct mn_link *link, const struct mnet_addr *next_hop)
{
    link->confirmed = *next_hop;
}

mnet_err mn_link_addr_add(struct mn_link *link, const struct mnet_addr *addr)
{
    link->own6 = *addr;
    return link->refuse;
}

void mn_link_addr_remove(struct mn_link *link, const struct mnet_addr *addr)
{
    (void)link;
    (void)addr;
}

bool mn_link_addr_is_taken(const struct mn_link *link, const struct mnet_addr *addr)
{
    (void)link;
    (void)addr;
    return false;
}

const struct mnet_mac *mn_link_mac(const struct mn_link *link)
{
    static const struct mnet_mac mac = {{2, 0, 0, 0, 0, 1}};
    (void)link;
    return &mac;
}

enum mn_neigh_view mn_link_neigh_view(const struct mn_link *link, const struct mnet_addr *addr,
                                      bool *is_router)
{
    (void)link;
    (void)addr;
    *is_router = true;
    return MN_NEIGH_VIEW_THERE;
}

void mn_link_neigh_heard(struct mn_link *link, const struct mnet_addr *addr,
                         const struct mnet_mac *mac, bool is_router)
{
    (void)link;
    (void)addr;
    (void)mac;
    (void)is_router;
}

void mn_link_neigh_params(struct mn_link *link, uint32_t reachable_ms, uint32_t retrans_ms)
{
    (void)link;
    (void)reachable_ms;
    (void)retrans_ms;
}

mnet_err mn_link_out(struct mn_link *link, struct mn_pkt *pkt, const struct mnet_addr *next_hop,
                     bool is_broadcast)
{
    if (link->refuse != MNET_OK) {
        mn_pkt_drop(link->env, pkt, MNET_DROP_NEIGH_FAILED);
        return link->refuse;
    }
    /* Reports of groups are tested where they are made: mld_test.c, igmp_test.c. */
    const uint8_t *hdr = pkt->frame.seg[0].at;
    if (hdr[0] >> 4 == 6 ? hdr[6] == MN_IP6_EXT_HOP_BY_HOP : hdr[9] == MN_PROTO_IGMP) {
        mn_pkt_free(link->env, pkt);
        return MNET_OK;
    }
    /* An Ethernet header must fit in front. */
    mn_pkt_push(link->env, pkt, 14);
    uint32_t slot = link->sent_count++ % 4096;
    link->next[slot] = *next_hop;
    link->is_broadcast[slot] = is_broadcast;
    mn_pktq_push(&link->queue, pkt);
    return MNET_OK;
}

/* ---- numbers ---- */

uint16_t be16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

uint32_t be32(const uint8_t *at)
{
    return (uint32_t)be16(at) << 16 | be16(at + 2);
}

void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

void put32(uint8_t *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value);
}

uint16_t plain_sum(const uint8_t *at, uint32_t len, uint32_t start)
{
    uint32_t sum = start;
    for (uint32_t i = 0; i < len; i++) {
        sum += (i & 1) ? at[i] : (uint32_t)at[i] << 8;
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)~sum;
}

uint32_t pseudo(const uint8_t *at, uint32_t len)
{
    uint32_t sum = 0;
    for (int i = 12; i < 20; i += 2)
        sum += be16(at + i);
    return sum + at[9] + len;
}

void pattern(uint8_t *at, uint32_t len, uint32_t seed)
{
    uint32_t x = seed * 2654435761u + 12345u;
    for (uint32_t i = 0; i < len; i++) {
        x = x * 1664525u + 1013904223u;
        at[i] = (uint8_t)(x >> 24);
    }
}

/* ---- the layer ---- */

struct fix *fix_new(uint32_t pages)
{
    return fix_new_mode(pages, MNET_IPV6_OFF);
}

struct fix *fix_new_mode(uint32_t pages, enum mnet_ipv6_mode mode)
{
    struct fix *f = calloc(1, sizeof *f);
    /* Carved tables of ip/ and udp/, and the page that alignment may cost. */
    size_t len = (size_t)(pages + 4) * MN_PAGE_SIZE;
    f->region = aligned_alloc(64, len);
    assert_true(mn_mem_init(&f->env.mem, f->region, len));
    mnet_rng_seeded_init(&f->rng, 7);
    f->env.rng = &f->rng.rng;
    f->env.now = MNET_SEC(1000);
    f->env.hash_key = (struct mn_hash_key){{1, 2}};
    mn_wheel_init(&f->env.wheel, f->env.now);
    mn_pool_init(&f->env.pkts, &f->env.mem, "packets", sizeof(struct mn_pkt), UINT32_MAX);
    f->link.env = &f->env;
    f->link.mtu = 1500;
    f->link.gso_max = 65535;
    struct mnet_config config = {.ipv6_mode = mode};
    f->env.name = "test";
    assert_int_equal(mn_ip_init(&f->ip, &f->env, &f->link, &config), MNET_OK);
    fix_addr(f, OWN, 24);
    return f;
}

void fix_free(struct fix *f)
{
    drop_received(f);
    mn_pktq_clear(&f->env, &f->link.queue);
    assert_true(mn_ip_ok(&f->ip));
    mn_ip_deinit(&f->ip);
    assert_int_equal(f->env.pkts.count, 0);
    assert_int_equal(f->env.mem.pages_used, 0);
    assert_true(mn_mem_ok(&f->env.mem));
    free(f->region);
    free(f);
}

int fix_setup(void **state)
{
    *state = fix_new(256);
    return 0;
}

int fix_teardown(void **state)
{
    fix_free(*state);
    return 0;
}

void fix_addr(struct fix *f, uint32_t addr, uint8_t prefix_len)
{
    struct mnet_cidr cidr = {mnet_addr_v4(addr), prefix_len};
    assert_int_equal(mn_ip_addr_add(&f->ip, &cidr), MNET_OK);
}

void fix_route(struct fix *f, uint32_t net, uint8_t prefix_len, uint32_t gateway)
{
    struct mnet_cidr dst = {mnet_addr_v4(net), prefix_len};
    struct mnet_addr gw = mnet_addr_v4(gateway);
    assert_int_equal(mn_ip_route_add(&f->ip, &dst, &gw), MNET_OK);
}

bool fix_is_joined(const struct fix *f, uint32_t group)
{
    struct mnet_addr addr = mnet_addr_v4(group);
    return mn_ip_group_is_joined(&f->ip, &addr);
}

void fix_pass(struct fix *f, mnet_time time)
{
    struct mn_timer *timer;
    f->env.now += time;
    while ((timer = mn_wheel_expire(&f->env.wheel, f->env.now)) != NULL)
        mn_ip_timer(&f->ip, timer);
}

uint64_t fix_drops(const struct fix *f, enum mnet_drop reason)
{
    return f->env.drops[reason];
}

/* ---- in ---- */

uint32_t make(uint8_t *at, const struct ip4 *p)
{
    uint32_t header_len = 20u + p->options_len;
    uint32_t total = header_len + p->len;
    assert_true(p->options_len % 4 == 0 && p->options_len <= 40);
    memset(at, 0, header_len);
    at[0] = (uint8_t)(0x40 | header_len / 4);
    at[1] = p->tos;
    put16(at + 2, total);
    put16(at + 4, p->id);
    put16(at + 6, p->off / 8 | (p->mf ? 0x2000u : 0) | (p->df ? 0x4000u : 0));
    at[8] = p->ttl ? p->ttl : 64;
    at[9] = p->proto ? p->proto : MN_PROTO_UDP;
    put32(at + 12, p->src || p->from_zero ? p->src : PEER);
    put32(at + 16, p->dst ? p->dst : OWN);
    memcpy(at + 20, p->options, p->options_len);
    put16(at + 10, plain_sum(at, header_len, 0));
    if (p->len)
        memcpy(at + header_len, p->data, p->len);
    return total;
}

void drop_received(struct fix *f)
{
    mn_pkt_free(&f->env, f->pkt);
    f->pkt = NULL;
}

static mn_verdict go(struct fix *f, struct mn_pkt *pkt)
{
    drop_received(f);
    f->verdict = mn_ip4_in(&f->ip, &pkt, &f->rx);
    if (f->verdict == MN_TO_ICMP4)
        f->verdict = mn_icmp4_in(&f->ip, pkt, &f->rx, &f->err);
    if (f->verdict != MN_KEPT)
        f->pkt = pkt;
    if (mn_verdict_is_drop(f->verdict))
        mn_env_count_drop(&f->env, mn_verdict_reason(f->verdict));
    assert_true(mn_ip_ok(&f->ip));
    return f->verdict;
}

mn_verdict receive_bytes(struct fix *f, const uint8_t *at, uint32_t len)
{
    struct mn_pkt *pkt = mn_pkt_new_rx(&f->env, len + 14);
    if (!pkt)
        return f->verdict = MN_DROP(RX_NO_MEMORY);
    /* Behind an Ethernet header that has been pulled. */
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

mn_verdict receive(struct fix *f, const struct ip4 *p)
{
    static uint8_t bytes[70000];
    return receive_bytes(f, bytes, make(bytes, p));
}

mn_verdict receive_loopback(struct fix *f)
{
    struct mn_pkt *pkt = mn_ip_loopback(&f->ip);
    assert_non_null(pkt);
    return go(f, pkt);
}

/* ---- out ---- */

bool take(struct fix *f)
{
    struct sent *s = &f->sent;
    struct mn_pkt *pkt = mn_pktq_pop(&f->link.queue);
    if (!pkt)
        return false;
    mn_pkt_pull(&f->env, pkt, 14);
    uint32_t slot = f->link.taken_count++ % 4096;
    s->next = f->link.next[slot];
    s->is_broadcast = f->link.is_broadcast[slot];
    s->len = pkt->frame.len;
    s->csum = pkt->frame.csum;
    s->gso = pkt->frame.gso;
    s->csum_start = (uint16_t)(pkt->frame.csum_start - 14); /* from the IP header */
    s->gso_hdr_len = (uint16_t)(pkt->frame.gso_hdr_len - 14);
    assert_true(s->len <= 65535);
    mn_pkt_copy_out(pkt, 0, s->bytes, s->len);
    /* RFC 791 3.1: every header that leaves is right. */
    assert_int_equal(s->bytes[0], 0x45);
    assert_int_equal(be16(s->bytes + 2), s->len);
    assert_int_equal(plain_sum(s->bytes, 20, 0), 0);
    if (s->csum == MNET_CSUM_PARTIAL) {
        /* As a device would: the field holds the sum of the pseudo header. */
        uint8_t *field = s->bytes + s->csum_start + pkt->frame.csum_offset;
        uint16_t sum = plain_sum(s->bytes + s->csum_start, s->len - s->csum_start, 0);
        put16(field, sum == 0 ? 0xffff : sum);
    }
    mn_pkt_free(&f->env, pkt);
    return true;
}

struct mn_pkt *pattern_pkt(struct fix *f, uint32_t len)
{
    static uint8_t bytes[70000];
    struct mn_pkt *pkt = mn_pkt_new(&f->env);
    pattern(bytes, len, len);
    if (pkt && !mn_pkt_append(&f->env, pkt, bytes, len)) {
        mn_pkt_free(&f->env, pkt);
        pkt = NULL;
    }
    return pkt;
}
