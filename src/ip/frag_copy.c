/* SPDX-License-Identifier: ISC
 *
 * The bytes of reassembly: a fragment's into its place, and what is there compared with what comes
 * again.
 *
 * A datagram's blocks are touched here and nowhere else. Payload byte n is byte MN_FRAG_ROOM + n of
 * the blocks one behind the other, so that a fragment begins in any block, may go on in the next
 * ones, and ends at the latest in the last: mn_frag_in has seen to that. Each block is taken from
 * the budget when its first byte comes. */
#include <ip/ip_state.h>
#include <string.h>

#define CHUNK 256u /* bytes compared at a time */

/* The first fragment's IP header goes in front of the payload, for those who quote the datagram. */
static void store_header(uint8_t *block, const struct mn_pkt *pkt)
{
    uint16_t len = pkt->l3_len;
    MN_ASSERT(len >= MN_IP4_HDR_LEN_MIN && len <= MN_FRAG_ROOM);
    struct mn_rd rd = mn_rd_over(pkt->frame.seg[0].at - len, len);
    mn_rd_bytes(&rd, block + (MN_FRAG_ROOM - len), len);
}

bool mn_frag_store(struct mn_ip *ip, const struct mn_frag_slot *slot, struct mn_frag_body *body,
                   const struct mn_pkt *pkt, uint32_t start)
{
    uint32_t off = (MN_FRAG_ROOM + start) % MN_BLOCK_LARGE;
    uint32_t done = 0;
    for (uint32_t b = (MN_FRAG_ROOM + start) / MN_BLOCK_LARGE; b < MN_FRAG_BLOCKS; b++, off = 0) {
        uint8_t *block = body->block[b];
        if (!block) {
            block = mn_frag_block(ip, slot);
            if (!block)
                return false;
            body->block[b] = block;
        }
        if (start == 0 && done == 0)
            store_header(block, pkt);
        mn_pkt_copy_some(pkt, done, block + off, MN_BLOCK_LARGE - off);
        done += MN_BLOCK_LARGE - off;
        if (done >= pkt->frame.len)
            return true;
    }
    return false; /* not reached: all of a datagram fits the blocks */
}

/* Whether bytes [done, done + room) of the packet, or as many of them as there are, are those at
 * `at`. */
static bool is_equal(const struct mn_pkt *pkt, uint32_t done, const uint8_t *at, uint32_t room)
{
    uint8_t chunk[CHUNK] = {0};
    for (uint32_t i = 0; i < room; i += CHUNK) {
        uint32_t want = room - i < CHUNK ? room - i : CHUNK;
        uint32_t got = mn_pkt_copy_some(pkt, done + i, chunk, want);
        if (memcmp(chunk, at + i, got) != 0)
            return false;
        if (got < want)
            break;
    }
    return true;
}

bool mn_frag_is_same(const struct mn_frag_body *body, const struct mn_pkt *pkt, uint32_t start)
{
    uint32_t off = (MN_FRAG_ROOM + start) % MN_BLOCK_LARGE;
    uint32_t done = 0;
    for (uint32_t b = (MN_FRAG_ROOM + start) / MN_BLOCK_LARGE; b < MN_FRAG_BLOCKS; b++, off = 0) {
        const uint8_t *block = body->block[b];
        if (!block || !is_equal(pkt, done, block + off, MN_BLOCK_LARGE - off))
            return false;
        done += MN_BLOCK_LARGE - off;
        if (done >= pkt->frame.len)
            return true;
    }
    return false; /* not reached: all of a datagram fits the blocks */
}
