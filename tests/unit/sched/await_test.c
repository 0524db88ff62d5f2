/* SPDX-License-Identifier: ISC
 *
 * Awaiting children, and whose they are. */
#include "sched_test.h"

static int three = 3;
static int bad = MNET_ERR_EOF;

/* Sleeps as many milliseconds as it says, and returns them. */
static int sleep_ms(void *ms)
{
    mnet_err err = mnet_sleep(MNET_MS(*(int *)ms));
    return err == MNET_OK ? *(int *)ms : err;
}

/* The same, and fails. */
static int fail_after_ms(void *ms)
{
    mnet_err err = mnet_sleep(MNET_MS(*(int *)ms));
    return err == MNET_OK ? MNET_ERR_FAILED : err;
}

static int ms_10 = 10, ms_20 = 20, ms_30 = 30;

/* ---- await ---- */

static int await_values(void *arg)
{
    (void)arg;
    int result = 0;
    assert_int_equal(mnet_await(mnet_async(return_arg, &three), &result), MNET_OK);
    assert_int_equal(result, 3);
    assert_int_equal(mnet_await(mnet_async(return_arg, &bad), &result), MNET_OK);
    assert_int_equal(result, MNET_ERR_EOF);
    /* One that has ended long before. */
    struct mnet_task *child = mnet_async(return_arg, &three);
    assert_int_equal(mnet_sleep(MNET_SEC(1)), MNET_OK);
    assert_int_equal(mnet_await(child, NULL), MNET_OK);
    return 0;
}

static void test_await_gives_the_childs_value(void **state)
{
    (void)state;
    assert_int_equal(run(await_values), 0);
}

static int await_in_any_order(void *arg)
{
    (void)arg;
    struct mnet_task *slow = mnet_async(sleep_ms, &ms_30), *quick = mnet_async(sleep_ms, &ms_10);
    mnet_time start = mnet_now();
    int result = 0;
    assert_int_equal(mnet_await(slow, &result), MNET_OK);
    assert_int_equal(result, 30);
    assert_in_range(mnet_now() - start, MNET_MS(30), MNET_MS(31));
    assert_int_equal(mnet_await(quick, &result), MNET_OK);
    assert_int_equal(result, 10);
    assert_in_range(mnet_now() - start, MNET_MS(30), MNET_MS(31));
    return 0;
}

static void test_children_are_awaited_in_any_order(void **state)
{
    (void)state;
    assert_int_equal(run(await_in_any_order), 0);
}

static int await_with_deadline(void *arg)
{
    (void)arg;
    struct mnet_task *child = mnet_async(sleep_ms, &ms_20);
    mnet_time before = mnet_deadline(mnet_now() + MNET_MS(10));
    int result = 77;
    assert_int_equal(mnet_await(child, &result), MNET_ERR_TIMED_OUT);
    assert_int_equal(result, 77);
    struct mnet_task *array[1] = {child};
    assert_int_equal(mnet_await_all(array, 1, NULL), MNET_ERR_TIMED_OUT);
    assert_int_equal(mnet_await_one(array, 1, NULL, NULL), MNET_ERR_TIMED_OUT);
    assert_int_equal(mnet_await_first(array, 1, NULL, NULL), MNET_ERR_TIMED_OUT);
    mnet_deadline(before);
    assert_int_equal(mnet_await(child, &result), MNET_OK);
    assert_int_equal(result, 20);
    /* What has ended is given in spite of the deadline. */
    child = mnet_async(return_arg, &three);
    mnet_yield();
    mnet_deadline(0);
    assert_int_equal(mnet_await(child, &result), MNET_OK);
    assert_int_equal(result, 3);
    return 0;
}

static void test_a_child_is_still_there_when_awaiting_it_timed_out(void **state)
{
    (void)state;
    assert_int_equal(run(await_with_deadline), 0);
}

/* ---- whose child ---- */

static struct mnet_task *stranger;

static int await_stranger(void *arg)
{
    return mnet_await(arg ? arg : stranger, NULL);
}

static int await_brother(void *arg)
{
    (void)arg;
    stranger = mnet_async(hang, NULL);
    return mnet_await(mnet_async(await_stranger, NULL), NULL);
}

static int start_grandchild(void *arg)
{
    (void)arg;
    stranger = mnet_async(hang, NULL);
    return hang(NULL);
}

