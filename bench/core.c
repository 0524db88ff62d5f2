/* SPDX-License-Identifier: ISC
 *
 * The stack alone: two stacks in one process, joined by a wire that copies, without system calls.
 *
 *     core WORKLOAD UNITS [IDLE] [large] [v6]
 *
 *   bulk   one connection, client to server; a unit is 1448 bytes
 *   rr     one connection, 64 bytes there and back
 *   crr    connect, 64 bytes there and back, close
 *
 * With IDLE, so many more connections are opened first and stay silent. `large` gives the wire
 * checksums and frames of 64 KiB; without, it is a plain Ethernet. `v6` is over IPv6. Prints the
 * nanoseconds of each end for a unit; the wire's copies are in them. Instructions are exact under
 *
 *     valgrind --tool=callgrind --toggle-collect=poll_server core ...     (or poll_client)
 *
 * and are the reason that this exists: on a busy machine they tell what time cannot. */
#include <mnet/mnet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* An IP packet, Ethernet and a tag. */
#define FRAME_MAX (65535 + 18)
/* As many as a send buffer of 1 MiB gives at once in plain frames would not fit: what is over
 * waits, as on a device. */
#define WIRE_FRAMES 256u
#define MESSAGE 64u
#define SEGMENT 1448u
/* One address has 16 bits of ports: four hold 100,000 connections. */
#define CLIENT_ADDRS 4u
/* Idle connections that are being opened at the same time: fewer than the listener's backlog. */
#define OPENING_MAX 256u
#define STEP MNET_US(10) /* virtual time of a round */

struct wire_frame {
    struct mnet_frame facts;  /* its ranges mean nothing */
    uint8_t bytes[FRAME_MAX]; /* the first facts.len */
};

/* One end: a stack, its device, and the frames that wait for it. */
struct end {
    struct mnet_netdev dev; /* what the stack sees; first, so that it can be cast back */
    struct mnet_stack *stack;
    struct end *peer;        /* where its frames go */
    struct wire_frame *ring; /* frames to it: `count` from `head` on */
    unsigned head, count;
    uint64_t ns; /* spent in its polls */
};

static struct end client, server;
static struct mnet_endpoint service;
static uint8_t data[256 * 1024];
static uint64_t units, wanted;
static unsigned idle_open, idle_turn;
static const char *workload;
static bool is_large, is_v6;

/* 10.0.0.host, fd00::host. */
static struct mnet_addr addr_of(unsigned host)
{
    struct mnet_addr addr = {{0xfd, [15] = (uint8_t)host}};
    return is_v6 ? addr : mnet_addr_v4(0x0a000000u + host);
}

static void die(const char *what)
{
    fprintf(stderr, "core: %s\n", what);
    exit(1);
}

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* ---- the wire ---- */

static mnet_err wire_tx(struct mnet_netdev *dev, const struct mnet_frame *frame)
{
    struct end *to = ((struct end *)(void *)dev)->peer;
    if (to->count == WIRE_FRAMES)
        return MNET_ERR_AGAIN;
    struct wire_frame *w = &to->ring[(to->head + to->count++) % WIRE_FRAMES];
    w->facts = *frame;
    size_t at = 0;
    for (unsigned i = 0; i < frame->seg_count; i++) {
        memcpy(w->bytes + at, frame->seg[i].at, frame->seg[i].len);
        at += frame->seg[i].len;
    }
    return MNET_OK;
}

static void unload(struct mnet_frame *slot, const struct wire_frame *w)
{
    uint32_t done = 0;
    unsigned used = 0;
    for (; done < w->facts.len && used < slot->seg_count; used++) {
        struct mnet_seg *seg = &slot->seg[used];
        if (seg->len > w->facts.len - done)
            seg->len = w->facts.len - done;
        memcpy(seg->at, w->bytes + done, seg->len);
        done += seg->len;
    }
    slot->seg_count = (uint8_t)used;
    slot->len = done;
    slot->csum = w->facts.csum;
    slot->csum_start = w->facts.csum_start;
    slot->csum_offset = w->facts.csum_offset;
    slot->gso = w->facts.gso;
    slot->gso_size = w->facts.gso_size;
}

