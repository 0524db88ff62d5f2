/* SPDX-License-Identifier: ISC
 *
 * Listeners: their life, the queue of connections that wait to be accepted, and who is told.
 * Half-open connections, which come before that queue, are in tcp_syn.c.
 *
 *      SYN            ACK                     accept
 *   ---------> syns ---------> ESTABLISHED ----------> the user
 *              record          on queue
 *
 * The queue holds at most the backlog. While it is full, records stay where they are and the ACK
 * that would complete them is dropped: the client sends its data again, or answers our next
 * SYN-ACK, and finds room then. A connection is on the queue or the user's, never both, so two
 * accepts never give the same one. */
#include <tcp/tcp_conn.h>

/* Listeners of one stack; a program has a handful. */
#define LISTENERS_MAX 4096u

/* Half-open connections of a listener for each place in its backlog, and at least: clients that are
 * a round trip away are many more than those that wait to be accepted. The bound of the stack
 * applies, too. */
#define SYNS_PER_BACKLOG 8u
#define SYNS_MIN 128u

void mn_tcp_syns_init(struct mn_tcp_syns *syns, struct mn_env *env, uint32_t syn_max)
{
    mn_pool_init(&syns->pool, &env->mem, "tcp SYN-RECEIVED", sizeof(struct mn_tcp_syn), syn_max);
    mn_pool_init(&syns->listen_pool, &env->mem, "tcp listeners", sizeof(struct mnet_listener),
                 LISTENERS_MAX);
    mn_list_init(&syns->listeners);
    mn_list_init(&syns->busy);
    mn_list_init(&syns->events);
}

static uint32_t syn_max_of(unsigned backlog)
{
    if (backlog > UINT32_MAX / SYNS_PER_BACKLOG)
        return UINT32_MAX;
    uint32_t max = backlog * SYNS_PER_BACKLOG;
    return max < SYNS_MIN ? SYNS_MIN : max;
}

mnet_err mn_tcp_listen(struct mn_transport *t, const struct mnet_endpoint *local, unsigned backlog,
                       mnet_listener_fn on_conn, void *arg, struct mnet_listener **listener)
{
    struct mn_tcp *tcp = mn_tcp_of(t);
    *listener = NULL;
    if (local->port == 0 || backlog == 0)
        return MNET_ERR_INVALID;
    if (!mnet_addr_is_any(&local->addr) && !mn_ip_is_own(tcp->ip, &local->addr))
        return MNET_ERR_ADDR_NOT_AVAIL;
    struct mnet_listener *l = mn_pool_get(&tcp->syns.listen_pool);
    if (!l)
        return MNET_ERR_NO_MEMORY;
    l->tcp = tcp;
    l->local = *local;
    l->on_conn = on_conn;
    l->arg = arg;
    l->queue_max = backlog;
    l->syn_max = syn_max_of(backlog);
    mnet_err err = mn_tcp_demux_listen(&tcp->demux, l);
    if (err) {
        mn_pool_put(&tcp->syns.listen_pool, l);
        return err;
    }
    mn_list_init(&l->queue);
    mn_list_init(&l->syns);
    mn_list_init(&l->syns_node);
    mn_list_init(&l->events_node);
    mn_list_push_back(&tcp->syns.listeners, &l->all_node);
    *listener = l;
    return MNET_OK;
}

struct mnet_endpoint mnet_listener_local(const struct mnet_listener *listener)
{
    return listener->local;
}

/* -- the accept queue -- */

void mn_tcp_listen_ready(struct mnet_conn *conn)
{
    struct mnet_listener *l = conn->listener;
    MN_ASSERT(l && !conn->has_user && !mn_list_is_linked(&conn->queue_node));
    mn_list_push_back(&l->queue, &conn->queue_node);
    l->queue_count++;
    if (!mn_list_is_linked(&l->events_node))
        mn_list_push_back(&l->tcp->syns.events, &l->events_node);
}

void mn_tcp_listen_forget(struct mnet_conn *conn)
{
    struct mnet_listener *l = conn->listener;
    if (!l)
        return;
    conn->listener = NULL;
    if (mn_list_is_linked(&conn->queue_node)) {
        mn_list_remove(&conn->queue_node);
        l->queue_count--;
    }
}

