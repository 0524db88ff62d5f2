/* SPDX-License-Identifier: ISC
 *
 * Loss: when it is believed, what is sent again, and how much may be in flight meanwhile. RFC
 * 5681 3.2, RFC 6582, RFC 3042; with SACK the essence of RFC 6675.
 *
 * Three duplicate ACKs, or as much as that reported by SACK, begin a recovery that lasts until all
 * that was sent before it is acknowledged. Without SACK each partial ACK shows the next hole, one
 * per round trip, and each duplicate ACK a segment that has left the network. With SACK the holes
 * are known: those that enough later data has overtaken are filled as fast as the congestion window
 * allows.
 *
 * A probe of the path MTU that is lost alone (tcp_mtu.c) is sent again in a recovery of its own,
 * which the congestion control does not hear of.
 *
 * A retransmission timeout ends all that: sending goes back to snd_una and starts slowly.
 *
 * The congestion control behind tcp/cc.h says how much may be in flight; this file says how much
 * is. */
#include <tcp/tcp_conn.h>

/* RFC 5681 3.2: duplicate ACKs that mean loss. */
#define DUP_ACKS_LOSS 3u
/* RFC 6298 5: after so many timeouts in a row the measured times belong to another path. */
#define BACKOFF_FORGET 4u

static uint32_t flight(const struct mnet_conn *conn)
{
    return mn_seq_diff(conn->snd_max, conn->snd_una);
}

/* Below this, whatever the peer has not is lost: three segments have overtaken it (RFC 6675 4,
 * IsLost). The first segment is lost by definition of recovery. */
static struct mn_seq lost_end(const struct mnet_conn *conn)
{
    struct mn_seq end;
    struct mn_seq first = mn_seq_add(conn->snd_una, conn->mss);
    if (!mn_scoreboard_end(&conn->scoreboard, &end))
        return first;
    return mn_seq_max(first, mn_seq_sub(end, DUP_ACKS_LOSS * conn->mss));
}

/* Bytes that are lost and were not sent again yet. */
static uint32_t lost_waiting(const struct mnet_conn *conn)
{
    struct mn_seq end = lost_end(conn);
    struct mn_seq from = conn->rexmt_nxt;
    uint32_t lost = 0;
    struct mn_tcp_sack hole;
    for (unsigned i = 0; i <= MN_SCOREBOARD_RANGES; i++) {
        if (!mn_scoreboard_hole(&conn->scoreboard, from, &hole) || mn_seq_ge(hole.start, end))
            break;
        lost += mn_seq_diff(mn_seq_min(hole.end, end), hole.start);
        from = hole.end;
    }
    return lost;
}

static bool is_sack_recovery(const struct mnet_conn *conn)
{
    return conn->is_recovering && conn->scoreboard.len > 0;
}

uint32_t mn_tcp_recovery_inflight(const struct mnet_conn *conn)
{
    if (!conn->is_recovering) {
        /* RFC 3042: each of the first two duplicate ACKs lets one new segment go. */
        uint32_t sent = mn_seq_diff(conn->snd_nxt, conn->snd_una);
        uint32_t left = conn->dup_acks < DUP_ACKS_LOSS ? conn->dup_acks * (uint32_t)conn->mss : 0;
        return sent > left ? sent - left : 0;
    }
    uint32_t gone = conn->inflation;
    if (is_sack_recovery(conn))
        gone = conn->scoreboard.len + lost_waiting(conn);
    return flight(conn) > gone ? flight(conn) - gone : 0;
}

bool mn_tcp_recovery_next(const struct mnet_conn *conn, struct mn_tcp_sack *range)
{
    if (conn->is_rexmt_wanted) {
        struct mn_seq end = mn_seq_add(conn->snd_una, conn->mss);
        /* All of a lost probe at once: it is cut into segments on the way out. */
        if (conn->is_mtu_probe_lost)
            end = mn_seq_max(mn_tcp_mtu_probe_end(conn), end);
        range->start = conn->snd_una;
        range->end = mn_seq_min(end, conn->snd_max);
        return true;
    }
    if (!is_sack_recovery(conn) || mn_tcp_recovery_inflight(conn) + conn->mss > conn->cc.cwnd)
        return false;
    struct mn_seq end = lost_end(conn);
    if (!mn_scoreboard_hole(&conn->scoreboard, conn->rexmt_nxt, range) ||
        mn_seq_ge(range->start, end))
        return false;
    range->end = mn_seq_min(range->end, mn_seq_add(range->start, conn->mss));
    return true;
}

void mn_tcp_recovery_resent(struct mnet_conn *conn, struct mn_seq end)
{
    conn->is_rexmt_wanted = false;
    conn->rexmt_nxt = mn_seq_max(conn->rexmt_nxt, end);
}

/* RFC 6582 3.2 step 2: what was in flight at the last loss must be out of the way, or its
 * duplicates would be taken for a new loss. With SACK they tell themselves. */
static bool may_enter(const struct mnet_conn *conn)
{
    return mn_seq_gt(conn->snd_una, conn->recover) ||
           (conn->has_sack && mn_seq_eq(conn->snd_una, conn->recover));
}

/* The first byte missing is the probe's, and nothing behind it is lost. */
static bool is_probe_alone(const struct mnet_conn *conn)
{
    struct mn_tcp_sack hole;
    struct mn_seq end = mn_tcp_mtu_probe_end(conn);
    if (conn->mtu_probe_len == 0 || mn_seq_lt(conn->snd_una, conn->mtu_probe) ||
        mn_seq_ge(conn->snd_una, end))
        return false;
    return !mn_scoreboard_hole(&conn->scoreboard, end, &hole) ||
           mn_seq_ge(hole.start, lost_end(conn));
}

