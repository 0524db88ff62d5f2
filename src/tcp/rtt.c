/* SPDX-License-Identifier: ISC
 *
 * The estimator of RFC 6298 2 in integers: SRTT is kept in eighths and RTTVAR in quarters of a
 * microsecond, so that the shifts of the two gains lose nothing that matters and a path of a few
 * microseconds is still told from one of many.
 *
 *     RTTVAR = 3/4 RTTVAR + 1/4 |SRTT - R'|        in quarters:  v += |err| - v/4
 *     SRTT   = 7/8 SRTT   + 1/8 R'                 in eighths:   s += err, err = R' - s/8
 *     RTO    = SRTT + max(G, 4 RTTVAR)             4 RTTVAR in us is v itself
 *
 * G, the granularity of the clock, is 1 us here: finer than anything the sum is compared with. */
#include <tcp/rtt.h>

/* Samples are cut to this: longer ones exceed the largest RTO anyway, and the sums fit 32 bits. */
#define SAMPLE_US_MAX ((uint32_t)(MN_RTT_RTO_MAX / 1000))
#define RTO_US_MIN ((uint32_t)(MN_RTT_RTO_MIN / 1000))
#define RTO_US_MAX ((uint32_t)(MN_RTT_RTO_MAX / 1000))

void mn_rtt_init(struct mn_rtt *rtt)
{
    rtt->srtt_us8 = 0;
    rtt->rttvar_us4 = 0;
    /* RFC 6298 2.1 MUST: one second until there is a sample. */
    rtt->rto_us = (uint32_t)(MN_RTT_RTO_FIRST / 1000);
}

static void set_rto(struct mn_rtt *rtt)
{
    uint32_t var = rtt->rttvar_us4 < 1 ? 1 : rtt->rttvar_us4;
    uint32_t rto = rtt->srtt_us8 / 8 + var;
    /* RFC 6298 2.4: a floor; 2.5: a ceiling of at least 60 s. */
    rtt->rto_us = rto < RTO_US_MIN ? RTO_US_MIN : rto > RTO_US_MAX ? RTO_US_MAX : rto;
}

void mn_rtt_sample(struct mn_rtt *rtt, mnet_time sample)
{
    mnet_time us = sample / 1000;
    uint32_t r = us < 1 ? 1 : us > SAMPLE_US_MAX ? SAMPLE_US_MAX : (uint32_t)us;
    if (!mn_rtt_has_sample(rtt)) {
        /* RFC 6298 2.2: SRTT = R, RTTVAR = R/2. */
        rtt->srtt_us8 = r * 8;
        rtt->rttvar_us4 = r * 2;
    } else {
        /* RFC 6298 2.3: RTTVAR first, with the old SRTT. */
        uint32_t s = rtt->srtt_us8 / 8;
        uint32_t error = r > s ? r - s : s - r;
        rtt->rttvar_us4 = rtt->rttvar_us4 - rtt->rttvar_us4 / 4 + error;
        rtt->srtt_us8 = rtt->srtt_us8 - s + r;
    }
    set_rto(rtt);
}

void mn_rtt_syn_lost(struct mn_rtt *rtt)
{
    /* RFC 6298 5.7: a path that is slower than the first guess shall not begin with spurious
     * retransmissions. */
    if (!mn_rtt_has_sample(rtt))
        rtt->rto_us = (uint32_t)(MN_RTT_RTO_SYN_LOST / 1000);
}

mnet_time mn_rtt_rto(const struct mn_rtt *rtt, unsigned backoff)
{
    /* RFC 6298 5.5: doubled at each expiry, up to the ceiling. 2^10 RTO_MIN is beyond it. */
    if (backoff > 10)
        backoff = 10;
    mnet_time rto = MNET_US(rtt->rto_us) << backoff;
    return rto > MN_RTT_RTO_MAX ? MN_RTT_RTO_MAX : rto;
}

void mn_rtt_forget(struct mn_rtt *rtt)
{
    rtt->srtt_us8 = 0;
    rtt->rttvar_us4 = 0;
}
