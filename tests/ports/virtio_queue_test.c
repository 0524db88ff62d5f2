/* SPDX-License-Identifier: ISC
 *
 * A virtqueue against the fake device: what arrives, what comes back, who is called when, and what
 * a device that lies can do: end the program, and nothing else. */
#include "virtio_fake.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SIZE 16u

static struct queue queue;
static struct fake_queue fake;
static void *memory;

static void set_up(bool has_event)
{
    free(memory);
    memory = malloc(queue_memory_len(SIZE)); /* exactly: the sanitizer sees what is outside */
    memset(memory, 0xee, queue_memory_len(SIZE));
    queue_init(&queue, "test", memory, SIZE, has_event);
    fake = (struct fake_queue){.driver = &queue};
}

static uint16_t offer_one(uintptr_t at, uint32_t len, bool is_written)
{
    uint16_t id = queue_begin(&queue, at, len, is_written);
    queue_offer(&queue);
    return id;
}

static void test_a_chain_arrives_as_it_was_built(void **state)
{
    (void)state;
    struct fake_chain chain, none;
    uint32_t len;
    set_up(true);
    uint16_t id = queue_begin(&queue, 0x1000, 10, false);
    queue_more(&queue, 0x2000, 20, false);
    queue_more(&queue, 0x3000, 30, true);
    queue_offer(&queue);
    assert_false(fake_take(&fake, &chain)); /* not yet shown */
    assert_true(queue_publish(&queue));
    assert_true(fake_take(&fake, &chain));
    assert_false(fake_take(&fake, &none));
    assert_int_equal(chain.id, id);
    assert_int_equal(chain.count, 3);
    assert_ptr_equal(chain.part[1].at, (void *)0x2000);
    assert_int_equal(chain.part[1].len, 20);
    assert_false(chain.part[1].is_written);
    assert_true(chain.part[2].is_written);
    assert_int_equal(queue.free_count, SIZE - 3);
    assert_int_equal(queue_take(&queue, &len), QUEUE_NONE);
    fake_use(&fake, id, 30);
    assert_int_equal(queue_take(&queue, &len), id);
    assert_int_equal(len, 30);
    assert_int_equal(queue.free_count, SIZE);
}

/* Chains of random lengths go and come back in random order, several times around all indices. */
static void test_nothing_is_lost_in_any_order(void **state)
{
    (void)state;
    struct fake_chain held[SIZE];
    unsigned held_count = 0;
    uint64_t sent = 0, returned = 0;
    set_up(true);
    srand(1);
    for (unsigned round = 0; round < 300000; round++) {
        unsigned count = 1 + (unsigned)rand() % 3;
        if (rand() % 2 && queue.free_count >= count) {
            uint16_t next = queue_next(&queue);
            assert_int_equal(queue_begin(&queue, sent, 1, true), next);
            for (unsigned i = 1; i < count; i++)
                queue_more(&queue, sent + i, i, true);
            queue_offer(&queue);
            sent++;
        }
        queue_publish(&queue);
        while (held_count < SIZE && fake_take(&fake, &held[held_count]))
            held_count++;
        if (held_count > 0 && rand() % 2) {
            unsigned which = (unsigned)rand() % held_count;
            fake_use(&fake, held[which].id, 1);
            held[which] = held[--held_count];
        }
        uint32_t len;
        if (rand() % 2 && queue_take(&queue, &len) != QUEUE_NONE)
            returned++;
        assert_int_equal(sent - returned, queue.under_way);
    }
    assert_true(returned > 3 * 65536 / 2);
}

static void test_the_device_is_called_as_it_wants(void **state)
{
    (void)state;
    uint32_t len;
    set_up(true);
    for (unsigned i = 0; i < 200000; i++) {
        /* It wants to know of offer number i + ahead. */
        unsigned ahead = i % 3;
        fake_notify_after(&fake, (uint16_t)(queue.offered_index + ahead));
        unsigned offered = 1 + i % 2;
        for (unsigned k = 0; k < offered; k++)
            offer_one(0, 1, true);
        assert_int_equal(queue_publish(&queue), ahead < offered);
        assert_false(queue_publish(&queue)); /* nothing new */
        struct fake_chain chain;
        while (fake_take(&fake, &chain))
            fake_use(&fake, chain.id, 0);
        while (queue_take(&queue, &len) != QUEUE_NONE) {
        }
    }
    set_up(false);
    offer_one(0, 1, true);
    assert_true(queue_publish(&queue));
    fake_be_quiet(&fake, true);
    offer_one(0, 1, true);
    assert_false(queue_publish(&queue));
}

