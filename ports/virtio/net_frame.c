/* SPDX-License-Identifier: ISC
 *
 * ports/virtio/net_frame.c - frames in and out of a virtio network device.
 *
 * Descriptor i always stands for buffer i of its queue, so the table is written once for receiving,
 * and buffers need no list of their own. A frame is copied once: on the way in because the stack
 * says only at the call where it wants frames, on the way out because their bytes are the device's
 * only until the call returns.
 *
 * In front of a frame is a header with its offload facts, as on a Linux TAP. A frame that is longer
 * than a buffer continues in others; the header of a received one says how many there are.
 *
 * Buffers that a batch has emptied are given back in one go, frames are sent with one notification
 * for all of a batch. The device is not asked for interrupts but in `arm`. */
#include "cpu.h"
#include "net.h"
#include <base/assert.h>
#include <mnet/port.h>
#include <string.h>

#define HDR_NEEDS_CSUM 1u
#define HDR_DATA_VALID 2u
#define GSO_NONE 0u
#define GSO_TCP4 1u
#define GSO_TCP6 4u
#define GSO_ECN 0x80u
/* Sending takes microseconds, or for ever. */
#define END_PATIENCE MNET_MS(100)

/* virtio 1.2, 5.1.6; little-endian, as we are. */
struct net_hdr {
    uint8_t flags;
    uint8_t gso_type;
    uint16_t hdr_len;
    uint16_t gso_size;
    uint16_t csum_start;
    uint16_t csum_offset;
    uint16_t buffer_count;
};
_Static_assert(sizeof(struct net_hdr) == NET_HDR_LEN, "as the device sees it");

/* ---- in ---- */

static uint8_t *rx_buffer(const struct net *net, uint16_t id)
{
    return net->rx_buffers + (size_t)id * net->rx_len;
}

/* Offers the device the buffer that was freed last. */
static void give_back(struct net *net)
{
    uint16_t id = queue_next(&net->rx);
    queue_begin(&net->rx, (uintptr_t)rx_buffer(net, id), net->rx_len, true);
    queue_offer(&net->rx);
}

/* Where the next byte of a slot goes. */
struct filling {
    struct mnet_frame *slot;
    unsigned seg;  /* which range; seg_count when all is full */
    uint32_t used; /* bytes of it */
    uint32_t len;  /* bytes in all */
};

/* False: it does not fit. */
static bool append(struct filling *to, const uint8_t *from, uint32_t len)
{
    while (len > 0) {
        if (to->seg == to->slot->seg_count)
            return false;
        const struct mnet_seg *seg = &to->slot->seg[to->seg];
        uint32_t part = seg->len - to->used < len ? seg->len - to->used : len;
        memcpy(seg->at + to->used, from, part);
        from += part;
        len -= part;
        to->len += part;
        to->used += part;
        if (to->used == seg->len) {
            to->seg++;
            to->used = 0;
        }
    }
    return true;
}

/* Cuts the ranges of the slot to what was used. */
static void finish(const struct filling *to)
{
    struct mnet_frame *slot = to->slot;
    slot->seg_count = (uint8_t)to->seg;
    if (to->used > 0) {
        slot->seg[to->seg].len = to->used;
        slot->seg_count++;
    }
    slot->len = to->len;
}

static void read_facts(struct mnet_frame *slot, const struct net_hdr *hdr)
{
    slot->csum = MNET_CSUM_NONE;
    slot->csum_start = slot->csum_offset = 0;
    slot->gso = MNET_GSO_NONE;
    slot->gso_size = slot->gso_hdr_len = 0;
    if ((hdr->flags & HDR_NEEDS_CSUM) &&
        (uint32_t)hdr->csum_start + hdr->csum_offset + 2 <= slot->len) {
        slot->csum = MNET_CSUM_PARTIAL;
        slot->csum_start = hdr->csum_start;
        slot->csum_offset = hdr->csum_offset;
    } else if (hdr->flags & HDR_DATA_VALID) {
        slot->csum = MNET_CSUM_VERIFIED;
    }
    unsigned type = hdr->gso_type & ~GSO_ECN;
    if (type == GSO_TCP4 || type == GSO_TCP6) {
        slot->gso = type == GSO_TCP4 ? MNET_GSO_TCP4 : MNET_GSO_TCP6;
        slot->gso_size = hdr->gso_size;
    }
}

/* How many buffers the next frame lies in, or 0 if not all of them have come. */
static unsigned frame_buffers(struct net *net, uint16_t ready, const struct net_hdr *hdr)
{
    if (!net->is_merging)
        return 1;
    if (hdr->buffer_count == 0 || hdr->buffer_count > net->rx.size)
        queue_fail(&net->rx, "sent a frame whose number of buffers is", hdr->buffer_count);
    return hdr->buffer_count <= ready ? hdr->buffer_count : 0;
}

/* One frame into `slot`: 1, or 0 when nothing waits. A frame that does not fit is passed over. */
static unsigned rx_one(struct net *net, struct mnet_frame *slot)
{
    for (;;) {
        uint16_t ready = queue_ready(&net->rx);
        uint32_t len;
        uint16_t id = ready > 0 ? queue_peek(&net->rx, &len) : QUEUE_NONE;
        if (id == QUEUE_NONE)
            return 0;
        struct net_hdr hdr;
        memcpy(&hdr, rx_buffer(net, id), sizeof hdr);
        unsigned count = frame_buffers(net, ready, &hdr);
        if (count == 0)
            return 0;
        struct filling to = {.slot = slot};
        bool is_good = true;
        for (unsigned i = 0; i < count; i++) {
            uint32_t skip = i == 0 ? NET_HDR_LEN : 0;
            id = queue_take(&net->rx, &len);
            if (len < skip)
                queue_fail(&net->rx, "sent a frame without a header, of bytes:", len);
            is_good = is_good && append(&to, rx_buffer(net, id) + skip, len - skip);
            give_back(net);
        }
        if (!is_good || to.len == 0)
            continue;
        finish(&to);
        read_facts(slot, &hdr);
        return 1;
    }
}

