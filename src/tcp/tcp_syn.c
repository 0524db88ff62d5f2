/* SPDX-License-Identifier: ISC
 *
 * Half-open connections: RFC 9293 3.10.7.2 (LISTEN) and 3.10.7.4 (SYN-RECEIVED after a passive
 * open); RFC 4987, RFC 5961.
 *
 * A SYN makes a record, with the sequence numbers and what the options said, and is answered with a
 * SYN-ACK. Text that comes with the SYN is not kept: the SYN-ACK acknowledges the SYN alone, and
 * the peer sends it again. The ACK that completes the handshake makes the connection; text and FIN
 * that come with it are taken like any other.
 *
 * The timer of a record sends the SYN-ACK again after 1, 2, 4, 8 and 16 s and gives up 32 s later.
 *
 * Records are bounded for the stack and for each listener. At either bound the oldest record of the
 * same listener gives way, so a flood at one port harms nobody at another; a listener without any
 * takes one from the others in turn. */
#include <tcp/tcp_conn.h>

#define SYN_ACK_RTO MN_RTT_RTO_FIRST
/* SYN-ACKs in all: one and five more. RFC 9293 3.8.3 MUST-23 asks for 3 minutes of SYNs when we
 * open; for a half-open connection RFC 4987 3.3 wants it shorter: 63 s. */
#define SYN_ACKS_MAX 6u

static struct mn_tcp_syn *oldest(const struct mnet_listener *l)
{
    MN_ASSERT(l->syn_count > 0);
    return MN_CONTAINER(l->syns.next, struct mn_tcp_syn, node);
}

static void end(struct mn_tcp *tcp, struct mn_tcp_syn *syn)
{
    struct mnet_listener *l = syn->listener;
    mn_env_disarm(tcp->env, &syn->timer);
    mn_tcp_demux_remove(&tcp->demux, &syn->entry);
    mn_list_remove(&syn->node);
    l->syn_count--;
    if (l->syn_count == 0)
        mn_list_remove(&l->syns_node);
    mn_pool_put(&tcp->syns.pool, syn);
}

static void give_way(struct mn_tcp *tcp, struct mnet_listener *l)
{
    mn_env_count_drop(tcp->env, MNET_DROP_TCP_SYN_QUEUE_FULL);
    end(tcp, oldest(l));
}

bool mn_tcp_syn_shed(struct mn_tcp *tcp)
{
    if (mn_list_is_empty(&tcp->syns.busy))
        return false;
    struct mnet_listener *l = MN_CONTAINER(tcp->syns.busy.next, struct mnet_listener, syns_node);
    /* Next time it is another listener's turn. */
    mn_list_remove(&l->syns_node);
    mn_list_push_back(&tcp->syns.busy, &l->syns_node);
    give_way(tcp, l);
    return true;
}

void mn_tcp_syns_clear(struct mn_tcp *tcp)
{
    struct mn_list *node;
    while (!mn_list_is_empty(&tcp->syns.busy))
        end(tcp, oldest(MN_CONTAINER(tcp->syns.busy.next, struct mnet_listener, syns_node)));
    while ((node = mn_list_pop_front(&tcp->syns.listeners)) != NULL) {
        struct mnet_listener *l = MN_CONTAINER(node, struct mnet_listener, all_node);
        if (!l->is_stopped)
            mn_tcp_demux_unlisten(&tcp->demux, l);
        mn_list_remove(&l->events_node);
        mn_pool_put(&tcp->syns.listen_pool, l);
    }
}

/* -- what a record sends -- */

static struct mn_tcp_bare bare_of(const struct mn_tcp_syn *syn, uint8_t flags)
{
    return (struct mn_tcp_bare){
        .local = syn->entry.local,
        .remote = syn->entry.remote,
        .seq = (flags & MN_TCP_SYN) ? syn->iss : mn_seq_add(syn->iss, 1),
        .ack = mn_seq_add(syn->irs, 1),
        .wnd = syn->rcv_wnd,
        .flags = flags,
    };
}

