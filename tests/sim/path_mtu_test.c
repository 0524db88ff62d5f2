/* SPDX-License-Identifier: ISC
 *
 * A path whose MTU changes under a transfer, with and without ICMP, over both families: RFC 4821,
 * RFC 8899, RFC 1191, RFC 8201. One host sends for half an hour of virtual time, a burst each two
 * seconds; after each change of the path the size of its segments must come within a few bytes of
 * what the path takes, in bounded time, and nothing that arrives may differ from what was sent.
 *
 *     path_mtu_test NUMBER SEED     one run
 *     MNET_SIM_SEEDS=1000           so many seeds of every scenario, divided by 50 (200 when unset)
 */
#include "../../ports/sim/sim.h"
#include <inttypes.h>
#include <mnet/conn.h>
#include <mnet/stack.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY_LEN ((size_t)8 << 20)
/* Enough for three segments behind a probe, in the window that is left of a pause. */
#define BURST 60000u
#define BURST_JUMBO 250000u
#define BURST_EVERY MNET_SEC(2)
/* The search ends when less than 8 bytes are to be won. */
#define GRAIN 7u
#define TSO                                                                                        \
    (MNET_NETDEV_TX_CSUM | MNET_NETDEV_RX_CSUM | MNET_NETDEV_TSO4 | MNET_NETDEV_TSO6 |             \
     MNET_NETDEV_GATHER)

static const struct scenario {
    const char *name;
    bool is_ipv6, tells_mtu, has_tso, has_large_rx;
    uint32_t mtu; /* of both devices */
    uint32_t loss_ppm, reorder_ppm, duplicate_ppm;
} scenarios[] = {
    {.name = "IPv4, silent", .mtu = 1500},
    {.name = "IPv6, silent", .mtu = 1500, .is_ipv6 = true},
    {.name = "IPv4, ICMP", .mtu = 1500, .tells_mtu = true},
    {.name = "IPv6, ICMP", .mtu = 1500, .tells_mtu = true, .is_ipv6 = true},
    {.name = "IPv4, silent, TSO", .mtu = 1500, .has_tso = true},
    {.name = "IPv6, silent, TSO, large receive",
     .mtu = 1500,
     .has_tso = true,
     .has_large_rx = true,
     .is_ipv6 = true},
    {.name = "IPv4, ICMP, TSO", .mtu = 1500, .has_tso = true, .tells_mtu = true},
    {.name = "IPv4, silent, jumbo frames", .mtu = 9000},
    {.name = "IPv4, silent, loss, reordering, duplication",
     .mtu = 1500,
     .loss_ppm = 5000,
     .reorder_ppm = 10000,
     .duplicate_ppm = 10000},
    {.name = "IPv6, silent, loss, reordering, duplication, TSO",
     .mtu = 1500,
     .has_tso = true,
     .loss_ppm = 5000,
     .reorder_ppm = 10000,
     .duplicate_ppm = 10000,
     .is_ipv6 = true},
    {.name = "IPv6, ICMP, loss, reordering, duplication",
     .mtu = 1500,
     .tells_mtu = true,
     .loss_ppm = 5000,
     .reorder_ppm = 10000,
     .duplicate_ppm = 10000,
     .is_ipv6 = true},
};

#define SCENARIO_COUNT (sizeof scenarios / sizeof scenarios[0])

struct run {
    const struct scenario *scenario;
    struct sim *sim;
    struct sim_link *link;
    struct mnet_stack *stacks[2];
    struct mnet_rng_seeded rng[2];
    void *memory[2];
    struct mnet_endpoint server;
    struct mnet_listener *listener;
    struct mnet_conn *from; /* who sends */
    struct mnet_conn *to;
    uint64_t sent, received;
    char error[200];
};

static void wrong(struct run *r, const char *what, uint64_t number)
{
    if (r->error[0] == '\0')
        snprintf(r->error, sizeof r->error, "%s (%" PRIu64 ") at %" PRIu64 " ms", what, number,
                 sim_now(r->sim) / MNET_MS(1));
}

static uint8_t byte_at(uint64_t place)
{
    return (uint8_t)((place * 131 + (place >> 8) * 7) ^ (place >> 16));
}

static void on_to(struct mnet_conn *conn, unsigned events, void *arg)
{
    struct run *r = arg;
    static uint8_t buf[16384];
    mnet_ssize len;
    (void)events;
    while ((len = mnet_conn_recv(conn, buf, sizeof buf)) > 0)
        for (mnet_ssize i = 0; i < len; i++)
            if (buf[i] != byte_at(r->received++))
                wrong(r, "a byte differs from what was sent", r->received);
}

static void on_from(struct mnet_conn *conn, unsigned events, void *arg)
{
    if (events & MNET_EV_ERROR)
        wrong(arg, mnet_err_name(mnet_conn_error(conn)), 0);
}