static unsigned wire_rx(struct mnet_netdev *dev, struct mnet_frame *slots, unsigned count)
{
    struct end *end = (struct end *)(void *)dev;
    unsigned n = 0;
    for (; n < count && end->count > 0; n++) {
        unload(&slots[n], &end->ring[end->head]);
        end->head = (end->head + 1) % WIRE_FRAMES;
        end->count--;
    }
    return n;
}

static const struct mnet_netdev_ops wire_ops = {.rx = wire_rx, .tx = wire_tx, .flush = NULL};

static void set_up(struct end *end, struct end *peer, struct mnet_rng *rng, unsigned host,
                   unsigned addrs)
{
    struct mnet_config config;
    const char *why = NULL;
    end->peer = peer;
    end->dev = (struct mnet_netdev){
        .ops = &wire_ops,
        .name = "wire",
        .mac = {{2, 0, 0, 0, 0, (uint8_t)host}},
        .caps = MNET_NETDEV_GATHER,
        .mtu = 1500,
        .gso_max = 65535,
        .rx_frame_max = is_large ? FRAME_MAX : 1518,
        .rx_batch = is_large ? 4 : 32,
    };
    if (is_large)
        end->dev.caps |=
            MNET_NETDEV_TX_CSUM | MNET_NETDEV_RX_CSUM | MNET_NETDEV_TSO4 | MNET_NETDEV_TSO6;
    mnet_config_init(&config);
    config.netdev = &end->dev;
    config.rng = rng;
    config.memory_len = (size_t)512 << 20;
    config.memory = aligned_alloc(65536, config.memory_len);
    config.tcp_msl = MNET_MS(1);
    config.ipv6_mode = is_v6 ? MNET_IPV6_PRIVATE : MNET_IPV6_OFF;
    for (unsigned i = 0; i < addrs; i++) {
        struct mnet_cidr *own = is_v6 ? &config.ipv6[i] : &config.ipv4[i];
        *own = (struct mnet_cidr){addr_of(host + i), is_v6 ? 64 : 24};
    }
    if (!config.memory || mnet_stack_create(&config, 0, &end->stack, &why) != MNET_OK)
        die(why ? why : "out of memory");
}

/* ---- what the ends do ---- */

static void on_served(struct mnet_conn *conn, unsigned events, void *arg)
{
    struct mnet_slice slices[16];
    mnet_ssize count = 0;
    (void)arg;
    while (!(events & MNET_EV_ERROR) && (count = mnet_conn_peek(conn, slices, 16)) > 0) {
        size_t len = 0;
        for (mnet_ssize i = 0; i < count; i++)
            len += slices[i].len;
        if (strcmp(workload, "bulk") != 0 &&
            mnet_conn_send(conn, slices[0].at, slices[0].len) != (mnet_ssize)slices[0].len)
            die("no room to answer");
        else if (strcmp(workload, "bulk") == 0)
            units += len;
        mnet_conn_consume(conn, len);
    }
    if (count != MNET_ERR_AGAIN)
        mnet_conn_close(conn);
}

static void on_conn(struct mnet_listener *listener, void *arg)
{
    struct mnet_conn *conn;
    while (mnet_conn_accept(listener, on_served, arg, &conn) == MNET_OK)
        mnet_conn_set_nodelay(conn, true);
}

static void open_conn(unsigned addr, mnet_conn_event_fn on_event)
{
    struct mnet_conn *conn;
    struct mnet_endpoint local = {addr_of(0x64 + addr % CLIENT_ADDRS), 0};
    if (mnet_conn_open(client.stack, &local, &service, on_event, NULL, &conn) != MNET_OK)
        die("cannot open a connection");
    mnet_conn_set_nodelay(conn, true);
}

static void on_idle(struct mnet_conn *conn, unsigned events, void *arg)
{
    (void)conn, (void)arg;
    if (!(events & MNET_EV_CONNECTED))
        die("an idle connection was lost");
    idle_open++;
}