static int await_grandchild(void *arg)
{
    (void)arg;
    mnet_async(start_grandchild, NULL);
    mnet_yield();
    return mnet_await(stranger, NULL);
}

static int cancel_grandchild(void *arg)
{
    (void)arg;
    mnet_async(start_grandchild, NULL);
    mnet_yield();
    mnet_cancel(stranger);
    return 0;
}

static int await_parent(void *arg)
{
    (void)arg;
    stranger = mnet_self();
    return mnet_await(mnet_async(await_stranger, NULL), NULL);
}

static int await_self(void *arg)
{
    (void)arg;
    return mnet_await(mnet_self(), NULL);
}

static int await_nothing(void *arg)
{
    (void)arg;
    return mnet_await(NULL, NULL);
}

static void test_only_direct_children_may_be_awaited_or_cancelled(void **state)
{
    (void)state;
    static const char text[] = "NOT_A_CHILD: task started at *await_test.c:* calls mnet_await on "
                               "the task started at *, which is not its child";
    assert_true(fake_port_panics(await_brother, text));
    assert_true(fake_port_panics(await_parent, text));
    assert_true(fake_port_panics(await_grandchild,
                                 "NOT_A_CHILD: task started at mnet_sched_run calls mnet_await on "
                                 "the task started at *await_test.c:*, which is not its child"));
    assert_true(fake_port_panics(cancel_grandchild,
                                 "NOT_A_CHILD: task started at mnet_sched_run calls mnet_cancel on "
                                 "the task started at *await_test.c:*, which is not its child"));
    assert_true(fake_port_panics(await_self,
                                 "NOT_A_CHILD: * the task started at mnet_sched_run, which is not "
                                 "its child"));
    assert_true(fake_port_panics(await_nothing, "NOT_A_CHILD: * a task that was not started"));
}

static int await_twice(void *arg)
{
    (void)arg;
    struct mnet_task *child = mnet_async(return_arg, &three);
    assert_int_equal(mnet_await(child, NULL), MNET_OK);
    return mnet_await(child, NULL);
}

static int await_cancelled(void *arg)
{
    (void)arg;
    struct mnet_task *child = mnet_async(hang, NULL);
    mnet_cancel(child);
    return mnet_await(child, NULL);
}

static int await_array_with_itself(void *arg)
{
    (void)arg;
    struct mnet_task *child = mnet_async(return_arg, &three);
    struct mnet_task *twice[2] = {child, child};
    return mnet_await_all(twice, 2, NULL);
}

static int await_first_with_itself(void *arg)
{
    (void)arg;
    struct mnet_task *child = mnet_async(return_arg, &three);
    struct mnet_task *twice[2] = {child, child};
    return mnet_await_first(twice, 2, NULL, NULL);
}

static void test_a_task_is_gone_once_awaited_or_cancelled(void **state)
{
    (void)state;
    static const char text[] = "NOT_A_CHILD: task started at mnet_sched_run calls * on the task "
                               "started at *await_test.c:*, which is gone";
    assert_true(fake_port_panics(await_twice, text));
    assert_true(fake_port_panics(await_cancelled, text));
    assert_true(fake_port_panics(await_array_with_itself, text));
    assert_true(fake_port_panics(await_first_with_itself, text));
}

/* ---- several ---- */

static int await_three(void *arg)
{
    (void)arg;
    struct mnet_task *tasks[3] = {mnet_async(sleep_ms, &ms_20), mnet_async(fail_after_ms, &ms_10),
                                  mnet_async(sleep_ms, &ms_30)};
    int results[3] = {0};
    mnet_time start = mnet_now();
    assert_int_equal(mnet_await_all(tasks, 3, results), MNET_OK);
    assert_in_range(mnet_now() - start, MNET_MS(30), MNET_MS(31));
    assert_int_equal(results[0], 20);
    assert_int_equal(results[1], MNET_ERR_FAILED);
    assert_int_equal(results[2], 30);
    return mnet_await_all(NULL, 0, NULL);
}

static void test_await_all_gives_all_values(void **state)
{
    (void)state;
    assert_int_equal(run(await_three), 0);
}

