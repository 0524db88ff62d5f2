/* SPDX-License-Identifier: ISC
 *
 * What is made for declared arguments, and how it ends, in the simulator. */
#include "../../../ports/sim/sim.h"
#include "run_test.h"
#include <mnet/mnet.h>
#include <run/run_state.h>
#include <sched/sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static struct mnet_rng_arg rng;
static struct mnet_stack_arg client, server;
static struct mnet_block_arg disk;
static struct sim *sim;
static mnet_task_fn inner; /* the body of the test */

static void console(const char *text, size_t len, bool is_error, void *arg)
{
    (void)arg;
    run_test_print(text, len, is_error);
}

static int setup(void **state)
{
    (void)state;
    run_test_reset();
    rng = (struct mnet_rng_arg)MNET_RNG;
    client = (struct mnet_stack_arg)MNET_STACK("client", "10.0.0.3/24");
    server = (struct mnet_stack_arg)MNET_STACK("server", "10.0.0.2/24");
    disk = (struct mnet_block_arg)MNET_BLOCK("disk");
    sim = sim_new(7);
    sim_use(sim);
    sim_console(sim, console, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sim_use(NULL);
    sim_free(sim);
    return 0;
}

static int run(struct mnet_arg *const *declared)
{
    char name[] = "test", net1[] = "--net:client=x", net2[] = "--net:server=x";
    char *argv[] = {name, net1, net2};
    return mnet_run(3, argv, inner, NULL, declared);
}

/* ---- what the body is given ---- */

static int body_is_given_all(void *arg)
{
    (void)arg;
    struct mnet_cidr cidr;
    uint8_t page[512];
    assert_non_null(rng.rng);
    rng.rng->fill(rng.rng, page, sizeof page);
    assert_true(mnet_stack_addr_at(client.stack, 0, &cidr));
    assert_int_equal(mnet_addr_to_v4(&cidr.addr), 0x0a000003);
    assert_string_equal(mnet_stack_name(server.stack), "server");
    assert_int_equal(mnet_block_atomic_write(disk.block, 512, page, sizeof page), MNET_OK);
    assert_non_null(mnet_run_log());
    mnet_stack_kill(&client);
    mnet_stack_kill(&server);
    mnet_rng_kill(&rng);
    assert_null(client.stack);
    assert_null(rng.rng);
    return 0;
}

static void test_the_body_finds_all_that_was_declared(void **state)
{
    (void)state;
    char name[] = "test", net1[] = "--net:client=x", net2[] = "--net:server=x";
    char block[] = "--block:disk=x", *argv[] = {name, net1, net2, block};
    sim_block_add(sim, &(struct sim_block_config){.name = "disk", .length = 4096});
    assert_int_equal(mnet_run(4, argv, body_is_given_all, NULL,
                              MNET_ARGS(&rng.arg, &client.arg, &server.arg, &disk.arg)),
                     0);
    assert_string_equal(printed[1], "");
    assert_null(disk.block);
    assert_null(mnet_run_log());
}

static void configure(struct mnet_config *config)
{
    assert_int_equal(mnet_addr_to_v4(&config->ipv4[0].addr), 0x0a000003);
    config->name = "renamed";
}

static int body_checks_the_name(void *arg)
{
    (void)arg;
    assert_string_equal(mnet_stack_name(client.stack), "renamed");
    mnet_stack_kill(&client);
    mnet_rng_kill(&rng);
    return 0;
}

static void test_configure_may_change_what_the_command_line_said(void **state)
{
    (void)state;
    char name[] = "test", net[] = "--net:client=x", *argv[] = {name, net};
    client.configure = configure;
    assert_int_equal(
        mnet_run(2, argv, body_checks_the_name, NULL, MNET_ARGS(&rng.arg, &client.arg)), 0);
}

/* ---- one family alone ---- */

static unsigned frames4, frames6; /* sent by anybody */

static void count_family(const struct sim_event *event, void *arg)
{
    (void)arg;
    if (event->what != SIM_SENT || event->len < 14)
        return;
    if (event->bytes[12] == 0x86 && event->bytes[13] == 0xdd)
        frames6++;
    else
        frames4++;
}

static int serve_one(void *arg)
{
    struct mnet_flow *flow;
    char byte;
    if (mnet_tcp_accept(arg, &flow) || mnet_tcp_read(flow, &byte, 1) != 1 ||
        mnet_tcp_write(flow, &byte, 1))
        return MNET_ERR_FAILED;
    mnet_tcp_close(flow);
    return 0;
}

/* A round trip from client to server at that address, over the only family that there is. */
static int body_meets(void *arg)
{
    struct mnet_server *listening;
    struct mnet_flow *flow;
    struct mnet_endpoint remote = {.port = 9000};
    struct mnet_cidr cidr;
    char byte = 'x';
    int result;
    assert_int_equal(mnet_addr_parse(arg, &remote.addr), MNET_OK);
    for (unsigned i = 0; mnet_stack_addr_at(client.stack, i, &cidr); i++)
        assert_int_equal(mnet_addr_is_v4(&cidr.addr), mnet_addr_is_v4(&remote.addr));
    assert_int_equal(mnet_tcp_listen(server.stack, 9000, &listening), MNET_OK);
    struct mnet_task *task = mnet_async(serve_one, listening);
    assert_int_equal(mnet_tcp_connect(client.stack, &remote, &flow), MNET_OK);
    assert_int_equal(mnet_tcp_write(flow, &byte, 1), MNET_OK);
    assert_int_equal(mnet_tcp_read(flow, &byte, 1), 1);
    mnet_tcp_close(flow);
    assert_int_equal(mnet_await(task, &result), MNET_OK);
    mnet_tcp_unlisten(listening);
    mnet_stack_kill(&client);
    mnet_stack_kill(&server);
    mnet_rng_kill(&rng);
    return result;
}

static void meet(const char *remote)
{
    char name[] = "test", net1[] = "--net:client=x", net2[] = "--net:server=x";
    char *argv[] = {name, net1, net2}, at[MNET_ADDR_TEXT_MAX];
    frames4 = frames6 = 0;
    sim_link_add(sim, &(struct sim_link_config){.delay = MNET_MS(1)});
    sim_trace(sim, count_family, NULL);
    strcpy(at, remote);
    assert_int_equal(
        mnet_run(3, argv, body_meets, at, MNET_ARGS(&rng.arg, &client.arg, &server.arg)), 0);
    assert_string_equal(printed[1], "");
}

static void test_a_service_of_ipv6_alone_sends_nothing_of_ipv4(void **state)
{
    (void)state;
    client.ipv4 = "off";
    client.ipv6 = "fd00::3/64";
    server.ipv4 = NULL;
    server.ipv6 = "fd00::2/64";
    meet("fd00::2");
    assert_int_equal(frames4, 0);
    assert_in_range(frames6, 10, 1000);
}

static void test_a_service_of_ipv4_alone_sends_nothing_of_ipv6(void **state)
{
    (void)state;
    client.ipv6 = server.ipv6 = "off";
    meet("10.0.0.2");
    assert_int_equal(frames6, 0);
    assert_in_range(frames4, 10, 1000);
}

/* ---- private addresses ---- */

static struct mnet_cidr noted; /* the last own address */

static int body_notes_the_address(void *arg)
{
    (void)arg;
    for (unsigned i = 0; mnet_stack_addr_at(client.stack, i, &noted); i++) {
    }
    mnet_stack_kill(&client);
    mnet_rng_kill(&rng);
    return 0;
}

static struct mnet_addr address_with(const char *secret)
{
    char name[] = "test", net[] = "--net:client=x", *argv[] = {name, net};
    client.ipv4 = "off";
    client.ipv6_secret = secret;
    assert_int_equal(
        mnet_run(2, argv, body_notes_the_address, NULL, MNET_ARGS(&rng.arg, &client.arg)), 0);
    assert_int_equal(noted.addr.bytes[0], 0xfe);
    return noted.addr;
}

/* RFC 7217 5: the secret decides. */
static void test_with_the_same_secret_addresses_are_the_same(void **state)
{
    (void)state;
    struct mnet_addr first = address_with("00112233445566778899aabbccddeeff");
    struct mnet_addr other = address_with("00112233445566778899aabbccddeefe");
    struct mnet_addr again = address_with("00112233445566778899aabbccddeeff");
    assert_memory_equal(first.bytes, again.bytes, 16);
    assert_memory_not_equal(first.bytes, other.bytes, 16);
    other = address_with(NULL);
    again = address_with(NULL);
    assert_memory_not_equal(other.bytes, again.bytes, 16);
}

static int body_must_not_run(void *arg)
{
    (void)arg;
    fail_msg("the body ran");
    return 0;
}

static void test_a_stack_that_cannot_be_made_ends_the_program_with_one_line(void **state)
{
    (void)state;
    inner = body_must_not_run;
    server.memory = 4096;
    assert_int_equal(run(MNET_ARGS(&rng.arg, &client.arg, &server.arg)), 1);
    assert_non_null(strstr(printed[1], "test: server: "));
    assert_ptr_equal(strchr(printed[1], '\n'), printed[1] + printed_len[1] - 1);
    assert_string_equal(printed[0], "");
}

static void test_a_device_that_is_missing_ends_the_program_with_one_line(void **state)
{
    (void)state;
    char name[] = "test", net[] = "--net:client=x", *argv[] = {name, net};
    assert_int_equal(
        mnet_run(2, argv, body_must_not_run, NULL, MNET_ARGS(&rng.arg, &client.arg, &server.arg)),
        1);
    assert_string_equal(printed[1], "test: server: no device was named\n");
}

static void test_ipv6_alone_needs_a_link_for_it(void **state)
{
    (void)state;
    char name[] = "test", net[] = "--net:client=x", ipv4[] = "--ipv4=off";
    char *argv[] = {name, net, ipv4};
    struct sim_link *link = sim_link_add(sim, &(struct sim_link_config){0});
    sim_device_add(link, &(struct sim_device_config){.name = "client", .mtu = 1000});
    assert_int_equal(mnet_run(3, argv, body_must_not_run, NULL, MNET_ARGS(&rng.arg, &client.arg)),
                     1);
    assert_string_equal(printed[1], "test: client: the MTU is below 1280, which IPv6 needs\n");
}

/* ---- how it ends ---- */

static int accept_one(void *arg)
{
    struct mnet_server *listening = arg;
    struct mnet_flow *flow;
    if (mnet_tcp_accept(listening, &flow))
        return MNET_ERR_FAILED;
    char byte;
    mnet_ssize len;
    int count = 0;
    while ((len = mnet_tcp_read(flow, &byte, 1)) == 1)
        count++;
    mnet_tcp_close(flow);
    return len < 0 ? (int)len : count;
}

static int body_closes_and_kills_at_once(void *arg)
{
    (void)arg;
    struct mnet_server *listening;
    struct mnet_flow *flow;
    static char text[5000];
    int count;
    struct mnet_endpoint remote = {mnet_addr_v4(0x0a000002), 9000};
    assert_int_equal(mnet_tcp_listen(server.stack, 9000, &listening), MNET_OK);
    struct mnet_task *task = mnet_async(accept_one, listening);
    assert_int_equal(mnet_tcp_connect(client.stack, &remote, &flow), MNET_OK);
    assert_int_equal(mnet_tcp_write(flow, text, sizeof text), MNET_OK);
    mnet_tcp_close(flow);
    mnet_stack_kill(&client);
    assert_int_equal(mnet_await(task, &count), MNET_OK);
    mnet_tcp_unlisten(listening);
    mnet_stack_kill(&server);
    mnet_rng_kill(&rng);
    return count == sizeof text ? 0 : 1;
}

static void test_what_was_written_before_the_kill_still_arrives(void **state)
{
    (void)state;
    inner = body_closes_and_kills_at_once;
    sim_link_add(sim, &(struct sim_link_config){.delay = MNET_MS(20)});
    assert_int_equal(run(MNET_ARGS(&rng.arg, &client.arg, &server.arg)), 0);
}

static struct mnet_trigger never;

static int hold(void *arg)
{
    struct mnet_own own;
    mnet_own(&own, mnet_tcp_close, arg);
    return mnet_trigger_wait(&never);
}

/* Ends with a child that owns a flow of a stack that was killed before: its finalizer comes last.
 */
static int body_leaves_a_child(void *arg)
{
    (void)arg;
    struct mnet_server *listening;
    struct mnet_flow *flow;
    struct mnet_endpoint remote = {mnet_addr_v4(0x0a000002), 9000};
    assert_int_equal(mnet_tcp_listen(server.stack, 9000, &listening), MNET_OK);
    assert_int_equal(mnet_tcp_connect(client.stack, &remote, &flow), MNET_OK);
    assert_non_null(mnet_async(hold, flow));
    mnet_err err = mnet_sleep(MNET_SEC(1000));
    mnet_tcp_unlisten(listening);
    mnet_stack_kill(&client);
    mnet_stack_kill(&server);
    mnet_rng_kill(&rng);
    return err;
}

static void test_a_request_to_end_cancels_the_body_and_is_a_success(void **state)
{
    (void)state;
    inner = body_leaves_a_child;
    memset(&never, 0, sizeof never);
    sim_end_at(sim, sim_now(sim) + MNET_SEC(3));
    assert_int_equal(run(MNET_ARGS(&rng.arg, &client.arg, &server.arg)), 0);
    assert_in_range(sim_now(sim), MNET_SEC(4), MNET_SEC(6));
    assert_string_equal(printed[1], "");
}

static int body_forgets_the_stack(void *arg)
{
    (void)arg;
    mnet_rng_kill(&rng);
    return 0;
}

static int body_forgets_the_generator(void *arg)
{
    (void)arg;
    mnet_stack_kill(&client);
    return 0;
}

static int body_uses_the_dead_generator(void *arg)
{
    (void)arg;
    mnet_stack_kill(&client);
    mnet_rng_kill(&rng);
    mnet_rng_kill(&rng);
    return 0;
}

/* Whether the program ends by a panic that contains both words, in a process of its own. */
static void assert_broken(mnet_task_fn body, const char *word, const char *other)
{
    int out[2];
    assert_int_equal(pipe(out), 0);
    pid_t child = fork();
    if (child == 0) {
        char name[] = "test", net[] = "--net:client=x", *argv[] = {name, net};
        dup2(out[1], 2);
        signal(SIGABRT, SIG_DFL);
        _exit(mnet_run(2, argv, body, NULL, MNET_ARGS(&rng.arg, &client.arg)));
    }
    char text[1024] = "";
    int status;
    close(out[1]);
    size_t len = 0;
    for (ssize_t n; (n = read(out[0], text + len, sizeof text - 1 - len)) > 0;)
        len += (size_t)n;
    close(out[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    if (!strstr(text, word) || !strstr(text, other))
        fail_msg("'%s' has not both '%s' and '%s'", text, word, other);
}

static void test_what_is_not_killed_is_named_with_its_place(void **state)
{
    (void)state;
    assert_broken(body_forgets_the_stack, "RESOURCE_LEAKED: stack 'client'", "setup_test.c:");
    assert_broken(body_forgets_the_generator, "RESOURCE_LEAKED: generator 'rng'", "setup_test.c:");
    assert_broken(body_uses_the_dead_generator, "assertion failed", "setup.c:");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_the_body_finds_all_that_was_declared),
        TEST(test_configure_may_change_what_the_command_line_said),
        TEST(test_a_service_of_ipv6_alone_sends_nothing_of_ipv4),
        TEST(test_a_service_of_ipv4_alone_sends_nothing_of_ipv6),
        TEST(test_ipv6_alone_needs_a_link_for_it),
        TEST(test_with_the_same_secret_addresses_are_the_same),
        TEST(test_a_stack_that_cannot_be_made_ends_the_program_with_one_line),
        TEST(test_a_device_that_is_missing_ends_the_program_with_one_line),
        TEST(test_what_was_written_before_the_kill_still_arrives),
        TEST(test_a_request_to_end_cancels_the_body_and_is_a_success),
        TEST(test_what_is_not_killed_is_named_with_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