static void on_accept(struct mnet_listener *listener, void *arg)
{
    struct run *r = arg;
    struct mnet_conn *conn;
    while (mnet_conn_accept(listener, NULL, NULL, &conn) == MNET_OK) {
        if (r->to) {
            mnet_conn_close(conn);
            continue;
        }
        r->to = conn;
        mnet_conn_on_event(conn, on_to, r);
        on_to(conn, 0, r);
    }
}

static void drive(struct run *r, mnet_time duration)
{
    sim_drive(r->sim, r->stacks, 2, sim_now(r->sim) + duration, NULL, NULL);
    for (unsigned i = 0; i < 2; i++)
        if (!mnet_stack_ok(r->stacks[i]))
            wrong(r, "an invariant does not hold", i);
}

/* What the user writes, for so long. */
static void send_for(struct run *r, mnet_time duration)
{
    static uint8_t buf[BURST_JUMBO];
    uint32_t burst = r->scenario->mtu > 1500 ? BURST_JUMBO : BURST;
    mnet_time end = sim_now(r->sim) + duration;
    while (sim_now(r->sim) < end && r->error[0] == '\0') {
        for (uint32_t i = 0; i < burst; i++)
            buf[i] = byte_at(r->sent + i);
        mnet_ssize took = mnet_conn_send(r->from, buf, burst);
        if (took > 0)
            r->sent += (uint64_t)took;
        for (mnet_time left = BURST_EVERY; left > 0; left -= BURST_EVERY / 8)
            drive(r, BURST_EVERY / 8);
    }
}

static uint32_t mtu_of(const struct run *r, const struct mnet_conn *conn)
{
    struct mnet_conn_info info;
    mnet_conn_info(conn, &info);
    return (uint32_t)info.mss_send + (r->scenario->is_ipv6 ? 60u : 40u) +
           (info.has_timestamps ? 12u : 0u);
}

/* After `patience` the sender's packets are as large as the path takes, and never larger than that
 * by the way things are then. */
static void expect_mtu(struct run *r, const char *what, uint32_t truth, mnet_time patience)
{
    send_for(r, patience);
    uint32_t mtu = mtu_of(r, r->from);
    if (mtu > truth || mtu + GRAIN < truth)
        wrong(r, what, mtu);
    /* And all that was sent gets there. */
    for (unsigned i = 0; i < 50 && r->received < r->sent; i++)
        drive(r, MNET_SEC(1));
    if (r->received != r->sent)
        wrong(r, "bytes are missing", r->sent - r->received);
}

/* A new connection to the same host begins with what is known. */
static void expect_known(struct run *r, uint32_t least, uint32_t most)
{
    struct mnet_conn *conn;
    if (mnet_conn_open(r->stacks[0], NULL, &r->server, NULL, NULL, &conn) != MNET_OK) {
        wrong(r, "a second connection", 0);
        return;
    }
    drive(r, MNET_SEC(5));
    uint32_t mtu = mtu_of(r, conn);
    if (mtu > most || mtu < least)
        wrong(r, "what a new connection begins with", mtu);
    mnet_conn_close(conn);
}

static void story(struct run *r)
{
    const struct scenario *s = r->scenario;
    struct sim_link_config *link = sim_link_config(r->link);
    expect_mtu(r, "a path as wide as the link", s->mtu, MNET_SEC(10));
    link->mtu = 1400;
    expect_mtu(r, "a path that has become narrow", 1400, MNET_SEC(60));
    expect_known(r, 1400 - GRAIN, 1400);
    /* A second change, before the first could be forgotten. */
    link->mtu = 1300;
    expect_mtu(r, "a path that has become narrower", 1300, MNET_SEC(60));
    expect_known(r, 1300 - GRAIN, 1300);
    /* RFC 8899 5.1.1: what is wider is found ten minutes later. */
    link->mtu = 0;
    expect_mtu(r, "a path that is wide again", s->mtu, MNET_SEC(720));
    expect_known(r, s->mtu - GRAIN, s->mtu);
    link->mtu = s->is_ipv6 ? 1280 : 800;
    expect_mtu(r, "a path below the base", link->mtu, MNET_SEC(90));
    link->mtu = 0;
    expect_mtu(r, "a path that is wide at last", s->mtu, MNET_SEC(720));
    /* A link that is down for a while takes as much as before. */
    mnet_ssize took = mnet_conn_send(r->from, &(uint8_t){byte_at(r->sent)}, 1);
    r->sent += took > 0 ? (uint64_t)took : 0;
    sim_link_set_up(r->link, false);
    send_for(r, MNET_SEC(6));
    sim_link_set_up(r->link, true);
    expect_mtu(r, "a path that was interrupted", s->mtu, MNET_SEC(60));
}

