/* SPDX-License-Identifier: ISC
 *
 * UDP as one of the transports of a stack. It has no timers and nothing to send later: `out` and
 * the closing of everything have nothing to do. Queues are the users' own data, bounded for each
 * socket, and are not shed. */
#include <base/fmt.h>
#include <udp/udp_state.h>

/* Of the budget, for datagrams that wait for one socket: about a hundred small ones, or three of
 * 64 KiB. */
#define QUEUE_KIB 256u

static void timer(struct mn_transport *t, struct mn_timer *expired)
{
    (void)t;
    (void)expired;
    MN_ASSERT(false); /* there are none */
}

static bool is_busy(const struct mn_transport *t)
{
    return !mn_list_is_empty(&((const struct mn_udp *)t)->ready);
}

static bool shed(struct mn_transport *t, unsigned rank)
{
    (void)t;
    (void)rank;
    return false;
}

static void show_one(const struct mnet_dgram *dgram, void (*line)(void *arg, const char *text),
                     void *arg)
{
    char local[MNET_ENDPOINT_TEXT_MAX];
    char remote[MNET_ENDPOINT_TEXT_MAX];
    char text[160];
    mnet_endpoint_print(&dgram->local, local, sizeof local);
    mnet_endpoint_print(&dgram->remote, remote, sizeof remote);
    mn_fmt(text, sizeof text, "udp %s %s queued %u (%u bytes)", local,
           dgram->remote.port != 0 ? remote : "-", dgram->queue.count, dgram->queue_bytes);
    line(arg, text);
}

static void show(const struct mn_transport *t, void (*line)(void *arg, const char *text), void *arg)
{
    const struct mn_udp *udp = (const struct mn_udp *)t;
    for (uint32_t i = 0; i < MN_UDP_BUCKETS; i++)
        for (struct mn_list *n = udp->bucket[i].next; n != &udp->bucket[i]; n = n->next)
            show_one(MN_CONTAINER(n, struct mnet_dgram, node), line, arg);
}

static void close_all(struct mn_transport *t)
{
    (void)t;
}

static bool is_idle(const struct mn_transport *t)
{
    (void)t;
    return true;
}

static bool ok(const struct mn_transport *t)
{
    const struct mn_udp *udp = (const struct mn_udp *)t;
    uint32_t count = 0;
    for (uint32_t i = 0; i < MN_UDP_BUCKETS; i++) {
        for (struct mn_list *n = udp->bucket[i].next; n != &udp->bucket[i]; n = n->next) {
            const struct mnet_dgram *dgram = MN_CONTAINER(n, struct mnet_dgram, node);
            if (dgram->udp != udp || dgram->local.port == 0 ||
                mn_udp_bucket(udp, dgram->local.port) != &udp->bucket[i] ||
                dgram->group_count > MN_UDP_GROUPS || !mn_udp_queue_ok(dgram))
                return false;
            count++;
        }
    }
    return count == udp->sockets.count;
}

static void deinit(struct mn_transport *t)
{
    struct mn_udp *udp = (struct mn_udp *)t;
    for (uint32_t i = 0; i < MN_UDP_BUCKETS; i++)
        while (!mn_list_is_empty(&udp->bucket[i]))
            mnet_dgram_close(MN_CONTAINER(udp->bucket[i].next, struct mnet_dgram, node));
}

static const struct mn_transport_ops ops = {
    .proto = MN_PROTO_UDP,
    .timer_owner = MN_TIMER_UDP,
    .in = mn_udp_in,
    .error = mn_udp_error,
    .timer = timer,
    .events = mn_udp_events,
    .is_busy = is_busy,
    .shed = shed,
    .show = show,
    .close_all = close_all,
    .is_idle = is_idle,
    .ok = ok,
    .deinit = deinit,
};

struct mn_transport *mn_udp_create(struct mn_env *env, struct mn_ip *ip,
                                   const struct mnet_config *config)
{
    struct mn_udp *udp = mn_mem_carve(&env->mem, sizeof *udp);
    struct mn_list *bucket = mn_mem_carve(&env->mem, MN_UDP_BUCKETS * sizeof *bucket);
    if (!udp || !bucket)
        return NULL;
    udp->transport.ops = &ops;
    udp->env = env;
    udp->ip = ip;
    udp->bucket = bucket;
    udp->queue_max =
        (config->udp_queue_bytes_kib != 0 ? config->udp_queue_bytes_kib : QUEUE_KIB) * 1024u;
    mn_list_init(&udp->ready);
    for (uint32_t i = 0; i < MN_UDP_BUCKETS; i++)
        mn_list_init(&bucket[i]);
    mn_pool_init(&udp->sockets, &env->mem, "udp sockets", sizeof(struct mnet_dgram),
                 MN_UDP_SOCKETS_MAX);
    return &udp->transport;
}
