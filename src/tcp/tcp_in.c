/* SPDX-License-Identifier: ISC
 *
 * SEGMENT ARRIVES: RFC 9293 3.10.7, one function for each step, in the order of the RFC.
 *
 *   mn_tcp_in        parse, find who the segment is for: connection, record or listener, nobody
 *   fast_path        what nearly every segment of an open connection is
 *   syn_sent_in      3.10.7.3
 *   check_sequence   3.10.7.4 first: PAWS, then the window
 *   check_rst        second (third, security, is not for us)
 *   check_syn        fourth
 *   mn_tcp_ack_in    fifth                                                     tcp_ack.c
 *   mn_tcp_text_in   sixth and seventh: URG, text                              tcp_text.c
 *   mn_tcp_fin_in    eighth                                                    tcp_text.c
 *
 * A step says GO_ON, or DONE, or why the segment is dropped. Nothing is sent from here: steps mark
 * what is wanted, and the output that follows the batch sends it, so a batch is acknowledged once
 * (RFC 9293 3.10.7.4 MUST-58, MUST-59). After a step that did not say GO_ON the connection may be
 * gone. */
#include <tcp/tcp_conn.h>

/* RFC 7323 5.5: a connection idle for longer than this says nothing with its last timestamp. */
#define PAWS_IDLE_MAX MNET_SEC(24 * 86400)

/* Two sides that each find the other's segments unacceptable would answer for ever: one answer to
 * segments without text in this time is enough for every honest use. */
#define OOW_ACK_INTERVAL MNET_MS(100)

/* RFC 5961 7 leaves the number of challenge ACKs open. A fixed one lets an attacker count how many
 * are left and so learn what other connections do (CVE-2016-5696): it is drawn anew each second. */
#define CHALLENGES_MIN 500u
#define CHALLENGES_SPREAD 500u

bool mn_tcp_may_challenge(struct mn_tcp *tcp)
{
    struct mn_env *env = tcp->env;
    if (env->now >= tcp->challenge_until) {
        tcp->challenge_until = env->now + MNET_SEC(1);
        tcp->challenge_left = CHALLENGES_MIN + mn_env_below(env, CHALLENGES_SPREAD);
    }
    if (tcp->challenge_left == 0)
        return false;
    tcp->challenge_left--;
    env->stats.tcp_challenge_acks++;
    return true;
}

static void want_ack(struct mnet_conn *conn)
{
    conn->is_ack_now = true;
    mn_tcp_want_output(conn);
}

static void challenge(struct mnet_conn *conn)
{
    if (mn_tcp_may_challenge(conn->tcp))
        want_ack(conn);
}

/* An unacceptable segment is answered with what we expect. */
static void answer_unacceptable(struct mnet_conn *conn, const struct mn_tcp_seg *seg)
{
    mnet_time now = conn->tcp->env->now;
    if (seg->len == 0 && now < conn->oow_ack_at)
        return;
    if (seg->len == 0)
        conn->oow_ack_at = now + OOW_ACK_INTERVAL;
    want_ack(conn);
}

/* RFC 7323 5.3 R1: whether the timestamp is older than the last one that was valid. Modulo 2^32. */
static bool is_paws_reject(const struct mnet_conn *conn, const struct mn_tcp_seg *seg)
{
    if (!mn_seq_lt(mn_seq(seg->opts.ts_val), mn_seq(conn->ts_recent)))
        return false;
    /* RFC 7323 5.5: after 24 days the last one is void. */
    return conn->tcp->env->now - conn->ts_recent_at < PAWS_IDLE_MAX;
}

/* RFC 9293 3.4, 3.10.7.4 first: the four cases, by length and window. */
static bool is_acceptable(const struct mnet_conn *conn, const struct mn_tcp_seg *seg)
{
    uint32_t space = mn_tcp_seg_space(seg);
    uint32_t wnd = mn_seq_diff(conn->rcv_adv, conn->rcv_nxt);
    /* With a closed window, too: its ACK and RST must be heard (RFC 9293 3.4 MUST-66); text is
     * trimmed later. */
    if (mn_seq_eq(seg->seq, conn->rcv_nxt))
        return true;
    if (mn_seq_in(seg->seq, conn->rcv_nxt, wnd))
        return true;
    /* One more than the table has: the ACK of a peer that has used up our window and lost some of
     * it on the way lies at the right edge. Two such peers would never hear each other's. */
    if (space == 0 && !(seg->flags & MN_TCP_RST) && mn_seq_eq(seg->seq, conn->rcv_adv))
        return true;
    return space > 0 && mn_seq_lt(seg->seq, conn->rcv_nxt) &&
           mn_seq_gt(mn_seq_add(seg->seq, space), conn->rcv_nxt);
}

