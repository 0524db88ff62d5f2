/* SPDX-License-Identifier: ISC
 *
 * ports/sim/net.c - devices: what a stack may ask of them, and a queue of what has arrived.
 *
 * A device is strict. A frame that uses a capability which the device does not have, or whose
 * lengths do not add up, is a bug of the stack and ends the program; a real device would send
 * garbage. */
#include "sim_world.h"
#include <mnet/port.h>
#include <stdlib.h>
#include <string.h>

static struct mnet_frame facts_of(const struct mnet_frame *frame)
{
    struct mnet_frame facts = *frame;
    memset(facts.seg, 0, sizeof facts.seg);
    return facts;
}

/* Copies a frame into the ranges of `slot` and cuts them. */
static void fill_slot(struct mnet_frame *slot, const struct sim_frame *frame)
{
    uint32_t done = 0;
    unsigned used = 0;
    for (unsigned i = 0; i < slot->seg_count && done < frame->len; i++) {
        if (slot->seg[i].len > frame->len - done)
            slot->seg[i].len = frame->len - done;
        memcpy(slot->seg[i].at, frame->bytes + done, slot->seg[i].len);
        done += slot->seg[i].len;
        used = i + 1;
    }
    if (done < frame->len)
        sim_bug("sim: a receive slot is smaller than rx_frame_max");
    slot->seg_count = (uint8_t)used;
    slot->len = frame->len;
    slot->csum = frame->facts.csum;
    slot->csum_start = frame->facts.csum_start;
    slot->csum_offset = frame->facts.csum_offset;
    slot->gso = frame->facts.gso;
    slot->gso_size = frame->facts.gso_size;
    slot->gso_hdr_len = 0;
}

static unsigned sim_rx(struct mnet_netdev *dev, struct mnet_frame *slots, unsigned count)
{
    struct sim_device *device = (struct sim_device *)dev;
    sim_advance(device->link->sim, device->link->sim->now);
    unsigned filled = 0;
    while (filled < count && device->rx_head) {
        struct sim_frame *frame = device->rx_head;
        device->rx_head = frame->next;
        if (!device->rx_head)
            device->rx_tail = NULL;
        device->rx_count--;
        fill_slot(&slots[filled++], frame);
        free(frame);
    }
    return filled;
}

static void check_facts(const struct sim_device *device, const struct mnet_frame *frame)
{
    uint32_t caps = device->dev.caps;
    uint32_t sum = 0;
    if (frame->seg_count < 1 || frame->seg_count > MNET_FRAME_SEGS)
        sim_bug("sim: a frame without ranges, or with too many");
    for (unsigned i = 0; i < frame->seg_count; i++)
        sum += frame->seg[i].len;
    if (sum != frame->len || frame->len < SIM_ETHER_HDR_LEN)
        sim_bug("sim: the length of a frame is not the sum of its ranges");
    if (frame->seg_count > 1 && !(caps & MNET_NETDEV_GATHER))
        sim_bug("sim: several ranges for a device without GATHER");
    if (frame->csum == MNET_CSUM_PARTIAL) {
        if (!(caps & MNET_NETDEV_TX_CSUM))
            sim_bug("sim: an unfinished checksum for a device without TX_CSUM");
        if ((uint32_t)frame->csum_start + frame->csum_offset + 2 > frame->len)
            sim_bug("sim: the checksum lies outside the frame");
    }
    if (frame->gso == MNET_GSO_NONE)
        return;
    if (!(caps & (frame->gso == MNET_GSO_TCP4 ? MNET_NETDEV_TSO4 : MNET_NETDEV_TSO6)))
        sim_bug("sim: a large frame for a device without TSO");
    if (frame->csum != MNET_CSUM_PARTIAL || frame->gso_size == 0 ||
        frame->gso_hdr_len <= frame->csum_start || frame->gso_hdr_len >= frame->len)
        sim_bug("sim: the facts of a large frame contradict each other");
    if (frame->len - SIM_ETHER_HDR_LEN > device->dev.gso_max)
        sim_bug("sim: a large frame beyond gso_max");
}

static mnet_err sim_tx(struct mnet_netdev *dev, const struct mnet_frame *frame)
{
    struct sim_device *device = (struct sim_device *)dev;
    struct sim_link *link = device->link;
    check_facts(device, frame);
    uint32_t whole = frame->len;
    if (frame->gso != MNET_GSO_NONE && (uint32_t)frame->gso_hdr_len + frame->gso_size < whole)
        whole = (uint32_t)frame->gso_hdr_len + frame->gso_size;
    if (whole > dev->mtu + SIM_ETHER_HDR_LEN)
        return MNET_ERR_MSG_SIZE;
    if (sim_chance(&link->rng, device->tx_full_ppm))
        return MNET_ERR_AGAIN;
    struct sim_frame *copy = sim_frame_new(NULL, frame->len);
    uint32_t done = 0;
    for (unsigned i = 0; i < frame->seg_count; i++) {
        memcpy(copy->bytes + done, frame->seg[i].at, frame->seg[i].len);
        done += frame->seg[i].len;
    }
    copy->facts = facts_of(frame);
    sim_tell(link->sim, SIM_SENT, device, copy->bytes, copy->len);
    sim_link_carry(device, copy);
    return MNET_OK;
}

