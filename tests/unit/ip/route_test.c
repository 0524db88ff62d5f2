/* SPDX-License-Identifier: ISC
 *
 * Own addresses, next hops, source selection. */
#include "ip_fixture.h"

static mnet_err add(struct fix *f, uint32_t addr, uint8_t prefix_len)
{
    struct mnet_cidr cidr = {mnet_addr_v4(addr), prefix_len};
    return mn_ip_addr_add(&f->ip, &cidr);
}

static mnet_err route(struct fix *f, uint32_t net, uint8_t prefix_len, uint32_t gateway)
{
    struct mnet_cidr dst = {mnet_addr_v4(net), prefix_len};
    struct mnet_addr gw = gateway ? mnet_addr_v4(gateway) : mnet_addr_any();
    return mn_ip_route_add(&f->ip, &dst, &gw);
}

static mnet_err unroute(struct fix *f, uint32_t net, uint8_t prefix_len)
{
    struct mnet_cidr dst = {mnet_addr_v4(net), prefix_len};
    return mn_ip_route_remove(&f->ip, &dst);
}

/* The next hop to `dst`; 0: no route, 1: ourselves, 2: broadcast. */
static uint32_t hop(struct fix *f, uint32_t dst)
{
    struct mn_ip_hop h;
    if (!mn_ip_hop_find(&f->ip, dst, &h))
        return 0;
    return h.is_local ? 1 : h.is_broadcast ? 2 : h.next;
}

static uint32_t source(struct fix *f, uint32_t dst)
{
    struct mnet_addr to = mnet_addr_v4(dst);
    struct mnet_addr src;
    if (mn_ip_source(&f->ip, &to, &src) != MNET_OK) {
        assert_true(mnet_addr_is_any(&src));
        return 0xdead;
    }
    return mnet_addr_to_v4(&src);
}

static bool is_own(struct fix *f, uint32_t addr)
{
    struct mnet_addr a = mnet_addr_v4(addr);
    return mn_ip_is_own(&f->ip, &a);
}

static bool is_group(struct fix *f, uint32_t addr)
{
    struct mnet_addr a = mnet_addr_v4(addr);
    return mn_ip_is_group(&f->ip, &a);
}

/* RFC 1122 3.2.1.3: what cannot be one host's address. */
static void test_an_own_address_must_be_a_single_hosts(void **state)
{
    struct fix *f = *state;
    const uint32_t bad[] = {0, 0x00000001, 0x7f000001, GROUP, 0xf0000001, 0xffffffff};
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(add(f, bad[i], 24), MNET_ERR_INVALID);
    assert_int_equal(add(f, 0x0a010100, 24), MNET_ERR_INVALID); /* the network itself */
    assert_int_equal(add(f, 0x0a0101ff, 24), MNET_ERR_INVALID); /* its broadcast */
    assert_int_equal(add(f, 0x0a010101, 33), MNET_ERR_INVALID);
    struct mnet_cidr v6 = {mnet_addr_any(), 64};
    assert_int_equal(mn_ip_addr_add(&f->ip, &v6), MNET_ERR_INVALID);
    assert_int_equal(f->ip.own_count, 1);
}

static void test_an_address_is_added_once_and_the_table_is_bounded(void **state)
{
    struct fix *f = *state;
    assert_int_equal(add(f, OWN, 16), MNET_ERR_ADDR_IN_USE);
    for (uint32_t i = 1; i < MN_IP_ADDRS; i++)
        assert_int_equal(add(f, OWN + i, 24), MNET_OK);
    assert_int_equal(add(f, OWN + 100, 24), MNET_ERR_NO_MEMORY);
    struct mnet_cidr at;
    for (unsigned i = 0; i < MN_IP_ADDRS; i++) {
        assert_true(mn_ip_addr_at(&f->ip, i, &at));
        assert_int_equal(mnet_addr_to_v4(&at.addr), OWN + i);
        assert_int_equal(at.prefix_len, 24);
    }
    assert_false(mn_ip_addr_at(&f->ip, MN_IP_ADDRS, &at));
    assert_true(mn_ip_ok(&f->ip));
}