static int race(void *arg)
{
    (void)arg;
    struct mnet_task *tasks[3] = {mnet_async(hang, WORD("a")), mnet_async(sleep_ms, &ms_10),
                                  mnet_async(hang, WORD("c"))};
    size_t which = 9;
    int result = 0;
    assert_int_equal(mnet_await_first(tasks, 3, &which, &result), MNET_OK);
    assert_int_equal(which, 1);
    assert_int_equal(result, 10);
    return 0; /* nothing is left */
}

static void test_await_first_cancels_and_collects_the_losers(void **state)
{
    (void)state;
    assert_int_equal(run(race), 0);
    assert_string_equal(said, "a CANCELED c CANCELED ");
}

static int race_of_ended(void *arg)
{
    (void)arg;
    size_t which = 9;
    int result = 0;
    struct mnet_task *tasks[3] = {mnet_async(return_arg, &bad), mnet_async(return_arg, &three),
                                  mnet_async(return_arg, &three)};
    mnet_yield();
    assert_int_equal(mnet_await_first(tasks, 3, &which, &result), MNET_OK);
    assert_int_equal(which, 1);
    assert_int_equal(result, 3);
    /* Ended in the same round while the parent waited: a failure first, a success later. */
    struct mnet_task *two[2] = {mnet_async(return_arg, &bad), mnet_async(return_arg, &three)};
    assert_int_equal(mnet_await_first(two, 2, &which, &result), MNET_OK);
    assert_int_equal(which, 1);
    /* Failures only. */
    struct mnet_task *bads[2] = {mnet_async(hang, NULL), mnet_async(fail_after_ms, &ms_10)};
    assert_int_equal(mnet_await_first(bads, 2, &which, &result), MNET_OK);
    assert_int_equal(which, 1);
    assert_int_equal(result, MNET_ERR_FAILED);
    return 0;
}

static void test_await_first_prefers_one_that_succeeded(void **state)
{
    (void)state;
    assert_int_equal(run(race_of_ended), 0);
}

static int one_by_one(void *arg)
{
    (void)arg;
    struct mnet_task *tasks[3] = {mnet_async(sleep_ms, &ms_30), mnet_async(sleep_ms, &ms_10),
                                  mnet_async(sleep_ms, &ms_20)};
    size_t which = 9;
    int result = 0;
    assert_int_equal(mnet_await_one(tasks, 3, &which, &result), MNET_OK);
    assert_int_equal(which, 1);
    assert_int_equal(result, 10);
    tasks[1] = tasks[2];
    assert_int_equal(mnet_await_one(tasks, 2, &which, &result), MNET_OK);
    assert_int_equal(which, 1);
    assert_int_equal(result, 20);
    assert_int_equal(mnet_await(tasks[0], &result), MNET_OK);
    assert_int_equal(result, 30);
    return 0;
}

static int one_and_leave(void *arg)
{
    (void)arg;
    struct mnet_task *tasks[2] = {mnet_async(hang, NULL), mnet_async(sleep_ms, &ms_10)};
    assert_int_equal(mnet_await_one(tasks, 2, NULL, NULL), MNET_OK);
    return 0;
}

static void test_await_one_leaves_the_others(void **state)
{
    (void)state;
    assert_int_equal(run(one_by_one), 0);
    assert_true(fake_port_panics(one_and_leave, "STILL_HAS_CHILDREN: *"));
}

static int await_none(void *arg)
{
    (void)arg;
    assert_int_equal(mnet_await_one(NULL, 0, NULL, NULL), MNET_ERR_INVALID);
    return mnet_await_first(NULL, 0, NULL, NULL);
}

static void test_awaiting_one_of_none_is_invalid(void **state)
{
    (void)state;
    assert_int_equal(run(await_none), MNET_ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TASK_TEST(test_await_gives_the_childs_value),
        TASK_TEST(test_children_are_awaited_in_any_order),
        TASK_TEST(test_a_child_is_still_there_when_awaiting_it_timed_out),
        TASK_TEST(test_only_direct_children_may_be_awaited_or_cancelled),
        TASK_TEST(test_a_task_is_gone_once_awaited_or_cancelled),
        TASK_TEST(test_await_all_gives_all_values),
        TASK_TEST(test_await_first_cancels_and_collects_the_losers),
        TASK_TEST(test_await_first_prefers_one_that_succeeded),
        TASK_TEST(test_await_one_leaves_the_others),
        TASK_TEST(test_awaiting_one_of_none_is_invalid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
