/* SPDX-License-Identifier: ISC
 *
 * What the ports without an operating system share, on a host: the memory that they give, and the
 * command line. The files are compiled with `main`, `exit` and `sbrk` under other names. */
#include "../../ports/bare/bare.h"
#include <errno.h>
#include <mnet/port.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define REGION (1u << 20)
#define PAGE 4096u

void *bare_sbrk(ptrdiff_t change);
int bare_program(int argc, char **argv);
_Noreturn void bare_exit(int status);

static _Alignas(65536) char region[REGION];
static char *guards[64];
static size_t guard_count;
static int seen_argc;
static char **seen_argv;
static jmp_buf out;
static const char *panic;

void bare_guard(void *page)
{
    guards[guard_count++ % 64] = page;
}

int bare_program(int argc, char **argv)
{
    seen_argc = argc;
    seen_argv = argv;
    return 7;
}

void bare_exit(int status)
{
    longjmp(out, status);
}

_Noreturn void mnet_port_panic(const char *message)
{
    panic = message;
    longjmp(out, 99);
}

static void start(const char *cmdline, int status)
{
    panic = NULL;
    int got = setjmp(out);
    if (got == 0)
        bare_main(cmdline);
    assert_int_equal(got, status);
}

static void a_budget_is_aligned_and_inside_the_region(void **state)
{
    (void)state;
    guard_count = 0;
    bare_memory_init((uintptr_t)region, REGION);
    char *at = mnet_port_memory(200000);
    assert_non_null(at);
    assert_int_equal((uintptr_t)at % 65536, 0);
    assert_true(at >= region && at + 200000 <= region + REGION);
    assert_null(mnet_port_memory(REGION));
    assert_null(mnet_port_memory(SIZE_MAX));
    memset(at, 1, 200000);
    mnet_port_memory_free(at, 200000);
    assert_ptr_equal(mnet_port_memory(200000), at);
    assert_int_equal(guard_count, 0);
}

static void each_new_stack_has_a_guarded_page_below(void **state)
{
    (void)state;
    guard_count = 0;
    bare_memory_init((uintptr_t)region, REGION);
    char *a = mnet_port_stack(16384), *b = mnet_port_stack(16000);
    assert_true(a && b);
    assert_int_equal(guard_count, 2);
    assert_ptr_equal(guards[0], a - PAGE);
    assert_ptr_equal(guards[1], b - PAGE);
    assert_true(a >= b + 16000 || b >= a + 16384);
    mnet_port_stack_free(a, 16384);
    assert_ptr_equal(mnet_port_stack(16384), a);
    assert_int_equal(guard_count, 2);
}

/* A stack of that size and its guard are as long as the budget. */
static void a_stack_never_becomes_a_budget_nor_a_budget_a_stack(void **state)
{
    (void)state;
    guard_count = 0;
    bare_memory_init((uintptr_t)region, REGION);
    char *stack = mnet_port_stack(3 * PAGE), *budget = mnet_port_memory(4 * PAGE);
    mnet_port_memory_free(budget, 4 * PAGE);
    mnet_port_stack_free(stack, 3 * PAGE);
    assert_ptr_equal(mnet_port_memory(4 * PAGE), budget);
    assert_ptr_equal(mnet_port_stack(3 * PAGE), stack);
    assert_int_equal(guard_count, 1);
}

static void stacks_and_heap_end_where_they_meet(void **state)
{
    (void)state;
    bare_memory_init((uintptr_t)region + 1, REGION - 1);
    char *heap = bare_sbrk(0);
    assert_true(heap >= region + 1 && (uintptr_t)heap % 16 == 0);
    assert_ptr_equal(bare_sbrk(100000), heap);
    size_t count = 0;
    char *lowest = NULL, *at;
    while ((at = mnet_port_stack(16384)) != NULL) {
        lowest = at;
        count++;
    }
    assert_true(count >= (REGION - 100016) / (16384 + PAGE) - 1);
    assert_true(lowest - PAGE >= heap + 100000);
    errno = 0;
    assert_ptr_equal(bare_sbrk(1 << 20), (void *)-1);
    assert_int_equal(errno, ENOMEM);
    assert_ptr_equal(bare_sbrk(-16), (void *)-1);
}

/* A budget is asked for in halves until it fits; sizes that were refused must not be remembered. */
static void requests_that_were_refused_use_up_nothing(void **state)
{
    (void)state;
    bare_memory_init((uintptr_t)region, REGION);
    for (size_t len = 2 * REGION; len < 100 * REGION; len += REGION)
        assert_null(mnet_port_memory(len));
    for (size_t len = 1; len <= 5; len++)
        assert_non_null(mnet_port_memory(len * 8192 + 3 * 4096));
}

static void the_command_line_is_split_at_blanks(void **state)
{
    (void)state;
    start("  --ipv4=10.0.0.2/24   -v ", 7);
    assert_int_equal(seen_argc, 3);
    assert_string_equal(seen_argv[0], "unikernel");
    assert_string_equal(seen_argv[1], "--ipv4=10.0.0.2/24");
    assert_string_equal(seen_argv[2], "-v");
    assert_null(seen_argv[3]);
    start("", 7);
    assert_int_equal(seen_argc, 1);
    assert_null(seen_argv[1]);
}

static void quotes_keep_blanks(void **state)
{
    (void)state;
    start("--greeting=\"Hello World!\" \"\" last", 7);
    assert_int_equal(seen_argc, 4);
    assert_string_equal(seen_argv[1], "--greeting=Hello World!");
    assert_string_equal(seen_argv[2], "");
    assert_string_equal(seen_argv[3], "last");
}

static void a_line_that_is_too_long_is_said_not_cut(void **state)
{
    (void)state;
    static char text[5000];
    memset(text, 'a', sizeof text - 1);
    start(text, 99);
    assert_non_null(strstr(panic, "4095"));
    text[4095] = '\0';
    start(text, 7);
    for (size_t i = 0; i < 63; i++)
        memcpy(text + 2 * i, "b ", 3);
    start(text, 7);
    assert_int_equal(seen_argc, 64);
    strcat(text, "b");
    start(text, 99);
    assert_non_null(strstr(panic, "63 words"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_budget_is_aligned_and_inside_the_region),
        cmocka_unit_test(each_new_stack_has_a_guarded_page_below),
        cmocka_unit_test(a_stack_never_becomes_a_budget_nor_a_budget_a_stack),
        cmocka_unit_test(stacks_and_heap_end_where_they_meet),
        cmocka_unit_test(requests_that_were_refused_use_up_nothing),
        cmocka_unit_test(the_command_line_is_split_at_blanks),
        cmocka_unit_test(quotes_keep_blanks),
        cmocka_unit_test(a_line_that_is_too_long_is_said_not_cut),
    };
    return cmocka_run_group_tests_name("bare", tests, NULL, NULL);
}
