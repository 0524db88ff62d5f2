/* SPDX-License-Identifier: ISC
 *
 * TCP options: tables of good and malformed ones, layouts, round trip. */
#include "wire_test.h"
#include <wire/tcp_opts.h>

static bool read_bytes(const uint8_t *bytes, size_t len, struct mn_tcp_opts *out)
{
    uint8_t *at = exact(bytes, len);
    memset(out, 0xff, sizeof *out);
    bool ok = mn_tcp_opts_read(mn_rd_over(at, len), out);
    free(at);
    return ok;
}

#define READ(ok, out, ...)                                                                         \
    do {                                                                                           \
        const uint8_t given[] = {__VA_ARGS__};                                                     \
        assert_int_equal(read_bytes(given, sizeof given, (out)), (ok));                            \
    } while (0)

static void test_a_syn_of_the_usual_kind(void **state)
{
    (void)state;
    struct mn_tcp_opts o;
    READ(true, &o, 2, 4, 0x05, 0xb4, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 7);
    assert_true(o.has_mss && o.has_wscale && o.has_sack_permitted && o.has_ts);
    assert_int_equal(o.mss, 1460);
    assert_int_equal(o.wscale, 7);
    assert_int_equal(o.ts_val, 0x01020304);
    assert_int_equal(o.ts_ecr, 0);
    assert_int_equal(o.sack_count, 0);
}

/* RFC 7323 appendix A: the layout that nearly every segment has, and others for the same. */
static void test_timestamps_are_read_in_every_layout(void **state)
{
    (void)state;
    struct mn_tcp_opts a, b, c;
    READ(true, &a, 1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8);
    READ(true, &b, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0);
    READ(true, &c, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1);
    assert_true(a.has_ts);
    assert_int_equal(a.ts_val, 0x01020304);
    assert_int_equal(a.ts_ecr, 0x05060708);
    assert_memory_equal(&a, &b, sizeof a);
    assert_memory_equal(&a, &c, sizeof a);
}

/* RFC 7323 2.3: a shift above 14 is used as 14. */
static void test_window_scale_is_clamped_to_14(void **state)
{
    (void)state;
    for (unsigned shift = 0; shift < 256; shift++) {
        struct mn_tcp_opts o;
        READ(true, &o, 3, 3, (uint8_t)shift, 1);
        assert_true(o.has_wscale);
        assert_int_equal(o.wscale, shift > 14 ? 14 : shift);
    }
}

/* RFC 2018 3: up to four blocks of left and right edge. */
static void test_sack_blocks_are_read_in_order_and_up_to_four(void **state)
{
    (void)state;
    uint8_t bytes[44] = {1, 1};
    for (unsigned count = 0; count <= 4; count++) {
        bytes[2] = 5;
        bytes[3] = (uint8_t)(2 + 8 * count);
        for (unsigned i = 0; i < 8 * count; i++)
            bytes[4 + i] = (uint8_t)(i + 1);
        struct mn_tcp_opts o;
        assert_true(read_bytes(bytes, 4 + 8 * count, &o));
        assert_int_equal(o.sack_count, count);
        if (count > 1) {
            assert_int_equal(o.sack[1].start.v, 0x090a0b0c);
            assert_int_equal(o.sack[1].end.v, 0x0d0e0f10);
        }
    }
    struct mn_tcp_opts o;
    READ(true, &o, 5, 10, 0, 0, 0, 1, 0, 0, 0, 2, 5, 18, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5, 0, 0,
         0, 6);
    assert_int_equal(o.sack_count, 3);
    assert_int_equal(o.sack[2].end.v, 6);
}

/* RFC 9293 3.1 MUST-6: unknown options, and known ones of a wrong length, are passed over. */
static void test_what_is_not_known_is_passed_over(void **state)
{
    (void)state;
    struct mn_tcp_opts o;
    READ(true, &o, 254, 6, 0xde, 0xad, 0xbe, 0xef, 4, 2);
    assert_true(o.has_sack_permitted);
    READ(true, &o, 2, 3, 5, 3, 4, 7, 7, 4, 3, 0, 8, 9, 0, 0, 0, 0, 0, 0, 0, 5, 9, 0, 0, 0, 0, 0, 0,
         0);
    assert_true(is_zero(&o, sizeof o));
    READ(true, &o, 2, 5, 1, 2, 3, 2, 4, 2, 0);
    assert_true(o.has_mss);
    assert_int_equal(o.mss, 512);
}

/* RFC 9293 3.1 MUST-7: an illegal option length, such as zero, ends the reading and hurts nothing.
 */
