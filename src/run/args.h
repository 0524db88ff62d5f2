/* SPDX-License-Identifier: ISC
 *
 * run/args.h - the command line: what it says about the declared arguments. */
#ifndef MN_ARGS_H
#define MN_ARGS_H

#include <mnet/run.h>

/* Declared arguments of a program; more is not a program but a system. */
#define MN_ARGS_MAX 32u
/* Bytes of the name of a log source. */
#define MN_ARGS_SOURCE_MAX 32u

enum mn_args_wish {
    MN_ARGS_RUN,      /* run the program */
    MN_ARGS_MANIFEST, /* print the manifest */
    MN_ARGS_HELP,     /* print the usage */
    MN_ARGS_ERROR,    /* print `error` and the usage */
};

struct mn_args {
    struct mnet_arg *const *declared; /* by the program; ends with NULL */
    size_t count;                     /* how many */
    const char *device[MN_ARGS_MAX];  /* the device named for each; NULL: none was */
    bool names_device;                /* one was, for at least one */
    bool wants_manifest, wants_help;  /* --manifest, --help */
    struct mnet_log *log;             /* whose levels are set */
    unsigned source_count;            /* log sources named */
    char source[MNET_LOG_SOURCES][MN_ARGS_SOURCE_MAX]; /* their names, which the log points to */
    char error[256];                                   /* one line */
};

/* Reads the command line into the declared arguments and the levels of `log`. */
enum mn_args_wish mn_args_parse(struct mn_args *args, int argc, char *const *argv,
                                struct mnet_arg *const *declared, struct mnet_log *log);
/* Whether what must be said was said, and fits together; else `error` is set. */
bool mn_args_complete(struct mn_args *args);

/* Whether the stack is to have IPv4: not if it is off, nor if only --ipv6 is given. */
bool mn_args_has_ipv4(const struct mnet_stack_arg *stack);
/* Reads a value of --ipv6: a mode, or an address with its prefix length, whose mode is STATIC. Not
 * OK: neither. `cidr` is any, unless it is an address. */
MNET_MUST_USE mnet_err mn_args_ipv6(const char *value, enum mnet_ipv6_mode *mode,
                                    struct mnet_cidr *cidr);

/* Reads a value of --ipv6-secret into 16 bytes; false: it is none. */
bool mn_args_secret(const char *value, uint8_t *secret);

/* usage.c: prints how the program is used. */
void mn_usage(const struct mn_args *args, const char *program, bool is_error);

/* The struct around an argument of that kind. */
static inline struct mnet_stack_arg *mn_stack_arg(struct mnet_arg *arg)
{
    return (struct mnet_stack_arg *)(void *)arg;
}

static inline struct mnet_option_arg *mn_option_arg(struct mnet_arg *arg)
{
    return (struct mnet_option_arg *)(void *)arg;
}

static inline struct mnet_block_arg *mn_block_arg(struct mnet_arg *arg)
{
    return (struct mnet_block_arg *)(void *)arg;
}

static inline struct mnet_rng_arg *mn_rng_arg(struct mnet_arg *arg)
{
    return (struct mnet_rng_arg *)(void *)arg;
}

#endif
