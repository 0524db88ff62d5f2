/* SPDX-License-Identifier: ISC
 *
 * TCP as a transport of a stack: its creation, its table of operations, and its memory.
 *
 * Connections that may have something to send are on out_list, those whose users are owed events on
 * event_list; both lists are taken as a whole and worked off, so that what joins meanwhile waits
 * for the next round, and a callback may close any connection, which then leaves the list by
 * itself. No operation but show, close_all, ok and deinit looks at all connections.
 *
 * Received data of all connections together takes at most half of the budget, unacknowledged sent
 * data a third. What remains is for records, headers and acknowledgements. */
#include <tcp/tcp_conn.h>

#define RCV_BUF_DEFAULT (1024u * 1024u)
#define SND_BUF_DEFAULT (1024u * 1024u)
#define BUF_MAX 0x3fffffffu /* RFC 7323 2.3: a window must stay below 2^30 */
#define SYN_MAX_DEFAULT 1024u
#define TIME_WAIT_MAX_DEFAULT 16384u
#define MSL_DEFAULT MNET_SEC(30)
#define USER_TIMEOUT_DEFAULT MNET_SEC(100)
#define CONNECT_TIMEOUT_DEFAULT MNET_SEC(75)
/* What a connection costs that does nothing, in round numbers: mnet/config.h. */
#define CONN_COST 1024u

/* -- lists -- */

/* Takes all nodes of `from` over to `to`, which is empty. */
static void take_all(struct mn_list *from, struct mn_list *to)
{
    mn_list_init(to);
    if (mn_list_is_empty(from))
        return;
    to->next = from->next;
    to->prev = from->prev;
    to->next->prev = to;
    to->prev->next = to;
    mn_list_init(from);
}

void mn_tcp_want_output(struct mnet_conn *conn)
{
    if (!mn_list_is_linked(&conn->out_node))
        mn_list_push_back(&conn->tcp->out_list, &conn->out_node);
}

void mn_tcp_want_event(struct mnet_conn *conn, unsigned events)
{
    if (!conn->has_user)
        return;
    conn->events |= (uint8_t)events;
    if (!mn_list_is_linked(&conn->queue_node))
        mn_list_push_back(&conn->tcp->event_list, &conn->queue_node);
}

static void tcp_out(struct mn_transport *t)
{
    struct mn_tcp *tcp = mn_tcp_of(t);
    struct mn_list work;
    struct mn_list *node;
    tcp->has_sent = false;
    take_all(&tcp->out_list, &work);
    while ((node = mn_list_pop_front(&work)) != NULL)
        mn_tcp_output(MN_CONTAINER(node, struct mnet_conn, out_node));
}

static void tcp_events(struct mn_transport *t)
{
    struct mn_tcp *tcp = mn_tcp_of(t);
    struct mn_list work;
    struct mn_list *node;
    take_all(&tcp->event_list, &work);
    while ((node = mn_list_pop_front(&work)) != NULL) {
        struct mnet_conn *conn = MN_CONTAINER(node, struct mnet_conn, queue_node);
        unsigned events = conn->events;
        conn->events = 0;
        if (conn->on_event)
            conn->on_event(conn, events, conn->arg); /* which may have closed it */
    }
    mn_tcp_listen_events(tcp);
}

static bool tcp_is_busy(const struct mn_transport *t)
{
    const struct mn_tcp *tcp = (const struct mn_tcp *)(const void *)t;
    return !mn_list_is_empty(&tcp->out_list) || !mn_list_is_empty(&tcp->event_list) ||
           mn_tcp_listen_has_events(tcp) || tcp->has_sent;
}

static void tcp_timer(struct mn_transport *t, struct mn_timer *timer)
{
    struct mn_tcp *tcp = mn_tcp_of(t);
    switch (timer->kind & 0x0fu) {
    case MN_TCP_TIMER_CONN:
        mn_tcp_timer_expired(MN_CONTAINER(timer, struct mnet_conn, timer));
        break;
    case MN_TCP_TIMER_TIME_WAIT:
        mn_tcp_time_wait_timer(tcp, timer);
        break;
    default:
        mn_tcp_syn_timer(tcp, timer);
        break;
    }
}

/* -- memory -- */

void mn_tcp_charge(struct mnet_conn *conn)
{
    struct mn_tcp *tcp = conn->tcp;
    tcp->rcv_used += conn->rcvq.truesize;
    tcp->rcv_used -= conn->rcv_charged;
    conn->rcv_charged = conn->rcvq.truesize;
    tcp->snd_used += conn->sndq.truesize;
    tcp->snd_used -= conn->snd_charged;
    conn->snd_charged = conn->sndq.truesize;
    bool has_ooo = mn_rcvq_has_ooo(&conn->rcvq);
    if (has_ooo && !mn_list_is_linked(&conn->ooo_node))
        mn_list_push_back(&tcp->ooo_list, &conn->ooo_node);
    else if (!has_ooo)
        mn_list_remove(&conn->ooo_node);
}

