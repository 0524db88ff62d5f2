/* SPDX-License-Identifier: ISC
 *
 * What the user of a connection can do: OPEN, SEND, RECEIVE, CLOSE, ABORT, STATUS of RFC
 * 9293 3.10.1 to 3.10.6.
 *
 * These calls edit the connection and put it on the output list; what they want leaves at the next
 * poll. Only the resets of close and abort leave at once, since no connection remains to wait for
 * it. */
#include <tcp/tcp_conn.h>

/* -- OPEN -- */

static bool is_remote_possible(const struct mn_tcp *tcp, const struct mnet_endpoint *remote)
{
    /* RFC 9293 3.9.1.1 MUST-46: not to a broadcast or multicast address. */
    return remote->port != 0 && !mnet_addr_is_any(&remote->addr) &&
           !mnet_addr_is_multicast(&remote->addr) && !mn_ip_is_group(tcp->ip, &remote->addr);
}

/* Chooses what the user has left open of his own end. RFC 9293 3.9.1.1 MUST-43, MUST-44, MUST-45.
 */
static mnet_err choose_local(struct mn_tcp *tcp, const struct mnet_endpoint *wish,
                             const struct mnet_endpoint *remote, struct mnet_endpoint *local)
{
    *local = wish ? *wish : (struct mnet_endpoint){0};
    if (mnet_addr_is_any(&local->addr)) {
        mnet_err err = mn_ip_source(tcp->ip, &remote->addr, &local->addr);
        if (err)
            return err;
    } else if (!mn_ip_is_own(tcp->ip, &local->addr)) {
        return MNET_ERR_ADDR_NOT_AVAIL;
    }
    return mn_tcp_demux_bind(&tcp->demux, local, remote);
}

/* RFC 9293 3.10.1: sends a SYN at the next poll. */
static void start_active(struct mnet_conn *conn)
{
    struct mn_tcp *tcp = conn->tcp;
    const struct mn_tcp_entry *id = &conn->entry;
    /* RFC 9293 3.4.1 MUST-8, MUST-9: from a clock and a secret. */
    conn->iss = mn_tcp_isn_seq(&tcp->isn, tcp->env->now, &id->local, &id->remote);
    conn->ts_offset = mn_tcp_isn_ts_offset(&tcp->isn, &id->local, &id->remote);
    conn->snd_una = conn->iss;
    conn->snd_nxt = conn->iss;
    conn->snd_max = conn->iss;
    conn->recover = conn->iss;
    conn->snd_small_end = conn->iss;
    conn->rcv_mss = MN_TCP_MSS_DEFAULT;
    conn->user_at = mn_tcp_after(tcp, tcp->connect_timeout);
    mn_tcp_state_set(conn, MN_TCP_SYN_SENT);
    mn_tcp_want_output(conn);
}

mnet_err mn_tcp_open(struct mn_transport *t, const struct mnet_endpoint *local,
                     const struct mnet_endpoint *remote, mnet_conn_event_fn on_event, void *arg,
                     struct mnet_conn **conn)
{
    struct mn_tcp *tcp = mn_tcp_of(t);
    struct mnet_endpoint own;
    *conn = NULL;
    if (!is_remote_possible(tcp, remote))
        return MNET_ERR_INVALID;
    mnet_err err = choose_local(tcp, local, remote, &own);
    if (err)
        return err;
    struct mnet_conn *c = mn_tcp_conn_new(tcp, &own, remote);
    if (!c)
        return MNET_ERR_NO_MEMORY;
    c->has_user = true;
    c->on_event = on_event;
    c->arg = arg;
    tcp->env->stats.tcp_opened++;
    start_active(c);
    *conn = c;
    return MNET_OK;
}

void mnet_conn_on_event(struct mnet_conn *conn, mnet_conn_event_fn on_event, void *arg)
{
    conn->on_event = on_event;
    conn->arg = arg;
    /* What the new one cannot know. */
    if (conn->rcvq.len > 0 || conn->is_fin_taken)
        mn_tcp_want_event(conn, MNET_EV_READABLE);
    if (conn->error)
        mn_tcp_want_event(conn, MNET_EV_ERROR);
}

/* -- SEND -- */

