/* SPDX-License-Identifier: ISC
 *
 * Trigger, mutex, condition; and philosophers. */
#include "sched_test.h"

/* ---- trigger ---- */

static int wait_and_say(void *arg)
{
    mnet_err err = mnet_trigger_wait(arg);
    say_err(err);
    return err;
}

static int use_triggers(void *arg)
{
    (void)arg;
    struct mnet_trigger trigger = {0};
    /* A signal before the wait is kept, once. */
    mnet_trigger_signal(&trigger);
    mnet_trigger_signal(&trigger);
    assert_int_equal(mnet_trigger_wait(&trigger), MNET_OK);
    assert_false(trigger.is_signaled);
    mnet_time before = mnet_deadline(mnet_now() + MNET_MS(1));
    assert_int_equal(mnet_trigger_wait(&trigger), MNET_ERR_TIMED_OUT);
    mnet_deadline(before);
    /* A signal during the wait, again and again. */
    for (int i = 0; i < 3; i++) {
        struct mnet_task *child = mnet_async(wait_and_say, &trigger);
        mnet_yield();
        mnet_trigger_signal(&trigger);
        mnet_trigger_signal(&trigger);
        assert_int_equal(mnet_await(child, NULL), MNET_OK);
    }
    /* A task that is cancelled leaves the signal to the next. */
    struct mnet_task *child = mnet_async(wait_and_say, &trigger);
    mnet_yield();
    mnet_trigger_signal(&trigger);
    mnet_cancel(child);
    assert_true(trigger.is_signaled);
    assert_null(trigger.waiter);
    return mnet_trigger_wait(&trigger);
}

static void test_a_trigger_keeps_its_signal_until_it_is_taken(void **state)
{
    (void)state;
    assert_int_equal(run(use_triggers), 0);
    assert_string_equal(said, "OK OK OK CANCELED ");
}

static int two_waiters(void *arg)
{
    (void)arg;
    struct mnet_trigger trigger = {0};
    struct mnet_task *tasks[2] = {mnet_async(wait_and_say, &trigger),
                                  mnet_async(wait_and_say, &trigger)};
    return mnet_await_all(tasks, 2, NULL);
}

static void test_a_trigger_has_one_waiter(void **state)
{
    (void)state;
    assert_true(fake_port_panics(two_waiters, "*sync.c:*: assertion failed: *"));
}

/* ---- mutex ---- */

static struct mnet_mutex mutex;

static int lock_say_unlock(void *word)
{
    mnet_err err = mnet_mutex_lock(&mutex);
    if (err == MNET_OK) {
        say(word);
        mnet_yield();
        say(word);
        mnet_mutex_unlock(&mutex);
    }
    return err;
}

static int hand_over(void *arg)
{
    (void)arg;
    mutex = (struct mnet_mutex){0};
    assert_true(mnet_mutex_try_lock(&mutex));
    assert_false(mnet_mutex_try_lock(&mutex));
    struct mnet_task *a = mnet_async(lock_say_unlock, WORD("a"));
    struct mnet_task *b = mnet_async(lock_say_unlock, WORD("b"));
    struct mnet_task *c = mnet_async(lock_say_unlock, WORD("c"));
    mnet_yield();
    mnet_cancel(b);
    mnet_mutex_unlock(&mutex);
    /* It is a's now, although a has not run yet: nobody overtakes. */
    assert_ptr_equal(mutex.holder, a);
    assert_false(mnet_mutex_try_lock(&mutex));
    assert_int_equal(mnet_mutex_lock(&mutex), MNET_OK);
    say("main");
    mnet_mutex_unlock(&mutex);
    assert_null(mutex.holder);
    struct mnet_task *left[2] = {a, c};
    return mnet_await_all(left, 2, NULL);
}

static void test_a_mutex_is_handed_over_in_the_order_of_waiting(void **state)
{
    (void)state;
    assert_int_equal(run(hand_over), 0);
    assert_string_equal(said, "a a c c main ");
}

static int cancel_the_next_holder(void *arg)
{
    (void)arg;
    mutex = (struct mnet_mutex){0};
    assert_true(mnet_mutex_try_lock(&mutex));
    struct mnet_task *a = mnet_async(lock_say_unlock, WORD("a"));
    struct mnet_task *b = mnet_async(lock_say_unlock, WORD("b"));
    mnet_yield();
    mnet_mutex_unlock(&mutex);
    mnet_cancel(a); /* it holds the lock and has not run yet */
    return mnet_await(b, NULL);
}

