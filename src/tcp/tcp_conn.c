/* SPDX-License-Identifier: ISC
 *
 * The life of a connection: made, started when both SYNs are known, ended, freed; and what must
 * always be true of one.
 *
 * A connection belongs to its user from open or accept until close. One that has ended stays, in no
 * table and without timers, until its user closes it: he may still read what had come. One whose
 * user has closed it stays until it has ended. */
#include <base/fmt.h>
#include <tcp/tcp_conn.h>

/* Segments that are acknowledged at once at the start: the peer is in slow start and waits for
 * them. */
#define QUICK_ACKS 16u

uint32_t mn_tcp_ts_now(const struct mn_tcp *tcp, uint32_t ts_offset)
{
    /* RFC 7323 5.4: one tick in 1 ms .. 1 s. */
    return (uint32_t)(tcp->env->now / MNET_MS(1)) + ts_offset;
}

struct mnet_conn *mn_tcp_conn_new(struct mn_tcp *tcp, const struct mnet_endpoint *local,
                                  const struct mnet_endpoint *remote)
{
    struct mnet_conn *conn = mn_pool_get(&tcp->conns);
    if (!conn)
        return NULL;
    conn->tcp = tcp;
    conn->entry.kind = MN_TCP_ENTRY_CONN;
    conn->entry.local = *local;
    conn->entry.remote = *remote;
    struct mn_flow flow = {local->addr, remote->addr, (uint32_t)local->port << 16 | remote->port,
                           MN_PROTO_TCP};
    conn->flow_label = mn_ip_flow_label(tcp->ip, &flow);
    mn_tcp_demux_add(&tcp->demux, &conn->entry);
    mn_list_init(&conn->queue_node);
    mn_list_init(&conn->out_node);
    mn_list_init(&conn->ooo_node);
    mn_timer_init(&conn->timer, (uint8_t)(MN_TIMER_TCP | MN_TCP_TIMER_CONN));
    conn->rexmt_at = MNET_NEVER;
    conn->delack_at = MNET_NEVER;
    conn->keep_at = MNET_NEVER;
    conn->user_at = MNET_NEVER;
    conn->rtt_sent_at = MNET_NEVER;
    conn->mtu_probe_at = MNET_NEVER;
    mn_sndq_init(&conn->sndq);
    mn_rcvq_init(&conn->rcvq, mn_seq(0));
    mn_rtt_init(&conn->rtt);
    mn_scoreboard_init(&conn->scoreboard);
    conn->mss_peer = mn_tcp_mss_default(&conn->entry.remote.addr);
    mn_tcp_mss_init(conn);
    mn_cc_init(&conn->cc, &mn_cc_newreno, conn->mss, false);
    return conn;
}

void mn_tcp_conn_start(struct mnet_conn *conn, const struct mn_tcp_handshake *hs)
{
    mnet_time now = conn->tcp->env->now;
    conn->iss = hs->iss;
    conn->snd_una = hs->iss;
    conn->snd_nxt = mn_seq_add(hs->iss, 1);
    conn->snd_max = conn->snd_nxt;
    conn->recover = hs->iss;
    conn->snd_small_end = hs->iss;
    conn->snd_wnd = hs->snd_wnd;
    conn->snd_wnd_max = hs->snd_wnd;
    conn->irs = hs->irs;
    conn->rcv_nxt = mn_seq_add(hs->irs, 1);
    conn->rcv_adv = mn_seq_add(conn->rcv_nxt, hs->rcv_wnd);
    conn->rcv_acked = conn->rcv_nxt;
    mn_rcvq_init(&conn->rcvq, conn->rcv_nxt);
    conn->snd_wl1 = hs->irs;
    conn->snd_wl2 = hs->iss;
    conn->has_wscale = hs->has_wscale;
    conn->has_timestamps = hs->has_timestamps;
    conn->has_sack = hs->has_sack;
    conn->snd_wscale = hs->snd_wscale;
    conn->rcv_wscale = hs->rcv_wscale;
    conn->ts_recent = hs->ts_recent;
    conn->ts_recent_at = now;
    conn->ts_offset = hs->ts_offset;
    conn->mss_peer = hs->mss_peer;
    conn->rcv_mss = MN_TCP_MSS_DEFAULT;
    conn->rcv_quick = QUICK_ACKS;
    conn->sent_at = now;
    conn->heard_at = now;
    mn_tcp_mss_init(conn);
    mn_cc_init(&conn->cc, &mn_cc_newreno, conn->mss, hs->is_retransmitted);
    conn->rtt_sent_at = MNET_NEVER;
    if (hs->is_retransmitted) {
        mn_rtt_syn_lost(&conn->rtt);
    } else {
        conn->rtt_seq = conn->snd_nxt;
        conn->rtt_sent_at = hs->syn_sent_at;
    }
}

