/* SPDX-License-Identifier: ISC
 *
 * What the tests of link/ share: a link on a device that keeps what it is sent and gives what it is
 * told to, with any capabilities, and virtual time. */
#ifndef LINK_TEST_H
#define LINK_TEST_H

/* cmocka needs these before itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <link/link_state.h>
#include <stdlib.h>
#include <string.h>
#include <wire/arp_hdr.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

/* ---- the device ---- */

struct sent {
    struct mnet_frame frame; /* offload facts; its ranges are not valid any more */
    uint8_t *bytes;          /* malloc */
};

struct device {
    struct mnet_netdev dev;
    struct {
        struct mnet_frame facts; /* len and offload facts */
        uint8_t *bytes;          /* malloc */
    } rx[64];
    unsigned rx_count, rx_calls;
    unsigned last_rx_slots;
    struct sent sent[2048];
    unsigned sent_count;
    unsigned room;   /* frames it takes before it says AGAIN */
    mnet_err tx_err; /* what it says instead, if not 0 */
    unsigned flushes;
};

static inline unsigned device_rx(struct mnet_netdev *dev, struct mnet_frame *slots, unsigned count)
{
    struct device *d = (struct device *)(void *)dev;
    d->rx_calls++;
    d->last_rx_slots = count;
    unsigned n = 0;
    for (; n < count && n < d->rx_count; n++) {
        struct mnet_frame *slot = &slots[n];
        const uint8_t *from = d->rx[n].bytes;
        uint32_t left = d->rx[n].facts.len, room = 0;
        unsigned used = 0;
        for (unsigned i = 0; i < slot->seg_count; i++)
            room += slot->seg[i].len;
        assert_true(room >= dev->rx_frame_max && left <= dev->rx_frame_max);
        do {
            uint32_t part = left < slot->seg[used].len ? left : slot->seg[used].len;
            memcpy(slot->seg[used].at, from, part);
            slot->seg[used++].len = part;
            from += part;
            left -= part;
        } while (left > 0);
        slot->seg_count = (uint8_t)used;
        slot->len = d->rx[n].facts.len;
        slot->csum = d->rx[n].facts.csum;
        slot->gso = d->rx[n].facts.gso;
        slot->gso_size = d->rx[n].facts.gso_size;
        free(d->rx[n].bytes);
    }
    memmove(&d->rx[0], &d->rx[n], (d->rx_count - n) * sizeof d->rx[0]);
    d->rx_count -= n;
    return n;
}

static inline mnet_err device_tx(struct mnet_netdev *dev, const struct mnet_frame *frame)
{
    struct device *d = (struct device *)(void *)dev;
    if (d->room == 0)
        return MNET_ERR_AGAIN;
    if (d->tx_err)
        return d->tx_err;
    assert_true(frame->seg_count >= 1 && frame->seg_count <= MNET_FRAME_SEGS);
    /* What the device did not say it can do is not asked of it. */
    if ((dev->caps & MNET_NETDEV_GATHER) == 0)
        assert_int_equal(frame->seg_count, 1);
    if ((dev->caps & MNET_NETDEV_TX_CSUM) == 0)
        assert_int_equal(frame->csum, MNET_CSUM_NONE);
    if ((dev->caps & MNET_NETDEV_TSO4) == 0)
        assert_int_not_equal(frame->gso, MNET_GSO_TCP4);
    if ((dev->caps & MNET_NETDEV_TSO6) == 0)
        assert_int_not_equal(frame->gso, MNET_GSO_TCP6);
    if (frame->gso == MNET_GSO_NONE)
        assert_true(frame->len <= dev->mtu + 14);
    assert_true(d->sent_count < COUNT_OF(d->sent));
    d->room--;
    struct sent *sent = &d->sent[d->sent_count++];
    sent->frame = *frame;
    sent->bytes = malloc(frame->len + 1);
    uint32_t at = 0;
    for (unsigned i = 0; i < frame->seg_count; i++) {
        memcpy(sent->bytes + at, frame->seg[i].at, frame->seg[i].len);
        at += frame->seg[i].len;
    }
    assert_int_equal(at, frame->len);
    return MNET_OK;
}

static inline void device_flush(struct mnet_netdev *dev)
{
    ((struct device *)(void *)dev)->flushes++;
}

static const struct mnet_netdev_ops device_ops = {device_rx, device_tx, device_flush};

/* ---- the fixture ---- */

#define OUR_MAC ((struct mnet_mac){{0x02, 0, 0, 0, 0, 0x02}})
#define PEER_MAC ((struct mnet_mac){{0x02, 0, 0, 0, 0, 0x01}})
#define OTHER_MAC ((struct mnet_mac){{0x02, 0, 0, 0, 0, 0x99}})
#define OUR_IP 0x0a000002u
#define PEER_IP 0x0a000001u

