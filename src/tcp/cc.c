/* SPDX-License-Identifier: ISC
 *
 * What all congestion control algorithms have in common: how a connection begins. */
#include <base/assert.h>
#include <tcp/cc.h>

uint32_t mn_cc_initial_window(uint32_t mss)
{
    /* RFC 6928 2: min (10*MSS, max (2*MSS, 14600)). */
    uint32_t window = mss > 14600u / 2 ? 2 * mss : 14600u;
    return window < 10 * mss ? window : 10 * mss;
}

void mn_cc_init(struct mn_cc *cc, const struct mn_cc_ops *ops, uint32_t mss, bool syn_lost)
{
    MN_ASSERT(mss > 0 && mss <= 65535);
    *cc = (struct mn_cc){.ops = ops};
    /* RFC 5681 3.1 MUST: one segment after a SYN or SYN-ACK was lost. */
    cc->cwnd = syn_lost ? mss : mn_cc_initial_window(mss);
    /* RFC 5681 3.1: arbitrarily high, so that the network and not the host decides. */
    cc->ssthresh = MN_CC_CWND_MAX;
}
