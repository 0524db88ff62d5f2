/* SPDX-License-Identifier: ISC
 *
 * Output: whether a connection may send, how much, and the segment itself. RFC
 * 9293 3.7.4, 3.8.6.2.1, 3.10.2; RFC 5681 4.1. The only caller of mn_ip_out for connections.
 *
 * mn_tcp_output runs once for a connection on the output list, after the batch of segments, timers
 * and user calls that put it there. In this order: our SYN; what is lost; new data and FIN, in
 * pieces of up to 64 KiB that a device or link/ cuts into segments; a probe; and, if nothing of
 * that has carried it, an acknowledgement that is due. */
#include <tcp/tcp_conn.h>

/* Pieces of one output: more than fill any window with pieces of one segment; a bound that shows.
 */
#define PIECES_MAX 1024u

/* When an acknowledgement that found no memory is tried again. */
#define ACK_RETRY MNET_MS(10)

static struct mn_seq piece_end(const struct mn_tcp_piece *p)
{
    return mn_seq_add(p->seq, p->len + ((p->flags & (MN_TCP_SYN | MN_TCP_FIN)) ? 1u : 0u));
}

/* -- sequence space -- */

/* After its last byte: where our FIN lies, once it is queued. */
static struct mn_seq data_end(const struct mnet_conn *conn)
{
    return mn_seq_add(mn_tcp_data_start(conn), conn->sndq.len);
}

static bool is_fin_pending(const struct mnet_conn *conn)
{
    return conn->is_fin_queued && !conn->is_fin_acked && mn_seq_le(conn->snd_nxt, data_end(conn));
}

bool mn_tcp_has_unsent(const struct mnet_conn *conn)
{
    switch (conn->state) {
    case MN_TCP_CLOSED:
    case MN_TCP_TIME_WAIT:
        return false;
    case MN_TCP_SYN_SENT:
    case MN_TCP_SYN_RECEIVED:
        return mn_seq_eq(conn->snd_nxt, conn->iss);
    default:
        return mn_seq_lt(conn->snd_nxt, data_end(conn)) || is_fin_pending(conn);
    }
}

/* Every segment with ACK says what an acknowledgement alone would. */
static void ack_sent(struct mnet_conn *conn)
{
    conn->is_ack_now = false;
    conn->is_ack_delayed = false;
    conn->delack_at = MNET_NEVER;
    conn->rcv_unacked = 0;
    conn->rcv_acked = conn->rcv_nxt;
}

/* Sequence numbers have left: for the first time, or again. */
static void seq_sent(struct mnet_conn *conn, const struct mn_tcp_piece *p)
{
    struct mn_tcp *tcp = conn->tcp;
    struct mn_seq end = piece_end(p);
    if (mn_seq_eq(end, p->seq))
        return;
    conn->sent_at = tcp->env->now;
    if (conn->user_at == MNET_NEVER && conn->state >= MN_TCP_ESTABLISHED)
        mn_tcp_timer_user(conn);
    if (mn_seq_lt(p->seq, conn->snd_max)) {
        uint32_t mss = mn_tcp_text_mss(conn);
        uint32_t count = p->len > mss ? (p->len + mss - 1) / mss : 1;
        conn->retransmits += count;
        tcp->env->stats.tcp_retransmits += count;
        /* RFC 6298 3 (Karn): what is sent twice is not timed. */
        conn->rtt_sent_at = MNET_NEVER;
    } else if (conn->rtt_sent_at == MNET_NEVER) {
        conn->rtt_seq = end;
        conn->rtt_sent_at = tcp->env->now;
    }
    if (mn_seq_gt(end, conn->snd_max)) {
        conn->bytes_sent += p->len;
        conn->snd_max = end;
    }
}

/* Builds and sends; `p` becomes what was sent. AGAIN: nothing was, and it is no use to go on now.
 * Other errors: it is as good as lost on the way. */
