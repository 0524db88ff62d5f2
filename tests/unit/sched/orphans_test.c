/* SPDX-License-Identifier: ISC
 *
 * Orphans: children that are collected as they end. */
#include "sched_test.h"

static int values[5] = {0, 1, 2, 3, 4};

static int return_later(void *arg)
{
    int value = *(int *)arg;
    mnet_err err = mnet_sleep(MNET_MS(10 * value));
    return err == MNET_OK ? value : err;
}

static int await_value(struct mnet_task *task)
{
    int result = -1;
    assert_int_equal(mnet_await(task, &result), MNET_OK);
    return result;
}

static int care_for_three(void *arg)
{
    (void)arg;
    struct mnet_orphans orphans;
    struct mnet_task *task;
    mnet_orphans_init(&orphans);
    assert_int_equal(mnet_care(&orphans, &task), -1);
    for (int i = 3; i > 0; i--)
        assert_non_null(mnet_async_orphan(&orphans, return_later, &values[i]));
    assert_int_equal(orphans.count, 3);
    assert_int_equal(mnet_care(&orphans, &task), 0);
    assert_null(task);
    assert_int_equal(mnet_sleep(MNET_MS(25)), MNET_OK);
    /* In the order of their ends. */
    assert_int_equal(mnet_care(&orphans, &task), 1);
    assert_int_equal(await_value(task), 1);
    assert_int_equal(mnet_care(&orphans, &task), 1);
    assert_int_equal(await_value(task), 2);
    assert_int_equal(mnet_care(&orphans, &task), 0);
    assert_int_equal(mnet_orphans_wait(&orphans, &task), MNET_OK);
    assert_int_equal(await_value(task), 3);
    assert_int_equal(mnet_care(&orphans, &task), -1);
    assert_int_equal(orphans.count, 0);
    assert_int_equal(mnet_orphans_wait(&orphans, &task), MNET_ERR_INVALID);
    return 0;
}

static void test_care_takes_those_that_have_ended_in_that_order(void **state)
{
    (void)state;
    assert_int_equal(run(care_for_three), 0);
}

static int take_and_leave(void *arg)
{
    (void)arg;
    struct mnet_orphans orphans = {0};
    struct mnet_task *task;
    mnet_async_orphan(&orphans, return_arg, &values[1]);
    mnet_yield();
    assert_int_equal(mnet_care(&orphans, &task), 1);
    return 0;
}

static void test_what_was_taken_must_be_awaited(void **state)
{
    (void)state;
    assert_true(fake_port_panics(take_and_leave, "STILL_HAS_CHILDREN: *"));
}

static int wait_with_deadline(void *arg)
{
    (void)arg;
    struct mnet_orphans orphans = {0};
    struct mnet_task *task;
    mnet_async_orphan(&orphans, return_later, &values[4]);
    mnet_time before = mnet_deadline(mnet_now() + MNET_MS(5));
    assert_int_equal(mnet_orphans_wait(&orphans, &task), MNET_ERR_TIMED_OUT);
    assert_null(task);
    mnet_deadline(before);
    assert_int_equal(mnet_orphans_wait(&orphans, &task), MNET_OK);
    return await_value(task);
}

static void test_waiting_for_orphans_has_a_deadline(void **state)
{
    (void)state;
    assert_int_equal(run(wait_with_deadline), 4);
}

static int by_name(void *arg)
{
    (void)arg;
    struct mnet_orphans orphans = {0};
    struct mnet_task *ended = mnet_async_orphan(&orphans, return_arg, &values[2]);
    struct mnet_task *waited = mnet_async_orphan(&orphans, return_later, &values[3]);
    struct mnet_task *hanging = mnet_async_orphan(&orphans, hang, NULL);
    struct mnet_task *last = mnet_async_orphan(&orphans, return_arg, &values[4]);
    mnet_yield();
    assert_int_equal(await_value(ended), 2);
    assert_int_equal(await_value(waited), 3);
    mnet_cancel(hanging);
    assert_int_equal(orphans.count, 1);
    struct mnet_task *task;
    assert_int_equal(mnet_care(&orphans, &task), 1);
    assert_ptr_equal(task, last);
    return await_value(task);
}

