/* SPDX-License-Identifier: ISC
 *
 * ports/virtio/net.c - opening a virtio network device (virtio 1.2, 5.1).
 *
 * Which device it is choose.c knows, unless the command line says --net:service=52:54:00:12:34:56.
 * What a device can do for us is agreed on here; frames are moved in net_frame.c.
 *
 * Each device has one block of memory: both queues, and one buffer for each descriptor. */
#include "net.h"
#include <base/fmt.h>
#include <mnet/port.h>
#include <string.h>

/* Features (virtio 1.2, 5.1.3). */
#define F_CSUM (UINT64_C(1) << 0)
#define F_GUEST_CSUM (UINT64_C(1) << 1)
#define F_MTU (UINT64_C(1) << 3)
#define F_MAC (UINT64_C(1) << 5)
#define F_GUEST_TSO4 (UINT64_C(1) << 7)
#define F_GUEST_TSO6 (UINT64_C(1) << 8)
#define F_HOST_TSO4 (UINT64_C(1) << 11)
#define F_HOST_TSO6 (UINT64_C(1) << 12)
#define F_MRG_RXBUF (UINT64_C(1) << 15)

/* Configuration (virtio 1.2, 5.1.4). */
#define CONFIG_MAC 0u
#define CONFIG_MTU 10u

#define ETHER_HDR_LEN 14u
#define VLAN_TAG_LEN 4u
#define IP_PACKET_MAX 65535u
#define IP_PACKET_MIN 576u
#define MTU_DEFAULT 1500u
/* As in the port to Linux: large frames pin 66 KiB each. */
#define RX_BATCH_PLAIN 32u
#define RX_BATCH_LARGE 4u

static char why_text[128];

static void read_own_mac(const struct virtio_device *dev, struct mnet_mac *mac)
{
    for (unsigned i = 0; i < sizeof mac->bytes; i++)
        mac->bytes[i] = (uint8_t)virtio_config(dev, CONFIG_MAC + i, 1);
}

static const char *take_mac(const struct net *net, struct mnet_mac *mac)
{
    if (net->virtio->features & F_MAC) {
        read_own_mac(net->virtio, mac);
        return NULL;
    }
    if (mnet_port_entropy(mac->bytes, sizeof mac->bytes) < sizeof mac->bytes)
        return "the device has no address of its own, and there is no randomness to make one";
    mac->bytes[0] = (uint8_t)((mac->bytes[0] & ~1u) | 2u); /* one station, locally administered */
    return NULL;
}

static const char *take_mtu(const struct net *net, uint32_t *mtu)
{
    *mtu = MTU_DEFAULT;
    if (net->virtio->features & F_MTU) {
        *mtu = (uint32_t)virtio_config(net->virtio, CONFIG_MTU, 2);
    }
    if (*mtu >= IP_PACKET_MIN)
        return NULL;
    mn_fmt(why_text, sizeof why_text, "the device has an MTU of %u: at least %u is needed",
           (unsigned)*mtu, IP_PACKET_MIN);
    return why_text;
}

/* Features that only make sense with others (virtio 1.2, 5.1.3.1), or for us: large received frames
 * without merging would need buffers of 64 KiB each. */
static uint64_t wanted_of(const struct virtio_device *dev)
{
    uint64_t offered = dev->transport->features(dev);
    uint64_t wanted = F_MAC | F_MTU | F_MRG_RXBUF;
    if (offered & F_CSUM)
        wanted |= F_CSUM | F_HOST_TSO4 | F_HOST_TSO6;
    if (offered & F_GUEST_CSUM) {
        wanted |= F_GUEST_CSUM;
        if (offered & F_MRG_RXBUF)
            wanted |= F_GUEST_TSO4 | F_GUEST_TSO6;
    }
    return wanted;
}

static uint32_t caps_of(uint64_t features)
{
    uint32_t caps = MNET_NETDEV_GATHER;
    caps |= features & F_CSUM ? MNET_NETDEV_TX_CSUM : 0;
    caps |= features & F_GUEST_CSUM ? MNET_NETDEV_RX_CSUM : 0;
    caps |= features & F_HOST_TSO4 ? MNET_NETDEV_TSO4 : 0;
    caps |= features & F_HOST_TSO6 ? MNET_NETDEV_TSO6 : 0;
    return caps;
}

static const char *describe(struct net *net, const char *name)
{
    uint64_t features = net->virtio->features;
    bool is_large = (features & (F_GUEST_TSO4 | F_GUEST_TSO6)) != 0;
    uint32_t mtu;
    const char *why = take_mtu(net, &mtu);
    if (why)
        return why;
    net->dev = (struct mnet_netdev){
        .ops = &net_ops,
        .name = name,
        .caps = caps_of(features),
        .mtu = mtu,
        .gso_max = IP_PACKET_MAX,
        .rx_frame_max = (is_large ? IP_PACKET_MAX : mtu) + ETHER_HDR_LEN + VLAN_TAG_LEN,
        .rx_batch = is_large ? RX_BATCH_LARGE : RX_BATCH_PLAIN,
    };
    net->is_merging = (features & F_MRG_RXBUF) != 0;
    net->rx_len = NET_BUFFER_LEN;
    uint32_t needed = net->dev.rx_frame_max + NET_HDR_LEN;
    if (!net->is_merging && needed > NET_BUFFER_LEN)
        net->rx_len = (needed + 63) & ~63u;
    return take_mac(net, &net->dev.mac);
}

