/* SPDX-License-Identifier: ISC
 *
 * UDP as a transport of a stack. */
#include "udp_fixture.h"

static void test_it_says_what_it_is(void **state)
{
    struct ufix *u = *state;
    const struct mn_transport_ops *ops = u->t->ops;
    assert_int_equal(ops->proto, 17);
    assert_int_equal(ops->timer_owner, MN_TIMER_UDP);
    assert_null(ops->out);
    assert_false(ops->is_busy(u->t));
    assert_false(ops->shed(u->t, 0) || ops->shed(u->t, 1));
    assert_true(ops->is_idle(u->t));
    struct mnet_dgram *dgram = open_queue(u, 0, 53);
    ops->close_all(u->t);
    assert_int_equal(mnet_dgram_local(dgram).port, 53); /* still its owner's */
}

static void test_without_room_for_its_tables_it_is_not_made(void **state)
{
    (void)state;
    struct fix *f = fix_new(8);
    struct mnet_config config = {0};
    while (mn_mem_carve(&f->env.mem, 512))
        ;
    assert_null(mn_udp_create(&f->env, &f->ip, &config));
    fix_free(f);
}

static char shown[4][160];
static unsigned shown_count;

static void note(void *arg, const char *text)
{
    assert_int_equal(*(int *)arg, 42);
    assert_true(shown_count < 4 && strlen(text) < 160);
    strcpy(shown[shown_count++], text);
}

static void test_sockets_are_shown_line_by_line(void **state)
{
    struct ufix *u = *state;
    int arg = 42;
    shown_count = 0;
    u->t->ops->show(u->t, note, &arg);
    assert_int_equal(shown_count, 0);
    struct mnet_dgram *dgram = open_queue(u, OWN, 2000);
    struct mnet_endpoint peer = ep(PEER, 1000);
    mnet_dgram_connect(dgram, &peer);
    uint8_t byte = 0;
    struct udp d = {.data = &byte, .len = 1};
    assert_int_equal(datagram(u, &d), MN_KEPT);
    u->t->ops->show(u->t, note, &arg);
    assert_int_equal(shown_count, 1);
    assert_non_null(strstr(shown[0], "udp 10.0.0.2:2000 10.0.0.1:1000 queued 1 ("));
}

/* The end frees sockets that nobody closed, and what waits in them. */
static void test_the_end_frees_sockets_and_queues(void **state)
{
    struct ufix *u = *state;
    uint8_t bytes[64] = {0};
    for (uint16_t port = 2000; port < 2040; port++) {
        (void)open_queue(u, 0, port);
        struct udp d = {.dst_port = port, .data = bytes, .len = 64};
        assert_int_equal(datagram(u, &d), MN_KEPT);
    }
}

static void test_the_invariant_sees_damage(void **state)
{
    struct ufix *u = *state;
    struct mnet_dgram *dgram = open_queue(u, 0, 2000);
    uint8_t byte = 0;
    struct udp d = {.data = &byte, .len = 1};
    assert_int_equal(datagram(u, &d), MN_KEPT);
    assert_true(u->t->ops->ok(u->t));
    dgram->local.port = 2001; /* in the wrong bucket */
    assert_false(u->t->ops->ok(u->t));
    dgram->local.port = 2000;
    dgram->queue_bytes++;
    assert_false(u->t->ops->ok(u->t));
    dgram->queue_bytes--;
    dgram->queue.count++;
    assert_false(u->t->ops->ok(u->t));
    dgram->queue.count--;
    dgram->group_count = MN_UDP_GROUPS + 1;
    assert_false(u->t->ops->ok(u->t));
    dgram->group_count = 0;
    u->udp->sockets.count++;
    assert_false(u->t->ops->ok(u->t));
    u->udp->sockets.count--;
    assert_true(u->t->ops->ok(u->t));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, ufix_setup, ufix_teardown)
    const struct CMUnitTest tests[] = {
        T(test_it_says_what_it_is),
        T(test_without_room_for_its_tables_it_is_not_made),
        T(test_sockets_are_shown_line_by_line),
        T(test_the_end_frees_sockets_and_queues),
        T(test_the_invariant_sees_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
