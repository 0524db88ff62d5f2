/* SPDX-License-Identifier: ISC
 *
 * NewReno: RFC 5681, RFC 6582, counting bytes as in RFC 3465.
 *
 * Below ssthresh, slow start: cwnd grows by what was acknowledged, at most 2 MSS for one ACK
 * (RFC 3465 2.2, L = 2), so that an ACK that is lost or covers many segments does not let a burst
 * out. In the slow start after a timeout an ACK may cover what was received long before, so there
 * L = 1 (RFC 3465 2.3). From ssthresh on, congestion avoidance: one MSS for each cwnd of bytes
 * acknowledged. The window grows only while it is the window that limits the sender: one that was
 * never filled says nothing about the path (RFC 7661 4.3.2 has the reasons).
 *
 * A loss that duplicate ACKs have shown halves what was in flight. A timeout does the same to
 * ssthresh and starts over at one segment; a second one for the same segment leaves ssthresh. */
#include <tcp/cc.h>

static uint32_t min32(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static uint32_t max32(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static void grow(struct mn_cc *cc, uint32_t by)
{
    cc->cwnd = by > MN_CC_CWND_MAX - cc->cwnd ? MN_CC_CWND_MAX : cc->cwnd + by;
}

static void on_ack(struct mn_cc *cc, const struct mn_cc_ack *ack)
{
    uint32_t acked = ack->acked;
    if (!ack->cwnd_limited)
        return;
    if (mn_cc_is_slow_start(cc)) {
        /* RFC 3465 2.2, 2.3: L = 2, or 1 after a timeout. */
        uint32_t most = cc->newreno.is_after_rto ? ack->mss : 2 * ack->mss;
        uint32_t by = min32(min32(acked, most), cc->ssthresh - cc->cwnd);
        grow(cc, by);
        if (mn_cc_is_slow_start(cc))
            return;
        acked -= by;
        cc->newreno.is_after_rto = false;
    }
    /* RFC 5681 3.1 equation (2) as RFC 3465 2.1 counts it. One ACK for more than a window moves
     * the window by one segment only. */
    uint32_t left = MN_CC_CWND_MAX - cc->newreno.acked;
    cc->newreno.acked += min32(acked, left);
    if (cc->newreno.acked >= cc->cwnd) {
        cc->newreno.acked = min32(cc->newreno.acked - cc->cwnd, cc->cwnd);
        grow(cc, ack->mss);
    }
}

/* RFC 5681 3.1 equation (4). */
static uint32_t half_flight(const struct mn_cc_loss *loss)
{
    return max32(loss->inflight / 2, 2 * loss->mss);
}

static void on_loss(struct mn_cc *cc, const struct mn_cc_loss *loss)
{
    /* RFC 6582 3.2 step 2; the inflation by 3 MSS is recovery's. */
    cc->ssthresh = half_flight(loss);
    cc->cwnd = cc->ssthresh;
    cc->newreno.acked = 0;
    cc->newreno.is_after_rto = false;
}

static void on_recovered(struct mn_cc *cc, const struct mn_cc_loss *at_end)
{
    /* RFC 6582 3.2 step 3, full acknowledgment, option 1: no burst when little is in flight. */
    cc->cwnd = min32(cc->ssthresh, max32(at_end->inflight, at_end->mss) + at_end->mss);
    cc->newreno.acked = 0;
}

static void on_rto(struct mn_cc *cc, const struct mn_cc_loss *loss)
{
    /* RFC 5681 3.1: ssthresh is held when the same segment times out again. */
    if (!loss->is_repeated)
        cc->ssthresh = half_flight(loss);
    /* RFC 5681 3.1: the loss window is one full-sized segment. */
    cc->cwnd = loss->mss;
    cc->newreno.acked = 0;
    cc->newreno.is_after_rto = true;
}

static void on_idle(struct mn_cc *cc, uint32_t mss)
{
    /* RFC 5681 4.1: the restart window is the initial one, unless cwnd is smaller. */
    cc->cwnd = min32(cc->cwnd, mn_cc_initial_window(mss));
    cc->newreno.acked = 0;
}

const struct mn_cc_ops mn_cc_newreno = {
    .name = "newreno",
    .on_ack = on_ack,
    .on_loss = on_loss,
    .on_recovered = on_recovered,
    .on_rto = on_rto,
    .on_idle = on_idle,
};
