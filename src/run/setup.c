/* SPDX-License-Identifier: ISC
 *
 * What stands between a declared argument and its use: devices, the generator, stacks.
 *
 * The body gives up a stack or the generator with a kill call, and must, or the program is broken
 * (RESOURCE_LEAKED). What it gave up goes on in the background until all tasks of the body are
 * gone: a task that is cancelled only then still closes its flows in its finalizers, and what it
 * sent last still gets out. Only then, from right to left, everything ends. */
#include <base/assert.h>
#include <base/list.h>
#include <mnet/port.h>
#include <run/run_state.h>
#include <sched/sched.h>

/* Where nobody says what the budget is: the largest, and what is tried until the platform has it.
 */
#define MEMORY_DEFAULT ((size_t)64 << 20)
#define MEMORY_LEAST ((size_t)1 << 20)
/* How long connections may take to say goodbye: many round trips of a local network, one or two of
 * a long one. */
#define GOODBYE_MAX MNET_MS(500)
#define GOODBYE_STEP MNET_MS(1)
/* A stack lives at least so long, that the announcement of its address (RFC 5227 2.3) gets out of a
 * program that ends at once: a few ticks of the timer wheel. */
#define LIFE_MIN MNET_MS(1)
/* How often a stack that probes for conflicts is asked whether it is ready. */
#define READY_STEP MNET_MS(10)

/* RFC 8200 5: every link of IPv6 carries as much. */
#define IPV6_MTU_MIN 1280u

/* ---- devices ---- */

static mnet_err open_device(struct mn_run *run, size_t i, const char **why)
{
    struct mnet_arg *arg = run->args.declared[i];
    struct mn_run_part *part = &run->part[i];
    *why = NULL;
    if (arg->kind == MNET_ARG_STACK)
        return mnet_port_net_open(arg->name, run->args.device[i], &part->netdev, why);
    if (arg->kind == MNET_ARG_BLOCK)
        return mnet_port_block_open(arg->name, run->args.device[i], &part->block, why);
    return MNET_OK;
}

static void close_device(struct mn_run_part *part)
{
    if (part->netdev)
        mnet_port_net_close(part->netdev);
    if (part->block)
        mnet_port_block_close(part->block);
    part->netdev = NULL;
    part->block = NULL;
}

bool mn_run_open_devices(struct mn_run *run)
{
    for (size_t i = 0; i < run->args.count; i++) {
        const char *why;
        mnet_err err = open_device(run, i, &why);
        if (err != MNET_OK) {
            mn_run_complain(run, "%s: %s", run->args.declared[i]->name,
                            why ? why : mnet_err_text(err));
            mn_run_close_devices(run);
            return false;
        }
    }
    return true;
}

void mn_run_close_devices(struct mn_run *run)
{
    for (size_t i = run->args.count; i-- > 0;)
        close_device(&run->part[i]);
}

bool mn_run_finds_device(struct mn_run *run)
{
    for (size_t i = 0; i < run->args.count; i++) {
        const char *why;
        if (open_device(run, i, &why) == MNET_ERR_NO_DEVICE)
            return false;
        close_device(&run->part[i]);
    }
    return true;
}

/* ---- stacks ---- */

static void poll_in(struct mnet_poller *poller, mnet_time now)
{
    mnet_stack_poll_in(MN_CONTAINER(poller, struct mn_run_part, poller)->stack, now);
}

static mnet_time poll_out(struct mnet_poller *poller, mnet_time now)
{
    return mnet_stack_poll_out(MN_CONTAINER(poller, struct mn_run_part, poller)->stack, now);
}

static void on_conflict(struct mnet_stack *stack, const struct mnet_addr *addr,
                        const struct mnet_mac *mac, void *arg)
{
    const struct mn_run_part *part = arg;
    char addr_text[MNET_ADDR_TEXT_MAX], mac_text[MNET_MAC_TEXT_MAX];
    mnet_log_write(part->log, mnet_now(), MNET_LOG_WARNING, "run", mnet_stack_name(stack),
                   "address conflict: %s is also used by another host, %s",
                   mnet_addr_print(addr, addr_text, sizeof addr_text),
                   mnet_mac_print(mac, mac_text, sizeof mac_text));
}

