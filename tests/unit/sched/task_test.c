/* SPDX-License-Identifier: ISC
 *
 * The life of a task: when it begins, how it ends, what becomes of its children and its stack. */
#include "sched_test.h"
#include <sched/sched.h>

static int one = 1;

/* ---- beginning ---- */

static int start_and_go_on(void *arg)
{
    (void)arg;
    struct mnet_task *child = mnet_async(say_arg, WORD("child"));
    struct mnet_trigger trigger = {0};
    mnet_trigger_signal(&trigger);
    assert_int_equal(mnet_trigger_wait(&trigger), MNET_OK);
    say("parent");
    return mnet_await(child, NULL);
}

static void test_a_child_does_not_begin_before_its_parent_waits(void **state)
{
    (void)state;
    assert_int_equal(run(start_and_go_on), 0);
    assert_string_equal(said, "parent child ");
}

static int start_without_memory(void *arg)
{
    (void)arg;
    struct mnet_task *child = mnet_async(return_arg, &one);
    assert_non_null(child);
    assert_null(mnet_async(return_arg, &one));
    assert_int_equal(mnet_await(child, NULL), MNET_OK);
    /* The stack of the one that is gone serves the next. */
    child = mnet_async(return_arg, &one);
    assert_non_null(child);
    return mnet_await(child, NULL);
}

static void test_async_without_memory_gives_no_task(void **state)
{
    (void)state;
    fake_port.stacks_limit = 2;
    assert_int_equal(run(start_without_memory), 0);
    assert_int_equal(fake_port.stacks_ever, 2);
}

static int see_deadline(void *arg)
{
    (void)arg;
    return mnet_deadline(MNET_NEVER) == MNET_MS(5000);
}

static int inherit(void *arg)
{
    (void)arg;
    assert_true(mnet_deadline(MNET_MS(5000)) == MNET_NEVER);
    struct mnet_task *child = mnet_async(see_deadline, NULL);
    int result = 0;
    assert_int_equal(mnet_await(child, &result), MNET_OK);
    return result;
}

static void test_a_child_inherits_the_deadline(void **state)
{
    (void)state;
    assert_int_equal(run(inherit), 1);
}

static int is_self(void *arg)
{
    return mnet_self() == *(struct mnet_task **)arg;
}

static int look_at_self(void *arg)
{
    (void)arg;
    struct mnet_task *child = mnet_async(is_self, &child);
    assert_true(mnet_self() != child);
    int result = 0;
    assert_int_equal(mnet_await(child, &result), MNET_OK);
    return result;
}

static void test_self_is_the_calling_task(void **state)
{
    (void)state;
    assert_int_equal(run(look_at_self), 1);
}

/* ---- ending with children ---- */

static int leave_child(void *arg)
{
    (void)arg;
    mnet_async(hang, NULL);
    return 0;
}

static int leave_ended_child(void *arg)
{
    (void)arg;
    mnet_async(return_arg, &one);
    mnet_yield();
    return 0;
}

static int leave_orphan(void *arg)
{
    (void)arg;
    struct mnet_orphans orphans;
    mnet_orphans_init(&orphans);
    mnet_async_orphan(&orphans, return_arg, &one);
    mnet_yield();
    return 0;
}

static int child_leaves_child(void *arg)
{
    (void)arg;
    return mnet_await(mnet_async(leave_child, NULL), NULL);
}

static void test_ending_with_children_breaks_still_has_children(void **state)
{
    (void)state;
    static const char text[] = "STILL_HAS_CHILDREN: task started at mnet_sched_run ended while its "
                               "child started at *task_test.c:* was neither awaited nor cancelled";
    assert_true(fake_port_panics(leave_child, text));
    assert_true(fake_port_panics(leave_ended_child, text));
    assert_true(fake_port_panics(leave_orphan, text));
    assert_true(fake_port_panics(child_leaves_child,
                                 "STILL_HAS_CHILDREN: task started at *task_test.c:* ended while "
                                 "its child started at *task_test.c:* was neither awaited nor "
                                 "cancelled"));
}