static void use_one(void)
{
    struct fake_chain chain;
    offer_one(0, 1, true);
    queue_publish(&queue);
    assert_true(fake_take(&fake, &chain));
    fake_use(&fake, chain.id, 0);
}

static void test_interrupts_come_when_they_were_asked_for(void **state)
{
    uint32_t len;
    (void)state;
    for (int has_event = 0; has_event < 2; has_event++) {
        set_up(has_event);
        for (unsigned i = 0; i < 100000; i++) {
            use_one();
            assert_false(fake_wants_interrupt(&fake));
            assert_true(queue_arm(&queue)); /* too late to sleep */
            queue_disarm(&queue);
            assert_int_not_equal(queue_take(&queue, &len), QUEUE_NONE);
            assert_false(queue_arm(&queue));
            use_one();
            assert_true(fake_wants_interrupt(&fake));
            assert_int_not_equal(queue_take(&queue, &len), QUEUE_NONE);
            queue_disarm(&queue);
        }
    }
}

/* ---- lies ---- */

static void take(void *arg)
{
    uint32_t len;
    (void)arg;
    while (queue_take(&queue, &len) != QUEUE_NONE) {
    }
}

static void arm(void *arg)
{
    (void)arg;
    queue_arm(&queue);
}

static void expect_panic(void (*fn)(void *), const char *text)
{
    const char *message = fake_panic_of(fn, NULL);
    assert_non_null(message);
    assert_non_null(strstr(message, "test: the device"));
    assert_non_null(strstr(message, text));
}

static void test_lies_end_the_program(void **state)
{
    (void)state;
    set_up(true);
    fake_set_used_index(&fake, 1);
    expect_panic(take, "more buffers than it was given: 1");
    expect_panic(arm, "more buffers");

    set_up(true);
    offer_one(0, 8, true);
    queue_publish(&queue);
    fake_use(&fake, SIZE, 0);
    expect_panic(take, "does not have: number 16");

    set_up(true);
    offer_one(0, 8, true);
    fake_use(&fake, UINT32_MAX, 0);
    expect_panic(take, "does not have: number 4294967295");

    set_up(true);
    uint16_t first = offer_one(0, 8, true);
    offer_one(0, 8, true);
    fake_use(&fake, first, 0);
    fake_use(&fake, first, 0); /* twice */
    expect_panic(take, "does not have: number 0");

    set_up(true); /* the second of a chain */
    queue_begin(&queue, 0, 8, false);
    uint16_t second = queue_next(&queue);
    queue_more(&queue, 0, 8, true);
    queue_offer(&queue);
    fake_use(&fake, second, 0);
    expect_panic(take, "does not have: number 1");

    set_up(true);
    fake_use(&fake, offer_one(0, 8, true), 9);
    expect_panic(take, "more than there is room for: bytes 9");

    set_up(true); /* only what may be written counts */
    fake_use(&fake, offer_one(0, 8, false), 1);
    expect_panic(take, "more than there is room for");
}

/* Garbage all over what the device writes: the driver stays inside of its memory. */
static void test_garbage_corrupts_nothing(void **state)
{
    (void)state;
    unsigned panics = 0;
    srand(2);
    for (unsigned round = 0; round < 20000; round++) {
        set_up(round % 2);
        for (unsigned i = 0; i < SIZE; i++)
            offer_one(0, 8, true);
        queue_publish(&queue);
        uint8_t *used = (uint8_t *)queue.used;
        size_t used_len = sizeof *queue.used + SIZE * sizeof(struct queue_used) + 2;
        for (size_t i = 0; i < used_len; i++)
            used[i] = (uint8_t)(rand() % 8 ? rand() % 17 : rand());
        for (size_t i = 0; rand() % 2 && i < SIZE; i++)
            used[4 + 8 * i + 1] = used[4 + 8 * i + 2] = used[4 + 8 * i + 3] = 0;
        used[3] = 0;
        panics += fake_panic_of(take, NULL) != NULL;
        assert_true(queue.free_count <= SIZE && queue.under_way <= SIZE);
    }
    assert_in_range(panics, 1000, 20000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_chain_arrives_as_it_was_built),
        cmocka_unit_test(test_nothing_is_lost_in_any_order),
        cmocka_unit_test(test_the_device_is_called_as_it_wants),
        cmocka_unit_test(test_interrupts_come_when_they_were_asked_for),
        cmocka_unit_test(test_lies_end_the_program),
        cmocka_unit_test(test_garbage_corrupts_nothing),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(memory);
    return failed;
}
