/* SPDX-License-Identifier: ISC
 *
 * ports/linux-tap/net.c - opening a TAP interface of the host.
 *
 * What the program writes comes out of the interface as if received by the host, what the host
 * sends into the interface the program reads. The interface must exist (ip tuntap add tap0 mode tap
 * user $USER): then no privilege is needed.
 *
 * The device is named `tap0[,offload=off][,spin=50us]`. Offloads (large frames, unfinished
 * checksums) are used as far as the kernel has them; `offload=off` gives the plain device that a
 * simple hypervisor would, for tests and comparisons. */
#define _GNU_SOURCE
#include "tap_dev.h"
#include "tap_port.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <mnet/port.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define ETHER_HDR_LEN 14u
#define VLAN_TAG_LEN 4u
#define IP_PACKET_MAX 65535u
#define IP_PACKET_MIN 576u
/* Receive slots worth giving at a time. Large frames pin 66 KiB each, and four of them are as much
 * as a stack takes in before it acknowledges: more would let a sender run out of window while they
 * are still being read. */
#define RX_BATCH_PLAIN 32u
#define RX_BATCH_LARGE 4u
/* A spin longer than this burns more than it can win. */
#define SPIN_US_MAX 10000ul

/* What `tap0,offload=off,spin=50us` says. */
struct tap_spec {
    char ifname[IFNAMSIZ];
    bool has_offload;
    mnet_time spin;
};

static const char *parse_option(struct tap_spec *spec, const char *text, size_t len)
{
    if (len == 10 && !memcmp(text, "offload=on", len)) {
        spec->has_offload = true;
        return NULL;
    }
    if (len == 11 && !memcmp(text, "offload=off", len)) {
        spec->has_offload = false;
        return NULL;
    }
    if (len > 5 && !memcmp(text, "spin=", 5) && text[5] >= '0' && text[5] <= '9') {
        char *end;
        unsigned long us = strtoul(text + 5, &end, 10);
        if (end == text + len - 2 && !memcmp(end, "us", 2) && us <= SPIN_US_MAX) {
            spec->spin = MNET_US(us);
            return NULL;
        }
    }
    return tap_why(
        "'%.*s' is not an option of a TAP: offload=on, offload=off or spin=50us (at most "
        "%luus) are",
        (int)len, text, SPIN_US_MAX);
}

static const char *parse_spec(struct tap_spec *spec, const char *text)
{
    memset(spec, 0, sizeof *spec);
    spec->has_offload = true;
    size_t len = strcspn(text, ",");
    if (len == 0 || len >= sizeof spec->ifname)
        return tap_why("'%.*s' cannot be the name of an interface: 1 to %zu characters", (int)len,
                       text, sizeof spec->ifname - 1);
    memcpy(spec->ifname, text, len);
    while (text[len] == ',') {
        text += len + 1;
        len = strcspn(text, ",");
        const char *why = parse_option(spec, text, len);
        if (why)
            return why;
    }
    return NULL;
}

/* What the kernel tells about the interface. */
struct tap_facts {
    struct mnet_mac host_mac; /* of the host's end */
    uint32_t mtu;
    bool is_up;
};

static struct ifreq request_for(const char *ifname)
{
    struct ifreq request;
    memset(&request, 0, sizeof request);
    memcpy(request.ifr_name, ifname, strlen(ifname));
    return request;
}

static const char *read_facts(const char *ifname, struct tap_facts *facts)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return tap_why("cannot ask about interface %s: %s", ifname, strerror(errno));
    const char *why = NULL;
    struct ifreq request = request_for(ifname);
    if (ioctl(fd, SIOCGIFFLAGS, &request)) {
        why = tap_why("there is no TAP interface %s: create it with: ip tuntap add %s mode tap "
                      "user $USER",
                      ifname, ifname);
        goto out;
    }
    facts->is_up = (request.ifr_flags & IFF_UP) != 0;
    request = request_for(ifname);
    if (ioctl(fd, SIOCGIFMTU, &request)) {
        why = tap_why("cannot read the MTU of interface %s: %s", ifname, strerror(errno));
        goto out;
    }
    facts->mtu = (uint32_t)request.ifr_mtu;
    request = request_for(ifname);
    if (ioctl(fd, SIOCGIFHWADDR, &request)) {
        why = tap_why("cannot read the address of interface %s: %s", ifname, strerror(errno));
        goto out;
    }
    memcpy(facts->host_mac.bytes, request.ifr_hwaddr.sa_data, sizeof facts->host_mac.bytes);
out:
    close(fd);
    return why;
}

/* Our end needs an address of its own, the same whenever the program is started on this interface:
 * a hash (FNV-1a) of the interface's name and the host's address, which the kernel drew when the
 * interface was made. */
static struct mnet_mac own_mac(const char *ifname, const struct mnet_mac *host)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (const char *c = ifname; *c; c++)
        hash = (hash ^ (uint8_t)*c) * UINT64_C(0x100000001b3);
    for (size_t i = 0; i < sizeof host->bytes; i++)
        hash = (hash ^ host->bytes[i]) * UINT64_C(0x100000001b3);
    struct mnet_mac mac;
    for (size_t i = 0; i < sizeof mac.bytes; i++)
        mac.bytes[i] = (uint8_t)(hash >> (8 * i + 8));
    mac.bytes[0] = (uint8_t)((mac.bytes[0] & 0xfcu) | 0x02u); /* unicast, locally administered */
    if (!memcmp(mac.bytes, host->bytes, sizeof mac.bytes))
        mac.bytes[5] ^= 1u;
    return mac;
}

