/* SPDX-License-Identifier: ISC */
#include "run_test_port.h"
#include <run/args.h>
#include <run/log.h>

static struct mnet_rng_arg rng;
static struct mnet_stack_arg service, other;
static struct mnet_block_arg disk;
static struct mnet_option_arg port, spin, word;
static struct mn_console_log console;
static struct mn_args args;

static int setup(void **state)
{
    (void)state;
    run_test_reset();
    mn_console_log_init(&console, 0);
    rng = (struct mnet_rng_arg)MNET_RNG;
    service =
        (struct mnet_stack_arg){.arg = {MNET_ARG_STACK, "service", "here"}, .ipv4 = "10.0.0.2/24"};
    other = (struct mnet_stack_arg){.arg = {MNET_ARG_STACK, "other", "here"}};
    disk = (struct mnet_block_arg)MNET_BLOCK("disk");
    port = (struct mnet_option_arg)MNET_OPTION_PORT("port", "9000", "where");
    word = (struct mnet_option_arg)MNET_OPTION("word", NULL, "which");
    spin = (struct mnet_option_arg)MNET_FLAG("spin", "whether");
    return 0;
}

static struct mnet_arg *const one_stack[] = {&rng.arg,  &service.arg, &disk.arg, &port.arg,
                                             &word.arg, &spin.arg,    NULL};
static struct mnet_arg *const two_stacks[] = {&service.arg, &other.arg, NULL};

#define PARSE_FOR(declared, ...) parse((const char *const[]){__VA_ARGS__, NULL}, declared)
#define PARSE(...) PARSE_FOR(one_stack, __VA_ARGS__)

static enum mn_args_wish parse(const char *const *words, struct mnet_arg *const *declared)
{
    static char copy[16][64];
    static char program[] = "program";
    char *argv[17] = {program};
    int argc = 1;
    for (; words[argc - 1]; argc++)
        argv[argc] = strcpy(copy[argc - 1], words[argc - 1]);
    return mn_args_parse(&args, argc, argv, declared, &console.log);
}

static void assert_refused(const char *text, const char *why)
{
    assert_int_equal(PARSE(text), MN_ARGS_ERROR);
    if (!strstr(args.error, text) || !strstr(args.error, why))
        fail_msg("'%s' says neither '%s' nor '%s'", args.error, text, why);
    assert_null(strchr(args.error, '\n'));
}

static void test_devices_are_named_by_kind_and_name(void **state)
{
    (void)state;
    assert_int_equal(PARSE("--net:service=tap0,spin=50us", "--block:disk=a=b.img"), MN_ARGS_RUN);
    assert_string_equal(args.device[1], "tap0,spin=50us");
    assert_string_equal(args.device[2], "a=b.img");
    assert_true(args.names_device);
}

static void test_without_devices_none_is_named(void **state)
{
    (void)state;
    assert_int_equal(PARSE("-v"), MN_ARGS_RUN);
    assert_false(args.names_device);
    assert_null(args.device[1]);
}

static void test_addresses_of_the_only_stack_need_no_name(void **state)
{
    (void)state;
    assert_int_equal(PARSE("--ipv4=192.168.1.9/16", "--ipv4-gateway=192.168.0.1"), MN_ARGS_RUN);
    assert_string_equal(service.ipv4, "192.168.1.9/16");
    assert_string_equal(service.gateway, "192.168.0.1");
    assert_true(mn_args_complete(&args));
}

static void test_addresses_of_several_stacks_need_the_name(void **state)
{
    (void)state;
    assert_int_equal(PARSE_FOR(two_stacks, "--ipv4=10.0.0.9/24"), MN_ARGS_ERROR);
    assert_non_null(strstr(args.error, "--ipv4:service="));
    assert_int_equal(PARSE_FOR(two_stacks, "--ipv6-gateway=fe80::1"), MN_ARGS_ERROR);
    assert_non_null(strstr(args.error, "--ipv6-gateway:service="));
    assert_int_equal(PARSE_FOR(two_stacks, "--ipv4:other=10.1.0.9/24"), MN_ARGS_RUN);
    assert_string_equal(other.ipv4, "10.1.0.9/24");
    assert_string_equal(service.ipv4, "10.0.0.2/24");
    assert_int_equal(PARSE_FOR(two_stacks, "--ipv4:third=10.1.0.9/24"), MN_ARGS_ERROR);
}

