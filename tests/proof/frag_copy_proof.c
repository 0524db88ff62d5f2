/* SPDX-License-Identifier: ISC
 *
 * The bytes of reassembly: a packet of any bytes and any length, copied to and compared with any place of a datagram. Where all bytes lie in one block, all offsets in it are one case; where they
 * may go on in the next, each offset is a case of its own. Which block it is decides nothing but an index: it is any one.
 *
 * include: model
 * options: -eva-split-return auto -eva-split-return-function find:0 -eva-no-interprocedural-splits -eva-slevel 0
 * options: -eva-slevel-function mn_frag_store:30,mn_frag_is_same:30,is_equal:30,mn_pkt_copy_some:30,find:10,bytes:50
 * sources: src/ip/frag_copy.c src/base/pkt.c src/base/env.c
 * reach: 85 */
#include "path.h"
#include <ip/ip_state.h>

#define LEN_MAX (FRAME_MAX - 20) /* payload of a fragment */

static struct mn_ip ip;
static struct mn_frag_slot slot;
static struct mn_frag_body body;

uint8_t *mn_frag_block(struct mn_ip *i, const struct mn_frag_slot *s)
{
    return any_bool() ? large_block : NULL;
}

/* The first byte comes to an offset in a block between `off_min` and `off_max`. */
static void bytes(uint32_t block, uint32_t off_min, uint32_t off_max)
{
    any_env();
    ip.env = &env;
    make_any(large_block, sizeof large_block);
    //@ loop unroll 5;
    for (unsigned b = 0; b < MN_FRAG_BLOCKS; b++)
        body.block[b] = any_bool() ? large_block : NULL;
    any_packet(1, LEN_MAX);
    pkt.l3_len = (uint16_t)Frama_C_interval(20, 60);
    uint32_t off = Frama_C_unsigned_int_interval(off_min, off_max);
    uint32_t start = block * MN_BLOCK_LARGE + off - MN_FRAG_ROOM;
    if (any_bool())
        mn_frag_store(&ip, &slot, &body, &pkt, start);
    else
        mn_frag_is_same(&body, &pkt, start);
}

int main(void)
{
    bytes(0, MN_FRAG_ROOM, MN_FRAG_ROOM);
    //@ loop unroll 5;
    for (uint32_t b = 0; b < MN_FRAG_BLOCKS; b++)
        bytes(b, b == 0 ? MN_FRAG_ROOM : 0, MN_BLOCK_LARGE - LEN_MAX - 1);
    //@ loop unroll 198;
    for (uint32_t off = MN_BLOCK_LARGE - LEN_MAX / 8 * 8 - 8; off < MN_BLOCK_LARGE; off += 8)
        bytes(Frama_C_unsigned_int_interval(0, MN_FRAG_BLOCKS - 2), off, off);
    return 0;
}
