/* SPDX-License-Identifier: ISC
 *
 * mnet/netdev.h - the frame seam: what a network device of a port must provide to a stack.
 *
 * A frame is a short list of byte ranges plus its offload facts. Frames may be as large as 64 KiB
 * when the device says that it can segment (TSO) or merges what it receives; the stack always
 * thinks in large sends and large receives and falls back to software where a device cannot.
 *
 * A device is used by one stack, from one thread. None of its calls may block. */
#ifndef MNET_NETDEV_H
#define MNET_NETDEV_H

#include <mnet/addr.h>
#include <mnet/err.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One Ethernet header and what can follow it: 14 + 65,535 bytes in 2 KiB + 4 * 16 KiB; sending
 * needs one range for headers and up to six for a 64 KiB piece of a send queue. */
#define MNET_FRAME_SEGS 8

struct mnet_seg {
    uint8_t *at;
    uint32_t len; /* bytes */
};

/* What is known of the transport checksum. */
enum mnet_csum {
    MNET_CSUM_NONE,    /* RX: not checked. TX: complete, nothing to do. */
    MNET_CSUM_PARTIAL, /* TX: the field at csum_start + csum_offset holds the pseudo-header sum; the
                          device sums from csum_start to the end and stores the result there.
                          RX: same frame looped from a local sender; its payload is good. */
    MNET_CSUM_VERIFIED, /* RX: the device has checked it. */
};

/* What the frame must be cut into (TX), or was merged from (RX). */
enum mnet_gso { MNET_GSO_NONE, MNET_GSO_TCP4, MNET_GSO_TCP6 };

struct mnet_frame {
    struct mnet_seg seg[MNET_FRAME_SEGS];
    uint32_t len;         /* sum of seg[0 .. seg_count-1].len */
    uint8_t seg_count;    /* 1 .. MNET_FRAME_SEGS */
    uint8_t csum;         /* enum mnet_csum */
    uint8_t gso;          /* enum mnet_gso */
    uint16_t csum_start;  /* PARTIAL: offset from the start of the frame */
    uint16_t csum_offset; /* PARTIAL: offset of the field from csum_start */
    uint16_t gso_size;    /* payload bytes of each piece, when gso != NONE */
    uint16_t gso_hdr_len; /* bytes of all headers, Ethernet to TCP, when gso != NONE (TX) */
};

/* Capabilities. A missing one is done in software by link/. */
#define MNET_NETDEV_TX_CSUM 0x01u /* finishes CSUM_PARTIAL frames */
#define MNET_NETDEV_RX_CSUM 0x02u /* may deliver CSUM_VERIFIED or CSUM_PARTIAL frames */
#define MNET_NETDEV_TSO4 0x04u    /* cuts GSO_TCP4 frames (needs TX_CSUM) */
#define MNET_NETDEV_TSO6 0x08u    /* cuts GSO_TCP6 frames (needs TX_CSUM) */
#define MNET_NETDEV_GATHER 0x10u  /* sends frames of several segments; else link/ makes them one */

struct mnet_netdev;

struct mnet_netdev_ops {
    /* Receives up to `count` frames. Each slot comes with seg[0 .. seg_count-1] describing free
     * memory of the stack (together at least rx_frame_max bytes); the device fills the ranges in
     * order, cuts seg_count and each seg[i].len to what it used, and sets len and the offload
     * facts. Returns how many slots were filled, 0 when nothing waits; the first free one ends a
     * batch. */
    unsigned (*rx)(struct mnet_netdev *dev, struct mnet_frame *slots, unsigned count);

    /* Sends one frame, whose bytes are the device's only until the call returns. Errors: AGAIN
     * (full; the stack drops or retries), IO, MSG_SIZE. */
    mnet_err (*tx)(struct mnet_netdev *dev, const struct mnet_frame *frame);

    /* Called once after a batch of tx: makes sure that they leave. NULL if there is nothing to do.
     */
    void (*flush)(struct mnet_netdev *dev);
};

struct mnet_netdev {
    const struct mnet_netdev_ops *ops;
    const char *name;      /* as declared by the program and in the manifest: "service" */
    struct mnet_mac mac;   /* own address */
    uint32_t caps;         /* MNET_NETDEV_* */
    uint32_t mtu;          /* largest IP packet of an unsegmented frame, 576 .. 65535 */
    uint32_t gso_max;      /* largest IP packet of a GSO frame, when a TSO capability is set */
    uint32_t rx_frame_max; /* largest frame that rx can give, with its Ethernet header */
    unsigned rx_batch;     /* how many slots are worth giving to one rx call, at least 1 */
};

#endif
