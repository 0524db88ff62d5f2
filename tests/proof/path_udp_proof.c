/* SPDX-License-Identifier: ISC
 *
 * UDP: a datagram of any bytes through mn_udp_in, to one socket or to a group of any two, and an error with any quote
 * through mn_udp_error. They come as mn_ip4_in and mn_icmp4_in hand them on. Lengths up to what is ever read are cases of
 * their own, all longer ones are one case; then reassembled
 * datagrams of each number of ranges. Which socket it is for (harness
 * `udp_tables`), and its queue, answer anything.
 *
 * include: model
 * options: -eva-split-return auto -eva-no-interprocedural-splits -eva-slevel 0 -eva-split-return-function find:0
 * options: -eva-slevel-function mn_udp_in:50,datagram:50,mn_udp_error:50,to_group:50,share:50,mn_pkt_limit:50,mn_pkt_pull_far:20,find:10,hand_in:50
 * sources: src/udp/udp_in.c src/wire/udp_hdr.c src/base/pkt.c src/base/addr.c src/base/env.c
 * reach: 85 */
#include "path.h"
#include <udp/udp_state.h>

#define LONGEST 16 /* more than the UDP header */

static struct mn_udp udp;
static struct mn_ip *ip; /* nobody looks into it */
static struct mnet_dgram sock[2];
static struct mn_list bucket;

/*@ requires told: \initialized(src) && \initialized(dst);
    assigns \result \from *src, *dst, proto, len; */
mn_sum mn_ip_pseudo_sum(const struct mnet_addr *src, const struct mnet_addr *dst, uint8_t proto, uint32_t len);

bool mn_ip_is_group(const struct mn_ip *i, const struct mnet_addr *addr)
{
    //@ assert told: \initialized(addr);
    return any_bool();
}

uint32_t mn_ip_pmtu_update(struct mn_ip *i, const struct mnet_addr *dst, uint32_t mtu)
{
    //@ assert told: \initialized(dst);
    return Frama_C_unsigned_int_interval(68, 65535);
}

struct mn_list *mn_udp_bucket(const struct mn_udp *u, uint16_t port)
{
    return &bucket;
}

struct mnet_dgram *mn_udp_find(const struct mn_udp *u, const struct mnet_endpoint *to, const struct mnet_endpoint *from)
{
    //@ assert told: \initialized(to) && \initialized(from);
    return any_bool() ? &sock[0] : any_bool() ? &sock[1] : NULL;
}

bool mn_udp_takes_group(const struct mnet_dgram *dgram, const struct mnet_endpoint *to, const struct mnet_endpoint *from)
{
    return any_bool();
}

static void check_ranges(const struct mn_pkt *p)
{
    //@ assert ranges: 1 <= p->frame.seg_count <= 5;
    //@ loop unroll 5;
    for (unsigned i = 0; i < p->frame.seg_count; i++) {
        const struct mnet_seg *seg = &p->frame.seg[i];
        //@ assert in_block: seg->len == 0 || \valid_read(seg->at + (0 .. seg->len - 1));
    }
}

/* What a socket gets: at least the UDP header, with the IP header in front; and nothing behind it. */
void mn_udp_queue_push(struct mnet_dgram *dgram, struct mn_pkt *p)
{
    const struct mnet_seg *seg = &p->frame.seg[0];
    //@ assert packet: (p == &pkt || p == &made) && 8 <= seg->len;
    //@ assert header: \valid_read(seg->at - (1 .. p->l3_len));
    check_ranges(p);
}

void mn_udp_tell(struct mnet_dgram *dgram, const struct mn_pkt *p, const struct mnet_endpoint *from,
                 const struct mnet_endpoint *to)
{
    //@ assert packet: p == &pkt;
    check_ranges(p);
    //@ assert told: \initialized(to) && \initialized(from);
}

static void on_dgram(struct mnet_dgram *dgram, const struct mnet_dgram_rx *rx, void *arg) {}

/* ---- what comes in ---- */

static void any_sock(struct mnet_dgram *s)
{
    s->remote.port = (uint16_t)Frama_C_interval(0, UINT16_MAX);
    s->queue.count = Frama_C_unsigned_int_interval(0, UINT32_MAX);
    s->on_dgram = any_bool() ? on_dgram : NULL;
    mn_list_init(&s->ready);
}

static void start(void)
{
    any_env();
    udp.env = &env;
    udp.ip = ip;
    any_sock(&sock[0]);
    any_sock(&sock[1]);
    mn_list_init(&udp.ready);
    mn_list_init(&bucket);
    mn_list_push_back(&bucket, &sock[0].node);
    mn_list_push_back(&bucket, &sock[1].node);
}

static void hand_in(void)
{
    struct mn_ip_rx rx;
    make_any(&rx, sizeof rx);
    rx.is_group = any_bool();
    pkt.l3_len = (uint16_t)Frama_C_interval(20, 60);
    pkt.is_loopback = any_bool();
    mn_udp_in(&udp.transport, &pkt, &rx);
}

static void datagram(uint32_t min, uint32_t max)
{
    start();
    any_packet(min, max);
    hand_in();
}

/* Whose header says a length with the upper byte `high` or more, the lower between `low_min` and `low_max`. */
static void long_datagram(uint32_t ranges, uint8_t high, uint8_t low_min, uint8_t low_max)
{
    start();
    any_long_packet(ranges);
    pkt.frame.seg[0].at[4] = high == 0 ? 0 : (uint8_t)Frama_C_interval(high, 255);
    pkt.frame.seg[0].at[5] = (uint8_t)Frama_C_interval(low_min, low_max);
    hand_in();
}

static void of_ranges(uint32_t ranges)
{
    long_datagram(ranges, 0, 0, 7);
    long_datagram(ranges, 0, 8, 8);
    long_datagram(ranges, 0, 9, 255);
    long_datagram(ranges, 1, 0, 255);
}

static void error(uint32_t min, uint32_t max)
{
    struct mn_ip_err err;
    start();
    any_packet(min, max);
    make_any(&err.src, sizeof err.src);
    make_any(&err.dst, sizeof err.dst);
    err.err = (mnet_err)-Frama_C_interval(0, 100);
    err.mtu = Frama_C_unsigned_int_interval(0, UINT32_MAX);
    err.quote = mn_pkt_rd(&pkt);
    mn_udp_error(&udp.transport, &err);
}

int main(void)
{
    //@ loop unroll 17;
    for (uint32_t len = 0; len <= LONGEST; len++) {
        datagram(len, len);
        error(len, len);
    }
    datagram(LONGEST + 1, FRAME_MAX - 20);
    //@ loop unroll 5;
    for (uint32_t ranges = 1; ranges <= 5; ranges++)
        of_ranges(ranges);
    error(LONGEST + 1, FRAME_MAX - 28);
    return 0;
}
