/* SPDX-License-Identifier: ISC
 *
 * How long an object of flow/ lives, and who is woken: the rules under all the calls. */
#include "flow_test.h"
#include <flow/flow_obj.h>

static struct mnet_udp *object;

static int wait_at_object(void *word)
{
    mnet_err err = mn_flow_wait(&object->base, &object->readers);
    say(word);
    say_err(err);
    return err;
}

static int hand_on(void *arg)
{
    (void)arg;
    object = mn_flow_new(fake_stack_handle());
    assert_int_equal(object->base.refs, 1);
    struct mnet_task *a = mnet_async(wait_at_object, WORD("a"));
    struct mnet_task *b = mnet_async(wait_at_object, WORD("b"));
    struct mnet_task *c = mnet_async(wait_at_object, WORD("c"));
    mnet_yield();
    assert_int_equal(object->base.refs, 4);
    mn_waitq_wake(&object->readers); /* a, which is cancelled: so b, which goes on with success */
    mnet_cancel(a);
    assert_int_equal(mnet_await(b, NULL), MNET_OK);
    assert_int_equal(object->base.refs, 2);
    mnet_yield();
    mn_flow_drop(&object->base);
    mn_waitq_wake(&object->readers);
    assert_int_equal(fake_stack.flows, 1);
    assert_int_equal(mnet_await(c, NULL), MNET_OK);
    assert_int_equal(fake_stack.flows, 0);
    return 0;
}

static void test_a_failed_wait_hands_on_and_the_last_frees(void **state)
{
    (void)state;
    assert_int_equal(run(hand_on), 0);
    assert_string_equal(said, "a CANCELED b OK c CLOSED ");
}

static int without_memory(void *arg)
{
    (void)arg;
    fake_stack.flows_limit = 1;
    object = mn_flow_new(fake_stack_handle());
    assert_null(mn_flow_new(fake_stack_handle()));
    mn_flow_drop(&object->base);
    return 0;
}

static void test_objects_come_from_the_stacks_budget(void **state)
{
    (void)state;
    assert_int_equal(run(without_memory), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FLOW_TEST(test_a_failed_wait_hands_on_and_the_last_frees),
        FLOW_TEST(test_objects_come_from_the_stacks_budget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
