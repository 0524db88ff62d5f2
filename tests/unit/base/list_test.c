/* SPDX-License-Identifier: ISC
 *
 * The ring: order, removal from anywhere, and what a node alone looks like. */
#include "base_test.h"
#include <base/list.h>

struct item {
    int number;
    struct mn_list node;
};

static int pop(struct mn_list *list)
{
    struct mn_list *node = mn_list_pop_front(list);
    return node ? MN_CONTAINER(node, struct item, node)->number : -1;
}

static void test_both_ends_keep_order(void **state)
{
    (void)state;
    struct mn_list list;
    struct item item[4];
    mn_list_init(&list);
    for (int i = 0; i < 4; i++) {
        item[i].number = i;
        mn_list_init(&item[i].node);
    }
    mn_list_push_back(&list, &item[1].node);
    mn_list_push_back(&list, &item[2].node);
    mn_list_push_front(&list, &item[0].node);
    mn_list_push_back(&list, &item[3].node);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pop(&list), i);
    assert_int_equal(pop(&list), -1);
}

static void test_a_node_knows_whether_it_is_linked(void **state)
{
    (void)state;
    struct mn_list list;
    struct item item[3];
    mn_list_init(&list);
    assert_true(mn_list_is_empty(&list));
    for (int i = 0; i < 3; i++) {
        item[i].number = i;
        mn_list_init(&item[i].node);
        assert_false(mn_list_is_linked(&item[i].node));
        mn_list_push_back(&list, &item[i].node);
        assert_true(mn_list_is_linked(&item[i].node));
    }
    mn_list_remove(&item[1].node);
    assert_false(mn_list_is_linked(&item[1].node));
    mn_list_remove(&item[1].node);
    assert_int_equal(pop(&list), 0);
    assert_false(mn_list_is_linked(&item[0].node));
    assert_int_equal(pop(&list), 2);
    assert_true(mn_list_is_empty(&list));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ends_keep_order),
        cmocka_unit_test(test_a_node_knows_whether_it_is_linked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