/* RFC 4821 7.6.2: the loss of a probe says nothing of congestion. RFC 4821 7.6.4: that of others
 * does. */
static void congestion(struct mnet_conn *conn)
{
    struct mn_cc_loss loss = {
        .now = conn->tcp->env->now, .inflight = flight(conn), .mss = conn->mss};
    mn_cc_on_loss(&conn->cc, &loss);
}

static void enter(struct mnet_conn *conn)
{
    conn->tcp->env->stats.tcp_fast_retransmits++;
    mn_tcp_mtu_loss(conn, is_probe_alone(conn));
    if (!conn->is_mtu_probe_lost)
        congestion(conn);
    conn->is_recovering = true;
    conn->is_after_rto = false;
    conn->is_rexmt_wanted = true;
    conn->recover = conn->snd_max;
    conn->rexmt_nxt = conn->snd_una;
    conn->snd_nxt = conn->snd_max;
    conn->inflation = DUP_ACKS_LOSS * conn->mss;
    conn->rtt_sent_at = MNET_NEVER;
}

/* In a recovery that was for a probe. */
static void more_is_lost(struct mnet_conn *conn)
{
    mn_tcp_mtu_forget(conn);
    congestion(conn);
}

void mn_tcp_recovery_dup_ack(struct mnet_conn *conn)
{
    if (conn->dup_acks < UINT8_MAX)
        conn->dup_acks++;
    mn_tcp_want_output(conn);
    if (conn->is_recovering) {
        conn->inflation += conn->mss;
        if (conn->is_mtu_probe_lost && !is_probe_alone(conn))
            more_is_lost(conn);
        return;
    }
    bool is_loss =
        conn->dup_acks >= DUP_ACKS_LOSS || conn->scoreboard.len > (DUP_ACKS_LOSS - 1) * conn->mss;
    if (is_loss && may_enter(conn))
        enter(conn);
}

static void leave(struct mnet_conn *conn)
{
    struct mn_cc_loss at_end = {
        .now = conn->tcp->env->now, .inflight = flight(conn), .mss = conn->mss};
    conn->is_recovering = false;
    conn->is_rexmt_wanted = false;
    conn->inflation = 0;
    conn->dup_acks = 0;
    if (conn->is_mtu_probe_lost)
        mn_tcp_mtu_forget(conn);
    else
        mn_cc_on_recovered(&conn->cc, &at_end);
}

/* RFC 6582 3.2 step 3: a partial ACK shows the next hole; the window deflates by what was
 * acknowledged and grows by the segment that is sent for it. */
static void partial_ack(struct mnet_conn *conn, uint32_t acked)
{
    conn->rexmt_nxt = mn_seq_max(conn->rexmt_nxt, conn->snd_una);
    if (conn->is_mtu_probe_lost && !is_probe_alone(conn))
        more_is_lost(conn);
    if (conn->scoreboard.len == 0)
        conn->is_rexmt_wanted = true;
    conn->inflation -= acked < conn->inflation ? acked : conn->inflation;
    if (acked >= conn->mss)
        conn->inflation += conn->mss;
    mn_tcp_want_output(conn);
}

/* RFC 5681 3.1, RFC 7661 1: a window that was not used says nothing about the network. In slow
 * start half of it counts as used, since it doubles. */
static bool is_cwnd_limited(const struct mnet_conn *conn, uint32_t inflight)
{
    if (mn_cc_is_slow_start(&conn->cc))
        return inflight >= conn->cc.cwnd / 2;
    return inflight + conn->mss > conn->cc.cwnd;
}

void mn_tcp_recovery_new_ack(struct mnet_conn *conn, uint32_t acked, uint32_t inflight)
{
    if (conn->is_recovering && mn_seq_lt(conn->snd_una, conn->recover)) {
        partial_ack(conn, acked);
        return;
    }
    if (conn->is_recovering) {
        leave(conn);
        return;
    }
    conn->dup_acks = 0;
    if (conn->is_after_rto && mn_seq_ge(conn->snd_una, conn->recover))
        conn->is_after_rto = false;
    if (acked == 0)
        return;
    struct mn_cc_ack ack = {
        .now = conn->tcp->env->now,
        .acked = acked,
        .inflight = inflight,
        .mss = conn->mss,
        .cwnd_limited = is_cwnd_limited(conn, inflight),
    };
    mn_cc_on_ack(&conn->cc, &ack);
}

void mn_tcp_recovery_timeout(struct mnet_conn *conn)
{
    conn->rtt_sent_at = MNET_NEVER;
    conn->is_recovering = false;
    conn->is_rexmt_wanted = false;
    conn->inflation = 0;
    conn->dup_acks = 0;
    if (conn->is_syn_acked) {
        mn_tcp_mtu_timeout(conn);
        /* RFC 5681 3.1 (4): half of what is in flight, and once for each loss only. */
        struct mn_cc_loss loss = {.now = conn->tcp->env->now,
                                  .inflight = flight(conn),
                                  .mss = conn->mss,
                                  .is_repeated = conn->backoff > 1};
        mn_cc_on_rto(&conn->cc, &loss);
        conn->is_after_rto = true;
        conn->recover = conn->snd_max;
    }
    /* RFC 2018 8: the peer may have given up what it reported. */
    mn_scoreboard_clear(&conn->tcp->scoreboards, &conn->scoreboard);
    conn->snd_nxt = conn->snd_una;
    if (conn->backoff == BACKOFF_FORGET)
        mn_rtt_forget(&conn->rtt);
}
