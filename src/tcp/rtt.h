/* SPDX-License-Identifier: ISC
 *
 * tcp/rtt.h - round-trip time and retransmission timeout: RFC 6298, in integers. Pure.
 *
 * Karn's rule is the caller's: no sample from what was sent more than once, unless a timestamp
 * tells which of the transmissions was answered (RFC 6298 3, RFC 7323 4.1). */
#ifndef MN_RTT_H
#define MN_RTT_H

#include <mnet/time.h>
#include <stdbool.h>
#include <stdint.h>

/* RFC 6298 2.1: before the first sample. */
#define MN_RTT_RTO_FIRST MNET_SEC(1)
/* RFC 6298 2.4 SHOULD be 1 s; like all common stacks we take less, but more than the delayed ACKs
 * of common peers (40 .. 200 ms) together with a short path. */
#define MN_RTT_RTO_MIN MNET_MS(200)
/* RFC 6298 2.5: at least 60 s. */
#define MN_RTT_RTO_MAX MNET_SEC(120)
/* RFC 6298 5.7: what RTO becomes when data begins after a SYN that had to be sent again. */
#define MN_RTT_RTO_SYN_LOST MNET_SEC(3)

struct mn_rtt {
    uint32_t srtt_us8;   /* SRTT, eighths of a us; 0: no sample yet */
    uint32_t rttvar_us4; /* RTTVAR, quarters of a us */
    uint32_t rto_us;     /* RTO without backoff, in [RTO_MIN, RTO_MAX] */
};

void mn_rtt_init(struct mn_rtt *rtt);

/* Takes a measured round-trip time. */
void mn_rtt_sample(struct mn_rtt *rtt, mnet_time sample);

/* RFC 6298 5.7: our SYN timed out at least once and the connection is now open. Call it before the
 * first sample, if any. */
void mn_rtt_syn_lost(struct mn_rtt *rtt);

/* The timeout after `backoff` expiries in a row: RTO doubled as often, at most RTO_MAX. */
mnet_time mn_rtt_rto(const struct mn_rtt *rtt, unsigned backoff);

/* RFC 6298 5, end: the path may have changed for good (many expiries in a row): the next sample
 * counts as the first. RTO stays until then. */
void mn_rtt_forget(struct mn_rtt *rtt);

static inline bool mn_rtt_has_sample(const struct mn_rtt *rtt)
{
    return rtt->srtt_us8 != 0;
}

static inline mnet_time mn_rtt_srtt(const struct mn_rtt *rtt)
{
    return MNET_US(rtt->srtt_us8) / 8;
}

static inline mnet_time mn_rtt_rttvar(const struct mn_rtt *rtt)
{
    return MNET_US(rtt->rttvar_us4) / 4;
}

#endif