static void test_malformed_options_end_the_reading_and_keep_what_came_before(void **state)
{
    (void)state;
    struct mn_tcp_opts o;
    READ(false, &o, 4, 2, 2, 0, 5, 0xb4, 1, 1);
    assert_true(o.has_sack_permitted && !o.has_mss);
    READ(false, &o, 4, 2, 254, 1, 2, 4, 5, 0xb4);
    assert_true(o.has_sack_permitted && !o.has_mss);
    READ(false, &o, 4, 2, 2, 4, 5);
    assert_true(o.has_sack_permitted && !o.has_mss);
    READ(false, &o, 4, 2, 8);
    assert_true(o.has_sack_permitted && !o.has_ts);
    READ(false, &o, 8, 255, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
    assert_false(o.has_ts);
    READ(false, &o, 1, 1, 8, 11, 1, 2, 3, 4, 5, 6, 7, 8);
    assert_false(o.has_ts);
}

/* RFC 9293 3.1: END ends the list; what is behind it is padding. */
static void test_nothing_behind_the_end_option_counts(void **state)
{
    (void)state;
    struct mn_tcp_opts o;
    READ(true, &o, 4, 2, 0, 2, 0);
    assert_true(o.has_sack_permitted && !o.has_mss);
    assert_true(mn_tcp_opts_read(mn_rd_over(NULL, 0), &o));
    assert_true(is_zero(&o, sizeof o));
}

static void test_every_truncation_of_a_syn_is_harmless(void **state)
{
    (void)state;
    const uint8_t syn[] = {2, 4, 5, 0xb4, 4, 2, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 3, 3, 7};
    for (size_t len = 0; len < sizeof syn; len++) {
        struct mn_tcp_opts o;
        bool ok = read_bytes(syn, len, &o);
        assert_int_equal(ok, len == 0 || len == 4 || len == 6 || len == 16 || len == 17);
        assert_int_equal(o.has_mss, len >= 4);
        assert_int_equal(o.has_sack_permitted, len >= 6);
        assert_int_equal(o.has_ts, len >= 16);
        assert_false(o.has_wscale);
    }
}

static int32_t write_opts(const struct mn_tcp_opts *o, uint8_t *at)
{
    struct mn_wr w = mn_wr_over(at, MN_TCP_OPTIONS_LEN_MAX);
    mn_tcp_opts_write(&w, o);
    assert_true(mn_wr_ok(&w));
    assert_int_equal(w.off, mn_tcp_opts_len(o));
    assert_int_equal(w.off % 4, 0);
    return w.off;
}

static void test_layouts_on_the_wire(void **state)
{
    (void)state;
    uint8_t at[MN_TCP_OPTIONS_LEN_MAX];
    const uint8_t ts[] = {1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2};
    assert_int_equal(
        write_opts(&(struct mn_tcp_opts){.has_ts = true, .ts_val = 1, .ts_ecr = 2}, at),
        MN_TCP_TS_LEN);
    assert_memory_equal(at, ts, sizeof ts);

    const uint8_t syn[] = {2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 3, 3, 9};
    const struct mn_tcp_opts all = {.has_mss = true,
                                    .mss = 1460,
                                    .has_wscale = true,
                                    .wscale = 9,
                                    .has_sack_permitted = true,
                                    .has_ts = true,
                                    .ts_val = 1,
                                    .ts_ecr = 2};
    assert_int_equal(write_opts(&all, at), (int)sizeof syn);
    assert_memory_equal(at, syn, sizeof syn);

    const uint8_t sack[] = {1, 1, 5, 10, 0, 0, 0, 7, 0, 0, 0, 8};
    const struct mn_tcp_opts one = {.sack_count = 1, .sack = {{{7}, {8}}}};
    assert_int_equal(write_opts(&one, at), (int)sizeof sack);
    assert_memory_equal(at, sack, sizeof sack);
    assert_int_equal(write_opts(&(struct mn_tcp_opts){0}, at), 0);
}

/* RFC 2018 3: four blocks fit, three beside timestamps. */
static void test_blocks_beyond_the_room_are_left_out(void **state)
{
    (void)state;
    uint8_t at[MN_TCP_OPTIONS_LEN_MAX];
    struct mn_tcp_opts o = {.sack_count = 4};
    assert_int_equal(mn_tcp_opts_sack_room(&o), 4);
    assert_int_equal(write_opts(&o, at), 36);
    o.has_ts = true;
    assert_int_equal(mn_tcp_opts_sack_room(&o), 3);
    assert_int_equal(write_opts(&o, at), 40);
}

static void test_reading_what_was_written_gives_it_back(void **state)
{
    (void)state;
    uint64_t seed = 8;
    for (int i = 0; i < ROUNDS; i++) {
        struct mn_tcp_opts in = {0}, out;
        uint8_t which = random8(&seed);
        if (which & 1) {
            in.has_mss = true;
            in.mss = random16(&seed);
        }
        if (which & 2) {
            in.has_wscale = true;
            in.wscale = random8(&seed) % 15;
        }
        in.has_sack_permitted = (which & 4) != 0;
        if (which & 8) {
            in.has_ts = true;
            in.ts_val = random32(&seed);
            in.ts_ecr = random32(&seed);
        }
        in.sack_count = (uint8_t)((which >> 4) % (mn_tcp_opts_sack_room(&in) + 1));
        for (unsigned k = 0; k < in.sack_count; k++) {
            in.sack[k].start.v = random32(&seed);
            in.sack[k].end.v = random32(&seed);
        }
        uint8_t at[MN_TCP_OPTIONS_LEN_MAX];
        int32_t len = write_opts(&in, at);
        assert_true(read_bytes(at, (size_t)len, &out));
        assert_memory_equal(&in, &out, sizeof in);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_syn_of_the_usual_kind),
        cmocka_unit_test(test_timestamps_are_read_in_every_layout),
        cmocka_unit_test(test_window_scale_is_clamped_to_14),
        cmocka_unit_test(test_sack_blocks_are_read_in_order_and_up_to_four),
        cmocka_unit_test(test_what_is_not_known_is_passed_over),
        cmocka_unit_test(test_malformed_options_end_the_reading_and_keep_what_came_before),
        cmocka_unit_test(test_nothing_behind_the_end_option_counts),
        cmocka_unit_test(test_every_truncation_of_a_syn_is_harmless),
        cmocka_unit_test(test_layouts_on_the_wire),
        cmocka_unit_test(test_blocks_beyond_the_room_are_left_out),
        cmocka_unit_test(test_reading_what_was_written_gives_it_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
