/* SPDX-License-Identifier: ISC
 *
 * Ownership: what is released when, by whom, and who may not. */
#include "sched_test.h"
#include <sched/sched.h>

static void final_say(void *word)
{
    say(word);
}

static int release_and_disown(void *arg)
{
    (void)arg;
    struct mnet_own a, b, c;
    mnet_own(&a, final_say, WORD("a"));
    mnet_own(&b, final_say, WORD("b"));
    mnet_own(&c, final_say, WORD("c"));
    mnet_own_check(&b);
    mnet_release(&b);
    say("|");
    mnet_disown(&a);
    mnet_release(&c);
    return 0;
}

static void test_release_calls_the_finalizer_and_disown_does_not(void **state)
{
    (void)state;
    assert_int_equal(run(release_and_disown), 0);
    assert_string_equal(said, "b | c ");
}

static int return_error(void *arg)
{
    (void)arg;
    struct mnet_own a, b, c, d;
    mnet_own(&a, final_say, WORD("a"));
    mnet_own(&b, final_say, WORD("b"));
    mnet_own(&c, final_say, WORD("c"));
    mnet_disown(&b);
    mnet_own(&d, final_say, WORD("d")); /* in the slot that was b's, but newer than c */
    return MNET_ERR_FAILED;
}

static void test_an_abnormal_end_releases_everything_the_newest_first(void **state)
{
    (void)state;
    assert_int_equal(run(return_error), MNET_ERR_FAILED);
    assert_string_equal(said, "d c a ");
}

static int own_and_hang(void *word)
{
    struct mnet_own own;
    mnet_own(&own, final_say, word);
    return hang(NULL);
}

static int own_and_ignore(void *word)
{
    struct mnet_own own;
    mnet_own(&own, final_say, word);
    (void)hang(NULL);
    return 0;
}

static int cancel_owners(void *arg)
{
    (void)arg;
    struct mnet_task *a = mnet_async(own_and_hang, WORD("a"));
    struct mnet_task *b = mnet_async(own_and_ignore, WORD("b"));
    mnet_yield();
    mnet_cancel(a);
    say("|");
    mnet_cancel(b);
    say("|");
    return 0;
}

static void test_a_cancelled_tasks_resources_are_released(void **state)
{
    (void)state;
    assert_int_equal(run(cancel_owners), 0);
    assert_string_equal(said, "a | b | ");
}

static int leak(void *arg)
{
    (void)arg;
    struct mnet_own own;
    mnet_own(&own, final_say, WORD("never"));
    return 0;
}

static void test_a_normal_end_with_a_resource_breaks_resource_leaked(void **state)
{
    (void)state;
    assert_true(fake_port_panics(leak, "RESOURCE_LEAKED: task started at mnet_sched_run ended "
                                       "while it owned the resource taken at *own_test.c:*"));
}

/* ---- whose it is ---- */

static int check_others(void *own)
{
    mnet_own_check(own);
    return 0;
}

static int release_others(void *own)
{
    mnet_release(own);
    return 0;
}

static int disown_others(void *own)
{
    mnet_disown(own);
    return 0;
}

static int transfer_others(void *own)
{
    mnet_own_transfer(own);
    return 0;
}

static int lend(mnet_task_fn to)
{
    struct mnet_own own;
    mnet_own(&own, final_say, WORD("mine"));
    mnet_err err = mnet_await(mnet_async(to, &own), NULL);
    mnet_release(&own);
    return err;
}

#define LEND_TO(fn)                                                                                \
    static int lend_to_##fn(void *arg)                                                             \
    {                                                                                              \
        (void)arg;                                                                                 \
        return lend(fn);                                                                           \
    }
LEND_TO(check_others)
LEND_TO(release_others)
LEND_TO(disown_others)
LEND_TO(transfer_others)

static int release_twice(void *arg)
{
    (void)arg;
    struct mnet_own own;
    mnet_own(&own, final_say, WORD("mine"));
    mnet_release(&own);
    mnet_release(&own);
    return 0;
}

static int check_nothing(void *arg)
{
    (void)arg;
    struct mnet_own own = {0};
    mnet_own_check(&own);
    return 0;
}

static void test_only_the_owner_may_use_a_resource(void **state)
{
    (void)state;
    assert_true(fake_port_panics(lend_to_check_others,
                                 "NOT_OWNER: task started at *own_test.c:* calls mnet_own_check on "
                                 "the resource taken at *own_test.c:*, which it does not own"));
    assert_true(fake_port_panics(lend_to_release_others, "NOT_OWNER: * calls mnet_release on *"));
    assert_true(fake_port_panics(lend_to_disown_others, "NOT_OWNER: * calls mnet_disown on *"));
    assert_true(
        fake_port_panics(lend_to_transfer_others, "NOT_OWNER: * calls mnet_own_transfer on *"));
    assert_true(fake_port_panics(release_twice, "NOT_OWNER: task started at mnet_sched_run *"));
    assert_true(fake_port_panics(check_nothing, "NOT_OWNER: * taken at (nowhere), *"));
}

static struct mnet_own left_behind;

static int leave_handle(void *arg)
{
    (void)arg;
    mnet_own(&left_behind, final_say, WORD("left"));
    return MNET_ERR_FAILED;
}

static int own_something(void *arg)
{
    (void)arg;
    struct mnet_own own;
    mnet_own(&own, final_say, WORD("new"));
    mnet_own_check(&left_behind); /* in the same stack memory, the same slot */
    return MNET_ERR_FAILED;
}

static int use_left_handle(void *arg)
{
    (void)arg;
    assert_int_equal(mnet_await(mnet_async(leave_handle, NULL), NULL), MNET_OK);
    return mnet_await(mnet_async(own_something, NULL), NULL);
}