static struct mnet_conn *pop(struct mnet_listener *l)
{
    struct mn_list *node = mn_list_pop_front(&l->queue);
    if (!node)
        return NULL;
    struct mnet_conn *conn = MN_CONTAINER(node, struct mnet_conn, queue_node);
    MN_ASSERT(conn->listener == l);
    conn->listener = NULL;
    l->queue_count--;
    return conn;
}

mnet_err mnet_conn_accept(struct mnet_listener *listener, mnet_conn_event_fn on_event, void *arg,
                          struct mnet_conn **conn)
{
    struct mnet_conn *c = pop(listener);
    *conn = c;
    if (!c)
        return MNET_ERR_AGAIN;
    c->has_user = true;
    c->on_event = on_event;
    c->arg = arg;
    listener->tcp->env->stats.tcp_accepted++;
    if (c->rcvq.len > 0 || c->is_fin_taken)
        mn_tcp_want_event(c, MNET_EV_READABLE);
    return MNET_OK;
}

bool mn_tcp_listen_has_events(const struct mn_tcp *tcp)
{
    return !mn_list_is_empty(&tcp->syns.events);
}

void mn_tcp_listen_events(struct mn_tcp *tcp)
{
    /* A callback may accept, listen and unlisten; nothing that it does adds an event. */
    struct mn_list *node;
    while ((node = mn_list_pop_front(&tcp->syns.events)) != NULL) {
        struct mnet_listener *l = MN_CONTAINER(node, struct mnet_listener, events_node);
        if (l->on_conn)
            l->on_conn(l, l->arg);
    }
}

/* -- the end -- */

static void stop(struct mnet_listener *l)
{
    struct mn_tcp *tcp = l->tcp;
    if (l->is_stopped)
        return;
    l->is_stopped = true;
    mn_tcp_demux_unlisten(&tcp->demux, l);
    mn_list_remove(&l->events_node);
    mn_tcp_syn_reset_all(l);
    struct mnet_conn *conn;
    while ((conn = pop(l)) != NULL) {
        /* RFC 9293 3.10.5: nobody will ever read what the peer sends. */
        mn_tcp_send_rst(conn);
        mn_tcp_conn_end(conn, MNET_OK);
    }
}

void mnet_conn_unlisten(struct mnet_listener *listener)
{
    if (!listener)
        return;
    stop(listener);
    mn_list_remove(&listener->all_node);
    mn_pool_put(&listener->tcp->syns.listen_pool, listener);
}

void mn_tcp_listen_stop_all(struct mn_tcp *tcp)
{
    struct mn_list *list = &tcp->syns.listeners;
    for (struct mn_list *node = list->next; node != list; node = node->next)
        stop(MN_CONTAINER(node, struct mnet_listener, all_node));
}

static bool listener_ok(const struct mnet_listener *l, uint32_t *syns)
{
    uint32_t queued = 0, half_open = 0;
    for (const struct mn_list *n = l->queue.next; n != &l->queue; n = n->next) {
        const struct mnet_conn *conn = MN_CONTAINER(n, struct mnet_conn, queue_node);
        if (conn->listener != l || conn->has_user || ++queued > l->queue_count)
            return false;
    }
    for (const struct mn_list *n = l->syns.next; n != &l->syns; n = n->next) {
        const struct mn_tcp_syn *syn = MN_CONTAINER(n, struct mn_tcp_syn, node);
        if (syn->listener != l || !syn->entry.is_in_table || !mn_timer_is_armed(&syn->timer) ||
            ++half_open > l->syn_count)
            return false;
    }
    *syns += half_open;
    return queued == l->queue_count && queued <= l->queue_max && half_open == l->syn_count &&
           half_open <= l->syn_max && mn_list_is_linked(&l->syns_node) == (half_open > 0) &&
           (!l->is_stopped || queued + half_open == 0);
}

bool mn_tcp_syns_ok(const struct mn_tcp *tcp)
{
    uint32_t syns = 0, listeners = 0;
    const struct mn_list *list = &tcp->syns.listeners;
    for (const struct mn_list *node = list->next; node != list; node = node->next) {
        if (!listener_ok(MN_CONTAINER(node, struct mnet_listener, all_node), &syns) ||
            ++listeners > tcp->syns.listen_pool.count)
            return false;
    }
    return syns == tcp->syns.pool.count && listeners == tcp->syns.listen_pool.count;
}
