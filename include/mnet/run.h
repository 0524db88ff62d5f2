/* SPDX-License-Identifier: ISC
 *
 * mnet/run.h - the main function of a unikernel: which devices and generators it needs, and what it
 * then does.
 *
 *     static struct mnet_rng_arg rng = MNET_RNG;
 *     static struct mnet_stack_arg net = MNET_STACK("service", "10.0.0.2/24");
 *
 *     int main(int argc, char **argv)
 *     {
 *         return mnet_run(argc, argv, body, NULL, MNET_ARGS(&rng.arg, &net.arg));
 *     }
 *
 * The arguments are set up from left to right, then `body` runs as the first task; it must kill
 * what it was given (mnet_rng_kill, mnet_stack_kill) before it returns, or the program ends with
 * RESOURCE_LEAKED. Its value becomes the exit status: >= 0 as it is, negative: 1 and the error's
 * text.
 *
 * Command line, for every program:
 *
 *     --manifest               print the manifest of the declared devices and exit 0
 *     --net:NAME=DEVICE        the device behind NAME (linux-tap: the TAP's name)
 *     --block:NAME=FILE
 *     --ipv4=10.0.0.2/24|off --ipv4-gateway=10.0.0.1
 *                              of the only stack; with several: --ipv4:NAME=... Off: no frame of
 *                              IPv4 or ARP is sent, and the start waits for an IPv6 address to be
 *                              ours (1 to 2 s). Without a default of the program it is required,
 *                              or off if --ipv6 is given
 *     --ipv6=private|eui64|random|off|fd00::2/64
 *                              how its IPv6 addresses are made (mnet/config.h) [private; off on
 * links of less than 1280 bytes], or a static one, beside which none are made
 *     --ipv6-gateway=fd00::1   a static router (fe80::1 or fe80::1%service); without it, those
 *                              that are advertised
 *     --ipv6-temporary         beside each address for an advertised prefix one that lasts a day
 *                              and is preferred for what we begin (RFC 8981)
 *     --ipv6-secret=HEX        32 hexadecimal digits, from which private addresses are made (RFC
 *                              7217): with the same secret a service has the same ones after a
 *                              restart [random at each start]
 *     -v, -vv, --verbose, --quiet, --log=SOURCE:LEVEL
 *     --help
 *
 * Starting a program that declares devices without naming any of them also prints the manifest.
 * What is left is the program's own: mnet_option. A wrong value or an unknown option ends the
 * program with one clear line, the usage, and status 2 before anything was opened. */
#ifndef MNET_RUN_H
#define MNET_RUN_H

#include <mnet/addr.h>
#include <mnet/block.h>
#include <mnet/config.h>
#include <mnet/err.h>
#include <mnet/log.h>
#include <mnet/rng.h>
#include <mnet/stack.h>
#include <mnet/task.h>

enum mnet_arg_kind { MNET_ARG_RNG, MNET_ARG_STACK, MNET_ARG_BLOCK, MNET_ARG_OPTION };

struct mnet_arg {
    enum mnet_arg_kind kind;
    const char *name; /* of the device in the manifest, or of the option without its dashes */
    const char *place;
};

/* The Fortuna generator (32 pools), fed by a background task. */
struct mnet_rng_arg {
    struct mnet_arg arg;
    struct mnet_rng *rng; /* set before body runs */
};
#define MNET_RNG                                                                                   \
    {                                                                                              \
        .arg = { MNET_ARG_RNG, "rng", MNET_HERE }                                                  \
    }
/* Gives up the generator. It ends, with the task that feeds it, after the last stack. */
void mnet_rng_kill(struct mnet_rng_arg *rng);

/* A network device with a stack on it. `configure` (may be NULL) may change the config after the
 * command line was read and before the stack is made. */
