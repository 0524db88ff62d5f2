/* SPDX-License-Identifier: ISC
 *
 * Scheduled reads and writes, on a device whose every step the test controls. */
#include "../sched/sched_test.h"
#include <mnet/block.h>
#include <stdio.h>

#define PAGE 512u
#define PIECE (2 * PAGE)
#define PAGES 64u
#define LEN (PAGES * PAGE)

/* ---- the device ---- */

#define ROOM_MAX 16u

static uint8_t disk[LEN];
static struct mnet_block_op *under_way[ROOM_MAX];
static size_t under_way_count, room;
static unsigned device_calls; /* transfers that began */
static unsigned fails_at;     /* the one that fails; 0: none */
static bool fails_submit;     /* and at once */
static bool is_held;          /* nothing completes */

static void say_op(const char *what, uint64_t offset, size_t len)
{
    char text[32];
    snprintf(text, sizeof text, "%s%u+%u", what, (unsigned)(offset / PAGE), (unsigned)(len / PAGE));
    say(text);
}

static mnet_err move(void *to, const void *from, size_t len, unsigned number)
{
    if (number == fails_at && !fails_submit)
        return MNET_ERR_IO;
    memcpy(to, from, len);
    return MNET_OK;
}

static mnet_err dev_read(struct mnet_blockdev *dev, uint64_t offset, void *to, size_t len)
{
    (void)dev;
    say_op("r", offset, len);
    return move(to, disk + offset, len, ++device_calls);
}

static mnet_err dev_write(struct mnet_blockdev *dev, uint64_t offset, const void *from, size_t len)
{
    (void)dev;
    say_op("w", offset, len);
    return move(disk + offset, from, len, ++device_calls);
}

static mnet_err dev_submit(struct mnet_blockdev *dev, struct mnet_block_op *op)
{
    (void)dev;
    if (under_way_count >= room)
        return MNET_ERR_AGAIN;
    if (++device_calls == fails_at && fails_submit)
        return MNET_ERR_IO;
    say_op(op->is_write ? "W" : "R", op->offset, op->len);
    /* A device may use the links. */
    op->next = op->prev = op;
    under_way[under_way_count++] = op;
    return MNET_OK;
}

static bool has_completed(void)
{
    return under_way_count > 0 && !is_held;
}

static struct mnet_block_op *dev_complete(struct mnet_blockdev *dev, mnet_err *result)
{
    (void)dev;
    if (!has_completed())
        return NULL;
    struct mnet_block_op *op = under_way[0];
    memmove(under_way, under_way + 1, --under_way_count * sizeof under_way[0]);
    unsigned completed = device_calls - (unsigned)under_way_count;
    *result = op->is_write ? move(disk + op->offset, op->at, op->len, completed)
                           : move(op->at, disk + op->offset, op->len, completed);
    op->next = op->prev = op;
    return op;
}

static const struct mnet_blockdev_ops plain = {.read = dev_read, .write = dev_write};
static const struct mnet_blockdev_ops able = {
    .read = dev_read, .write = dev_write, .submit = dev_submit, .complete = dev_complete};
static struct mnet_blockdev dev;

static uint8_t byte_at(size_t i)
{
    return (uint8_t)(i * 7 + i / PAGE);
}

/* The state of a test is the kind of its device. */
static int setup_block(void **state)
{
    setup(state);
    fake_port.has_event = has_completed;
    dev = (struct mnet_blockdev){
        .ops = *state, .name = "disk", .length = LEN, .page_size = PAGE, .transfer_max = PIECE};
    for (size_t i = 0; i < LEN; i++)
        disk[i] = byte_at(i);
    under_way_count = 0;
    room = ROOM_MAX;
    device_calls = fails_at = 0;
    fails_submit = is_held = false;
    return 0;
}

/* Nothing may be left in the device, the scheduler or the queue. */
static int teardown_block(void **state)
{
    assert_int_equal(under_way_count, 0);
    assert_int_equal(dev.queue.under_way, 0);
    assert_null(dev.queue.first);
    assert_null(dev.queue.last);
    assert_null(dev.queue.poller.node.next);
    return teardown(state);
}

#define PLAIN(name)                                                                                \
    {                                                                                              \
#name " (at once)", name, setup_block, teardown_block, (void *)(uintptr_t)&plain           \
    }