static void test_a_removed_address_is_forgotten_and_the_order_kept(void **state)
{
    struct fix *f = *state;
    fix_addr(f, OWN + 1, 24);
    fix_addr(f, OWN + 2, 24);
    struct mnet_addr addr = mnet_addr_v4(OWN + 1);
    assert_int_equal(mn_ip_addr_remove(&f->ip, &addr), MNET_OK);
    assert_int_equal(mn_ip_addr_remove(&f->ip, &addr), MNET_ERR_ADDR_NOT_AVAIL);
    assert_false(is_own(f, OWN + 1));
    assert_true(is_own(f, OWN) && is_own(f, OWN + 2));
    assert_int_equal(source(f, PEER), OWN);
    struct mnet_addr v6 = mnet_addr_any();
    assert_int_equal(mn_ip_addr_remove(&f->ip, &v6), MNET_ERR_ADDR_NOT_AVAIL);
}

static void test_own_addresses_and_127_are_ourselves(void **state)
{
    struct fix *f = *state;
    assert_int_equal(hop(f, OWN), 1);
    assert_int_equal(hop(f, 0x7f000001), 1);
    assert_int_equal(hop(f, 0x7fffffff), 1);
    assert_true(is_own(f, 0x7f123456));
    assert_false(is_own(f, PEER));
}

/* RFC 1122 3.3.1.1: direct on a connected network, by a gateway elsewhere. */
static void test_connected_networks_are_direct_and_the_rest_by_gateway(void **state)
{
    struct fix *f = *state;
    assert_int_equal(hop(f, PEER), PEER);
    assert_int_equal(hop(f, FAR), 0);
    fix_route(f, 0, 0, ROUTER);
    assert_int_equal(hop(f, FAR), ROUTER);
    assert_int_equal(hop(f, PEER), PEER);
}

static void test_the_longest_prefix_wins(void **state)
{
    struct fix *f = *state;
    fix_route(f, 0, 0, 0x0a000010);
    fix_route(f, 0xc6336400, 24, 0x0a000011);
    fix_route(f, 0xc6330000, 16, 0x0a000012);
    fix_route(f, FAR, 32, 0x0a000013);
    assert_int_equal(hop(f, FAR), 0x0a000013);
    assert_int_equal(hop(f, FAR + 1), 0x0a000011);
    assert_int_equal(hop(f, 0xc6330001), 0x0a000012);
    assert_int_equal(hop(f, 0x08080808), 0x0a000010);
    assert_int_equal(unroute(f, FAR, 32), MNET_OK);
    assert_int_equal(hop(f, FAR), 0x0a000011);
    assert_true(mn_ip_ok(&f->ip));
}

static void test_a_static_route_longer_than_the_own_network_wins(void **state)
{
    struct fix *f = *state;
    fix_route(f, 0x0a000080, 25, ROUTER);
    assert_int_equal(hop(f, 0x0a000081), ROUTER);
    assert_int_equal(hop(f, 0x0a000003), 0x0a000003);
    assert_int_equal(route(f, 0x0a000000, 24, ROUTER), MNET_OK); /* a tie: the own network */
    assert_int_equal(hop(f, 0x0a000003), 0x0a000003);
}

static void test_a_route_without_gateway_is_direct(void **state)
{
    struct fix *f = *state;
    assert_int_equal(route(f, 0xc6336400, 24, 0), MNET_OK);
    assert_int_equal(hop(f, FAR), FAR);
}

