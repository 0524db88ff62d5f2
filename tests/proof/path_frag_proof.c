/* SPDX-License-Identifier: ISC
 *
 * Reassembly: any fragment as mn_ip4_in and mn_ip6_in hand it on, on a table of datagrams of both families in any states
 * with any lists of ranges, sorted or not: more than mn_frag_ok demands. The same for the timer, and for whoever wants
 * memory back. Bytes are copied and compared in frag_copy.c (harness frag_copy).
 *
 * What of a slot is taken for granted: that lengths are below 64 KiB, and that of the first fragment's header 0 or 20 to
 * 60 bytes, each of which is a case for the timer. All blocks are one.
 *
 * include: model
 * options: -eva-split-return auto -eva-no-interprocedural-splits -eva-slevel 0 -eva-plevel 300
 * options: -eva-split-return-function check:0,complete:0,mn_frag_in:0
 * options: -eva-slevel-function mn_frag_in:50,check:50,complete:50,hand_over:50,hand_in:20,find:0,begin:20,make_room:0
 * sources: src/ip/frag.c src/base/addr.c src/base/pkt.c src/base/env.c
 * reach: 90 */
#define PATH_OWN_POOL
#include "path.h"
#include <ip/ip_state.h>

static struct mn_ip ip;
static struct mn_frag_slot slot[MN_FRAG_SLOTS];
static struct mn_frag_body body;

/* ---- what answers anything ---- */

void *mn_pool_get(struct mn_pool *pool)
{
    //@ assert only_bodies: pool == &ip.frag.bodies;
    if (any_bool())
        return NULL;
    memset(&body, 0, sizeof body);
    return &body;
}

void mn_pool_put(struct mn_pool *pool, void *object)
{
    //@ assert pools: (pool == &ip.frag.bodies && object == &body) || (pool == &env.pkts && object == &pkt);
}

uint8_t *mn_block_get_large(struct mn_mem *mem)
{
    return any_bool() ? large_block : NULL;
}

static bool is_in_datagram(const struct mn_pkt *p, uint32_t start)
{
    return p->frame.len > 0 && start <= 65528;
}

bool mn_frag_store(struct mn_ip *i, const struct mn_frag_slot *s, struct mn_frag_body *b, const struct mn_pkt *p,
                   uint32_t start)
{
    //@ assert body: b == &body;
    MN_ASSERT(is_in_datagram(p, start));
    //@ loop unroll 5;
    for (unsigned k = 0; k < MN_FRAG_BLOCKS; k++)
        b->block[k] = any_bool() ? large_block : NULL;
    return any_bool();
}

bool mn_frag_is_same(const struct mn_frag_body *b, const struct mn_pkt *p, uint32_t start)
{
    //@ assert body: b == &body;
    MN_ASSERT(is_in_datagram(p, start));
    return any_bool();
}

void mn_icmp_send_reassembly_exceeded(struct mn_ip *i, const uint8_t *at, uint32_t len)
{
    //@ assert quote: 20 <= len && \valid_read(at + (0 .. len - 1));
}

/* ---- any table ---- */

static void any_table(uint8_t hdr_len_min, uint8_t hdr_len_max)
{
    any_env();
    make_any(&body, sizeof body);
    make_any(&ip.frag, sizeof ip.frag);
    ip.env = &env;
    ip.frag.slot = slot;
    body.count = Frama_C_unsigned_int_interval(0, MN_FRAG_RANGES);
    //@ loop unroll 5;
    for (unsigned b = 0; b < MN_FRAG_BLOCKS; b++)
        body.block[b] = any_bool() ? large_block : NULL;
    //@ loop unroll 64;
    for (unsigned i = 0; i < MN_FRAG_SLOTS; i++) {
        make_any(&slot[i], sizeof slot[i]);
        slot[i].state = (enum mn_frag_state)Frama_C_interval(MN_FRAG_FREE, MN_FRAG_REFUSED);
        slot[i].body = any_bool() ? &body : NULL;
        slot[i].hdr_len = (uint8_t)Frama_C_interval(hdr_len_min, hdr_len_max);
        slot[i].total = Frama_C_unsigned_int_interval(0, UINT16_MAX);
        slot[i].filled = Frama_C_unsigned_int_interval(0, UINT16_MAX);
    }
}

/* ---- what happens ---- */

/* What the headers of a fragment say: IPv4's 16 bits of identification, and the length of its header; IPv6's 32, and 48
 * bytes of headers that are left. */
static void any_part(struct mn_frag_part *part, bool is_v4, bool is_first)
{
    make_any(&part->src, sizeof part->src);
    make_any(&part->dst, sizeof part->dst);
    if (is_v4)
        part->src = mnet_addr_v4(Frama_C_unsigned_int_interval(0, UINT32_MAX));
    part->id = Frama_C_unsigned_int_interval(0, is_v4 ? UINT16_MAX : UINT32_MAX);
    part->proto = (uint8_t)Frama_C_interval(0, UINT8_MAX);
    part->offset = is_first ? 0 : 8 * Frama_C_unsigned_int_interval(1, 8191);
    part->more = any_bool();
    pkt.l3_len = is_v4 ? (uint16_t)Frama_C_interval(20, 60) : 48;
}

static void hand_in(uint32_t len_min, uint32_t len_max, bool is_v4, bool is_first)
{
    struct mn_ip_rx rx = {.tos = (uint8_t)Frama_C_interval(0, UINT8_MAX), .is_group = any_bool()};
    struct mn_frag_part part;
    any_table(0, 60);
    any_packet(len_min, len_max);
    any_part(&part, is_v4, is_first);
    if (mn_frag_in(&ip, &pkt, &part, &rx) != MN_DONE)
        return;
    //@ assert ranges: 1 <= pkt.frame.seg_count <= MN_FRAG_BLOCKS && 1 <= pkt.frame.len <= UINT16_MAX;
    //@ assert first: pkt.frame.seg[0].at == &large_block[MN_FRAG_ROOM] && pkt.l3_len <= 60;
    //@ assert first_len: pkt.frame.seg[0].len <= MN_BLOCK_LARGE - MN_FRAG_ROOM;
    //@ loop unroll 5;
    for (unsigned i = 1; i < MN_FRAG_BLOCKS; i++)
        if (pkt.frame.seg[i].at) {
            //@ assert others: pkt.frame.seg[i].at == &large_block[0] && pkt.frame.seg[i].len <= MN_BLOCK_LARGE;
        }
}

static void of_family(bool is_v4, uint32_t len_max)
{
    hand_in(0, 0, is_v4, false);
    hand_in(1, len_max, is_v4, false);
    hand_in(1, len_max, is_v4, true);
}

static void others(uint8_t hdr_len)
{
    any_table(hdr_len, hdr_len);
    mn_frag_expire(&ip);
}

int main(void)
{
    of_family(true, FRAME_MAX - 20);
    of_family(false, FRAME_MAX - 48);
    others(0);
    //@ loop unroll 11;
    for (uint8_t hdr_len = 20; hdr_len <= 60; hdr_len = (uint8_t)(hdr_len + 4))
        others(hdr_len);
    any_table(0, 60);
    mn_frag_clear(&ip);
    any_table(0, 60);
    mn_frag_shed(&ip);
    any_table(0, 60);
    mn_frag_block(&ip, &slot[Frama_C_interval(0, MN_FRAG_SLOTS - 1)]);
    return 0;
}
