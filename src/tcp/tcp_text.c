/* SPDX-License-Identifier: ISC
 *
 * Segment text, its acknowledgement and the window we offer: RFC 9293 3.10.7.4 sixth to
 * eighth, 3.8.6.2.2, 3.8.6.3; RFC 5681 4.2; RFC 2018 3.
 *
 * Text is cut to the window, then kept by reference in the receive queue, in order or behind a
 * hole. An acknowledgement is wanted at once for every second full segment, for anything out of
 * order, and while the peer is still in slow start; otherwise it waits 40 ms for data to go with.
 * However many are wanted in a batch, one leaves.
 *
 * The window is what the receive buffer has room for, and less when all connections together near
 * their part of the budget. Its right edge never moves left, and moves right only by steps that are
 * worth a segment.
 *
 * Urgent data is text like any other: RFC 6093 3.4 asks receivers to leave it in line, and no user
 * of this interface can ask for more (RFC 9293 3.8.5 MUST-30 is met by the stream itself). */
#include <tcp/tcp_conn.h>

/* RFC 9293 3.8.6.3 MUST-40: less than 0.5 s. As short as Linux's, as peers' timers expect. */
#define DELACK_DELAY MNET_MS(40)
/* RFC 9293 3.8.6.3 SHLD-19: an ACK for at least every second full segment. */
#define DELACK_SEGMENTS 2u
/* RFC 5681 2: what a sender without SACK counts to. */
#define DUP_ACKS_COUNTED 3u
/* Other connections that give up out-of-order data for one segment in order. */
#define SHED_MAX 8u

static void want_ack(struct mnet_conn *conn)
{
    conn->is_ack_now = true;
    mn_tcp_want_output(conn);
}

/* -- the window -- */

/* Where the right edge may be: what the buffer and the budget have room for. */
static uint32_t rcv_space(const struct mnet_conn *conn)
{
    const struct mn_tcp *tcp = conn->tcp;
    uint32_t queued = conn->rcvq.len;
    uint32_t space = queued < tcp->rcv_buf ? tcp->rcv_buf - queued : 0;
    /* One connection takes at most half of what is left for all of them; but one that holds nothing
     * may always receive something. */
    uint32_t room = mn_tcp_rcv_room(tcp);
    uint32_t share = room / 2;
    if (queued == 0 && share < 2 * conn->rcv_mss)
        share = room < 2 * conn->rcv_mss ? room : 2 * conn->rcv_mss;
    if (space > share)
        space = share;
    uint32_t most = UINT32_C(65535) << conn->rcv_wscale;
    return space < most ? space : most;
}

/* RFC 9293 3.8.6.2.2 MUST-39: the step that is worth an announcement. */
static uint32_t sws_step(const struct mnet_conn *conn)
{
    uint32_t half = conn->tcp->rcv_buf / 2;
    return conn->rcv_mss < half ? conn->rcv_mss : half;
}

uint32_t mn_tcp_rcv_wnd(const struct mnet_conn *conn)
{
    uint32_t left = mn_tcp_rcv_left(conn);
    uint32_t space = rcv_space(conn);
    /* RFC 9293 3.8.6 SHLD-14: what was promised is not taken back. */
    return space >= left + sws_step(conn) ? space : left;
}

void mn_tcp_wnd_update(struct mnet_conn *conn)
{
    if (conn->is_fin_known || conn->state < MN_TCP_ESTABLISHED || conn->state > MN_TCP_FIN_WAIT_2)
        return;
    uint32_t left = mn_tcp_rcv_left(conn);
    uint32_t space = rcv_space(conn);
    /* While the peer has plenty of window left, only a large step is worth a segment of its own. */
    uint32_t quarter = conn->tcp->rcv_buf / 4;
    uint32_t step = left < quarter ? sws_step(conn) : quarter;
    if (space >= left + step)
        want_ack(conn);
}

/* -- acknowledgements -- */

