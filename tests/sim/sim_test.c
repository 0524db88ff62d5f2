/* SPDX-License-Identifier: ISC
 *
 * The simulator suite: two hosts, both mnet, over links that lose, reorder, duplicate, corrupt, and
 * stop. Each scenario is run with many seeds; a failure prints how to run exactly that one again:
 *
 *     sim_test SCENARIO SEED        one run
 *     MNET_SIM_SEEDS=1000 sim_test  so many seeds of every scenario (200 when unset) */
#include "traffic.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALL_CAPS (MNET_NETDEV_TX_CSUM | MNET_NETDEV_RX_CSUM | MNET_NETDEV_TSO4 | MNET_NETDEV_GATHER)
#define ALL_CAPS6 (ALL_CAPS | MNET_NETDEV_TSO6)
#define LAN .delay = MNET_US(50)
#define WAN .delay = MNET_MS(15), .bits_per_s = 20000000, .queue_bytes = 100000
#define USUAL .conns = 6, .bytes_max = 150000, .patience = MNET_SEC(3000)
#define BUFFERS .buffers = 65536

static const struct scenario {
    const char *name;
    struct traffic_config config;
} scenarios[] = {
    {"perfect link", {.link = {LAN}, USUAL}},
    {"perfect link, all offloads",
     {.link = {LAN},
      .devices = {{.caps = ALL_CAPS, .has_large_rx = true},
                  {.caps = ALL_CAPS, .has_large_rx = true}},
      USUAL}},
    {"one side with offloads",
     {.link = {LAN}, .devices = {{.caps = ALL_CAPS, .has_large_rx = true}}, USUAL}},
    {"wide area, bandwidth and queue limited", {.link = {WAN}, USUAL, BUFFERS}},
    {"1 % loss", {.link = {LAN, .loss_ppm = 10000}, USUAL, BUFFERS}},
    {"5 % loss on a wide area", {.link = {WAN, .loss_ppm = 50000}, USUAL, BUFFERS}},
    {"20 % loss",
     {.link = {LAN, .loss_ppm = 200000},
      .conns = 3,
      .bytes_max = 20000,
      .patience = MNET_SEC(6000),
      BUFFERS}},
    {"loss in bursts", {.link = {WAN, .burst_ppm = 3000, .burst_frames = 8}, USUAL, BUFFERS}},
    {"reordering", {.link = {LAN, .reorder_ppm = 100000, .reorder_by = MNET_MS(5)}, USUAL}},
    {"duplication", {.link = {LAN, .duplicate_ppm = 100000}, USUAL}},
    {"corruption", {.link = {LAN, .corrupt_ppm = 20000}, USUAL, BUFFERS}},
    {"wild corruption",
     {.link = {LAN, .corrupt_ppm = 200000, .is_wild = true},
      .conns = 6,
      .bytes_max = 100000,
      .patience = MNET_SEC(300),
      .is_only_survival = true}},
    {"jitter", {.link = {.delay = MNET_MS(5), .jitter = MNET_MS(20)}, USUAL}},
    {"MTU 576",
     {.link = {LAN, .loss_ppm = 5000}, .devices = {{.mtu = 576}, {.mtu = 576}}, USUAL, BUFFERS}},
    {"MTU 9000 against 1500",
     {.link = {LAN, .loss_ppm = 5000}, .devices = {{.mtu = 9000}, {.mtu = 1500}}, USUAL}},
    {"a link that flaps",
     {.link = {LAN, .flap_every = MNET_SEC(7), .flap_for = MNET_MS(900)}, USUAL, BUFFERS}},
    {"a device that is often full",
     {.link = {LAN}, .devices = {{.tx_full_ppm = 100000}, {.tx_full_ppm = 100000}}, USUAL}},
    {"everything at once, with offloads",
     {.link = {WAN, .jitter = MNET_MS(3), .loss_ppm = 10000, .corrupt_ppm = 5000,
               .duplicate_ppm = 10000, .reorder_ppm = 20000, .reorder_by = MNET_MS(10)},
      .devices = {{.caps = ALL_CAPS}, {.caps = ALL_CAPS}},
      USUAL,
      BUFFERS}},
    {"aborts on the way",
     {.link = {WAN, .loss_ppm = 10000},
      .conns = 12,
      .bytes_max = 100000,
      .patience = MNET_SEC(3000),
      .has_aborts = true,
      BUFFERS}},
    {"little memory and loss",
     {.link = {LAN, .loss_ppm = 20000},
      .memory_len = (size_t)1 << 20,
      .conns = 12,
      .bytes_max = 100000,
      .patience = MNET_SEC(6000)}},
    {"small windows", {.link = {WAN, .loss_ppm = 5000}, USUAL, .buffers = 3000}},
    {"IPv6, perfect link", {.link = {LAN}, USUAL, .is_ipv6 = true}},
    {"IPv6, all offloads",
     {.link = {LAN},
      .devices = {{.caps = ALL_CAPS6, .has_large_rx = true},
                  {.caps = ALL_CAPS6, .has_large_rx = true}},
      USUAL,
      .is_ipv6 = true}},
    {"IPv6, 1 % loss", {.link = {LAN, .loss_ppm = 10000}, USUAL, BUFFERS, .is_ipv6 = true}},
    {"IPv6, MTU 1280",
     {.link = {LAN, .loss_ppm = 5000},
      .devices = {{.mtu = 1280}, {.mtu = 1280}},
      USUAL,
      BUFFERS,
      .is_ipv6 = true}},
    {"IPv6, everything at once",
     {.link = {WAN, .jitter = MNET_MS(3), .loss_ppm = 10000, .corrupt_ppm = 5000,
               .duplicate_ppm = 10000, .reorder_ppm = 20000, .reorder_by = MNET_MS(10)},
      USUAL,
      BUFFERS,
      .is_ipv6 = true}},
    {"a path whose MTU changes in silence",
     {.link = {WAN}, USUAL, .mtu_every = MNET_SEC(1), .mtus = {1500, 1000, 1400, 700}}},
    {"a path whose MTU changes, offloads, loss, reordering, duplication",
     {.link = {WAN, .loss_ppm = 5000, .duplicate_ppm = 5000, .reorder_ppm = 20000,
               .reorder_by = MNET_MS(10)},
      .devices = {{.caps = ALL_CAPS, .has_large_rx = true}, {.caps = ALL_CAPS}},
      USUAL,
      BUFFERS,
      .mtu_every = MNET_SEC(2),
      .mtus = {1500, 800, 1300, 1450}}},
    {"a path whose MTU changes and which says so, loss, reordering",
     {.link = {WAN, .tells_mtu = true, .loss_ppm = 5000, .reorder_ppm = 20000,
               .reorder_by = MNET_MS(10)},
      USUAL,
      BUFFERS,
      .mtu_every = MNET_MS(300),
      .mtus = {1500, 800, 1300, 1450}}},
    {"IPv6, a path whose MTU changes in silence, loss, reordering, duplication",
     {.link = {WAN, .loss_ppm = 5000, .duplicate_ppm = 5000, .reorder_ppm = 20000,
               .reorder_by = MNET_MS(10)},
      USUAL,
      BUFFERS,
      .mtu_every = MNET_SEC(1),
      .mtus = {1500, 1280, 1400, 1300},
      .is_ipv6 = true}},
    {"IPv6, a path whose MTU changes and which says so, offloads, loss",
     {.link = {WAN, .tells_mtu = true, .loss_ppm = 5000},
      .devices = {{.caps = ALL_CAPS6, .has_large_rx = true}, {.caps = ALL_CAPS6}},
      USUAL,
      BUFFERS,
      .mtu_every = MNET_MS(300),
      .mtus = {1500, 1280, 1400, 1300},
      .is_ipv6 = true}},
    {"IPv6, wild corruption",
     {.link = {LAN, .corrupt_ppm = 200000, .is_wild = true},
      .conns = 6,
      .bytes_max = 100000,
      .patience = MNET_SEC(300),
      .is_only_survival = true,
      .is_ipv6 = true}},
};