static void test_orphans_may_be_awaited_and_cancelled_by_name(void **state)
{
    (void)state;
    assert_int_equal(run(by_name), 4);
}

/* The loop of a server: one task for each client, collected between two accepts. */
static int serve(void *arg)
{
    (void)arg;
    struct mnet_orphans orphans = {0};
    struct mnet_task *task;
    int sum = 0;
    for (int i = 0; i < 1000; i++) {
        while (mnet_care(&orphans, &task) == 1)
            sum += await_value(task);
        assert_non_null(mnet_async_orphan(&orphans, return_later, &values[i % 5]));
        assert_int_equal(mnet_sleep(MNET_MS(1)), MNET_OK);
    }
    while (mnet_orphans_wait(&orphans, &task) == MNET_OK)
        sum += await_value(task);
    return sum;
}

static void test_a_server_collects_its_clients_as_they_end(void **state)
{
    (void)state;
    assert_int_equal(run(serve), 200 * (0 + 1 + 2 + 3 + 4));
    /* At 40 ms each at most, and one a millisecond, there are never many at a time. */
    assert_in_range(fake_port.stacks_ever, 2, 50);
}

static int care_of_others(void *orphans)
{
    struct mnet_task *task;
    return mnet_care(orphans, &task);
}

static int wait_of_others(void *orphans)
{
    struct mnet_task *task;
    return mnet_orphans_wait(orphans, &task);
}

static int start_among_others(void *orphans)
{
    mnet_async_orphan((struct mnet_orphans *)orphans, return_arg, &values[0]);
    return 0;
}

static int give_away(mnet_task_fn to)
{
    struct mnet_orphans orphans;
    mnet_orphans_init(&orphans);
    return mnet_await(mnet_async(to, &orphans), NULL);
}

static int give_to_care(void *arg)
{
    (void)arg;
    return give_away(care_of_others);
}

static int give_to_wait(void *arg)
{
    (void)arg;
    return give_away(wait_of_others);
}

static int give_to_start(void *arg)
{
    (void)arg;
    return give_away(start_among_others);
}

static void test_orphans_are_used_by_their_owner_only(void **state)
{
    (void)state;
    assert_true(fake_port_panics(give_to_care,
                                 "NOT_OWNER: task started at *orphans_test.c:* calls mnet_care on "
                                 "the orphans of the task started at mnet_sched_run"));
    assert_true(fake_port_panics(give_to_wait, "NOT_OWNER: * calls mnet_orphans_wait *"));
    assert_true(fake_port_panics(give_to_start, "NOT_OWNER: * calls mnet_async_orphan *"));
}

static int own_by_first_use(void *orphans)
{
    struct mnet_task *task;
    mnet_async_orphan((struct mnet_orphans *)orphans, return_arg, &values[1]);
    assert_int_equal(mnet_orphans_wait(orphans, &task), MNET_OK);
    return await_value(task);
}

static int lend_zeroed(void *arg)
{
    (void)arg;
    struct mnet_orphans orphans = {0};
    return await_value(mnet_async(own_by_first_use, &orphans));
}

static void test_zeroed_orphans_belong_to_the_first_who_uses_them(void **state)
{
    (void)state;
    assert_int_equal(run(lend_zeroed), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TASK_TEST(test_care_takes_those_that_have_ended_in_that_order),
        TASK_TEST(test_what_was_taken_must_be_awaited),
        TASK_TEST(test_waiting_for_orphans_has_a_deadline),
        TASK_TEST(test_orphans_may_be_awaited_and_cancelled_by_name),
        TASK_TEST(test_a_server_collects_its_clients_as_they_end),
        TASK_TEST(test_orphans_are_used_by_their_owner_only),
        TASK_TEST(test_zeroed_orphans_belong_to_the_first_who_uses_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
