/* SPDX-License-Identifier: ISC
 *
 * base/pkt.h - the one packet type, both ways.
 *
 *      seg[0]: a block of its own                     seg[1..]: ranges of other blocks
 *      | headroom | headers ... | maybe payload |     | payload | | payload |
 *                 ^ seg[0].at                          each holds one reference to its block
 *
 * Received frames: seg[0] is a small block, seg[1..4] large ones, so that a small frame costs 2 KiB
 * and all headers are always together in seg[0]. Sent packets: headers are written backwards into
 * the headroom (mn_pkt_push), so that no layer knows how much the layers below will add; payload is
 * gathered from where it already is.
 *
 * A packet has one owner at a time; `next` belongs to the owner. "Takes" in a comment means the
 * packet is gone for the caller, whatever happens. */
#ifndef MN_PKT_H
#define MN_PKT_H

#include <base/checksum.h>
#include <base/env.h>
#include <base/inline.h>
#include <base/rd.h>
#include <base/wr.h>
#include <mnet/netdev.h>

/* Room for Ethernet, IPv6 or IPv4 with options, TCP with options: 14 + 60 + 60, rounded up. */
#define MN_PKT_HEADROOM 160u

struct mn_pkt {
    struct mn_pkt *next;     /* the owner's */
    struct mnet_frame frame; /* ranges and offload facts */
    uint16_t l3_len;    /* RX, past the network header: its length, so that it starts at seg[0].at -
                           l3_len */
    uint16_t gso_count; /* RX: how many wire segments were merged into this one, at least 1 */
    uint8_t is_loopback; /* never left this stack */
    uint8_t ether_group; /* RX: sent to a broadcast or multicast Ethernet address */
    uint32_t owner32;    /* the owner's (TCP: sequence number of the first payload byte) */
};

/* An empty packet to send: seg[0] a small block with MN_PKT_HEADROOM bytes of headroom and length
 * 0. NULL when out of memory (the caller counts TX_NO_MEMORY). */
struct mn_pkt *mn_pkt_new(struct mn_env *env);

/* A packet to receive into: seg[0] a small block, then as many large ones as `frame_max` needs,
 * lengths set to the room, and a headroom of 2 bytes so that the IP header is aligned. NULL when
 * out of memory. */
struct mn_pkt *mn_pkt_new_rx(struct mn_env *env, uint32_t frame_max);
/* Gives back the blocks that a device left unused: those of the `offered` ranges past
 * frame.seg_count. */
void mn_pkt_rx_cut(struct mn_env *env, struct mn_pkt *pkt, const struct mnet_seg *offered,
                   unsigned offered_count);

/* Drops the references to all blocks, and the packet. NULL is fine. */
void mn_pkt_free(struct mn_env *env, struct mn_pkt *pkt);

/* Counts the reason and frees. */
void mn_pkt_drop(struct mn_env *env, struct mn_pkt *pkt, enum mnet_drop reason);

/* Makes room for `len` more bytes in front and returns a writer over them. There must be headroom
 * in a block that is this packet's alone (asserted). The offload facts move along: csum_start when
 * the checksum is PARTIAL, gso_hdr_len when gso is set. So a transport that sets csum_start 0 and
 * gso_hdr_len to the length of its header leaves the rest to the layers below. */
MN_INLINE struct mn_wr mn_pkt_push(struct mn_env *env, struct mn_pkt *pkt, uint32_t len)
{
    struct mnet_seg *first = &pkt->frame.seg[0];
    MN_ASSERT(len <= (size_t)(first->at - mn_block_start(&env->mem, first->at)));
    MN_ASSERT(mn_block_is_sole(&env->mem, first->at));
    first->at -= len;
    first->len += len;
    pkt->frame.len += len;
    if (pkt->frame.csum == MNET_CSUM_PARTIAL)
        pkt->frame.csum_start = (uint16_t)(pkt->frame.csum_start + len);
    if (pkt->frame.gso != MNET_GSO_NONE)
        pkt->frame.gso_hdr_len = (uint16_t)(pkt->frame.gso_hdr_len + len);
    return mn_wr_over(first->at, len);
}