static mnet_err try_emit(struct mnet_conn *conn, struct mn_tcp_piece *p)
{
    struct mn_tcp *tcp = conn->tcp;
    struct mn_pkt *pkt = mn_tcp_build(conn, p);
    if (!pkt)
        return MNET_ERR_AGAIN;
    struct mn_ip_tx tx = {.src = conn->entry.local.addr,
                          .dst = conn->entry.remote.addr,
                          .proto = MN_PROTO_TCP,
                          .flow_label = conn->flow_label,
                          .is_mtu_probe = p->is_mtu_probe,
                          .dont_fragment = true};
    tcp->env->stats.tcp_tx++;
    mnet_err err = mn_ip_out(tcp->ip, pkt, &tx);
    if (err == MNET_ERR_MSG_SIZE) {
        /* Another connection has learnt that the path takes less. */
        uint16_t before = conn->mss;
        mn_tcp_mss_update(conn);
        if (conn->mss < before)
            mn_tcp_want_output(conn);
        return MNET_ERR_AGAIN;
    }
    if (err)
        conn->soft_error = (int8_t)err;
    if (p->flags & MN_TCP_ACK)
        ack_sent(conn);
    seq_sent(conn, p);
    return err;
}

/* False: it is no use to go on now. */
static bool emit(struct mnet_conn *conn, struct mn_tcp_piece *p)
{
    return try_emit(conn, p) != MNET_ERR_AGAIN;
}

/* -- what to send -- */

/* Nagle's algorithm (RFC 9293 3.7.4 SHLD-7) with Minshall's condition: a small segment waits while
 * a small one is in flight, not while any is; so the end of a large write does not wait. MUST-17:
 * the user can turn it off. */
static bool may_send_small(const struct mnet_conn *conn, bool has_fin)
{
    return conn->is_nodelay || has_fin || mn_seq_lt(conn->snd_nxt, conn->snd_max) ||
           mn_seq_le(conn->snd_small_end, conn->snd_una);
}

/* Sequence numbers that window and congestion window leave room for. */
static uint32_t usable(const struct mnet_conn *conn)
{
    uint32_t inflight = mn_tcp_recovery_inflight(conn);
    uint32_t room = inflight < conn->cc.cwnd ? conn->cc.cwnd - inflight : 0;
    struct mn_seq edge = mn_seq_add(conn->snd_una, conn->snd_wnd);
    uint32_t wnd = mn_seq_lt(conn->snd_nxt, edge) ? mn_seq_diff(edge, conn->snd_nxt) : 0;
    return room < wnd ? room : wnd;
}

/* The next piece from snd_nxt on: RFC 9293 3.8.6.2.1 MUST-38, sender SWS avoidance. False: nothing
 * may be sent. */
static bool plan(const struct mnet_conn *conn, struct mn_tcp_piece *p)
{
    struct mn_seq end = data_end(conn);
    uint32_t queued = mn_seq_lt(conn->snd_nxt, end) ? mn_seq_diff(end, conn->snd_nxt) : 0;
    uint32_t room = usable(conn);
    bool fin_pending = is_fin_pending(conn);
    if (room == 0 || (queued == 0 && !fin_pending))
        return false;
    uint32_t len = queued < room ? queued : room;
    uint32_t mss = mn_tcp_text_mss(conn);
    if (len > mss) {
        uint32_t most = mn_tcp_piece_max(conn, mss);
        len = len < most ? len : most;
    }
    bool is_last = len == queued;
    bool has_fin = is_last && fin_pending && len < room;
    uint32_t tail = len % mss;
    if (tail > 0 && !(is_last && may_send_small(conn, has_fin))) {
        /* A part of a segment only when it is half of the largest window the peer ever had. */
        if (len > mss)
            len -= tail;
        else if (is_last || len < conn->snd_wnd_max / 2)
            return false;
        is_last = false;
        has_fin = false;
    }
    p->seq = conn->snd_nxt;
    p->len = len;
    /* RFC 9293 3.9.1.2 MUST-61: PSH on the last segment of what is queued. */
    p->flags = (uint8_t)(MN_TCP_ACK | (is_last && len > 0 ? MN_TCP_PSH : 0u) |
                         (has_fin ? MN_TCP_FIN : 0u));
    p->is_mtu_probe = false;
    return len > 0 || has_fin;
}

/* The piece that lies in `range`, which was sent before. */
static struct mn_tcp_piece piece_again(const struct mnet_conn *conn,
                                       const struct mn_tcp_sack *range)
{
    struct mn_seq end = data_end(conn);
    bool has_fin = mn_seq_gt(range->end, end);
    struct mn_tcp_piece p = {.seq = range->start,
                             .len = mn_seq_diff(has_fin ? end : range->end, range->start),
                             .flags = (uint8_t)(MN_TCP_ACK | (has_fin ? MN_TCP_FIN : 0u))};
    if (mn_seq_eq(mn_seq_add(p.seq, p.len), end) && p.len > 0)
        p.flags |= MN_TCP_PSH;
    return p;
}

