/* SPDX-License-Identifier: ISC
 *
 * Cancelling children. */
#include "sched_test.h"
#include <sched/sched.h>

static int three = 3, ms_10 = 10;

/* Sleeps as many milliseconds as it says, and returns them. */
static int sleep_ms(void *ms)
{
    mnet_err err = mnet_sleep(MNET_MS(*(int *)ms));
    return err == MNET_OK ? *(int *)ms : err;
}

static int cancel_waiting(void *arg)
{
    (void)arg;
    struct mnet_task *child = mnet_async(hang, WORD("child"));
    mnet_yield();
    mnet_cancel(child);
    say("cancelled");
    return 0;
}

static void test_cancel_ends_a_wait_and_waits_for_the_end(void **state)
{
    (void)state;
    assert_int_equal(run(cancel_waiting), 0);
    assert_string_equal(said, "child CANCELED cancelled ");
}

static int cancel_unstarted(void *arg)
{
    (void)arg;
    mnet_cancel(mnet_async(hang, WORD("child")));
    say("cancelled");
    return 0;
}

static void test_a_child_that_was_cancelled_before_it_began_runs_and_learns_it(void **state)
{
    (void)state;
    assert_int_equal(run(cancel_unstarted), 0);
    assert_string_equal(said, "child CANCELED cancelled ");
}

static int cancel_ended(void *arg)
{
    (void)arg;
    struct mnet_task *child = mnet_async(return_arg, &three);
    mnet_yield();
    mnet_cancel(child);
    return 0;
}

static void test_a_child_that_has_ended_may_be_cancelled(void **state)
{
    (void)state;
    assert_int_equal(run(cancel_ended), 0);
}

/* Every way to wait, again and again, after the first CANCELED. */
static int try_all_waits(void *arg)
{
    (void)arg;
    int count = 0;
    struct mnet_task *child = mnet_async(hang, NULL), *ended = mnet_async(return_arg, &three);
    assert_int_equal(mnet_sleep(MNET_SEC(100)), MNET_ERR_CANCELED);
    assert_true(mnet_is_cancelled());
    struct mnet_trigger trigger = {.is_signaled = true};
    struct mnet_mutex mutex = {0};
    struct mnet_condition condition = {0};
    struct mnet_orphans orphans = {0};
    struct mnet_task *orphan = mnet_async_orphan(&orphans, return_arg, &three);
    for (int i = 0; i < 2; i++) {
        count += mnet_sleep(1) == MNET_ERR_CANCELED;
        count += mnet_sleep(0) == MNET_ERR_CANCELED;
        count += mnet_yield() == MNET_ERR_CANCELED;
        count += mnet_trigger_wait(&trigger) == MNET_ERR_CANCELED;
        count += mnet_mutex_lock(&mutex) == MNET_ERR_CANCELED;
        assert_true(mnet_mutex_try_lock(&mutex));
        count += mnet_condition_wait(&condition, &mutex) == MNET_ERR_CANCELED;
        mnet_mutex_unlock(&mutex);
        count += mnet_await(child, NULL) == MNET_ERR_CANCELED;
        count += mnet_await(ended, NULL) == MNET_ERR_CANCELED;
        count += mnet_await_all(&child, 1, NULL) == MNET_ERR_CANCELED;
        count += mnet_await_one(&child, 1, NULL, NULL) == MNET_ERR_CANCELED;
        count += mnet_await_first(&child, 1, NULL, NULL) == MNET_ERR_CANCELED;
        count += mnet_orphans_wait(&orphans, &orphan) == MNET_ERR_CANCELED;
    }
    /* It may still collect its children. */
    mnet_cancel(child);
    say(count == 24 ? "all" : "some");
    return 5;
}

static int cancel_one_who_tries(void *arg)
{
    (void)arg;
    struct mnet_task *child = mnet_async(try_all_waits, NULL);
    mnet_yield();
    mnet_cancel(child);
    return 0;
}

static void test_every_wait_of_a_cancelled_task_is_cancelled(void **state)
{
    (void)state;
    assert_int_equal(run(cancel_one_who_tries), 0);
    assert_string_equal(said, "all ");
}

static int ignore_cancellation(void *arg)
{
    int *go_on = arg;
    while (*go_on)
        (void)mnet_sleep(MNET_SEC(1));
    return 0;
}

static int stop_ignoring(void *arg)
{
    int *go_on = arg;
    assert_int_equal(mnet_sleep(MNET_US(200)), MNET_OK);
    *go_on = 0;
    return 0;
}

static int cancel_ignoring(void *arg)
{
    (void)arg;
    int go_on = 1;
    struct mnet_task *child = mnet_async(ignore_cancellation, &go_on);
    struct mnet_task *other = mnet_async(stop_ignoring, &go_on);
    fake_port.tick = MNET_US(1);
    mnet_cancel(child);
    return mnet_await(other, NULL);
}

