/* SPDX-License-Identifier: ISC
 *
 * What the tests of IPv6 on a link share: a link with an own address, solicitations and
 * advertisements written and read byte by byte. */
#ifndef LINK6_TEST_H
#define LINK6_TEST_H

#include "link_test.h"

#define PEER_MAC_INIT                                                                              \
    {                                                                                              \
        {                                                                                          \
            0x02, 0, 0, 0, 0, 0x01                                                                 \
        }                                                                                          \
    }
#define OTHER_MAC_INIT                                                                             \
    {                                                                                              \
        {                                                                                          \
            0x02, 0, 0, 0, 0, 0x99                                                                 \
        }                                                                                          \
    }

#define LL6(last) ((struct mnet_addr){{0xfe, 0x80, [13] = 0x77, [15] = (last)}})
#define OUR6 LL6(2)
#define PEER6 LL6(1)
#define OTHER6 LL6(0x99)
#define GLOBAL6(net, last) ((struct mnet_addr){{0x20, 1, 0x0d, 0xb8, 0, (net), [15] = (last)}})
#define ANY6 ((struct mnet_addr){{0}})
#define ALL_NODES6 ((struct mnet_addr){{0xff, 2, [15] = 1}})
#define ALL_ROUTERS6 ((struct mnet_addr){{0xff, 2, [15] = 2}})

static inline struct mnet_addr solicited_node(struct mnet_addr addr)
{
    return (struct mnet_addr){
        {0xff, 2, [11] = 1, [12] = 0xff, addr.bytes[13], addr.bytes[14], addr.bytes[15]}};
}

static inline void add6(struct fixture *f, struct mnet_addr addr)
{
    assert_int_equal(mn_link_addr_add(&f->link, &addr), MNET_OK);
}

static inline bool is_ready6(const struct fixture *f, struct mnet_addr addr)
{
    return mn_link_addr_is_ready(&f->link, &addr);
}

/* A link with one own address of each family that are ready. */
static inline struct fixture *fixture6_new(uint32_t caps)
{
    struct fixture *f = fixture_new(caps);
    add6(f, OUR6);
    pass(f, MNET_SEC(3));
    assert_true(is_ready6(f, OUR6));
    drop_sent(&f->device);
    return f;
}

/* ---- packets to neighbours ---- */

static inline void header6(uint8_t *at, uint32_t payload, uint8_t next, uint8_t hop_limit,
                           const struct mnet_addr *src, const struct mnet_addr *dst)
{
    memset(at, 0, 8);
    at[0] = 0x60;
    at[4] = (uint8_t)(payload >> 8);
    at[5] = (uint8_t)payload;
    at[6] = next;
    at[7] = hop_limit;
    memcpy(at + 8, src->bytes, 16);
    memcpy(at + 24, dst->bytes, 16);
}

static inline mnet_err send6_from(struct fixture *f, const struct mnet_addr *src,
                                  const struct mnet_addr *to, uint8_t first)
{
    uint8_t bytes[40];
    header6(bytes, 20, 59, 64, src, to);
    struct mn_pkt *pkt = packet(f, first, 20);
    struct mn_wr w = mn_pkt_push(&f->env, pkt, sizeof bytes);
    mn_wr_bytes(&w, bytes, sizeof bytes);
    return mn_link_out(&f->link, pkt, to, false);
}

static inline mnet_err send6(struct fixture *f, const struct mnet_addr *to, uint8_t first)
{
    return send6_from(f, &OUR6, to, first);
}

/* The i-th frame sent carries `send6(f, ..., first)` to `mac`. */
static inline void assert_sent_packet6(const struct fixture *f, unsigned i, struct mnet_mac mac,
                                       uint8_t first)
{
    assert_true(i < f->device.sent_count);
    const uint8_t *bytes = f->device.sent[i].bytes;
    assert_int_equal(f->device.sent[i].frame.len, 14 + 40 + 20);
    assert_memory_equal(bytes, &mac, 6);
    assert_memory_equal(bytes + 6, &OUR_MAC, 6);
    assert_int_equal(bytes[12] << 8 | bytes[13], 0x86dd);
    assert_int_equal(bytes[14 + 40], first);
}

/* What the table says of a neighbour; `state` NULL: nothing. */
static inline struct mn_link_neigh_info neigh6(const struct fixture *f,
                                               const struct mnet_addr *addr)
{
    struct mn_link_neigh_info info;
    unsigned cursor = 0;
    while (mn_link_neigh_next(&f->link, &cursor, &info))
        if (mnet_addr_equal(&info.addr, addr))
            return info;
    memset(&info, 0, sizeof info);
    return info;
}

/* ---- messages that come in ---- */

#define SOLICIT 135
#define ADVERT 136
#define R_FLAG 0x80
#define S_FLAG 0x40
#define O_FLAG 0x20

struct ndp {
    uint8_t type, code, hop_limit, flags;
    struct mnet_addr src, dst, target;
    uint8_t options[64];
    uint8_t options_len;
};

static inline void ndp_option(struct ndp *m, uint8_t type, const void *value, uint8_t len)
{
    uint8_t *at = m->options + m->options_len;
    at[0] = type;
    at[1] = (uint8_t)((2 + len) / 8);
    memcpy(at + 2, value, len);
    m->options_len = (uint8_t)(m->options_len + 2 + len);
}

/* A solicitation of `src` for `target`, with a source link-layer address unless `mac` is NULL. */
static inline struct ndp solicit(struct mnet_addr src, struct mnet_addr target,
                                 const struct mnet_mac *mac)
{
    struct ndp m = {SOLICIT, 0, 255, 0, src, solicited_node(target), target, {0}, 0};
    if (mac)
        ndp_option(&m, 1, mac, 6);
    return m;
}