static int fail_with_child(void *arg)
{
    (void)arg;
    mnet_async(hang, WORD("child"));
    mnet_yield();
    say("parent");
    return MNET_ERR_FAILED;
}

static int await_failing(void *arg)
{
    (void)arg;
    int result = 0;
    assert_int_equal(mnet_await(mnet_async(fail_with_child, NULL), &result), MNET_OK);
    say_err(result);
    return 0;
}

static void test_an_abnormal_end_cancels_the_children_and_waits_for_them(void **state)
{
    (void)state;
    assert_int_equal(run(await_failing), 0);
    assert_string_equal(said, "parent child CANCELED FAILED ");
    /* The first task, too. */
    said[0] = '\0';
    assert_int_equal(run(fail_with_child), MNET_ERR_FAILED);
    assert_string_equal(said, "parent child CANCELED ");
}

static int fail_with_ended_children(void *arg)
{
    struct mnet_orphans *orphans = arg;
    mnet_async(return_arg, &one);
    mnet_async_orphan(orphans, return_arg, &one);
    mnet_async_orphan(orphans, hang, NULL);
    mnet_yield();
    return MNET_ERR_FAILED;
}

static int await_fail_with_ended(void *arg)
{
    (void)arg;
    struct mnet_orphans orphans = {0};
    int result = 0;
    assert_int_equal(mnet_await(mnet_async(fail_with_ended_children, &orphans), &result), MNET_OK);
    return result;
}

static void test_an_abnormal_end_collects_children_that_have_ended_before(void **state)
{
    (void)state;
    assert_int_equal(run(await_fail_with_ended), MNET_ERR_FAILED);
}

/* A child that takes its time after it was cancelled. */
static int linger(void *arg)
{
    struct mnet_trigger *go_on = arg;
    assert_int_equal(hang(NULL), MNET_ERR_CANCELED);
    mnet_trigger_signal(go_on);
    for (int i = 0; i < 5; i++)
        assert_int_equal(mnet_sleep(MNET_SEC(1)), MNET_ERR_CANCELED);
    say("lingered");
    return 7;
}

static int parent_of_lingerer(void *arg)
{
    mnet_async(linger, arg);
    mnet_yield();
    return MNET_ERR_FAILED;
}

static int grandparent_of_lingerer(void *arg)
{
    (void)arg;
    struct mnet_trigger go_on = {0};
    struct mnet_task *child = mnet_async(parent_of_lingerer, &go_on);
    assert_int_equal(mnet_trigger_wait(&go_on), MNET_OK);
    say("waiting");
    int result = 0;
    assert_int_equal(mnet_await(child, &result), MNET_OK);
    say_err(result);
    return 0;
}

static void test_a_task_has_not_ended_before_its_children_have(void **state)
{
    (void)state;
    assert_int_equal(run(grandparent_of_lingerer), 0);
    assert_string_equal(said, "waiting lingered FAILED ");
}

/* ---- ending from any depth ---- */

static void final_say(void *word)
{
    say(word);
}

static _Noreturn void fail_inside(void)
{
    struct mnet_own own;
    mnet_own(&own, final_say, WORD("inner"));
    mnet_task_fail(MNET_ERR_EOF);
}

static int fail_deep(void *arg)
{
    (void)arg;
    mnet_async(hang, WORD("child"));
    mnet_yield();
    struct mnet_own own;
    mnet_own(&own, final_say, WORD("outer"));
    fail_inside();
}

static void test_fail_ends_the_task_from_any_depth(void **state)
{
    (void)state;
    assert_int_equal(run(fail_deep), MNET_ERR_EOF);
    assert_string_equal(said, "child CANCELED inner outer ");
}

/* ---- what is left on the stack ---- */

