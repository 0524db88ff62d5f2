/* SPDX-License-Identifier: ISC
 *
 * The scoreboard against a flat map of which bytes the peer has reported. */
#include "pure_test.h"
#include <tcp/scoreboard.h>

static struct mn_pool pool;
static struct mn_scoreboard sb;
static struct mn_scoreboard_news news;

static int start_sb(void **state)
{
    if (start(state))
        return -1;
    mn_scoreboard_pool_init(&pool, &env.mem, 10);
    mn_scoreboard_init(&sb);
    return 0;
}

static int stop_sb(void **state)
{
    mn_scoreboard_clear(&pool, &sb);
    bool is_clean = pool.count == 0;
    return stop(state) || !is_clean ? -1 : 0;
}

static struct mn_tcp_sack block(uint32_t start, uint32_t end)
{
    return (struct mn_tcp_sack){mn_seq(start), mn_seq(end)};
}

/* One ACK with up to two blocks (end 0: none) in a window [una, max). */
static void update(uint32_t una, uint32_t max, struct mn_tcp_sack a, struct mn_tcp_sack b)
{
    struct mn_tcp_sack blocks[] = {a, b};
    unsigned count = b.end.v ? 2 : 1;
    mn_scoreboard_update(&pool, &sb, mn_seq(una), mn_seq(una), mn_seq(max), blocks, count, &news);
    assert_true(mn_scoreboard_ok(&sb, mn_seq(una), mn_seq(max)));
}

static const struct mn_tcp_sack none;

static void test_nothing_reported_costs_nothing(void **state)
{
    (void)state;
    struct mn_tcp_sack hole;
    struct mn_seq end;
    assert_true(mn_scoreboard_ok(&sb, mn_seq(1), mn_seq(1)));
    assert_false(mn_scoreboard_has(&sb, mn_seq(1)));
    assert_false(mn_scoreboard_hole(&sb, mn_seq(1), &hole));
    assert_false(mn_scoreboard_end(&sb, &end));
    assert_int_equal(pool.count, 0);
}

static void test_blocks_merge_and_count_once(void **state)
{
    (void)state;
    update(100, 1000, block(200, 300), none);
    assert_int_equal(news.sacked, 100);
    update(100, 1000, block(400, 500), block(200, 300));
    assert_int_equal(news.sacked, 100);
    update(100, 1000, block(250, 450), none);
    assert_int_equal(news.sacked, 100);
    assert_int_equal(sb.len, 300);
    update(100, 1000, block(500, 600), none);
    assert_int_equal(sb.len, 400);
    struct mn_seq end;
    assert_true(mn_scoreboard_end(&sb, &end));
    assert_int_equal(end.v, 600);
    assert_false(mn_scoreboard_has(&sb, mn_seq(199)));
    assert_true(mn_scoreboard_has(&sb, mn_seq(200)));
    assert_true(mn_scoreboard_has(&sb, mn_seq(599)));
    assert_false(mn_scoreboard_has(&sb, mn_seq(600)));
}

static void test_holes_are_found_in_order(void **state)
{
    (void)state;
    struct mn_tcp_sack hole;
    update(100, 1000, block(200, 300), block(400, 500));
    assert_true(mn_scoreboard_hole(&sb, mn_seq(100), &hole));
    assert_int_equal(hole.start.v, 100);
    assert_int_equal(hole.end.v, 200);
    assert_true(mn_scoreboard_hole(&sb, mn_seq(200), &hole));
    assert_int_equal(hole.start.v, 300);
    assert_int_equal(hole.end.v, 400);
    assert_true(mn_scoreboard_hole(&sb, mn_seq(350), &hole));
    assert_int_equal(hole.start.v, 350);
    assert_false(mn_scoreboard_hole(&sb, mn_seq(400), &hole));
    assert_false(mn_scoreboard_hole(&sb, mn_seq(700), &hole));
}

