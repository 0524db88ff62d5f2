/* SPDX-License-Identifier: ISC */
#include "stack_fixture.h"
#include <stdlib.h>
#include <string.h>

/* Creates from a config that `spoil` has changed; it must be refused with a sentence. */
static void refused(void (*spoil)(struct mnet_config *config))
{
    struct host host;
    host_config(&host, "10.0.0.1/24", 1);
    spoil(&host.config);
    const char *why = NULL;
    assert_int_equal(mnet_stack_create(&host.config, 0, &host.stack, &why), MNET_ERR_INVALID);
    assert_null(host.stack);
    assert_non_null(why);
    assert_true(strlen(why) > 10);
    free(host.memory);
}

static void no_rng(struct mnet_config *c)
{
    c->rng = NULL;
}
static void no_memory(struct mnet_config *c)
{
    c->memory = NULL;
}
static void skewed_memory(struct mnet_config *c)
{
    c->memory = (char *)c->memory + 1;
}
static void little_memory(struct mnet_config *c)
{
    c->memory_len = mnet_config_memory_min(c) - 1;
}
static void small_mtu(struct mnet_config *c)
{
    c->mtu = 575;
}
static void large_mtu(struct mnet_config *c)
{
    c->mtu = 65536;
}
static void long_prefix(struct mnet_config *c)
{
    c->ipv4[0].prefix_len = 33;
}
static void multicast(struct mnet_config *c)
{
    c->ipv4[0].addr = mnet_addr_v4(0xe0000005);
}
static void loopback(struct mnet_config *c)
{
    c->ipv4[0].addr = mnet_addr_v4(0x7f000001);
}
static void twice(struct mnet_config *c)
{
    c->ipv4[1] = c->ipv4[0];
}
static void far_gateway(struct mnet_config *c)
{
    c->ipv4_gateway = mnet_addr_v4(0x0a010101);
}

static void test_an_impossible_config_is_refused_with_a_sentence(void **state)
{
    (void)state;
    refused(no_rng);
    refused(no_memory);
    refused(skewed_memory);
    refused(little_memory);
    refused(small_mtu);
    refused(large_mtu);
    refused(long_prefix);
    refused(multicast);
    refused(loopback);
    refused(twice);
    refused(far_gateway);
}

static void test_creation_allocates_nothing_and_sends_nothing(void **state)
{
    (void)state;
    struct host host;
    uint8_t frame[128];
    host_config(&host, "10.0.0.1/24", 1);
    host_create(&host, 5);
    struct mnet_memory_info info;
    mnet_stack_memory(host.stack, &info);
    assert_int_equal(info.used, 0);
    assert_int_equal(host_frame(&host, frame, sizeof frame), 0);
    assert_int_equal(mnet_stack_deadline(host.stack) <= MNET_MS(1), 1);
    host_destroy(&host);
}

/* The documented minimum is enough to live on. */
static void test_the_smallest_memory_still_serves(void **state)
{
    (void)state;
    struct net net;
    memset(&net, 0, sizeof net);
    host_config(&net.a, "10.0.0.1/24", 1);
    host_config(&net.b, "10.0.0.2/24", 2);
    net.b.config.tcp_conns_max = 64;
    net.b.config.memory_len = mnet_config_memory_min(&net.b.config);
    host_create(&net.a, 0);
    host_create(&net.b, 0);
    struct mnet_listener *listener;
    struct mnet_conn *conn;
    struct mnet_endpoint local = endpoint("10.0.0.2:9");
    assert_int_equal(mnet_conn_listen(net.b.stack, &local, 4, NULL, NULL, &listener), MNET_OK);
    assert_int_equal(mnet_conn_open(net.a.stack, NULL, &local, NULL, NULL, &conn), MNET_OK);
    net_settle(&net);
    struct mnet_conn *accepted;
    assert_int_equal(mnet_conn_accept(listener, NULL, NULL, &accepted), MNET_OK);
    mnet_conn_close(accepted);
    mnet_conn_close(conn);
    mnet_conn_unlisten(listener);
    net_down(&net);
}

static void test_addresses_and_routes_can_be_changed(void **state)
{
    (void)state;
    struct net net;
    net_up(&net);
    struct mnet_cidr more, got;
    assert_int_equal(mnet_cidr_parse("192.168.1.5/16", &more), MNET_OK);
    assert_int_equal(mnet_stack_addr_add(net.a.stack, &more), MNET_OK);
    assert_int_equal(mnet_stack_addr_add(net.a.stack, &more), MNET_ERR_ADDR_IN_USE);
    assert_true(mnet_stack_addr_at(net.a.stack, 1, &got));
    assert_true(mnet_addr_equal(&got.addr, &more.addr));
    assert_int_equal(got.prefix_len, 16);
    assert_false(mnet_stack_addr_at(net.a.stack, 2, &got));
    struct mnet_addr gateway = mnet_addr_v4(0xc0a80101), far = mnet_addr_v4(0x08080808);
    struct mnet_cidr all = {mnet_addr_v4(0), 0};
    assert_int_equal(mnet_stack_route_add(net.a.stack, &all, &gateway), MNET_OK);
    assert_int_not_equal(mnet_stack_route_add(net.a.stack, &all, &far), MNET_OK);
    assert_int_equal(mnet_stack_route_remove(net.a.stack, &all), MNET_OK);
    assert_int_equal(mnet_stack_addr_remove(net.a.stack, &more.addr), MNET_OK);
    assert_int_equal(mnet_stack_addr_remove(net.a.stack, &more.addr), MNET_ERR_ADDR_NOT_AVAIL);
    assert_true(mnet_stack_is_ready(net.a.stack));
    net_down(&net);
}