static void test_routes_are_refused_when_impossible(void **state)
{
    struct fix *f = *state;
    assert_int_equal(route(f, 0, 33, ROUTER), MNET_ERR_INVALID);
    assert_int_equal(route(f, 0, 0, FAR), MNET_ERR_INVALID); /* not a neighbour */
    assert_int_equal(route(f, 0, 0, OWN), MNET_ERR_INVALID);
    assert_int_equal(route(f, 0, 0, 0x0a0000ff), MNET_ERR_INVALID);
    assert_int_equal(route(f, 0, 0, GROUP), MNET_ERR_INVALID);
    assert_int_equal(unroute(f, 0, 0), MNET_ERR_ADDR_NOT_AVAIL);
    assert_int_equal(route(f, 0, 0, ROUTER), MNET_OK);
    assert_int_equal(route(f, 0x01020304, 0, ROUTER), MNET_ERR_ADDR_IN_USE); /* host bits */
    for (uint32_t i = 1; i < MN_IP_ROUTES; i++)
        assert_int_equal(route(f, i << 24, 8, ROUTER), MNET_OK);
    assert_int_equal(route(f, 0x63000000, 8, ROUTER), MNET_ERR_NO_MEMORY);
    assert_int_equal(unroute(f, 0, 40), MNET_ERR_ADDR_NOT_AVAIL);
    assert_true(mn_ip_ok(&f->ip));
}

/* RFC 3021 2: both addresses of a /31 are hosts. */
static void test_a_31_has_two_hosts_and_no_broadcast(void **state)
{
    struct fix *f = *state;
    assert_int_equal(add(f, 0xc0a80100, 31), MNET_OK);
    assert_int_equal(hop(f, 0xc0a80101), 0xc0a80101);
    assert_false(is_group(f, 0xc0a80101));
    assert_int_equal(source(f, 0xc0a80101), 0xc0a80100);
}

static void test_a_32_reaches_nobody_but_by_its_gateway(void **state)
{
    struct fix *f = fix_new(64);
    struct mnet_addr own = mnet_addr_v4(OWN);
    assert_int_equal(mn_ip_addr_remove(&f->ip, &own), MNET_OK);
    assert_int_equal(add(f, 0xc0a80105, 32), MNET_OK);
    assert_int_equal(hop(f, 0xc0a80106), 0);
    assert_false(is_group(f, 0xc0a80105));
    assert_int_equal(route(f, 0, 0, 0xc0a80101), MNET_OK);
    assert_int_equal(hop(f, FAR), 0xc0a80101);
    assert_int_equal(source(f, FAR), 0xc0a80105);
    fix_free(f);
    (void)state;
}

/* RFC 1122 3.3.6: the forms of broadcast. */
static void test_broadcast_is_limited_or_directed_to_an_own_network(void **state)
{
    struct fix *f = *state;
    assert_int_equal(hop(f, 0xffffffff), 2);
    assert_int_equal(hop(f, 0x0a0000ff), 2);
    assert_int_equal(hop(f, 0x0a0001ff), 0); /* of another network: a unicast without route */
    assert_true(is_group(f, 0xffffffff) && is_group(f, 0x0a0000ff) && is_group(f, GROUP));
    assert_false(is_group(f, PEER) || is_group(f, 0x0a0001ff));
}

static void test_multicast_goes_out_directly(void **state)
{
    struct fix *f = *state;
    assert_int_equal(hop(f, GROUP), GROUP);
}

static void test_impossible_destinations_have_no_route(void **state)
{
    struct fix *f = *state;
    fix_route(f, 0, 0, ROUTER);
    assert_int_equal(hop(f, 0), 0);
    assert_int_equal(hop(f, 0x00112233), 0);
    assert_int_equal(hop(f, 0xf1000001), 0);
    struct mnet_addr v6 = {{0x20, 0x01}};
    struct mnet_addr src;
    assert_int_equal(mn_ip_source(&f->ip, &v6, &src), MNET_ERR_NET_UNREACH);
}

/* RFC 1122 3.3.4.3: a source on the network of the next hop. */
static void test_the_source_is_near_the_next_hop(void **state)
{
    struct fix *f = *state;
    fix_addr(f, 0xc0a80005, 16);
    fix_addr(f, 0xc0a80105, 24);
    assert_int_equal(source(f, PEER), OWN);
    assert_int_equal(source(f, 0xc0a80909), 0xc0a80005);
    assert_int_equal(source(f, 0xc0a80109), 0xc0a80105);
    fix_route(f, 0xc6336400, 24, 0xc0a80901);
    assert_int_equal(source(f, FAR), 0xc0a80005);
    assert_int_equal(source(f, GROUP), OWN);
    assert_int_equal(source(f, 0xffffffff), OWN);
    assert_int_equal(source(f, 0xc0a801ff), 0xc0a80105);
    assert_int_equal(source(f, 0x7f000001), 0x7f000001);
    assert_int_equal(source(f, 0xc0a80105), 0xc0a80105);
    assert_int_equal(source(f, 0x08080808), 0xdead);
}

