/* SPDX-License-Identifier: ISC
 *
 * A whole stack of IPv6 beside a wire played by hand: neighbours (RFC 4861 7.3), detection of
 * duplicates (RFC 4862 5.4, RFC 7527), addresses of prefixes and their lifetimes (RFC 4862 5.5, RFC
 * 8981), routers and what they say of the link (RFC 4861 6.3). Every timer is measured by what is
 * sent. Each scenario runs with several seeds. */
#include "wire6.h"
#include <stdio.h>
#include <string.h>

#define SEEDS 20
#define DAY 86400u

static void each_seed(void (*scenario)(struct wire6 *w), void (*change)(struct mnet_config *config))
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct wire6 *w = wire6_new(seed, change);
        scenario(w);
        wire6_free(w);
    }
}

#define SCENARIO(name, change)                                                                     \
    static void name(void **state)                                                                 \
    {                                                                                              \
        (void)state;                                                                               \
        each_seed(name##_once, change);                                                            \
    }

/* Whether `n` things were sent, `pause` apart. */
static void assert_apart(const struct times *times, unsigned n, mnet_time pause)
{
    assert_int_equal(times->count, n);
    for (unsigned i = 1; i < n; i++)
        assert_in_range(times->at[i] - times->at[i - 1], pause, pause + MNET_MS(1));
}

static void fixed_address(struct mnet_config *config)
{
    assert_int_equal(mnet_cidr_parse("fd00::2/64", &config->ipv6[0]), MNET_OK);
}

static void temporary(struct mnet_config *config)
{
    config->ipv6_temporary = true;
}

static const struct ra router = {.lifetime_s = 1800};

/* ---- neighbours ---- */

/* INCOMPLETE, REACHABLE, STALE, DELAY, PROBE and back, by a neighbour that answers. */
static void a_neighbour_that_answers_is_kept_once(struct wire6 *w)
{
    wire6_station(w, "fd00::1");
    wire6_pass(w, MNET_SEC(3));
    wire6_forget(w);
    assert_int_equal(wire6_send(w, "fd00::1", 10), MNET_OK);
    assert_int_equal(w->group.count, 1);
    assert_int_equal(w->udp.count, 1);
    assert_string_equal(wire6_neighbour(w, "fd00::1"), "REACHABLE");
    /* ReachableTime is 15 to 45 s. */
    wire6_pass(w, MNET_SEC(14));
    assert_string_equal(wire6_neighbour(w, "fd00::1"), "REACHABLE");
    wire6_pass(w, MNET_SEC(32));
    assert_string_equal(wire6_neighbour(w, "fd00::1"), "STALE");
    mnet_time sent = sim_now(w->sim);
    assert_int_equal(wire6_send(w, "fd00::1", 10), MNET_OK);
    assert_int_equal(w->udp.count, 2); /* at once */
    assert_string_equal(wire6_neighbour(w, "fd00::1"), "DELAY");
    wire6_pass(w, MNET_SEC(6));
    assert_int_equal(w->unicast.count, 1);
    assert_in_range(w->unicast.at[0] - sent, MNET_SEC(5), MNET_SEC(5) + MNET_MS(1));
    assert_string_equal(wire6_neighbour(w, "fd00::1"), "REACHABLE");
    assert_int_equal(w->group.count, 1);
}
SCENARIO(a_neighbour_that_answers_is_kept, fixed_address)

/* PROBE to the end, INCOMPLETE to the end, FAILED, and back to life. */
static void a_neighbour_that_falls_silent_is_given_up_once(struct wire6 *w)
{
    struct station *peer = wire6_station(w, "fd00::1");
    wire6_pass(w, MNET_SEC(3));
    assert_int_equal(wire6_send(w, "fd00::1", 10), MNET_OK);
    wire6_pass(w, MNET_SEC(46));
    peer->is_there = false;
    wire6_forget(w);
    assert_int_equal(wire6_send(w, "fd00::1", 10), MNET_OK);
    wire6_pass(w, MNET_SEC(5) + MNET_MS(500));
    assert_string_equal(wire6_neighbour(w, "fd00::1"), "PROBE");
    wire6_pass(w, MNET_SEC(3));
    assert_apart(&w->unicast, 3, MNET_SEC(1));
    assert_string_equal(wire6_neighbour(w, "fd00::1"), "LOST");
    assert_int_equal(w->group.count, 0);
    /* Everybody is asked, three times. */
    assert_int_equal(wire6_send(w, "fd00::1", 10), MNET_OK);
    assert_string_equal(wire6_neighbour(w, "fd00::1"), "INCOMPLETE");
    wire6_pass(w, MNET_MS(3500));
    assert_apart(&w->group, 3, MNET_SEC(1));
    assert_string_equal(wire6_neighbour(w, "fd00::1"), "FAILED");
    assert_int_equal(mnet_stack_drops(w->stack, MNET_DROP_NEIGH_FAILED), 1);
    assert_int_equal(wire6_send(w, "fd00::1", 10), MNET_ERR_NET_UNREACH);
    wire6_pass(w, MNET_SEC(4));
    peer->is_there = true;
    assert_int_equal(wire6_send(w, "fd00::1", 10), MNET_OK);
    assert_string_equal(wire6_neighbour(w, "fd00::1"), "REACHABLE");
    assert_int_equal(w->udp.count, 2);
}
SCENARIO(a_neighbour_that_falls_silent_is_given_up, fixed_address)

/* It moves to other hardware and says so: what was learned before is not used any more. */
static void a_neighbour_that_moves_is_followed_once(struct wire6 *w)
{
    struct station *peer = wire6_station(w, "fd00::1");
    wire6_pass(w, MNET_SEC(3));
    assert_int_equal(wire6_send(w, "fd00::1", 10), MNET_OK);
    assert_memory_equal(w->udp.to.bytes, peer->mac.bytes, 6);
    struct mnet_mac before = peer->mac;
    peer->mac.bytes[5] = 0x77;
    wire6_na(w, peer, 0); /* without override: doubt only */
    wire6_pass(w, MNET_MS(1));
    assert_string_equal(wire6_neighbour(w, "fd00::1"), "STALE");
    assert_int_equal(wire6_send(w, "fd00::1", 10), MNET_OK);
    assert_memory_equal(w->udp.to.bytes, before.bytes, 6);
    wire6_na(w, peer, 0x20);
    wire6_pass(w, MNET_MS(1));
    assert_int_equal(wire6_send(w, "fd00::1", 10), MNET_OK);
    assert_memory_equal(w->udp.to.bytes, peer->mac.bytes, 6);
}
SCENARIO(a_neighbour_that_moves_is_followed, fixed_address)

/* RFC 4007, RFC 6724: on the only link there is no question of which; from the address of that
 * scope. */
static void link_local_neighbours_need_no_zone_once(struct wire6 *w)
{
    struct mnet_endpoint to;
    wire6_station(w, "fe80::1");
    wire6_pass(w, MNET_SEC(3));
    assert_int_equal(wire6_send(w, "fe80::1", 10), MNET_OK);
    assert_int_equal(w->udp.count, 1);
    assert_int_equal(w->udp.src.bytes[0], 0xfe);
    assert_int_equal(mnet_stack_endpoint_parse(w->stack, "[fe80::1%stack]:9", &to), MNET_OK);
    assert_int_equal(mnet_dgram_send(w->dgram, &to, "x", 1), MNET_OK);
    wire6_pass(w, MNET_MS(1));
    assert_int_equal(w->udp.count, 2);
    assert_int_equal(mnet_stack_endpoint_parse(w->stack, "[fe80::1%wire]:9", &to),
                     MNET_ERR_NO_DEVICE);
}
SCENARIO(link_local_neighbours_need_no_zone, fixed_address)

/* ---- detection of duplicates ---- */

/* RFC 4862 5.4: one solicitation within a second, another one of silence; RFC 9131: then all
 * routers know. */
static void an_address_that_nobody_has_is_taken_once(struct wire6 *w)
{
    wire6_pass(w, MNET_SEC(3));
    assert_int_equal(w->probes.count, 2); /* link-local and static */
    for (unsigned i = 0; i < 2; i++)
        assert_true(w->probes.at[i] - w->started <= MNET_SEC(1));
    assert_true(mnet_stack_is_ready(w->stack));
    assert_null(strstr(wire6_line(w, "address fd00::2/64"), "probing"));
}
SCENARIO(an_address_that_nobody_has_is_taken, fixed_address)

static unsigned conflicts;

static void on_conflict(struct mnet_stack *stack, const struct mnet_addr *addr,
                        const struct mnet_mac *mac, void *arg)
{
    (void)stack;
    (void)addr;
    (void)mac;
    (void)arg;
    conflicts++;
}

/* RFC 7217 6: three more identifiers, then none; a static address is given up at once. */
static void addresses_of_others_are_not_taken_once(struct wire6 *w)
{
    conflicts = 0;
    mnet_stack_on_conflict(w->stack, on_conflict, NULL);
    w->has_all = true;
    wire6_pass(w, MNET_SEC(20));
    assert_int_equal(w->probes.count, 5);
    assert_int_equal(conflicts, 5);
    assert_int_equal(wire6_lines(w, "address "), 0);
    assert_int_equal(w->adverts.count, 0);
    assert_int_equal(w->asks.count, 0);
}
SCENARIO(addresses_of_others_are_not_taken, fixed_address)

/* RFC 4862 5.4.3: two hosts that want the same address both lose it. */
static void an_address_that_two_want_is_nobodys_once(struct wire6 *w)
{
    wire6_pass(w, MNET_SEC(3));
    const struct mnet_cidr more = {{{0xfd, 0, [15] = 9}}, 64};
    wire6_forget(w);
    w->wants_too = true;
    assert_int_equal(mnet_stack_addr_add(w->stack, &more), MNET_OK);
    wire6_pass(w, MNET_SEC(3));
    assert_int_equal(w->probes.count, 1);
    assert_int_equal(wire6_lines(w, "address fd00::9"), 0);
}
SCENARIO(an_address_that_two_want_is_nobodys, fixed_address)

/* What comes back as it was sent is not even looked at. */
static void a_link_that_reflects_is_usable_once(struct wire6 *w)
{
    w->reflects = true;
    wire6_pass(w, MNET_SEC(8));
    assert_int_equal(w->probes.count, 1);
    assert_true(mnet_stack_drops(w->stack, MNET_DROP_ETHER_SOURCE_BAD) > 0);
    assert_true(mnet_stack_is_ready(w->stack));
}
SCENARIO(a_link_that_reflects_is_usable, NULL)

/* RFC 7527 4.2: our own solicitation comes back by somebody else, is known by its nonce, and makes
 * three more, a second apart. */
static void a_link_that_reflects_by_another_is_usable_once(struct wire6 *w)
{
    w->reflects = w->renames = true;
    wire6_pass(w, MNET_SEC(8));
    assert_int_equal(w->probes.count, 4);
    for (unsigned i = 1; i < 4; i++)
        assert_in_range(w->probes.at[i] - w->probes.at[i - 1], MNET_SEC(1),
                        MNET_SEC(1) + MNET_MS(1));
    assert_int_equal(wire6_lines(w, "address fe80::"), 1);
    assert_null(strstr(wire6_line(w, "address fe80::"), "probing"));
    assert_true(mnet_stack_is_ready(w->stack));
}
SCENARIO(a_link_that_reflects_by_another_is_usable, NULL)

/* ---- addresses of prefixes ---- */

static void hear_prefix(struct wire6 *w, uint32_t preferred_s, uint32_t valid_s)
{
    wire6_ra(w, &(struct ra){.lifetime_s = 1800,
                             .prefix = "2001:db8::",
                             .is_on_link = true,
                             .is_autonomous = true,
                             .preferred_s = preferred_s,
                             .valid_s = valid_s});
    wire6_pass(w, MNET_MS(1));
}

/* RFC 4862 5.5.3, 5.5.4: tentative, preferred, deprecated, gone. */
static void an_address_lives_as_long_as_its_prefix_once(struct wire6 *w)
{
    wire6_station(w, "2001:db8::1");
    wire6_pass(w, MNET_SEC(3));
    hear_prefix(w, 100, 200);
    struct mnet_addr own = wire6_own(w, "autoconf", 0);
    assert_non_null(strstr(wire6_line(w, "address 2001:"), " probing"));
    wire6_pass(w, MNET_SEC(3));
    assert_null(strstr(wire6_line(w, "address 2001:"), " probing"));
    assert_int_equal(wire6_send(w, "2001:db8::1", 10), MNET_OK);
    assert_memory_equal(w->udp.src.bytes, own.bytes, 16);
    wire6_pass(w, MNET_SEC(98)); /* deprecated, still the only one of that scope */
    assert_int_equal(wire6_seconds(wire6_line(w, "address 2001:"), "preferred"), 0);
    assert_int_equal(wire6_send(w, "2001:db8::1", 10), MNET_OK);
    assert_memory_equal(w->udp.src.bytes, own.bytes, 16);
    /* Another prefix whose address is preferred. */
    wire6_ra(w, &(struct ra){.lifetime_s = 1800,
                             .prefix = "2001:db8:1::",
                             .is_autonomous = true,
                             .preferred_s = 1000,
                             .valid_s = 1000});
    wire6_pass(w, MNET_SEC(3));
    assert_int_equal(wire6_send(w, "2001:db8::1", 10), MNET_OK);
    assert_int_equal(w->udp.src.bytes[5], 1);
    wire6_pass(w, MNET_SEC(97));
    assert_int_equal(wire6_lines(w, "address 2001:db8:0:") + wire6_lines(w, "address 2001:db8::"),
                     0);
    assert_int_equal(wire6_lines(w, "address 2001:db8:1:"), 1);
    assert_int_equal(wire6_lines(w, "prefix 2001:db8::"), 0);
}
SCENARIO(an_address_lives_as_long_as_its_prefix, NULL)

/* RFC 4862 5.5.3 (e). */
static void nobody_cuts_a_lifetime_below_two_hours_once(struct wire6 *w)
{
    wire6_pass(w, MNET_SEC(3));
    hear_prefix(w, DAY, DAY);
    hear_prefix(w, 0, 0); /* "gone at once" */
    assert_int_equal(wire6_seconds(wire6_line(w, "address 2001:"), "valid"), 7199);
    assert_int_equal(wire6_seconds(wire6_line(w, "address 2001:"), "preferred"), 0);
    wire6_pass(w, MNET_SEC(3600));
    hear_prefix(w, 60, 60); /* less than is left, and that is less than two hours */
    assert_in_range(wire6_seconds(wire6_line(w, "address 2001:"), "valid"), 3590, 3600);
    wire6_pass(w, MNET_SEC(3601));
    assert_int_equal(wire6_lines(w, "address 2001:"), 0);
    hear_prefix(w, UINT32_MAX, UINT32_MAX);
    wire6_pass(w, MNET_SEC(100 * DAY));
    assert_int_equal(wire6_lines(w, "address 2001:"), 1);
}
SCENARIO(nobody_cuts_a_lifetime_below_two_hours, NULL)

/* RFC 7217 6: the address of a prefix that another host has gets another identifier. */
static void a_prefix_address_of_another_is_replaced_once(struct wire6 *w)
{
    wire6_pass(w, MNET_SEC(3));
    hear_prefix(w, DAY, DAY);
    struct mnet_addr first = wire6_own(w, "autoconf", 0);
    wire6_take(w, &first);
    wire6_pass(w, MNET_SEC(4));
    struct mnet_addr second = wire6_own(w, "autoconf", 0);
    assert_false(mnet_addr_is_any(&second));
    assert_memory_not_equal(first.bytes, second.bytes, 16);
    assert_null(strstr(wire6_line(w, "address 2001:"), "probing"));
}
SCENARIO(a_prefix_address_of_another_is_replaced, NULL)

/* ---- temporary addresses: RFC 8981 ---- */

static unsigned usable_temporaries(struct wire6 *w)
{
    unsigned n = 0, usable = 0;
    char text[MNET_ADDR_TEXT_MAX], beginning[80];
    for (struct mnet_addr a; a = wire6_own(w, "temporary", n), !mnet_addr_is_any(&a); n++) {
        snprintf(beginning, sizeof beginning, "address %s/",
                 mnet_addr_print(&a, text, sizeof text));
        usable += wire6_seconds(wire6_line(w, beginning), "preferred") > 0;
    }
    return usable;
}

/* The desync factor: between three fifths of a day and a day (3.8), different for each. */
static uint32_t least_preferred, most_preferred;

static void temporary_addresses_are_used_and_renewed_once(struct wire6 *w)
{
    wire6_station(w, "2001:db8::1");
    wire6_pass(w, MNET_SEC(3));
    hear_prefix(w, 7 * DAY, 30 * DAY);
    wire6_pass(w, MNET_SEC(3));
    struct mnet_addr first = wire6_own(w, "temporary", 0), stable = wire6_own(w, "autoconf", 0);
    assert_false(mnet_addr_is_any(&first) || mnet_addr_is_any(&stable));
    assert_memory_not_equal(first.bytes + 8, stable.bytes + 8, 8);
    assert_int_equal(wire6_send(w, "2001:db8::1", 10), MNET_OK);
    assert_memory_equal(w->udp.src.bytes, first.bytes, 16);
    char beginning[80], text[MNET_ADDR_TEXT_MAX];
    snprintf(beginning, sizeof beginning, "address %s/",
             mnet_addr_print(&first, text, sizeof text));
    uint32_t preferred = wire6_seconds(wire6_line(w, beginning), "preferred");
    least_preferred = preferred < least_preferred ? preferred : least_preferred;
    most_preferred = preferred > most_preferred ? preferred : most_preferred;
    assert_in_range(preferred, DAY * 3 / 5 - 5, DAY);
    /* REGEN_ADVANCE before its end there is another one, which is ready in time (3.4, 3.5). */
    wire6_pass(w, MNET_SEC(preferred - 6));
    assert_int_equal(usable_temporaries(w), 1);
    wire6_pass(w, MNET_SEC(8));
    assert_int_equal(usable_temporaries(w), 1);
    struct mnet_addr second = wire6_own(w, "temporary", 1);
    assert_int_equal(wire6_seconds(wire6_line(w, beginning), "preferred"), 0);
    assert_int_equal(wire6_send(w, "2001:db8::1", 10), MNET_OK);
    assert_memory_equal(w->udp.src.bytes, second.bytes, 16);
    /* Two days after it was made, whatever routers say, the first is gone; there is always one. */
    for (unsigned hour = 0; hour < 48; hour++) {
        hear_prefix(w, 7 * DAY, 30 * DAY);
        wire6_pass(w, MNET_SEC(3600));
        assert_in_range(usable_temporaries(w), 1, 2);
    }
    assert_int_equal(wire6_lines(w, beginning), 0);
    assert_in_range(wire6_lines(w, "address 2001:"), 2, 5);
}

static void temporary_addresses_are_used_and_renewed(void **state)
{
    (void)state;
    least_preferred = UINT32_MAX;
    most_preferred = 0;
    each_seed(temporary_addresses_are_used_and_renewed_once, temporary);
    assert_true(most_preferred - least_preferred > DAY / 5);
}

/* 3.4: as short as the prefix; a taken one is replaced. */
static void temporary_addresses_follow_their_prefix_once(struct wire6 *w)
{
    wire6_pass(w, MNET_SEC(3));
    hear_prefix(w, 3600, 7200);
    struct mnet_addr first = wire6_own(w, "temporary", 0);
    wire6_take(w, &first);
    wire6_pass(w, MNET_SEC(4));
    struct mnet_addr second = wire6_own(w, "temporary", 0);
    assert_memory_not_equal(first.bytes, second.bytes, 16);
    assert_int_equal(usable_temporaries(w), 1);
    wire6_pass(w, MNET_SEC(3600));
    assert_int_equal(usable_temporaries(w), 0);
    wire6_pass(w, MNET_SEC(3600));
    assert_int_equal(wire6_lines(w, "address 2001:"), 0);
}
SCENARIO(temporary_addresses_follow_their_prefix, temporary)

/* ---- routers ---- */

/* RFC 7559: until one answers; RFC 4861 6.3.4: its lifetime. */
static void a_router_lasts_as_long_as_it_says_once(struct wire6 *w)
{
    struct station *r = wire6_station(w, "fe80::1");
    r->is_router = true;
    wire6_pass(w, MNET_SEC(60));
    assert_in_range(w->asks.count, 3, 5);
    assert_in_range(w->asks.at[1] - w->asks.at[0], MNET_MS(3600), MNET_MS(4400));
    assert_int_equal(wire6_send(w, "2001:db8::7", 10), MNET_ERR_NET_UNREACH);
    wire6_ra(w, &(struct ra){.lifetime_s = 100});
    wire6_pass(w, MNET_MS(1));
    unsigned asked = w->asks.count;
    assert_int_equal(wire6_send(w, "2001:db8::7", 10), MNET_OK);
    assert_memory_equal(w->udp.to.bytes, r->mac.bytes, 6);
    wire6_pass(w, MNET_SEC(99));
    assert_int_equal(wire6_send(w, "2001:db8::7", 10), MNET_OK);
    wire6_pass(w, MNET_SEC(2));
    assert_int_equal(wire6_send(w, "2001:db8::7", 10), MNET_ERR_NET_UNREACH);
    assert_int_equal(w->asks.count, asked);
    wire6_ra(w, &router);
    wire6_pass(w, MNET_MS(1));
    assert_int_equal(wire6_send(w, "2001:db8::7", 10), MNET_OK);
    wire6_ra(w, &(struct ra){.lifetime_s = 0}); /* a router that ends says so */
    wire6_pass(w, MNET_MS(1));
    assert_int_equal(wire6_send(w, "2001:db8::7", 10), MNET_ERR_NET_UNREACH);
}
SCENARIO(a_router_lasts_as_long_as_it_says, NULL)

/* RFC 4861 6.3.6, 7.3.3: a router that answers no more is left for another. */
static void a_silent_router_is_left_once(struct wire6 *w)
{
    struct station *a = wire6_station(w, "fe80::a"), *b = wire6_station(w, "fe80::b");
    a->is_router = b->is_router = true;
    wire6_pass(w, MNET_SEC(3));
    wire6_ra(w, &(struct ra){.from = "fe80::a", .lifetime_s = 1800});
    wire6_ra(w, &(struct ra){.from = "fe80::b", .lifetime_s = 1800});
    wire6_pass(w, MNET_MS(1));
    assert_int_equal(wire6_send(w, "2001:db8::7", 10), MNET_OK);
    struct station *first = w->udp.to.bytes[5] == a->mac.bytes[5] ? a : b;
    struct station *second = first == a ? b : a;
    first->is_there = false;
    wire6_pass(w, MNET_SEC(46)); /* STALE */
    unsigned to_first = 0, to_second = 0;
    for (unsigned s = 0; s < 30; s++) {
        (void)!wire6_send(w, "2001:db8::7", 10);
        to_first += w->udp.to.bytes[5] == first->mac.bytes[5];
        to_second += w->udp.to.bytes[5] == second->mac.bytes[5];
        wire6_pass(w, MNET_SEC(1));
    }
    /* 5 s of DELAY, 3 of PROBE, 3 until everybody was asked in vain. */
    assert_in_range(to_first, 5, 12);
    assert_int_equal(w->udp.to.bytes[5], second->mac.bytes[5]);
    assert_true(to_second >= 15);
}
SCENARIO(a_silent_router_is_left, NULL)

/* RFC 4861 7.3.3: who says that it is no router any more is none. */
static void a_router_that_becomes_a_host_is_left_once(struct wire6 *w)
{
    struct station *r = wire6_station(w, "fe80::1");
    r->is_router = true;
    wire6_pass(w, MNET_SEC(3));
    wire6_ra(w, &router);
    wire6_pass(w, MNET_MS(1));
    assert_int_equal(wire6_send(w, "2001:db8::7", 10), MNET_OK);
    r->is_router = false;
    wire6_na(w, r, 0x20);
    wire6_pass(w, MNET_MS(1));
    assert_int_equal(wire6_send(w, "2001:db8::7", 10), MNET_ERR_NET_UNREACH);
    assert_int_equal(wire6_lines(w, "router "), 0);
}
SCENARIO(a_router_that_becomes_a_host_is_left, NULL)

/* RFC 4861 6.3.4: hop limit, MTU, retransmission and reachable times are what routers say. */
static void routers_set_the_numbers_of_the_link_once(struct wire6 *w)
{
    struct station *peer = wire6_station(w, "fd00::1");
    wire6_pass(w, MNET_SEC(3));
    wire6_forget(w);
    assert_int_equal(wire6_send(w, "fd00::1", 1400), MNET_OK);
    assert_int_equal(w->udp.hop_limit, 64);
    assert_int_equal(w->udp.fragments, 0);
    wire6_ra(w,
             &(struct ra){.hop_limit = 99, .reachable_ms = 4000, .retrans_ms = 400, .mtu = 1280});
    wire6_pass(w, MNET_MS(1));
    assert_int_equal(wire6_send(w, "fd00::1", 100), MNET_OK);
    assert_int_equal(w->udp.hop_limit, 99);
    assert_int_equal(wire6_send(w, "fd00::1", 1400), MNET_OK);
    assert_int_equal(w->udp.fragments, 2);
    /* The new reachable time holds once it is confirmed again: 2 to 6 s. */
    wire6_pass(w, MNET_SEC(46));
    assert_int_equal(wire6_send(w, "fd00::1", 10), MNET_OK);
    wire6_pass(w, MNET_SEC(6));
    assert_string_equal(wire6_neighbour(w, "fd00::1"), "REACHABLE");
    wire6_pass(w, MNET_SEC(6));
    assert_string_equal(wire6_neighbour(w, "fd00::1"), "STALE");
    peer->is_there = false;
    wire6_forget(w);
    assert_int_equal(wire6_send(w, "fd00::1", 10), MNET_OK);
    wire6_pass(w, MNET_SEC(7));
    assert_apart(&w->unicast, 3, MNET_MS(400));
    /* Zero is "I do not say": nothing changes. */
    wire6_ra(w, &(struct ra){.lifetime_s = 1800});
    wire6_pass(w, MNET_MS(1));
    peer->is_there = true;
    assert_int_equal(wire6_send(w, "fd00::1", 1400), MNET_OK);
    assert_int_equal(w->udp.fragments, 2);
}
SCENARIO(routers_set_the_numbers_of_the_link, fixed_address)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_neighbour_that_answers_is_kept),
        cmocka_unit_test(a_neighbour_that_falls_silent_is_given_up),
        cmocka_unit_test(a_neighbour_that_moves_is_followed),
        cmocka_unit_test(link_local_neighbours_need_no_zone),
        cmocka_unit_test(an_address_that_nobody_has_is_taken),
        cmocka_unit_test(addresses_of_others_are_not_taken),
        cmocka_unit_test(an_address_that_two_want_is_nobodys),
        cmocka_unit_test(a_link_that_reflects_is_usable),
        cmocka_unit_test(a_link_that_reflects_by_another_is_usable),
        cmocka_unit_test(an_address_lives_as_long_as_its_prefix),
        cmocka_unit_test(nobody_cuts_a_lifetime_below_two_hours),
        cmocka_unit_test(a_prefix_address_of_another_is_replaced),
        cmocka_unit_test(temporary_addresses_are_used_and_renewed),
        cmocka_unit_test(temporary_addresses_follow_their_prefix),
        cmocka_unit_test(a_router_lasts_as_long_as_it_says),
        cmocka_unit_test(a_silent_router_is_left),
        cmocka_unit_test(a_router_that_becomes_a_host_is_left),
        cmocka_unit_test(routers_set_the_numbers_of_the_link),
    };
    return cmocka_run_group_tests_name("nd", tests, NULL, NULL);
}