struct fixture {
    struct mn_env env;
    struct mn_link link;
    struct device device;
    struct mnet_config config;
    struct mnet_rng_seeded rng;
    void *region;
};

static inline void fixture_prepare(struct fixture *f, size_t len)
{
    memset(f, 0, sizeof *f);
    f->region = aligned_alloc(64, len);
    assert_non_null(f->region);
    assert_true(mn_mem_init(&f->env.mem, f->region, len));
    mnet_rng_seeded_init(&f->rng, 42);
    f->env.rng = &f->rng.rng;
    f->env.name = "test";
    f->env.now = MNET_SEC(1000);
    f->env.rng->fill(f->env.rng, &f->env.hash_key, sizeof f->env.hash_key);
    mn_wheel_init(&f->env.wheel, f->env.now);
    mn_pool_init(&f->env.pkts, &f->env.mem, "packets", sizeof(struct mn_pkt), UINT32_MAX);
    f->device.dev = (struct mnet_netdev){&device_ops, "test", OUR_MAC, 0, 1500, 0, 1514, 8};
    f->device.room = UINT32_MAX;
    f->config.netdev = &f->device.dev;
}

/* A link with one own address whose announcements are over, on a device with `caps`. */
static inline struct fixture *fixture_new(uint32_t caps);

static inline void drop_sent(struct device *d)
{
    for (unsigned i = 0; i < d->sent_count; i++)
        free(d->sent[i].bytes);
    d->sent_count = 0;
}

/* Lets timers expire, each at its time, until `duration` has passed. */
static inline void pass(struct fixture *f, mnet_time duration)
{
    mnet_time end = f->env.now + duration;
    for (;;) {
        mnet_time next = mn_wheel_next(&f->env.wheel);
        if (next > end)
            break;
        if (next > f->env.now)
            f->env.now = next;
        struct mn_timer *timer;
        bool any = false;
        while ((timer = mn_wheel_expire(&f->env.wheel, f->env.now)) != NULL) {
            mn_link_timer(&f->link, timer);
            any = true;
        }
        if (!any)
            f->env.now += (mnet_time)1 << MN_WHEEL_TICK_SHIFT;
    }
    if (f->env.now < end)
        f->env.now = end;
    assert_true(mn_link_ok(&f->link));
    assert_true(mn_mem_ok(&f->env.mem));
}

static inline struct fixture *fixture_new(uint32_t caps)
{
    struct fixture *f = malloc(sizeof *f);
    assert_non_null(f);
    fixture_prepare(f, 4u << 20);
    f->device.dev.caps = caps;
    f->device.dev.gso_max = (caps & MNET_NETDEV_TSO4) ? 65535 : 0;
    assert_int_equal(mn_link_init(&f->link, &f->env, &f->config), MNET_OK);
    struct mnet_addr own = mnet_addr_v4(OUR_IP);
    assert_int_equal(mn_link_addr_add(&f->link, &own), MNET_OK);
    pass(f, MNET_SEC(10));
    drop_sent(&f->device);
    return f;
}

/* Ends it, and looks for what was not given back. */
static inline void fixture_end(struct fixture *f)
{
    assert_true(mn_link_ok(&f->link));
    mn_link_deinit(&f->link);
    assert_true(mn_mem_ok(&f->env.mem));
    assert_int_equal(f->env.pkts.count, 0);
    assert_int_equal(f->env.mem.pages_used, 0);
    drop_sent(&f->device);
    for (unsigned i = 0; i < f->device.rx_count; i++)
        free(f->device.rx[i].bytes);
    free(f->region);
}

static inline void fixture_free(struct fixture *f)
{
    fixture_end(f);
    free(f);
}

/* ---- packets and frames ---- */

