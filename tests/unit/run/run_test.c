/* SPDX-License-Identifier: ISC
 *
 * Statuses, output and tasks of a whole program, in the simulator. */
#include "run_test.h"
#include "../../../ports/sim/sim.h"
#include <mnet/mnet.h>

static struct mnet_rng_arg rng;
static struct mnet_stack_arg net;
static struct mnet_option_arg port;
static struct sim *sim;
static unsigned runs;

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
    net = (struct mnet_stack_arg)MNET_STACK("service", "10.0.0.2/24");
    port = (struct mnet_option_arg)MNET_OPTION_PORT("port", "9000", "where");
    sim = sim_new(1);
    sim_use(sim);
    sim_console(sim, console, NULL);
    runs = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sim_use(NULL);
    sim_free(sim);
    return 0;
}

static int run(mnet_task_fn body, const char *first, const char *second)
{
    char name[] = "/somewhere/program", words[2][64] = {"", ""};
    char *argv[] = {name, words[0], words[1]};
    strncpy(words[0], first ? first : "", sizeof words[0] - 1);
    strncpy(words[1], second ? second : "", sizeof words[1] - 1);
    return mnet_run(1 + (first != NULL) + (second != NULL), argv, body, NULL,
                    MNET_ARGS(&rng.arg, &net.arg, &port.arg));
}

static int hello(void *arg)
{
    (void)arg;
    runs++;
    mnet_print("Hello World!");
    mnet_stack_kill(&net);
    mnet_rng_kill(&rng);
    return 0;
}

static const char manifest[] = "{\"type\":\"solo5.manifest\",\"version\":1,\"devices\":[{\"name\":"
                               "\"service\",\"type\":\"NET_BASIC\"}]}\n";

static void test_hello_prints_that_and_nothing_else(void **state)
{
    (void)state;
    assert_int_equal(run(hello, "--net:service=x", NULL), 0);
    assert_string_equal(printed[0], "Hello World!\n");
    assert_string_equal(printed[1], "");
    assert_int_equal(runs, 1);
}

static void test_the_manifest_is_printed_without_running_the_body(void **state)
{
    (void)state;
    assert_int_equal(run(hello, "--manifest", NULL), 0);
    assert_string_equal(printed[0], manifest);
    run_test_reset();
    assert_int_equal(run(hello, NULL, NULL), 0);
    assert_string_equal(printed[0], manifest);
    assert_string_equal(printed[1], "");
    assert_int_equal(runs, 0);
}

static void test_without_devices_the_manifest_needs_no_address(void **state)
{
    (void)state;
    net.ipv4 = NULL;
    assert_int_equal(run(hello, NULL, NULL), 0);
    assert_string_equal(printed[0], manifest);
}

static void test_a_wrong_command_line_is_one_line_and_the_usage_with_status_2(void **state)
{
    (void)state;
    assert_int_equal(run(hello, "--net:service=x", "--port=70000"), 2);
    assert_int_equal(strncmp(printed[1], "program: --port=70000: ", 23), 0);
    assert_int_equal(strncmp(strchr(printed[1], '\n') + 1, "usage: program", 14), 0);
    assert_string_equal(printed[0], "");
    run_test_reset();
    net.ipv4 = NULL;
    assert_int_equal(run(hello, "--net:service=x", NULL), 2);
    assert_non_null(strstr(printed[1], "the address of service is missing"));
    assert_int_equal(runs, 0);
}

static void test_a_device_name_that_no_manifest_can_hold_is_one_line(void **state)
{
    (void)state;
    net.arg.name = "eth-0";
    net.arg.place = "program.c:7";
    assert_int_equal(run(hello, "--manifest", NULL), 1);
    assert_string_equal(printed[0], "");
    assert_string_equal(printed[1], "program: 'eth-0', declared at program.c:7: a device's name is "
                                    "1 to 67 letters and digits\n");
    assert_int_equal(runs, 0);
}

static void test_help_is_the_usage_with_status_0(void **state)
{
    (void)state;
    assert_int_equal(run(hello, "--help", NULL), 0);
    assert_int_equal(strncmp(printed[0], "usage: program", 14), 0);
    assert_string_equal(printed[1], "");
}

static int be_refused(void *arg)
{
    hello(arg);
    return MNET_ERR_CONN_REFUSED;
}

static int give_status(void *arg)
{
    hello(arg);
    return 7;
}

static int fail_deep(void *arg)
{
    hello(arg);
    mnet_task_fail(MNET_ERR_EOF);
}