static void test_a_handle_is_worth_nothing_after_its_owners_end(void **state)
{
    (void)state;
    assert_true(fake_port_panics(use_left_handle, "NOT_OWNER: *"));
}

/* ---- transfer ---- */

static int give_to_parent(void *own)
{
    mnet_own(own, final_say, WORD("gift"));
    mnet_own_transfer(own);
    return 0;
}

static int take_from_child(void *arg)
{
    struct mnet_own own, first;
    mnet_own(&first, final_say, WORD("first"));
    assert_int_equal(mnet_await(mnet_async(give_to_parent, &own), NULL), MNET_OK);
    mnet_own_check(&own);
    if (!arg)
        return MNET_ERR_FAILED;
    mnet_release(&own);
    mnet_disown(&first);
    return 0;
}

static void test_transfer_hands_a_resource_to_the_parent(void **state)
{
    (void)state;
    assert_int_equal(run(take_from_child), MNET_ERR_FAILED);
    assert_string_equal(said, "gift first ");
    said[0] = '\0';
    assert_int_equal(mnet_sched_run(NULL, take_from_child, said), 0);
    assert_string_equal(said, "gift ");
}

static int give_to_nobody(void *arg)
{
    (void)arg;
    struct mnet_own own;
    mnet_own(&own, final_say, WORD("kept"));
    mnet_own_transfer(&own);
    mnet_release(&own);
    return 0;
}

static void test_the_first_task_keeps_what_it_transfers(void **state)
{
    (void)state;
    assert_int_equal(run(give_to_nobody), 0);
    assert_string_equal(said, "kept ");
}

/* ---- finalizers ---- */

static void unlock(void *mutex)
{
    mnet_mutex_unlock(mutex);
}

static int lock_and_fail(void *mutex)
{
    struct mnet_own own;
    assert_int_equal(mnet_mutex_lock(mutex), MNET_OK);
    mnet_own(&own, unlock, mutex);
    mnet_yield();
    return MNET_ERR_FAILED;
}

static int lock_after(void *arg)
{
    (void)arg;
    struct mnet_mutex mutex = {0};
    struct mnet_task *child = mnet_async(lock_and_fail, &mutex);
    mnet_yield();
    assert_int_equal(mnet_mutex_lock(&mutex), MNET_OK);
    mnet_mutex_unlock(&mutex);
    return mnet_await(child, NULL);
}

static void test_a_finalizer_runs_as_the_owner(void **state)
{
    (void)state;
    assert_int_equal(run(lock_after), 0);
}

static void final_wait(void *arg)
{
    (void)arg;
    mnet_yield();
}

static int wait_at_the_end(void *arg)
{
    struct mnet_own own;
    mnet_own(&own, final_wait, arg);
    return MNET_ERR_FAILED;
}

static int wait_in_release(void *arg)
{
    struct mnet_own own;
    mnet_own(&own, final_wait, arg);
    mnet_release(&own);
    return 0;
}

static void test_a_finalizer_must_not_wait(void **state)
{
    (void)state;
    static const char text[] = "MUST_NOT_WAIT: task started at mnet_sched_run calls mnet_yield in "
                               "a finalizer *";
    assert_true(fake_port_panics(wait_at_the_end, text));
    assert_true(fake_port_panics(wait_in_release, text));
}

/* ---- many ---- */

static unsigned finalized;

static void count_final(void *arg)
{
    (void)arg;
    finalized++;
}

static int own_many(void *arg)
{
    static struct mnet_own owns[200];
    for (int round = 0; round < 50; round++) {
        for (int i = 0; i < 200; i++)
            mnet_own(&owns[i], count_final, NULL);
        for (int i = 0; i < 200; i += 2)
            mnet_disown(&owns[i]);
        for (int i = 1; i < 200; i += 2)
            mnet_release(&owns[i]);
    }
    for (int i = 0; i < 200; i++)
        mnet_own(&owns[i], count_final, NULL);
    /* 200 slots at a time, however often they were used. */
    assert_true((size_t)((char *)mnet_self()->canary - (char *)mnet_self()->memory) ==
                200 * sizeof(struct mn_own_slot));
    return arg ? 0 : MNET_ERR_FAILED;
}

static void test_many_resources_at_a_time(void **state)
{
    (void)state;
    finalized = 0;
    assert_int_equal(run(own_many), MNET_ERR_FAILED);
    assert_int_equal(finalized, 50 * 100 + 200);
}

static int own_without_end(void *arg)
{
    static struct mnet_own owns[100000];
    for (int i = 0; i < 100000; i++)
        mnet_own(&owns[i], final_say, arg);
    return 0;
}

static void test_resources_that_fill_the_stack_end_the_program(void **state)
{
    (void)state;
    assert_true(
        fake_port_panics(own_without_end, "stack overflow of task created at mnet_sched_run"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TASK_TEST(test_release_calls_the_finalizer_and_disown_does_not),
        TASK_TEST(test_an_abnormal_end_releases_everything_the_newest_first),
        TASK_TEST(test_a_cancelled_tasks_resources_are_released),
        TASK_TEST(test_a_normal_end_with_a_resource_breaks_resource_leaked),
        TASK_TEST(test_only_the_owner_may_use_a_resource),
        TASK_TEST(test_a_handle_is_worth_nothing_after_its_owners_end),
        TASK_TEST(test_transfer_hands_a_resource_to_the_parent),
        TASK_TEST(test_the_first_task_keeps_what_it_transfers),
        TASK_TEST(test_a_finalizer_runs_as_the_owner),
        TASK_TEST(test_a_finalizer_must_not_wait),
        TASK_TEST(test_many_resources_at_a_time),
        TASK_TEST(test_resources_that_fill_the_stack_end_the_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