static void test_a_cancelled_task_hands_on_the_mutex_that_it_was_given(void **state)
{
    (void)state;
    assert_int_equal(run(cancel_the_next_holder), 0);
    assert_string_equal(said, "b b ");
    assert_null(mutex.holder);
}

static int unlock_unlocked(void *arg)
{
    (void)arg;
    mutex = (struct mnet_mutex){0};
    mnet_mutex_unlock(&mutex);
    return 0;
}

static int unlock_of_parent(void *arg)
{
    (void)arg;
    mnet_mutex_unlock(&mutex);
    return 0;
}

static int lock_for_child(void *arg)
{
    (void)arg;
    mutex = (struct mnet_mutex){0};
    assert_int_equal(mnet_mutex_lock(&mutex), MNET_OK);
    return mnet_await(mnet_async(unlock_of_parent, NULL), NULL);
}

static int lock_twice(void *arg)
{
    (void)arg;
    mutex = (struct mnet_mutex){0};
    assert_int_equal(mnet_mutex_lock(&mutex), MNET_OK);
    return mnet_mutex_lock(&mutex);
}

static void test_only_the_holder_may_unlock(void **state)
{
    (void)state;
    assert_true(fake_port_panics(unlock_unlocked,
                                 "NOT_LOCKED: task started at mnet_sched_run unlocks a mutex that "
                                 "it does not hold"));
    assert_true(fake_port_panics(lock_for_child, "NOT_LOCKED: task started at *sync_test.c:* *"));
    assert_true(fake_port_panics(lock_twice, "deadlock"));
}

/* ---- condition ---- */

static struct mnet_condition condition;
static int items;

static int consume(void *word)
{
    mnet_err err = mnet_mutex_lock(&mutex);
    while (err == MNET_OK && items == 0)
        err = mnet_condition_wait(&condition, &mutex);
    if (err == MNET_OK)
        items--;
    assert_ptr_equal(mutex.holder, mnet_self());
    say(word);
    say_err(err);
    mnet_mutex_unlock(&mutex);
    return err;
}

static void produce(int count)
{
    assert_int_equal(mnet_mutex_lock(&mutex), MNET_OK);
    items += count;
    if (count > 1)
        mnet_condition_broadcast(&condition);
    else
        mnet_condition_signal(&condition);
    mnet_mutex_unlock(&mutex);
}

static int produce_and_consume(void *arg)
{
    (void)arg;
    mutex = (struct mnet_mutex){0};
    condition = (struct mnet_condition){0};
    items = 0;
    struct mnet_task *tasks[4] = {mnet_async(consume, WORD("a")), mnet_async(consume, WORD("b")),
                                  mnet_async(consume, WORD("c")), mnet_async(consume, WORD("d"))};
    mnet_yield();
    produce(1);
    mnet_yield();
    say("|");
    mnet_cancel(tasks[1]);
    say("|");
    produce(2);
    struct mnet_task *left[3] = {tasks[0], tasks[2], tasks[3]};
    return mnet_await_all(left, 3, NULL);
}

static void test_a_condition_wakes_one_or_all_with_the_mutex_held(void **state)
{
    (void)state;
    assert_int_equal(run(produce_and_consume), 0);
    assert_string_equal(said, "a OK | b CANCELED | c OK d OK ");
    assert_int_equal(items, 0);
}

static int cancel_the_signaled(void *arg)
{
    (void)arg;
    mutex = (struct mnet_mutex){0};
    condition = (struct mnet_condition){0};
    items = 0;
    struct mnet_task *a = mnet_async(consume, WORD("a")), *b = mnet_async(consume, WORD("b"));
    mnet_yield();
    produce(1);
    mnet_cancel(a); /* it was signalled and has not run yet */
    return mnet_await(b, NULL);
}

static void test_a_cancelled_task_hands_on_the_signal_that_it_was_given(void **state)
{
    (void)state;
    assert_int_equal(run(cancel_the_signaled), 0);
    assert_string_equal(said, "a CANCELED b OK ");
}