/* Only for mn_pkt_pull: past the first range. */
void mn_pkt_pull_far(struct mn_env *env, struct mn_pkt *pkt, uint32_t len);

/* Passes over `len` bytes in front, at most frame.len (asserted). Empty first ranges are released;
 * the offload facts stay as they are. */
MN_INLINE void mn_pkt_pull(struct mn_env *env, struct mn_pkt *pkt, uint32_t len)
{
    struct mnet_seg *first = &pkt->frame.seg[0];
    if (len >= first->len) {
        mn_pkt_pull_far(env, pkt, len);
        return;
    }
    first->at += len;
    first->len -= len;
    pkt->frame.len -= len;
}

/* Cuts the packet to `len` bytes if it is longer. */
void mn_pkt_limit(struct mn_env *env, struct mn_pkt *pkt, uint32_t len);

/* Cuts the packet to `len` bytes; at most frame.len (asserted). */
MN_INLINE void mn_pkt_trim(struct mn_env *env, struct mn_pkt *pkt, uint32_t len)
{
    MN_ASSERT(len <= pkt->frame.len);
    mn_pkt_limit(env, pkt, len);
}

/* Appends `len` bytes at `at` by reference (one more reference to the block). False when all ranges
 * are used. */
bool mn_pkt_add(struct mn_env *env, struct mn_pkt *pkt, uint8_t *at, uint32_t len);

/* Appends a copy of `len` bytes, in the last block's room if it is this packet's alone, and in new
 * blocks. False when out of memory or ranges: then the packet may hold a part of them. */
bool mn_pkt_append(struct mn_env *env, struct mn_pkt *pkt, const void *from, uint32_t len);

/* Copies the bytes from `off` on, at most `cap`; says how many there were. */
uint32_t mn_pkt_copy_some(const struct mn_pkt *pkt, uint32_t off, void *to, uint32_t cap);

/* Copies bytes [off, off + len) out; they must be there (asserted). */
MN_INLINE void mn_pkt_copy_out(const struct mn_pkt *pkt, uint32_t off, void *to, uint32_t len)
{
    MN_ASSERT(off <= pkt->frame.len && len <= pkt->frame.len - off);
    mn_pkt_copy_some(pkt, off, to, len);
}

/* `sum` plus the bytes from `off` (at most frame.len: asserted) to the end. */
mn_sum mn_pkt_sum(const struct mn_pkt *pkt, uint32_t off, mn_sum sum);

/* A reader over the first range, where all headers are. */
MN_INLINE struct mn_rd mn_pkt_rd(const struct mn_pkt *pkt)
{
    return mn_rd_over(pkt->frame.seg[0].at, pkt->frame.seg[0].len);
}

/* Bytes of budget that the packet holds: its blocks, counted whole, and itself. */
uint32_t mn_pkt_truesize(const struct mn_env *env, const struct mn_pkt *pkt);

/* A first-in first-out queue of packets, linked by `next`. */
struct mn_pktq {
    struct mn_pkt *head, *tail; /* first and last, NULL when empty */
    uint32_t count;             /* packets in it */
};

MN_INLINE void mn_pktq_push(struct mn_pktq *q, struct mn_pkt *pkt)
{
    pkt->next = NULL;
    if (q->tail)
        q->tail->next = pkt;
    else
        q->head = pkt;
    q->tail = pkt;
    q->count++;
}

MN_INLINE struct mn_pkt *mn_pktq_pop(struct mn_pktq *q)
{
    struct mn_pkt *pkt = q->head;
    if (pkt) {
        q->head = pkt->next;
        if (!q->head)
            q->tail = NULL;
        pkt->next = NULL;
        q->count--;
    }
    return pkt;
}

/* Frees all. */
void mn_pktq_clear(struct mn_env *env, struct mn_pktq *q);

#endif
