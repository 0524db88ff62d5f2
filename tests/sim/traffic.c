/* SPDX-License-Identifier: ISC
 *
 * See traffic.h. The users' side of a simulation: opens connections, sends, receives, compares,
 * closes. */
#include "traffic.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint32_t traffic_below(struct traffic *traffic, uint32_t bound)
{
    uint32_t value;
    traffic->rng.rng.fill(&traffic->rng.rng, &value, sizeof value);
    return value % bound;
}

static void describe(struct traffic *t);

static void wrong(struct traffic *t, const char *what, const struct end *end, uint64_t number)
{
    if (t->error[0] == '\0' && t->client.stack && t->server.stack)
        describe(t);
    if (t->error[0] == '\0')
        snprintf(t->error, sizeof t->error, "%s (connection %u, %" PRIu64 ") at %" PRIu64 " us",
                 what, end ? end->id : 0, number, sim_now(t->sim) / 1000);
}

static void print_line(void *arg, const char *text)
{
    printf("#   %s: %s\n", (const char *)arg, text);
}

/* What both hosts know at the moment of the trouble. */
static void describe(struct traffic *t)
{
    static char names[2][8] = {"client", "server"};
    mnet_stack_show(t->client.stack, print_line, names[0]);
    mnet_stack_show(t->server.stack, print_line, names[1]);
}

/* The byte at `place` of the stream `id`. */
static uint8_t byte_at(unsigned id, uint64_t place)
{
    return (uint8_t)((place * 131 + (place >> 8) * 7 + id * 41) ^ (place >> 16));
}

static struct end *other(const struct end *end)
{
    unsigned side = end >= end->traffic->ends[1];
    return &end->traffic->ends[1 - side][end->id % TRAFFIC_CONNS];
}

/* ---- one end ---- */

static void check(struct end *end, const uint8_t *at, size_t len)
{
    unsigned id = end->id ^ TRAFFIC_CONNS;
    /* Several flipped bits can cancel out in a 16-bit sum: then nothing can be asked of the bytes.
     */
    for (size_t i = 0; i < len && !end->traffic->is_wild; i++)
        if (at[i] != byte_at(id, end->received + i)) {
            wrong(end->traffic, "a byte differs from what was sent", end, end->received + i);
            return;
        }
    end->received += len;
    if (end->received > other(end)->sent)
        wrong(end->traffic, "more arrived than was sent", end, end->received);
}

static void failed(struct end *end, mnet_err err)
{
    end->err = err;
    if (!end->may_fail && !other(end)->may_fail)
        wrong(end->traffic, mnet_err_name(err), end, end->received);
    mnet_conn_close(end->conn);
    end->conn = NULL;
}

static mnet_ssize take_slices(struct end *end)
{
    struct mnet_slice slices[4];
    mnet_ssize count = mnet_conn_peek(end->conn, slices, 4);
    size_t len = 0;
    for (mnet_ssize i = 0; i < count; i++) {
        check(end, slices[i].at, slices[i].len);
        len += slices[i].len;
    }
    if (count > 0)
        mnet_conn_consume(end->conn, len);
    return count;
}

static mnet_ssize take_copy(struct end *end)
{
    uint8_t buf[4096];
    size_t cap = 1 + traffic_below(end->traffic, sizeof buf);
    mnet_ssize len = mnet_conn_recv(end->conn, buf, cap);
    if (len > 0)
        check(end, buf, (size_t)len);
    return len;
}

static void receive(struct end *end, unsigned times)
{
    for (unsigned i = 0; i < times && end->conn && !end->has_eof; i++) {
        mnet_ssize got = end->manner == MANNER_GET ? take_slices(end) : take_copy(end);
        if (got == MNET_ERR_AGAIN)
            return;
        if (got == 0)
            end->has_eof = true;
        else if (got < 0)
            failed(end, (mnet_err)got);
    }
}

static void send(struct end *end, unsigned times)
{
    uint8_t buf[8192];
    for (unsigned i = 0; i < times && end->conn && end->sent < end->to_send; i++) {
        uint64_t left = end->to_send - end->sent;
        size_t len = 1 + traffic_below(end->traffic, sizeof buf);
        if (len > left)
            len = (size_t)left;
        for (size_t k = 0; k < len; k++)
            buf[k] = byte_at(end->id, end->sent + k);
        mnet_ssize took = mnet_conn_send(end->conn, buf, len);
        if (took < 0 && took != MNET_ERR_NO_MEMORY) {
            failed(end, (mnet_err)took);
            return;
        }
        if (took > 0)
            end->sent += (uint64_t)took;
        if (took < (mnet_ssize)len)
            return;
    }
    if (end->conn && end->sent == end->to_send && !end->has_shut) {
        end->has_shut = true;
        mnet_err err = mnet_conn_shutdown(end->conn, MNET_SHUTDOWN_WRITE);
        if (err != MNET_OK)
            failed(end, err);
    }
}