struct record {
    struct mnet_trigger trigger;
    unsigned char bytes[256];
};

static int write_to_parent(void *arg)
{
    struct record *record = arg;
    assert_int_equal(mnet_trigger_wait(&record->trigger), MNET_ERR_CANCELED);
    for (unsigned i = 0; i < sizeof record->bytes; i++)
        assert_int_equal(record->bytes[i], i);
    memset(record->bytes, 0xee, sizeof record->bytes);
    return 0;
}

static void check_written(void *arg)
{
    struct record *record = arg;
    for (unsigned i = 0; i < sizeof record->bytes; i++)
        assert_int_equal(record->bytes[i], 0xee);
    say("whole");
}

/* The next test does what the sanitizer rightly reports as use after return. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_stack_use_after_return=0";
}

/* To C the variables of `fn` are gone after the return, but a child may still write to them. That
 * is a bug; it must not become one that destroys the stack. */
static int return_with_pointers_left(void *arg)
{
    (void)arg;
    struct record record = {0};
    struct mnet_own own;
    for (unsigned i = 0; i < sizeof record.bytes; i++)
        record.bytes[i] = (unsigned char)i;
    mnet_own(&own, check_written, &record);
    mnet_async(write_to_parent, &record);
    mnet_yield();
    return MNET_ERR_FAILED;
}

static int fail_with_pointers_left(void *arg)
{
    (void)arg;
    struct record record = {0};
    struct mnet_own own;
    for (unsigned i = 0; i < sizeof record.bytes; i++)
        record.bytes[i] = (unsigned char)i;
    mnet_own(&own, check_written, &record);
    mnet_async(write_to_parent, &record);
    mnet_yield();
    mnet_task_fail(MNET_ERR_FAILED);
}

static void test_what_a_task_left_on_its_stack_stays_until_its_children_have_ended(void **state)
{
    (void)state;
    assert_int_equal(run(return_with_pointers_left), MNET_ERR_FAILED);
    assert_string_equal(said, "whole ");
}

static void test_fail_keeps_the_frame_for_children_and_finalizers(void **state)
{
    (void)state;
    assert_int_equal(run(fail_with_pointers_left), MNET_ERR_FAILED);
    assert_string_equal(said, "whole ");
}

/* ---- stacks ---- */

/* Calls itself until it has written over the low end of the stack; the fake port has room there. */
static unsigned descend(const char *low)
{
    volatile char room[256];
    for (unsigned i = 0; i < sizeof room; i++)
        room[i] = 1;
    if ((const char *)room < low)
        return (unsigned)room[0];
    return descend(low) + (unsigned)room[255];
}

static int use_too_much(void *arg)
{
    (void)arg;
    assert_true(descend(mnet_self()->memory) > 100);
    return mnet_yield();
}

static int child_uses_too_much(void *arg)
{
    (void)arg;
    return mnet_await(mnet_async(use_too_much, NULL), NULL);
}

static int use_much(void *arg)
{
    (void)arg;
    assert_true(descend((const char *)mnet_self()->memory + 2048) > 100);
    return mnet_yield();
}

static void test_a_stack_that_overflowed_ends_the_program(void **state)
{
    (void)state;
    assert_int_equal(run(use_much), 0);
    assert_true(
        fake_port_panics(child_uses_too_much, "stack overflow of task created at *task_test.c:*"));
}

static int start_one_after_another(void *arg)
{
    (void)arg;
    for (int i = 0; i < 1000; i++) {
        struct mnet_task *a = mnet_async(return_arg, &one), *b = mnet_async(hang, NULL);
        assert_int_equal(mnet_await(a, NULL), MNET_OK);
        mnet_cancel(b);
    }
    return 0;
}

static void test_stacks_are_used_again(void **state)
{
    (void)state;
    assert_int_equal(run(start_one_after_another), 0);
    assert_int_equal(fake_port.stacks_ever, 3);
}

#define MANY 10000

