/* SPDX-License-Identifier: ISC
 *
 * The fake device, and the calls of mnet/port.h and of the port itself that drivers use. */
#include "virtio_fake.h"
#include <mnet/port.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- a queue ---- */

static const uint16_t *offers(const struct queue *queue)
{
    return (const uint16_t *)(queue->offered + 1);
}

static struct queue_used *elements(const struct queue *queue)
{
    return (struct queue_used *)(queue->used + 1);
}

bool fake_take(struct fake_queue *queue, struct fake_chain *chain)
{
    const struct queue *driver = queue->driver;
    if (queue->taken == driver->offered->index)
        return false;
    uint16_t id = offers(driver)[queue->taken++ % driver->size];
    *chain = (struct fake_chain){.id = id};
    for (;;) {
        const struct queue_descriptor *d = &driver->table[id];
        if (chain->count == FAKE_PARTS_MAX || id >= driver->size)
            abort();
        chain->part[chain->count].at = (uint8_t *)(uintptr_t)d->at;
        chain->part[chain->count].len = d->len;
        chain->part[chain->count++].is_written = (d->flags & 2) != 0;
        if (!(d->flags & 1))
            return true;
        id = d->next;
    }
}

void fake_use(struct fake_queue *queue, uint32_t id, uint32_t len)
{
    const struct queue *driver = queue->driver;
    elements(driver)[queue->used++ % driver->size] = (struct queue_used){id, len};
    driver->used->index = queue->used;
}

uint32_t fake_write(const struct fake_chain *chain, const void *from, uint32_t len)
{
    uint32_t done = 0;
    for (unsigned i = 0; i < chain->count && done < len; i++) {
        if (!chain->part[i].is_written)
            continue;
        uint32_t part = chain->part[i].len < len - done ? chain->part[i].len : len - done;
        memcpy(chain->part[i].at, (const uint8_t *)from + done, part);
        done += part;
    }
    return done;
}

uint32_t fake_read(const struct fake_chain *chain, void *to, uint32_t len)
{
    uint32_t done = 0;
    for (unsigned i = 0; i < chain->count && done < len; i++) {
        if (chain->part[i].is_written)
            continue;
        uint32_t part = chain->part[i].len < len - done ? chain->part[i].len : len - done;
        memcpy((uint8_t *)to + done, chain->part[i].at, part);
        done += part;
    }
    return done;
}

bool fake_wants_interrupt(struct fake_queue *queue)
{
    const struct queue *driver = queue->driver;
    uint16_t before = queue->told, now = queue->used;
    queue->told = now;
    if (!driver->has_event)
        return now != before && !(driver->offered->flags & 1);
    uint16_t after = offers(driver)[driver->size];
    /* virtio 1.2, 2.7.10.1 in its own words: an interrupt when the index went past `after`. */
    for (uint16_t i = before; i != now; i++) {
        if (i == after)
            return true;
    }
    return false;
}

void fake_notify_after(struct fake_queue *queue, uint16_t index)
{
    *(uint16_t *)(elements(queue->driver) + queue->driver->size) = index;
}

void fake_be_quiet(struct fake_queue *queue, bool is_quiet)
{
    queue->driver->used->flags = is_quiet;
}

void fake_set_used_index(struct fake_queue *queue, uint16_t index)
{
    queue->driver->used->index = index;
}

/* ---- a device ---- */

static struct fake_device *fake_of(const struct virtio_device *dev)
{
    return (struct fake_device *)(uintptr_t)dev;
}

static uint8_t fake_status(const struct virtio_device *dev)
{
    return fake_of(dev)->status;
}

static void fake_set_status(const struct virtio_device *dev, uint8_t status)
{
    struct fake_device *fake = fake_of(dev);
    if (fake->refuses_features)
        status &= (uint8_t)~8u;
    fake->status = status == 0 && fake->is_stuck ? 1 : status;
    if (status == 0)
        memset(fake->queue, 0, sizeof fake->queue);
}

static uint64_t fake_features(const struct virtio_device *dev)
{
    return fake_of(dev)->offers;
}

static void fake_set_features(const struct virtio_device *dev, uint64_t features)
{
    fake_of(dev)->taken_features = features;
}