static void close_if_over(struct end *end)
{
    if (end->conn && end->has_eof && end->has_shut) {
        mnet_conn_close(end->conn);
        end->conn = NULL;
    }
}

static void act(struct end *end, unsigned times)
{
    receive(end, times);
    send(end, times);
    close_if_over(end);
}

static void on_event(struct mnet_conn *conn, unsigned events, void *arg)
{
    struct end *end = arg;
    if (end->conn != conn) {
        wrong(end->traffic, "an event for a connection that was closed", end, events);
        return;
    }
    if (end->manner != MANNER_SLOW)
        act(end, 100000);
    if (end->conn && (events & MNET_EV_ERROR))
        failed(end, mnet_conn_error(conn));
}

/* The server learns by the first byte which connection it is: the order of arrival is not the order
 * of opening. */
static void on_conn(struct mnet_listener *listener, void *arg)
{
    struct traffic *t = arg;
    struct mnet_conn *conn;
    while (mnet_conn_accept(listener, NULL, NULL, &conn) == MNET_OK) {
        struct mnet_endpoint local, remote;
        mnet_conn_peers(conn, &local, &remote);
        struct end *end = NULL;
        for (unsigned i = 0; i < t->count && !end; i++)
            if (remote.port == 20000 + i && !t->ends[1][i].conn && t->ends[1][i].sent == 0)
                end = &t->ends[1][i];
        if (!end) {
            mnet_conn_abort(conn);
            wrong(t, "a connection that nobody opened", NULL, remote.port);
            return;
        }
        end->conn = conn;
        t->accepted++;
        mnet_conn_on_event(conn, on_event, end);
        act(end, end->manner == MANNER_SLOW ? 1 : 100000);
    }
}

/* Datagrams say their own length and are filled with one byte. */
static void on_dgram(struct mnet_dgram *dgram, const struct mnet_dgram_rx *rx, void *arg)
{
    struct traffic *t = arg;
    uint8_t value = (uint8_t)(rx->len * 7);
    (void)dgram;
    for (unsigned i = 0; i < rx->count; i++)
        for (size_t k = 0; k < rx->slices[i].len; k++)
            if (rx->slices[i].at[k] != value && !t->is_wild) {
                wrong(t, "a datagram arrived altered", NULL, rx->len);
                return;
            }
    t->dgrams++;
}

/* ---- the whole ---- */

static const char *host_up(struct traffic *t, struct host *host,
                           const struct traffic_config *config, struct mnet_netdev *dev,
                           const char *cidr, const char *cidr6, uint64_t seed)
{
    struct mnet_config stack;
    mnet_config_init(&stack);
    mnet_rng_seeded_init(&host->rng, seed);
    stack.netdev = dev;
    stack.rng = &host->rng.rng;
    stack.memory_len = config->memory_len ? config->memory_len : (size_t)8 << 20;
    stack.memory = host->memory = aligned_alloc(64, stack.memory_len);
    stack.tcp_rcv_buf = stack.tcp_snd_buf = config->buffers;
    stack.tcp_conns_max = 256;
    if (!host->memory || mnet_cidr_parse(cidr, &stack.ipv4[0]) != MNET_OK)
        return "set-up";
    stack.ipv6_mode = config->is_ipv6 ? MNET_IPV6_STATIC : MNET_IPV6_OFF;
    if (config->is_ipv6 && mnet_cidr_parse(cidr6, &stack.ipv6[0]) != MNET_OK)
        return "set-up";
    const char *why = "no reason given";
    if (mnet_stack_create(&stack, sim_now(t->sim), &host->stack, &why) != MNET_OK)
        return why;
    return NULL;
}

