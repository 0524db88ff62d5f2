/* SPDX-License-Identifier: ISC
 *
 * Packets.
 *
 * A packet record is not cleared when it is made: set_up writes every field that is read before the
 * owner writes it, and of the ranges only those below seg_count mean anything.
 *
 * A range holds one reference to its block and names it by its address, so a range must never begin
 * at the end of its block: that would be the next one. Ranges of length 0 are the only ones that
 * could. None is ever added, and a packet keeps one only when it is empty: see settle_empty. */
#include <base/pkt.h>
#include <string.h>

/* RFC 894: an Ethernet header is 14 bytes, so 2 more align the IP header to 16. */
#define RX_HEADROOM 2u
/* The last bytes of the first block stay unused, so that a pointer behind all its bytes is still a
 * pointer into it. */
#define RX_FIRST_ROOM (MN_BLOCK_SMALL - RX_HEADROOM - 2u)

static struct mn_pkt *set_up(struct mn_env *env, uint32_t headroom, uint32_t len)
{
    struct mn_pkt *pkt = mn_pool_get_raw(&env->pkts);
    if (!pkt)
        return NULL;
    uint8_t *block = mn_block_get_small(&env->mem);
    if (!block) {
        mn_pool_put(&env->pkts, pkt);
        return NULL;
    }
    pkt->next = NULL;
    struct mnet_frame *frame = &pkt->frame;
    frame->seg[0].at = block + headroom;
    frame->seg[0].len = len;
    frame->len = len;
    frame->seg_count = 1;
    frame->csum = MNET_CSUM_NONE;
    frame->gso = MNET_GSO_NONE;
    frame->csum_start = frame->csum_offset = 0;
    frame->gso_size = frame->gso_hdr_len = 0;
    pkt->l3_len = 0;
    pkt->gso_count = 1;
    pkt->is_loopback = pkt->ether_group = 0;
    pkt->owner32 = 0;
    return pkt;
}

struct mn_pkt *mn_pkt_new(struct mn_env *env)
{
    return set_up(env, MN_PKT_HEADROOM, 0);
}

struct mn_pkt *mn_pkt_new_rx(struct mn_env *env, uint32_t frame_max)
{
    MN_ASSERT(frame_max <= RX_FIRST_ROOM + (MNET_FRAME_SEGS - 1) * MN_BLOCK_LARGE);
    struct mn_pkt *pkt = set_up(env, RX_HEADROOM, RX_FIRST_ROOM);
    if (!pkt)
        return NULL;
    struct mnet_frame *frame = &pkt->frame;
    while (frame->len < frame_max) {
        uint8_t *block = mn_block_get_large(&env->mem);
        if (!block) {
            mn_pkt_free(env, pkt);
            return NULL;
        }
        frame->seg[frame->seg_count].at = block;
        frame->seg[frame->seg_count++].len = MN_BLOCK_LARGE;
        frame->len += MN_BLOCK_LARGE;
    }
    return pkt;
}

void mn_pkt_rx_cut(struct mn_env *env, struct mn_pkt *pkt, const struct mnet_seg *offered,
                   unsigned offered_count)
{
    MN_ASSERT(pkt->frame.seg_count >= 1 && pkt->frame.seg_count <= offered_count);
    MN_ASSERT(offered_count <= MNET_FRAME_SEGS);
    for (unsigned i = pkt->frame.seg_count; i < offered_count; i++)
        mn_block_unref(&env->mem, offered[i].at);
}

void mn_pkt_free(struct mn_env *env, struct mn_pkt *pkt)
{
    if (!pkt)
        return;
    for (unsigned i = 0; i < pkt->frame.seg_count; i++)
        mn_block_unref(&env->mem, pkt->frame.seg[i].at);
    mn_pool_put(&env->pkts, pkt);
}

void mn_pkt_drop(struct mn_env *env, struct mn_pkt *pkt, enum mnet_drop reason)
{
    mn_env_count_drop(env, reason);
    mn_pkt_free(env, pkt);
}

/* The only range has become empty: a pointer to the end of a block steps back into that block. */
static void settle_empty(const struct mn_env *env, struct mnet_seg *seg)
{
    if (mn_block_is_edge(&env->mem, seg->at))
        seg->at--;
}

void mn_pkt_pull_far(struct mn_env *env, struct mn_pkt *pkt, uint32_t len)
{
    struct mnet_frame *frame = &pkt->frame;
    MN_ASSERT(len <= frame->len);
    frame->len -= len;
    unsigned gone = 0;
    while (gone + 1u < frame->seg_count && len >= frame->seg[gone].len) {
        len -= frame->seg[gone].len;
        mn_block_unref(&env->mem, frame->seg[gone].at);
        gone++;
    }
    if (gone > 0) {
        frame->seg_count = (uint8_t)(frame->seg_count - gone);
        memmove(&frame->seg[0], &frame->seg[gone], frame->seg_count * sizeof frame->seg[0]);
    }
    if (len > 0) {
        frame->seg[0].at += len;
        frame->seg[0].len -= len;
        if (frame->seg[0].len == 0)
            settle_empty(env, &frame->seg[0]);
    }
}