static const char *why_not_attached(const char *ifname, int error)
{
    switch (error) {
    case EBUSY:
        return tap_why("interface %s is used by another program", ifname);
    case EPERM:
        return tap_why("interface %s belongs to another user: create it with: ip tuntap add %s "
                       "mode tap user $USER",
                       ifname, ifname);
    case EINVAL:
        return tap_why("interface %s is not a TAP interface with a single queue", ifname);
    default:
        return tap_why("cannot attach to interface %s: %s", ifname, strerror(error));
    }
}

/* Attaches to the interface, with a vnet header if it is wanted and the kernel has it. */
static const char *attach(struct tap *tap, const struct tap_spec *spec)
{
    tap->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (tap->fd < 0)
        return tap_why("/dev/net/tun cannot be opened: %s", strerror(errno));
    unsigned features = 0;
    if (ioctl(tap->fd, TUNGETFEATURES, &features))
        features = 0;
    tap->has_vnet_hdr = spec->has_offload && (features & IFF_VNET_HDR);
    struct ifreq request = request_for(spec->ifname);
    request.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | (tap->has_vnet_hdr ? IFF_VNET_HDR : 0));
    if (ioctl(tap->fd, TUNSETIFF, &request))
        return why_not_attached(spec->ifname, errno);
    int hdr_len = sizeof(struct virtio_net_hdr);
    if (tap->has_vnet_hdr && ioctl(tap->fd, TUNSETVNETHDRSZ, &hdr_len))
        return tap_why("interface %s refuses a header of %d bytes: %s", spec->ifname, hdr_len,
                       strerror(errno));
    return NULL;
}

/* Tells the kernel what it may send us, and the stack what it may send the kernel. What a program
 * before us has set stays with the interface, so that "nothing" must be said too. */
static uint32_t negotiate(struct tap *tap)
{
    static const struct {
        unsigned long tun;
        uint32_t caps;
    } offers[] = {
        {TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6, MNET_NETDEV_TSO4 | MNET_NETDEV_TSO6},
        {TUN_F_CSUM | TUN_F_TSO4, MNET_NETDEV_TSO4},
        {TUN_F_CSUM, 0},
    };
    uint32_t caps = MNET_NETDEV_GATHER;
    if (tap->has_vnet_hdr) {
        for (size_t i = 0; i < sizeof offers / sizeof offers[0]; i++) {
            if (!ioctl(tap->fd, TUNSETOFFLOAD, offers[i].tun))
                return caps | offers[i].caps | MNET_NETDEV_TX_CSUM | MNET_NETDEV_RX_CSUM;
        }
    }
    ioctl(tap->fd, TUNSETOFFLOAD, 0ul);
    return caps;
}

static void describe(struct tap *tap, const char *name, const struct tap_facts *facts)
{
    uint32_t caps = negotiate(tap);
    bool is_large = (caps & (MNET_NETDEV_TSO4 | MNET_NETDEV_TSO6)) != 0;
    uint32_t mtu = facts->mtu > IP_PACKET_MAX ? IP_PACKET_MAX : facts->mtu;
    tap->dev = (struct mnet_netdev){
        .ops = &tap_ops,
        .name = name,
        .mac = own_mac(tap->ifname, &facts->host_mac),
        .caps = caps,
        .mtu = mtu,
        .gso_max = IP_PACKET_MAX,
        .rx_frame_max = (is_large ? IP_PACKET_MAX : mtu) + ETHER_HDR_LEN + VLAN_TAG_LEN,
        .rx_batch = is_large ? RX_BATCH_LARGE : RX_BATCH_PLAIN,
    };
}

static const char *open_tap(struct tap *tap, const char *name, const struct tap_spec *spec)
{
    struct tap_facts facts;
    memcpy(tap->ifname, spec->ifname, sizeof tap->ifname);
    const char *why = read_facts(spec->ifname, &facts);
    if (!why)
        why = attach(tap, spec);
    if (why)
        return why;
    if (facts.mtu < IP_PACKET_MIN)
        return tap_why("interface %s has an MTU of %u: at least %u is needed", spec->ifname,
                       (unsigned)facts.mtu, IP_PACKET_MIN);
    describe(tap, name, &facts);
    if (!tap_wait_add(tap->fd, spec->spin))
        return tap_why("there are %d devices open already", TAP_DEVICES_MAX);
    if (!facts.is_up)
        tap_warn("interface %s is down: bring it up with: ip link set %s up", spec->ifname,
                 spec->ifname);
    return NULL;
}

mnet_err mnet_port_net_open(const char *name, const char *spec, struct mnet_netdev **out,
                            const char **why)
{
    *out = NULL;
    if (!spec) {
        *why = tap_why("no TAP interface was named: --net:%s=tap0", name);
        return MNET_ERR_NO_DEVICE;
    }
    struct tap_spec parsed;
    *why = parse_spec(&parsed, spec);
    if (*why)
        return MNET_ERR_NO_DEVICE;
    struct tap *tap = calloc(1, sizeof *tap);
    if (!tap) {
        *why = "the system is out of memory";
        return MNET_ERR_IO;
    }
    tap->fd = -1;
    *why = open_tap(tap, name, &parsed);
    if (*why) {
        if (tap->fd >= 0)
            close(tap->fd);
        free(tap);
        return MNET_ERR_NO_DEVICE;
    }
    *out = &tap->dev;
    return MNET_OK;
}

void mnet_port_net_close(struct mnet_netdev *dev)
{
    if (!dev)
        return;
    struct tap *tap = (struct tap *)dev;
    tap_wait_remove(tap->fd);
    /* Who comes after us may not know offloads: what we asked for would stay with the interface. */
    ioctl(tap->fd, TUNSETOFFLOAD, 0ul);
    close(tap->fd);
    free(tap);
}