static void add_timestamps(const struct mn_tcp *tcp, const struct mn_tcp_syn *syn,
                           struct mn_tcp_opts *opts)
{
    if (!syn->has_timestamps)
        return;
    uint32_t offset = mn_tcp_isn_ts_offset(&tcp->isn, &syn->entry.local, &syn->entry.remote);
    opts->has_ts = true;
    opts->ts_val = mn_tcp_ts_now(tcp, offset);
    opts->ts_ecr = syn->ts_recent;
}

static void send_syn_ack(struct mn_tcp *tcp, const struct mn_tcp_syn *syn)
{
    struct mn_tcp_bare bare = bare_of(syn, MN_TCP_SYN | MN_TCP_ACK);
    /* RFC 9293 3.7.1 MUST-14, SHLD-5: always say what we take. */
    bare.opts.has_mss = true;
    bare.opts.mss = mn_tcp_mss_offer(tcp, &syn->entry.remote.addr);
    /* RFC 7323 2.2, 3.2, RFC 2018 2: these only if the SYN had them. */
    bare.opts.has_wscale = syn->has_wscale;
    bare.opts.wscale = tcp->rcv_wscale;
    bare.opts.has_sack_permitted = syn->has_sack;
    add_timestamps(tcp, syn, &bare.opts);
    (void)mn_tcp_send_bare(tcp, &bare); /* if it is lost, the timer sends another one */
}

static void send_ack(struct mn_tcp *tcp, const struct mn_tcp_syn *syn)
{
    if (!mn_tcp_may_challenge(tcp))
        return;
    struct mn_tcp_bare bare = bare_of(syn, MN_TCP_ACK);
    if (syn->has_wscale)
        bare.wnd = (uint16_t)(bare.wnd >> tcp->rcv_wscale);
    add_timestamps(tcp, syn, &bare.opts);
    (void)mn_tcp_send_bare(tcp, &bare);
}

void mn_tcp_syn_reset_all(struct mnet_listener *listener)
{
    struct mn_tcp *tcp = listener->tcp;
    while (listener->syn_count > 0) {
        struct mn_tcp_syn *syn = oldest(listener);
        struct mn_tcp_bare bare = bare_of(syn, MN_TCP_RST | MN_TCP_ACK);
        (void)mn_tcp_send_bare(tcp, &bare);
        end(tcp, syn);
    }
}

/* -- timer and ICMP -- */

static mnet_time wait_after(uint8_t sent_count)
{
    MN_ASSERT(sent_count >= 1 && sent_count <= SYN_ACKS_MAX);
    return SYN_ACK_RTO << (sent_count - 1);
}

void mn_tcp_syn_timer(struct mn_tcp *tcp, struct mn_timer *timer)
{
    struct mn_tcp_syn *syn = MN_CONTAINER(timer, struct mn_tcp_syn, timer);
    if (syn->sent_count == SYN_ACKS_MAX) {
        end(tcp, syn);
        return;
    }
    syn->sent_count++;
    syn->is_resent = true;
    tcp->env->stats.tcp_retransmits++;
    mn_env_arm(tcp->env, timer, tcp->env->now + wait_after(syn->sent_count));
    send_syn_ack(tcp, syn);
}

void mn_tcp_syn_error(struct mn_tcp *tcp, struct mn_tcp_syn *syn, const struct mn_ip_err *err)
{
    struct mn_rd quote = err->quote;
    struct mn_tcp_hdr hdr;
    /* RFC 5927 4.1: believed only with the sequence number of what is under way, the SYN-ACK. */
    if (!mn_tcp_quote_read(&quote, &hdr) || !mn_seq_eq(hdr.seq, syn->iss))
        return;
    /* RFC 9293 3.9.2.2 MUST-56, SHLD-26: soft errors change nothing, hard ones end the attempt. */
    if (err->is_hard)
        end(tcp, syn);
}

