/* SPDX-License-Identifier: ISC
 *
 * Reassembly: one fragment of any bytes, any length up to FRAME_MAX and any offset through
 * mn_frag_in, on any contents of the table that its types allow, with any lists of ranges, sorted
 * or not: more than mn_frag_ok demands. So this is memory safety alone: a failed MN_ASSERT, which
 * ends the program, ends a case here.
 *
 * An offset within FRAME_MAX of the end of a block is a case of its own, as the copy may be cut in
 * two there. All tables of blocks and ranges are one, all blocks have the same bytes: which are
 * anything.
 *
 * when: all
 * include: model
 * define: ASSERT_IS_END
 * options: -eva-slevel 0 -eva-auto-loop-unroll 64 -eva-plevel 100 -eva-min-loop-unroll 7
 * options: -eva-slevel-function mn_frag_in:500,fragment_in:500,complete:100
 * sources: src/ip/frag.c src/base/pkt.c
 * reach: 60 */
#define PATH_OWN_POOL
#include "path.h"
#include <ip/ip_state.h>

#ifndef STEP
#define STEP 8 /* every offset that there is */
#endif

static struct mn_ip ip;
static struct mn_frag_slot slot[MN_FRAG_SLOTS];
static struct mn_frag_body body;

/*@ requires known: object == &pkt || object == &body;
    assigns \nothing; */
void mn_pool_put(struct mn_pool *pool, void *object);

uint8_t *mn_block_get_large(struct mn_mem *mem)
{
    return any_bool() ? large_block : NULL;
}

void *mn_pool_get(struct mn_pool *pool)
{
    //@ assert only_bodies: pool == &ip.frag.bodies;
    if (any_bool())
        return NULL;
    memset(&body, 0, sizeof body);
    return &body;
}

/*@ requires counted: 0 <= reason < MNET_DROP_COUNT;
    assigns \nothing; */
void mn_env_count_drop(struct mn_env *e, enum mnet_drop reason);

/* Only when a datagram is given up by its timer. */
void mn_icmp_send_reassembly_exceeded(struct mn_ip *i, const uint8_t *at, uint32_t len) {}

static void any_table(void)
{
    make_any(slot, sizeof slot);
    make_any(&body, sizeof body);
    make_any(&ip, sizeof ip);
    ip.env = &env;
    ip.frag.slot = slot;
    //@ loop unroll 64;
    for (unsigned i = 0; i < MN_FRAG_SLOTS; i++) {
        slot[i].body = any_bool() ? &body : NULL;
        slot[i].state = (enum mn_frag_state)Frama_C_interval(MN_FRAG_FREE, MN_FRAG_REFUSED);
    }
    //@ loop unroll 5;
    for (unsigned b = 0; b < MN_FRAG_BLOCKS; b++)
        body.block[b] = any_bool() ? large_block : NULL;
    body.count = Frama_C_unsigned_int_interval(0, MN_FRAG_RANGES);
}

static void fragment_in(uint32_t start_min, uint32_t start_max)
{
    struct mn_ip_rx rx = {0};
    struct mn_ip4_hdr hdr = {.header_len = (uint8_t)Frama_C_interval(20, 60),
                             .more_fragments = any_bool()};
    hdr.frag_offset =
        (uint16_t)(start_min < start_max ? Frama_C_unsigned_int_interval(start_min, start_max)
                                         : start_min);
    hdr.src = Frama_C_unsigned_int_interval(0, UINT32_MAX);
    hdr.dst = Frama_C_unsigned_int_interval(0, UINT32_MAX);
    hdr.id = (uint16_t)Frama_C_interval(0, UINT16_MAX);
    hdr.proto = (uint8_t)Frama_C_interval(0, UINT8_MAX);
    rx.tos = (uint8_t)Frama_C_interval(0, UINT8_MAX);
    rx.is_group = any_bool();
    any_packet(0, FRAME_MAX);
    pkt.l3_len = hdr.header_len;
    any_table();
    mn_verdict verdict = mn_frag_in(&ip, &pkt, &hdr, &rx);
    //@ assert verdict: verdict == MN_DONE || verdict == MN_KEPT || verdict < 0;
    if (verdict == MN_DONE) {
        //@ assert ranges: 1 <= pkt.frame.seg_count <= MN_FRAG_BLOCKS;
        //@ assert first: \valid_read(pkt.frame.seg[0].at + (0 .. pkt.frame.seg[0].len - 1));
        //@ assert header_room: \valid_read(pkt.frame.seg[0].at - (1 .. 60));
    }
}

int main(void)
{
    any_env();
    make_any(large_block, sizeof large_block);
    //@ loop unroll 5;
    for (uint32_t b = 0; b < MN_FRAG_BLOCKS; b++) {
        uint32_t first = b == 0 ? 0 : b * MN_BLOCK_LARGE - MN_FRAG_ROOM;
        uint32_t end = (b + 1) * MN_BLOCK_LARGE - MN_FRAG_ROOM;
        if (b == MN_FRAG_BLOCKS - 1) {
            fragment_in(first, UINT16_MAX);
            break;
        }
        fragment_in(first, end - FRAME_MAX);
        //@ loop unroll 201;
        for (uint32_t start = end - FRAME_MAX; start < end; start += STEP)
            fragment_in(start, start);
    }
    return 0;
}
