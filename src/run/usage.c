/* SPDX-License-Identifier: ISC
 *
 * How a program is used: the lines of --help, and behind an error. */
#include <base/fmt.h>
#include <mnet/port.h>
#include <run/args.h>
#include <run/log.h>
#include <string.h>

/* The column where explanations begin. */
#define COLUMN 30u

static void line(bool is_error, const char *option, const char *text)
{
    char buf[256];
    size_t len = mn_fmt(buf, sizeof buf, "  %s ", option);
    while (len < COLUMN)
        buf[len++] = ' ';
    mn_fmt(buf + len, sizeof buf - len, "%s", text);
    mn_console_line(is_error, buf);
}

/* An option that each device has: "--net:service=TAP". */
static void device_line(bool is_error, const char *option, const struct mnet_arg *arg,
                        const char *value, const char *text, const char *otherwise)
{
    char left[96], right[128];
    mn_fmt(left, sizeof left, "--%s%s=%s", option, arg ? arg->name : "", value);
    mn_fmt(right, sizeof right, otherwise ? "%s [%s]" : "%s", text, otherwise);
    line(is_error, left, right);
}

static void flag_line(bool is_error, const char *option, const struct mnet_arg *arg,
                      const char *text)
{
    char left[96];
    mn_fmt(left, sizeof left, "--%s%s", option, arg ? arg->name : "");
    line(is_error, left, text);
}

static void stack_lines(const struct mn_args *args, bool is_error, struct mnet_arg *arg)
{
    const struct mnet_stack_arg *stack = mn_stack_arg(arg);
    unsigned stacks = 0;
    for (size_t i = 0; i < args->count; i++)
        stacks += args->declared[i]->kind == MNET_ARG_STACK;
    bool is_only = stacks == 1;
    device_line(is_error, "net:", arg, "DEVICE", "the network device", NULL);
    device_line(is_error, is_only ? "ipv4" : "ipv4:", is_only ? NULL : arg, "ADDRESS/LENGTH",
                "its own address, or off",
                stack->ipv4   ? stack->ipv4
                : stack->ipv6 ? "off"
                              : "required, unless --ipv6 is given");
    device_line(is_error, is_only ? "ipv4-gateway" : "ipv4-gateway:", is_only ? NULL : arg,
                "ADDRESS", "the way to other networks", stack->gateway ? stack->gateway : "none");
    device_line(is_error, is_only ? "ipv6" : "ipv6:", is_only ? NULL : arg, "MODE",
                "private, eui64, random, off, or an address/length",
                stack->ipv6 ? stack->ipv6 : "private");
    device_line(is_error, is_only ? "ipv6-gateway" : "ipv6-gateway:", is_only ? NULL : arg,
                "ADDRESS", "a router of IPv6",
                stack->ipv6_gateway ? stack->ipv6_gateway : "as advertised");
    flag_line(is_error, is_only ? "ipv6-temporary" : "ipv6-temporary:", is_only ? NULL : arg,
              "also addresses that change each day");
    device_line(is_error, is_only ? "ipv6-secret" : "ipv6-secret:", is_only ? NULL : arg, "HEX",
                "32 digits that private addresses come from",
                stack->ipv6_secret ? "by the program" : "random at each start");
}

static void option_line(bool is_error, const struct mnet_option_arg *option)
{
    if (option->is_flag)
        flag_line(is_error, "", &option->arg, option->help);
    else
        device_line(is_error, "", &option->arg, "...", option->help, option->value);
}

void mn_usage(const struct mn_args *args, const char *program, bool is_error)
{
    char buf[128];
    mn_fmt(buf, sizeof buf, "usage: %s [OPTION]...", program);
    mn_console_line(is_error, buf);
    for (size_t i = 0; i < args->count; i++) {
        struct mnet_arg *arg = args->declared[i];
        if (arg->kind == MNET_ARG_STACK)
            stack_lines(args, is_error, arg);
        else if (arg->kind == MNET_ARG_BLOCK)
            device_line(is_error, "block:", arg, "FILE", "the block device", NULL);
        else if (arg->kind == MNET_ARG_OPTION)
            option_line(is_error, mn_option_arg(arg));
    }
    line(is_error, "-v, -vv, --verbose, --quiet", "say more, much more, or nothing");
    line(is_error, "--log=SOURCE:LEVEL", "quiet, error, warning, info or debug for one source");
    line(is_error, "--manifest", "print the devices that this program needs");
    line(is_error, "--help", "print this");
}