/* RFC 5681 4.2, RFC 9293 3.8.6.3. */
static void schedule_ack(struct mnet_conn *conn, const struct mn_tcp_seg *seg)
{
    bool is_merged = seg->each > 0 && seg->each < seg->len;
    uint32_t each = is_merged ? seg->each : seg->len / seg->count;
    if (each > conn->rcv_mss)
        conn->rcv_mss = each;
    uint32_t full = each >= conn->rcv_mss ? seg->len / each : 0;
    uint32_t unacked = conn->rcv_unacked + full;
    conn->rcv_unacked = (uint8_t)(unacked < UINT8_MAX ? unacked : UINT8_MAX);
    if (conn->rcv_quick > 0) {
        conn->rcv_quick--;
        want_ack(conn);
    } else if (conn->rcv_unacked >= DELACK_SEGMENTS) {
        want_ack(conn);
    } else if (!conn->is_ack_delayed) {
        conn->is_ack_delayed = true;
        conn->delack_at = conn->tcp->env->now + DELACK_DELAY;
        mn_tcp_timer_sync(conn);
    }
}

/* RFC 5681 4.2: out-of-order text is acknowledged at once. A peer without SACK counts such ACKs,
 * and one per batch would never be enough for it. */
static void schedule_dup_ack(struct mnet_conn *conn)
{
    if (!conn->has_sack && conn->rcv_dups_owed < DUP_ACKS_COUNTED)
        conn->rcv_dups_owed++;
    want_ack(conn);
}

/* -- text -- */

/* Cuts the text to what the window covers and what is not there yet. False: nothing is left, and
 * why was counted. */
static bool trim(struct mnet_conn *conn, struct mn_tcp_seg *seg)
{
    struct mn_env *env = conn->tcp->env;
    if (mn_seq_lt(seg->seq, conn->rcv_nxt)) {
        uint32_t old = mn_seq_diff(conn->rcv_nxt, seg->seq);
        want_ack(conn);
        if (old >= seg->len) {
            mn_env_count_drop(env, MNET_DROP_TCP_OLD_DUPLICATE);
            return false;
        }
        mn_pkt_pull(env, seg->pkt, old);
        seg->seq = conn->rcv_nxt;
        seg->len -= old;
    }
    struct mn_seq edge = conn->is_fin_known ? conn->rcv_fin : conn->rcv_adv;
    uint32_t room = mn_seq_lt(seg->seq, edge) ? mn_seq_diff(edge, seg->seq) : 0;
    if (seg->len <= room)
        return true;
    want_ack(conn);
    seg->flags &= (uint8_t)~MN_TCP_FIN;
    seg->len = room;
    if (room == 0) {
        mn_env_count_drop(env, MNET_DROP_TCP_RCV_BUF_FULL);
        return false;
    }
    mn_pkt_trim(env, seg->pkt, room);
    return true;
}

/* Whether the budget for received data has room for the text of `seg`. Out-of-order data gives way
 * to text that is in order. */
static bool make_room(struct mnet_conn *conn, const struct mn_tcp_seg *seg)
{
    struct mn_tcp *tcp = conn->tcp;
    uint64_t need = mn_pkt_truesize(tcp->env, seg->pkt);
    unsigned sheds = mn_seq_eq(seg->seq, conn->rcv_nxt) ? SHED_MAX : 0;
    for (unsigned i = 0; i < sheds && tcp->rcv_used + need > tcp->rcv_limit; i++)
        if (!mn_tcp_shed_ooo(tcp))
            break;
    return tcp->rcv_used + need <= tcp->rcv_limit;
}

/* Gives the packet to the queue and does what its place there demands. */
static void deliver(struct mnet_conn *conn, struct mn_tcp_seg *seg)
{
    struct mn_tcp *tcp = conn->tcp;
    bool had_hole = mn_rcvq_has_ooo(&conn->rcvq);
    struct mn_pkt *pkt = seg->pkt;
    seg->pkt = NULL;
    switch (mn_rcvq_insert(&tcp->rcvq_mem, &conn->rcvq, pkt, seg->seq)) {
    case MN_RCVQ_IN_ORDER:
        conn->bytes_received += mn_seq_diff(conn->rcvq.nxt, conn->rcv_nxt);
        conn->rcv_nxt = conn->rcvq.nxt;
        mn_tcp_want_event(conn, MNET_EV_READABLE);
        schedule_ack(conn, seg);
        if (had_hole)
            want_ack(conn); /* RFC 5681 4.2: text that fills a hole, too. */
        break;
    case MN_RCVQ_OUT_OF_ORDER:
        tcp->env->stats.tcp_ooo_rx++;
        schedule_dup_ack(conn);
        break;
    case MN_RCVQ_DUPLICATE:
        mn_env_count_drop(tcp->env, MNET_DROP_TCP_OLD_DUPLICATE);
        schedule_dup_ack(conn);
        break;
    case MN_RCVQ_LIMIT:
        mn_env_count_drop(tcp->env, MNET_DROP_TCP_OOO_LIMIT);
        schedule_dup_ack(conn);
        break;
    case MN_RCVQ_NO_MEMORY:
        mn_env_count_drop(tcp->env, MNET_DROP_RX_NO_MEMORY);
        schedule_dup_ack(conn);
        break;
    }
    mn_tcp_charge(conn);
}