static void open_conns(struct traffic *t, const struct traffic_config *config)
{
    for (unsigned i = 0; i < t->count; i++) {
        struct mnet_endpoint local = {mnet_addr_any(), (uint16_t)(20000 + i)};
        for (unsigned side = 0; side < 2; side++) {
            struct end *end = &t->ends[side][i];
            end->traffic = t;
            end->id = i + side * TRAFFIC_CONNS;
            end->manner = (enum manner)traffic_below(t, 3);
            end->to_send = config->bytes_max ? traffic_below(t, (uint32_t)config->bytes_max) : 0;
            end->may_fail = config->is_only_survival || (config->has_aborts && i % 3 == 0);
        }
        struct end *end = &t->ends[0][i];
        mnet_err err =
            mnet_conn_open(t->client.stack, &local, &t->remote, on_event, end, &end->conn);
        if (err != MNET_OK)
            wrong(t, mnet_err_name(err), end, 0);
    }
}

/* What users do of their own accord, now and then. */
static void users(struct traffic *t, const struct traffic_config *config)
{
    for (unsigned side = 0; side < 2; side++)
        for (unsigned i = 0; i < t->count; i++) {
            struct end *end = &t->ends[side][i];
            if (end->conn && end->manner == MANNER_SLOW && mnet_conn_error(end->conn) == MNET_OK)
                act(end, 1 + traffic_below(t, 8));
            if (end->conn && config->has_aborts && i % 3 == 0 && traffic_below(t, 400) == 0) {
                mnet_conn_abort(end->conn);
                end->conn = NULL;
            }
        }
    if (traffic_below(t, 20) == 0) {
        static uint8_t data[9000];
        size_t len = traffic_below(t, sizeof data);
        memset(data, (uint8_t)(len * 7), len);
        mnet_err err = mnet_dgram_send(t->client.dgram, &t->remote, data, len);
        if (err != MNET_OK && err != MNET_ERR_NO_MEMORY && err != MNET_ERR_NET_UNREACH)
            wrong(t, mnet_err_name(err), NULL, len);
    }
}

static void check_state(struct traffic *t)
{
    if (!mnet_stack_ok(t->client.stack) || !mnet_stack_ok(t->server.stack))
        wrong(t, "an invariant does not hold", NULL, 0);
    for (unsigned side = 0; side < 2; side++)
        for (unsigned i = 0; i < t->count; i++) {
            struct end *end = &t->ends[side][i];
            if (!end->conn)
                continue;
            struct mnet_conn_info info;
            mnet_conn_info(end->conn, &info);
            if ((int32_t)(info.snd_nxt - info.snd_una) < 0)
                wrong(t, "snd_una is after snd_nxt", end, info.snd_una);
        }
    struct mnet_memory_info memory;
    mnet_stack_memory(t->server.stack, &memory);
    if (memory.used > memory.budget)
        wrong(t, "more memory in use than the budget", NULL, memory.used);
}

static bool is_over(struct traffic *t)
{
    for (unsigned side = 0; side < 2; side++)
        for (unsigned i = 0; i < t->count; i++)
            if (t->ends[side][i].conn)
                return false;
    return true;
}

static void check_end(struct traffic *t, const struct traffic_config *config)
{
    if (config->is_only_survival)
        return;
    for (unsigned i = 0; i < t->count; i++) {
        const struct end *a = &t->ends[0][i], *b = &t->ends[1][i];
        if (a->may_fail)
            continue;
        if (a->received != b->to_send || b->received != a->to_send || !a->has_eof || !b->has_eof)
            wrong(t, "the connection ended before everything had arrived", a, a->received);
    }
}

static void add_to_digest(const struct sim_event *event, void *arg)
{
    uint64_t *digest = arg;
    *digest = (*digest ^ event->at ^ (uint64_t)event->what) * UINT64_C(1099511628211);
    for (uint32_t i = 0; i < event->len; i++)
        *digest = (*digest ^ event->bytes[i]) * UINT64_C(1099511628211);
}

/* The hosts learn each other's addresses while the link is still perfect: three lost requests
 * in a row are an honest NET_UNREACH, but not what is tested here. */
static void acquaint(struct traffic *t, struct sim_link *link)
{
    struct mnet_stack *stacks[2] = {t->client.stack, t->server.stack};
    struct sim_link_config trouble = *sim_link_config(link);
    *sim_link_config(link) = (struct sim_link_config){0};
    /* RFC 4862 5.4: addresses of IPv6 are probed for, for two seconds at most. */
    for (unsigned i = 0;
         i < 40 && !(mnet_stack_is_ready(stacks[0]) && mnet_stack_is_ready(stacks[1])); i++)
        sim_drive(t->sim, stacks, 2, sim_now(t->sim) + MNET_MS(100), NULL, NULL);
    if (mnet_dgram_send(t->client.dgram, &t->remote, NULL, 0) != MNET_OK)
        wrong(t, "the first datagram", NULL, 0);
    sim_drive(t->sim, stacks, 2, sim_now(t->sim) + MNET_SEC(3), NULL, NULL);
    *sim_link_config(link) = trouble;
}