static void fill_config(struct mn_run *run, const struct mn_run_part *part,
                        const struct mnet_stack_arg *arg, struct mnet_config *config)
{
    mnet_config_init(config);
    config->name = arg->arg.name;
    config->netdev = part->netdev;
    config->rng = run->rng;
    config->log = &run->log.log;
    config->memory = part->memory;
    config->memory_len = part->memory_len;
    /* All were checked with the command line. */
    char zone[MNET_ZONE_MAX]; /* was compared there, too */
    mnet_err err = MNET_OK;
    bool has_ipv4 = mn_args_has_ipv4(arg);
    if (has_ipv4)
        err = mnet_cidr_parse(arg->ipv4, &config->ipv4[0]);
    if (err == MNET_OK && arg->gateway)
        err = mnet_addr_parse(arg->gateway, &config->ipv4_gateway);
    /* A link too narrow for IPv6 (RFC 8200 5) has none, unless it is asked for, or there is nothing
     * else: that is refused. */
    if (arg->ipv6 && err == MNET_OK)
        err = mn_args_ipv6(arg->ipv6, &config->ipv6_mode, &config->ipv6[0]);
    else if (part->netdev->mtu >= IPV6_MTU_MIN || arg->ipv6_gateway || !has_ipv4)
        config->ipv6_mode = MNET_IPV6_PRIVATE;
    if (err == MNET_OK && arg->ipv6_gateway)
        err = mnet_addr_parse_zone(arg->ipv6_gateway, &config->ipv6_gateway, zone);
    config->ipv6_temporary = arg->ipv6_temporary;
    bool is_secret = !arg->ipv6_secret || mn_args_secret(arg->ipv6_secret, config->ipv6_secret);
    MN_ASSERT(err == MNET_OK && is_secret);
    if (arg->configure)
        arg->configure(config);
}

/* A small machine gives a smaller budget, unless the program says how much it needs. */
static bool find_memory(struct mn_run_part *part, size_t wanted)
{
    part->memory_len = wanted ? wanted : MEMORY_DEFAULT;
    while ((part->memory = mnet_port_memory(part->memory_len)) == NULL) {
        if (wanted || part->memory_len <= MEMORY_LEAST)
            return false;
        part->memory_len /= 2;
    }
    return true;
}

static const char *set_up_stack(struct mn_run *run, struct mn_run_part *part,
                                struct mnet_stack_arg *arg)
{
    struct mnet_config config;
    const char *why = NULL;
    MN_ASSERT(run->rng && "MNET_RNG stands before the stacks in MNET_ARGS");
    if (!find_memory(part, arg->memory))
        return "the platform has not the memory for its budget";
    fill_config(run, part, arg, &config);
    mnet_err err = arg->create(&config, mnet_now(), &part->stack, &why);
    if (err != MNET_OK)
        return why ? why : mnet_err_text(err);
    part->log = &run->log.log;
    mnet_stack_on_conflict(part->stack, on_conflict, part);
    part->poller.poll_in = poll_in;
    part->poller.poll_out = poll_out;
    mnet_poller_add(&part->poller);
    part->lives_until = mnet_now() + LIFE_MIN;
    /* The addresses are announced now: the body may do other things before it waits. */
    mnet_stack_poll_out(part->stack, mnet_now());
    while (!mnet_stack_is_ready(part->stack) && !mnet_port_is_ending()) {
        if (mnet_sleep(READY_STEP) != MNET_OK)
            break;
    }
    part->resource.kind = "stack";
    arg->stack = part->stack;
    arg->state = part;
    return NULL;
}

static bool has_more_to_say(const struct mn_run_part *part)
{
    struct mnet_memory_info info;
    mnet_time now = mnet_now();
    mnet_stack_memory(part->stack, &info);
    return now < part->lives_until || (info.tcp_conns > 0 && now < part->goodbye_until);
}

