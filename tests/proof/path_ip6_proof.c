/* SPDX-License-Identifier: ISC
 *
 * IPv6: a packet of any bytes through mn_ip6_in: the fixed header, where it is from and to, the walk over its extension
 * headers, fragments up to reassembly and what comes out of it, and what it says of the packet afterwards, which is what the
 * harnesses of the layers above begin with.
 *
 * Lengths up to some more than the fixed header's are cases of their own, all longer ones are one case; so are the payload
 * lengths that the header says. Each place where a walk can end is a case of its own, too. One step of it takes what harness `wire6_in` says
 * that it takes, of any headers. Own addresses, groups (those of IPv4: `ip_tables`), reassembly (`path_frag`) and errors
 * (`path_icmp6`) answer anything.
 *
 * include: model
 * options: -eva-split-return auto -eva-slevel 0
 * options: -eva-split-return-function mn_ip6_in:0:6:8,read_extensions:0,end_of_walk:0,fragment:0,walk:0:1,mn_ip6_ext_next:0:1,read_header:0,pass:0
 * options: -eva-slevel-function mn_ip6_in:50,packet_in:50,mn_ip6_hdr_read:50,read_header:50,fragment:50,read_extensions:50,walk:50,pass:20,mn_ip6_ext_next:20
 * sources: src/ip/ip6_in.c src/ip/scope6.c src/wire/ip6_hdr.c src/base/pkt.c src/base/addr.c src/base/env.c
 * reach: 85 */
#include "path.h"
#include <ip/ip_state.h>

#define LONGEST 50 /* more than the fixed header and one behind it */
#define FRAG_HDRS_LEN 48

static struct mn_ip ip;
static int32_t place; /* where the walk ends: 40 or more */
static int32_t again; /* and that in what comes out of reassembly */
static bool is_there; /* it did */
static bool is_whole; /* reassembled */

/* ---- what answers anything ---- */

struct mn_ip6_own *mn_ip6_own_find(struct mn_ip *i, const struct mnet_addr *addr)
{
    //@ assert told: \initialized(addr);
    return any_bool() ? &i->v6.own[Frama_C_interval(0, MN_IP6_ADDRS - 1)] : NULL;
}

bool mn_ip6_own_is_ready(const struct mn_ip *i, const struct mn_ip6_own *own)
{
    return any_bool();
}

bool mn_ip_group_is_joined(const struct mn_ip *i, const struct mnet_addr *group)
{
    //@ assert told: \initialized(group);
    return any_bool();
}

void mn_icmp6_send_error(struct mn_ip *i, const uint8_t *at, uint32_t len, bool is_group,
                         enum mn_icmp6_error what, uint32_t pointer)
{
    //@ assert quote: 40 <= len && \valid_read(at + (0 .. len - 1));
    //@ assert what: MN_ICMP6_SEND_NO_PORT <= what <= MN_ICMP6_SEND_REASSEMBLY;
}

/* ---- the walk ---- */

struct mn_ip6_ext mn_ip6_ext_first(uint8_t next)
{
    return (struct mn_ip6_ext){.next = next, .next_at = MN_IP6_NEXT_OFFSET};
}

static void any_kind(struct mn_ip6_ext *ext)
{
    ext->kind = any_bool() ? MN_IP6_EXT_FRAGMENT : MN_IP6_EXT_DST_OPTS;
    ext->frag.next = (uint8_t)Frama_C_interval(0, UINT8_MAX);
    ext->frag.more = any_bool();
    ext->frag.offset = (uint16_t)(8 * Frama_C_interval(0, 8191));
    ext->frag.id = Frama_C_unsigned_int_interval(0, UINT32_MAX);
    ext->has_fragment = any_bool();
}

/* The whole way to `place`, of any number of steps, is one step; there the walk ends, with a fragment header or for any
 * other reason. Of where the headers are and what they say it has what `wire6_in` asserts of
 * each step. */