/* -- LISTEN -- */

static uint16_t window(const struct mn_tcp *tcp)
{
    uint32_t wnd = mn_tcp_rcv_room(tcp);
    if (wnd > tcp->rcv_buf)
        wnd = tcp->rcv_buf;
    return (uint16_t)(wnd > UINT16_MAX ? UINT16_MAX : wnd);
}

/* A new record; NULL: no memory. When there must not be more, an older one gives way: of the same
 * listener if it has any. Not when memory is short: the new client will send its SYN again, while
 * an older one may believe that it is connected. */
static struct mn_tcp_syn *get(struct mn_tcp *tcp, struct mnet_listener *l)
{
    struct mn_pool *pool = &tcp->syns.pool;
    if (l->syn_count < l->syn_max && pool->count < pool->count_max)
        return mn_pool_get(pool);
    if (l->syn_count > 0)
        give_way(tcp, l);
    else if (!mn_tcp_syn_shed(tcp))
        return NULL;
    return mn_pool_get(pool);
}

/* RFC 9293 3.10.7.2 third: a SYN. */
static mn_verdict syn_for_listener(struct mn_tcp *tcp, struct mnet_listener *l,
                                   const struct mn_tcp_seg *seg, const struct mn_seq *after)
{
    struct mn_tcp_syn *syn = get(tcp, l);
    if (!syn)
        return MN_DROP(TCP_NO_MEMORY);
    syn->entry.local = (struct mnet_endpoint){seg->rx->dst, seg->dst_port};
    syn->entry.remote = (struct mnet_endpoint){seg->rx->src, seg->src_port};
    syn->entry.kind = MN_TCP_ENTRY_SYN;
    syn->listener = l;
    syn->irs = seg->seq;
    syn->iss = mn_tcp_isn_seq(&tcp->isn, tcp->env->now, &syn->entry.local, &syn->entry.remote);
    /* RFC 9293 3.6.1 MAY-2: larger than the largest that the previous incarnation used; by more
     * than a window that was not scaled. */
    if (after && !mn_seq_gt(syn->iss, *after))
        syn->iss = mn_seq_add(*after, 65536 + mn_env_below(tcp->env, 65536));
    syn->rcv_wnd = window(tcp);
    syn->mss_peer = seg->opts.has_mss ? seg->opts.mss : mn_tcp_mss_default(&seg->rx->src);
    syn->has_wscale = seg->opts.has_wscale;
    syn->snd_wscale = seg->opts.has_wscale ? seg->opts.wscale : 0;
    syn->has_sack = seg->opts.has_sack_permitted;
    syn->has_timestamps = seg->opts.has_ts;
    syn->ts_recent = seg->opts.ts_val;
    syn->sent_count = 1;
    mn_timer_init(&syn->timer, MN_TIMER_TCP | MN_TCP_TIMER_SYN);
    mn_env_arm(tcp->env, &syn->timer, tcp->env->now + wait_after(1));
    mn_tcp_demux_add(&tcp->demux, &syn->entry);
    mn_list_push_back(&l->syns, &syn->node);
    l->syn_count++;
    if (!mn_list_is_linked(&l->syns_node))
        mn_list_push_back(&tcp->syns.busy, &l->syns_node);
    send_syn_ack(tcp, syn);
    return MN_DONE;
}

mn_verdict mn_tcp_listen_in(struct mn_tcp *tcp, struct mnet_listener *listener,
                            const struct mn_tcp_seg *seg)
{
    /* RFC 9293 3.10.7.2 first. */
    if (seg->flags & MN_TCP_RST)
        return MN_DROP(TCP_RST_INVALID);
    /* ... second. */
    if (seg->flags & MN_TCP_ACK) {
        mn_tcp_rst_reply(tcp, seg);
        return MN_DROP(TCP_BAD_ACK);
    }
    /* ... third, fourth. A SYN that closes already is nobody's honest segment. */
    if ((seg->flags & (MN_TCP_SYN | MN_TCP_FIN)) != MN_TCP_SYN)
        return MN_DROP(TCP_BAD_FLAGS);
    /* Nobody accepts, and as many wait behind those who wait: a SYN is repeated later, while a
     * client that we had answered would count itself connected and be reset when its record gives
     * way. */
    if (listener->queue_count >= listener->queue_max && listener->syn_count >= listener->queue_max)
        return MN_DROP(TCP_BACKLOG_FULL);
    return syn_for_listener(tcp, listener, seg, NULL);
}

