/* SPDX-License-Identifier: ISC
 *
 * The timers of a connection: RFC 9293 3.10.8, 3.8.1, 3.8.3, 3.8.4, 3.8.6.1; RFC 6298.
 *
 * Each is a deadline in the connection; one node in the wheel stands for the earliest of them.
 *
 * - rexmt_at, as retransmission: runs while something sent is not acknowledged; started when it is
 *   sent, started anew when new data is acknowledged, doubled at each expiry (RFC 6298 5).
 * - rexmt_at, as persist (is_persisting): runs while something waits to be sent, nothing is in
 *   flight and the window forbids to send it. At its end a probe of one byte asks for the window; 5
 * s to 60 s, doubling. The peer may keep its window shut for ever, as long as it answers. When the
 *   window is open but too small to be worth a segment, half a second and then it is used after
 * all.
 * - delack_at: an acknowledgement waits 40 ms for data to go with, and for a second segment.
 * - keep_at: with keepalive on, silence of keep_idle_ms sends a probe, then one each
 * keep_interval_ms; keep_count unanswered ones end the connection. In FIN-WAIT-2 after the user's
 * close it is the end of patience with a peer that never closes.
 * - user_at: in SYN-SENT the end of the attempt; later the user timeout: data that nobody
 * acknowledges for so long ends the connection.
 *
 * Deadlines are fields that may move or vanish at any time; the wheel is touched only when one is
 * earlier than the node. A node that expires too early is armed for the earliest deadline again: so
 * a busy connection costs the wheel one operation per 40 ms, not one per segment. */
#include <tcp/tcp_conn.h>

/* Persist timer. RFC 9293 3.8.6.1 SHLD-29, SHLD-30 leave the numbers open; these are BSD's. */
#define PERSIST_MIN MNET_SEC(5)
#define PERSIST_MAX MNET_SEC(60)
/* RFC 9293 3.8.6.2.1: the override of sender SWS avoidance is 0.1 to 1 s. */
#define SWS_OVERRIDE MNET_MS(500)
/* FIN-WAIT-2 without a user: as long as Linux waits. RFC 9293 knows no limit, but a peer that never
 * closes must not hold memory for ever. */
#define FIN_WAIT_2_MAX MNET_SEC(60)

static mnet_time earlier(mnet_time a, mnet_time b)
{
    return a < b ? a : b;
}

void mn_tcp_timer_sync(struct mnet_conn *conn)
{
    mnet_time next =
        earlier(earlier(conn->rexmt_at, conn->delack_at), earlier(conn->keep_at, conn->user_at));
    if (next < conn->timer.at)
        mn_env_arm(conn->tcp->env, &conn->timer, next);
}

static mnet_time user_timeout(const struct mnet_conn *conn)
{
    return conn->user_timeout > 0 ? conn->user_timeout : conn->tcp->user_timeout;
}

/* Something waits to be sent and nothing is in flight: a window that forbids it must be probed,
 * also one that has shrunk under what was in flight (RFC 9293 3.8.6 MUST-34). */
static void start_persist(struct mnet_conn *conn, bool is_restart)
{
    const struct mn_tcp *tcp = conn->tcp;
    if (conn->is_persisting && conn->rexmt_at != MNET_NEVER && !is_restart)
        return;
    conn->is_persisting = true;
    if (conn->snd_wnd > 0) {
        conn->rexmt_at = tcp->env->now + SWS_OVERRIDE;
        return;
    }
    mnet_time wait = PERSIST_MIN;
    for (unsigned i = 0; i < conn->backoff && wait < PERSIST_MAX; i++)
        wait *= 2;
    /* A peer that answers is asked before the user loses patience with it. */
    wait = earlier(wait, user_timeout(conn) / 4 * 3);
    conn->rexmt_at = tcp->env->now + earlier(wait, PERSIST_MAX);
}