/* Why nothing can be sent; 0: it can. */
static mnet_err send_error(const struct mnet_conn *conn)
{
    if (conn->is_fin_queued)
        return MNET_ERR_CLOSED;
    if (conn->state != MN_TCP_CLOSED && conn->state != MN_TCP_TIME_WAIT)
        return MNET_OK;
    /* The peer had closed his side and has answered our data with a reset: that is no surprise. */
    if (conn->error == MNET_ERR_CONN_RESET && conn->is_fin_taken)
        return MNET_ERR_CLOSED_BY_PEER;
    return conn->error ? conn->error : MNET_ERR_CLOSED;
}

size_t mnet_conn_send_room(const struct mnet_conn *conn)
{
    const struct mn_tcp *tcp = conn->tcp;
    if (send_error(conn) || conn->sndq.len >= tcp->snd_buf)
        return 0;
    /* Near the end of the budget for sent data nobody queues more than a little: enough to be told,
     * by its acknowledgement, when to go on. */
    uint32_t room = tcp->snd_buf - conn->sndq.len;
    if (tcp->snd_used >= tcp->snd_limit && room > MN_BLOCK_SMALL)
        return conn->sndq.len == 0 ? MN_BLOCK_SMALL : 0;
    return room;
}

static void send_queued(struct mnet_conn *conn)
{
    mn_tcp_charge(conn);
    if (conn->state >= MN_TCP_ESTABLISHED)
        mn_tcp_want_output(conn);
}

mnet_ssize mnet_conn_send(struct mnet_conn *conn, const void *from, size_t len)
{
    mnet_err err = send_error(conn);
    if (err)
        return err;
    size_t room = mnet_conn_send_room(conn);
    uint32_t want = (uint32_t)(len < room ? len : room);
    uint32_t took = mn_sndq_push(&conn->tcp->sndq_mem, &conn->sndq, from, want);
    if (took < len) {
        /* No memory, and no acknowledgement to come that would tell when to go on. */
        if (conn->sndq.len == 0)
            return MNET_ERR_NO_MEMORY;
        conn->is_write_blocked = true;
    }
    send_queued(conn);
    return (mnet_ssize)took;
}

mnet_err mnet_conn_send_all(struct mnet_conn *conn, const void *from, size_t len)
{
    mnet_err err = send_error(conn);
    if (err)
        return err;
    if (len > MN_SNDQ_LEN_MAX - conn->sndq.len ||
        !mn_sndq_push_all(&conn->tcp->sndq_mem, &conn->sndq, from, (uint32_t)len))
        return MNET_ERR_NO_MEMORY;
    send_queued(conn);
    return MNET_OK;
}

/* -- RECEIVE -- */

/* What RECEIVE says when there is nothing to give: 0 at the end of the stream, else an error. What
 * has come before an error or the end is given first. RFC 9293 3.10.3. */
static mnet_err recv_end(const struct mnet_conn *conn)
{
    if (conn->is_rd_shut)
        return MNET_ERR_CLOSED;
    if (conn->is_fin_taken)
        return MNET_OK;
    if (conn->error)
        return conn->error;
    return conn->state == MN_TCP_CLOSED ? MNET_ERR_CLOSED : MNET_ERR_AGAIN;
}

static void was_read(struct mnet_conn *conn)
{
    mn_tcp_charge(conn);
    mn_tcp_wnd_update(conn);
}

mnet_ssize mnet_conn_recv(struct mnet_conn *conn, void *to, size_t len)
{
    if (len == 0)
        return 0;
    if (conn->rcvq.len == 0)
        return recv_end(conn);
    uint32_t want = len < conn->rcvq.len ? (uint32_t)len : conn->rcvq.len;
    uint32_t got = mn_rcvq_read(&conn->tcp->rcvq_mem, &conn->rcvq, to, want);
    was_read(conn);
    return (mnet_ssize)got;
}

mnet_ssize mnet_conn_peek(struct mnet_conn *conn, struct mnet_slice *slices, size_t max)
{
    if (conn->rcvq.len == 0)
        return recv_end(conn);
    unsigned most = max < UINT16_MAX ? (unsigned)max : UINT16_MAX;
    return (mnet_ssize)mn_rcvq_peek(&conn->rcvq, slices, most);
}

void mnet_conn_consume(struct mnet_conn *conn, size_t len)
{
    uint32_t count = len < conn->rcvq.len ? (uint32_t)len : conn->rcvq.len;
    if (count == 0)
        return;
    mn_rcvq_consume(&conn->tcp->rcvq_mem, &conn->rcvq, count);
    was_read(conn);
}

size_t mnet_conn_recv_ready(const struct mnet_conn *conn)
{
    return conn->rcvq.len;
}

/* -- CLOSE, ABORT -- */