uint32_t mn_tcp_rcv_room(const struct mn_tcp *tcp)
{
    uint64_t left = tcp->rcv_used < tcp->rcv_limit ? tcp->rcv_limit - tcp->rcv_used : 0;
    /* A block is seldom full of payload. */
    left /= 2;
    return left < BUF_MAX ? (uint32_t)left : BUF_MAX;
}

bool mn_tcp_shed_ooo(struct mn_tcp *tcp)
{
    if (mn_list_is_empty(&tcp->ooo_list))
        return false;
    struct mnet_conn *conn = MN_CONTAINER(tcp->ooo_list.next, struct mnet_conn, ooo_node);
    uint32_t count = mn_rcvq_shed(&tcp->rcvq_mem, &conn->rcvq);
    for (uint32_t i = 0; i < count; i++)
        mn_env_count_drop(tcp->env, MNET_DROP_TCP_OOO_SHED);
    mn_tcp_charge(conn);
    return true;
}

static bool tcp_shed(struct mn_transport *t, unsigned rank)
{
    struct mn_tcp *tcp = mn_tcp_of(t);
    return rank == 0 ? mn_tcp_shed_ooo(tcp) : mn_tcp_syn_shed(tcp);
}

/* -- all connections -- */

/* The connection after `entry` in the table, NULL at the end. */
static struct mnet_conn *next_conn(const struct mn_tcp *tcp, const struct mn_tcp_entry *entry)
{
    struct mn_tcp_entry *next = mn_tcp_demux_next(&tcp->demux, entry);
    while (next && next->kind != MN_TCP_ENTRY_CONN)
        next = mn_tcp_demux_next(&tcp->demux, next);
    return next ? mn_tcp_conn_of(next) : NULL;
}

/* Everybody's connections end as if their users had shut both ways down; those nobody has accepted
 * are reset. */
static void tcp_close_all(struct mn_transport *t)
{
    struct mn_tcp *tcp = mn_tcp_of(t);
    mn_tcp_listen_stop_all(tcp);
    for (struct mnet_conn *conn = next_conn(tcp, NULL); conn; conn = next_conn(tcp, &conn->entry))
        if (conn->has_user)
            (void)mnet_conn_shutdown(conn, MNET_SHUTDOWN_BOTH);
}

static bool tcp_is_idle(const struct mn_transport *t)
{
    const struct mn_tcp *tcp = (const struct mn_tcp *)(const void *)t;
    return next_conn(tcp, NULL) == NULL;
}

static void tcp_deinit(struct mn_transport *t)
{
    struct mn_tcp *tcp = mn_tcp_of(t);
    struct mnet_conn *conn;
    /* RFC 9293 3.10.5: the peers are told. */
    while ((conn = next_conn(tcp, NULL)) != NULL)
        mnet_conn_abort(conn);
    while (!mn_list_is_empty(&tcp->ended_list))
        mn_tcp_conn_free(MN_CONTAINER(tcp->ended_list.next, struct mnet_conn, out_node));
    mn_tcp_syns_clear(tcp);
    mn_tcp_time_waits_clear(tcp);
}

static void tcp_show(const struct mn_transport *t, void (*line)(void *arg, const char *text),
                     void *arg)
{
    const struct mn_tcp *tcp = (const struct mn_tcp *)(const void *)t;
    for (struct mnet_conn *conn = next_conn(tcp, NULL); conn; conn = next_conn(tcp, &conn->entry))
        mn_tcp_show_conn(conn, line, arg);
}

static bool tcp_ok(const struct mn_transport *t)
{
    const struct mn_tcp *tcp = (const struct mn_tcp *)(const void *)t;
    uint64_t rcv = 0;
    uint64_t snd = 0;
    for (struct mnet_conn *conn = next_conn(tcp, NULL); conn; conn = next_conn(tcp, &conn->entry)) {
        if (!mn_tcp_conn_ok(conn))
            return false;
        rcv += conn->rcv_charged;
        snd += conn->snd_charged;
    }
    const struct mn_list *ended = &tcp->ended_list;
    for (const struct mn_list *node = ended->next; node != ended; node = node->next) {
        const struct mnet_conn *conn = MN_CONTAINER(node, struct mnet_conn, out_node);
        if (!mn_tcp_conn_ok(conn))
            return false;
        rcv += conn->rcv_charged;
    }
    return rcv == tcp->rcv_used && snd == tcp->snd_used && tcp->rcv_used <= tcp->rcv_limit &&
           mn_tcp_demux_ok(&tcp->demux) && mn_tcp_syns_ok(tcp) && mn_tcp_time_waits_ok(tcp);
}