static const struct mnet_netdev_ops ops = {.rx = sim_rx, .tx = sim_tx, .flush = NULL};

void sim_device_arrive(struct sim_frame *frame)
{
    struct sim_device *device = frame->to;
    struct sim *sim = device->link->sim;
    enum sim_what fate = SIM_DELIVERED;
    if (sim_link_is_down(device->link))
        fate = SIM_DOWN;
    else if (frame->len > device->dev.rx_frame_max)
        fate = SIM_TOO_BIG;
    else if (device->rx_count >= device->rx_queue_max)
        fate = SIM_RX_FULL;
    if (fate != SIM_DELIVERED) {
        sim_tell(sim, fate, device, frame->bytes, frame->len);
        free(frame);
        return;
    }
    if (frame->facts.csum == MNET_CSUM_NONE && (device->dev.caps & MNET_NETDEV_RX_CSUM) &&
        sim_verify(frame))
        frame->facts.csum = MNET_CSUM_VERIFIED;
    sim_tell(sim, SIM_DELIVERED, device, frame->bytes, frame->len);
    frame->next = NULL;
    if (device->rx_tail)
        device->rx_tail->next = frame;
    else
        device->rx_head = frame;
    device->rx_tail = frame;
    device->rx_count++;
}

void sim_device_clear(struct sim_device *device)
{
    while (device->rx_head) {
        struct sim_frame *frame = device->rx_head;
        device->rx_head = frame->next;
        free(frame);
    }
    device->rx_tail = NULL;
    device->rx_count = 0;
}

static uint32_t or_default(uint32_t value, uint32_t otherwise)
{
    return value ? value : otherwise;
}

struct mnet_netdev *sim_device_add(struct sim_link *link, const struct sim_device_config *config)
{
    static const struct mnet_mac no_mac;
    struct sim *sim = link->sim;
    struct sim_device *device = sim_alloc(sizeof *device);
    if (config->has_large_rx && !(config->caps & MNET_NETDEV_RX_CSUM))
        sim_bug("sim: has_large_rx needs RX_CSUM");
    sim->device_count++;
    device->link = link;
    device->has_large_rx = config->has_large_rx;
    device->tx_full_ppm = config->tx_full_ppm;
    device->rx_queue_max = or_default(config->rx_queue, 1000);
    struct mnet_netdev *dev = &device->dev;
    dev->ops = &ops;
    dev->name = config->name;
    dev->mac = config->mac;
    if (!memcmp(&dev->mac, &no_mac, sizeof no_mac)) {
        dev->mac.bytes[0] = 2;
        dev->mac.bytes[4] = (uint8_t)(sim->device_count >> 8);
        dev->mac.bytes[5] = (uint8_t)sim->device_count;
    }
    dev->caps = config->caps;
    dev->mtu = or_default(config->mtu, 1500);
    dev->gso_max = or_default(config->gso_max, SIM_IP_MAX);
    dev->rx_frame_max = (config->has_large_rx ? SIM_IP_MAX : dev->mtu) + SIM_ETHER_HDR_LEN;
    dev->rx_batch = or_default(config->rx_batch, 32);
    struct sim_device **last = &link->devices;
    while (*last)
        last = &(*last)->next;
    *last = device;
    return dev;
}

mnet_err mnet_port_net_open(const char *name, const char *spec, struct mnet_netdev **out,
                            const char **why)
{
    struct sim *sim = sim_current();
    *out = NULL;
    *why = "no device was named";
    if (!spec)
        return MNET_ERR_NO_DEVICE;
    *why = NULL;
    for (struct sim_link *link = sim->links; link; link = link->next) {
        for (struct sim_device *device = link->devices; device; device = device->next) {
            if (!strcmp(device->dev.name, name)) {
                *out = &device->dev;
                return MNET_OK;
            }
        }
    }
    struct sim_link *link = sim->links ? sim->links : sim_link_add(sim, NULL);
    *out = sim_device_add(link, &(struct sim_device_config){.name = name});
    return MNET_OK;
}

/* What came for a program that has ended is not for the next one. */
void mnet_port_net_close(struct mnet_netdev *dev)
{
    if (dev)
        sim_device_clear((struct sim_device *)dev);
}