/* RFC 2018 3: a block lies above the acknowledgement and holds what was sent. */
static void test_impossible_blocks_are_passed_over(void **state)
{
    (void)state;
    static const uint32_t bad[][2] = {
        {300, 300}, {300, 299}, {990, 1001}, {2000, 3000}, {0x90000000u, 0x90000010u},
        {100, 200}, {99, 300},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        update(100, 1000, block(bad[i][0], bad[i][1]), none);
        assert_int_equal(news.sacked, 0);
        assert_int_equal(sb.len, 0);
        assert_null(sb.ranges);
    }
    update(100, 1000, block(101, 1000), none);
    assert_int_equal(news.sacked, 899);
}

/* RFC 2883 4: a first block before the acknowledgement, or inside the second one, is a duplicate.
 */
static void test_duplicate_reports_are_told_apart(void **state)
{
    (void)state;
    update(100, 1000, block(50, 80), none);
    assert_true(news.has_dsack);
    assert_int_equal(news.dsack.start.v, 50);
    assert_int_equal(news.dsack.end.v, 80);
    update(100, 1000, block(50, 100), block(200, 300));
    assert_true(news.has_dsack);
    assert_int_equal(news.sacked, 100);
    update(100, 1000, block(220, 230), block(200, 300));
    assert_true(news.has_dsack);
    assert_int_equal(news.sacked, 0);
    update(100, 1000, block(200, 300), none);
    assert_false(news.has_dsack);
    update(100, 1000, block(290, 310), block(200, 300));
    assert_false(news.has_dsack);
    assert_int_equal(news.sacked, 10);
    update(100, 1000, block(90, 80), none);
    assert_false(news.has_dsack);
}

static void test_an_acknowledgement_forgets_what_it_covers(void **state)
{
    (void)state;
    update(100, 1000, block(200, 300), block(400, 500));
    mn_scoreboard_ack(&pool, &sb, mn_seq(150));
    assert_int_equal(sb.len, 200);
    mn_scoreboard_ack(&pool, &sb, mn_seq(300));
    assert_int_equal(sb.len, 100);
    mn_scoreboard_ack(&pool, &sb, mn_seq(600));
    assert_int_equal(sb.len, 0);
    assert_int_equal(pool.count, 0);
}

/* RFC 2018 8: the receiver may have given up what it reported; the byte at snd_una is missing, so a
 * range that begins there or before is not believed any more. */
static void test_a_range_that_the_acknowledgement_enters_is_not_believed(void **state)
{
    (void)state;
    update(100, 1000, block(200, 300), block(400, 500));
    mn_scoreboard_ack(&pool, &sb, mn_seq(250));
    assert_false(mn_scoreboard_has(&sb, mn_seq(260)));
    assert_true(mn_scoreboard_ok(&sb, mn_seq(250), mn_seq(1000)));
    mn_scoreboard_ack(&pool, &sb, mn_seq(400));
    assert_false(mn_scoreboard_has(&sb, mn_seq(400)));
    assert_true(mn_scoreboard_ok(&sb, mn_seq(400), mn_seq(1000)));
}

/* RFC 2018 8: after a retransmission timeout all is forgotten. */
static void test_clear_forgets_all(void **state)
{
    (void)state;
    update(100, 1000, block(200, 300), none);
    mn_scoreboard_clear(&pool, &sb);
    assert_false(mn_scoreboard_has(&sb, mn_seq(250)));
    assert_int_equal(pool.count, 0);
    mn_scoreboard_clear(&pool, &sb);
}

static void test_more_ranges_than_the_limit_are_forgotten(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 40; i++)
        update(100, 10000, block(200 + i * 20, 210 + i * 20), none);
    assert_int_equal(sb.len, MN_SCOREBOARD_RANGES * 10);
    update(100, 10000, block(205, 225), none);
    assert_int_equal(sb.len, MN_SCOREBOARD_RANGES * 10 + 10);
    update(100, 10000, block(3000, 3010), none);
    assert_int_equal(news.sacked, 10);
}

static void test_without_memory_nothing_is_known(void **state)
{
    (void)state;
    pool.count_max = 0;
    update(100, 1000, block(200, 300), none);
    assert_int_equal(news.sacked, 0);
    assert_int_equal(sb.len, 0);
}

/* -- the model -- */

#define SPAN 3000u

static bool told[SPAN]; /* told[i]: the byte at una + i was reported */

static unsigned model_ranges(void)
{
    unsigned count = 0;
    for (uint32_t i = 1; i < SPAN; i++)
        count += told[i] && !told[i - 1];
    return count;
}