#define ABLE(name)                                                                                 \
    {                                                                                              \
#name " (background)", name, setup_block, teardown_block, (void *)(uintptr_t)&able         \
    }

/* ---- tasks ---- */

struct job {
    uint64_t page;
    size_t pages;
    bool is_write;
    mnet_time deadline; /* 0: none */
    mnet_err err;
    uint8_t buf[8 * PAGE];
};

static int do_job(void *arg)
{
    struct job *job = arg;
    mnet_deadline(job->deadline ? job->deadline : MNET_NEVER);
    job->err = job->is_write ? mnet_block_write(&dev, job->page * PAGE, job->buf, job->pages * PAGE)
                             : mnet_block_read(&dev, job->page * PAGE, job->buf, job->pages * PAGE);
    say_err(job->err);
    return job->err;
}

static struct mnet_task *begin(struct job *job)
{
    memset(job->buf, 0xdd, sizeof job->buf);
    struct mnet_task *task = mnet_async(do_job, job);
    assert_non_null(task);
    return task;
}

static void assert_is_read(const struct job *job)
{
    for (size_t i = 0; i < job->pages * PAGE; i++)
        assert_int_equal(job->buf[i], byte_at(job->page * PAGE + i));
}

/* ---- tests ---- */

static int read_and_write(void *arg)
{
    (void)arg;
    struct job r = {.page = 3, .pages = 5}, w = {.page = 20, .pages = 3, .is_write = true};
    struct mnet_task *tasks[2] = {begin(&r), begin(&w)};
    int results[2];
    assert_int_equal(mnet_await_all(tasks, 2, results), MNET_OK);
    assert_int_equal(results[0], MNET_OK);
    assert_int_equal(results[1], MNET_OK);
    assert_is_read(&r);
    for (size_t i = 0; i < LEN; i++)
        assert_int_equal(disk[i], i / PAGE >= 20 && i / PAGE < 23 ? 0xdd : byte_at(i));
    return 0;
}

/* The pieces of two requests alternate, and each is as large as the device takes. */
static void test_requests_take_turns_in_the_order_of_their_calls(void **state)
{
    assert_int_equal(run(read_and_write), 0);
    assert_string_equal(said, *state == &able ? "R3+2 W20+2 R5+2 W22+1 OK R7+1 OK "
                                              : "r3+2 w20+2 r5+2 w22+1 OK r7+1 OK ");
}

static unsigned rounds, calls_of_last_round, calls_max;

static void count_in(struct mnet_hook *hook)
{
    (void)hook;
    rounds++;
    unsigned calls = device_calls - calls_of_last_round;
    calls_max = calls > calls_max ? calls : calls_max;
    calls_of_last_round = device_calls;
}

static int spin(void *count)
{
    while (mnet_yield() == MNET_OK)
        ++*(unsigned *)count;
    return 0;
}

static int nap(void *count)
{
    while (mnet_sleep(MNET_US(10)) == MNET_OK)
        ++*(unsigned *)count;
    return 0;
}

/* Each round polls devices and expires timers. */
static int read_much(void *arg)
{
    (void)arg;
    static uint8_t all[LEN];
    static unsigned spins, naps;
    spins = naps = rounds = calls_max = calls_of_last_round = 0;
    struct mnet_hook hook = {.call = count_in};
    struct mnet_task *others[2] = {mnet_async(spin, &spins), mnet_async(nap, &naps)};
    mnet_hook_add(&hook);
    mnet_err err = mnet_block_read(&dev, 0, all, LEN);
    mnet_hook_remove(&hook);
    mnet_cancel(others[0]);
    mnet_cancel(others[1]);
    assert_int_equal(calls_max, 1);
    assert_true(rounds >= LEN / PIECE);
    assert_true(spins >= LEN / PIECE);
    assert_true(naps >= LEN / PIECE / 2);
    assert_memory_equal(all, disk, LEN);
    return err;
}

static void test_between_two_pieces_timers_devices_and_tasks_have_their_turn(void **state)
{
    (void)state;
    fake_port.tick = MNET_US(10);
    assert_int_equal(run(read_much), 0);
}

static int read_alone(void *arg)
{
    (void)arg;
    static uint8_t all[LEN];
    return mnet_block_read(&dev, 0, all, LEN);
}

