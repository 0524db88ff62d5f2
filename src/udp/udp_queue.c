/* SPDX-License-Identifier: ISC
 *
 * Datagrams between their arrival and their user, who is told once a batch, from `events`.
 *
 * A queue is bounded by the budget that it holds, not by payload: a packet of ten bytes in a block
 * of 2 KiB costs 2 KiB. So that it does not cost 16, a small datagram in large blocks (reassembled
 * ones begin so) moves to a small one when it must wait.
 *
 * What waits starts at its UDP header and still has its IP header in front: where it is from and to
 * is read there again when it is taken, which costs less than room for it in every packet. */
#include <udp/udp_state.h>

/* What a small block can take from its start to its end, IP header included. */
#define SMALL_ROOM (MN_BLOCK_SMALL - MN_PKT_HEADROOM)

/* Gives back a copy in a small block of a packet that needs no more than that, if there is memory;
 * else `pkt`. Only what lies in one large block is worth it. */
static struct mn_pkt *shrink(struct mn_env *env, struct mn_pkt *pkt)
{
    const struct mnet_seg *seg = &pkt->frame.seg[0];
    uint32_t len = pkt->l3_len + seg->len;
    if (pkt->frame.seg_count > 1 || len > SMALL_ROOM ||
        mn_block_size(&env->mem, seg->at) == MN_BLOCK_SMALL)
        return pkt;
    struct mn_pkt *copy = mn_pkt_new(env);
    if (!copy)
        return pkt;
    bool is_good = mn_pkt_append(env, copy, seg->at - pkt->l3_len, len);
    MN_ASSERT(is_good); /* it fits the first block's room */
    copy->l3_len = pkt->l3_len;
    mn_pkt_pull(env, copy, pkt->l3_len);
    mn_pkt_free(env, pkt);
    return copy;
}

void mn_udp_queue_push(struct mnet_dgram *dgram, struct mn_pkt *pkt)
{
    struct mn_udp *udp = dgram->udp;
    pkt = shrink(udp->env, pkt);
    uint32_t size = mn_pkt_truesize(udp->env, pkt);
    /* A first one is always taken, or a small bound would take none at all. */
    if (dgram->queue.count > 0 && dgram->queue_bytes + size > udp->queue_max) {
        mn_pkt_drop(udp->env, pkt, MNET_DROP_UDP_QUEUE_FULL);
        return;
    }
    pkt->owner32 = size;
    dgram->queue_bytes += size;
    mn_pktq_push(&dgram->queue, pkt);
    if (!mn_list_is_linked(&dgram->ready))
        mn_list_push_back(&udp->ready, &dgram->ready);
}

/* Reads both ends from the headers, and passes over the UDP header. */
static void read_ends(struct mn_env *env, struct mn_pkt *pkt, struct mnet_endpoint *from,
                      struct mnet_endpoint *to)
{
    struct mn_rd rd = mn_pkt_rd(pkt);
    struct mn_udp_hdr hdr;
    bool is_good = mn_udp_hdr_read(&rd, &hdr) && mn_ip_ends(pkt, &from->addr, &to->addr);
    MN_ASSERT(is_good); /* they were read before */
    from->port = hdr.src_port;
    to->port = hdr.dst_port;
    mn_pkt_pull(env, pkt, MN_UDP_HDR_LEN);
}

struct mn_pkt *mn_udp_queue_pop(struct mnet_dgram *dgram, struct mnet_endpoint *from,
                                struct mnet_endpoint *to)
{
    struct mn_pkt *pkt = mn_pktq_pop(&dgram->queue);
    if (!pkt)
        return NULL;
    MN_ASSERT(dgram->queue_bytes >= pkt->owner32);
    dgram->queue_bytes -= pkt->owner32;
    read_ends(dgram->udp->env, pkt, from, to);
    return pkt;
}

void mn_udp_tell(struct mnet_dgram *dgram, const struct mn_pkt *pkt,
                 const struct mnet_endpoint *from, const struct mnet_endpoint *to)
{
    struct mnet_slice slices[MNET_FRAME_SEGS];
    struct mnet_dgram_rx rx = {.from = *from, .to = *to, .slices = slices, .len = pkt->frame.len};
    for (unsigned i = 0; i < pkt->frame.seg_count && i < MNET_FRAME_SEGS; i++)
        if (pkt->frame.seg[i].len > 0)
            slices[rx.count++] = (struct mnet_slice){pkt->frame.seg[i].at, pkt->frame.seg[i].len};
    dgram->on_dgram(dgram, &rx, dgram->arg);
}

/* Tells the user of one socket, taken off the ready list: one datagram, or that there is something
 * to take. It is put back first if there is more, because the user may close it. */
static void tell_one(struct mn_udp *udp, struct mnet_dgram *dgram)
{
    struct mnet_endpoint from;
    struct mnet_endpoint to;
    struct mn_pkt *pkt = dgram->on_dgram ? mn_udp_queue_pop(dgram, &from, &to) : NULL;
    if (!pkt) {
        if (dgram->on_ready)
            dgram->on_ready(dgram, dgram->arg);
        return;
    }
    if (dgram->queue.count > 0 || dgram->error != MNET_OK)
        mn_list_push_back(&udp->ready, &dgram->ready);
    mn_udp_tell(dgram, pkt, &from, &to);
    mn_pkt_free(udp->env, pkt);
}

void mn_udp_events(struct mn_transport *t)
{
    struct mn_udp *udp = (struct mn_udp *)t;
    struct mn_list *node;
    /* It ends: each step takes away a datagram or a socket, and users cannot add any. */
    while ((node = mn_list_pop_front(&udp->ready)) != NULL)
        tell_one(udp, MN_CONTAINER(node, struct mnet_dgram, ready));
}

bool mn_udp_queue_ok(const struct mnet_dgram *dgram)
{
    uint32_t count = 0;
    uint32_t bytes = 0;
    for (const struct mn_pkt *pkt = dgram->queue.head; pkt; pkt = pkt->next) {
        count++;
        bytes += pkt->owner32;
        if (pkt->owner32 != mn_pkt_truesize(dgram->udp->env, pkt) ||
            pkt->frame.len < MN_UDP_HDR_LEN)
            return false;
    }
    bool is_told = !dgram->on_dgram || count == 0 || mn_list_is_linked(&dgram->ready);
    return count == dgram->queue.count && bytes == dgram->queue_bytes && is_told;
}