void mn_pkt_limit(struct mn_env *env, struct mn_pkt *pkt, uint32_t len)
{
    struct mnet_frame *frame = &pkt->frame;
    if (len >= frame->len)
        return;
    frame->len = len;
    /* The range in which the new end is: an end between two is that of the former. */
    unsigned last = 0;
    while (last + 1u < frame->seg_count && len > frame->seg[last].len)
        len -= frame->seg[last++].len;
    frame->seg[last].len = len;
    for (unsigned i = last + 1u; i < frame->seg_count; i++)
        mn_block_unref(&env->mem, frame->seg[i].at);
    frame->seg_count = (uint8_t)(last + 1u);
}

bool mn_pkt_add(struct mn_env *env, struct mn_pkt *pkt, uint8_t *at, uint32_t len)
{
    struct mnet_frame *frame = &pkt->frame;
    if (len == 0)
        return true;
    if (frame->seg_count == MNET_FRAME_SEGS)
        return false;
    mn_block_ref(&env->mem, at);
    frame->seg[frame->seg_count].at = at;
    frame->seg[frame->seg_count++].len = len;
    frame->len += len;
    return true;
}

/* Bytes that may be written behind the last range. */
static uint32_t tailroom(const struct mn_env *env, const struct mnet_seg *last)
{
    if (!mn_block_is_sole(&env->mem, last->at))
        return 0;
    const uint8_t *end = mn_block_start(&env->mem, last->at) + mn_block_size(&env->mem, last->at);
    return (uint32_t)(end - (last->at + last->len));
}

/* Writes behind the last range. */
static void put(struct mnet_frame *frame, struct mnet_seg *last, const uint8_t *bytes, uint32_t len)
{
    memcpy(last->at + last->len, bytes, len);
    last->len += len;
    frame->len += len;
}

bool mn_pkt_append(struct mn_env *env, struct mn_pkt *pkt, const void *from, uint32_t len)
{
    struct mnet_frame *frame = &pkt->frame;
    const uint8_t *bytes = from;
    while (len > 0) {
        struct mnet_seg *last = &frame->seg[frame->seg_count - 1];
        uint32_t room = tailroom(env, last);
        if (room == 0) {
            if (frame->seg_count == MNET_FRAME_SEGS)
                return false;
            last++;
            last->at = len <= MN_BLOCK_SMALL ? mn_block_get_small(&env->mem)
                                             : mn_block_get_large(&env->mem);
            if (!last->at)
                return false;
            last->len = 0;
            frame->seg_count++;
            room = mn_block_size(&env->mem, last->at);
        }
        if (len <= room) {
            put(frame, last, bytes, len);
            return true;
        }
        put(frame, last, bytes, room);
        bytes += room;
        len -= room;
    }
    return true;
}

/* Where byte `off` is: the range, and the offset in it. The byte behind the last one is nowhere. */
static unsigned find(const struct mnet_frame *frame, uint32_t *off)
{
    unsigned i = 0;
    while (i < frame->seg_count && *off >= frame->seg[i].len)
        *off -= frame->seg[i++].len;
    return i;
}

uint32_t mn_pkt_copy_some(const struct mn_pkt *pkt, uint32_t off, void *to, uint32_t cap)
{
    const struct mnet_frame *frame = &pkt->frame;
    uint8_t *out = to;
    uint32_t done = 0;
    for (unsigned i = find(frame, &off); i < frame->seg_count && done < cap; i++, off = 0) {
        uint32_t rest = frame->seg[i].len - off;
        if (cap - done <= rest) {
            memcpy(out + done, frame->seg[i].at + off, cap - done);
            return cap;
        }
        memcpy(out + done, frame->seg[i].at + off, rest);
        done += rest;
    }
    return done;
}

mn_sum mn_pkt_sum(const struct mn_pkt *pkt, uint32_t off, mn_sum sum)
{
    const struct mnet_frame *frame = &pkt->frame;
    MN_ASSERT(off <= frame->len);
    size_t done = 0;
    for (unsigned i = find(frame, &off); i < frame->seg_count; i++, off = 0) {
        uint32_t rest = frame->seg[i].len - off;
        sum = mn_sum_add_at(sum, done, frame->seg[i].at + off, rest);
        done += rest;
    }
    return sum;
}

uint32_t mn_pkt_truesize(const struct mn_env *env, const struct mn_pkt *pkt)
{
    uint32_t size = env->pkts.object_size;
    for (unsigned i = 0; i < pkt->frame.seg_count; i++)
        size += mn_block_size(&env->mem, pkt->frame.seg[i].at);
    return size;
}

void mn_pktq_clear(struct mn_env *env, struct mn_pktq *q)
{
    struct mn_pkt *pkt;
    while ((pkt = mn_pktq_pop(q)) != NULL)
        mn_pkt_free(env, pkt);
}
