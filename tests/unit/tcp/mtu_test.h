/* SPDX-License-Identifier: ISC
 *
 * What the tests of tcp_mtu.c share. */
#ifndef TCP_MTU_TEST_H
#define TCP_MTU_TEST_H

#include "tcp_fixture.h"

#define MSS 1460u
#define BASE 1200u /* text of the first size to fall back to */
#define WIDE 1400u /* a size above the base, as text */
/* What a probe and three others behind it take; a probe of a few bytes more is not worth it. */
#define ENOUGH (BASE + BASE / 4 + 3 * BASE)

/* A connection on a path of which 1240 bytes are known, of a link of 1500; `size` is to be tried.
 */
static inline void narrow(uint32_t size, bool has_sack)
{
    fix.pmtu = 1240;
    fix.probe_size = size;
    fix.peer.has_sack = has_sack;
    conn_established();
    assert_int_equal(fix.conn->mss, BASE);
}

/* The ACK of everything sent so far. */
static inline void ack_all(void)
{
    rx(ACK, 1, mn_seq_diff(fix.conn->snd_max, fix.conn->iss));
    ignore_events();
}

static inline void ack_with_sack(uint32_t ack, uint32_t start, uint32_t end)
{
    struct seg seg = {.flags = ACK, .seq = 1, .ack = ack, .opts = {.sack_count = 1}};
    seg.opts.sack[0].start = mn_seq(fix.iss + start);
    seg.opts.sack[0].end = mn_seq(fix.iss + end);
    rx_seg(&seg);
}

#endif