void mn_tcp_counts(const struct mn_transport *t, uint32_t *conns, uint32_t *syns,
                   uint32_t *time_waits)
{
    const struct mn_tcp *tcp = (const struct mn_tcp *)(const void *)t;
    *conns = tcp->conns.count;
    *syns = tcp->syns.pool.count;
    *time_waits = tcp->time_waits.pool.count;
}

/* -- creation -- */

static const struct mn_transport_ops ops = {
    .proto = MN_PROTO_TCP,
    .timer_owner = MN_TIMER_TCP,
    .in = mn_tcp_in,
    .error = mn_tcp_error,
    .timer = tcp_timer,
    .out = tcp_out,
    .events = tcp_events,
    .is_busy = tcp_is_busy,
    .shed = tcp_shed,
    .show = tcp_show,
    .close_all = tcp_close_all,
    .is_idle = tcp_is_idle,
    .ok = tcp_ok,
    .deinit = tcp_deinit,
};

static uint32_t or_default(uint32_t value, uint32_t standard)
{
    return value > 0 ? value : standard;
}

static mnet_time time_or_default(mnet_time value, mnet_time standard)
{
    return value > 0 ? value : standard;
}

static uint32_t buf_size(uint32_t value, uint32_t standard)
{
    uint32_t size = or_default(value, standard);
    return size < BUF_MAX ? size : BUF_MAX;
}

static void configure(struct mn_tcp *tcp, const struct mnet_config *config)
{
    tcp->rcv_buf = buf_size(config->tcp_rcv_buf, RCV_BUF_DEFAULT);
    tcp->snd_buf = buf_size(config->tcp_snd_buf, SND_BUF_DEFAULT);
    while (tcp->rcv_wscale < MN_TCP_WSCALE_MAX && tcp->rcv_buf >> tcp->rcv_wscale > UINT16_MAX)
        tcp->rcv_wscale++;
    tcp->msl = time_or_default(config->tcp_msl, MSL_DEFAULT);
    tcp->user_timeout = time_or_default(config->tcp_user_timeout, USER_TIMEOUT_DEFAULT);
    tcp->connect_timeout = time_or_default(config->tcp_connect_timeout, CONNECT_TIMEOUT_DEFAULT);
    tcp->rcv_limit = config->memory_len / 2;
    tcp->snd_limit = config->memory_len / 3;
}

struct mn_transport *mn_tcp_create(struct mn_env *env, struct mn_ip *ip,
                                   const struct mnet_config *config)
{
    size_t fitting = config->memory_len / CONN_COST / 4 * 3;
    uint32_t conns_max = or_default(config->tcp_conns_max,
                                    fitting < UINT32_MAX / 4 ? (uint32_t)fitting : UINT32_MAX / 4);
    uint32_t syn_max = or_default(config->tcp_syn_max, SYN_MAX_DEFAULT);
    uint32_t tw_max =
        or_default(config->tcp_time_wait_max,
                   TIME_WAIT_MAX_DEFAULT < conns_max ? TIME_WAIT_MAX_DEFAULT : conns_max);
    struct mn_tcp *tcp = mn_mem_carve(&env->mem, sizeof *tcp);
    if (!tcp)
        return NULL;
    tcp->transport.ops = &ops;
    tcp->env = env;
    tcp->ip = ip;
    if (!mn_tcp_demux_init(&tcp->demux, env, conns_max))
        return NULL;
    configure(tcp, config);
    mn_tcp_isn_init(&tcp->isn, env->rng);
    mn_pool_init(&tcp->conns, &env->mem, "tcp connections", sizeof(struct mnet_conn), conns_max);
    mn_rcvq_mem_init(&tcp->rcvq_mem, env, conns_max);
    mn_sndq_mem_init(&tcp->sndq_mem, env);
    mn_scoreboard_pool_init(&tcp->scoreboards, &env->mem, conns_max);
    mn_tcp_syns_init(&tcp->syns, env, syn_max);
    mn_tcp_time_waits_init(&tcp->time_waits, env, tw_max);
    mn_list_init(&tcp->out_list);
    mn_list_init(&tcp->ended_list);
    mn_list_init(&tcp->event_list);
    mn_list_init(&tcp->ooo_list);
    return &tcp->transport;
}