static void on_client(struct mnet_conn *conn, unsigned events, void *arg)
{
    uint8_t answer[MESSAGE];
    (void)arg;
    if (events & MNET_EV_ERROR)
        die("the connection was lost");
    if (strcmp(workload, "bulk") == 0) {
        while (mnet_conn_send(conn, data, sizeof data) == (mnet_ssize)sizeof data)
            ;
        return;
    }
    if (mnet_conn_recv(conn, answer, sizeof answer) == MESSAGE) {
        units++;
        if (strcmp(workload, "crr") == 0) {
            mnet_conn_close(conn);
            open_conn((unsigned)units, on_client);
            return;
        }
    } else if (!(events & MNET_EV_CONNECTED)) {
        return;
    }
    if (mnet_conn_send(conn, data, MESSAGE) != MESSAGE)
        die("no room to ask");
}

/* Functions of their own, for callgrind to tell the ends apart. */
__attribute__((noinline)) static void poll_client(mnet_time now)
{
    uint64_t begun = now_ns();
    mnet_stack_poll(client.stack, now);
    client.ns += now_ns() - begun;
}

__attribute__((noinline)) static void poll_server(mnet_time now)
{
    uint64_t begun = now_ns();
    mnet_stack_poll(server.stack, now);
    server.ns += now_ns() - begun;
}

/* An address of IPv6 is used after a second, when nobody has answered for it. */
static mnet_time wait_for_addresses(mnet_time now)
{
    mnet_time end = now + MNET_SEC(is_v6 ? 4 : 0);
    for (; now < end; now += MNET_MS(1)) {
        mnet_stack_poll(client.stack, now);
        mnet_stack_poll(server.stack, now);
    }
    return now;
}

static mnet_time open_idle(unsigned idle, mnet_time now)
{
    while (idle_open < idle) {
        while (idle_turn < idle && idle_turn < idle_open + OPENING_MAX)
            open_conn(idle_turn++, on_idle);
        now += STEP;
        mnet_stack_poll(client.stack, now);
        mnet_stack_poll(server.stack, now);
    }
    return now;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: core bulk|rr|crr UNITS [IDLE] [large] [v6]\n");
        return 2;
    }
    static struct mnet_rng_seeded rng;
    struct mnet_listener *listener;
    workload = argv[1];
    wanted = strtoull(argv[2], NULL, 10);
    unsigned idle = 0;
    for (int i = 3; i < argc; i++) {
        if (strcmp(argv[i], "large") == 0)
            is_large = true;
        else if (strcmp(argv[i], "v6") == 0)
            is_v6 = true;
        else
            idle = (unsigned)strtoul(argv[i], NULL, 10);
    }
    uint64_t unit = strcmp(workload, "bulk") == 0 ? SEGMENT : 1;
    mnet_rng_seeded_init(&rng, 1);
    /* A stack speaks while it is being created. */
    client.ring = calloc(WIRE_FRAMES, sizeof *client.ring);
    server.ring = calloc(WIRE_FRAMES, sizeof *server.ring);
    if (!client.ring || !server.ring)
        die("out of memory");
    set_up(&client, &server, &rng.rng, 0x64, CLIENT_ADDRS);
    set_up(&server, &client, &rng.rng, 2, 1);
    service = (struct mnet_endpoint){addr_of(2), 7};
    if (mnet_conn_listen(server.stack, &service, 1024, on_conn, NULL, &listener) != MNET_OK)
        die("cannot listen");

    mnet_time now = open_idle(idle, wait_for_addresses(MNET_MS(1)));
    open_conn(0, on_client);
    while (units < wanted * unit) {
        now += STEP;
        poll_client(now);
        poll_server(now);
    }
    double done = (double)(units / unit);
    printf("%s%s%s, %u idle: client %.1f ns, server %.1f ns\n", workload, is_large ? " large" : "",
           is_v6 ? " v6" : "", idle, (double)client.ns / done, (double)server.ns / done);
    return 0;
}