static int time_out_while_locked(void *arg)
{
    struct mnet_mutex *m = arg;
    assert_int_equal(mnet_mutex_lock(m), MNET_OK);
    mnet_deadline(mnet_now() + MNET_MS(1));
    assert_int_equal(mnet_condition_wait(&condition, m), MNET_ERR_TIMED_OUT);
    assert_ptr_equal(m->holder, mnet_self());
    mnet_mutex_unlock(m);
    say("out");
    return 0;
}

static int hold_past_the_deadline(void *arg)
{
    (void)arg;
    mutex = (struct mnet_mutex){0};
    condition = (struct mnet_condition){0};
    struct mnet_task *child = mnet_async(time_out_while_locked, &mutex);
    mnet_yield();
    assert_int_equal(mnet_mutex_lock(&mutex), MNET_OK);
    assert_int_equal(mnet_sleep(MNET_MS(10)), MNET_OK);
    say("in");
    mnet_mutex_unlock(&mutex);
    return mnet_await(child, NULL);
}

static void test_a_condition_locks_again_also_after_an_error(void **state)
{
    (void)state;
    assert_int_equal(run(hold_past_the_deadline), 0);
    assert_string_equal(said, "in out ");
}

static int wait_unlocked(void *arg)
{
    (void)arg;
    mutex = (struct mnet_mutex){0};
    return mnet_condition_wait(&condition, &mutex);
}

static void test_waiting_for_a_condition_needs_the_mutex(void **state)
{
    (void)state;
    assert_true(fake_port_panics(wait_unlocked, "NOT_LOCKED: *"));
}

/* ---- dining philosophers ---- */

#define PHILOSOPHERS 5

static struct mnet_mutex forks[PHILOSOPHERS];
static unsigned meals[PHILOSOPHERS];
static bool is_eating[PHILOSOPHERS];

static int dine(void *arg)
{
    unsigned i = (unsigned)((bool *)arg - is_eating), next = (i + 1) % PHILOSOPHERS;
    /* The last one takes the forks the other way round. */
    struct mnet_mutex *first = &forks[i < next ? i : next], *second = &forks[i < next ? next : i];
    for (unsigned n = 0; n < 100; n++) {
        assert_int_equal(mnet_sleep(MNET_US(100) * ((i * 7 + n * 3) % 5)), MNET_OK);
        assert_int_equal(mnet_mutex_lock(first), MNET_OK);
        mnet_yield();
        assert_int_equal(mnet_mutex_lock(second), MNET_OK);
        is_eating[i] = true;
        assert_false(is_eating[next]);
        assert_false(is_eating[(i + PHILOSOPHERS - 1) % PHILOSOPHERS]);
        assert_int_equal(mnet_sleep(MNET_US(100)), MNET_OK);
        meals[i]++;
        is_eating[i] = false;
        mnet_mutex_unlock(second);
        mnet_mutex_unlock(first);
    }
    return 0;
}

static int dinner(void *arg)
{
    (void)arg;
    struct mnet_task *tasks[PHILOSOPHERS];
    for (unsigned i = 0; i < PHILOSOPHERS; i++)
        tasks[i] = mnet_async(dine, &is_eating[i]);
    return mnet_await_all(tasks, PHILOSOPHERS, NULL);
}

static void test_philosophers_dine_and_nobody_starves(void **state)
{
    (void)state;
    memset(forks, 0, sizeof forks);
    memset(meals, 0, sizeof meals);
    assert_int_equal(run(dinner), 0);
    for (unsigned i = 0; i < PHILOSOPHERS; i++)
        assert_int_equal(meals[i], 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TASK_TEST(test_a_trigger_keeps_its_signal_until_it_is_taken),
        TASK_TEST(test_a_trigger_has_one_waiter),
        TASK_TEST(test_a_mutex_is_handed_over_in_the_order_of_waiting),
        TASK_TEST(test_a_cancelled_task_hands_on_the_mutex_that_it_was_given),
        TASK_TEST(test_only_the_holder_may_unlock),
        TASK_TEST(test_a_condition_wakes_one_or_all_with_the_mutex_held),
        TASK_TEST(test_a_cancelled_task_hands_on_the_signal_that_it_was_given),
        TASK_TEST(test_a_condition_locks_again_also_after_an_error),
        TASK_TEST(test_waiting_for_a_condition_needs_the_mutex),
        TASK_TEST(test_philosophers_dine_and_nobody_starves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
