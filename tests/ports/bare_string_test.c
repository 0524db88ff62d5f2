/* SPDX-License-Identifier: ISC
 *
 * ports/bare/string.c, under other names, against loops over single bytes: each length around its
 * steps, each alignment, each overlap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void *bare_memcpy(void *restrict to, const void *restrict from, size_t len);
void *bare_memmove(void *to, const void *from, size_t len);
void *bare_memset(void *to, int value, size_t len);
int bare_memcmp(const void *a, const void *b, size_t len);

#define ROOM 4096u
#define EDGE 16u

static uint8_t from[ROOM], to[ROOM], want[ROOM];

/* All small lengths, and some around the steps of the code. */
static size_t next_len(size_t len)
{
    return len < 300 ? len + 1 : len + 61;
}

static void fill(uint8_t *at, size_t len, unsigned seed)
{
    for (size_t i = 0; i < len; i++) {
        seed = seed * 1103515245u + 12345u;
        at[i] = (uint8_t)(seed >> 16);
    }
}

static void a_copy_writes_its_bytes_and_no_others(void **state)
{
    (void)state;
    fill(from, ROOM, 1);
    for (size_t len = 0; len < 1200; len = next_len(len)) {
        for (size_t align = 0; align < 64; align++) {
            size_t to_align = EDGE + align % 8, from_align = align / 8;
            memset(to, 0xee, len + 2 * EDGE + 8);
            assert_ptr_equal(bare_memcpy(to + to_align, from + from_align, len), to + to_align);
            memset(want, 0xee, len + 2 * EDGE + 8);
            for (size_t i = 0; i < len; i++)
                want[to_align + i] = from[from_align + i];
            assert_memory_equal(to, want, len + 2 * EDGE + 8);
        }
    }
}

static void a_move_is_right_at_every_overlap(void **state)
{
    (void)state;
    static const int distances[] = {0,  1,  2,  3,  4,  5,  7,  8,   9,   15,
                                    16, 17, 24, 31, 32, 33, 64, 255, 256, 500};
    for (size_t len = 0; len < 900; len = next_len(len)) {
        for (size_t d = 0; d < 2 * sizeof distances / sizeof distances[0]; d++) {
            size_t start = 600;
            size_t target =
                d % 2 ? start + (size_t)distances[d / 2] : start - (size_t)distances[d / 2];
            fill(to, 2100, (unsigned)len);
            memcpy(want, to, 2100);
            for (size_t i = 0; i < len; i++)
                want[target + i] = to[start + i];
            assert_ptr_equal(bare_memmove(to + target, to + start, len), to + target);
            assert_memory_equal(to, want, 2100);
        }
    }
}

static void a_set_writes_its_bytes_and_no_others(void **state)
{
    (void)state;
    for (size_t len = 0; len < 1200; len = next_len(len)) {
        for (size_t align = 0; align < 8; align++) {
            memset(to, 0xee, len + 2 * EDGE);
            assert_ptr_equal(bare_memset(to + align, 0x1a5, len), to + align);
            memset(want, 0xee, len + 2 * EDGE);
            for (size_t i = 0; i < len; i++)
                want[align + i] = 0xa5;
            assert_memory_equal(to, want, len + 2 * EDGE);
        }
    }
}

static int sign(int x)
{
    return (x > 0) - (x < 0);
}

static void a_comparison_finds_the_first_difference(void **state)
{
    (void)state;
    for (size_t len = 0; len < 100; len++) {
        fill(from, len, 5);
        memcpy(to, from, len);
        assert_int_equal(bare_memcmp(to, from, len), 0);
        for (size_t at = 0; at < len; at++) {
            to[at] ^= 0x80;
            assert_int_equal(sign(bare_memcmp(to, from, len)), to[at] < from[at] ? -1 : 1);
            assert_int_equal(bare_memcmp(to, from, at), 0);
            to[at] ^= 0x80;
        }
    }
}

/* With exactly as much memory as is named, so that a sanitizer sees a byte too many. */
static void nothing_is_read_past_the_end(void **state)
{
    (void)state;
    for (size_t len = 1; len < 600; len = next_len(len)) {
        uint8_t *a = malloc(len), *b = malloc(len);
        assert_true(a && b);
        fill(a, len, 9);
        bare_memcpy(b, a, len);
        assert_int_equal(bare_memcmp(a, b, len), 0);
        bare_memmove(b, b, len);
        bare_memset(b, 0, len);
        free(a);
        free(b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_writes_its_bytes_and_no_others),
        cmocka_unit_test(a_move_is_right_at_every_overlap),
        cmocka_unit_test(a_set_writes_its_bytes_and_no_others),
        cmocka_unit_test(a_comparison_finds_the_first_difference),
        cmocka_unit_test(nothing_is_read_past_the_end),
    };
    return cmocka_run_group_tests_name("bare_string", tests, NULL, NULL);
}
