/* SPDX-License-Identifier: ISC
 *
 * The public calls on a socket: mnet/dgram.h. */
#include "udp_fixture.h"

static mnet_err open_on(struct ufix *u, uint32_t addr, uint16_t port, struct mnet_dgram **dgram)
{
    struct mnet_endpoint local = ep(addr, port);
    return mn_udp_open(u->t, &local, NULL, NULL, NULL, dgram);
}

static void test_opening_checks_the_local_end(void **state)
{
    struct ufix *u = *state;
    struct mnet_dgram *a, *b;
    assert_int_equal(open_on(u, PEER, 53, &a), MNET_ERR_ADDR_NOT_AVAIL);
    assert_null(a);
    assert_int_equal(open_on(u, GROUP, 53, &a), MNET_ERR_ADDR_NOT_AVAIL);
    assert_int_equal(open_on(u, 0, 53, &a), MNET_OK);
    assert_int_equal(open_on(u, 0, 53, &b), MNET_ERR_ADDR_IN_USE);
    assert_null(b);
    /* 0.0.0.0 is any, too. */
    struct mnet_endpoint zero = {mnet_addr_v4(0), 53};
    assert_int_equal(mn_udp_open(u->t, &zero, NULL, NULL, NULL, &b), MNET_ERR_ADDR_IN_USE);
    assert_int_equal(open_on(u, OWN, 53, &b), MNET_OK);
    assert_int_equal(open_on(u, OWN, 53, &b), MNET_ERR_ADDR_IN_USE);
    mnet_dgram_close(a);
    assert_int_equal(open_on(u, 0, 53, &a), MNET_OK);
    assert_int_equal(open_on(u, 0x7f000001, 53, &b), MNET_OK);
    struct mnet_endpoint local = mnet_dgram_local(b);
    assert_int_equal(mnet_addr_to_v4(&local.addr), 0x7f000001);
    assert_int_equal(local.port, 53);
}

static void test_port_zero_opens_a_free_one(void **state)
{
    struct ufix *u = *state;
    struct mnet_dgram *a, *b;
    assert_int_equal(open_on(u, 0, 0, &a), MNET_OK);
    assert_int_equal(open_on(u, OWN, 0, &b), MNET_OK);
    assert_int_not_equal(mnet_dgram_local(a).port, 0);
    assert_int_not_equal(mnet_dgram_local(a).port, mnet_dgram_local(b).port);
    struct mnet_endpoint local = mnet_dgram_local(a);
    assert_true(mnet_addr_is_any(&local.addr));
}

static void test_opening_fails_without_memory(void **state)
{
    struct ufix *u = *state;
    struct mnet_dgram *dgram;
    u->f->env.mem.fail_at = 1;
    assert_int_equal(open_on(u, 0, 53, &dgram), MNET_ERR_NO_MEMORY);
    assert_null(dgram);
    assert_int_equal(open_on(u, 0, 53, &dgram), MNET_OK);
}

static void test_closing_nothing_is_harmless_and_closing_frees_all(void **state)
{
    struct ufix *u = *state;
    mnet_dgram_close(NULL);
    struct mnet_dgram *dgram = open_queue(u, 0, 2000);
    struct mnet_addr group = mnet_addr_v4(GROUP);
    uint8_t bytes[100] = {0};
    struct udp d = {.data = bytes, .len = 100};
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(datagram(u, &d), MN_KEPT);
    assert_int_equal(mnet_dgram_join(dgram, &group), MNET_OK);
    mnet_dgram_close(dgram);
    assert_int_equal(u->f->env.mem.pages_used, 0);
    assert_false(fix_is_joined(u->f, GROUP));
    assert_false(u->t->ops->is_busy(u->t));
}

static void test_recv_copies_what_fits_and_tells_the_whole_length(void **state)
{
    struct ufix *u = *state;
    struct mnet_dgram *dgram = open_queue(u, 0, 2000);
    uint8_t bytes[100], buf[100];
    pattern(bytes, 100, 1);
    struct udp d = {.data = bytes, .len = 100};
    for (uint32_t cap = 0; cap <= 100; cap += 10) {
        memset(buf, 0xaa, sizeof buf);
        assert_int_equal(datagram(u, &d), MN_KEPT);
        assert_int_equal(mnet_dgram_recv(dgram, cap ? buf : NULL, cap, NULL, NULL), 100);
        assert_memory_equal(buf, bytes, cap);
        for (uint32_t i = cap; i < 100; i++)
            assert_int_equal(buf[i], 0xaa);
    }
    assert_int_equal(mnet_dgram_recv(dgram, buf, 100, NULL, NULL), MNET_ERR_AGAIN);
}

static void test_a_connected_socket_hears_only_its_peer(void **state)
{
    struct ufix *u = *state;
    struct mnet_dgram *dgram = open_queue(u, 0, 2000);
    struct mnet_endpoint peer = ep(PEER, 1000);
    uint8_t bytes[4] = {0};
    mnet_dgram_connect(dgram, &peer);
    struct udp d = {.data = bytes, .len = 4};
    assert_int_equal(datagram(u, &d), MN_KEPT);
    d.src_port = 1001;
    assert_int_equal(datagram(u, &d), MN_DROP(UDP_NO_PORT));
    d.src_port = 1000;
    d.src = PEER + 5;
    assert_int_equal(datagram(u, &d), MN_DROP(UDP_NO_PORT));
    mnet_dgram_connect(dgram, NULL);
    assert_int_equal(datagram(u, &d), MN_KEPT);
}

