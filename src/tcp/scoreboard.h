/* SPDX-License-Identifier: ISC
 *
 * tcp/scoreboard.h - what the peer has said to hold out of order: RFC 2018, RFC 2883. Pure.
 *
 * Ranges above snd_una, sorted, apart from each other, at most MN_SCOREBOARD_RANGES. Whatever does
 * not fit is forgotten: SACK is advice, and bytes stay in the send queue until they are
 * acknowledged. Memory is drawn from a pool with the first block and given back with the last. */
#ifndef MN_SCOREBOARD_H
#define MN_SCOREBOARD_H

#include <base/mem.h>
#include <base/seq.h>
#include <wire/tcp_opts.h>

#define MN_SCOREBOARD_RANGES 32u /* as many holes as a receiver like ours can have */

struct mn_scoreboard_ranges;

struct mn_scoreboard {
    struct mn_scoreboard_ranges *ranges; /* NULL: nothing is known */
    uint32_t len;                        /* bytes in the ranges */
};

/* What an ACK's blocks meant. */
struct mn_scoreboard_news {
    uint32_t sacked; /* bytes not known before */
    bool has_dsack;  /* RFC 2883: the first block reports a duplicate, `dsack` */
    struct mn_tcp_sack dsack;
};

/* The pool for all scoreboards of a stack. */
void mn_scoreboard_pool_init(struct mn_pool *pool, struct mn_mem *mem, uint32_t count_max);

void mn_scoreboard_init(struct mn_scoreboard *sb);
/* Forgets all: after a retransmission timeout (RFC 2018 8), and at the end. */
void mn_scoreboard_clear(struct mn_pool *pool, struct mn_scoreboard *sb);

/* The blocks of one ACK; `ack` is its SEG.ACK, `snd_una` that of the connection after it, `snd_max`
 * the end of what was ever sent. Blocks that cannot be true are passed over. */
void mn_scoreboard_update(struct mn_pool *pool, struct mn_scoreboard *sb, struct mn_seq ack,
                          struct mn_seq snd_una, struct mn_seq snd_max,
                          const struct mn_tcp_sack *blocks, unsigned count,
                          struct mn_scoreboard_news *news);
/* snd_una went forward: forgets what lies before it. */
void mn_scoreboard_ack(struct mn_pool *pool, struct mn_scoreboard *sb, struct mn_seq snd_una);

/* Whether the byte at `seq` is in a range. */
bool mn_scoreboard_has(const struct mn_scoreboard *sb, struct mn_seq seq);
/* The first bytes at or after `from` that are in no range but below one: false when there are none.
 */
bool mn_scoreboard_hole(const struct mn_scoreboard *sb, struct mn_seq from,
                        struct mn_tcp_sack *hole);
/* The end of the highest range, false when there is none. */
bool mn_scoreboard_end(const struct mn_scoreboard *sb, struct mn_seq *end);

bool mn_scoreboard_ok(const struct mn_scoreboard *sb, struct mn_seq snd_una, struct mn_seq snd_max);

#endif