static void test_the_last_value_counts(void **state)
{
    (void)state;
    assert_int_equal(PARSE("--port=7", "--port=8"), MN_ARGS_RUN);
    assert_int_equal(mnet_option_port(&port), 8);
}

static void test_options_of_the_program(void **state)
{
    (void)state;
    assert_int_equal(PARSE("--word="), MN_ARGS_RUN);
    assert_string_equal(word.value, "");
    assert_true(word.is_set);
    assert_false(port.is_set);
    assert_int_equal(mnet_option_port(&port), 9000);
    assert_false(spin.is_set);
    assert_int_equal(PARSE("--spin"), MN_ARGS_RUN);
    assert_true(spin.is_set);
}

static void test_wrong_values_and_unknown_options_are_named(void **state)
{
    (void)state;
    assert_refused("--nonsense", "no such option");
    assert_refused("--nonsense=3", "no such option");
    assert_refused("-x", "no such option");
    assert_refused("-port=7", "no such option");
    assert_refused("--", "no such option");
    assert_refused("-", "no such option");
    assert_refused("stray", "unexpected");
    assert_refused("", "unexpected");
    assert_refused("--port", "missing");
    assert_refused("--port=", "not a port");
    assert_refused("--port=0", "not a port");
    assert_refused("--port=65536", "not a port");
    assert_refused("--port=-1", "not a port");
    assert_refused("--port=7x", "not a port");
    assert_refused("--port=0000007", "not a port");
    assert_refused("--port:service=7", "no such option");
    assert_refused("--spin=1", "no value");
    assert_refused("--net:service", "missing");
    assert_refused("--net:service=", "missing");
    assert_refused("--net:other=tap0", "no such device");
    assert_refused("--net:disk=tap0", "no such device");
    assert_refused("--net:serv=tap0", "no such device");
    assert_refused("--net=tap0", "no such option");
    assert_refused("--block:service=file", "no such device");
    assert_refused("--ipv4=10.0.0.300/24", "not an IPv4 address");
    assert_refused("--ipv4=10.0.0.2", "not an IPv4 address");
    assert_refused("--ipv4=10.0.0.2/33", "not an IPv4 address");
    assert_refused("--ipv4=fe80::1/64", "not an IPv4 address");
    assert_refused("--ipv4=", "missing");
    assert_refused("--ipv4-gateway=nonsense", "not an IPv4 address");
    assert_refused("--ipv4-gateway=::1", "not an IPv4 address");
    assert_refused("--ipv6=", "--ipv6=: the value is missing, as in --ipv6=fd00::2/64");
    assert_refused("--ipv6=on", "--ipv6=on: not private, eui64, random, off, or a host's address");
    assert_refused("--ipv6=fd00::2", "not private");
    assert_refused("--ipv6=fd00::2/129", "not private");
    assert_refused("--ipv6=10.0.0.2/24", "not private");
    assert_refused("--ipv6=::/64", "not private");
    assert_refused("--ipv6=::1/64", "not private");
    assert_refused("--ipv6=ff02::1/64", "not private");
    assert_refused("--ipv6-gateway=nonsense", "not the IPv6 address of a router");
    assert_refused("--ipv6-gateway=10.0.0.1", "not the IPv6 address of a router");
    assert_refused("--ipv6-gateway=ff02::2", "not the IPv6 address of a router");
    assert_refused("--ipv6-gateway=fe80::1%other", "the zone is not service");
    assert_refused("--ipv6-gateway=fd00::1%service", "not the IPv6 address of a router");
    assert_refused("--verbose=2", "no such option");
    assert_refused("--manifest=x", "no such option");
    assert_refused("--log=tcp", "SOURCE:LEVEL");
    assert_refused("--log=tcp:loud", "SOURCE:LEVEL");
    assert_refused("--log=:debug", "SOURCE:LEVEL");
    assert_refused("--log", "missing");
}