/* RFC 9293 3.6.1 SHLD-3: text after our user has closed his side is lost, and
 * the peer is told so. */
static mn_verdict refuse_text(struct mnet_conn *conn)
{
    mn_tcp_send_rst(conn);
    mn_tcp_conn_end(conn, MNET_ERR_CONN_RESET);
    return MN_DROP(TCP_CLOSED_DATA);
}

bool mn_tcp_text_is_fast(const struct mnet_conn *conn, const struct mn_tcp_seg *seg)
{
    const struct mn_tcp *tcp = conn->tcp;
    if (seg->len == 0)
        return true;
    return !mn_rcvq_has_ooo(&conn->rcvq) && conn->has_user &&
           tcp->rcv_used + mn_pkt_truesize(tcp->env, seg->pkt) <= tcp->rcv_limit;
}

mn_verdict mn_tcp_text_in(struct mnet_conn *conn, struct mn_tcp_seg *seg)
{
    /* RFC 9293 3.10.7.4 seventh: in the other states there can be no more text, since the peer has
     * sent its FIN. */
    bool may_come = conn->state == MN_TCP_ESTABLISHED || conn->state == MN_TCP_FIN_WAIT_1 ||
                    conn->state == MN_TCP_FIN_WAIT_2;
    if (seg->len == 0 || !may_come)
        return MN_TCP_GO_ON;
    bool is_new = mn_seq_gt(mn_seq_add(seg->seq, seg->len), conn->rcv_nxt);
    bool is_refused = conn->is_rd_shut || (!conn->has_user && !conn->listener);
    if (is_new && is_refused)
        return refuse_text(conn);
    if (!trim(conn, seg))
        return MN_TCP_GO_ON;
    if (!make_room(conn, seg)) {
        want_ack(conn);
        return MN_DROP(TCP_RCV_BUF_FULL);
    }
    deliver(conn, seg);
    return MN_TCP_GO_ON;
}

/* -- FIN -- */

/* Every byte before the FIN has come. */
static void take_fin(struct mnet_conn *conn)
{
    conn->is_fin_taken = true;
    conn->rcv_nxt = mn_seq_add(conn->rcv_nxt, 1);
    conn->rcv_adv = mn_seq_max(conn->rcv_adv, conn->rcv_nxt);
    want_ack(conn);
    mn_tcp_want_event(conn, MNET_EV_READABLE);
    switch (conn->state) {
    case MN_TCP_ESTABLISHED:
        mn_tcp_state_set(conn, MN_TCP_CLOSE_WAIT);
        break;
    case MN_TCP_FIN_WAIT_1:
        mn_tcp_state_set(conn, MN_TCP_CLOSING);
        break;
    default:
        MN_ASSERT(conn->state == MN_TCP_FIN_WAIT_2);
        /* The output that sends the ACK leaves a record in place of the connection. */
        mn_tcp_state_set(conn, MN_TCP_TIME_WAIT);
    }
}

mn_verdict mn_tcp_fin_in(struct mnet_conn *conn, const struct mn_tcp_seg *seg)
{
    if ((seg->flags & MN_TCP_FIN) && !conn->is_fin_known) {
        struct mn_seq at = mn_seq_add(seg->seq, seg->len);
        /* A FIN before text that has come already is nobody's honest end. */
        if (mn_seq_lt(at, mn_rcvq_end(&conn->rcvq)))
            return MN_DROP(TCP_OUT_OF_WINDOW);
        conn->is_fin_known = true;
        conn->rcv_fin = at;
        want_ack(conn);
    }
    if (conn->is_fin_known && !conn->is_fin_taken && mn_seq_eq(conn->rcv_nxt, conn->rcv_fin))
        take_fin(conn);
    return MN_TCP_GO_ON;
}