/* A solicitation from :: for `target`, as in duplicate address detection. */
static inline struct ndp probe(struct mnet_addr target, const uint8_t *nonce)
{
    struct ndp m = solicit(ANY6, target, NULL);
    if (nonce)
        ndp_option(&m, 14, nonce, 6);
    return m;
}

static inline struct ndp advert(struct mnet_addr target, struct mnet_addr dst, uint8_t flags,
                                const struct mnet_mac *mac)
{
    struct ndp m = {ADVERT, 0, 255, flags, target, dst, target, {0}, 0};
    if (mac)
        ndp_option(&m, 2, mac, 6);
    return m;
}

/* Lets the first `len` bytes of a message come in. */
static inline mn_verdict ndp_cut_comes(struct fixture *f, const struct ndp *m, uint32_t len)
{
    uint8_t bytes[24 + sizeof m->options] = {m->type, m->code, 0, 0, m->flags};
    memcpy(bytes + 8, m->target.bytes, 16);
    memcpy(bytes + 24, m->options, sizeof m->options);
    struct mn_pkt *pkt = mn_pkt_new(&f->env);
    assert_non_null(pkt);
    assert_true(mn_pkt_append(&f->env, pkt, bytes, len));
    const struct mn_ndp_rx rx = {m->src, m->dst, m->hop_limit};
    mn_verdict verdict = mn_ndp_in(&f->link, pkt, &rx);
    mn_pkt_free(&f->env, pkt);
    assert_true(mn_link_ok(&f->link));
    return verdict;
}

static inline mn_verdict ndp_comes(struct fixture *f, struct ndp m)
{
    return ndp_cut_comes(f, &m, 24u + m.options_len);
}

/* ---- messages that went out ---- */

static inline uint32_t sum_of(uint32_t sum, const uint8_t *at, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++) {
        sum += i % 2 == 0 ? (uint32_t)at[i] << 8 : at[i];
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum;
}

/* The i-th frame sent is a good message from `src` to `dst` about `target`; returns it from its
 * ICMPv6 header on. */
static inline const uint8_t *assert_sent_ndp(const struct fixture *f, unsigned i, uint8_t type,
                                             struct mnet_addr src, struct mnet_addr dst,
                                             struct mnet_addr target, struct mnet_mac to,
                                             uint32_t len)
{
    assert_true(i < f->device.sent_count);
    const struct sent *sent = &f->device.sent[i];
    const uint8_t *frame = sent->bytes, *ip = frame + 14, *icmp = ip + 40;
    assert_int_equal(sent->frame.len, 14 + 40 + len);
    assert_int_equal(sent->frame.csum, MNET_CSUM_NONE);
    assert_memory_equal(frame, &to, 6);
    assert_memory_equal(frame + 6, &OUR_MAC, 6);
    assert_int_equal(frame[12] << 8 | frame[13], 0x86dd);
    uint8_t header[40];
    header6(header, len, 58, 255, &src, &dst); /* RFC 4861 7.1: hop limit 255 */
    assert_memory_equal(ip, header, 40);
    assert_int_equal(icmp[0], type);
    assert_int_equal(icmp[1], 0);
    assert_memory_equal(icmp + 8, target.bytes, 16);
    const uint8_t tail[8] = {0, 0, (uint8_t)(len >> 8), (uint8_t)len, 0, 0, 0, 58};
    uint32_t sum = sum_of(sum_of(sum_of(0, ip + 8, 32), tail, 8), icmp, len);
    assert_int_equal(sum, 0xffff); /* RFC 4443 2.3 */
    return icmp;
}

static inline struct mnet_mac group_mac(struct mnet_addr group)
{
    const uint8_t *low = group.bytes + 12;
    return (struct mnet_mac){{0x33, 0x33, low[0], low[1], low[2], low[3]}};
}

/* A solicitation to the one at `to`, or to everybody (NULL). */
static inline void assert_sent_solicit(const struct fixture *f, unsigned i,
                                       const struct mnet_addr *src, const struct mnet_addr *target,
                                       const struct mnet_mac *to)
{
    struct mnet_addr dst = to ? *target : solicited_node(*target);
    const uint8_t *icmp =
        assert_sent_ndp(f, i, SOLICIT, *src, dst, *target, to ? *to : group_mac(dst), 32);
    const uint8_t head[4] = {0, 0, 0, 0};
    assert_memory_equal(icmp + 4, head, 4);
    assert_int_equal(icmp[24] << 8 | icmp[25], 0x0101);
    assert_memory_equal(icmp + 26, &OUR_MAC, 6);
}

static inline void assert_sent_advert(const struct fixture *f, unsigned i, struct mnet_addr target,
                                      struct mnet_addr dst, struct mnet_mac to, uint8_t flags)
{
    const uint8_t *icmp = assert_sent_ndp(f, i, ADVERT, target, dst, target, to, 32);
    const uint8_t head[4] = {flags, 0, 0, 0};
    assert_memory_equal(icmp + 4, head, 4);
    assert_int_equal(icmp[24] << 8 | icmp[25], 0x0201);
    assert_memory_equal(icmp + 26, &OUR_MAC, 6);
}

/* A solicitation from :: for `target`; returns its nonce. */
static inline const uint8_t *assert_sent_probe(const struct fixture *f, unsigned i,
                                               struct mnet_addr target)
{
    struct mnet_addr dst = solicited_node(target);
    const uint8_t *icmp = assert_sent_ndp(f, i, SOLICIT, ANY6, dst, target, group_mac(dst), 32);
    assert_int_equal(icmp[24] << 8 | icmp[25], 0x0e01); /* RFC 3971 5.3.2 */
    return icmp + 26;
}

#endif