static void test_nothing_is_stored_from_a_wrong_value(void **state)
{
    (void)state;
    PARSE("--ipv4=10.0.0.300/24");
    assert_string_equal(service.ipv4, "10.0.0.2/24");
    PARSE("--port=x");
    assert_string_equal(port.value, "9000");
}

static void test_levels_of_the_log(void **state)
{
    (void)state;
    assert_int_equal(console.log.level, MNET_LOG_WARNING);
    PARSE("-v");
    assert_int_equal(console.log.level, MNET_LOG_INFO);
    PARSE("--verbose");
    assert_int_equal(console.log.level, MNET_LOG_DEBUG);
    PARSE("--quiet");
    assert_int_equal(console.log.level, MNET_LOG_QUIET);
    PARSE("-vv");
    assert_int_equal(console.log.level, MNET_LOG_DEBUG);
    PARSE("--quiet", "--log=tcp:info");
    assert_true(mnet_log_shows(&console.log, "tcp", MNET_LOG_INFO));
    assert_false(mnet_log_shows(&console.log, "arp", MNET_LOG_ERROR));
}

static void test_more_sources_than_the_log_holds_are_refused(void **state)
{
    (void)state;
    assert_int_equal(PARSE("--log=a:info", "--log=b:info", "--log=c:info", "--log=d:info",
                           "--log=e:info", "--log=f:info", "--log=g:info", "--log=h:info",
                           "--log=i:info"),
                     MN_ARGS_ERROR);
    assert_non_null(strstr(args.error, "--log=i:info"));
}

static void test_help_and_manifest_are_wishes(void **state)
{
    (void)state;
    assert_int_equal(PARSE("--manifest"), MN_ARGS_MANIFEST);
    assert_int_equal(PARSE("--help"), MN_ARGS_HELP);
    assert_int_equal(PARSE("-h", "--manifest"), MN_ARGS_HELP);
    assert_int_equal(PARSE("--manifest", "--nonsense"), MN_ARGS_ERROR);
}

static void test_an_address_without_default_is_required(void **state)
{
    (void)state;
    assert_int_equal(PARSE_FOR(two_stacks, "-v"), MN_ARGS_RUN);
    assert_false(mn_args_complete(&args));
    assert_string_equal(args.error, "the address of other is missing: --ipv4=10.0.0.2/24, or "
                                    "--ipv6=private for one without IPv4");
}

static void test_a_stack_may_be_without_ipv4(void **state)
{
    (void)state;
    assert_int_equal(PARSE("--ipv4=off"), MN_ARGS_RUN);
    assert_true(mn_args_complete(&args));
    assert_false(mn_args_has_ipv4(&service));
    /* Without a default, asking for IPv6 alone is enough. */
    setup(state);
    assert_int_equal(PARSE_FOR(two_stacks, "--ipv6:other=fd00::2/64"), MN_ARGS_RUN);
    assert_true(mn_args_complete(&args));
    assert_false(mn_args_has_ipv4(&other));
    /* A default of IPv4 stays. */
    setup(state);
    assert_int_equal(PARSE("--ipv6=fd00::2/64"), MN_ARGS_RUN);
    assert_true(mn_args_complete(&args));
    assert_true(mn_args_has_ipv4(&service));
}

static void test_a_stack_has_one_of_the_two(void **state)
{
    (void)state;
    assert_int_equal(PARSE("--ipv4=off", "--ipv6=off"), MN_ARGS_RUN);
    assert_false(mn_args_complete(&args));
    assert_string_equal(args.error, "service has neither IPv4 nor IPv6: both are off");
    setup(state);
    assert_int_equal(PARSE_FOR(two_stacks, "--ipv6:other=off"), MN_ARGS_RUN);
    assert_false(mn_args_complete(&args));
    assert_non_null(strstr(args.error, "the address of other is missing"));
}