static void test_a_task_that_ignores_its_cancellation_stops_only_itself(void **state)
{
    (void)state;
    assert_int_equal(run(cancel_ignoring), 0);
}

static int say_and_hang(void *word)
{
    mnet_err err = hang(NULL);
    say(word);
    return err;
}

static int branch(void *arg)
{
    mnet_async(say_and_hang, WORD("w"));
    return say_and_hang(arg);
}

static int subtree(void *arg)
{
    (void)arg;
    mnet_async(say_and_hang, WORD("x"));
    mnet_async(branch, WORD("y"));
    return say_and_hang(WORD("top"));
}

static int forest(void *arg)
{
    (void)arg;
    mnet_async(subtree, NULL);
    struct mnet_task *last = mnet_async(say_and_hang, WORD("z"));
    mnet_err err = say_and_hang(WORD("root"));
    assert_true(last->is_cancelled); /* at once, not only when its parent has ended */
    return err;
}

static int cancel_forest(void *arg)
{
    (void)arg;
    struct mnet_task *bystander = mnet_async(sleep_ms, &ms_10);
    struct mnet_task *child = mnet_async(forest, NULL);
    for (int i = 0; i < 4; i++)
        mnet_yield();
    mnet_cancel(child);
    say("|");
    int result = 0;
    assert_int_equal(mnet_await(bystander, &result), MNET_OK);
    return result;
}

static void test_cancelling_reaches_all_below_and_nobody_else(void **state)
{
    (void)state;
    assert_int_equal(run(cancel_forest), 10);
    assert_string_equal(said, "root top x y w z | ");
}

static int stop_when_cancelled(void *arg)
{
    int *go_on = arg;
    mnet_err err = hang(NULL);
    *go_on = 0;
    return err;
}

/* A task that is cancelled while it waits for the end of one that it cancels. */
static int cancel_below(void *arg)
{
    struct mnet_trigger *begun = arg;
    int go_on = 1;
    struct mnet_task *child = mnet_async(ignore_cancellation, &go_on);
    struct mnet_task *helper = mnet_async(stop_when_cancelled, &go_on);
    mnet_yield();
    mnet_trigger_signal(begun);
    mnet_cancel(child);
    assert_int_equal(go_on, 0);
    assert_true(mnet_is_cancelled());
    mnet_cancel(helper);
    say("inner");
    return 0;
}

static int cancel_nested(void *arg)
{
    (void)arg;
    struct mnet_trigger begun = {0};
    struct mnet_task *child = mnet_async(cancel_below, &begun);
    assert_int_equal(mnet_trigger_wait(&begun), MNET_OK);
    mnet_cancel(child);
    say("outer");
    return 0;
}

static void test_a_cancel_within_a_cancel(void **state)
{
    (void)state;
    assert_int_equal(run(cancel_nested), 0);
    assert_string_equal(said, "inner outer ");
}

static int start_when_cancelled(void *arg)
{
    (void)arg;
    assert_int_equal(hang(NULL), MNET_ERR_CANCELED);
    mnet_async(hang, WORD("late"));
    return 0;
}

static int cancel_starter(void *arg)
{
    (void)arg;
    struct mnet_task *child = mnet_async(start_when_cancelled, NULL);
    mnet_yield();
    mnet_cancel(child);
    return 0;
}

static void test_a_child_of_a_cancelled_task_is_cancelled(void **state)
{
    (void)state;
    assert_int_equal(run(cancel_starter), 0);
    assert_string_equal(said, "late CANCELED ");
}

static void cancel_in_finalizer(void *child)
{
    mnet_cancel(child);
}

static int finalizer_cancels(void *arg)
{
    (void)arg;
    struct mnet_own own;
    struct mnet_task *child = mnet_async(return_arg, &three);
    mnet_own(&own, cancel_in_finalizer, child);
    mnet_yield();
    mnet_release(&own);
    return 0;
}

static void test_cancel_waits_and_so_must_not_be_called_in_a_finalizer(void **state)
{
    (void)state;
    assert_true(fake_port_panics(finalizer_cancels,
                                 "MUST_NOT_WAIT: task started at mnet_sched_run calls mnet_cancel "
                                 "in a finalizer *"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TASK_TEST(test_cancel_ends_a_wait_and_waits_for_the_end),
        TASK_TEST(test_a_child_that_was_cancelled_before_it_began_runs_and_learns_it),
        TASK_TEST(test_a_child_that_has_ended_may_be_cancelled),
        TASK_TEST(test_every_wait_of_a_cancelled_task_is_cancelled),
        TASK_TEST(test_a_task_that_ignores_its_cancellation_stops_only_itself),
        TASK_TEST(test_cancelling_reaches_all_below_and_nobody_else),
        TASK_TEST(test_a_cancel_within_a_cancel),
        TASK_TEST(test_a_child_of_a_cancelled_task_is_cancelled),
        TASK_TEST(test_cancel_waits_and_so_must_not_be_called_in_a_finalizer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
