/* SPDX-License-Identifier: ISC
 *
 * Random tasks on a simulated disk against a model. Each task has pages of its own, so that what
 * must be on them is known: what was written last, or nothing if a write failed or was given up.
 * Buffers are taken from the heap and go back right after the call, so that a sanitizer sees a
 * device that still uses one. And: frames go on while a disk works.
 *
 * A failure prints its seed; SEED=n COUNT=1 runs it again. */
#include "../../../ports/sim/sim.h"
#include "run_test.h"
#include <mnet/mnet.h>
#include <stdio.h>
#include <stdlib.h>

#define PAGE 512u
#define TASKS 6u
#define PAGES 16u /* of each task */
#define LEN (TASKS * PAGES * PAGE)
#define STEPS 30u

#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "# SEED=%llu %s:%d: %s\n", (unsigned long long)seed_of_run, __FILE__,  \
                    __LINE__, #condition);                                                         \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static struct sim *sim;
static struct mnet_blockdev *disk;
static uint64_t seed, seed_of_run;
static unsigned oks, failures, timeouts, cancels;

static unsigned below(unsigned bound)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)((seed >> 33) % bound);
}

/* ---- random tasks ---- */

#define UNKNOWN 256

struct worker {
    unsigned number;
    int value[PAGES]; /* what its pages are full of, or UNKNOWN */
    struct mnet_task *task;
};
static struct worker workers[TASKS];

static mnet_err write_some(struct worker *w, unsigned page, unsigned count, bool is_atomic)
{
    int value = (int)below(256);
    uint64_t offset = (w->number * PAGES + page) * PAGE;
    size_t len = count * PAGE;
    uint8_t *buf = malloc(len);
    MUST(buf);
    memset(buf, value, len);
    /* Until it is known that they are there. */
    for (unsigned i = 0; i < count; i++)
        w->value[page + i] = UNKNOWN;
    mnet_err err = is_atomic ? mnet_block_atomic_write(disk, offset, buf, len)
                             : mnet_block_write(disk, offset, buf, len);
    free(buf);
    for (unsigned i = 0; err == MNET_OK && i < count; i++)
        w->value[page + i] = value;
    return err;
}

static mnet_err read_some(struct worker *w, unsigned page, unsigned count, bool is_atomic)
{
    uint64_t offset = (w->number * PAGES + page) * PAGE;
    size_t len = count * PAGE;
    uint8_t *buf = malloc(len);
    MUST(buf);
    mnet_err err = is_atomic ? mnet_block_atomic_read(disk, offset, buf, len)
                             : mnet_block_read(disk, offset, buf, len);
    for (size_t i = 0; err == MNET_OK && i < len; i++)
        MUST(w->value[page + i / PAGE] == UNKNOWN || buf[i] == w->value[page + i / PAGE]);
    free(buf);
    return err;
}

static void count(mnet_err err, bool is_atomic, mnet_time deadline)
{
    oks += err == MNET_OK;
    failures += err == MNET_ERR_IO;
    timeouts += err == MNET_ERR_TIMED_OUT;
    cancels += err == MNET_ERR_CANCELED;
    MUST(err == MNET_OK || err == MNET_ERR_IO || !is_atomic);
    MUST(is_atomic || (err == MNET_ERR_CANCELED) == mnet_is_cancelled());
    MUST(err != MNET_ERR_TIMED_OUT || mnet_now() >= deadline);
}

static int work(void *arg)
{
    struct worker *w = arg;
    for (unsigned step = 0; step < STEPS; step++) {
        unsigned page = below(PAGES), pages = 1 + below(PAGES - page);
        bool is_atomic = below(8) == 0;
        mnet_time deadline = below(4) ? MNET_NEVER : mnet_now() + MNET_US(below(400));
        mnet_deadline(deadline);
        count(below(2) ? write_some(w, page, pages, is_atomic)
                       : read_some(w, page, pages, is_atomic),
              is_atomic, deadline);
        if (mnet_is_cancelled())
            return 0;
    }
    return 0;
}

static int program(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < TASKS; i++) {
        workers[i].number = i;
        workers[i].task = mnet_async(work, &workers[i]);
        MUST(workers[i].task);
    }
    for (unsigned i = 0; i < 40; i++) {
        MUST(mnet_sleep(MNET_US(below(300))) == MNET_OK);
        struct worker *w = &workers[below(TASKS)];
        mnet_cancel(w->task);
        w->task = mnet_async(work, w);
        MUST(w->task);
    }
    for (unsigned i = 0; i < TASKS; i++) {
        int result;
        MUST(mnet_await(workers[i].task, &result) == MNET_OK && result == 0);
    }
    return 0;
}

