/* SPDX-License-Identifier: ISC
 *
 * The ACK field: RFC 9293 3.10.7.4 fifth, RFC 5961 5.2, RFC 6298, RFC 7323 4.
 *
 * An acceptable ACK of new data shortens the send queue, gives a round-trip sample, tells recovery
 * and the congestion control, and moves the state on when it covers our SYN or FIN. An ACK of
 * nothing new may be a duplicate that speaks of loss, or bring a new window. */
#include <tcp/tcp_conn.h>

/* How often an ACK of new data refreshes the neighbour table: often enough for a reachable time of
 * tens of seconds. */
#define CONFIRM_INTERVAL MNET_SEC(5)

/* RFC 7323 4.1: a sample from an echoed timestamp, where no segment was timed. The clock ticks in
 * ms: a difference of 0 means less than one. The echo must be of what was sent last: an older one,
 * after a retransmission, has waited for its ACK to be repeated and measures our timeout, not the
 * path. */
static mnet_time sample_from_echo(const struct mnet_conn *conn, const struct mn_tcp_seg *seg)
{
    uint32_t ms = mn_tcp_ts_now(conn->tcp, conn->ts_offset) - seg->opts.ts_ecr;
    if (MNET_MS(ms) > conn->tcp->env->now - conn->sent_at + MNET_MS(1))
        return MNET_NEVER;
    return MNET_MS(ms > 0 ? ms : 1);
}

static void take_rtt_sample(struct mnet_conn *conn, const struct mn_tcp_seg *seg)
{
    mnet_time now = conn->tcp->env->now;
    mnet_time sample = MNET_NEVER;
    if (conn->rtt_sent_at != MNET_NEVER) {
        if (mn_seq_lt(seg->ack, conn->rtt_seq))
            return;
        sample = now - conn->rtt_sent_at;
        conn->rtt_sent_at = MNET_NEVER;
    } else if (conn->has_timestamps && seg->opts.has_ts && conn->is_syn_acked) {
        sample = sample_from_echo(conn, seg);
    }
    if (sample != MNET_NEVER)
        mn_rtt_sample(&conn->rtt, sample);
}

/* The user is told when there is room again, but not for each byte of it. */
static void tell_room(struct mnet_conn *conn)
{
    uint32_t queued = conn->sndq.len;
    if (queued == 0)
        mn_tcp_want_event(conn, MNET_EV_DRAINED);
    if (conn->is_write_blocked && queued <= conn->tcp->snd_buf / 2) {
        conn->is_write_blocked = false;
        mn_tcp_want_event(conn, MNET_EV_WRITABLE);
    }
}

void mn_tcp_ack_advance(struct mnet_conn *conn, const struct mn_tcp_seg *seg)
{
    struct mn_tcp *tcp = conn->tcp;
    uint32_t acked = mn_seq_diff(seg->ack, conn->snd_una);
    MN_ASSERT(acked > 0 && mn_seq_le(seg->ack, conn->snd_max));
    uint32_t bytes = acked;
    uint32_t inflight = mn_seq_diff(conn->snd_max, conn->snd_una);
    if (!conn->is_syn_acked) {
        conn->is_syn_acked = true;
        bytes--;
    }
    if (conn->is_fin_queued && bytes == conn->sndq.len + 1) {
        conn->is_fin_acked = true;
        bytes--;
    }
    take_rtt_sample(conn, seg);
    mn_sndq_ack(&tcp->sndq_mem, &conn->sndq, bytes);
    mn_tcp_charge(conn);
    conn->bytes_acked += bytes;
    conn->snd_una = seg->ack;
    conn->snd_nxt = mn_seq_max(conn->snd_nxt, seg->ack);
    mn_scoreboard_ack(&tcp->scoreboards, &conn->scoreboard, seg->ack);
    if (conn->mtu_probe_len != 0 || conn->mtu_lost != 0)
        mn_tcp_mtu_acked(conn);
    mn_tcp_recovery_new_ack(conn, bytes, inflight);
    /* RFC 9293 3.4: marks that are passed stay near, or half of the sequence space later they would
     * seem to lie ahead. */
    conn->snd_small_end = mn_seq_max(conn->snd_small_end, seg->ack);
    conn->recover = mn_seq_max(conn->recover, mn_seq_sub(seg->ack, 1));
    /* RFC 6298 5.7: new data acknowledged ends the backing off. */
    conn->backoff = 0;
    mn_tcp_timer_rexmt(conn, true);
    conn->user_at = MNET_NEVER;
    if (!mn_seq_eq(conn->snd_una, conn->snd_max))
        mn_tcp_timer_user(conn);
    mn_tcp_timer_sync(conn);
    if (tcp->env->now >= conn->confirm_at) {
        mn_ip_confirm(tcp->ip, &conn->entry.remote.addr);
        conn->confirm_at = tcp->env->now + CONFIRM_INTERVAL;
    }
    if (bytes > 0)
        tell_room(conn);
    if (mn_tcp_has_unsent(conn))
        mn_tcp_want_output(conn);
}

