/* SPDX-License-Identifier: ISC
 *
 * ports/solo5/net.c - network devices: one plain frame a call, without offloads.
 *
 * A frame of the usual MTU is read straight into the first range of its slot. A device with a large
 * MTU (a TAP can have 65,521) gives frames that no range holds, and a call wants one piece of
 * memory: these come by way of one buffer and are copied into the ranges that they fill. Sending,
 * link/ makes one range of a frame.
 *
 * What a device had no room for is lost without a word (spt, hvt) or waited for (virtio); an error
 * is one that does not pass, so it is never AGAIN. A device can be acquired once, so a closed one
 * stays known here and is opened again by name. */
#include <mnet/port.h>
#include <solo5.h>
#include <string.h>

/* How many devices a program can have. */
#define NETS_MAX 16u
#define VLAN_TAG_LEN 4u
#define IP_PACKET_MIN 576u
#define IP_PACKET_MAX 65535u
#define FRAME_MAX (SOLO5_NET_HLEN + VLAN_TAG_LEN + IP_PACKET_MAX)
/* An MTU up to which a frame is usual; and how many receive slots are worth giving at a time, as on
 * linux-tap. */
#define MTU_USUAL 2000u
#define RX_BATCH_USUAL 32u
#define RX_BATCH_LARGE 4u

struct solo5_net {
    struct mnet_netdev dev; /* first, so that it can be cast back */
    solo5_handle_t handle;  /* of the acquired device */
};

static struct solo5_net nets[NETS_MAX];
static size_t net_count;
/* A large frame on its way in; one byte more shows that a frame was longer. */
static uint8_t large[FRAME_MAX + 1];

/* ---- receiving ---- */

/* Copies a large frame into the ranges of `slot` and cuts them. */
static void scatter(struct mnet_frame *slot, size_t len)
{
    size_t done = 0;
    uint8_t used = 0;
    while (done < len) {
        struct mnet_seg *seg = &slot->seg[used++];
        if (seg->len > len - done)
            seg->len = (uint32_t)(len - done);
        memcpy(seg->at, large + done, seg->len);
        done += seg->len;
    }
    slot->seg_count = used;
}

/* One frame into `slot`; false when nothing waits. A frame that is larger than the device said is
 * passed over: the interface's MTU was raised since, and the frame may have been cut. */
static bool rx_one(struct solo5_net *net, struct mnet_frame *slot)
{
    size_t len;
    bool is_direct = slot->seg[0].len > net->dev.rx_frame_max;
    uint8_t *to = is_direct ? slot->seg[0].at : large;
    if (solo5_net_read(net->handle, to, net->dev.rx_frame_max + 1u, &len) != SOLO5_R_OK)
        return false;
    if (len == 0 || len > net->dev.rx_frame_max)
        return false;
    if (is_direct) {
        slot->seg_count = 1;
        slot->seg[0].len = (uint32_t)len;
    } else {
        scatter(slot, len);
    }
    slot->len = (uint32_t)len;
    slot->csum = MNET_CSUM_NONE;
    slot->csum_start = slot->csum_offset = 0;
    slot->gso = MNET_GSO_NONE;
    slot->gso_size = slot->gso_hdr_len = 0;
    return true;
}

static unsigned net_rx(struct mnet_netdev *dev, struct mnet_frame *slots, unsigned count)
{
    unsigned filled = 0;
    while (filled < count && rx_one((struct solo5_net *)dev, &slots[filled]))
        filled++;
    return filled;
}

/* ---- sending ---- */

static mnet_err net_tx(struct mnet_netdev *dev, const struct mnet_frame *frame)
{
    const struct solo5_net *net = (struct solo5_net *)dev;
    if (frame->seg_count != 1 || frame->len > dev->mtu + SOLO5_NET_HLEN)
        return MNET_ERR_MSG_SIZE;
    solo5_result_t result = solo5_net_write(net->handle, frame->seg[0].at, frame->len);
    return result == SOLO5_R_OK ? MNET_OK : MNET_ERR_IO;
}

static const struct mnet_netdev_ops net_ops = {.rx = net_rx, .tx = net_tx, .flush = NULL};

/* ---- opening ---- */

static struct solo5_net *find(const char *name)
{
    for (size_t i = 0; i < net_count; i++) {
        if (strcmp(nets[i].dev.name, name) == 0)
            return &nets[i];
    }
    return NULL;
}

static struct solo5_net *acquire(const char *name, const char **why)
{
    struct solo5_net_info info;
    if (net_count == NETS_MAX) {
        *why = "a program can have 16 network devices";
        return NULL;
    }
    struct solo5_net *net = &nets[net_count];
    if (solo5_net_acquire(name, &net->handle, &info) != SOLO5_R_OK) {
        *why = "the manifest of this image has no such network device";
        return NULL;
    }
    uint32_t mtu = info.mtu < IP_PACKET_MAX ? (uint32_t)info.mtu : IP_PACKET_MAX;
    net->dev = (struct mnet_netdev){.ops = &net_ops,
                                    .name = name,
                                    .mtu = mtu,
                                    .rx_frame_max = SOLO5_NET_HLEN + VLAN_TAG_LEN + mtu,
                                    .rx_batch = mtu <= MTU_USUAL ? RX_BATCH_USUAL : RX_BATCH_LARGE};
    memcpy(net->dev.mac.bytes, info.mac_address, SOLO5_NET_ALEN);
    net_count++;
    return net;
}

mnet_err mnet_port_net_open(const char *name, const char *spec, struct mnet_netdev **out,
                            const char **why)
{
    *out = NULL;
    if (spec) {
        *why = "on Solo5 --net: stands in front of the image, for the tender";
        return MNET_ERR_IO;
    }
    struct solo5_net *net = find(name);
    if (!net)
        net = acquire(name, why);
    if (!net)
        return MNET_ERR_NO_DEVICE;
    if (net->dev.mtu < IP_PACKET_MIN) {
        *why = "the MTU of the interface is less than 576";
        return MNET_ERR_IO;
    }
    *out = &net->dev;
    return MNET_OK;
}

void mnet_port_net_close(struct mnet_netdev *dev)
{
    (void)dev;
}
