/* SPDX-License-Identifier: ISC
 *
 * The receive queue: order, bound, small datagrams in small blocks, and who is told. */
#include "udp_fixture.h"

static uint8_t data[65536];

static int setup(void **state)
{
    pattern(data, sizeof data, 5);
    return ufix_setup(state);
}

static mn_verdict in(struct ufix *u, uint32_t len)
{
    struct udp d = {.data = data, .len = len};
    return datagram(u, &d);
}

/* Nothing is lost between two calls, and the order is kept. */
static void test_datagrams_wait_in_order_with_their_ends(void **state)
{
    struct ufix *u = *state;
    struct mnet_dgram *dgram = open_queue(u, 0, 2000);
    for (uint16_t i = 0; i < 50; i++) {
        struct udp d = {.data = data + i, .len = 10u + i, .src_port = (uint16_t)(100 + i)};
        d.src = PEER + i % 2 * 5;
        d.fragment = i % 3 == 0 ? 16 : 0;
        assert_int_equal(datagram(u, &d), MN_KEPT);
    }
    for (uint16_t i = 0; i < 50; i++) {
        uint8_t buf[100];
        struct mnet_endpoint from, to;
        assert_int_equal(mnet_dgram_recv(dgram, buf, sizeof buf, &from, &to), 10 + i);
        assert_memory_equal(buf, data + i, 10u + i);
        assert_int_equal(from.port, 100 + i);
        assert_int_equal(mnet_addr_to_v4(&from.addr), PEER + i % 2 * 5);
        assert_int_equal(to.port, 2000);
        assert_int_equal(mnet_addr_to_v4(&to.addr), OWN);
    }
    assert_int_equal(mnet_dgram_recv(dgram, data, 1, NULL, NULL), MNET_ERR_AGAIN);
    assert_int_equal(dgram->queue_bytes, 0);
}

/* A flood stops at the bound, counted in budget; what is taken makes room. */
static void test_the_queue_is_bounded_in_bytes_of_budget(void **state)
{
    (void)state;
    struct ufix *u = ufix_new(256, 64);
    struct mnet_dgram *dgram = open_queue(u, 0, 2000);
    uint32_t kept = 0;
    for (unsigned i = 0; i < 200; i++) {
        mn_verdict v = in(u, 10);
        assert_int_equal(v, MN_KEPT);
        kept = dgram->queue.count;
        assert_true(dgram->queue_bytes <= 64 * 1024);
    }
    assert_in_range(kept, 25, 32); /* 2 KiB and a record each */
    assert_int_equal(fix_drops(u->f, MNET_DROP_UDP_QUEUE_FULL), 200 - kept);
    assert_int_equal(mnet_dgram_recv(dgram, data, 0, NULL, NULL), 10);
    (void)in(u, 10);
    assert_int_equal(dgram->queue.count, kept);
    /* Another socket has a queue of its own. */
    struct mnet_dgram *other = open_queue(u, 0, 2001);
    struct udp d = {.dst_port = 2001, .data = data, .len = 10};
    assert_int_equal(datagram(u, &d), MN_KEPT);
    assert_int_equal(other->queue.count, 1);
    ufix_free(u);
}

static void test_one_datagram_of_any_size_fits_an_empty_queue(void **state)
{
    (void)state;
    struct ufix *u = ufix_new(256, 1);
    struct mnet_dgram *dgram = open_queue(u, 0, 2000);
    static uint8_t buf[65536];
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(in(u, 65507), MN_KEPT);
        assert_int_equal(in(u, 1), MN_KEPT);
        assert_int_equal(dgram->queue.count, 1);
        assert_int_equal(mnet_dgram_recv(dgram, buf, sizeof buf, NULL, NULL), 65507);
    }
    ufix_free(u);
}

/* A small datagram does not hold a large block while it waits. */
static void test_small_datagrams_move_to_small_blocks(void **state)
{
    struct ufix *u = *state;
    struct mnet_dgram *dgram = open_queue(u, 0, 2000);
    uint32_t small = u->f->env.pkts.object_size + MN_BLOCK_SMALL;
    static uint8_t buf[65536];
    for (uint32_t len = 20; len < 5000; len += 13) {
        struct udp d = {.data = data, .len = len, .fragment = (len + 15) / 16 * 8};
        assert_int_equal(datagram(u, &d), MN_KEPT);
        if (len + 28 <= MN_BLOCK_SMALL - MN_PKT_HEADROOM)
            assert_int_equal(dgram->queue_bytes, small);
        assert_int_equal(mnet_dgram_recv(dgram, buf, sizeof buf, NULL, NULL), len);
        assert_memory_equal(buf, data, len);
    }
    /* Without memory for the copy it waits as it is. */
    struct ip4 p = {.id = 9, .mf = true, .len = 8};
    uint8_t bytes[16] = {1, 1, 7, 208, 0, 16};
    p.data = bytes;
    assert_int_equal(receive(u->f, &p), MN_KEPT);
    p = (struct ip4){.id = 9, .off = 8, .data = bytes + 8, .len = 8};
    assert_int_equal(receive(u->f, &p), MN_TO_TRANSPORT);
    u->f->env.mem.fail_at = 1;
    assert_int_equal(u->t->ops->in(u->t, u->f->pkt, &u->f->rx), MN_KEPT);
    u->f->pkt = NULL;
    assert_true(dgram->queue_bytes > MN_BLOCK_LARGE);
    assert_int_equal(mnet_dgram_recv(dgram, buf, sizeof buf, NULL, NULL), 8);
}