#define SCENARIO_COUNT (sizeof scenarios / sizeof scenarios[0])

static struct traffic traffic;

static bool run_one(const struct scenario *scenario, uint64_t seed)
{
    const char *trouble = traffic_run(&scenario->config, seed, NULL, &traffic);
    if (trouble)
        printf("# %s, seed %" PRIu64 ": %s\n#   again: sim_test '%s' %" PRIu64 "\n", scenario->name,
               seed, trouble, scenario->name, seed);
    return !trouble;
}

static bool run_seeds(const struct scenario *scenario, uint64_t seeds)
{
    for (uint64_t seed = 1; seed <= seeds; seed++)
        if (!run_one(scenario, seed))
            return false;
    return true;
}

/* The k-th allocation fails, for many k: nothing leaks, everything still arrives. */
static bool run_failures(uint64_t seeds)
{
    struct traffic_config config = {
        .link = {LAN}, .conns = 4, .bytes_max = 20000, .patience = MNET_SEC(3000)};
    for (uint64_t k = 1; k <= seeds * 4; k++) {
        config.fail_at = k;
        const char *trouble = traffic_run(&config, 1, NULL, &traffic);
        if (trouble) {
            printf("# allocation %" PRIu64 " fails: %s\n", k, trouble);
            return false;
        }
    }
    return true;
}

static bool run_twice(void)
{
    for (size_t i = 0; i < SCENARIO_COUNT; i++) {
        uint64_t digest[2] = {1, 1};
        for (int k = 0; k < 2; k++)
            if (traffic_run(&scenarios[i].config, 7, &digest[k], &traffic))
                return false;
        if (digest[0] != digest[1]) {
            printf("# %s differs between two runs with one seed\n", scenarios[i].name);
            return false;
        }
    }
    return true;
}

static bool say(bool ok, unsigned number, const char *name, uint64_t seeds)
{
    printf("%s %u - %s, %" PRIu64 " seeds\n", ok ? "ok" : "not ok", number, name, seeds);
    fflush(stdout);
    return ok;
}

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 3 && i < SCENARIO_COUNT; i++)
        if (strcmp(scenarios[i].name, argv[1]) == 0)
            return run_one(&scenarios[i], strtoull(argv[2], NULL, 0)) ? 0 : 1;
    if (argc != 1) {
        fprintf(stderr, "usage: sim_test [SCENARIO SEED]; scenarios:\n");
        for (size_t i = 0; i < SCENARIO_COUNT; i++)
            fprintf(stderr, "  '%s'\n", scenarios[i].name);
        return 2;
    }
    const char *asked = getenv("MNET_SIM_SEEDS");
    uint64_t seeds = asked ? strtoull(asked, NULL, 0) : 200;
    if (seeds == 0)
        seeds = 1;
    unsigned number = 0;
    bool ok = true;
    printf("1..%zu\n", SCENARIO_COUNT + 2);
    for (size_t i = 0; i < SCENARIO_COUNT; i++)
        ok &= say(run_seeds(&scenarios[i], seeds), ++number, scenarios[i].name, seeds);
    ok &=
        say(run_failures(seeds), ++number, "every allocation of the server fails once", seeds * 4);
    ok &= say(run_twice(), ++number, "a seed repeats a run to the bit", 1);
    return ok ? 0 : 1;
}