/* Without others that run, nothing sleeps before the work is done. */
static void test_a_device_at_once_is_never_waited_for(void **state)
{
    (void)state;
    assert_int_equal(run(read_alone), 0);
    assert_int_equal(fake_port.waits, 0);
}

static int fill_device(void *arg)
{
    (void)arg;
    static struct job jobs[5];
    struct mnet_task *tasks[5];
    for (unsigned i = 0; i < 5; i++) {
        jobs[i] = (struct job){.page = i, .pages = 1};
        tasks[i] = begin(&jobs[i]);
    }
    is_held = true;
    assert_int_equal(mnet_sleep(MNET_MS(1)), MNET_OK);
    say("full");
    is_held = false;
    assert_int_equal(mnet_await_all(tasks, 5, NULL), MNET_OK);
    for (unsigned i = 0; i < 5; i++)
        assert_is_read(&jobs[i]);
    return 0;
}

static void test_what_a_full_device_does_not_take_waits(void **state)
{
    (void)state;
    room = 2;
    assert_int_equal(run(fill_device), 0);
    assert_string_equal(said, "R0+1 R1+1 full OK OK R2+1 R3+1 OK OK R4+1 OK ");
}

static void test_a_device_that_is_full_of_nothing_has_failed(void **state)
{
    (void)state;
    room = 0;
    assert_int_equal(run(read_alone), MNET_ERR_IO);
}

/* ---- errors ---- */

static int refuse_bad(void *arg)
{
    (void)arg;
    static uint8_t buf[PAGE];
    assert_int_equal(mnet_block_read(&dev, 1, buf, PAGE), MNET_ERR_NOT_ALIGNED);
    assert_int_equal(mnet_block_write(&dev, 0, buf, 1), MNET_ERR_NOT_ALIGNED);
    assert_int_equal(mnet_block_read(&dev, LEN, buf, PAGE), MNET_ERR_PAST_END);
    assert_int_equal(mnet_block_write(&dev, PAGE, buf, SIZE_MAX - PAGE + 1), MNET_ERR_PAST_END);
    assert_int_equal(mnet_block_read(&dev, LEN, NULL, 0), MNET_OK);
    dev.is_read_only = true;
    assert_int_equal(mnet_block_write(&dev, 0, buf, PAGE), MNET_ERR_READ_ONLY);
    return 0;
}

static void test_a_bad_request_never_reaches_the_device(void **state)
{
    (void)state;
    assert_int_equal(run(refuse_bad), 0);
    assert_int_equal(device_calls, 0);
}

static int two_readers(void *arg)
{
    (void)arg;
    struct job a = {.page = 0, .pages = 8}, b = {.page = 8, .pages = 8};
    struct mnet_task *tasks[2] = {begin(&a), begin(&b)};
    int results[2];
    assert_int_equal(mnet_await_all(tasks, 2, results), MNET_OK);
    /* Pieces take turns: the odd ones are a's. */
    bool a_fails = fails_at % 2 == 1;
    assert_int_equal(results[0], a_fails ? MNET_ERR_IO : MNET_OK);
    assert_int_equal(results[1], a_fails ? MNET_OK : MNET_ERR_IO);
    assert_is_read(a_fails ? &b : &a);
    return 0;
}

static void test_the_kth_failure_ends_only_its_request(void **state)
{
    for (unsigned k = 1; k <= 8; k++) {
        setup_block(state);
        fails_at = k;
        assert_int_equal(run(two_readers), 0);
        assert_null(dev.queue.poller.node.next);
    }
}

static void test_the_kth_refusal_ends_only_its_request(void **state)
{
    for (unsigned k = 1; k <= 8; k++) {
        setup_block(state);
        fails_at = k;
        fails_submit = true;
        assert_int_equal(run(two_readers), 0);
    }
}

/* ---- cancellation and deadlines ---- */

static int release(void *arg)
{
    (void)arg;
    mnet_err err = mnet_sleep(MNET_MS(5));
    say("release");
    is_held = false;
    return err;
}

