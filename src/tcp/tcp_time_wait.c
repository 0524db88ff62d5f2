/* SPDX-License-Identifier: ISC
 *
 * TIME-WAIT: RFC 9293 3.6.1, 3.10.7.4; RFC 1337; RFC 6191.
 *
 * When both FINs are acknowledged the connection is freed and a record of 128 bytes stays for 2
 * MSL, for two reasons. The ACK of the peer's FIN may be lost: the FIN that comes again is
 * answered, and the wait begins anew. And segments of the old connection may still be under way:
 * whatever comes is not taken for one of a new connection.
 *
 * A reset is ignored, or an old one could end the wait (RFC 1337 3, fix F1). A SYN that is provably
 * newer than the old connection ends it at once and goes to the listener (RFC 6191): so a client
 * that connects again from the same port is served.
 *
 * Records lie in a list in the order in which they end. When there are too many, the first goes. */
#include <tcp/tcp_conn.h>

void mn_tcp_time_waits_init(struct mn_tcp_time_waits *tws, struct mn_env *env, uint32_t count_max)
{
    mn_pool_init(&tws->pool, &env->mem, "tcp TIME-WAIT", sizeof(struct mn_tcp_time_wait),
                 count_max);
    mn_list_init(&tws->list);
}

static void end(struct mn_tcp *tcp, struct mn_tcp_time_wait *tw)
{
    mn_env_disarm(tcp->env, &tw->timer);
    mn_list_remove(&tw->node);
    mn_tcp_demux_remove(&tcp->demux, &tw->entry);
    mn_pool_put(&tcp->time_waits.pool, tw);
}

static bool end_oldest(struct mn_tcp *tcp)
{
    if (mn_list_is_empty(&tcp->time_waits.list))
        return false;
    end(tcp, MN_CONTAINER(tcp->time_waits.list.next, struct mn_tcp_time_wait, node));
    return true;
}

void mn_tcp_time_waits_clear(struct mn_tcp *tcp)
{
    while (end_oldest(tcp)) {
    }
}

/* RFC 9293 3.6.1 MUST-13: 2 MSL from now. */
static void start_wait(struct mn_tcp *tcp, struct mn_tcp_time_wait *tw)
{
    mn_env_arm(tcp->env, &tw->timer, tcp->env->now + 2 * tcp->msl);
    mn_list_remove(&tw->node);
    mn_list_push_back(&tcp->time_waits.list, &tw->node);
}

void mn_tcp_time_wait_enter(struct mnet_conn *conn)
{
    struct mn_tcp *tcp = conn->tcp;
    struct mn_pool *pool = &tcp->time_waits.pool;
    mn_tcp_demux_remove(&tcp->demux, &conn->entry);
    struct mn_tcp_time_wait *tw = mn_pool_get(pool);
    if (!tw && end_oldest(tcp))
        tw = mn_pool_get(pool);
    if (!tw)
        return;
    tw->entry.local = conn->entry.local;
    tw->entry.remote = conn->entry.remote;
    tw->entry.kind = MN_TCP_ENTRY_TIME_WAIT;
    tw->snd_nxt = conn->snd_max;
    tw->rcv_nxt = conn->rcv_nxt;
    tw->ts_recent = conn->ts_recent;
    tw->ts_offset = conn->ts_offset;
    tw->rcv_wnd = (uint16_t)(mn_tcp_rcv_left(conn) >> conn->rcv_wscale);
    tw->has_timestamps = conn->has_timestamps;
    mn_timer_init(&tw->timer, MN_TIMER_TCP | MN_TCP_TIMER_TIME_WAIT);
    mn_list_init(&tw->node);
    mn_tcp_demux_add(&tcp->demux, &tw->entry);
    start_wait(tcp, tw);
}

void mn_tcp_time_wait_timer(struct mn_tcp *tcp, struct mn_timer *timer)
{
    end(tcp, MN_CONTAINER(timer, struct mn_tcp_time_wait, timer));
}

/* -- segments -- */

static void send_ack(struct mn_tcp *tcp, const struct mn_tcp_time_wait *tw)
{
    struct mn_tcp_bare bare = {
        .local = tw->entry.local,
        .remote = tw->entry.remote,
        .seq = tw->snd_nxt,
        .ack = tw->rcv_nxt,
        .wnd = tw->rcv_wnd,
        .flags = MN_TCP_ACK,
    };
    if (tw->has_timestamps) {
        bare.opts.has_ts = true;
        bare.opts.ts_val = mn_tcp_ts_now(tcp, tw->ts_offset);
        bare.opts.ts_ecr = tw->ts_recent;
    }
    (void)mn_tcp_send_bare(tcp, &bare); /* if it is lost, the peer asks again */
}

