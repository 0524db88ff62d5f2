/* SPDX-License-Identifier: ISC
 *
 * IPv4 options: a table of good and malformed ones, and random bytes against a plain reference. */
#include "wire_test.h"
#include <wire/ip4_hdr.h>
#include <wire/ip4_opts.h>

struct row {
    const char *name;
    uint8_t bytes[12];
    uint8_t len;
    bool ok;
    uint8_t bad_at;
    bool source_route, record_route, timestamp, router_alert;
};

/* RFC 791 3.1, RFC 2113 2.1. */
static const struct row ROWS[] = {
    {"none", {0}, 0, true, 0, 0, 0, 0, 0},
    {"end", {0, 0, 0, 0}, 4, true, 0, 0, 0, 0, 0},
    {"nothing behind end counts", {0, 131, 1, 0}, 4, true, 0, 0, 0, 0, 0},
    {"no-operations", {1, 1, 1, 1}, 4, true, 0, 0, 0, 0, 0},
    {"router alert", {148, 4, 0, 0}, 4, true, 0, 0, 0, 0, 1},
    {"router alert too short", {148, 3, 0, 0}, 4, false, 0, 0, 0, 0, 0},
    {"router alert too long", {148, 5, 0, 0, 0, 0, 0, 0}, 8, false, 0, 0, 0, 0, 0},
    {"record route", {7, 7, 4, 0, 0, 0, 0, 0}, 8, true, 0, 0, 1, 0, 0},
    {"record route, full", {7, 7, 8, 1, 2, 3, 4, 0}, 8, true, 0, 0, 1, 0, 0},
    {"record route without pointer", {7, 2, 0, 0}, 4, false, 0, 0, 0, 0, 0},
    {"record route, pointer too small", {7, 7, 3, 0, 0, 0, 0, 0}, 8, false, 0, 0, 0, 0, 0},
    {"loose source route", {131, 7, 4, 1, 2, 3, 4, 0}, 8, true, 0, 1, 0, 0, 0},
    {"strict source route behind a no-operation",
     {1, 137, 7, 4, 1, 2, 3, 4},
     8,
     true,
     0,
     1,
     0,
     0,
     0},
    {"source route without pointer", {131, 2, 0, 0}, 4, false, 0, 0, 0, 0, 0},
    {"source route, pointer too small", {1, 1, 137, 3, 0, 0, 0, 0}, 8, false, 2, 0, 0, 0, 0},
    {"timestamp", {68, 8, 5, 0, 0, 0, 0, 0}, 8, true, 0, 0, 0, 1, 0},
    {"timestamp without flags", {68, 3, 5, 0}, 4, false, 0, 0, 0, 0, 0},
    {"timestamp, pointer too small", {68, 4, 4, 0}, 4, false, 0, 0, 0, 0, 0},
    {"length 0", {130, 0, 0, 0}, 4, false, 0, 0, 0, 0, 0},
    {"length 1", {1, 1, 130, 1}, 4, false, 2, 0, 0, 0, 0},
    {"type without length at the end", {1, 1, 1, 7}, 4, false, 3, 0, 0, 0, 0},
    {"length past the end", {148, 4, 0, 0, 130, 5, 0, 0}, 8, false, 4, 0, 0, 0, 1},
    {"length up to the end", {130, 8, 0, 0, 0, 0, 0, 0}, 8, true, 0, 0, 0, 0, 0},
    {"unknown ones are passed over", {94, 4, 9, 9, 148, 4, 0, 0}, 8, true, 0, 0, 0, 0, 1},
};

/* RFC 1122 3.2.1.8 MUST: options that are not understood are ignored. */
static void test_table_of_good_and_malformed_options(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        const struct row *row = &ROWS[i];
        uint8_t *at = exact(row->bytes, row->len);
        struct mn_ip4_opts got;
        bool ok = mn_ip4_opts_read(mn_rd_over(at, row->len), &got);
        if (ok != row->ok || (!ok && got.bad_at != row->bad_at) ||
            got.has_source_route != row->source_route ||
            got.has_record_route != row->record_route || got.has_timestamp != row->timestamp ||
            got.has_router_alert != row->router_alert)
            fail_msg("row \"%s\": ok %d, bad_at %u", row->name, ok, got.bad_at);
        free(at);
    }
}

static void test_the_place_of_a_source_route_is_told(void **state)
{
    (void)state;
    const uint8_t bytes[] = {1, 1, 1, 131, 3, 4, 0, 0};
    struct mn_ip4_opts got;
    assert_true(mn_ip4_opts_read(mn_rd_over(bytes, sizeof bytes), &got));
    assert_int_equal(got.source_route_at, 3);
}