/* RFC 7323 4.3 (2): TS.Recent follows segments that reach back to the last ACK we sent. */
static void note_timestamp(struct mnet_conn *conn, const struct mn_tcp_seg *seg)
{
    if (!conn->has_timestamps || !seg->opts.has_ts || mn_seq_gt(seg->seq, conn->rcv_acked))
        return;
    /* Neither of these was judged by its timestamp, and both are perhaps only challenged. */
    if (seg->flags & (MN_TCP_RST | MN_TCP_SYN))
        return;
    conn->ts_recent = seg->opts.ts_val;
    conn->ts_recent_at = conn->tcp->env->now;
}

static mn_verdict check_paws(struct mnet_conn *conn, const struct mn_tcp_seg *seg)
{
    /* RFC 7323 5.2: a reset needs no timestamp and is not judged by it. A SYN is challenged in any
     * case (RFC 5961 4.2). */
    if (!conn->has_timestamps || (seg->flags & (MN_TCP_RST | MN_TCP_SYN)))
        return MN_TCP_GO_ON;
    /* RFC 7323 3.2: a segment that lacks the option should be dropped silently. */
    if (!seg->opts.has_ts)
        return MN_DROP(TCP_TIMESTAMP_MISSING);
    if (!is_paws_reject(conn, seg))
        return MN_TCP_GO_ON;
    answer_unacceptable(conn, seg);
    return MN_DROP(TCP_PAWS);
}

static mn_verdict check_sequence(struct mnet_conn *conn, const struct mn_tcp_seg *seg)
{
    mn_verdict verdict = check_paws(conn, seg);
    if (verdict != MN_TCP_GO_ON)
        return verdict;
    if (is_acceptable(conn, seg)) {
        note_timestamp(conn, seg);
        conn->heard_at = conn->tcp->env->now;
        conn->keep_sent = 0;
        return MN_TCP_GO_ON;
    }
    if (seg->flags & MN_TCP_RST)
        return MN_DROP(TCP_RST_INVALID);
    if (seg->flags & MN_TCP_SYN)
        return MN_TCP_GO_ON; /* to its challenge */
    answer_unacceptable(conn, seg);
    bool is_old = mn_seq_lt(seg->seq, conn->rcv_nxt);
    return is_old ? MN_DROP(TCP_OLD_DUPLICATE) : MN_DROP(TCP_OUT_OF_WINDOW);
}

/* The peer has reset the connection, believably. */
static mn_verdict reset(struct mnet_conn *conn)
{
    conn->tcp->env->stats.tcp_resets_rx++;
    /* RFC 9293 3.5 MUST-11: in SYN-RECEIVED after an active open the user is told "refused"; after
     * a passive one nobody is. RFC 9293 3.6 MUST-12: later, an error of its own, never an end of
     * stream. */
    bool is_opening = conn->state == MN_TCP_SYN_SENT || conn->state == MN_TCP_SYN_RECEIVED;
    mn_tcp_conn_end(conn, is_opening ? MNET_ERR_CONN_REFUSED : MNET_ERR_CONN_RESET);
    return MN_DONE;
}

/* RFC 9293 3.10.7.4 second, RFC 5961 3.2: only a reset at exactly RCV.NXT is believed at once. */
static mn_verdict check_rst(struct mnet_conn *conn, const struct mn_tcp_seg *seg)
{
    if (!(seg->flags & MN_TCP_RST))
        return MN_TCP_GO_ON;
    if (mn_seq_eq(seg->seq, conn->rcv_nxt))
        return reset(conn);
    challenge(conn);
    return MN_DROP(TCP_RST_CHALLENGED);
}

/* RFC 9293 3.10.7.4 fourth, RFC 5961 4.2: whatever its sequence number, a SYN is challenged: a peer
 * that has really restarted answers with a reset that is exact. */
static mn_verdict check_syn(struct mnet_conn *conn, const struct mn_tcp_seg *seg)
{
    if (!(seg->flags & MN_TCP_SYN))
        return MN_TCP_GO_ON;
    challenge(conn);
    return MN_DROP(TCP_SYN_CHALLENGED);
}

/* RFC 9293 3.5 MUST-10, figure 8: in a simultaneous open the peer's SYN comes a second time, with
 * the ACK of ours. Its sequence number is behind us by one: the SYN is taken off. Without an ACK it
 * is a retransmission: so was ours lost, perhaps. */