static void run(struct traffic *t, const struct traffic_config *config, struct sim_link *link)
{
    struct mnet_stack *stacks[2] = {t->client.stack, t->server.stack};
    mnet_time end = sim_now(t->sim) + config->patience;
    for (unsigned round = 0; !is_over(t) && t->error[0] == '\0'; round++) {
        if (sim_now(t->sim) >= end) {
            if (!config->is_only_survival)
                wrong(t, "not over in time", NULL, t->accepted);
            return;
        }
        users(t, config);
        if (config->mtu_every > 0)
            sim_link_config(link)->mtu = config->mtus[sim_now(t->sim) / config->mtu_every % 4];
        sim_drive(t->sim, stacks, 2, sim_now(t->sim) + MNET_US(200 + traffic_below(t, 20000)), NULL,
                  NULL);
        if (round % 8 == 0)
            check_state(t);
    }
    check_end(t, config);
}

/* Closes what is left, lets TIME-WAIT pass, and asks whether anything was forgotten. */
static void finish(struct traffic *t)
{
    struct mnet_stack *stacks[2] = {t->client.stack, t->server.stack};
    for (unsigned side = 0; side < 2; side++)
        for (unsigned i = 0; i < t->count; i++)
            mnet_conn_abort(t->ends[side][i].conn);
    mnet_conn_unlisten(t->server.listener);
    mnet_dgram_close(t->client.dgram);
    mnet_dgram_close(t->server.dgram);
    sim_drive(t->sim, stacks, 2, sim_now(t->sim) + MNET_SEC(200), NULL, NULL);
    struct mnet_memory_info info;
    for (unsigned i = 0; i < 2; i++) {
        mnet_stack_memory(stacks[i], &info);
        if (info.tcp_conns + info.tcp_syns + info.tcp_time_waits + info.reassemblies != 0)
            wrong(t, "connections are left over", NULL, info.tcp_conns);
    }
}

const char *traffic_run(const struct traffic_config *config, uint64_t seed, uint64_t *digest,
                        struct traffic *t)
{
    memset(t, 0, sizeof *t);
    mnet_rng_seeded_init(&t->rng, seed);
    t->sim = sim_new(seed);
    t->count = config->conns;
    t->is_wild = config->link.is_wild;
    t->remote.port = 9;
    if (mnet_addr_parse(config->is_ipv6 ? "fd00::2" : "10.0.0.2", &t->remote.addr) != MNET_OK)
        wrong(t, "set-up", NULL, 0);
    if (digest)
        sim_trace(t->sim, add_to_digest, digest);
    struct sim_link *link = sim_link_add(t->sim, &config->link);
    struct sim_device_config a = config->devices[0], b = config->devices[1];
    a.name = "client";
    b.name = "server";
    const char *why = host_up(t, &t->client, config, sim_device_add(link, &a), "10.0.0.1/24",
                              "fd00::1/64", seed * 2);
    if (!why)
        why = host_up(t, &t->server, config, sim_device_add(link, &b), "10.0.0.2/24", "fd00::2/64",
                      seed * 2 + 1);
    const struct mnet_endpoint local = {mnet_addr_any(), 9};
    if (!why &&
        (mnet_conn_listen(t->server.stack, &local, 64, on_conn, t, &t->server.listener) !=
             MNET_OK ||
         mnet_dgram_open(t->server.stack, &local, on_dgram, NULL, t, &t->server.dgram) != MNET_OK ||
         mnet_dgram_open(t->client.stack, &local, on_dgram, NULL, t, &t->client.dgram) != MNET_OK))
        why = "listen";
    if (why) {
        snprintf(t->error, sizeof t->error, "%s", why);
        return t->error;
    }
    acquaint(t, link);
    mnet_stack_fail_at(t->server.stack, config->fail_at);
    open_conns(t, config);
    run(t, config, link);
    finish(t);
    mnet_stack_destroy(t->client.stack);
    mnet_stack_destroy(t->server.stack);
    sim_free(t->sim);
    free(t->client.memory);
    free(t->server.memory);
    return t->error[0] ? t->error : NULL;
}