/* Splitmix64. */
static inline uint64_t random64(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static inline uint32_t random_below(uint64_t *state, uint32_t bound)
{
    return (uint32_t)(random64(state) >> 32) % bound;
}

static inline void device_give(struct fixture *f, const void *bytes, uint32_t len)
{
    struct device *d = &f->device;
    assert_true(d->rx_count < COUNT_OF(d->rx));
    memset(&d->rx[d->rx_count].facts, 0, sizeof d->rx[0].facts);
    d->rx[d->rx_count].facts.len = len;
    d->rx[d->rx_count].bytes = malloc(len + 1);
    memcpy(d->rx[d->rx_count].bytes, bytes, len);
    d->rx_count++;
}

/* A packet to send with `len` bytes that begin with `first`. */
static inline struct mn_pkt *packet(struct fixture *f, uint8_t first, uint32_t len)
{
    struct mn_pkt *pkt = mn_pkt_new(&f->env);
    assert_non_null(pkt);
    for (uint32_t i = 0; i < len; i++) {
        uint8_t byte = (uint8_t)(first + i);
        assert_true(mn_pkt_append(&f->env, pkt, &byte, 1));
    }
    return pkt;
}

static inline mnet_err send_to(struct fixture *f, uint32_t ip, uint8_t first)
{
    struct mnet_addr addr = mnet_addr_v4(ip);
    return mn_link_out(&f->link, packet(f, first, 20), &addr, false);
}

/* Lets an ARP packet come in, as its own frame; returns the verdict of mn_arp_in or mn_ether_in. */
static inline mn_verdict arp_comes(struct fixture *f, const struct mn_arp_hdr *hdr,
                                   const struct mnet_mac *dst)
{
    uint8_t bytes[60] = {0}; /* with padding, as on a real wire */
    struct mn_wr w = mn_wr_over(bytes, sizeof bytes);
    struct mn_ether_hdr ether = {*dst, hdr->sha, MN_ETHERTYPE_ARP};
    mn_ether_hdr_write(&w, &ether);
    mn_arp_hdr_write(&w, hdr);
    device_give(f, bytes, sizeof bytes);
    struct mn_pkt *pkt = mn_link_rx(&f->link);
    if (!pkt) /* the end of the batch before */
        pkt = mn_link_rx(&f->link);
    assert_non_null(pkt);
    mn_verdict verdict = mn_ether_in(&f->link, pkt);
    if (verdict == MN_TO_ARP)
        verdict = mn_arp_in(&f->link, pkt);
    mn_pkt_free(&f->env, pkt);
    return verdict;
}

static inline mn_verdict arp_request_comes(struct fixture *f, uint32_t spa, struct mnet_mac sha,
                                           uint32_t tpa)
{
    struct mn_arp_hdr hdr = {MN_ARP_OP_REQUEST, sha, spa, {{0}}, tpa};
    return arp_comes(f, &hdr, &MN_LINK_BROADCAST_MAC);
}

static inline mn_verdict arp_reply_comes(struct fixture *f, uint32_t spa, struct mnet_mac sha)
{
    struct mn_arp_hdr hdr = {MN_ARP_OP_REPLY, sha, spa, OUR_MAC, OUR_IP};
    return arp_comes(f, &hdr, &OUR_MAC);
}

/* The ARP packet in the i-th frame sent, and to whom; false: something else. */
static inline bool sent_arp(const struct fixture *f, unsigned i, struct mn_arp_hdr *hdr,
                            struct mnet_mac *dst)
{
    assert_true(i < f->device.sent_count);
    struct mn_rd r = mn_rd_over(f->device.sent[i].bytes, f->device.sent[i].frame.len);
    struct mn_ether_hdr ether;
    assert_true(mn_ether_hdr_read(&r, &ether));
    assert_memory_equal(&ether.src, &OUR_MAC, 6);
    *dst = ether.dst;
    return ether.type == MN_ETHERTYPE_ARP && mn_arp_hdr_read(&r, hdr);
}

static inline void assert_sent_request(const struct fixture *f, unsigned i, uint32_t spa,
                                       uint32_t tpa, struct mnet_mac to)
{
    struct mn_arp_hdr hdr;
    struct mnet_mac dst;
    const struct mnet_mac zero = {{0}};
    assert_true(sent_arp(f, i, &hdr, &dst));
    assert_int_equal(f->device.sent[i].frame.len, 42);
    assert_int_equal(hdr.op, MN_ARP_OP_REQUEST);
    assert_int_equal(hdr.spa, spa);
    assert_int_equal(hdr.tpa, tpa);
    assert_memory_equal(&hdr.sha, &OUR_MAC, 6);
    assert_memory_equal(&hdr.tha, &zero, 6);
    assert_memory_equal(&dst, &to, 6);
}

/* The i-th frame sent carries `packet(f, first, 20)` to `mac`. */
static inline void assert_sent_packet(const struct fixture *f, unsigned i, struct mnet_mac mac,
                                      uint8_t first)
{
    assert_true(i < f->device.sent_count);
    const uint8_t *bytes = f->device.sent[i].bytes;
    assert_int_equal(f->device.sent[i].frame.len, 14 + 20);
    assert_memory_equal(bytes, &mac, 6);
    assert_memory_equal(bytes + 6, &OUR_MAC, 6);
    assert_int_equal(bytes[12] << 8 | bytes[13], MN_ETHERTYPE_IP4);
    for (unsigned k = 0; k < 20; k++)
        assert_int_equal(bytes[14 + k], (uint8_t)(first + k));
}

/* The state of an entry; NULL: there is none. */
static inline const char *neigh_state(const struct fixture *f, uint32_t ip)
{
    struct mn_link_neigh_info info;
    unsigned cursor = 0;
    while (mn_link_neigh_next(&f->link, &cursor, &info))
        if (mnet_addr_to_v4(&info.addr) == ip)
            return info.state;
    return NULL;
}

#endif
