/* SPDX-License-Identifier: ISC
 *
 * Yielding, sleeping, deadlines, and queues of waiting tasks. */
#include "sched_test.h"
#include <sched/sched.h>

/* ---- sleep ---- */

static int ms[5] = {30, 10, 20, 10, 0};

static int sleep_and_say(void *arg)
{
    int *duration = arg;
    mnet_time start = mnet_now();
    assert_int_equal(mnet_sleep(MNET_MS(*duration)), MNET_OK);
    mnet_time slept = mnet_now() - start;
    /* Never too short, at most a tick too long. */
    assert_in_range(slept, MNET_MS(*duration), MNET_MS(*duration) + MNET_US(70));
    char word[2] = {(char)('0' + (duration - ms)), '\0'};
    say(word);
    return 0;
}

static int five_sleepers(void *arg)
{
    (void)arg;
    struct mnet_task *tasks[5];
    for (int i = 0; i < 5; i++)
        tasks[i] = mnet_async(sleep_and_say, &ms[i]);
    return mnet_await_all(tasks, 5, NULL);
}

static void test_sleepers_wake_in_the_order_of_their_instants(void **state)
{
    (void)state;
    assert_int_equal(run(five_sleepers), 0);
    assert_string_equal(said, "4 1 3 2 0 ");
    assert_in_range(fake_port.waits, 3, 9);
}

static int sleep_for_ever(void *arg)
{
    mnet_time *duration = arg;
    mnet_err err = mnet_sleep(*duration);
    say_err(err);
    return err;
}

static int cancel_long_sleeper(void *arg)
{
    (void)arg;
    mnet_time durations[2] = {MNET_NEVER, MNET_SEC(3600)};
    struct mnet_task *a = mnet_async(sleep_for_ever, &durations[0]);
    struct mnet_task *b = mnet_async(sleep_for_ever, &durations[1]);
    assert_int_equal(mnet_sleep(MNET_SEC(1)), MNET_OK);
    mnet_cancel(a);
    mnet_cancel(b);
    return 0;
}

static void test_a_sleeper_may_be_cancelled(void **state)
{
    (void)state;
    assert_int_equal(run(cancel_long_sleeper), 0);
    assert_string_equal(said, "CANCELED CANCELED ");
    assert_true(fake_port.now < MNET_SEC(3));
}

/* ---- deadlines ---- */

static int with_deadline(void *arg)
{
    (void)arg;
    mnet_time start = mnet_now();
    assert_true(mnet_deadline(start + MNET_MS(10)) == MNET_NEVER);
    assert_int_equal(mnet_sleep(MNET_MS(5)), MNET_OK);
    assert_int_equal(mnet_sleep(MNET_MS(20)), MNET_ERR_TIMED_OUT);
    assert_in_range(mnet_now() - start, MNET_MS(10), MNET_MS(11));
    /* It stays over. */
    assert_int_equal(mnet_sleep(MNET_MS(1)), MNET_ERR_TIMED_OUT);
    assert_int_equal(mnet_yield(), MNET_ERR_TIMED_OUT);
    struct mnet_trigger trigger = {0};
    assert_int_equal(mnet_trigger_wait(&trigger), MNET_ERR_TIMED_OUT);
    struct mnet_mutex mutex = {.holder = mnet_self()};
    assert_int_equal(mnet_mutex_lock(&mutex), MNET_ERR_TIMED_OUT);
    struct mnet_condition condition = {0};
    assert_int_equal(mnet_condition_wait(&condition, &mutex), MNET_ERR_TIMED_OUT);
    assert_ptr_equal(mutex.holder, mnet_self());
    assert_in_range(mnet_now() - start, MNET_MS(10), MNET_MS(11));
    /* What need not wait does not fail. */
    mnet_trigger_signal(&trigger);
    assert_int_equal(mnet_trigger_wait(&trigger), MNET_OK);
    mnet_mutex_unlock(&mutex);
    assert_int_equal(mnet_mutex_lock(&mutex), MNET_OK);
    assert_true(mnet_deadline(MNET_NEVER) == start + MNET_MS(10));
    assert_int_equal(mnet_sleep(MNET_MS(1)), MNET_OK);
    return 0;
}

static void test_waits_fail_after_the_deadline(void **state)
{
    (void)state;
    assert_int_equal(run(with_deadline), 0);
}