/* RFC 9293 3.10.4: a FIN follows what is queued. Before the connection is open it waits for that.
 */
static void queue_fin(struct mnet_conn *conn)
{
    conn->is_fin_queued = true;
    if (conn->state == MN_TCP_ESTABLISHED)
        mn_tcp_state_set(conn, MN_TCP_FIN_WAIT_1);
    else if (conn->state == MN_TCP_CLOSE_WAIT)
        mn_tcp_state_set(conn, MN_TCP_LAST_ACK);
    mn_tcp_want_output(conn);
}

static bool is_gone(const struct mnet_conn *conn)
{
    return conn->state == MN_TCP_CLOSED || conn->state == MN_TCP_TIME_WAIT;
}

mnet_err mnet_conn_shutdown(struct mnet_conn *conn, enum mnet_shutdown how)
{
    bool is_done = false;
    if (is_gone(conn))
        return MNET_ERR_CLOSED;
    if ((how & MNET_SHUTDOWN_READ) && !conn->is_rd_shut) {
        conn->is_rd_shut = true;
        mnet_conn_consume(conn, conn->rcvq.len);
        is_done = true;
    }
    if ((how & MNET_SHUTDOWN_WRITE) && !conn->is_fin_queued) {
        queue_fin(conn);
        is_done = true;
    }
    return is_done ? MNET_OK : MNET_ERR_CLOSED;
}

/* Whether the table still leads to `conn`: in TIME-WAIT only until the record has taken its place.
 */
static bool is_in_use(const struct mnet_conn *conn)
{
    return conn->entry.is_in_table;
}

void mnet_conn_close(struct mnet_conn *conn)
{
    if (!conn)
        return;
    /* RFC 9293 3.10.4: in SYN-SENT there is nothing to end. RFC 2525 2.17: data that nobody will
     * read must not look delivered. */
    if (!is_in_use(conn) || conn->state == MN_TCP_SYN_SENT || conn->rcvq.len > 0) {
        mnet_conn_abort(conn);
        return;
    }
    conn->has_user = false;
    conn->on_event = NULL;
    conn->events = 0;
    mn_list_remove(&conn->queue_node);
    if (!conn->is_fin_queued)
        queue_fin(conn);
    if (conn->state == MN_TCP_FIN_WAIT_2)
        mn_tcp_timer_fin_wait_2(conn);
}

void mnet_conn_abort(struct mnet_conn *conn)
{
    if (!conn)
        return;
    if (is_in_use(conn))
        mn_tcp_send_rst(conn);
    mn_tcp_conn_free(conn);
}

/* -- STATUS -- */

mnet_err mnet_conn_error(const struct mnet_conn *conn)
{
    return conn->error;
}

bool mnet_conn_is_peer_closed(const struct mnet_conn *conn)
{
    return conn->is_fin_taken;
}

void mnet_conn_peers(const struct mnet_conn *conn, struct mnet_endpoint *local,
                     struct mnet_endpoint *remote)
{
    *local = conn->entry.local;
    *remote = conn->entry.remote;
}

void mnet_conn_set_nodelay(struct mnet_conn *conn, bool on)
{
    conn->is_nodelay = on;
    if (on && mn_tcp_has_unsent(conn))
        mn_tcp_want_output(conn);
}

static uint32_t to_ms(mnet_time duration)
{
    mnet_time ms = duration / MNET_MS(1);
    return ms == 0 ? 1 : ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
}

void mnet_conn_set_keepalive(struct mnet_conn *conn, bool on, mnet_time idle, mnet_time interval,
                             unsigned count)
{
    /* RFC 9293 3.8.4 MUST-24, MUST-25, MUST-27: off unless asked for; the times are the user's. */
    conn->keep_idle_ms = on ? to_ms(idle) : 0;
    conn->keep_interval_ms = to_ms(interval);
    conn->keep_count = (uint8_t)(count == 0 ? 1 : count < UINT8_MAX ? count : UINT8_MAX);
    if (conn->state >= MN_TCP_ESTABLISHED && !is_gone(conn))
        mn_tcp_timer_keep(conn);
}

void mnet_conn_set_user_timeout(struct mnet_conn *conn, mnet_time timeout)
{
    conn->user_timeout = timeout;
    if (conn->state >= MN_TCP_ESTABLISHED && conn->user_at != MNET_NEVER) {
        mn_tcp_timer_user(conn);
        mn_tcp_timer_sync(conn);
    }
}