void mn_tcp_timer_rexmt(struct mnet_conn *conn, bool is_restart)
{
    if (!mn_seq_eq(conn->snd_nxt, conn->snd_una)) {
        /* RFC 6298 5.1, 5.3: started when not running, and anew when data is acknowledged. */
        if (is_restart || conn->is_persisting || conn->rexmt_at == MNET_NEVER)
            conn->rexmt_at = conn->tcp->env->now + mn_rtt_rto(&conn->rtt, conn->backoff);
        conn->is_persisting = false;
    } else if (mn_tcp_has_unsent(conn)) {
        start_persist(conn, is_restart);
    } else {
        /* RFC 6298 5.2: all is acknowledged. */
        conn->rexmt_at = MNET_NEVER;
        conn->is_persisting = false;
        conn->backoff = 0;
    }
}

void mn_tcp_timer_user(struct mnet_conn *conn)
{
    conn->user_at = mn_tcp_after(conn->tcp, user_timeout(conn));
}

void mn_tcp_timer_keep(struct mnet_conn *conn)
{
    conn->keep_sent = 0;
    conn->keep_at = MNET_NEVER;
    if (conn->keep_idle_ms > 0)
        conn->keep_at = conn->tcp->env->now + MNET_MS(conn->keep_idle_ms);
    mn_tcp_timer_sync(conn);
}

void mn_tcp_timer_fin_wait_2(struct mnet_conn *conn)
{
    if (conn->has_user)
        return;
    conn->keep_at = conn->tcp->env->now + FIN_WAIT_2_MAX;
    mn_tcp_timer_sync(conn);
}

/* RFC 9293 3.8.3 MUST-20: what nobody acknowledges must end some day. What ICMP said last is the
 * better reason. */
static void give_up(struct mnet_conn *conn)
{
    mn_tcp_send_rst(conn);
    mn_tcp_conn_end(conn, conn->soft_error ? conn->soft_error : MNET_ERR_TIMED_OUT);
}

static void rexmt_expired(struct mnet_conn *conn)
{
    conn->rexmt_at = MNET_NEVER;
    if (conn->backoff < UINT8_MAX)
        conn->backoff++;
    if (conn->is_persisting) {
        conn->is_probe_wanted = true;
    } else {
        conn->tcp->env->stats.tcp_timeouts++;
        mn_tcp_recovery_timeout(conn);
    }
    mn_tcp_want_output(conn);
}

/* RFC 9293 3.8.4 MUST-26: only while nothing is in flight. MUST-29: one unanswered probe means
 * nothing. False: the connection is gone. */
static bool keep_expired(struct mnet_conn *conn)
{
    mnet_time now = conn->tcp->env->now;
    if (conn->state == MN_TCP_FIN_WAIT_2 && !conn->has_user) {
        mn_tcp_conn_end(conn, 0);
        return false;
    }
    if (conn->keep_idle_ms == 0) {
        conn->keep_at = MNET_NEVER;
        return true;
    }
    mnet_time due = conn->heard_at + MNET_MS(conn->keep_idle_ms);
    if (now < due || !mn_seq_eq(conn->snd_una, conn->snd_max)) {
        conn->keep_sent = 0;
        conn->keep_at = now < due ? due : now + MNET_MS(conn->keep_interval_ms);
        return true;
    }
    if (conn->keep_sent >= conn->keep_count) {
        give_up(conn);
        return false;
    }
    conn->keep_sent++;
    conn->keep_at = now + MNET_MS(conn->keep_interval_ms);
    conn->is_keep_wanted = true;
    mn_tcp_want_output(conn);
    return true;
}

void mn_tcp_timer_expired(struct mnet_conn *conn)
{
    mnet_time now = conn->tcp->env->now;
    if (conn->user_at <= now) {
        give_up(conn);
        return;
    }
    if (conn->keep_at <= now && !keep_expired(conn))
        return;
    if (conn->rexmt_at <= now)
        rexmt_expired(conn);
    if (conn->delack_at <= now) {
        conn->delack_at = MNET_NEVER;
        conn->is_ack_now = true;
        mn_tcp_want_output(conn);
    }
    mn_tcp_timer_sync(conn);
}