static void test_a_gateway_of_what_is_off_is_refused(void **state)
{
    (void)state;
    assert_int_equal(PARSE("--ipv4=off", "--ipv4-gateway=10.0.0.1"), MN_ARGS_RUN);
    assert_false(mn_args_complete(&args));
    assert_string_equal(args.error, "service has an IPv4 gateway, but no IPv4 address");
    setup(state);
    assert_int_equal(PARSE_FOR(two_stacks, "--ipv6:other=private", "--ipv4-gateway:other=10.0.0.1"),
                     MN_ARGS_RUN);
    assert_false(mn_args_complete(&args));
    assert_string_equal(args.error, "other has an IPv4 gateway, but no IPv4 address");
}

static void test_ipv6_has_a_mode_or_an_address(void **state)
{
    (void)state;
    enum mnet_ipv6_mode mode;
    struct mnet_cidr cidr;
    assert_int_equal(PARSE("--ipv6=eui64", "--ipv6-gateway=fe80::1"), MN_ARGS_RUN);
    assert_string_equal(service.ipv6, "eui64");
    assert_string_equal(service.ipv6_gateway, "fe80::1");
    assert_true(mn_args_complete(&args));
    assert_int_equal(mn_args_ipv6("eui64", &mode, &cidr), MNET_OK);
    assert_int_equal(mode, MNET_IPV6_EUI64);
    assert_true(mnet_addr_is_any(&cidr.addr));
    assert_int_equal(mn_args_ipv6("fd00::2/64", &mode, &cidr), MNET_OK);
    assert_int_equal(mode, MNET_IPV6_STATIC);
    assert_int_equal(cidr.prefix_len, 64);
    assert_int_equal(PARSE("--ipv6-gateway=fe80::1%service"), MN_ARGS_RUN);
    assert_int_equal(PARSE("--ipv6=off", "--ipv6-gateway=fe80::1"), MN_ARGS_RUN);
    assert_false(mn_args_complete(&args));
    assert_string_equal(args.error, "service has an IPv6 gateway, but --ipv6=off");
}

static void test_private_addresses_have_a_secret(void **state)
{
    (void)state;
    uint8_t secret[16];
    assert_int_equal(PARSE("--ipv6-secret=00112233445566778899aAbBcCdDeEfF"), MN_ARGS_RUN);
    assert_true(mn_args_complete(&args));
    assert_true(mn_args_secret(service.ipv6_secret, secret));
    for (unsigned i = 0; i < 16; i++)
        assert_int_equal(secret[i], i * 0x11);
    static const char *const bad[] = {
        "--ipv6-secret=00112233445566778899aabbccddeef",   /* a digit less */
        "--ipv6-secret=00112233445566778899aabbccddeeff0", /* a digit more */
        "--ipv6-secret=00112233445566778899aabbccddeefg", "--ipv6-secret=x",
        "--ipv6-secret=00000000000000000000000000000000"};
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(PARSE(bad[i]), MN_ARGS_ERROR);
        /* A secret does not belong into a log. */
        assert_string_equal(args.error, "--ipv6-secret: not 32 hexadecimal digits, other than "
                                        "zeros");
    }
    static const char *const modes[] = {"--ipv6=eui64", "--ipv6=random", "--ipv6=off"};
    for (unsigned i = 0; i < 3; i++) {
        setup(state);
        assert_int_equal(PARSE("--ipv6-secret=00112233445566778899aabbccddeeff", modes[i]),
                         MN_ARGS_RUN);
        assert_false(mn_args_complete(&args));
        assert_memory_equal(args.error, "service has a secret for private addresses, but ", 48);
        assert_non_null(strstr(args.error, modes[i]));
    }
    setup(state);
    service.ipv6_secret = "secret"; /* the program's */
    assert_int_equal(PARSE("-v"), MN_ARGS_RUN);
    assert_false(mn_args_complete(&args));
    assert_string_equal(args.error,
                        "the secret of service is not 32 hexadecimal digits, other than zeros");
    /* A static address has a private link-local one beside it. */
    setup(state);
    assert_int_equal(PARSE("--ipv6-secret=00112233445566778899aabbccddeeff", "--ipv6=fd00::2/64"),
                     MN_ARGS_RUN);
    assert_true(mn_args_complete(&args));
}