static void test_waiting_datagrams_are_told_once_a_batch(void **state)
{
    struct ufix *u = *state;
    static struct user user;
    memset(&user, 0, sizeof user);
    struct mnet_endpoint local = ep(0, 2000);
    assert_int_equal(mn_udp_open(u->t, &local, NULL, on_ready, &user, &user.dgram), MNET_OK);
    assert_false(u->t->ops->is_busy(u->t));
    for (unsigned i = 0; i < 5; i++)
        (void)in(u, 10);
    assert_int_equal(user.ready, 0); /* not from `in` */
    assert_true(u->t->ops->is_busy(u->t));
    events(u);
    assert_int_equal(user.ready, 1);
    events(u);
    assert_int_equal(user.ready, 1);
    (void)in(u, 10);
    events(u);
    assert_int_equal(user.ready, 2);
}

static void test_a_socket_may_close_itself_when_told_that_something_waits(void **state)
{
    struct ufix *u = *state;
    static struct user user;
    memset(&user, 0, sizeof user);
    user.closes = true;
    struct mnet_endpoint local = ep(0, 2000);
    assert_int_equal(mn_udp_open(u->t, &local, NULL, on_ready, &user, &user.dgram), MNET_OK);
    (void)in(u, 10);
    (void)in(u, 10);
    events(u);
    assert_int_equal(user.ready, 1);
    assert_int_equal(u->udp->sockets.count, 0);
}

/* Datagrams behind copies that wait do not overtake them. */
static void test_a_callback_is_told_in_the_order_of_arrival(void **state)
{
    struct ufix *u = *state;
    static struct user user;
    memset(&user, 0, sizeof user);
    (void)open_user(u, &user, 0, 2000);
    struct udp d = {.dst = 0xffffffff, .data = data, .len = 1};
    assert_int_equal(datagram(u, &d), MN_DONE);
    assert_int_equal(in(u, 2), MN_KEPT);
    assert_int_equal(user.told, 0);
    events(u);
    assert_int_equal(user.told, 2);
    assert_int_equal(user.len, 2);
    assert_int_equal(in(u, 3), MN_DONE);
    assert_int_equal(user.len, 3);
}

static void test_a_callback_that_closes_with_more_waiting_frees_it(void **state)
{
    struct ufix *u = *state;
    static struct user user;
    memset(&user, 0, sizeof user);
    user.closes = true;
    (void)open_user(u, &user, 0, 2000);
    struct udp d = {.dst = 0xffffffff, .data = data, .len = 1};
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(datagram(u, &d), MN_DONE);
    events(u);
    assert_int_equal(user.told, 1);
}

static void test_an_error_behind_datagrams_is_told_too(void **state)
{
    struct ufix *u = *state;
    static struct user user;
    memset(&user, 0, sizeof user);
    (void)open_user(u, &user, 0, 2000);
    struct udp d = {.dst = 0xffffffff, .data = data, .len = 1};
    assert_int_equal(datagram(u, &d), MN_DONE);
    assert_int_equal(datagram(u, &d), MN_DONE);
    user.dgram->error = MNET_ERR_PORT_UNREACH;
    events(u);
    assert_int_equal(user.told, 2);
    assert_int_equal(user.ready, 1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, ufix_teardown)
    const struct CMUnitTest tests[] = {
        T(test_datagrams_wait_in_order_with_their_ends),
        T(test_the_queue_is_bounded_in_bytes_of_budget),
        T(test_one_datagram_of_any_size_fits_an_empty_queue),
        T(test_small_datagrams_move_to_small_blocks),
        T(test_waiting_datagrams_are_told_once_a_batch),
        T(test_a_socket_may_close_itself_when_told_that_something_waits),
        T(test_a_callback_is_told_in_the_order_of_arrival),
        T(test_a_callback_that_closes_with_more_waiting_frees_it),
        T(test_an_error_behind_datagrams_is_told_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
