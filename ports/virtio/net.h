/* SPDX-License-Identifier: ISC
 *
 * ports/virtio/net.h - one open network device: between net.c, which opens it, and net_frame.c,
 * which moves frames. */
#ifndef MNET_VIRTIO_NET_H
#define MNET_VIRTIO_NET_H

#include "virtio.h"
#include <mnet/netdev.h>

#define NET_DEVICES_MAX 16u
#define NET_RX 0u
#define NET_TX 1u
/* In front of every frame, in both directions. */
#define NET_HDR_LEN 12u
/* One for each descriptor: a page. A plain frame fits, a large one takes 17. */
#define NET_BUFFER_LEN 4096u
#define NET_FRAME_BUFFERS 17u

struct net {
    struct mnet_netdev dev;       /* what the stack sees; first, so that it can be cast back */
    struct virtio_device *virtio; /* NULL: this is not open */
    struct queue rx, tx;
    char rx_name[80], tx_name[80]; /* of the queues, for messages */
    struct wait_source wait;
    void *memory; /* of queues and buffers */
    size_t memory_len;
    uint8_t *rx_buffers; /* one for each descriptor of rx, rx_len bytes */
    uint8_t *tx_buffers; /* one for each descriptor of tx, NET_BUFFER_LEN bytes */
    uint32_t rx_len;
    bool is_merging; /* a received frame may lie in several buffers */
    bool is_tx_full; /* a frame was refused: wake up when there is room */
};

extern const struct mnet_netdev_ops net_ops; /* net_frame.c */

/* net_frame.c: gives the device all receive buffers; and, before it is stopped, lets it send what
 * it has. */
void net_begin(struct net *net);
void net_end(struct net *net);

#endif
