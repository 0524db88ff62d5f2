/* SPDX-License-Identifier: ISC
 *
 * ports/virtio/virtio.h - virtio devices: finding them, waking them up, their queues.
 *
 * A device is reached through registers in memory (mmio.c) or as a PCI function (pci_device.c);
 * the drivers (net.c, blk.c, entropy.c) see no difference. */
#ifndef MNET_VIRTIO_VIRTIO_H
#define MNET_VIRTIO_VIRTIO_H

#include "acpi.h"
#include "queue.h"
#include "virtio_port.h"

/* Kinds of devices that there are drivers for. */
#define VIRTIO_NET 1u
#define VIRTIO_BLOCK 2u
#define VIRTIO_ENTROPY 4u

/* Features of every kind. */
#define VIRTIO_F_EVENT_IDX (UINT64_C(1) << 29)
#define VIRTIO_F_VERSION_1 (UINT64_C(1) << 32)
/* The device reaches memory as the platform says; without an IOMMU, which nobody has set up, that
 * is directly. */
#define VIRTIO_F_ACCESS_PLATFORM (UINT64_C(1) << 33)

struct virtio_device;

struct virtio_transport {
    uint8_t (*status)(const struct virtio_device *dev);
    void (*set_status)(const struct virtio_device *dev, uint8_t status);
    uint64_t (*features)(const struct virtio_device *dev);
    void (*set_features)(const struct virtio_device *dev, uint64_t features);
    /* Changes whenever the configuration has changed. */
    uint32_t (*generation)(const struct virtio_device *dev);
    /* A field of the configuration, of 1, 2 or 4 bytes. */
    uint32_t (*config)(const struct virtio_device *dev, unsigned offset, unsigned len);
    /* The largest size of a queue, 0: there is none of this number. */
    uint16_t (*queue_max)(const struct virtio_device *dev, unsigned number);
    /* Tells where a queue is. False: interrupts cannot be had for it. */
    bool (*queue_set)(struct virtio_device *dev, unsigned number, const struct queue *queue);
    void (*notify)(const struct virtio_device *dev, unsigned number);
    /* Makes the device end its interrupt. */
    void (*acknowledge)(const struct virtio_device *dev);
};

#define VIRTIO_QUEUES_MAX 2u

struct virtio_device {
    const struct virtio_transport *transport;
    uint32_t kind;       /* VIRTIO_... */
    bool is_open;        /* a driver uses it */
    uint64_t features;   /* that both sides know */
    uintptr_t common;    /* registers; mmio: all of them */
    uintptr_t specific;  /* configuration of the kind of device */
    uint32_t config_len; /* bytes of it */
    /* mmio */
    uint32_t line;      /* of the interrupt */
    bool is_line_level; /* how it calls */
    bool is_line_low;
    /* PCI */
    uintptr_t notify_window;             /* registers to notify queues, */
    uint32_t notify_len;                 /* bytes of them, */
    uint32_t notify_multiplier;          /* and how far apart they are */
    uintptr_t notify[VIRTIO_QUEUES_MAX]; /* the one of each queue */
    uintptr_t msix;                      /* table of messages; 0: there is none */
};

/* bus.c: finds all devices, from the command line, ACPI and PCI, in this order. */
void bus_init(struct info *info, const struct acpi *acpi);
/* bus.c: a place for a device that was found; NULL: there are too many. */
struct virtio_device *bus_add(void);
/* bus.c: the device of that kind with number `index` in the order of the bus, or NULL. */
struct virtio_device *bus_find(uint32_t kind, unsigned index);

/* choose.c: the device that the program means: the first one of that kind which is not in use, or
 * the one with the number `spec`. NULL, or a sentence (good until the next call) about why there is
 * none. */
const char *choose(uint32_t kind, const char *spec, struct virtio_device **dev);

/* virtio.c: resets a device and agrees on features: some of `wanted`, and the common ones. NULL, or
 * why it cannot be used. */
const char *virtio_begin(struct virtio_device *dev, uint64_t wanted);
/* virtio.c: sets up a queue with at most `max` descriptors in `memory`. NULL or why not. */
const char *virtio_add_queue(struct virtio_device *dev, unsigned number, struct queue *queue,
                             const char *name, void *memory, uint16_t size);
/* virtio.c: the largest size that both sides can have, a power of two; 0: there is no such queue.
 */
uint16_t virtio_queue_size(const struct virtio_device *dev, unsigned number);
/* virtio.c: the device begins to work; and stops, so that all memory is ours again. */
void virtio_start(struct virtio_device *dev);
void virtio_stop(struct virtio_device *dev);
/* virtio.c: shows the device what was offered, and calls it if it wants. */
void virtio_publish(const struct virtio_device *dev, unsigned number, struct queue *queue);
/* virtio.c: a field of the configuration, of 1, 2, 4 or 8 bytes. */
uint64_t virtio_config(const struct virtio_device *dev, unsigned offset, unsigned len);

/* mmio.c: adds the device whose registers are at `at`, if there is one. */
void mmio_add(uint64_t at, uint32_t line, bool is_level, bool is_low);

/* cmdline.c: takes the next "virtio_mmio.device=LEN@ADDRESS:LINE" out of `line`. False: there is
 * none left. What cannot be read is taken out and reported in `*bad`, else that is NULL. */
struct cmdline_device {
    uint64_t at, len;
    uint32_t line;
};
bool cmdline_take(char *line, struct cmdline_device *device, const char **bad);

#endif