/* RFC 1122 3.2.1.3 (a): 0.0.0.0 is a source only while there is no address. */
static void test_without_a_ready_address_only_broadcast_has_a_source(void **state)
{
    struct fix *f = *state;
    f->link.is_probing = true;
    assert_int_equal(source(f, PEER), 0xdead);
    assert_int_equal(source(f, GROUP), 0xdead);
    assert_int_equal(source(f, 0xffffffff), 0);
    f->link.is_probing = false;
    assert_int_equal(source(f, PEER), OWN);
}

static void test_confirmation_is_of_the_next_hop(void **state)
{
    struct fix *f = *state;
    fix_route(f, 0, 0, ROUTER);
    struct mnet_addr far = mnet_addr_v4(FAR);
    struct mnet_addr own = mnet_addr_v4(OWN);
    struct mnet_addr v6 = {{0x20}};
    mn_ip_confirm(&f->ip, &far);
    assert_int_equal(mnet_addr_to_v4(&f->link.confirmed), ROUTER);
    f->link.confirmed = mnet_addr_any();
    mn_ip_confirm(&f->ip, &own);
    mn_ip_confirm(&f->ip, &v6);
    assert_int_equal(mnet_addr_to_v4(&f->link.confirmed), 0);
}

/* Against a reference that walks everything, over random tables. */
static void test_random_tables_agree_with_a_plain_reference(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < 200; seed++) {
        struct fix *f = fix_new(16);
        uint32_t net[MN_IP_ROUTES], mask[MN_IP_ROUTES], gw[MN_IP_ROUTES];
        unsigned count = 0;
        for (unsigned i = 0; i < MN_IP_ROUTES; i++) {
            unsigned plen = mn_env_below(&f->env, 33);
            uint32_t m = plen ? 0xffffffffu << (32 - plen) : 0;
            uint32_t n = (0xc6000000u | mn_env_below(&f->env, 4)) & m;
            uint32_t g = 0x0a000010u + i;
            if (route(f, n, (uint8_t)plen, g) == MNET_OK) {
                net[count] = n;
                mask[count] = m;
                gw[count++] = g;
            }
        }
        for (uint32_t dst = 0xc6000000u; dst < 0xc6000008u; dst++) {
            uint32_t best = 0, best_mask = 0;
            bool found = false;
            for (unsigned i = 0; i < count; i++)
                if ((dst & mask[i]) == net[i] && (!found || mask[i] > best_mask)) {
                    found = true;
                    best = gw[i];
                    best_mask = mask[i];
                }
            assert_int_equal(hop(f, dst), best);
        }
        fix_free(f);
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fix_setup, fix_teardown)
    const struct CMUnitTest tests[] = {
        T(test_an_own_address_must_be_a_single_hosts),
        T(test_an_address_is_added_once_and_the_table_is_bounded),
        T(test_a_removed_address_is_forgotten_and_the_order_kept),
        T(test_own_addresses_and_127_are_ourselves),
        T(test_connected_networks_are_direct_and_the_rest_by_gateway),
        T(test_the_longest_prefix_wins),
        T(test_a_static_route_longer_than_the_own_network_wins),
        T(test_a_route_without_gateway_is_direct),
        T(test_routes_are_refused_when_impossible),
        T(test_a_31_has_two_hosts_and_no_broadcast),
        T(test_a_32_reaches_nobody_but_by_its_gateway),
        T(test_broadcast_is_limited_or_directed_to_an_own_network),
        T(test_multicast_goes_out_directly),
        T(test_impossible_destinations_have_no_route),
        T(test_the_source_is_near_the_next_hop),
        T(test_without_a_ready_address_only_broadcast_has_a_source),
        T(test_confirmation_is_of_the_next_hop),
        T(test_random_tables_agree_with_a_plain_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
