/* SPDX-License-Identifier: ISC
 *
 * Changing stacks: what a switch must keep, and what a stack looks like from the inside. Runs with
 * the fibers of the build, plain or with the sanitizer. */
#include "sched_test.h"
#include <execinfo.h>
#include <sched/context.h>
#include <sched/fiber.h>
#include <stdlib.h>

#define SIZE (256u * 1024u)

struct test_fiber {
    struct mn_fiber fiber;
    struct mn_fiber *other; /* who began it, and whom it switches to */
    uint64_t seed;
    uint64_t sum;
    double real;
    int frames;
    void *memory;
};

static void start(struct test_fiber *f, struct mn_fiber *other, void (*entry)(void *))
{
    f->other = other;
    f->memory = aligned_alloc(16, SIZE);
    assert_non_null(f->memory);
    mn_fiber_init(&f->fiber, f->memory, SIZE, entry, f);
}

/* Many values that the compiler keeps in registers over the switches. */
static void compute(void *arg)
{
    struct test_fiber *f = arg;
    mn_fiber_begin(f->other);
    uint64_t a = f->seed, b = a * 3, c = a * 5, d = a * 7, e = a * 11, g = a * 13;
    double x = (double)a, y = x * 0.5, z = x * 0.25;
    for (int i = 0; i < 1000; i++) {
        mn_fiber_switch(&f->fiber, f->other);
        a += b ^ (c << 1);
        b += c ^ (d >> 1);
        c += d ^ e;
        d += e ^ g;
        e += g ^ a;
        g += a ^ b;
        x = x * 0.5 + y;
        y = y * 0.25 + z;
        z = z * 0.125 + (double)i;
    }
    f->sum = a + b + c + d + e + g;
    f->real = x + y + z;
    mn_fiber_end(&f->fiber, f->other);
}

static uint64_t expected_sum;
static double expected_real;

static void test_a_switch_keeps_what_a_call_must_keep(void **state)
{
    (void)state;
    struct mn_fiber own = {0};
    /* Alone, then two by turns: the same results. */
    for (int round = 0; round < 2; round++) {
        struct test_fiber f = {.seed = 12345}, g = {.seed = 99};
        start(&f, &own, compute);
        start(&g, &own, compute);
        for (int i = 0; i < 1001; i++) {
            mn_fiber_switch(&own, &f.fiber);
            if (round == 1)
                mn_fiber_switch(&own, &g.fiber);
        }
        mn_fiber_deinit(&f.fiber, &own);
        if (round == 1)
            mn_fiber_deinit(&g.fiber, &own);
        if (round == 0) {
            expected_sum = f.sum;
            expected_real = f.real;
        }
        assert_true(f.sum == expected_sum);
        assert_true(f.real >= expected_real && f.real <= expected_real);
        free(f.memory);
        free(g.memory);
    }
}

static void look(void *arg)
{
    struct test_fiber *f = arg;
    mn_fiber_begin(f->other);
    /* The calling conventions want 16; what breaks otherwise is vector code. */
    __attribute__((aligned(16))) char local[16];
    f->sum = (uintptr_t)local % 16;
    void *frames[64];
    f->frames = backtrace(frames, 64);
    mn_fiber_end(&f->fiber, f->other);
}

static void test_a_backtrace_ends_at_the_bottom_of_the_stack(void **state)
{
    (void)state;
    struct mn_fiber own = {0};
    struct test_fiber f = {0};
    start(&f, &own, look);
    mn_fiber_switch(&own, &f.fiber);
    mn_fiber_deinit(&f.fiber, &own);
    assert_int_equal(f.sum, 0);
    assert_in_range(f.frames, 1, 4); /* look, start, and perhaps a wrapper of the sanitizer's */
    free(f.memory);
}

static uintptr_t frame_of_fn;

static int note_frame(void *arg)
{
    frame_of_fn = (uintptr_t)__builtin_frame_address(0);
    return *(int *)arg;
}

static void test_a_gapped_call_leaves_the_gap_and_returns_the_value(void **state)
{
    (void)state;
    int value = -7;
    uintptr_t own_frame = (uintptr_t)__builtin_frame_address(0);
    assert_int_equal(mn_context_call(note_frame, &value), -7);
    assert_true(own_frame - frame_of_fn > MN_CONTEXT_GAP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_switch_keeps_what_a_call_must_keep),
        cmocka_unit_test(test_a_backtrace_ends_at_the_bottom_of_the_stack),
        cmocka_unit_test(test_a_gapped_call_leaves_the_gap_and_returns_the_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
