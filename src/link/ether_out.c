/* SPDX-License-Identifier: ISC
 *
 * The last step of every packet: Ethernet header, then whatever the device cannot do, then the
 * device.
 *
 *   mn_ether_out -> header -> cut by software? -> mn_gso_out -> mn_ether_send for each piece
 *                               no ----------------------------> mn_ether_send
 *   mn_ether_send -> mn_link_finish (checksum, one range) -> device, or the retry queue
 *
 * When the device has no room, frames wait in order in a bounded queue, which is offered again at
 * each flush; mn_link_may_send tells the layers above to hold back meanwhile. */
#include <base/assert.h>
#include <link/link_state.h>

static bool device_cuts(const struct mn_link *link, const struct mnet_frame *frame)
{
    uint32_t need = frame->gso == MNET_GSO_TCP4 ? MNET_NETDEV_TSO4 : MNET_NETDEV_TSO6;
    return (link->caps & need) != 0 && frame->len - MN_ETHER_HDR_LEN <= link->gso_max;
}

void mn_ether_out(struct mn_link *link, struct mn_pkt *pkt, const struct mnet_mac *dst,
                  uint16_t type)
{
    struct mn_wr w = mn_pkt_push(link->env, pkt, MN_ETHER_HDR_LEN);
    struct mn_ether_hdr hdr = {*dst, link->mac, type};
    mn_ether_hdr_write(&w, &hdr);
    MN_ASSERT(mn_wr_ok(&w));
    if (pkt->frame.gso != MNET_GSO_NONE && !device_cuts(link, &pkt->frame))
        mn_gso_out(link, pkt);
    else
        mn_ether_send(link, pkt);
}

static void wait_for_room(struct mn_link *link, struct mn_pkt *pkt)
{
    if (link->retry.count < MN_LINK_RETRY_MAX)
        mn_pktq_push(&link->retry, pkt);
    else
        mn_pkt_drop(link->env, pkt, MNET_DROP_TX_DEVICE_FULL);
}

void mn_ether_send(struct mn_link *link, struct mn_pkt *pkt)
{
    if (!mn_link_finish(link, pkt))
        mn_pkt_drop(link->env, pkt, MNET_DROP_TX_NO_MEMORY);
    else if (link->retry.head || mn_netdev_tx(link, pkt) == MNET_ERR_AGAIN)
        wait_for_room(link, pkt);
}

static void push_front(struct mn_pktq *q, struct mn_pkt *pkt)
{
    pkt->next = q->head;
    q->head = pkt;
    if (!q->tail)
        q->tail = pkt;
    q->count++;
}

void mn_link_flush(struct mn_link *link)
{
    struct mn_pkt *pkt;
    while ((pkt = mn_pktq_pop(&link->retry)) != NULL) {
        if (mn_netdev_tx(link, pkt) == MNET_ERR_AGAIN) {
            push_front(&link->retry, pkt);
            break;
        }
    }
    if (link->is_flush_wanted && link->dev->ops->flush)
        link->dev->ops->flush(link->dev);
    link->is_flush_wanted = false;
}

bool mn_link_may_send(const struct mn_link *link)
{
    return link->retry.head == NULL;
}