static void send_lost(struct mnet_conn *conn)
{
    struct mn_tcp_sack range;
    for (unsigned i = 0; i < PIECES_MAX && mn_tcp_recovery_next(conn, &range); i++) {
        struct mn_tcp_piece p = piece_again(conn, &range);
        if (!emit(conn, &p))
            return;
        mn_tcp_recovery_resent(conn, piece_end(&p));
    }
}

/* RFC 5681 4.1: after a pause of more than an RTO nothing is known of the path any more. */
static void restart_after_idle(struct mnet_conn *conn)
{
    bool is_idle = mn_seq_eq(conn->snd_una, conn->snd_max) && mn_tcp_has_unsent(conn);
    if (!is_idle || conn->tcp->env->now - conn->sent_at <= mn_rtt_rto(&conn->rtt, 0))
        return;
    mn_tcp_mss_update(conn);
    mn_cc_on_idle(&conn->cc, conn->mss);
}

/* A segment larger than the others, if it is time to learn whether the path takes it. False: one is
 * to leave as soon as the congestion window has room for it, and nothing new before it. */
static bool send_mtu_probe(struct mnet_conn *conn)
{
    struct mn_seq end = data_end(conn);
    uint32_t queued = mn_seq_lt(conn->snd_nxt, end) ? mn_seq_diff(end, conn->snd_nxt) : 0;
    uint32_t len = mn_tcp_mtu_probe_len(conn, queued);
    if (len == 0)
        return true;
    if (usable(conn) < len)
        return false;
    struct mn_tcp_piece p = {
        .seq = conn->snd_nxt, .len = len, .flags = MN_TCP_ACK, .is_mtu_probe = true};
    bool has_left = emit(conn, &p);
    mn_tcp_mtu_probe_sent(conn, has_left ? &p : NULL, len);
    if (has_left)
        conn->snd_nxt = mn_seq_max(conn->snd_nxt, piece_end(&p));
    return has_left;
}

static void send_new(struct mnet_conn *conn)
{
    struct mn_tcp_piece p;
    restart_after_idle(conn);
    if (conn->mtu_probe_at <= conn->tcp->env->now && !send_mtu_probe(conn))
        return;
    for (unsigned i = 0; i < PIECES_MAX && plan(conn, &p); i++) {
        if (!emit(conn, &p))
            return;
        conn->snd_nxt = mn_seq_max(conn->snd_nxt, piece_end(&p));
        if (p.len % mn_tcp_text_mss(conn) != 0)
            conn->snd_small_end = conn->snd_nxt;
    }
}

/* The persist timer has expired. A shut window is asked with one byte (or the FIN) past it, which
 * stays to be sent: snd_nxt does not move (RFC 9293 3.8.6.1 MUST-35, MUST-36). A window that is
 * open but too small to be worth a segment is used now. */
static void send_probe(struct mnet_conn *conn)
{
    conn->is_probe_wanted = false;
    if (!mn_seq_eq(conn->snd_nxt, conn->snd_una) || !mn_tcp_has_unsent(conn))
        return;
    uint32_t most = conn->snd_wnd > 0 ? conn->snd_wnd : 1;
    uint32_t mss = mn_tcp_text_mss(conn);
    if (most > mss)
        most = mss;
    struct mn_tcp_piece p = {.seq = conn->snd_nxt, .len = conn->sndq.len, .flags = MN_TCP_ACK};
    if (p.len > most)
        p.len = most;
    if (p.len == 0)
        p.flags |= MN_TCP_FIN;
    if (!emit(conn, &p))
        return;
    if (conn->snd_wnd > 0)
        conn->snd_nxt = piece_end(&p);
    else
        conn->tcp->env->stats.tcp_zero_window_probes++;
}

/* RFC 9293 3.8.4: <SEQ=SND.NXT-1><ACK=RCV.NXT><CTL=ACK>, without text: the peer must answer it. */
static void send_keepalive(struct mnet_conn *conn)
{
    conn->is_keep_wanted = false;
    struct mn_tcp_piece p = {.seq = mn_seq_sub(conn->snd_nxt, 1), .flags = MN_TCP_ACK};
    if (emit(conn, &p))
        conn->tcp->env->stats.tcp_keepalive_probes++;
}