static void take_off_syn(struct mnet_conn *conn, struct mn_tcp_seg *seg)
{
    if (conn->state != MN_TCP_SYN_RECEIVED || !(seg->flags & MN_TCP_SYN) ||
        !mn_seq_eq(seg->seq, conn->irs))
        return;
    if (seg->flags & MN_TCP_ACK) {
        seg->flags &= (uint8_t)~MN_TCP_SYN;
        seg->seq = mn_seq_add(seg->seq, 1);
    } else if (!conn->is_syn_acked) {
        conn->snd_nxt = conn->iss;
    }
}

/* The SYN of the peer in SYN-SENT: what both ends can do. */
static void negotiate(struct mnet_conn *conn, const struct mn_tcp_seg *seg)
{
    bool was_sent_again = conn->retransmits > 0;
    struct mn_tcp_handshake hs = {
        .iss = conn->iss,
        .irs = seg->seq,
        .rcv_wnd = mn_seq_diff(conn->rcv_adv, conn->rcv_nxt),
        .snd_wnd = seg->wnd, /* RFC 7323 2.2: the window of a SYN is never scaled. */
        .ts_recent = seg->opts.ts_val,
        .ts_offset = conn->ts_offset,
        .mss_peer = seg->opts.has_mss ? seg->opts.mss : mn_tcp_mss_default(&seg->rx->src),
        .snd_wscale = seg->opts.has_wscale ? seg->opts.wscale : 0,
        .rcv_wscale = seg->opts.has_wscale ? conn->tcp->rcv_wscale : 0,
        .has_wscale = seg->opts.has_wscale,
        .has_timestamps = seg->opts.has_ts,
        .has_sack = seg->opts.has_sack_permitted,
        .is_retransmitted = was_sent_again,
        .syn_sent_at = conn->rtt_sent_at,
    };
    mn_tcp_conn_start(conn, &hs);
}

/* RFC 9293 3.10.7.3 first: an ACK of something else than our SYN. */
static mn_verdict syn_sent_bad_ack(struct mnet_conn *conn, const struct mn_tcp_seg *seg)
{
    if (!(seg->flags & MN_TCP_RST))
        mn_tcp_rst_reply(conn->tcp, seg);
    return MN_DROP(TCP_BAD_ACK);
}

/* RFC 9293 3.10.7.3. */
static mn_verdict syn_sent_in(struct mnet_conn *conn, struct mn_tcp_seg *seg)
{
    bool has_ack = (seg->flags & MN_TCP_ACK) != 0;
    if (has_ack && (mn_seq_le(seg->ack, conn->iss) || mn_seq_gt(seg->ack, conn->snd_max)))
        return syn_sent_bad_ack(conn, seg);
    if (seg->flags & MN_TCP_RST)
        return has_ack ? reset(conn) : MN_DROP(TCP_RST_INVALID);
    if (!(seg->flags & MN_TCP_SYN))
        return MN_DROP(TCP_BAD_FLAGS);
    negotiate(conn, seg);
    want_ack(conn);
    if (!has_ack) {
        /* RFC 9293 3.5 MUST-10: simultaneous open. Our SYN goes out again, now with an ACK. Text on
         * this SYN is left to be sent again. */
        mn_tcp_state_set(conn, MN_TCP_SYN_RECEIVED);
        conn->snd_nxt = conn->iss;
        return MN_DONE;
    }
    /* Text and FIN that came with the SYN-ACK follow it in sequence. */
    seg->seq = mn_seq_add(seg->seq, 1);
    seg->flags &= (uint8_t)~MN_TCP_SYN;
    mn_verdict verdict = mn_tcp_ack_in(conn, seg);
    if (verdict != MN_TCP_GO_ON)
        return verdict;
    verdict = mn_tcp_text_in(conn, seg);
    return verdict == MN_TCP_GO_ON ? mn_tcp_fin_in(conn, seg) : verdict;
}

/* The steps for all states but SYN-SENT. */
static mn_verdict slow_path(struct mnet_conn *conn, struct mn_tcp_seg *seg)
{
    take_off_syn(conn, seg);
    mn_verdict verdict = check_sequence(conn, seg);
    if (verdict == MN_TCP_GO_ON)
        verdict = check_rst(conn, seg);
    if (verdict == MN_TCP_GO_ON)
        verdict = check_syn(conn, seg);
    if (verdict == MN_TCP_GO_ON)
        verdict = mn_tcp_ack_in(conn, seg);
    if (verdict == MN_TCP_GO_ON)
        verdict = mn_tcp_text_in(conn, seg);
    if (verdict == MN_TCP_GO_ON)
        verdict = mn_tcp_fin_in(conn, seg);
    return verdict;
}

/* Whether `seg` is what an open connection that loses nothing sees all the time: the next in order,
 * with no flag but ACK and PSH, all of its text inside the window, nothing waiting out of order or
 * for recovery. For such a segment the steps above say what fast_path does. */