void mn_tcp_ack_window(struct mnet_conn *conn, const struct mn_tcp_seg *seg)
{
    /* RFC 9293 3.10.7.4 fifth: only a newer segment may change the window. RFC 9293 3.1 MUST-1: it
     * is an unsigned number. */
    bool is_newer = mn_seq_lt(conn->snd_wl1, seg->seq) ||
                    (mn_seq_eq(conn->snd_wl1, seg->seq) && mn_seq_le(conn->snd_wl2, seg->ack));
    if (!is_newer)
        return;
    uint32_t wnd = (uint32_t)seg->wnd << conn->snd_wscale;
    bool has_grown = wnd > conn->snd_wnd;
    conn->snd_wnd = wnd;
    conn->snd_wl1 = seg->seq;
    conn->snd_wl2 = seg->ack;
    if (wnd > conn->snd_wnd_max)
        conn->snd_wnd_max = wnd;
    if (has_grown && mn_tcp_has_unsent(conn)) {
        if (conn->is_persisting) {
            conn->backoff = 0;
            conn->rexmt_at = MNET_NEVER;
        }
        mn_tcp_want_output(conn);
    }
}

/* RFC 5681 2: an ACK that repeats the last one while data is in flight: no text, no SYN or FIN, the
 * same window. With SACK the window may differ if the blocks are news (RFC 6675 2). The answers to
 * zero-window probes are none. */
static bool is_duplicate(const struct mnet_conn *conn, const struct mn_tcp_seg *seg, bool has_news)
{
    if (!mn_seq_eq(seg->ack, conn->snd_una) || mn_seq_eq(conn->snd_una, conn->snd_max) ||
        conn->is_persisting || seg->len > 0 || (seg->flags & (MN_TCP_SYN | MN_TCP_FIN)))
        return false;
    return has_news || ((uint32_t)seg->wnd << conn->snd_wscale) == conn->snd_wnd;
}

/* RFC 2018 5: remembers what the peer holds. Whether it is news. */
static bool note_sacks(struct mnet_conn *conn, const struct mn_tcp_seg *seg)
{
    if (!conn->has_sack || seg->opts.sack_count == 0)
        return false;
    struct mn_scoreboard_news news;
    mn_scoreboard_update(&conn->tcp->scoreboards, &conn->scoreboard, seg->ack,
                         mn_seq_max(seg->ack, conn->snd_una), conn->snd_max, seg->opts.sack,
                         seg->opts.sack_count, &news);
    return news.sacked > 0;
}

/* Our SYN is acknowledged: RFC 9293 3.10.7.3, 3.10.7.4 fifth. */
static void establish(struct mnet_conn *conn, const struct mn_tcp_seg *seg)
{
    conn->snd_wl1 = seg->seq;
    conn->snd_wl2 = seg->ack;
    mn_tcp_state_set(conn, MN_TCP_ESTABLISHED);
    mn_tcp_timer_keep(conn);
    if (conn->listener)
        mn_tcp_listen_ready(conn);
    else
        mn_tcp_want_event(conn, MNET_EV_CONNECTED);
    /* A CLOSE that came before now takes effect: RFC 9293 3.10.4, SYN-RECEIVED. */
    if (conn->is_fin_queued)
        mn_tcp_state_set(conn, MN_TCP_FIN_WAIT_1);
    if (mn_tcp_has_unsent(conn))
        mn_tcp_want_output(conn);
}