static void run_seed(uint64_t number)
{
    seed = seed_of_run = number;
    memset(workers, 0, sizeof workers);
    sim = sim_new(number);
    sim_use(sim);
    struct sim_block_config config = {.name = "disk",
                                      .length = LEN,
                                      .has_background = below(4) > 0,
                                      .delay = MNET_US(below(200)),
                                      .jitter = MNET_US(below(200)),
                                      .room = 1 + below(6),
                                      .transfer_max = PAGE * (1 + below(4)),
                                      .fail_ppm = below(2) * 30000};
    disk = sim_block_add(sim, &config);
    MUST(mnet_sched_run(NULL, program, NULL) == 0);
    MUST(!disk->queue.first && !disk->queue.last && disk->queue.under_way == 0);
    MUST(!disk->queue.poller.node.next);
    MUST(sim_next(sim) == MNET_NEVER);
    sim_use(NULL);
    sim_free(sim);
}

static uint64_t number_from(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 0) : otherwise;
}

static void test_random_tasks_find_what_they_wrote(void **state)
{
    (void)state;
    uint64_t first = number_from("SEED", 1), runs = number_from("COUNT", 300);
    oks = failures = timeouts = cancels = 0;
    for (uint64_t i = first; i < first + runs; i++)
        run_seed(i);
    if (runs >= 100) {
        assert_true(oks > runs * 100);
        assert_true(failures > runs);
        assert_true(timeouts > runs);
        assert_true(cancels > runs);
    }
}

/* ---- the network goes on ---- */

#define ROUND_TRIPS 100u
#define DISK_LEN (8u << 20)

static struct mnet_rng_arg rng = MNET_RNG;
static struct mnet_stack_arg client = MNET_STACK("client", "10.0.0.3/24");
static struct mnet_stack_arg server = MNET_STACK("server", "10.0.0.2/24");
static struct mnet_block_arg block = MNET_BLOCK("disk");
static unsigned trips;

static int echo(void *arg)
{
    struct mnet_server *listener = arg;
    struct mnet_flow *flow;
    char byte;
    mnet_err err = mnet_tcp_accept(listener, &flow);
    if (err != MNET_OK)
        return err;
    while (mnet_tcp_really_read(flow, &byte, 1) == MNET_OK)
        if (mnet_tcp_write(flow, &byte, 1) != MNET_OK)
            break;
    mnet_tcp_close(flow);
    return 0;
}

static mnet_err talk(void)
{
    struct mnet_endpoint remote = {.addr = mnet_addr_v4(0x0a000002), .port = 7};
    struct mnet_flow *flow;
    char byte = 'x';
    mnet_err err = mnet_tcp_connect(client.stack, &remote, &flow);
    if (err != MNET_OK)
        return err;
    for (trips = 0; err == MNET_OK && trips < ROUND_TRIPS; trips++) {
        err = mnet_tcp_write(flow, &byte, 1);
        if (err == MNET_OK)
            err = mnet_tcp_really_read(flow, &byte, 1);
    }
    mnet_tcp_close(flow);
    return err;
}

static unsigned trips_when_read;

static int read_disk(void *arg)
{
    uint8_t *all = malloc(DISK_LEN);
    mnet_err err = mnet_block_read(block.block, 0, all, DISK_LEN);
    trips_when_read = trips;
    free(all);
    *(bool *)arg = err == MNET_OK;
    return 0;
}

static int talk_while_reading(void *arg)
{
    (void)arg;
    bool is_read = false;
    struct mnet_server *listener = NULL;
    mnet_err err = mnet_tcp_listen(server.stack, 7, &listener);
    struct mnet_task *tasks[2] = {mnet_async(read_disk, &is_read), mnet_async(echo, listener)};
    if (err == MNET_OK)
        err = talk();
    mnet_tcp_unlisten(listener);
    if (err == MNET_OK)
        err = mnet_await_all(tasks, 2, NULL);
    mnet_stack_kill(&client);
    mnet_stack_kill(&server);
    mnet_rng_kill(&rng);
    return err == MNET_OK && is_read ? 0 : 1;
}

static void go_on(bool has_background)
{
    char name[] = "test", net1[] = "--net:client=x", net2[] = "--net:server=x";
    char disk_arg[] = "--block:disk=x", *argv[] = {name, net1, net2, disk_arg};
    sim = sim_new(5);
    sim_use(sim);
    sim_block_add(sim, &(struct sim_block_config){.name = "disk",
                                                  .length = DISK_LEN,
                                                  .has_background = has_background,
                                                  .delay = MNET_US(20)});
    assert_int_equal(mnet_run(4, argv, talk_while_reading, NULL,
                              MNET_ARGS(&rng.arg, &client.arg, &server.arg, &block.arg)),
                     0);
    assert_int_equal(trips, ROUND_TRIPS);
    /* Long before the disk was done, the conversation was. */
    assert_int_equal(trips_when_read, ROUND_TRIPS);
    sim_use(NULL);
    sim_free(sim);
}

static void test_frames_go_on_while_a_disk_works(void **state)
{
    (void)state;
    go_on(false);
    go_on(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_tasks_find_what_they_wrote),
        cmocka_unit_test(test_frames_go_on_while_a_disk_works),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
