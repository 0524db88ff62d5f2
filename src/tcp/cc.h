/* SPDX-License-Identifier: ISC
 *
 * tcp/cc.h - congestion control: algorithms behind one table of operations. Pure.
 *
 * An algorithm is told facts, never shown the connection, and keeps `cwnd` and `ssthresh`. What
 * recovery adds for a while (window inflation of RFC 6582, later PRR) is not its business: see
 * tcp_recovery.c. All windows are bytes. */
#ifndef MN_CC_H
#define MN_CC_H

#include <mnet/time.h>
#include <stdbool.h>
#include <stdint.h>

/* New data was acknowledged. */
struct mn_cc_ack {
    mnet_time now;
    mnet_time rtt;     /* the latest sample; 0: none */
    uint32_t acked;    /* bytes by which snd_una went forward, at least 1 */
    uint32_t inflight; /* bytes in flight before this ACK */
    uint32_t mss;      /* bytes of text per segment */
    bool cwnd_limited; /* the window, not the user or the peer, has limited what was in flight */
};

/* Something was lost, or seems so. */
struct mn_cc_loss {
    mnet_time now;
    uint32_t inflight; /* FlightSize: bytes sent and not acknowledged */
    uint32_t mss;
    bool is_repeated; /* on_rto: the same segment has timed out before */
};

struct mn_cc;

struct mn_cc_ops {
    const char *name; /* "newreno" */
    /* Each hook is required. */
    void (*on_ack)(struct mn_cc *cc, const struct mn_cc_ack *ack); /* not called during recovery */
    void (*on_loss)(struct mn_cc *cc, const struct mn_cc_loss *loss);        /* recovery begins */
    void (*on_recovered)(struct mn_cc *cc, const struct mn_cc_loss *at_end); /* ... has ended */
    void (*on_rto)(struct mn_cc *cc, const struct mn_cc_loss *loss);
    void (*on_idle)(struct mn_cc *cc, uint32_t mss); /* nothing was sent for more than an RTO */
};

struct mn_cc {
    const struct mn_cc_ops *ops; /* the algorithm */
    uint32_t cwnd;               /* bytes that the network is believed to hold; at least 1 MSS */
    uint32_t ssthresh;           /* below it: slow start */
    union {
        struct {
            uint32_t acked;    /* bytes acknowledged since cwnd grew in congestion avoidance */
            bool is_after_rto; /* slow start that follows a timeout: L = 1 */
        } newreno;
    };
};

/* No window that we keep gets larger; far above what RFC 7323 can advertise. */
#define MN_CC_CWND_MAX 0x7fffffffu

extern const struct mn_cc_ops mn_cc_newreno;

/* The initial window of RFC 6928 2. */
uint32_t mn_cc_initial_window(uint32_t mss);

/* `syn_lost`: our SYN or SYN-ACK was sent more than once: one segment only (RFC 5681 3.1). */
void mn_cc_init(struct mn_cc *cc, const struct mn_cc_ops *ops, uint32_t mss, bool syn_lost);

static inline bool mn_cc_is_slow_start(const struct mn_cc *cc)
{
    return cc->cwnd < cc->ssthresh;
}

static inline void mn_cc_on_ack(struct mn_cc *cc, const struct mn_cc_ack *ack)
{
    cc->ops->on_ack(cc, ack);
}

static inline void mn_cc_on_loss(struct mn_cc *cc, const struct mn_cc_loss *loss)
{
    cc->ops->on_loss(cc, loss);
}

static inline void mn_cc_on_recovered(struct mn_cc *cc, const struct mn_cc_loss *at_end)
{
    cc->ops->on_recovered(cc, at_end);
}

static inline void mn_cc_on_rto(struct mn_cc *cc, const struct mn_cc_loss *loss)
{
    cc->ops->on_rto(cc, loss);
}

static inline void mn_cc_on_idle(struct mn_cc *cc, uint32_t mss)
{
    cc->ops->on_idle(cc, mss);
}

#endif