/* RFC 1112 6.1. */
static void test_groups_are_joined_and_left(void **state)
{
    struct ufix *u = *state;
    struct mnet_dgram *dgram = open_queue(u, 0, 2000);
    struct mnet_addr group = mnet_addr_v4(GROUP), peer = mnet_addr_v4(PEER);
    assert_int_equal(mnet_dgram_join(dgram, &peer), MNET_ERR_INVALID);
    assert_int_equal(mnet_dgram_leave(dgram, &peer), MNET_ERR_INVALID);
    assert_int_equal(mnet_dgram_leave(dgram, &group), MNET_ERR_ADDR_NOT_AVAIL);
    assert_int_equal(mnet_dgram_join(dgram, &group), MNET_OK);
    assert_int_equal(mnet_dgram_join(dgram, &group), MNET_OK);
    assert_int_equal(mnet_dgram_leave(dgram, &group), MNET_OK);
    assert_false(fix_is_joined(u->f, GROUP));
    for (uint32_t i = 0; i < MN_UDP_GROUPS; i++) {
        group = mnet_addr_v4(GROUP + i);
        assert_int_equal(mnet_dgram_join(dgram, &group), MNET_OK);
    }
    group = mnet_addr_v4(GROUP + MN_UDP_GROUPS);
    assert_int_equal(mnet_dgram_join(dgram, &group), MNET_ERR_NO_MEMORY);
    group = mnet_addr_v4(GROUP + 1);
    assert_int_equal(mnet_dgram_leave(dgram, &group), MNET_OK);
    assert_false(fix_is_joined(u->f, GROUP + 1));
    assert_true(fix_is_joined(u->f, GROUP + MN_UDP_GROUPS - 1));
}

/* Many random calls against what they must keep true. */
static void test_random_calls_keep_the_invariants(void **state)
{
    (void)state;
    static uint8_t bytes[3000];
    for (unsigned seed = 0; seed < 40; seed++) {
        struct ufix *u = ufix_new(128, 32);
        struct mnet_dgram *open[8] = {0};
        mnet_rng_seeded_init(&u->f->rng, seed);
        for (unsigned step = 0; step < 600; step++) {
            unsigned i = mn_env_below(&u->f->env, 8);
            uint16_t port = (uint16_t)(2000 + mn_env_below(&u->f->env, 4));
            struct mnet_endpoint peer = ep(PEER, 1000);
            struct mnet_addr group = mnet_addr_v4(GROUP + mn_env_below(&u->f->env, 3));
            struct udp d = {.dst_port = port, .data = bytes};
            if (step % 37 == 0)
                u->f->env.mem.fail_at = 1 + mn_env_below(&u->f->env, 6);
            switch (mn_env_below(&u->f->env, 8)) {
            case 0:
                mnet_dgram_close(open[i]);
                open[i] = NULL;
                break;
            case 1:
                if (!open[i])
                    (void)!open_on(u, mn_env_below(&u->f->env, 2) ? OWN : 0, port, &open[i]);
                break;
            case 2:
                if (open[i])
                    mnet_dgram_connect(open[i], mn_env_below(&u->f->env, 2) ? &peer : NULL);
                break;
            case 3:
                if (open[i])
                    (void)!mnet_dgram_join(open[i], &group);
                break;
            case 4:
                if (open[i])
                    (void)!mnet_dgram_leave(open[i], &group);
                break;
            case 5:
                if (open[i])
                    (void)mnet_dgram_recv(open[i], bytes, sizeof bytes, NULL, NULL);
                break;
            case 6:
                if (open[i])
                    (void)!mnet_dgram_send(open[i], &peer, bytes, mn_env_below(&u->f->env, 3000));
                break;
            default:
                d.len = mn_env_below(&u->f->env, 3000);
                d.dst = mn_env_below(&u->f->env, 3) ? 0 : mnet_addr_to_v4(&group);
                (void)datagram(u, &d);
                break;
            }
            u->t->ops->events(u->t);
            while (take(u->f))
                ;
            assert_true(u->t->ops->ok(u->t) && mn_ip_ok(&u->f->ip));
        }
        u->f->env.mem.fail_at = 0;
        while (mn_ip_has_loopback(&u->f->ip))
            (void)loopback(u);
        ufix_free(u);
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, ufix_setup, ufix_teardown)
    const struct CMUnitTest tests[] = {
        T(test_opening_checks_the_local_end),
        T(test_port_zero_opens_a_free_one),
        T(test_opening_fails_without_memory),
        T(test_closing_nothing_is_harmless_and_closing_frees_all),
        T(test_recv_copies_what_fits_and_tells_the_whole_length),
        T(test_a_connected_socket_hears_only_its_peer),
        T(test_groups_are_joined_and_left),
        T(test_random_calls_keep_the_invariants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
