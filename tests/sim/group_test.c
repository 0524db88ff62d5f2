/* SPDX-License-Identifier: ISC
 *
 * Multicast between two hosts, of both families: who gets it, who does not, and what routers and
 * snooping switches are told (RFC 1112, RFC 3376, RFC 3810). The frames on the link are read by
 * code of our own. */

/* cmocka wants these before itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "../../ports/sim/sim.h"
#include <cmocka.h>
#include <mnet/dgram.h>
#include <mnet/stack.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY ((size_t)4 << 20)
#define PORT 5353

struct member {
    struct mnet_stack *stack;
    struct mnet_rng_seeded rng;
    void *memory;
    struct mnet_dgram *dgram;
    unsigned received;
    struct mnet_endpoint from, to; /* of the last one */
};

static struct world {
    struct sim *sim;
    struct member a, b;
    struct mnet_addr group; /* what the test is about */
    unsigned joins, leaves; /* reports that name it */
    unsigned datagrams;     /* on the wire */
    unsigned last_ttl;
} w;

/* Group records of an IGMPv3 or MLDv2 report: RFC 3376 4.2.12, RFC 3810 5.2.12. */
static void read_report(const uint8_t *at, const uint8_t *end, size_t addr_len)
{
    const uint8_t *want = w.group.bytes + 16 - addr_len;
    unsigned records = (unsigned)at[6] << 8 | at[7];
    at += 8;
    for (; records > 0 && at + 4 + addr_len <= end; records--) {
        size_t sources = (size_t)at[2] << 8 | at[3];
        if (memcmp(at + 4, want, addr_len) == 0 && sources == 0) {
            w.joins += at[0] == 4;  /* CHANGE_TO_EXCLUDE of nobody */
            w.leaves += at[0] == 3; /* CHANGE_TO_INCLUDE of nobody */
        }
        at += 4 + addr_len + sources * addr_len + at[1] * 4u;
    }
}

static void look(const struct sim_event *event, void *arg)
{
    const uint8_t *f = event->bytes, *end = f + event->len;
    (void)arg;
    if (event->what != SIM_SENT)
        return;
    if (f[12] == 0x08 && f[13] == 0x00) {
        const uint8_t *payload = f + 14 + (f[14] & 15) * 4;
        if (f[23] == 2 && payload[0] == 0x22) {
            assert_int_equal(f[22], 1); /* RFC 3376 4: TTL 1 */
            read_report(payload, end, 4);
        }
        if (f[23] == 17) {
            w.datagrams++;
            w.last_ttl = f[22];
        }
    } else if (f[12] == 0x86) {
        if (f[20] == 0 && f[62] == 143) { /* behind a router alert */
            assert_int_equal(f[21], 1);
            read_report(f + 62, end, 16);
        }
        if (f[20] == 17) {
            w.datagrams++;
            w.last_ttl = f[21];
        }
    }
}

static void on_dgram(struct mnet_dgram *dgram, const struct mnet_dgram_rx *rx, void *arg)
{
    struct member *m = arg;
    (void)dgram;
    m->received++;
    m->from = rx->from;
    m->to = rx->to;
}

static void up(struct member *m, struct sim_link *link, const char *name, const char *v4,
               const char *v6, uint64_t seed)
{
    struct mnet_config config;
    const struct mnet_endpoint local = {mnet_addr_any(), PORT};
    mnet_config_init(&config);
    config.netdev = sim_device_add(link, &(struct sim_device_config){.name = name});
    mnet_rng_seeded_init(&m->rng, seed);
    config.rng = &m->rng.rng;
    config.memory_len = MEMORY;
    config.memory = m->memory = aligned_alloc(64, MEMORY);
    config.ipv6_mode = MNET_IPV6_STATIC;
    assert_int_equal(mnet_cidr_parse(v4, &config.ipv4[0]), MNET_OK);
    assert_int_equal(mnet_cidr_parse(v6, &config.ipv6[0]), MNET_OK);
    assert_int_equal(mnet_stack_create(&config, sim_now(w.sim), &m->stack, NULL), MNET_OK);
    assert_int_equal(mnet_dgram_open(m->stack, &local, on_dgram, NULL, m, &m->dgram), MNET_OK);
}

static void pass(mnet_time time)
{
    struct mnet_stack *stacks[] = {w.a.stack, w.b.stack};
    sim_drive(w.sim, stacks, 2, sim_now(w.sim) + time, NULL, NULL);
    for (unsigned i = 0; i < 2; i++) {
        mnet_stack_poll(stacks[i], sim_now(w.sim));
        assert_true(mnet_stack_ok(stacks[i]));
    }
}

static void begin(const char *group)
{
    w = (struct world){.sim = sim_new(3)};
    struct sim_link *link = sim_link_add(w.sim, &(struct sim_link_config){.delay = MNET_US(20)});
    assert_int_equal(mnet_addr_parse(group, &w.group), MNET_OK);
    sim_trace(w.sim, look, NULL);
    up(&w.a, link, "a", "10.0.0.1/24", "fd00::1/64", 1);
    up(&w.b, link, "b", "10.0.0.2/24", "fd00::2/64", 2);
    pass(MNET_SEC(5));
    w.joins = w.leaves = 0;
}

