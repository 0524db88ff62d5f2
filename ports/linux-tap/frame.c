/* SPDX-License-Identifier: ISC
 *
 * ports/linux-tap/frame.c - frames in and out: one readv or writev each, straight from and into the
 * stack's memory.
 *
 * With IFF_VNET_HDR each frame is preceded by a small header that says what the offload facts of
 * the frame are. In both directions a frame can then be as large as 64 KiB with its checksum
 * unfinished: between the stack and a socket of the host nobody ever cuts or sums it. The header is
 * in the byte order of the processor (no TUNSETVNETLE). */
#define _GNU_SOURCE
#include "tap_dev.h"
#include <errno.h>
#include <linux/virtio_net.h>
#include <string.h>
#include <sys/uio.h>

/* The vnet header and all ranges of a frame. */
#define IOV_MAX_COUNT (1 + MNET_FRAME_SEGS)

static unsigned fill_iov(struct iovec *iov, const struct tap *tap, struct virtio_net_hdr *hdr,
                         const struct mnet_frame *frame)
{
    unsigned count = 0;
    if (tap->has_vnet_hdr)
        iov[count++] = (struct iovec){.iov_base = hdr, .iov_len = sizeof *hdr};
    for (unsigned i = 0; i < frame->seg_count; i++)
        iov[count++] = (struct iovec){.iov_base = frame->seg[i].at, .iov_len = frame->seg[i].len};
    return count;
}

/* Cuts the ranges of `slot` to the `len` bytes that were used; false if there were more than fit.
 */
static bool cut_slot(struct mnet_frame *slot, size_t len)
{
    size_t left = len;
    unsigned used = 0;
    for (unsigned i = 0; i < slot->seg_count && left > 0; i++) {
        if (slot->seg[i].len > left)
            slot->seg[i].len = (uint32_t)left;
        left -= slot->seg[i].len;
        used = i + 1;
    }
    if (left > 0 || used == 0)
        return false;
    slot->seg_count = (uint8_t)used;
    slot->len = (uint32_t)len;
    return true;
}

static void read_facts(struct mnet_frame *slot, const struct virtio_net_hdr *hdr)
{
    uint32_t csum_end = (uint32_t)hdr->csum_start + hdr->csum_offset + 2;
    if ((hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) && csum_end <= slot->len) {
        slot->csum = MNET_CSUM_PARTIAL;
        slot->csum_start = hdr->csum_start;
        slot->csum_offset = hdr->csum_offset;
    } else if (hdr->flags & VIRTIO_NET_HDR_F_DATA_VALID) {
        slot->csum = MNET_CSUM_VERIFIED;
    }
    switch (hdr->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) {
    case VIRTIO_NET_HDR_GSO_TCPV4:
        slot->gso = MNET_GSO_TCP4;
        slot->gso_size = hdr->gso_size;
        break;
    case VIRTIO_NET_HDR_GSO_TCPV6:
        slot->gso = MNET_GSO_TCP6;
        slot->gso_size = hdr->gso_size;
        break;
    default:
        break;
    }
}

/* One frame into `slot`: 1, or 0 when nothing waits. A frame that does not fit is passed over: the
 * interface's MTU was raised after it was opened, and the frame would have to be cut. */
static unsigned rx_one(struct tap *tap, struct mnet_frame *slot)
{
    for (;;) {
        struct virtio_net_hdr hdr = {0};
        struct iovec iov[IOV_MAX_COUNT];
        ssize_t got = readv(tap->fd, iov, (int)fill_iov(iov, tap, &hdr, slot));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return 0;
        size_t hdr_len = tap->has_vnet_hdr ? sizeof hdr : 0;
        if ((size_t)got <= hdr_len || !cut_slot(slot, (size_t)got - hdr_len))
            continue;
        slot->csum = MNET_CSUM_NONE;
        slot->csum_start = slot->csum_offset = 0;
        slot->gso = MNET_GSO_NONE;
        slot->gso_size = slot->gso_hdr_len = 0;
        if (tap->has_vnet_hdr)
            read_facts(slot, &hdr);
        return 1;
    }
}

static unsigned tap_rx(struct mnet_netdev *dev, struct mnet_frame *slots, unsigned count)
{
    struct tap *tap = (struct tap *)dev;
    unsigned filled = 0;
    while (filled < count && rx_one(tap, &slots[filled]))
        filled++;
    return filled;
}

static void write_facts(struct virtio_net_hdr *hdr, const struct mnet_frame *frame)
{
    if (frame->csum == MNET_CSUM_PARTIAL) {
        hdr->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
        hdr->csum_start = frame->csum_start;
        hdr->csum_offset = frame->csum_offset;
    }
    if (frame->gso != MNET_GSO_NONE) {
        hdr->gso_type =
            frame->gso == MNET_GSO_TCP4 ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6;
        hdr->gso_size = frame->gso_size;
        hdr->hdr_len = frame->gso_hdr_len;
    }
}

static mnet_err tap_tx(struct mnet_netdev *dev, const struct mnet_frame *frame)
{
    struct tap *tap = (struct tap *)dev;
    struct virtio_net_hdr hdr = {0};
    struct iovec iov[IOV_MAX_COUNT];
    if (tap->has_vnet_hdr)
        write_facts(&hdr, frame);
    int count = (int)fill_iov(iov, tap, &hdr, frame);
    ssize_t sent;
    do {
        sent = writev(tap->fd, iov, count);
    } while (sent < 0 && errno == EINTR);
    if (sent >= 0)
        return MNET_OK;
    switch (errno) {
    case EAGAIN:
    case ENOBUFS:
    case ENOMEM:
        return MNET_ERR_AGAIN;
    case EMSGSIZE:
    case EINVAL:
        return MNET_ERR_MSG_SIZE;
    default: /* EIO: the interface is down */
        return MNET_ERR_IO;
    }
}

const struct mnet_netdev_ops tap_ops = {.rx = tap_rx, .tx = tap_tx, .flush = NULL};