mn_verdict mn_tcp_listen_reopen(struct mn_tcp *tcp, struct mnet_listener *listener,
                                const struct mn_tcp_seg *seg, struct mn_seq after)
{
    if (seg->flags & MN_TCP_FIN)
        return MN_DROP(TCP_BAD_FLAGS);
    return syn_for_listener(tcp, listener, seg, &after);
}

/* -- SYN-RECEIVED -- */

/* RFC 9293 3.10.7.4 first, for a connection that has received nothing but the SYN. */
static bool is_acceptable(const struct mn_tcp_syn *syn, const struct mn_tcp_seg *seg)
{
    struct mn_seq rcv_nxt = mn_seq_add(syn->irs, 1);
    struct mn_seq end = mn_seq_add(seg->seq, mn_tcp_seg_space(seg));
    if (mn_seq_eq(seg->seq, rcv_nxt) || mn_seq_in(seg->seq, rcv_nxt, syn->rcv_wnd))
        return true;
    return mn_seq_lt(seg->seq, rcv_nxt) && mn_seq_gt(end, rcv_nxt);
}

static bool is_old_timestamp(const struct mn_tcp_syn *syn, const struct mn_tcp_seg *seg)
{
    return syn->has_timestamps && seg->opts.has_ts &&
           mn_seq_lt(mn_seq(seg->opts.ts_val), mn_seq(syn->ts_recent));
}

/* The SYN again: our answer was lost, or is late. */
static mn_verdict syn_again(struct mn_tcp *tcp, struct mn_tcp_syn *syn,
                            const struct mn_tcp_seg *seg)
{
    if (syn->has_timestamps && seg->opts.has_ts && !is_old_timestamp(syn, seg))
        syn->ts_recent = seg->opts.ts_val;
    syn->is_resent = true;
    send_syn_ack(tcp, syn);
    return MN_DROP(TCP_OLD_DUPLICATE);
}

/* RFC 9293 3.10.7.4 first: GO_ON, or why not. */
static mn_verdict check_sequence(struct mn_tcp *tcp, const struct mn_tcp_syn *syn,
                                 const struct mn_tcp_seg *seg)
{
    bool is_rst = (seg->flags & MN_TCP_RST) != 0;
    if (!is_acceptable(syn, seg)) {
        if (is_rst)
            return MN_DROP(TCP_RST_INVALID);
        send_ack(tcp, syn);
        bool is_before = mn_seq_le(seg->seq, syn->irs);
        return is_before ? MN_DROP(TCP_OLD_DUPLICATE) : MN_DROP(TCP_OUT_OF_WINDOW);
    }
    if (is_rst || (seg->flags & MN_TCP_SYN))
        return MN_TCP_GO_ON;
    /* RFC 7323 3.2: without the option that both SYNs had, dropped silently. */
    if (syn->has_timestamps && !seg->opts.has_ts)
        return MN_DROP(TCP_TIMESTAMP_MISSING);
    /* RFC 7323 5.3 R1. */
    if (is_old_timestamp(syn, seg)) {
        send_ack(tcp, syn);
        return MN_DROP(TCP_PAWS);
    }
    return MN_TCP_GO_ON;
}