/* SND.NXT of the RFC; or the edge of a window that has shrunk, where the peer still hears us. */
static struct mn_seq seq_heard(const struct mnet_conn *conn)
{
    return mn_seq_min(conn->snd_max, mn_seq_add(mn_tcp_data_start(conn), conn->snd_wnd));
}

/* <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>. */
static void send_ack(struct mnet_conn *conn)
{
    struct mn_tcp_piece p = {.seq = seq_heard(conn), .flags = MN_TCP_ACK};
    unsigned count = conn->rcv_dups_owed > 1 ? conn->rcv_dups_owed : 1;
    for (unsigned i = 0; i < count; i++)
        if (!emit(conn, &p))
            return;
}

/* -- by state -- */

/* SYN-SENT: <SEQ=ISS><CTL=SYN>; SYN-RECEIVED after a simultaneous open:
 * <SEQ=ISS><ACK=RCV.NXT><CTL=SYN,ACK>. False: there is no way to the peer, and `conn` is gone. */
static bool output_opening(struct mnet_conn *conn)
{
    bool is_syn_sent = conn->state == MN_TCP_SYN_SENT;
    mnet_err err = MNET_OK;
    conn->is_probe_wanted = false;
    conn->is_keep_wanted = false;
    if (mn_tcp_has_unsent(conn)) {
        struct mn_tcp_piece p = {.seq = conn->iss,
                                 .flags = (uint8_t)(MN_TCP_SYN | (is_syn_sent ? 0u : MN_TCP_ACK))};
        err = try_emit(conn, &p);
        if (err != MNET_ERR_AGAIN)
            conn->snd_nxt = mn_seq_max(conn->snd_nxt, piece_end(&p));
    } else if (!is_syn_sent && conn->is_ack_now) {
        send_ack(conn);
    }
    /* No route, or a neighbour known not to answer: not worth the wait for a timeout. */
    if (is_syn_sent && err == MNET_ERR_NET_UNREACH) {
        mn_tcp_conn_end(conn, err);
        return false;
    }
    return true;
}

static void output_open(struct mnet_conn *conn)
{
    send_lost(conn);
    send_new(conn);
    if (conn->is_probe_wanted)
        send_probe(conn);
    if (conn->is_keep_wanted)
        send_keepalive(conn);
    if (conn->is_ack_now || conn->rcv_dups_owed > 1)
        send_ack(conn);
    conn->rcv_dups_owed = 0;
}

void mn_tcp_output(struct mnet_conn *conn)
{
    if (conn->state == MN_TCP_CLOSED)
        return;
    if (conn->state == MN_TCP_TIME_WAIT) {
        if (conn->is_ack_now)
            send_ack(conn);
        mn_tcp_time_wait(conn);
        return;
    }
    if (conn->state != MN_TCP_SYN_SENT && conn->state != MN_TCP_SYN_RECEIVED)
        output_open(conn);
    else if (!output_opening(conn))
        return;
    if (conn->is_ack_now && conn->delack_at == MNET_NEVER)
        conn->delack_at = conn->tcp->env->now + ACK_RETRY; /* no memory for it now */
    /* RFC 9293 3.8.3 MUST-20: what finds no memory to leave is given up some day, too. */
    if (conn->user_at == MNET_NEVER && conn->state >= MN_TCP_ESTABLISHED && mn_tcp_has_unsent(conn))
        mn_tcp_timer_user(conn);
    mn_tcp_timer_rexmt(conn, false);
    mn_tcp_timer_sync(conn);
}

void mn_tcp_send_rst(struct mnet_conn *conn)
{
    if (conn->state < MN_TCP_SYN_RECEIVED || conn->state == MN_TCP_TIME_WAIT)
        return;
    struct mn_tcp_bare bare = {.local = conn->entry.local,
                               .remote = conn->entry.remote,
                               .seq = seq_heard(conn),
                               .ack = conn->rcv_nxt,
                               .flags = MN_TCP_RST | MN_TCP_ACK};
    (void)mn_tcp_send_bare(conn->tcp, &bare);
}