static void end(void)
{
    struct member *members[] = {&w.a, &w.b};
    for (unsigned i = 0; i < 2; i++) {
        mnet_dgram_close(members[i]->dgram);
        mnet_stack_destroy(members[i]->stack);
        free(members[i]->memory);
    }
    sim_free(w.sim);
}

static void say(struct member *m)
{
    struct mnet_endpoint to = {w.group, PORT};
    assert_int_equal(mnet_dgram_send(m->dgram, &to, "hello", 5), MNET_OK);
    pass(MNET_MS(10));
}

static void exchange(const char *group, const char *address_of_b)
{
    struct mnet_addr b;
    begin(group);
    assert_int_equal(mnet_addr_parse(address_of_b, &b), MNET_OK);
    say(&w.b); /* nobody is in it */
    assert_int_equal(w.a.received + w.b.received, 0);
    assert_int_equal(w.datagrams, 1); /* it left all the same */
    assert_int_equal(w.last_ttl, 1);  /* RFC 1112 6.1, RFC 3493 5.2 */

    assert_int_equal(mnet_dgram_join(w.a.dgram, &w.group), MNET_OK);
    pass(MNET_SEC(5));
    assert_int_equal(w.joins, 2); /* RFC 3376 8.11, RFC 3810 9.14.1: said twice, for loss */
    say(&w.b);
    assert_int_equal(w.a.received, 1);
    assert_int_equal(w.b.received, 0); /* the sender is not in it */
    assert_true(mnet_addr_equal(&w.a.from.addr, &b));
    assert_true(mnet_addr_equal(&w.a.to.addr, &w.group));

    /* A member hears itself, once, and the other one once. */
    assert_int_equal(mnet_dgram_join(w.b.dgram, &w.group), MNET_OK);
    pass(MNET_SEC(5));
    assert_int_equal(w.joins, 4);
    say(&w.b);
    assert_int_equal(w.a.received, 2);
    assert_int_equal(w.b.received, 1);
    assert_true(mnet_addr_equal(&w.b.from.addr, &b));

    assert_int_equal(w.leaves, 0);
    assert_int_equal(mnet_dgram_leave(w.a.dgram, &w.group), MNET_OK);
    pass(MNET_SEC(5));
    assert_int_equal(w.leaves, 2);
    say(&w.b);
    assert_int_equal(w.a.received, 2);
    assert_int_equal(w.b.received, 2);

    /* Closing leaves, too. */
    mnet_dgram_close(w.b.dgram);
    w.b.dgram = NULL;
    pass(MNET_SEC(5));
    assert_int_equal(w.leaves, 4);
    assert_int_equal(mnet_dgram_leave(w.a.dgram, &w.group), MNET_ERR_ADDR_NOT_AVAIL);
    end();
}

static void groups_of_ipv4(void **state)
{
    (void)state;
    exchange("239.1.2.3", "10.0.0.2");
}

static void groups_of_ipv6(void **state)
{
    (void)state;
    exchange("ff05::77", "fd00::2");
}

/* RFC 3376 5, RFC 3810 6: that all hosts are in 224.0.0.1 and ff02::1 is not told. */
static void the_group_of_all_is_not_reported(void **state)
{
    (void)state;
    static const char *const all[] = {"224.0.0.1", "ff02::1"};
    for (unsigned i = 0; i < 2; i++) {
        begin(all[i]);
        assert_int_equal(mnet_dgram_join(w.a.dgram, &w.group), MNET_OK);
        pass(MNET_SEC(5));
        say(&w.b);
        assert_int_equal(w.a.received, 1);
        assert_int_equal(w.joins, 0);
        end();
    }
}

/* Two sockets of a host in one group: told once, left with the last. */
static void a_host_leaves_with_its_last_socket(void **state)
{
    (void)state;
    static const char *const groups[] = {"239.1.2.3", "ff05::77"};
    for (unsigned i = 0; i < 2; i++) {
        begin(groups[i]);
        const struct mnet_endpoint local = {mnet_addr_any(), PORT + 1};
        struct mnet_dgram *second;
        assert_int_equal(mnet_dgram_open(w.a.stack, &local, on_dgram, NULL, &w.a, &second),
                         MNET_OK);
        assert_int_equal(mnet_dgram_join(w.a.dgram, &w.group), MNET_OK);
        assert_int_equal(mnet_dgram_join(second, &w.group), MNET_OK);
        pass(MNET_SEC(5));
        assert_int_equal(w.joins, 2);
        assert_int_equal(mnet_dgram_leave(w.a.dgram, &w.group), MNET_OK);
        pass(MNET_SEC(5));
        say(&w.b);
        assert_int_equal(w.a.received, 0); /* the other socket has another port */
        assert_int_equal(w.leaves, 0);
        mnet_dgram_close(second);
        pass(MNET_SEC(5));
        assert_int_equal(w.leaves, 2);
        end();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_of_ipv4),
        cmocka_unit_test(groups_of_ipv6),
        cmocka_unit_test(the_group_of_all_is_not_reported),
        cmocka_unit_test(a_host_leaves_with_its_last_socket),
    };
    return cmocka_run_group_tests_name("group", tests, NULL, NULL);
}
