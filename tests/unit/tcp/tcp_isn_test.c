/* SPDX-License-Identifier: ISC
 *
 * RFC 6528: forward for one pair of endpoints, unrelated for two. */
#include "pure_test.h"
#include <tcp/tcp_isn.h>

static struct mn_tcp_isn isn;
static struct mnet_endpoint local, remote;

static int start_isn(void **state)
{
    if (start(state))
        return -1;
    mn_tcp_isn_init(&isn, env.rng);
    local = (struct mnet_endpoint){mnet_addr_v4(0x0a000002), 80};
    remote = (struct mnet_endpoint){mnet_addr_v4(0x0a000001), 40000};
    return 0;
}

/* RFC 6528 3: M is a clock of 4 microseconds. */
static void test_numbers_of_one_pair_go_forward_with_the_clock(void **state)
{
    (void)state;
    uint32_t first = mn_tcp_isn_seq(&isn, 0, &local, &remote).v;
    for (mnet_time us = 0; us < 100000; us += 4)
        assert_int_equal(mn_tcp_isn_seq(&isn, MNET_US(us), &local, &remote).v, first + us / 4);
    /* Once around in 4.77 hours. */
    assert_int_equal(mn_tcp_isn_seq(&isn, MNET_US(UINT64_C(4) << 32), &local, &remote).v, first);
    struct mn_seq before = mn_seq(first);
    for (unsigned s = 1; s < 100000; s++) {
        struct mn_seq now = mn_tcp_isn_seq(&isn, MNET_SEC(s), &local, &remote);
        assert_true(mn_seq_gt(now, before));
        before = now;
    }
}

/* Each of the four numbers, and which end is ours, makes another sequence. */
static void test_numbers_of_other_pairs_are_elsewhere(void **state)
{
    (void)state;
    uint32_t seen[6];
    seen[0] = mn_tcp_isn_seq(&isn, 0, &local, &remote).v;
    seen[1] = mn_tcp_isn_seq(&isn, 0, &remote, &local).v;
    remote.port++;
    seen[2] = mn_tcp_isn_seq(&isn, 0, &local, &remote).v;
    local.port++;
    seen[3] = mn_tcp_isn_seq(&isn, 0, &local, &remote).v;
    remote.addr = mnet_addr_v4(0x0a000003);
    seen[4] = mn_tcp_isn_seq(&isn, 0, &local, &remote).v;
    local.addr = mnet_addr_v4(0x0a000004);
    seen[5] = mn_tcp_isn_seq(&isn, 0, &local, &remote).v;
    for (int i = 0; i < 6; i++)
        for (int j = 0; j < i; j++)
            assert_true(seen[i] - seen[j] > 1000 && seen[j] - seen[i] > 1000);
}

static void test_another_secret_gives_other_numbers(void **state)
{
    (void)state;
    uint32_t first = mn_tcp_isn_seq(&isn, 0, &local, &remote).v;
    uint32_t offset = mn_tcp_isn_ts_offset(&isn, &local, &remote);
    mn_tcp_isn_init(&isn, env.rng);
    assert_int_not_equal(mn_tcp_isn_seq(&isn, 0, &local, &remote).v, first);
    assert_int_not_equal(mn_tcp_isn_ts_offset(&isn, &local, &remote), offset);
}

/* RFC 7323 5.4: an offset for each connection; the same when it is made again. */
static void test_timestamp_offsets_belong_to_the_pair(void **state)
{
    (void)state;
    uint32_t offset = mn_tcp_isn_ts_offset(&isn, &local, &remote);
    assert_int_equal(mn_tcp_isn_ts_offset(&isn, &local, &remote), offset);
    assert_int_not_equal(mn_tcp_isn_seq(&isn, 0, &local, &remote).v, offset);
    remote.port++;
    assert_int_not_equal(mn_tcp_isn_ts_offset(&isn, &local, &remote), offset);
}

static void test_what_is_hashed_tells_families_apart(void **state)
{
    (void)state;
    uint8_t out[MN_TCP_TUPLE_LEN];
    assert_int_equal(mn_tcp_tuple_bytes(&local, &remote, out), 12);
    static const uint8_t v4[] = {10, 0, 0, 2, 10, 0, 0, 1, 0, 80, 40000 >> 8, 40000 & 0xff};
    assert_memory_equal(out, v4, sizeof v4);
    remote.addr.bytes[0] = 0xfe;
    assert_int_equal(mn_tcp_tuple_bytes(&local, &remote, out), 36);
    assert_memory_equal(out, local.addr.bytes, 16);
    assert_memory_equal(out + 16, remote.addr.bytes, 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_numbers_of_one_pair_go_forward_with_the_clock,
                                        start_isn, stop),
        cmocka_unit_test_setup_teardown(test_numbers_of_other_pairs_are_elsewhere, start_isn, stop),
        cmocka_unit_test_setup_teardown(test_another_secret_gives_other_numbers, start_isn, stop),
        cmocka_unit_test_setup_teardown(test_timestamp_offsets_belong_to_the_pair, start_isn, stop),
        cmocka_unit_test_setup_teardown(test_what_is_hashed_tells_families_apart, start_isn, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