/* A child is cancelled while the device works for it, another while its request is queued. */
static int cancel_two(void *arg)
{
    (void)arg;
    struct job a = {.page = 0, .pages = 8}, b = {.page = 8, .pages = 8};
    room = 1;
    is_held = true;
    struct mnet_task *first = begin(&a), *second = begin(&b), *releaser = mnet_async(release, NULL);
    assert_int_equal(mnet_sleep(MNET_MS(1)), MNET_OK);
    mnet_cancel(second);
    say("second");
    mnet_cancel(first);
    say("first");
    assert_int_equal(a.err, MNET_ERR_CANCELED);
    assert_int_equal(b.err, MNET_ERR_CANCELED);
    /* Its piece was done, into memory that was still its own; and no more. */
    assert_int_equal(a.buf[PIECE - 1], byte_at(PIECE - 1));
    assert_int_equal(a.buf[PIECE], 0xdd);
    assert_int_equal(b.buf[0], 0xdd);
    return mnet_await(releaser, NULL);
}

static void test_cancellation_waits_for_the_device_but_not_for_the_queue(void **state)
{
    (void)state;
    assert_int_equal(run(cancel_two), 0);
    assert_string_equal(said, "R0+2 CANCELED second release CANCELED first ");
    assert_int_equal(device_calls, 1);
}

static int cancel_between_pieces(void *arg)
{
    (void)arg;
    struct job job = {.page = 0, .pages = 8};
    struct mnet_task *task = begin(&job);
    while (device_calls < 2)
        assert_int_equal(mnet_yield(), MNET_OK);
    mnet_cancel(task);
    assert_int_equal(job.err, MNET_ERR_CANCELED);
    return 0;
}

static void test_a_cancelled_request_stops_between_two_pieces(void **state)
{
    (void)state;
    fake_port.tick = MNET_US(10);
    assert_int_equal(run(cancel_between_pieces), 0);
    assert_int_equal(device_calls, 2);
}

static int time_out(void *arg)
{
    (void)arg;
    mnet_time soon = mnet_now() + MNET_MS(1);
    /* Under way and complete with it; under way with more to do; queued. */
    struct job a = {.page = 0, .pages = 2, .deadline = soon};
    struct job b = {.page = 8, .pages = 8, .deadline = soon};
    struct job c = {.page = 16, .pages = 8, .deadline = soon};
    room = 2;
    is_held = true;
    struct mnet_task *tasks[4] = {begin(&a), begin(&b), begin(&c), mnet_async(release, NULL)};
    assert_int_equal(mnet_await_all(tasks, 4, NULL), MNET_OK);
    assert_int_equal(a.err, MNET_OK);
    assert_is_read(&a);
    assert_int_equal(b.err, MNET_ERR_TIMED_OUT);
    assert_int_equal(c.err, MNET_ERR_TIMED_OUT);
    return 0;
}

static void test_a_deadline_is_kept_but_for_what_is_under_way(void **state)
{
    (void)state;
    assert_int_equal(run(time_out), 0);
    assert_string_equal(said, "R0+2 R8+2 TIMED_OUT release OK TIMED_OUT ");
}

static int fail_late(void *arg)
{
    (void)arg;
    struct job a = {.page = 0, .pages = 8, .deadline = mnet_now() + MNET_MS(1)};
    is_held = true;
    fails_at = 1;
    struct mnet_task *tasks[2] = {begin(&a), mnet_async(release, NULL)};
    assert_int_equal(mnet_await_all(tasks, 2, NULL), MNET_OK);
    return a.err;
}

static void test_a_failure_after_the_deadline_is_told(void **state)
{
    (void)state;
    assert_int_equal(run(fail_late), MNET_ERR_IO);
}

static int cancelled_from_the_start(void *arg)
{
    struct job *job = arg;
    mnet_sleep(MNET_NEVER);
    do_job(job);
    return 0;
}

static int cancel_before_call(void *arg)
{
    (void)arg;
    struct job job = {.page = 0, .pages = 1};
    struct mnet_task *task = mnet_async(cancelled_from_the_start, &job);
    assert_int_equal(mnet_yield(), MNET_OK);
    mnet_cancel(task);
    return job.err;
}

static void test_a_cancelled_task_begins_nothing(void **state)
{
    (void)state;
    assert_int_equal(run(cancel_before_call), MNET_ERR_CANCELED);
    assert_int_equal(device_calls, 0);
}