struct mnet_stack_arg {
    struct mnet_arg arg;
    const char *ipv4;    /* default of --ipv4; NULL: the command line must have it, or --ipv6 */
    const char *gateway; /* default of --ipv4-gateway; NULL: none */
    const char *ipv6;    /* default of --ipv6; NULL: private, or off where the link is too narrow */
    const char *ipv6_gateway; /* default of --ipv6-gateway; NULL: none */
    const char *ipv6_secret;  /* default of --ipv6-secret; NULL: random */
    bool ipv6_temporary;      /* as --ipv6-temporary */
    size_t memory; /* budget in bytes; 0: 64 MiB, or less on a machine that has not as much */
    /* mnet_stack_create, or mnet_stack_create_bare: then body adds what it wants
     * (mnet_stack_add_udp), and TCP is not in the image. */
    mnet_err (*create)(const struct mnet_config *config, mnet_time now, struct mnet_stack **stack,
                       const char **why);
    void (*configure)(struct mnet_config *config);
    struct mnet_stack *stack; /* set before body runs */
    void *state;              /* run/'s */
};
#define MNET_STACK(device, cidr)                                                                   \
    {                                                                                              \
        .arg = {MNET_ARG_STACK, (device), MNET_HERE}, .ipv4 = (cidr), .create = mnet_stack_create  \
    }
#define MNET_STACK_BARE(device, cidr)                                                              \
    {                                                                                              \
        .arg = {MNET_ARG_STACK, (device), MNET_HERE}, .ipv4 = (cidr),                              \
        .create = mnet_stack_create_bare                                                           \
    }
/* Gives up the stack and lets its connections say goodbye for a short time. Waits, but not in a
 * cancelled task. When all tasks of body have ended, what is left is reset, and the device is
 * closed: until then finalizers can close flows. */
void mnet_stack_kill(struct mnet_stack_arg *net);

struct mnet_block_arg {
    struct mnet_arg arg;
    struct mnet_blockdev *block; /* set before body runs; closed by mnet_run */
};
#define MNET_BLOCK(device)                                                                         \
    {                                                                                              \
        .arg = { MNET_ARG_BLOCK, (device), MNET_HERE }                                             \
    }

/* An option of the program itself: "--port=7". `value` holds the default, or NULL; a flag
 * ("--spin") has is_flag. */
struct mnet_option_arg {
    struct mnet_arg arg;
    const char *help;
    bool is_flag;
    bool is_set;
    const char *value;
    /* Returns NULL if the value is good, else a sentence that says what is wrong. May be NULL. */
    const char *(*check)(const char *value);
};
#define MNET_OPTION(option, default_value, text)                                                   \
    {                                                                                              \
        .arg = {MNET_ARG_OPTION, (option), MNET_HERE}, .help = (text), .value = (default_value)    \
    }
#define MNET_FLAG(option, text)                                                                    \
    {                                                                                              \
        .arg = {MNET_ARG_OPTION, (option), MNET_HERE}, .help = (text), .is_flag = true             \
    }
/* An option that is a port, checked with the command line; and its value. */
#define MNET_OPTION_PORT(option, default_value, text)                                              \
    {                                                                                              \
        .arg = {MNET_ARG_OPTION, (option), MNET_HERE}, .help = (text), .value = (default_value),   \
        .check = mnet_check_port                                                                   \
    }
const char *mnet_check_port(const char *value);
uint16_t mnet_option_port(const struct mnet_option_arg *option);

#define MNET_ARGS(...) ((struct mnet_arg *[]){__VA_ARGS__, NULL})

/* Runs the program; returns the exit status. `args` ends with NULL. */
int mnet_run(int argc, char **argv, mnet_task_fn body, void *body_arg,
             struct mnet_arg *const *args);

/* The program's log: a line is "[+12.345678s] [LEVEL] source tag: message" on the console. NULL
 * before mnet_run. */
struct mnet_log *mnet_run_log(void);

/* Prints a line to the console (formats as mnet_log_write). */
void mnet_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
