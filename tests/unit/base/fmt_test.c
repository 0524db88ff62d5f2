/* SPDX-License-Identifier: ISC
 *
 * The formatter against the C library's, and what it does with room that is too small. */
#include "base_test.h"
#include <base/fmt.h>
#include <limits.h>
#include <stdio.h>

/* Both formatters write the same. */
#define ASSERT_SAME(...)                                                                           \
    do {                                                                                           \
        char ours[128];                                                                            \
        char libc[128];                                                                            \
        int len = snprintf(libc, sizeof libc, __VA_ARGS__);                                        \
        assert_int_equal(mn_fmt(ours, sizeof ours, __VA_ARGS__), len);                             \
        assert_string_equal(ours, libc);                                                           \
    } while (0)

static void test_every_conversion_matches_the_c_library(void **state)
{
    (void)state;
    ASSERT_SAME("%s", "plain");
    ASSERT_SAME("%s|%s|", "", "x");
    ASSERT_SAME("%10s|%2s|", "right", "longer");
    ASSERT_SAME("%c%c|%3c|", 'a', 'b', 'c');
    ASSERT_SAME("100%% %d", 5);
    ASSERT_SAME("%d %d %d %d", 0, -1, INT_MAX, INT_MIN);
    ASSERT_SAME("%u %u", 0u, UINT_MAX);
    ASSERT_SAME("%ld %ld", LONG_MAX, LONG_MIN);
    ASSERT_SAME("%lu %lx", ULONG_MAX, ULONG_MAX);
    ASSERT_SAME("%lld %lld", LLONG_MAX, LLONG_MIN);
    ASSERT_SAME("%llu %llx", ULLONG_MAX, ULLONG_MAX);
    ASSERT_SAME("%zu %zx", SIZE_MAX, (size_t)0xabc);
    ASSERT_SAME("%x %x %x", 0u, 0xdeadbeefu, 0x10u);
    ASSERT_SAME("%02x:%02x:%04x", 7u, 0xffu, 0x12345u);
    ASSERT_SAME("%5d|%5d|%05d|%05d|%1d", 42, -42, 42, -42, -42);
    ASSERT_SAME("%20llu|%020llu", 1234567890123ull, 1234567890123ull);
    ASSERT_SAME("%64d|", 7);
    ASSERT_SAME("%.3s|%.0s|%.9s|%8.2s|", "abcdef", "gone", "short", "xyz");
    ASSERT_SAME("%.*s|%.*s|%6.*s|", 2, "abcdef", 0, "gone", 3, "right");
}

/* Bytes of a packet have no end of their own. */
static void test_a_precision_bounds_text_that_does_not_end(void **state)
{
    (void)state;
    static const char bytes[4] = {'a', 'b', 'c', 'd'};
    char buf[16];
    assert_int_equal(mn_fmt(buf, sizeof buf, "%.*s", 4, bytes), 4);
    assert_string_equal(buf, "abcd");
}

static void test_random_numbers_match_the_c_library(void **state)
{
    (void)state;
    random_state = 1;
    for (unsigned i = 0; i < 20000; i++) {
        uint64_t bits = random64() >> random_below(64);
        ASSERT_SAME("%d %u %x", (int)bits, (unsigned)bits, (unsigned)bits);
        ASSERT_SAME("%lld %llu %llx", (long long)bits, (unsigned long long)bits,
                    (unsigned long long)bits);
        ASSERT_SAME("%7lld %07lld %07llx", -(long long)bits, -(long long)bits,
                    (unsigned long long)bits);
    }
}

static void test_what_does_not_fit_is_cut_and_still_ended(void **state)
{
    (void)state;
    char whole[64];
    size_t len = mn_fmt(whole, sizeof whole, "%s %05d %llx", "cut", -12, 0xfeedull);
    assert_int_equal(len, strlen(whole));
    for (size_t cap = 1; cap <= len + 1; cap++) {
        char buf[64];
        memset(buf, '#', sizeof buf);
        assert_int_equal(mn_fmt(buf, cap, "%s %05d %llx", "cut", -12, 0xfeedull), cap - 1);
        assert_memory_equal(buf, whole, cap - 1);
        assert_int_equal(buf[cap - 1], '\0');
        assert_int_equal(buf[cap], '#');
    }
}

static void test_no_room_at_all_writes_nothing(void **state)
{
    (void)state;
    char buf[1] = {'#'};
    assert_int_equal(mn_fmt(buf, 0, "%d", 5), 0);
    assert_int_equal(buf[0], '#');
}

/* The compiler refuses these formats; they come in by a pointer. */
static size_t unchecked(char *buf, size_t cap, const char *format, ...)
{
    va_list args;
    va_start(args, format);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    size_t len = mn_fmt_v(buf, cap, format, args);
#pragma GCC diagnostic pop
    va_end(args);
    return len;
}

static void test_unknown_conversions_are_text_and_take_no_argument(void **state)
{
    (void)state;
    static const char *const odd[] = {"%q",   "%",    "%5",   "%l",   "%ls",    "%lc", "%zs",
                                      "%05s", "%-5d", "%.3d", "%.2c", "%lld%n", "%hd", "%f"};
    for (size_t i = 0; i < COUNT_OF(odd); i++) {
        char format[32];
        char wanted[32];
        char buf[32];
        snprintf(format, sizeof format, "%s", odd[i]);
        snprintf(wanted, sizeof wanted, "%s", odd[i]);
        if (strcmp(odd[i], "%lld%n") == 0)
            snprintf(wanted, sizeof wanted, "%s", "7%n");
        unchecked(buf, sizeof buf, format, 7LL, 8LL);
        assert_string_equal(buf, wanted);
    }
}

static void test_null_strings_and_endless_widths_do_no_harm(void **state)
{
    (void)state;
    char buf[256];
    unchecked(buf, sizeof buf, "%s", (const char *)NULL);
    assert_string_equal(buf, "(null)");
    assert_int_equal(unchecked(buf, sizeof buf, "%99999999999999999999d", 1), 64);
    assert_int_equal(buf[63], '1');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_conversion_matches_the_c_library),
        cmocka_unit_test(test_random_numbers_match_the_c_library),
        cmocka_unit_test(test_a_precision_bounds_text_that_does_not_end),
        cmocka_unit_test(test_what_does_not_fit_is_cut_and_still_ended),
        cmocka_unit_test(test_no_room_at_all_writes_nothing),
        cmocka_unit_test(test_unknown_conversions_are_text_and_take_no_argument),
        cmocka_unit_test(test_null_strings_and_endless_widths_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