/* Our FIN is acknowledged. DONE: the connection is gone. */
static mn_verdict after_fin_acked(struct mnet_conn *conn)
{
    switch (conn->state) {
    case MN_TCP_FIN_WAIT_1:
        mn_tcp_state_set(conn, MN_TCP_FIN_WAIT_2);
        mn_tcp_timer_fin_wait_2(conn);
        return MN_TCP_GO_ON;
    case MN_TCP_CLOSING:
        mn_tcp_state_set(conn, MN_TCP_TIME_WAIT);
        mn_tcp_want_output(conn);
        return MN_DONE;
    case MN_TCP_LAST_ACK:
        mn_tcp_conn_end(conn, 0);
        return MN_DONE;
    default:
        return MN_TCP_GO_ON;
    }
}

/* RFC 5961 5.2: (SND.UNA - MAX.SND.WND) =< SEG.ACK =< SND.NXT. Older ones may be injected blindly.
 */
static bool is_ack_believable(const struct mnet_conn *conn, const struct mn_tcp_seg *seg)
{
    return mn_seq_le(seg->ack, conn->snd_max) &&
           mn_seq_ge(seg->ack, mn_seq_sub(conn->snd_una, conn->snd_wnd_max));
}

static mn_verdict opening_ack(struct mnet_conn *conn, const struct mn_tcp_seg *seg)
{
    if (mn_seq_le(seg->ack, conn->snd_una) || mn_seq_gt(seg->ack, conn->snd_max)) {
        mn_tcp_rst_reply(conn->tcp, seg);
        return MN_DROP(TCP_BAD_ACK);
    }
    bool was_syn_sent = conn->state == MN_TCP_SYN_SENT;
    mn_tcp_ack_advance(conn, seg);
    /* RFC 7323 2.2: only the window of a SYN is not scaled; SYN-SENT has noted it. */
    if (!was_syn_sent) {
        conn->snd_wnd = (uint32_t)seg->wnd << conn->snd_wscale;
        if (conn->snd_wnd > conn->snd_wnd_max)
            conn->snd_wnd_max = conn->snd_wnd;
    }
    establish(conn, seg);
    return MN_TCP_GO_ON;
}

mn_verdict mn_tcp_ack_in(struct mnet_conn *conn, const struct mn_tcp_seg *seg)
{
    if (!(seg->flags & MN_TCP_ACK))
        return MN_DROP(TCP_BAD_FLAGS);
    if (conn->state == MN_TCP_SYN_SENT || conn->state == MN_TCP_SYN_RECEIVED)
        return opening_ack(conn, seg);
    if (!is_ack_believable(conn, seg)) {
        if (mn_tcp_may_challenge(conn->tcp)) {
            conn->is_ack_now = true;
            mn_tcp_want_output(conn);
        }
        return MN_DROP(TCP_BAD_ACK);
    }
    bool has_news = note_sacks(conn, seg);
    if (mn_seq_gt(seg->ack, conn->snd_una)) {
        mn_tcp_ack_advance(conn, seg);
    } else if (is_duplicate(conn, seg, has_news)) {
        conn->tcp->env->stats.tcp_dup_acks_rx++;
        mn_tcp_recovery_dup_ack(conn);
    }
    if (mn_seq_ge(seg->ack, conn->snd_una))
        mn_tcp_ack_window(conn, seg);
    /* RFC 9293 3.8.6.1 MUST-37: a peer that answers probes may keep its window shut. But only a
     * user may wait for it without end. */
    if (conn->is_persisting && conn->has_user)
        mn_tcp_timer_user(conn);
    return conn->is_fin_acked ? after_fin_acked(conn) : MN_TCP_GO_ON;
}