static bool host_up(struct run *r, unsigned i, uint64_t seed)
{
    const struct scenario *s = r->scenario;
    static const char *const names[] = {"client", "server"};
    static const char *const v4[] = {"10.0.0.1/24", "10.0.0.2/24"};
    static const char *const v6[] = {"fd00::1/64", "fd00::2/64"};
    struct sim_device_config device = {.name = names[i],
                                       .mtu = s->mtu,
                                       .caps = s->has_tso ? TSO : 0,
                                       .has_large_rx = s->has_large_rx};
    struct mnet_config config;
    mnet_config_init(&config);
    mnet_rng_seeded_init(&r->rng[i], seed);
    config.netdev = sim_device_add(r->link, &device);
    config.rng = &r->rng[i].rng;
    config.memory_len = MEMORY_LEN;
    config.memory = r->memory[i] = aligned_alloc(64, MEMORY_LEN);
    config.tcp_conns_max = 64;
    config.ipv6_mode = s->is_ipv6 ? MNET_IPV6_STATIC : MNET_IPV6_OFF;
    return config.memory && mnet_cidr_parse(v4[i], &config.ipv4[0]) == MNET_OK &&
           (!s->is_ipv6 || mnet_cidr_parse(v6[i], &config.ipv6[0]) == MNET_OK) &&
           mnet_stack_create(&config, sim_now(r->sim), &r->stacks[i], NULL) == MNET_OK;
}

static bool set_up(struct run *r, uint64_t seed)
{
    const struct scenario *s = r->scenario;
    const struct mnet_endpoint local = {mnet_addr_any(), 9};
    struct sim_link_config config = {.delay = MNET_MS(5),
                                     .bits_per_s = 50000000,
                                     .queue_bytes = 200000,
                                     .tells_mtu = s->tells_mtu,
                                     .reorder_by = MNET_MS(3)};
    r->sim = sim_new(seed);
    r->link = sim_link_add(r->sim, &config);
    r->server.port = 9;
    if (!host_up(r, 0, seed * 2) || !host_up(r, 1, seed * 2 + 1) ||
        mnet_addr_parse(s->is_ipv6 ? "fd00::2" : "10.0.0.2", &r->server.addr) != MNET_OK ||
        mnet_conn_listen(r->stacks[1], &local, 8, on_accept, r, &r->listener) != MNET_OK)
        return false;
    drive(r, MNET_SEC(5)); /* RFC 4862 5.4: addresses are probed for */
    if (mnet_conn_open(r->stacks[0], NULL, &r->server, on_from, r, &r->from) != MNET_OK)
        return false;
    drive(r, MNET_SEC(1));
    sim_link_config(r->link)->loss_ppm = s->loss_ppm;
    sim_link_config(r->link)->reorder_ppm = s->reorder_ppm;
    sim_link_config(r->link)->duplicate_ppm = s->duplicate_ppm;
    return r->to != NULL;
}

static bool run_one(unsigned number, uint64_t seed)
{
    static struct run r;
    memset(&r, 0, sizeof r);
    r.scenario = &scenarios[number];
    if (set_up(&r, seed))
        story(&r);
    else
        wrong(&r, "set-up", 0);
    for (unsigned i = 0; i < 2; i++) {
        mnet_stack_destroy(r.stacks[i]);
        free(r.memory[i]);
    }
    sim_free(r.sim);
    if (r.error[0] != '\0')
        printf("# %s, seed %" PRIu64 ": %s\n#   again: path_mtu_test %u %" PRIu64 "\n",
               r.scenario->name, seed, r.error, number, seed);
    return r.error[0] == '\0';
}

int main(int argc, char **argv)
{
    if (argc == 3 && strtoul(argv[1], NULL, 0) < SCENARIO_COUNT)
        return run_one((unsigned)strtoul(argv[1], NULL, 0), strtoull(argv[2], NULL, 0)) ? 0 : 1;
    if (argc != 1) {
        fprintf(stderr, "usage: path_mtu_test [0..%zu SEED]\n", SCENARIO_COUNT - 1);
        return 2;
    }
    const char *asked = getenv("MNET_SIM_SEEDS");
    uint64_t seeds = (asked ? strtoull(asked, NULL, 0) : 200) / 50;
    seeds = seeds == 0 ? 1 : seeds;
    bool all = true;
    printf("1..%zu\n", SCENARIO_COUNT);
    for (unsigned i = 0; i < SCENARIO_COUNT; i++) {
        bool ok = true;
        for (uint64_t seed = 1; seed <= seeds && ok; seed++)
            ok = run_one(i, seed);
        printf("%s %u - path MTU: %s, %" PRIu64 " seeds\n", ok ? "ok" : "not ok", i + 1,
               scenarios[i].name, seeds);
        fflush(stdout);
        all &= ok;
    }
    return all ? 0 : 1;
}