/* The parent fails while the device works for a child: the memory of both stays. */
static int fail_parent(void *arg)
{
    (void)arg;
    static struct job job;
    job = (struct job){.page = 0, .pages = 8};
    begin(&job);
    mnet_sleep(MNET_MS(1));
    return MNET_ERR_FAILED;
}

static int watch_parent(void *arg)
{
    (void)arg;
    is_held = true;
    struct mnet_task *parent = mnet_async(fail_parent, NULL), *other = mnet_async(release, NULL);
    int result;
    assert_int_equal(mnet_await(parent, &result), MNET_OK);
    assert_int_equal(under_way_count, 0);
    say("gone");
    assert_int_equal(mnet_await(other, NULL), MNET_OK);
    return result;
}

static void test_a_parent_ends_only_after_the_device_is_done_with_its_children(void **state)
{
    (void)state;
    assert_int_equal(run(watch_parent), MNET_ERR_FAILED);
    assert_string_equal(said, "R0+2 release CANCELED gone ");
}

/* ---- beside atomic calls, and rules ---- */

static int atomic_meanwhile(void *arg)
{
    (void)arg;
    static uint8_t page[PAGE];
    struct job job = {.page = 0, .pages = 8};
    is_held = true;
    struct mnet_task *task = begin(&job);
    assert_int_equal(mnet_sleep(MNET_MS(1)), MNET_OK);
    assert_int_equal(mnet_block_atomic_read(&dev, 9 * PAGE, page, PAGE), MNET_OK);
    assert_int_equal(page[0], byte_at(9 * PAGE));
    assert_int_equal(mnet_block_atomic_write(&dev, 10 * PAGE, page, PAGE), MNET_OK);
    assert_int_equal(disk[10 * PAGE], page[0]);
    is_held = false;
    assert_int_equal(mnet_await(task, NULL), MNET_OK);
    assert_is_read(&job);
    return job.err;
}

static void test_atomic_calls_work_while_requests_are_under_way(void **state)
{
    (void)state;
    assert_int_equal(run(atomic_meanwhile), 0);
}

static int read_in_nowait(void *arg)
{
    (void)arg;
    static uint8_t page[PAGE];
    mnet_nowait_begin();
    return mnet_block_read(&dev, 0, page, PAGE);
}

static int read_outside(void *arg)
{
    (void)arg;
    return mnet_block_read(&dev, 0, NULL, 0);
}

static void test_waiting_where_it_is_forbidden_is_found_also_if_there_is_nothing_to_do(void **state)
{
    (void)state;
    assert_true(fake_port_panics(read_in_nowait, "MUST_NOT_WAIT: *mnet_block_read*"));
    assert_true(fake_port_panics_outside(read_outside, "NO_TASK: mnet_block_read*"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLAIN(test_requests_take_turns_in_the_order_of_their_calls),
        ABLE(test_requests_take_turns_in_the_order_of_their_calls),
        PLAIN(test_between_two_pieces_timers_devices_and_tasks_have_their_turn),
        ABLE(test_between_two_pieces_timers_devices_and_tasks_have_their_turn),
        PLAIN(test_a_device_at_once_is_never_waited_for),
        ABLE(test_what_a_full_device_does_not_take_waits),
        ABLE(test_a_device_that_is_full_of_nothing_has_failed),
        PLAIN(test_a_bad_request_never_reaches_the_device),
        ABLE(test_a_bad_request_never_reaches_the_device),
        PLAIN(test_the_kth_failure_ends_only_its_request),
        ABLE(test_the_kth_failure_ends_only_its_request),
        ABLE(test_the_kth_refusal_ends_only_its_request),
        ABLE(test_cancellation_waits_for_the_device_but_not_for_the_queue),
        PLAIN(test_a_cancelled_request_stops_between_two_pieces),
        ABLE(test_a_deadline_is_kept_but_for_what_is_under_way),
        ABLE(test_a_failure_after_the_deadline_is_told),
        PLAIN(test_a_cancelled_task_begins_nothing),
        ABLE(test_a_parent_ends_only_after_the_device_is_done_with_its_children),
        ABLE(test_atomic_calls_work_while_requests_are_under_way),
        PLAIN(test_waiting_where_it_is_forbidden_is_found_also_if_there_is_nothing_to_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