static void test_the_value_of_the_body_is_the_status(void **state)
{
    (void)state;
    assert_int_equal(run(give_status, "--net:service=x", NULL), 7);
    assert_string_equal(printed[1], "");
    assert_int_equal(run(be_refused, "--net:service=x", NULL), 1);
    assert_string_equal(printed[1], "program: the peer refused the connection\n");
    run_test_reset();
    assert_int_equal(run(fail_deep, "--net:service=x", NULL), 1);
    assert_string_equal(printed[1], "program: the stream ended before all bytes had come\n");
}

static int print_from_log(void *arg)
{
    mnet_log_write(mnet_run_log(), mnet_now(), MNET_LOG_INFO, "body", "", "said");
    return hello(arg);
}

static void test_the_log_follows_the_command_line(void **state)
{
    (void)state;
    assert_null(mnet_run_log());
    assert_int_equal(run(print_from_log, "--net:service=x", NULL), 0);
    assert_string_equal(printed[1], "");
    assert_int_equal(run(print_from_log, "--net:service=x", "--log=body:info"), 0);
    assert_non_null(strstr(printed[1], "[INFO] body: said\n"));
    assert_null(mnet_run_log());
}

static void count_announcements(const struct sim_event *event, void *arg)
{
    static const uint8_t who_has_ourselves[] = {10, 0, 0, 2, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2};
    if (event->what == SIM_SENT && event->len >= 42 && event->bytes[12] == 8 &&
        event->bytes[13] == 6 && event->bytes[21] == 1 &&
        memcmp(event->bytes + 28, who_has_ourselves, sizeof who_has_ourselves) == 0)
        ++*(unsigned *)arg;
}

static void test_even_the_shortest_program_announces_its_address(void **state)
{
    (void)state;
    unsigned announcements = 0;
    sim_trace(sim, count_announcements, &announcements);
    assert_int_equal(run(hello, "--net:service=x", NULL), 0);
    /* RFC 5227 2.3: an ARP request for the own address. */
    assert_int_equal(announcements, 1);
}

static int sleep_for_ever(void *arg)
{
    (void)arg;
    struct mnet_trigger never = {0};
    mnet_err err = mnet_trigger_wait(&never);
    runs += err == MNET_ERR_CANCELED;
    mnet_stack_kill(&net);
    mnet_rng_kill(&rng);
    return err;
}

static void test_a_request_to_end_is_a_success(void **state)
{
    (void)state;
    sim_end_at(sim, sim_now(sim) + MNET_SEC(100));
    assert_int_equal(run(sleep_for_ever, "--net:service=x", NULL), 0);
    assert_int_equal(runs, 1);
    assert_string_equal(printed[1], "");
}

static int report_a_conflict(void *arg)
{
    (void)arg;
    mnet_err err = mnet_sleep(MNET_SEC(1));
    mnet_stack_kill(&net);
    mnet_rng_kill(&rng);
    return err;
}

static void test_another_host_with_our_address_is_reported(void **state)
{
    (void)state;
    /* RFC 5227 2.4: an ARP packet of another host that has our address. */
    static const uint8_t arp[60] = {255, 255, 255, 255, 255, 255, 2, 9, 9, 9, 9,  9, 8, 6,
                                    0,   1,   8,   0,   6,   4,   0, 1, 2, 9, 9,  9, 9, 9,
                                    10,  0,   0,   2,   0,   0,   0, 0, 0, 0, 10, 0, 0, 2};
    uint8_t copy[sizeof arp];
    struct sim_link *link = sim_link_add(sim, &(struct sim_link_config){.delay = MNET_MS(500)});
    struct mnet_netdev *other = sim_device_add(link, &(struct sim_device_config){.name = "other"});
    struct mnet_frame frame = {.len = sizeof copy, .seg_count = 1, .seg = {{copy, sizeof copy}}};
    memcpy(copy, arp, sizeof arp);
    sim_device_add(link, &(struct sim_device_config){.name = "service"});
    assert_int_equal(other->ops->tx(other, &frame), MNET_OK);
    assert_int_equal(run(report_a_conflict, "--net:service=x", NULL), 0);
    assert_non_null(strstr(printed[1], "conflict"));
    assert_non_null(strstr(printed[1], "10.0.0.2"));
    assert_non_null(strstr(printed[1], "02:09:09:09:09:09"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_hello_prints_that_and_nothing_else),
        TEST(test_the_manifest_is_printed_without_running_the_body),
        TEST(test_without_devices_the_manifest_needs_no_address),
        TEST(test_a_wrong_command_line_is_one_line_and_the_usage_with_status_2),
        TEST(test_a_device_name_that_no_manifest_can_hold_is_one_line),
        TEST(test_help_is_the_usage_with_status_0),
        TEST(test_the_value_of_the_body_is_the_status),
        TEST(test_the_log_follows_the_command_line),
        TEST(test_even_the_shortest_program_announces_its_address),
        TEST(test_a_request_to_end_is_a_success),
        TEST(test_another_host_with_our_address_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
