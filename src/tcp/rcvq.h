/* SPDX-License-Identifier: ISC
 *
 * tcp/rcvq.h - the receive queue of a connection: what came in order and waits to be read, and what
 * came out of order and waits for what is missing before it. Pure: knows packets, not connections.
 *
 *      start                nxt
 *        | pkt -> pkt -> pkt |   hole   | pkt -> pkt |  hole  | pkt |      sequence space ->
 *        '---- in order -----'          '- range 0 --'        '- 1 -'
 *
 * Packets hold payload only; they are linked, not copied, except that a small payload is copied
 * into free room of the packet before it, so that tiny segments do not hold 2 KiB each.
 *
 * Work is bounded whatever comes: a packet costs at most one pass over MN_RCVQ_RANGES ranges, plus
 * one free for each packet that it makes superfluous, each of which was inserted once. */
#ifndef MN_RCVQ_H
#define MN_RCVQ_H

#include <base/pkt.h>
#include <base/seq.h>
#include <mnet/conn.h>
#include <wire/tcp_opts.h>

/* Out-of-order ranges of a connection. More would mean more holes than a loss pattern of a sane
 * path has; a range beyond it is dropped and will be sent again. */
#define MN_RCVQ_RANGES 32u
/* A payload up to this is copied into the packet before it if there is room. */
#define MN_RCVQ_COPY_MAX 512u

struct mn_rcvq_ooo; /* the out-of-order part, drawn from the pool when there is one */

/* What all receive queues of a stack share. */
struct mn_rcvq_mem {
    struct mn_env *env;   /* packets and blocks */
    struct mn_pool pool;  /* struct mn_rcvq_ooo */
    uint64_t range_steps; /* ranges looked at so far: what the test of bounded work counts */
};

struct mn_rcvq {
    struct mn_pkt *head, *tail; /* in order, not read yet */
    struct mn_rcvq_ooo *ooo;    /* NULL while nothing is out of order */
    struct mn_seq nxt;          /* sequence number after the last byte in order */
    uint32_t len;               /* bytes in order */
    uint32_t truesize;          /* bytes of budget that the packets of both parts hold */
};

enum mn_rcvq_result {
    MN_RCVQ_IN_ORDER,     /* nxt went forward, over the packet and perhaps over ranges behind it */
    MN_RCVQ_OUT_OF_ORDER, /* kept behind a hole */
    MN_RCVQ_DUPLICATE,    /* every byte was there already; freed */
    MN_RCVQ_LIMIT,        /* too many ranges; freed */
    MN_RCVQ_NO_MEMORY,    /* no memory for the out-of-order part; freed */
};

/* At most `queues_max` queues can hold out-of-order data at the same time. */
void mn_rcvq_mem_init(struct mn_rcvq_mem *mem, struct mn_env *env, uint32_t queues_max);

/* Empty; the first byte expected is `nxt`. */
void mn_rcvq_init(struct mn_rcvq *q, struct mn_seq nxt);
/* Frees all. */
void mn_rcvq_clear(struct mn_rcvq_mem *mem, struct mn_rcvq *q);

/* Takes `pkt`, at least one byte of payload that begins at `seq`, already cut to the window: no
 * byte of it lies 2^31 or more after nxt. What is there already is kept, what is new of `pkt` is
 * added. */
enum mn_rcvq_result mn_rcvq_insert(struct mn_rcvq_mem *mem, struct mn_rcvq *q, struct mn_pkt *pkt,
                                   struct mn_seq seq);

/* Lends up to `max` ranges of bytes in order; valid until the next read, consume or clear. */
unsigned mn_rcvq_peek(const struct mn_rcvq *q, struct mnet_slice *slices, unsigned max);
/* Passes over `len` bytes, at most q->len (asserted). */
void mn_rcvq_consume(struct mn_rcvq_mem *mem, struct mn_rcvq *q, uint32_t len);
/* Copies up to `len` bytes out and passes over them; returns how many. */
uint32_t mn_rcvq_read(struct mn_rcvq_mem *mem, struct mn_rcvq *q, void *to, uint32_t len);

/* RFC 2018 4: the ranges to report, the one that changed last first; returns how many. */
unsigned mn_rcvq_sacks(const struct mn_rcvq *q, struct mn_tcp_sack *out, unsigned max);

static inline bool mn_rcvq_has_ooo(const struct mn_rcvq *q)
{
    return q->ooo != NULL;
}

/* Bytes that wait out of order. */
uint32_t mn_rcvq_ooo_len(const struct mn_rcvq *q);
/* The end of the highest range; nxt if there is none. */
struct mn_seq mn_rcvq_end(const struct mn_rcvq *q);
/* RFC 2018 8: gives up all that is out of order; the peer still has it. Returns the wire segments
 * lost, for the counter. */
uint32_t mn_rcvq_shed(struct mn_rcvq_mem *mem, struct mn_rcvq *q);

bool mn_rcvq_ok(const struct mn_rcvq_mem *mem, const struct mn_rcvq *q);

#endif