static size_t round_up(size_t len)
{
    return (len + 4095) & ~(size_t)4095;
}

/* Cuts the block: what is before the buffers is rounded to pages. */
static const char *set_up_memory(struct net *net, uint16_t rx_size, uint16_t tx_size)
{
    size_t rx_queue = round_up(queue_memory_len(rx_size));
    size_t tx_queue = round_up(queue_memory_len(tx_size));
    size_t rx_buffers = round_up((size_t)rx_size * net->rx_len);
    net->memory_len = rx_queue + tx_queue + rx_buffers + (size_t)tx_size * NET_BUFFER_LEN;
    net->memory = mnet_port_memory(net->memory_len);
    if (!net->memory)
        return "there is no memory for its buffers";
    uint8_t *at = net->memory;
    const char *why = virtio_add_queue(net->virtio, NET_RX, &net->rx, net->rx_name, at, rx_size);
    at += rx_queue;
    if (!why)
        why = virtio_add_queue(net->virtio, NET_TX, &net->tx, net->tx_name, at, tx_size);
    net->rx_buffers = at + tx_queue;
    net->tx_buffers = net->rx_buffers + rx_buffers;
    return why;
}

static const char *set_up(struct net *net, const char *name)
{
    const char *why = virtio_begin(net->virtio, wanted_of(net->virtio));
    if (!why)
        why = describe(net, name);
    if (why)
        return why;
    uint16_t rx_size = virtio_queue_size(net->virtio, NET_RX);
    uint16_t tx_size = virtio_queue_size(net->virtio, NET_TX);
    if (rx_size < NET_FRAME_BUFFERS || tx_size < NET_FRAME_BUFFERS)
        return "the device has too short queues";
    mn_fmt(net->rx_name, sizeof net->rx_name, "%s: receive queue", name);
    mn_fmt(net->tx_name, sizeof net->tx_name, "%s: send queue", name);
    why = set_up_memory(net, rx_size, tx_size);
    if (why)
        return why;
    virtio_start(net->virtio);
    net_begin(net);
    return NULL;
}

/* ---- which one ---- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool read_mac(const char *text, struct mnet_mac *mac)
{
    for (unsigned i = 0; i < sizeof mac->bytes; i++, text += 3) {
        int high = hex_digit(text[0]), low = high < 0 ? -1 : hex_digit(text[1]);
        if (low < 0 || text[2] != (i + 1 < sizeof mac->bytes ? ':' : '\0'))
            return false;
        mac->bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static bool has_mac(const struct virtio_device *dev, const struct mnet_mac *mac)
{
    struct mnet_mac own;
    if (!(dev->transport->features(dev) & F_MAC))
        return false;
    read_own_mac(dev, &own);
    return memcmp(own.bytes, mac->bytes, sizeof own.bytes) == 0;
}

static struct virtio_device *find_mac(const struct mnet_mac *mac)
{
    struct virtio_device *dev = bus_find(VIRTIO_NET, 0);
    for (unsigned i = 1; dev && !has_mac(dev, mac); i++)
        dev = bus_find(VIRTIO_NET, i);
    return dev;
}

static const char *find(const char *spec, struct virtio_device **dev)
{
    struct mnet_mac mac;
    if (!spec || !read_mac(spec, &mac))
        return choose(VIRTIO_NET, spec, dev);
    *dev = find_mac(&mac);
    if (*dev && !(*dev)->is_open)
        return NULL;
    mn_fmt(why_text, sizeof why_text,
           *dev ? "the virtio network device %s is in use already"
                : "no virtio network device has the address %s",
           spec);
    return why_text;
}

/* ---- mnet/port.h ---- */

mnet_err mnet_port_net_open(const char *name, const char *spec, struct mnet_netdev **out,
                            const char **why)
{
    static struct net nets[NET_DEVICES_MAX];
    struct virtio_device *virtio = NULL;
    struct net *net = nets;
    *out = NULL;
    *why = find(spec, &virtio);
    /* Without a word on the command line the machine was searched: that it lacks the device is a
     * failure of the machine, not of the command line. */
    if (*why)
        return spec ? MNET_ERR_NO_DEVICE : MNET_ERR_IO;
    while (net < nets + NET_DEVICES_MAX && net->virtio)
        net++;
    if (net == nets + NET_DEVICES_MAX) {
        *why = "there are too many network devices open";
        return MNET_ERR_IO;
    }
    memset(net, 0, sizeof *net);
    net->virtio = virtio;
    *why = set_up(net, name);
    if (*why) {
        virtio_stop(virtio);
        mnet_port_memory_free(net->memory, net->memory_len);
        net->virtio = NULL;
        return MNET_ERR_IO;
    }
    *out = &net->dev;
    return MNET_OK;
}

void mnet_port_net_close(struct mnet_netdev *dev)
{
    if (!dev)
        return;
    struct net *net = (struct net *)dev;
    net_end(net);
    virtio_stop(net->virtio);
    mnet_port_memory_free(net->memory, net->memory_len);
    net->virtio = NULL;
}