enum mn_ip6_ext_step mn_ip6_ext_next(struct mn_rd *r, struct mn_ip6_ext *ext)
{
    //@ assert reader: 0 <= r->off <= r->end && \valid_read(r->base + (0 .. r->end - 1)) && \initialized(ext);
    ext->next = (uint8_t)Frama_C_interval(0, UINT8_MAX);
    ext->code = (uint8_t)Frama_C_interval(0, 3);
    ext->bad_at = Frama_C_interval(0, MN_BLOCK_LARGE);
    ext->at = Frama_C_interval(0, MN_BLOCK_LARGE);
    ext->next_at = Frama_C_interval(0, MN_BLOCK_LARGE);
    if (is_there || r->off == place)
        return any_bool() ? MN_IP6_EXT_LAST
                          : (enum mn_ip6_ext_step)Frama_C_interval(MN_IP6_EXT_NONE, MN_IP6_EXT_PARAM_UNLESS_GROUP);
    if (place > r->end)
        return MN_IP6_EXT_SHORT;
    is_there = true;
    r->off = place;
    any_kind(ext);
    return MN_IP6_EXT_ONE;
}

/* ---- the packet ---- */

/* What is in front of the transport's part of the packet, and where that is. */
static void check(const struct mn_pkt *p, uint32_t hdrs_min)
{
    const struct mnet_seg *first = &p->frame.seg[0];
    //@ assert ranges: 1 <= p->frame.seg_count <= MN_FRAG_BLOCKS && first->len <= MN_BLOCK_LARGE;
    //@ assert in_block: first->len == 0 || \valid_read(first->at + (0 .. first->len - 1));
    //@ assert headers: hdrs_min <= p->l3_len && \valid_read(first->at - (1 .. p->l3_len));
}

mn_verdict mn_frag_in(struct mn_ip *i, struct mn_pkt *p, struct mn_frag_part *part, struct mn_ip_rx *rx)
{
    check(p, FRAG_HDRS_LEN);
    //@ assert one_range: p->frame.seg_count == 1 && p->frame.len <= FRAME_MAX && p->l3_len == FRAG_HDRS_LEN;
    //@ assert told: \initialized(rx) && \initialized(&part->src) && \initialized(&part->dst) && \initialized(&part->proto);
    //@ assert place: part->offset <= 65528 && part->offset % 8 == 0 && (part->more == 0 || part->more == 1);
    is_there = false;
    place = again;
    if (any_bool())
        return any_bool() ? MN_KEPT : MN_DROP(FRAG_BAD);
    any_long_packet(2);
    pkt.l3_len = FRAG_HDRS_LEN;
    part->proto = (uint8_t)Frama_C_interval(0, UINT8_MAX);
    is_whole = true; /* what comes of it is kept apart */
    //@ split is_whole;
    return MN_DONE;
}

static void packet_in(int32_t to, uint32_t min, uint32_t max, uint16_t payload_min, uint16_t payload_max)
{
    struct mn_ip_rx rx;
    struct mn_pkt *in = &pkt;
    any_env();
    any_packet(min, max);
    is_there = is_whole = false;
    place = to;
    again = to > 40 ? to - 8 : 40;
    if (min >= 6) {
        uint16_t payload = (uint16_t)Frama_C_interval(payload_min, payload_max);
        pkt.frame.seg[0].at[4] = (uint8_t)(payload >> 8);
        pkt.frame.seg[0].at[5] = (uint8_t)payload;
    }
    mn_verdict verdict = mn_ip6_in(&ip, &in, &rx);
    //@ assert same: in == &pkt;
    if (verdict > MN_KEPT) {
        check(in, 40);
        //@ assert told: \initialized(&rx);
    }
    //@ merge is_whole;
}

/* A packet of one length that says its own length, one that says more, and one with padding behind it. */
static void of_length(int32_t to, uint32_t len)
{
    uint16_t payload = (uint16_t)(len - 40);
    packet_in(to, len, len, payload, payload);
    packet_in(to, len, len, payload + 1, UINT16_MAX);
    packet_in(to, FRAME_MAX, FRAME_MAX, payload, payload);
}

int main(void)
{
    make_any(&ip, sizeof ip);
    ip.env = &env;
    ip.v6.is_on = any_bool();
    //@ loop unroll 40;
    for (uint32_t len = 0; len < 40; len++)
        packet_in(40, len, len, 0, UINT16_MAX);
    //@ loop unroll 4;
    for (int32_t to = 40; to <= LONGEST; to += 8)
        //@ loop unroll 20;
        for (uint32_t len = 40; len <= LONGEST; len++)
            of_length(to, len);
    //@ loop unroll 200;
    for (int32_t to = 40; to <= FRAME_MAX; to += 8)
        packet_in(to, LONGEST + 1, FRAME_MAX, LONGEST - 39, UINT16_MAX);
    return 0;
}