static int start_many(void *arg)
{
    (void)arg;
    static struct mnet_task *tasks[MANY];
    for (int i = 0; i < MANY; i++) {
        tasks[i] = mnet_async(hang, NULL);
        assert_non_null(tasks[i]);
    }
    mnet_yield();
    for (int i = 0; i < MANY; i += 2)
        mnet_cancel(tasks[i]);
    return MNET_ERR_FAILED; /* cancels the others */
}

static void test_ten_thousand_tasks(void **state)
{
    (void)state;
    const struct mnet_sched_config config = {.stack_size = 16 << 10};
    assert_int_equal(mnet_sched_run(&config, start_many, NULL), MNET_ERR_FAILED);
    assert_int_equal(fake_port.stacks_ever, MANY + 1);
}

static int deeper(void *left)
{
    int *depth = left;
    if (--*depth == 0)
        return hang(NULL);
    return mnet_await(mnet_async(deeper, depth), NULL);
}

static int start_deep(void *arg)
{
    int depth = 2000;
    struct mnet_task *child = mnet_async(deeper, &depth);
    while (depth > 0)
        mnet_yield();
    if (arg)
        return MNET_ERR_FAILED;
    mnet_cancel(child);
    return 0;
}

static void test_a_long_line_of_descendants_ends_without_recursion(void **state)
{
    (void)state;
    const struct mnet_sched_config config = {.stack_size = 16 << 10};
    assert_int_equal(mnet_sched_run(&config, start_deep, NULL), 0);
    assert_int_equal(mnet_sched_run(&config, start_deep, &one), MNET_ERR_FAILED);
}

/* ---- misuse ---- */

static int start_in_finalizer(void *arg);

static void start_child(void *arg)
{
    mnet_async(start_in_finalizer, arg);
}

static int start_in_finalizer(void *arg)
{
    struct mnet_own own;
    mnet_own(&own, start_child, arg);
    return MNET_ERR_FAILED;
}

static void final_fail(void *arg)
{
    (void)arg;
    mnet_task_fail(MNET_ERR_FAILED);
}

static int fail_in_finalizer(void *arg)
{
    struct mnet_own own;
    mnet_own(&own, final_fail, arg);
    return MNET_ERR_FAILED;
}

static void test_finalizers_neither_start_tasks_nor_fail(void **state)
{
    (void)state;
    assert_true(fake_port_panics(start_in_finalizer,
                                 "STILL_HAS_CHILDREN: task started at mnet_sched_run started one "
                                 "at *task_test.c:* in a finalizer"));
    assert_true(fake_port_panics(fail_in_finalizer,
                                 "MUST_NOT_WAIT: task started at mnet_sched_run ends in *"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TASK_TEST(test_a_child_does_not_begin_before_its_parent_waits),
        TASK_TEST(test_async_without_memory_gives_no_task),
        TASK_TEST(test_a_child_inherits_the_deadline),
        TASK_TEST(test_self_is_the_calling_task),
        TASK_TEST(test_ending_with_children_breaks_still_has_children),
        TASK_TEST(test_an_abnormal_end_cancels_the_children_and_waits_for_them),
        TASK_TEST(test_an_abnormal_end_collects_children_that_have_ended_before),
        TASK_TEST(test_a_task_has_not_ended_before_its_children_have),
        TASK_TEST(test_fail_ends_the_task_from_any_depth),
        TASK_TEST(test_what_a_task_left_on_its_stack_stays_until_its_children_have_ended),
        TASK_TEST(test_fail_keeps_the_frame_for_children_and_finalizers),
        TASK_TEST(test_a_stack_that_overflowed_ends_the_program),
        TASK_TEST(test_stacks_are_used_again),
        TASK_TEST(test_ten_thousand_tasks),
        TASK_TEST(test_a_long_line_of_descendants_ends_without_recursion),
        TASK_TEST(test_finalizers_neither_start_tasks_nor_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