static void challenge(struct mn_tcp *tcp, const struct mn_tcp_time_wait *tw)
{
    if (mn_tcp_may_challenge(tcp))
        send_ack(tcp, tw);
}

static bool is_newer(uint32_t a, uint32_t b)
{
    return mn_seq_gt(mn_seq(a), mn_seq(b));
}

/* RFC 6191 2: whether a SYN is newer than all of the old connection. */
static bool may_reopen(const struct mn_tcp_time_wait *tw, const struct mn_tcp_seg *seg)
{
    bool is_seq_after = mn_seq_ge(seg->seq, tw->rcv_nxt);
    if (!seg->opts.has_ts)
        return is_seq_after;
    /* Timestamps are new on these endpoints: they will tell old segments from new ones. */
    if (!tw->has_timestamps)
        return true;
    if (seg->opts.ts_val == tw->ts_recent)
        return is_seq_after;
    return is_newer(seg->opts.ts_val, tw->ts_recent);
}

static mn_verdict syn_in(struct mn_tcp *tcp, struct mn_tcp_time_wait *tw,
                         const struct mn_tcp_seg *seg)
{
    struct mnet_listener *listener = mn_tcp_demux_listener(&tcp->demux, &tw->entry.local);
    if ((seg->flags & MN_TCP_ACK) || !listener || !may_reopen(tw, seg)) {
        /* RFC 9293 3.10.7.4 fourth, RFC 5961 4.2. */
        challenge(tcp, tw);
        return MN_DROP(TCP_SYN_CHALLENGED);
    }
    /* RFC 9293 3.6.1 MAY-2: reopened, with sequence numbers beyond the old ones. */
    struct mn_seq after = tw->snd_nxt;
    end(tcp, tw);
    return mn_tcp_listen_reopen(tcp, listener, seg, after);
}

mn_verdict mn_tcp_time_wait_in(struct mn_tcp *tcp, struct mn_tcp_time_wait *tw,
                               const struct mn_tcp_seg *seg)
{
    /* RFC 1337 3, fix F1: a reset does not end the wait. */
    if (seg->flags & MN_TCP_RST)
        return MN_DROP(TCP_TIME_WAIT);
    if (seg->flags & MN_TCP_SYN)
        return syn_in(tcp, tw, seg);
    bool has_ts = tw->has_timestamps && seg->opts.has_ts;
    if (has_ts && is_newer(tw->ts_recent, seg->opts.ts_val)) {
        challenge(tcp, tw);
        return MN_DROP(TCP_PAWS);
    }
    struct mn_seq seg_end = mn_seq_add(seg->seq, mn_tcp_seg_space(seg));
    if ((seg->flags & MN_TCP_FIN) && mn_seq_eq(seg_end, tw->rcv_nxt)) {
        /* RFC 9293 3.10.7.4 eighth: the FIN again. Acknowledged, and 2 MSL from now. */
        if (has_ts)
            tw->ts_recent = seg->opts.ts_val;
        start_wait(tcp, tw);
        send_ack(tcp, tw);
        return MN_DONE;
    }
    /* RFC 9293 3.10.7.4 first: what is not acceptable is answered, but two sides in this state must
     * not answer each other's ACKs for ever. */
    if (!mn_seq_eq(seg_end, tw->rcv_nxt) || !mn_seq_eq(seg->seq, tw->rcv_nxt))
        challenge(tcp, tw);
    return MN_DROP(TCP_TIME_WAIT);
}

bool mn_tcp_time_waits_ok(const struct mn_tcp *tcp)
{
    uint32_t count = 0;
    mnet_time before = 0;
    const struct mn_list *list = &tcp->time_waits.list;
    for (const struct mn_list *node = list->next; node != list; node = node->next) {
        const struct mn_tcp_time_wait *tw = MN_CONTAINER(node, struct mn_tcp_time_wait, node);
        bool is_ok = tw->entry.is_in_table && tw->entry.kind == MN_TCP_ENTRY_TIME_WAIT &&
                     mn_timer_is_armed(&tw->timer) && tw->timer.at >= before;
        if (!is_ok || ++count > tcp->time_waits.pool.count)
            return false;
        before = tw->timer.at;
    }
    return count == tcp->time_waits.pool.count;
}