static int spin_on_deadline(void *arg)
{
    (void)arg;
    mnet_deadline(0);
    for (int i = 0; i < 3; i++) {
        say("spin");
        assert_int_equal(mnet_yield(), MNET_ERR_TIMED_OUT);
    }
    return 0;
}

static int spin_beside(void *arg)
{
    (void)arg;
    struct mnet_task *tasks[2] = {mnet_async(spin_on_deadline, NULL),
                                  mnet_async(say_arg, WORD("other"))};
    return mnet_await_all(tasks, 2, NULL);
}

static void test_a_wait_that_fails_gives_others_the_processor(void **state)
{
    (void)state;
    assert_int_equal(run(spin_beside), 0);
    assert_string_equal(said, "spin other spin spin ");
}

/* ---- queues, as flow/ uses them ---- */

static struct mnet_waitq queue;

static int wait_in_queue(void *word)
{
    mnet_err err = mn_wait_begin(__func__);
    if (err == MNET_OK)
        err = mn_waitq_wait(&queue);
    say(word);
    say_err(err);
    return err;
}

static int wake_one_by_one(void *arg)
{
    (void)arg;
    queue = (struct mnet_waitq){0};
    mn_waitq_wake(&queue); /* nobody: nothing */
    struct mnet_task *a = mnet_async(wait_in_queue, WORD("a"));
    struct mnet_task *b = mnet_async(wait_in_queue, WORD("b"));
    struct mnet_task *c = mnet_async(wait_in_queue, WORD("c"));
    struct mnet_task *d = mnet_async(wait_in_queue, WORD("d"));
    mnet_yield();
    mn_waitq_wake(&queue);
    mn_waitq_wake(&queue);
    assert_ptr_equal(queue.first, c);
    mnet_yield();
    mnet_cancel(c); /* leaves the queue */
    assert_ptr_equal(queue.first, d);
    assert_ptr_equal(queue.last, d);
    mn_waitq_wake(&queue);
    assert_null(queue.first);
    assert_null(queue.last);
    struct mnet_task *left[3] = {a, b, d};
    return mnet_await_all(left, 3, NULL);
}

static void test_a_queue_wakes_in_order_and_a_cancelled_task_leaves_it(void **state)
{
    (void)state;
    assert_int_equal(run(wake_one_by_one), 0);
    assert_string_equal(said, "a OK b OK c CANCELED d OK ");
}

static int wake_and_cancel(void *arg)
{
    (void)arg;
    queue = (struct mnet_waitq){0};
    struct mnet_task *a = mnet_async(wait_in_queue, WORD("a"));
    mnet_yield();
    mn_waitq_wake(&queue);
    mnet_cancel(a);
    return 0;
}

static void test_a_task_woken_and_cancelled_learns_that_it_is_cancelled(void **state)
{
    (void)state;
    assert_int_equal(run(wake_and_cancel), 0);
    assert_string_equal(said, "a CANCELED ");
}

static int time_out_in_queue(void *arg)
{
    (void)arg;
    queue = (struct mnet_waitq){0};
    mnet_deadline(mnet_now() + MNET_MS(1));
    struct mnet_task *a = mnet_async(wait_in_queue, WORD("a"));
    mnet_deadline(MNET_NEVER);
    struct mnet_task *b = mnet_async(wait_in_queue, WORD("b"));
    assert_int_equal(mnet_await(a, NULL), MNET_OK);
    assert_ptr_equal(queue.first, b);
    mn_waitq_wake(&queue);
    return mnet_await(b, NULL);
}

static void test_a_task_whose_deadline_passes_leaves_the_queue(void **state)
{
    (void)state;
    assert_int_equal(run(time_out_in_queue), 0);
    assert_string_equal(said, "a TIMED_OUT b OK ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TASK_TEST(test_sleepers_wake_in_the_order_of_their_instants),
        TASK_TEST(test_a_sleeper_may_be_cancelled),
        TASK_TEST(test_waits_fail_after_the_deadline),
        TASK_TEST(test_a_wait_that_fails_gives_others_the_processor),
        TASK_TEST(test_a_queue_wakes_in_order_and_a_cancelled_task_leaves_it),
        TASK_TEST(test_a_task_woken_and_cancelled_learns_that_it_is_cancelled),
        TASK_TEST(test_a_task_whose_deadline_passes_leaves_the_queue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