static unsigned net_rx(struct mnet_netdev *dev, struct mnet_frame *slots, unsigned count)
{
    struct net *net = (struct net *)dev;
    unsigned filled = 0;
    queue_disarm(&net->rx);
    while (filled < count && rx_one(net, &slots[filled]))
        filled++;
    virtio_publish(net->virtio, NET_RX, &net->rx);
    return filled;
}

/* ---- out ---- */

/* Takes back the buffers of frames that were sent. */
static void reclaim(struct net *net)
{
    uint32_t len;
    while (queue_take(&net->tx, &len) != QUEUE_NONE) {
    }
    queue_disarm(&net->tx);
}

static struct net_hdr write_facts(const struct mnet_frame *frame)
{
    struct net_hdr hdr = {0};
    if (frame->csum == MNET_CSUM_PARTIAL) {
        hdr.flags = HDR_NEEDS_CSUM;
        hdr.csum_start = frame->csum_start;
        hdr.csum_offset = frame->csum_offset;
    }
    if (frame->gso != MNET_GSO_NONE) {
        hdr.gso_type = frame->gso == MNET_GSO_TCP4 ? GSO_TCP4 : GSO_TCP6;
        hdr.gso_size = frame->gso_size;
        hdr.hdr_len = frame->gso_hdr_len;
    }
    return hdr;
}

/* The next `len` bytes of a frame, from range `*seg` on, of which `*used` are gone. */
static void copy_out(uint8_t *to, uint32_t len, const struct mnet_frame *frame, unsigned *seg,
                     uint32_t *used)
{
    while (len > 0) {
        MN_ASSERT(*seg < frame->seg_count);
        const struct mnet_seg *from = &frame->seg[*seg];
        uint32_t part = from->len - *used < len ? from->len - *used : len;
        memcpy(to, from->at + *used, part);
        to += part;
        len -= part;
        *used += part;
        if (*used == from->len) {
            (*seg)++;
            *used = 0;
        }
    }
}

static void put(struct net *net, const struct mnet_frame *frame, unsigned count)
{
    uint32_t left = frame->len, used = 0;
    unsigned seg = 0;
    for (unsigned i = 0; i < count; i++) {
        uint8_t *buffer = net->tx_buffers + (size_t)queue_next(&net->tx) * NET_BUFFER_LEN;
        uint32_t hdr_len = i == 0 ? NET_HDR_LEN : 0;
        uint32_t part = NET_BUFFER_LEN - hdr_len < left ? NET_BUFFER_LEN - hdr_len : left;
        if (i == 0) {
            struct net_hdr hdr = write_facts(frame);
            memcpy(buffer, &hdr, sizeof hdr);
            queue_begin(&net->tx, (uintptr_t)buffer, NET_HDR_LEN + part, false);
        } else {
            queue_more(&net->tx, (uintptr_t)buffer, part, false);
        }
        copy_out(buffer + hdr_len, part, frame, &seg, &used);
        left -= part;
    }
    queue_offer(&net->tx);
}

static mnet_err net_tx(struct mnet_netdev *dev, const struct mnet_frame *frame)
{
    struct net *net = (struct net *)dev;
    unsigned count = (NET_HDR_LEN + frame->len + NET_BUFFER_LEN - 1) / NET_BUFFER_LEN;
    if (count > NET_FRAME_BUFFERS)
        return MNET_ERR_MSG_SIZE;
    if (net->tx.free_count < count) {
        reclaim(net);
        if (net->tx.free_count < count) {
            virtio_publish(net->virtio, NET_TX, &net->tx);
            net->is_tx_full = true;
            return MNET_ERR_AGAIN;
        }
    }
    put(net, frame, count);
    return MNET_OK;
}

static void net_flush(struct mnet_netdev *dev)
{
    struct net *net = (struct net *)dev;
    virtio_publish(net->virtio, NET_TX, &net->tx);
}

const struct mnet_netdev_ops net_ops = {.rx = net_rx, .tx = net_tx, .flush = net_flush};

/* ---- waiting ---- */

static struct net *net_of(struct wait_source *source)
{
    return (struct net *)(void *)((char *)source - offsetof(struct net, wait));
}

static bool arm(struct wait_source *source)
{
    struct net *net = net_of(source);
    bool is_ready = queue_arm(&net->rx);
    if (net->is_tx_full && queue_arm(&net->tx)) {
        net->is_tx_full = false;
        is_ready = true;
    }
    return is_ready;
}

void net_begin(struct net *net)
{
    while (net->rx.free_count > 0)
        give_back(net);
    virtio_publish(net->virtio, NET_RX, &net->rx);
    net->wait = (struct wait_source){.arm = arm};
    wait_add(&net->wait);
}

/* A device that is stopped drops what it has not sent yet, and the last words of a program are
 * often just that. A device that is stuck must not hold up the end for long. */
static void wait_until_sent(struct net *net)
{
    mnet_time give_up = mnet_port_clock() + END_PATIENCE;
    virtio_publish(net->virtio, NET_TX, &net->tx);
    for (reclaim(net); net->tx.under_way > 0 && mnet_port_clock() < give_up; reclaim(net))
        cpu_pause();
}

void net_end(struct net *net)
{
    wait_remove(&net->wait);
    wait_until_sent(net);
}