/* Gives back all but the connection itself and what came in order. */
static void dismantle(struct mnet_conn *conn)
{
    struct mn_tcp *tcp = conn->tcp;
    if (conn->listener && mn_list_is_linked(&conn->queue_node))
        mn_tcp_listen_forget(conn);
    conn->listener = NULL;
    mn_tcp_demux_remove(&tcp->demux, &conn->entry);
    mn_env_disarm(tcp->env, &conn->timer);
    mn_list_remove(&conn->out_node);
    mn_sndq_clear(&tcp->sndq_mem, &conn->sndq);
    (void)mn_rcvq_shed(&tcp->rcvq_mem, &conn->rcvq);
    mn_scoreboard_clear(&tcp->scoreboards, &conn->scoreboard);
    mn_tcp_charge(conn);
}

void mn_tcp_conn_end(struct mnet_conn *conn, mnet_err err)
{
    dismantle(conn);
    mn_tcp_state_set(conn, MN_TCP_CLOSED);
    conn->error = (int8_t)err;
    if (!conn->has_user) {
        mn_tcp_conn_free(conn);
        return;
    }
    mn_list_push_back(&conn->tcp->ended_list, &conn->out_node);
    if (err)
        mn_tcp_want_event(conn, MNET_EV_ERROR);
}

void mn_tcp_conn_free(struct mnet_conn *conn)
{
    struct mn_tcp *tcp = conn->tcp;
    dismantle(conn);
    mn_list_remove(&conn->queue_node);
    mn_rcvq_clear(&tcp->rcvq_mem, &conn->rcvq);
    mn_tcp_charge(conn);
    mn_pool_put(&tcp->conns, conn);
}

void mn_tcp_time_wait(struct mnet_conn *conn)
{
    mn_tcp_time_wait_enter(conn);
    if (!conn->has_user) {
        mn_tcp_conn_free(conn);
        return;
    }
    dismantle(conn);
    mn_list_push_back(&conn->tcp->ended_list, &conn->out_node);
}

/* -- invariants -- */

static bool is_snd_ok(const struct mnet_conn *conn)
{
    if (!mn_seq_le(conn->snd_una, conn->snd_nxt) || !mn_seq_le(conn->snd_nxt, conn->snd_max))
        return false;
    /* No more was sent than there is: SYN, text, FIN. */
    uint32_t space = (conn->is_syn_acked ? 0u : 1u) + conn->sndq.len +
                     (conn->is_fin_queued && !conn->is_fin_acked ? 1u : 0u);
    return mn_seq_diff(conn->snd_max, conn->snd_una) <= space &&
           mn_sndq_ok(&conn->tcp->sndq_mem, &conn->sndq) &&
           mn_scoreboard_ok(&conn->scoreboard, conn->snd_una, conn->snd_max);
}

static bool is_rcv_ok(const struct mnet_conn *conn)
{
    if (conn->state == MN_TCP_SYN_SENT)
        return conn->rcvq.len == 0;
    uint32_t fin = conn->is_fin_taken ? 1u : 0u;
    return mn_seq_eq(mn_seq_add(conn->rcvq.nxt, fin), conn->rcv_nxt) &&
           mn_seq_le(conn->rcv_nxt, conn->rcv_adv) &&
           mn_seq_le(mn_rcvq_end(&conn->rcvq), mn_seq_max(conn->rcv_adv, conn->rcv_nxt)) &&
           conn->rcv_charged == conn->rcvq.truesize && conn->snd_charged == conn->sndq.truesize &&
           mn_list_is_linked(&conn->ooo_node) == mn_rcvq_has_ooo(&conn->rcvq) &&
           mn_rcvq_ok(&conn->tcp->rcvq_mem, &conn->rcvq);
}

/* What waits must have something that wakes it: output, or a timer. */
static bool is_awake(const struct mnet_conn *conn)
{
    if (mn_list_is_linked(&conn->out_node))
        return true;
    bool is_waiting = !mn_seq_eq(conn->snd_una, conn->snd_max) || mn_tcp_has_unsent(conn);
    if (is_waiting && conn->rexmt_at == MNET_NEVER)
        return false;
    mnet_time first = conn->rexmt_at < conn->delack_at ? conn->rexmt_at : conn->delack_at;
    return first == MNET_NEVER || conn->timer.at <= first;
}

bool mn_tcp_conn_ok(const struct mnet_conn *conn)
{
    if (!conn->entry.is_in_table)
        return conn->has_user && conn->sndq.len == 0 && !mn_timer_is_armed(&conn->timer) &&
               (conn->state == MN_TCP_CLOSED || conn->state == MN_TCP_TIME_WAIT);
    return is_snd_ok(conn) && is_rcv_ok(conn) && is_awake(conn) && conn->mss > 0 &&
           conn->cc.cwnd >= conn->mss;
}