/* Waits until the connections have ended, but not for too long, counted from the first call. In a
 * cancelled task, not at all. */
static void say_goodbye(struct mn_run_part *part)
{
    if (part->goodbye_until == 0)
        part->goodbye_until = mnet_now() + GOODBYE_MAX;
    while (has_more_to_say(part) && mnet_sleep(GOODBYE_STEP) == MNET_OK) {
    }
}

static void tear_down_stack(struct mn_run_part *part)
{
    if (part->stack) {
        say_goodbye(part);
        mnet_poller_remove(&part->poller);
        mnet_stack_poll(part->stack, mnet_now());
        mnet_stack_destroy(part->stack);
        part->stack = NULL;
    }
    mnet_port_memory_free(part->memory, part->memory_len);
    part->memory = NULL;
}

/* ---- the generator ---- */

static const char *set_up_rng(struct mn_run *run, struct mn_run_part *part,
                              struct mnet_rng_arg *arg)
{
    MN_ASSERT(!run->rng);
    const char *why = mn_feed_seed(&run->feed, mnet_now(), &run->log.log);
    if (why)
        return why;
    if (!mn_feed_start(&run->feed))
        return mnet_err_text(MNET_ERR_NO_MEMORY);
    run->rng = arg->rng = &run->feed.fortuna.rng;
    part->resource.kind = "generator";
    return NULL;
}

/* ---- all ---- */

static const char *set_up_one(struct mn_run *run, size_t i)
{
    struct mnet_arg *arg = run->args.declared[i];
    struct mn_run_part *part = &run->part[i];
    const char *why = NULL;
    if (arg->kind == MNET_ARG_RNG)
        why = set_up_rng(run, part, mn_rng_arg(arg));
    else if (arg->kind == MNET_ARG_STACK)
        why = set_up_stack(run, part, mn_stack_arg(arg));
    else if (arg->kind == MNET_ARG_BLOCK)
        mn_block_arg(arg)->block = part->block;
    if (!why && part->resource.kind) {
        part->resource.name = arg->name;
        part->resource.place = arg->place;
        mnet_resource_open(&part->resource);
    }
    return why;
}

bool mn_run_set_up(struct mn_run *run)
{
    for (size_t i = 0; i < run->args.count; i++) {
        const char *why = set_up_one(run, i);
        if (why) {
            mn_run_complain(run, "%s: %s", run->args.declared[i]->name, why);
            /* Nobody was given them who could have killed them. */
            while (i-- > 0) {
                if (run->part[i].resource.kind)
                    mnet_resource_close(&run->part[i].resource);
            }
            return false;
        }
    }
    return true;
}

void mn_run_tear_down(struct mn_run *run)
{
    for (size_t i = run->args.count; i-- > 0;) {
        struct mnet_arg *arg = run->args.declared[i];
        if (arg->kind == MNET_ARG_STACK)
            tear_down_stack(&run->part[i]);
        else if (arg->kind == MNET_ARG_RNG)
            mn_feed_end(&run->feed);
        else if (arg->kind == MNET_ARG_BLOCK)
            mn_block_arg(arg)->block = NULL;
    }
    run->rng = NULL;
}

void mnet_stack_kill(struct mnet_stack_arg *net)
{
    struct mn_run_part *part = net->state;
    MN_ASSERT(part && net->stack);
    mnet_resource_close(&part->resource);
    net->stack = NULL;
    net->state = NULL;
    say_goodbye(part);
}

void mnet_rng_kill(struct mnet_rng_arg *rng)
{
    struct mn_run *run = *mn_sched_context(mn_sched_current());
    MN_ASSERT(run && rng->rng);
    for (size_t i = 0; i < run->args.count; i++) {
        if (run->args.declared[i] == &rng->arg)
            mnet_resource_close(&run->part[i].resource);
    }
    rng->rng = NULL;
}
