/* SPDX-License-Identifier: ISC
 *
 * ports/virtio/queue.c - the driver's side of a split virtqueue.
 *
 * Memory is shared with somebody who runs at the same time. An element is written before the index
 * that shows it (release), and the device's index is read before what it shows (acquire). "Do you
 * want to be called?" and "I have put something there" may cross: a full fence stands between what
 * we wrote and what we then ask, on the way out (publish) and before sleeping (arm).
 *
 * From the device only three things are read: its index, the elements that it shows, and when it
 * wants to be notified. The first two are checked: it can have used no more chains than it has, and
 * an element must name a chain that it has, and no more bytes than fit. Descriptors are never read
 * back. */
#include "queue.h"
#include <base/fmt.h>
#include <mnet/port.h>
#include <string.h>

#define FLAG_NEXT 1u
#define FLAG_WRITTEN 2u
/* In the ring that we write: no interrupt, please. In the other: no notification, please. */
#define RING_QUIET 1u

static uint16_t *offers(const struct queue *queue)
{
    return (uint16_t *)(queue->offered + 1);
}

static struct queue_used *elements(const struct queue *queue)
{
    return (struct queue_used *)(queue->used + 1);
}

/* The index of the device after which we want an interrupt; and the other way round. */
static uint16_t *interrupt_after(const struct queue *queue)
{
    return offers(queue) + queue->size;
}

static uint16_t *notify_after(const struct queue *queue)
{
    return (uint16_t *)(elements(queue) + queue->size);
}

static size_t offered_len(uint16_t size)
{
    /* The used ring that follows is aligned to 4. */
    return (sizeof(struct queue_ring) + 2u * size + 2u + 3u) & ~(size_t)3;
}

size_t queue_memory_len(uint16_t size)
{
    return sizeof(struct queue_descriptor) * size + offered_len(size) + sizeof(struct queue_ring) +
           sizeof(struct queue_used) * size + 2u;
}

void queue_init(struct queue *queue, const char *name, void *memory, uint16_t size, bool has_event)
{
    memset(queue, 0, sizeof *queue);
    memset(memory, 0, queue_memory_len(size));
    char *at = memory;
    queue->name = name;
    queue->size = size;
    queue->has_event = has_event;
    queue->table = (struct queue_descriptor *)(void *)at;
    at += sizeof(struct queue_descriptor) * size;
    queue->offered = (struct queue_ring *)(void *)at;
    queue->used = (struct queue_ring *)(void *)(at + offered_len(size));
    queue->free_count = size;
    for (uint16_t i = 0; i < size; i++)
        queue->note[i].next = (uint16_t)(i + 1);
    queue_disarm(queue);
}

_Noreturn void queue_fail(const struct queue *queue, const char *what, uint32_t number)
{
    char text[160];
    mn_fmt(text, sizeof text, "%s: the device %s %u", queue->name, what, (unsigned)number);
    mnet_port_panic(text);
}

/* ---- out ---- */

uint16_t queue_next(const struct queue *queue)
{
    return queue->free_first;
}

static uint16_t fill(struct queue *queue, uintptr_t at, uint32_t len, bool is_written)
{
    uint16_t id = queue->free_first;
    queue->free_first = queue->note[id].next;
    queue->free_count--;
    queue->table[id] = (struct queue_descriptor){
        .at = at, .len = len, .flags = is_written ? FLAG_WRITTEN : 0, .next = 0};
    queue->last = id;
    return id;
}

uint16_t queue_begin(struct queue *queue, uintptr_t at, uint32_t len, bool is_written)
{
    uint16_t id = fill(queue, at, len, is_written);
    queue->first = id;
    queue->note[id].count = 1;
    queue->note[id].room = is_written ? len : 0;
    return id;
}

void queue_more(struct queue *queue, uintptr_t at, uint32_t len, bool is_written)
{
    uint16_t before = queue->last;
    uint16_t id = fill(queue, at, len, is_written);
    queue->table[before].flags |= FLAG_NEXT;
    queue->table[before].next = id;
    queue->note[before].next = id;
    queue->note[queue->first].count++;
    queue->note[queue->first].room += is_written ? len : 0;
}

void queue_offer(struct queue *queue)
{
    offers(queue)[queue->offered_index & (queue->size - 1)] = queue->first;
    queue->offered_index++;
    queue->under_way++;
}

bool queue_publish(struct queue *queue)
{
    uint16_t before = queue->published_index, now = queue->offered_index;
    if (before == now)
        return false;
    __atomic_store_n(&queue->offered->index, now, __ATOMIC_RELEASE);
    queue->published_index = now;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (!queue->has_event)
        return !(__atomic_load_n(&queue->used->flags, __ATOMIC_RELAXED) & RING_QUIET);
    /* Whether the index after which it wants to be called is one of those that are new. */
    uint16_t after = __atomic_load_n(notify_after(queue), __ATOMIC_RELAXED);
    return (uint16_t)(now - after - 1) < (uint16_t)(now - before);
}

/* ---- back ---- */

uint16_t queue_ready(struct queue *queue)
{
    uint16_t index = __atomic_load_n(&queue->used->index, __ATOMIC_ACQUIRE);
    uint16_t ready = (uint16_t)(index - queue->used_index);
    if (ready > queue->under_way)
        queue_fail(queue, "has used more buffers than it was given:", ready);
    return ready;
}

static void free_chain(struct queue *queue, uint16_t first)
{
    uint16_t count = queue->note[first].count, last = first;
    queue->note[first].count = 0;
    for (uint16_t i = 1; i < count; i++)
        last = queue->note[last].next;
    queue->note[last].next = queue->free_first;
    queue->free_first = first;
    queue->free_count = (uint16_t)(queue->free_count + count);
}

uint16_t queue_peek(struct queue *queue, uint32_t *len)
{
    if (queue_ready(queue) == 0)
        return QUEUE_NONE;
    const struct queue_used *element = &elements(queue)[queue->used_index & (queue->size - 1)];
    uint32_t id = __atomic_load_n(&element->id, __ATOMIC_RELAXED);
    *len = __atomic_load_n(&element->len, __ATOMIC_RELAXED);
    if (id >= queue->size || queue->note[id].count == 0)
        queue_fail(queue, "returned a buffer that it does not have: number", id);
    if (*len > queue->note[id].room)
        queue_fail(queue, "wrote more than there is room for: bytes", *len);
    return (uint16_t)id;
}

uint16_t queue_take(struct queue *queue, uint32_t *len)
{
    uint16_t id = queue_peek(queue, len);
    if (id == QUEUE_NONE)
        return QUEUE_NONE;
    queue->used_index++;
    queue->under_way--;
    free_chain(queue, id);
    return id;
}

/* ---- interrupts ---- */

bool queue_arm(struct queue *queue)
{
    if (queue->has_event)
        __atomic_store_n(interrupt_after(queue), queue->used_index, __ATOMIC_RELAXED);
    else
        __atomic_store_n(&queue->offered->flags, 0, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return queue_ready(queue) > 0;
}

/* With events: after the index that is as far away as can be. It comes nearer as time goes by, so
 * this is to be repeated. */
void queue_disarm(struct queue *queue)
{
    if (queue->has_event)
        __atomic_store_n(interrupt_after(queue), (uint16_t)(queue->used_index - 1),
                         __ATOMIC_RELAXED);
    else
        __atomic_store_n(&queue->offered->flags, RING_QUIET, __ATOMIC_RELAXED);
}