/* Destroy asserts that every page has come back; with everything open at once it has the most to
 * do. */
static void test_destroy_frees_everything_and_tells_the_peers(void **state)
{
    (void)state;
    struct net net;
    net_up(&net);
    struct mnet_listener *listener;
    struct mnet_conn *conns[10];
    struct mnet_dgram *dgram;
    struct mnet_endpoint local = endpoint("10.0.0.2:9");
    assert_int_equal(mnet_conn_listen(net.b.stack, &local, 10, NULL, NULL, &listener), MNET_OK);
    assert_int_equal(mnet_dgram_open(net.b.stack, &local, NULL, NULL, NULL, &dgram), MNET_OK);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(mnet_conn_open(net.a.stack, NULL, &local, NULL, NULL, &conns[i]), MNET_OK);
        net_settle(&net);
        assert_int_equal(mnet_conn_send(conns[i], "unread", 6), 6);
    }
    net_settle(&net);
    host_destroy(&net.b);
    host_destroy(&net.a);
}

static void test_null_is_fine_for_destroy(void **state)
{
    (void)state;
    mnet_stack_destroy(NULL);
}

/* RFC 6724 6: a host without IPv6 tries IPv4 first. */
static void test_destinations_are_sorted(void **state)
{
    (void)state;
    struct net net;
    net_up(&net);
    struct mnet_addr dst[] = {endpoint("[2001:db8::1]:1").addr, endpoint("10.0.0.2:1").addr};
    mnet_stack_addr_sort(net.a.stack, dst, 2);
    assert_true(mnet_addr_is_v4(&dst[0]));
    assert_false(mnet_addr_is_v4(&dst[1]));
    net_down(&net);
}

/* The link-local address of a stack in that mode, with one secret and a generator of its own. */
static struct mnet_addr link_local(enum mnet_ipv6_mode mode, uint64_t seed)
{
    struct host host;
    struct mnet_cidr cidr;
    host_config(&host, "10.0.0.1/24", seed);
    host.config.ipv6_mode = mode;
    host.config.mac = (struct mnet_mac){{2, 1, 2, 3, 4, 5}};
    memset(host.config.ipv6_secret, 7, sizeof host.config.ipv6_secret);
    host_create(&host, 0);
    assert_true(mnet_stack_addr_at(host.stack, 1, &cidr));
    host_destroy(&host);
    return cidr.addr;
}

/* RFC 7217 3 for PRIVATE; RANDOM are new at each start, whatever the config has. */
static void test_a_secret_makes_private_addresses_stable(void **state)
{
    (void)state;
    struct mnet_addr a = link_local(MNET_IPV6_PRIVATE, 1), b = link_local(MNET_IPV6_PRIVATE, 2);
    assert_true(mnet_addr_equal(&a, &b));
    a = link_local(MNET_IPV6_RANDOM, 1);
    b = link_local(MNET_IPV6_RANDOM, 2);
    assert_false(mnet_addr_equal(&a, &b));
}

/* RFC 4007: the zone of a link-local address names the stack. */
static void test_a_zone_is_that_of_the_stack(void **state)
{
    (void)state;
    struct host host;
    struct mnet_endpoint to = {.port = 7};
    host_config(&host, "10.0.0.1/24", 1);
    host.config.name = "service";
    host_create(&host, 0);
    assert_int_equal(mnet_stack_endpoint_parse(host.stack, "[fe80::1%other]:9", &to),
                     MNET_ERR_NO_DEVICE);
    assert_int_equal(mnet_stack_endpoint_parse(host.stack, "[fd00::1%service]:9", &to),
                     MNET_ERR_INVALID);
    assert_int_equal(to.port, 7);
    static const char *const good[] = {"[fe80::1%service]:9", "[fe80::1]:9", "[fd00::1]:9",
                                       "10.0.0.2:9"};
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(mnet_stack_endpoint_parse(host.stack, good[i], &to), MNET_OK);
        assert_int_equal(to.port, 9);
    }
    host_destroy(&host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_impossible_config_is_refused_with_a_sentence),
        cmocka_unit_test(test_creation_allocates_nothing_and_sends_nothing),
        cmocka_unit_test(test_the_smallest_memory_still_serves),
        cmocka_unit_test(test_addresses_and_routes_can_be_changed),
        cmocka_unit_test(test_destroy_frees_everything_and_tells_the_peers),
        cmocka_unit_test(test_null_is_fine_for_destroy),
        cmocka_unit_test(test_destinations_are_sorted),
        cmocka_unit_test(test_a_zone_is_that_of_the_stack),
        cmocka_unit_test(test_a_secret_makes_private_addresses_stable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