static uint32_t fake_generation(const struct virtio_device *dev)
{
    (void)dev;
    return 0;
}

static uint32_t fake_config(const struct virtio_device *dev, unsigned offset, unsigned len)
{
    const struct fake_device *fake = fake_of(dev);
    if ((len != 1 && len != 2 && len != 4) || offset % len != 0 ||
        offset + len > sizeof fake->config)
        abort();
    uint32_t value = 0;
    memcpy(&value, fake->config + offset, len);
    return value;
}

static uint16_t fake_queue_max(const struct virtio_device *dev, unsigned number)
{
    return number < VIRTIO_QUEUES_MAX ? fake_of(dev)->queue_max : 0;
}

static bool fake_queue_set(struct virtio_device *dev, unsigned number, const struct queue *queue)
{
    fake_of(dev)->queue[number] = (struct fake_queue){.driver = queue};
    return !fake_of(dev)->has_no_interrupts;
}

static void fake_notify(const struct virtio_device *dev, unsigned number)
{
    fake_of(dev)->queue[number].notified++;
}

static void fake_acknowledge(const struct virtio_device *dev)
{
    (void)dev;
}

static const struct virtio_transport transport = {
    .status = fake_status,
    .set_status = fake_set_status,
    .features = fake_features,
    .set_features = fake_set_features,
    .generation = fake_generation,
    .config = fake_config,
    .queue_max = fake_queue_max,
    .queue_set = fake_queue_set,
    .notify = fake_notify,
    .acknowledge = fake_acknowledge,
};

static struct fake_device *found[8];
static unsigned found_count;

void fake_add(struct fake_device *dev, uint32_t kind, uint64_t features, uint16_t queue_max)
{
    memset(dev, 0, sizeof *dev);
    dev->virtio.transport = &transport;
    dev->virtio.kind = kind;
    dev->offers = features;
    dev->queue_max = queue_max;
    found[found_count++] = dev;
}

void fake_remove_all(void)
{
    found_count = 0;
}

struct virtio_device *bus_find(uint32_t kind, unsigned index)
{
    for (unsigned i = 0; i < found_count; i++) {
        if (found[i]->virtio.kind == kind && index-- == 0)
            return &found[i]->virtio;
    }
    return NULL;
}

/* ---- the machine ---- */

static struct wait_source *sources;
unsigned fake_wait_count;
unsigned fake_memory_count;
void (*fake_on_clock)(void);
static mnet_time now;
static jmp_buf *panic_to;
static char panic_text[256];

void wait_add(struct wait_source *source)
{
    source->next = sources;
    sources = source;
    fake_wait_count++;
}

void wait_remove(struct wait_source *source)
{
    for (struct wait_source **at = &sources; *at; at = &(*at)->next) {
        if (*at == source) {
            *at = source->next;
            fake_wait_count--;
            return;
        }
    }
    abort();
}

bool fake_arm(void)
{
    bool is_ready = false;
    for (struct wait_source *s = sources; s; s = s->next)
        is_ready |= s->arm(s);
    return is_ready;
}

/* Every look at the clock takes a while, so that patience ends. */
mnet_time mnet_port_clock(void)
{
    now += MNET_MS(100);
    if (fake_on_clock)
        fake_on_clock();
    return now;
}

size_t mnet_port_entropy(void *out, size_t len)
{
    memset(out, 0xa5, len);
    return len;
}

void *mnet_port_memory(size_t len)
{
    void *at = aligned_alloc(65536, (len + 65535) / 65536 * 65536);
    memset(at, 0xee, len);
    fake_memory_count++;
    return at;
}

void mnet_port_memory_free(void *at, size_t len)
{
    (void)len;
    fake_memory_count -= at != NULL;
    free(at);
}

void mnet_port_panic(const char *message)
{
    snprintf(panic_text, sizeof panic_text, "%s", message);
    if (!panic_to) {
        fprintf(stderr, "panic: %s\n", message);
        abort();
    }
    longjmp(*panic_to, 1);
}

const char *fake_panic_of(void (*fn)(void *), void *arg)
{
    jmp_buf here;
    panic_to = &here;
    const char *volatile text = NULL;
    if (setjmp(here) == 0)
        fn(arg);
    else
        text = panic_text;
    panic_to = NULL;
    return text;
}
