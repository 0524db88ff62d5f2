/* SPDX-License-Identifier: ISC
 *
 * ports/virtio/queue.h - one split virtqueue (virtio 1.2, 2.7): a table of descriptors, a ring of
 * what the driver offers and a ring of what the device has used.
 *
 * Sending and receiving look alike: build a chain of descriptors (queue_begin, queue_more), offer
 * it, publish all that was offered, and some time later take back, by the number of its first
 * descriptor, what the device has done.
 *
 * Whatever the device writes is compared with what it may write; if it lies, the program ends with
 * a line that says how. */
#ifndef MNET_VIRTIO_QUEUE_H
#define MNET_VIRTIO_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Enough for what is under way between two looks at a device; more would only cost memory. */
#define QUEUE_SIZE_MAX 256u
#define QUEUE_NONE 0xffffu

struct queue_descriptor {
    uint64_t at;
    uint32_t len;
    uint16_t flags;
    uint16_t next;
};

struct queue_ring {
    uint16_t flags;
    uint16_t index;
};

struct queue_used {
    uint32_t id;
    uint32_t len;
};

/* What we know of a descriptor, which the device cannot change. */
struct queue_note {
    uint32_t room;  /* of the first of a chain: bytes that the device may write; */
    uint16_t count; /* descriptors in the chain, 0: this is not the first of one that is offered */
    uint16_t next;  /* in the chain, or of the free ones */
};

struct queue {
    const char *name;               /* for messages */
    struct queue_descriptor *table; /* shared: read by the device */
    struct queue_ring *offered;     /* shared: read by the device; behind it size numbers and
                                       the event */
    struct queue_ring *used;        /* shared: written by the device; behind it size elements
                                       and the event */
    uint16_t size;                  /* a power of two, at most QUEUE_SIZE_MAX */
    uint16_t free_first;            /* of the free descriptors */
    uint16_t free_count;            /* how many there are */
    uint16_t first, last;           /* of the chain that is being built */
    uint16_t offered_index;         /* where the next offer goes */
    uint16_t published_index;       /* as the device has last seen it */
    uint16_t used_index;            /* where the next used one is taken */
    uint16_t under_way;             /* chains that the device has */
    bool has_event;                 /* both sides say when they want to be called */
    struct queue_note note[QUEUE_SIZE_MAX];
};

/* Bytes of shared memory that a queue of `size` descriptors needs. */
size_t queue_memory_len(uint16_t size);
/* Sets up an empty queue in `memory` (aligned to 16 bytes), which it clears. The device must be
 * told where table, offered and used are. */
void queue_init(struct queue *queue, const char *name, void *memory, uint16_t size, bool has_event);

/* Begins a chain, or adds to it, with `len` bytes at `at`. The caller has looked at free_count. The
 * number of the first descriptor, or of the next one: descriptors that were freed last are used
 * first. */
uint16_t queue_begin(struct queue *queue, uintptr_t at, uint32_t len, bool is_written);
void queue_more(struct queue *queue, uintptr_t at, uint32_t len, bool is_written);
/* The number that the next descriptor will have. */
uint16_t queue_next(const struct queue *queue);
/* Puts the chain that was begun in line. */
void queue_offer(struct queue *queue);
/* Shows the device all that is in line. True: it wants to be notified. */
bool queue_publish(struct queue *queue);

/* How many chains wait to be taken back. */
uint16_t queue_ready(struct queue *queue);
/* Takes one back: the number of its first descriptor, and how much was written in `*len`.
 * QUEUE_NONE: none waits. Its descriptors are free again. */
uint16_t queue_take(struct queue *queue, uint32_t *len);

/* The same without taking it. */
uint16_t queue_peek(struct queue *queue, uint32_t *len);

/* Asks for an interrupt with the next chain that comes back. True: one waits already. */
bool queue_arm(struct queue *queue);
/* Asks for no interrupt. */
void queue_disarm(struct queue *queue);

/* Ends the program: the device of this queue has done what it must not. */
_Noreturn void queue_fail(const struct queue *queue, const char *what, uint32_t number);

#endif