static void test_places_in_a_header_count_from_its_start(void **state)
{
    (void)state;
    const uint8_t packet[24] = {[0] = 0x46, [3] = 24, [20] = 1, 1, 130, 1};
    struct mn_rd r = mn_rd_over(packet, sizeof packet);
    struct mn_ip4_hdr h;
    struct mn_ip4_opts got;
    assert_int_equal(mn_ip4_hdr_read(&r, sizeof packet, &h), MN_IP4_OK);
    assert_false(mn_ip4_opts_read(h.options, &got));
    assert_int_equal(got.bad_at, 22);
}

static void test_each_step_gives_type_place_and_data(void **state)
{
    (void)state;
    const uint8_t bytes[] = {1, 148, 4, 0xaa, 0xbb, 0, 9, 9};
    struct mn_rd r = mn_rd_over(bytes, sizeof bytes);
    struct mn_ip4_opt opt;
    assert_int_equal(mn_ip4_opt_next(&r, &opt), MN_IP4_OPT_ONE);
    assert_int_equal(opt.type, MN_IP4_OPT_NOP);
    assert_int_equal(mn_rd_left(&opt.data), 0);
    assert_int_equal(mn_ip4_opt_next(&r, &opt), MN_IP4_OPT_ONE);
    assert_int_equal(opt.type, MN_IP4_OPT_ROUTER_ALERT);
    assert_int_equal(opt.at, 1);
    assert_int_equal(mn_rd_left(&opt.data), 2);
    assert_int_equal(mn_rd_be16(&opt.data), 0xaabb);
    assert_int_equal(mn_ip4_opt_next(&r, &opt), MN_IP4_OPT_LAST);
}

/* Whether the lengths of options are good, by index arithmetic alone; *count: how many there are.
 */
static bool reference(const uint8_t *at, size_t len, unsigned *count)
{
    size_t i = 0;
    while (i < len && at[i] != 0) {
        size_t size = at[i] == 1 ? 1 : (i + 1 < len ? at[i + 1] : 0);
        if (size == 0 || (at[i] != 1 && size < 2) || size > len - i)
            return false;
        i += size;
        ++*count;
    }
    return true;
}

static void test_random_options_agree_with_a_plain_reference(void **state)
{
    (void)state;
    uint64_t seed = 6;
    for (int i = 0; i < ROUNDS; i++) {
        uint8_t bytes[MN_IP4_OPTIONS_LEN_MAX];
        size_t len = random8(&seed) % 11u * 4u;
        random_bytes(&seed, bytes, sizeof bytes);
        for (size_t k = 0; k < sizeof bytes; k++) {
            if (random8(&seed) & 1)
                bytes[k] &=
                    7; /* many small lengths; and none of the types that are checked further... */
            if (bytes[k] == 7 || bytes[k] == 68 || bytes[k] == 131 || bytes[k] == 137 ||
                bytes[k] == 148)
                bytes[k] = 2;
        }
        uint8_t *at = exact(bytes, len);
        unsigned want = 0, got = 0;
        bool want_ok = reference(at, len, &want);
        struct mn_rd r = mn_rd_over(at, len);
        struct mn_ip4_opt opt;
        enum mn_ip4_opt_step step;
        while ((step = mn_ip4_opt_next(&r, &opt)) == MN_IP4_OPT_ONE)
            got++;
        struct mn_ip4_opts opts;
        assert_int_equal(got, want);
        assert_int_equal(step == MN_IP4_OPT_LAST, want_ok);
        assert_int_equal(mn_ip4_opts_read(mn_rd_over(at, len), &opts), want_ok);
        free(at);
    }
}

/* RFC 2113 2.1. */
static void test_a_router_alert_is_written_as_it_is_read(void **state)
{
    (void)state;
    const uint8_t want[MN_IP4_ROUTER_ALERT_LEN] = {0x94, 0x04, 0, 0};
    uint8_t out[sizeof want];
    struct mn_wr w = mn_wr_over(out, sizeof out);
    mn_ip4_router_alert_write(&w);
    assert_true(mn_wr_ok(&w) && mn_wr_left(&w) == 0);
    assert_memory_equal(out, want, sizeof want);
    struct mn_ip4_opts got;
    assert_true(mn_ip4_opts_read(mn_rd_over(out, sizeof out), &got));
    assert_true(got.has_router_alert);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_of_good_and_malformed_options),
        cmocka_unit_test(test_the_place_of_a_source_route_is_told),
        cmocka_unit_test(test_places_in_a_header_count_from_its_start),
        cmocka_unit_test(test_each_step_gives_type_place_and_data),
        cmocka_unit_test(test_random_options_agree_with_a_plain_reference),
        cmocka_unit_test(test_a_router_alert_is_written_as_it_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
