/* SPDX-License-Identifier: ISC
 *
 * tcp/sndq.h - the send queue of a connection: bytes written and not acknowledged yet. Pure: it
 * knows offsets from its first byte, not sequence numbers.
 *
 *        head                                       tail
 *      | 2 KiB block |  ->  | 16 KiB block |  ->  | 16 KiB block ...room |
 *        ^ offset 0 = first byte not acknowledged
 *
 * Bytes are copied once, when written; a segment takes references to where they lie, also when it
 * is sent again. An empty queue holds no memory. The limit of the send buffer is the caller's. */
#ifndef MN_SNDQ_H
#define MN_SNDQ_H

#include <base/pkt.h>

struct mn_sndq_chunk; /* one block and which part of it is filled */

/* What all send queues of a stack share. */
struct mn_sndq_mem {
    struct mn_env *env;   /* blocks */
    struct mn_pool pool;  /* struct mn_sndq_chunk */
    uint64_t chunk_steps; /* chunks walked over so far: what the test of bounded work counts */
};

struct mn_sndq {
    struct mn_sndq_chunk *head, *tail;
    struct mn_sndq_chunk *cursor; /* where the last gather ended; NULL: nowhere */
    uint32_t cursor_off;          /* offset of the cursor's first byte */
    uint32_t len;                 /* bytes in the queue */
    uint32_t truesize;            /* bytes of budget that it holds */
};

/* The largest queue: sequence numbers bound it. */
#define MN_SNDQ_LEN_MAX 0x3fffffffu

void mn_sndq_mem_init(struct mn_sndq_mem *mem, struct mn_env *env);

void mn_sndq_init(struct mn_sndq *q);
/* Frees all. */
void mn_sndq_clear(struct mn_sndq_mem *mem, struct mn_sndq *q);

/* Copies up to `len` bytes to the end and returns how many: fewer when memory is used up. */
uint32_t mn_sndq_push(struct mn_sndq_mem *mem, struct mn_sndq *q, const void *from, uint32_t len);
/* Copies all `len` bytes or, when memory does not suffice, none. */
MNET_MUST_USE bool mn_sndq_push_all(struct mn_sndq_mem *mem, struct mn_sndq *q, const void *from,
                                    uint32_t len);

/* Adds references to up to `len` bytes from `offset` on to `pkt`; returns how many bytes: fewer
 * when the packet has no more ranges (MNET_FRAME_SEGS) or the queue ends. `offset` at most q->len
 * (asserted). O(1) when the offsets of successive calls go forward, or go back to the start. */
uint32_t mn_sndq_gather(struct mn_sndq_mem *mem, struct mn_sndq *q, uint32_t offset, uint32_t len,
                        struct mn_pkt *pkt);

/* Drops the first `len` bytes, at most q->len (asserted). Packets that refer to them still may. */
void mn_sndq_ack(struct mn_sndq_mem *mem, struct mn_sndq *q, uint32_t len);

bool mn_sndq_ok(const struct mn_sndq_mem *mem, const struct mn_sndq *q);

#endif