static void model_add(uint32_t from, uint32_t to)
{
    bool before[SPAN];
    memcpy(before, told, sizeof before);
    for (uint32_t i = from; i < to; i++)
        told[i] = true;
    if (model_ranges() > MN_SCOREBOARD_RANGES)
        memcpy(told, before, sizeof told);
}

static void model_ack(uint32_t by)
{
    memmove(told, told + by, SPAN - by);
    memset(told + SPAN - by, 0, by);
    for (uint32_t i = 0; i < SPAN && told[i]; i++)
        told[i] = false;
}

static void check_model(uint32_t una)
{
    uint32_t len = 0;
    for (uint32_t i = 0; i < SPAN; i++) {
        len += told[i];
        assert_int_equal(mn_scoreboard_has(&sb, mn_seq(una + i)), told[i]);
    }
    assert_int_equal(sb.len, len);
    struct mn_tcp_sack hole;
    uint32_t from = below(SPAN), start, end;
    for (start = from; start < SPAN && told[start]; start++) {
    }
    for (end = start; end < SPAN && !told[end]; end++) {
    }
    assert_int_equal(mn_scoreboard_hole(&sb, mn_seq(una + from), &hole), end < SPAN);
    if (end < SPAN) {
        assert_int_equal(hole.start.v, una + start);
        assert_int_equal(hole.end.v, una + end);
    }
}

static void test_random_blocks_agree_with_the_model(void **state)
{
    (void)state;
    uint32_t una = 0xfffff000u;
    memset(told, 0, sizeof told);
    for (uint32_t n = 0; n < 5000; n++) {
        struct mn_tcp_sack blocks[3];
        unsigned count = 1 + below(3);
        uint32_t before = sb.len;
        for (unsigned i = 0; i < count; i++) {
            uint32_t from = 1 + below(SPAN - 201), len = 1 + below(below(4) ? 20 : 200);
            blocks[i] = block(una + from, una + from + len);
        }
        bool is_dup = count > 1 && mn_seq_ge(blocks[0].start, blocks[1].start) &&
                      mn_seq_le(blocks[0].end, blocks[1].end);
        for (unsigned i = is_dup; i < count; i++)
            model_add(blocks[i].start.v - una, blocks[i].end.v - una);
        mn_scoreboard_update(&pool, &sb, mn_seq(una), mn_seq(una), mn_seq(una + SPAN), blocks,
                             count, &news);
        assert_int_equal(news.sacked, sb.len - before);
        assert_int_equal(news.has_dsack, is_dup);
        if (below(10) == 0) {
            uint32_t by = below(below(5) ? 100 : SPAN);
            model_ack(by);
            una += by;
            mn_scoreboard_ack(&pool, &sb, mn_seq(una));
        }
        assert_true(mn_scoreboard_ok(&sb, mn_seq(una), mn_seq(una + SPAN)));
        check_model(una);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_nothing_reported_costs_nothing, start_sb, stop_sb),
        cmocka_unit_test_setup_teardown(test_blocks_merge_and_count_once, start_sb, stop_sb),
        cmocka_unit_test_setup_teardown(test_holes_are_found_in_order, start_sb, stop_sb),
        cmocka_unit_test_setup_teardown(test_impossible_blocks_are_passed_over, start_sb, stop_sb),
        cmocka_unit_test_setup_teardown(test_duplicate_reports_are_told_apart, start_sb, stop_sb),
        cmocka_unit_test_setup_teardown(test_an_acknowledgement_forgets_what_it_covers, start_sb,
                                        stop_sb),
        cmocka_unit_test_setup_teardown(
            test_a_range_that_the_acknowledgement_enters_is_not_believed, start_sb, stop_sb),
        cmocka_unit_test_setup_teardown(test_clear_forgets_all, start_sb, stop_sb),
        cmocka_unit_test_setup_teardown(test_more_ranges_than_the_limit_are_forgotten, start_sb,
                                        stop_sb),
        cmocka_unit_test_setup_teardown(test_without_memory_nothing_is_known, start_sb, stop_sb),
        cmocka_unit_test_setup_teardown(test_random_blocks_agree_with_the_model, start_sb, stop_sb),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
