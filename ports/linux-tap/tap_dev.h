/* SPDX-License-Identifier: ISC
 *
 * ports/linux-tap/tap_dev.h - one open TAP: between net.c, which opens it, and frame.c, which moves
 * frames. */
#ifndef MNET_TAP_DEV_H
#define MNET_TAP_DEV_H

#include <mnet/netdev.h>
#include <net/if.h>

struct tap {
    struct mnet_netdev dev; /* what the stack sees; first, so that it can be cast back */
    int fd;                 /* of /dev/net/tun, attached to the interface */
    bool has_vnet_hdr;      /* each frame has a struct virtio_net_hdr in front */
    char ifname[IFNAMSIZ];  /* of the interface */
};

extern const struct mnet_netdev_ops tap_ops; /* frame.c */

#endif