static void test_temporary_addresses_are_asked_for(void **state)
{
    (void)state;
    assert_false(service.ipv6_temporary);
    assert_int_equal(PARSE("--ipv6-temporary", "--ipv6=eui64"), MN_ARGS_RUN);
    assert_true(service.ipv6_temporary);
    assert_true(mn_args_complete(&args));
    assert_int_equal(PARSE_FOR(two_stacks, "--ipv6-temporary:other"), MN_ARGS_RUN);
    assert_true(other.ipv6_temporary);
    assert_refused("--ipv6-temporary=yes", "takes no value");
    static const char *const modes[] = {"--ipv6=off", "--ipv6=fd00::2/64"};
    for (unsigned i = 0; i < 2; i++) {
        setup(state);
        assert_int_equal(PARSE("--ipv6-temporary", modes[i]), MN_ARGS_RUN);
        assert_false(mn_args_complete(&args));
        assert_memory_equal(args.error,
                            "service cannot have temporary addresses: routers' prefixes make none "
                            "with --ipv6=",
                            76);
    }
}

static void assert_incomplete(const char *ipv4, const char *gateway)
{
    service.ipv4 = ipv4;
    service.gateway = gateway;
    assert_int_equal(PARSE("-v"), MN_ARGS_RUN);
    assert_false(mn_args_complete(&args));
}

static void test_addresses_that_no_host_can_have_are_refused(void **state)
{
    (void)state;
    /* RFC 1122 3.2.1.3: addresses of networks, broadcasts, loopback, multicast. */
    assert_incomplete("10.0.0.0/24", NULL);
    assert_incomplete("10.0.0.255/24", NULL);
    assert_incomplete("0.1.2.3/8", NULL);
    assert_incomplete("127.0.0.1/8", NULL);
    assert_incomplete("224.0.0.1/4", NULL);
    assert_incomplete("255.255.255.255/32", NULL);
    assert_incomplete("10.0.0.2/0", NULL);
    assert_incomplete("10.0.0.2/24", "10.0.1.1");
    assert_incomplete("10.0.0.2/24", "10.0.0.2");
    service.gateway = "10.0.0.1";
    assert_true(mn_args_complete(&args));
    /* RFC 3021 2.1: both addresses of a network of two are hosts'. */
    service.ipv4 = "10.0.0.0/31";
    assert_true(mn_args_complete(&args));
}

static void test_the_port_of_an_option_without_value_ends_the_program(void **state)
{
    (void)state;
    port.value = NULL;
    ASSERT_PANICS(mnet_option_port(&port), "assertion failed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_devices_are_named_by_kind_and_name, setup),
        cmocka_unit_test_setup(test_without_devices_none_is_named, setup),
        cmocka_unit_test_setup(test_addresses_of_the_only_stack_need_no_name, setup),
        cmocka_unit_test_setup(test_addresses_of_several_stacks_need_the_name, setup),
        cmocka_unit_test_setup(test_the_last_value_counts, setup),
        cmocka_unit_test_setup(test_options_of_the_program, setup),
        cmocka_unit_test_setup(test_wrong_values_and_unknown_options_are_named, setup),
        cmocka_unit_test_setup(test_nothing_is_stored_from_a_wrong_value, setup),
        cmocka_unit_test_setup(test_levels_of_the_log, setup),
        cmocka_unit_test_setup(test_more_sources_than_the_log_holds_are_refused, setup),
        cmocka_unit_test_setup(test_help_and_manifest_are_wishes, setup),
        cmocka_unit_test_setup(test_an_address_without_default_is_required, setup),
        cmocka_unit_test_setup(test_a_stack_may_be_without_ipv4, setup),
        cmocka_unit_test_setup(test_a_stack_has_one_of_the_two, setup),
        cmocka_unit_test_setup(test_a_gateway_of_what_is_off_is_refused, setup),
        cmocka_unit_test_setup(test_ipv6_has_a_mode_or_an_address, setup),
        cmocka_unit_test_setup(test_private_addresses_have_a_secret, setup),
        cmocka_unit_test_setup(test_temporary_addresses_are_asked_for, setup),
        cmocka_unit_test_setup(test_addresses_that_no_host_can_have_are_refused, setup),
        cmocka_unit_test_setup(test_the_port_of_an_option_without_value_ends_the_program, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