static bool is_fast(const struct mnet_conn *conn, const struct mn_tcp_seg *seg)
{
    if (conn->state != MN_TCP_ESTABLISHED || (seg->flags & (uint8_t)~MN_TCP_PSH) != MN_TCP_ACK)
        return false;
    if (!mn_seq_eq(seg->seq, conn->rcv_nxt) || seg->len > mn_seq_diff(conn->rcv_adv, conn->rcv_nxt))
        return false;
    if (mn_seq_lt(seg->ack, conn->snd_una) || mn_seq_gt(seg->ack, conn->snd_nxt) ||
        !mn_seq_eq(conn->snd_nxt, conn->snd_max))
        return false;
    /* A pure ACK of nothing new is a window update, a duplicate, or a probe. */
    if (seg->len == 0 && mn_seq_eq(seg->ack, conn->snd_una))
        return false;
    if (conn->is_recovering || conn->is_after_rto || conn->dup_acks > 0 || conn->is_fin_known ||
        conn->is_rd_shut || conn->is_persisting || seg->opts.sack_count > 0)
        return false;
    return conn->has_timestamps == seg->opts.has_ts &&
           (!conn->has_timestamps || !is_paws_reject(conn, seg)) && mn_tcp_text_is_fast(conn, seg);
}

static mn_verdict fast_path(struct mnet_conn *conn, struct mn_tcp_seg *seg)
{
    struct mn_env *env = conn->tcp->env;
    env->stats.tcp_fast_path++;
    note_timestamp(conn, seg);
    conn->heard_at = env->now;
    conn->keep_sent = 0;
    if (mn_seq_gt(seg->ack, conn->snd_una))
        mn_tcp_ack_advance(conn, seg);
    mn_tcp_ack_window(conn, seg);
    return seg->len > 0 ? mn_tcp_text_in(conn, seg) : MN_DONE;
}

static mn_verdict conn_in(struct mnet_conn *conn, struct mn_tcp_seg *seg)
{
    if (is_fast(conn, seg))
        return fast_path(conn, seg);
    if (conn->state == MN_TCP_SYN_SENT)
        return syn_sent_in(conn, seg);
    return slow_path(conn, seg);
}

/* RFC 9293 3.10.7.2: the segment is for no connection and no record. */
static mn_verdict listen_in(struct mn_tcp *tcp, struct mn_tcp_seg *seg)
{
    struct mnet_endpoint local = {seg->rx->dst, seg->dst_port};
    struct mnet_listener *listener = mn_tcp_demux_listener(&tcp->demux, &local);
    if (listener)
        return mn_tcp_listen_in(tcp, listener, seg);
    mn_tcp_rst_reply(tcp, seg);
    return MN_DROP(TCP_NO_CONN);
}

static mn_verdict dispatch(struct mn_tcp *tcp, struct mn_tcp_seg *seg)
{
    struct mnet_endpoint local = {seg->rx->dst, seg->dst_port};
    struct mnet_endpoint remote = {seg->rx->src, seg->src_port};
    struct mn_tcp_entry *entry = mn_tcp_demux_find(&tcp->demux, &local, &remote);
    if (!entry)
        return listen_in(tcp, seg);
    mn_verdict verdict;
    struct mnet_conn *conn = NULL;
    switch (entry->kind) {
    case MN_TCP_ENTRY_CONN:
        return conn_in(mn_tcp_conn_of(entry), seg);
    case MN_TCP_ENTRY_SYN:
        verdict = mn_tcp_syn_in(tcp, (struct mn_tcp_syn *)(void *)entry, seg, &conn);
        return verdict == MN_TCP_GO_ON ? slow_path(conn, seg) : verdict;
    default:
        MN_ASSERT(entry->kind == MN_TCP_ENTRY_TIME_WAIT);
        verdict = mn_tcp_time_wait_in(tcp, (struct mn_tcp_time_wait *)(void *)entry, seg);
        return verdict == MN_TCP_GO_ON ? listen_in(tcp, seg) : verdict;
    }
}

mn_verdict mn_tcp_in(struct mn_transport *t, struct mn_pkt *pkt, const struct mn_ip_rx *rx)
{
    struct mn_tcp *tcp = mn_tcp_of(t);
    struct mn_tcp_seg seg;
    tcp->env->stats.tcp_rx++;
    mn_verdict verdict = mn_tcp_seg_parse(tcp->env, pkt, rx, &seg);
    if (verdict != MN_DONE)
        return verdict;
    verdict = dispatch(tcp, &seg);
    if (!seg.pkt)
        return MN_KEPT;
    return verdict == MN_TCP_GO_ON ? MN_DONE : verdict;
}