/* RFC 9293 3.10.7.4 second, RFC 5961 3.2. */
static mn_verdict rst_in(struct mn_tcp *tcp, struct mn_tcp_syn *syn, const struct mn_tcp_seg *seg)
{
    if (!mn_seq_eq(seg->seq, mn_seq_add(syn->irs, 1))) {
        send_ack(tcp, syn);
        return MN_DROP(TCP_RST_CHALLENGED);
    }
    /* Back to LISTEN; nobody is told. */
    tcp->env->stats.tcp_resets_rx++;
    end(tcp, syn);
    return MN_DONE;
}

/* The handshake is complete: a connection takes the place of the record. */
static mn_verdict open_conn(struct mn_tcp *tcp, struct mn_tcp_syn *syn,
                            const struct mn_tcp_seg *seg, struct mnet_conn **conn)
{
    struct mnet_listener *l = syn->listener;
    if (l->queue_count >= l->queue_max)
        return MN_DROP(TCP_BACKLOG_FULL);
    if (tcp->conns.count >= tcp->conns.count_max)
        return MN_DROP(TCP_CONN_LIMIT);
    mn_tcp_demux_remove(&tcp->demux, &syn->entry);
    struct mnet_conn *c = mn_tcp_conn_new(tcp, &syn->entry.local, &syn->entry.remote);
    if (!c) {
        mn_tcp_demux_add(&tcp->demux, &syn->entry);
        return MN_DROP(TCP_NO_MEMORY);
    }
    struct mn_tcp_handshake hs = {
        .iss = syn->iss,
        .irs = syn->irs,
        .rcv_wnd = syn->rcv_wnd,
        .snd_wnd = (uint32_t)seg->wnd << syn->snd_wscale,
        .ts_recent = syn->ts_recent,
        .ts_offset = mn_tcp_isn_ts_offset(&tcp->isn, &syn->entry.local, &syn->entry.remote),
        .mss_peer = syn->mss_peer,
        .snd_wscale = syn->snd_wscale,
        .rcv_wscale = syn->has_wscale ? tcp->rcv_wscale : 0,
        .has_wscale = syn->has_wscale,
        .has_timestamps = syn->has_timestamps,
        .has_sack = syn->has_sack,
        .is_retransmitted = syn->is_resent,
        .syn_sent_at = syn->timer.at - wait_after(syn->sent_count),
    };
    mn_tcp_conn_start(c, &hs);
    mn_tcp_state_set(c, MN_TCP_SYN_RECEIVED);
    c->listener = l;
    end(tcp, syn);
    *conn = c;
    return MN_TCP_GO_ON;
}

mn_verdict mn_tcp_syn_in(struct mn_tcp *tcp, struct mn_tcp_syn *syn, const struct mn_tcp_seg *seg,
                         struct mnet_conn **conn)
{
    *conn = NULL;
    const uint8_t flags = seg->flags;
    if ((flags & (MN_TCP_SYN | MN_TCP_ACK | MN_TCP_RST)) == MN_TCP_SYN &&
        mn_seq_eq(seg->seq, syn->irs))
        return syn_again(tcp, syn, seg);
    mn_verdict verdict = check_sequence(tcp, syn, seg);
    if (verdict != MN_TCP_GO_ON)
        return verdict;
    if (flags & MN_TCP_RST)
        return rst_in(tcp, syn, seg);
    if (flags & MN_TCP_SYN) {
        /* RFC 9293 3.10.7.4 fourth: after a passive open, back to LISTEN; where the SYN, which
         * would come again, can as well be answered now. */
        struct mnet_listener *l = syn->listener;
        end(tcp, syn);
        return mn_tcp_listen_in(tcp, l, seg);
    }
    /* RFC 9293 3.10.7.4 fifth. */
    if (!(flags & MN_TCP_ACK))
        return MN_DROP(TCP_BAD_FLAGS);
    if (!mn_seq_eq(seg->ack, mn_seq_add(syn->iss, 1))) {
        mn_tcp_rst_reply(tcp, seg);
        return MN_DROP(TCP_BAD_ACK);
    }
    return open_conn(tcp, syn, seg, conn);
}
