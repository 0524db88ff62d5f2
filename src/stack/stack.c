/* SPDX-License-Identifier: ISC
 *
 * Making and ending a stack, its addresses and routes.
 *
 * The struct itself stands at the start of the memory that the config gives; what follows is the
 * budget. Layers carve their tables first; the rest becomes pages when the first one is needed, so
 * that transports can still be added after the stack was made. */
#include <mnet/stack.h>
#include <stack/stack_flow.h>
#include <stack/stack_state.h>
#include <string.h>

static mnet_err refuse(const char **why, const char *text)
{
    if (why)
        *why = text;
    return MNET_ERR_INVALID;
}

/* RFC 791 3.2: every host takes datagrams of 576 bytes, so a smaller MTU is no Internet link. */
#define MTU_MIN 576u
#define MTU_MAX 65535u

static bool cannot_be_host(const struct mnet_addr *addr)
{
    return mnet_addr_is_multicast(addr) || mnet_addr_is_loopback(addr);
}

static mnet_err check_addresses(const struct mnet_config *config, const char **why)
{
    for (unsigned i = 0; i < MNET_CONFIG_ADDRS; i++) {
        const struct mnet_cidr *cidr = &config->ipv4[i];
        if (mnet_addr_is_any(&cidr->addr))
            continue;
        if (!mnet_addr_is_v4(&cidr->addr) || cidr->prefix_len > 32)
            return refuse(why, "an IPv4 address of the config is not one");
        if (cannot_be_host(&cidr->addr))
            return refuse(why, "an IPv4 address of the config cannot be a host's");
    }
    return MNET_OK;
}

static mnet_err check_ipv6(const struct mnet_config *config, uint32_t mtu, const char **why)
{
    bool is_off = config->ipv6_mode == MNET_IPV6_OFF;
    const char *off = "the config has an IPv6 address or gateway, but IPv6 is off";
    if ((unsigned)config->ipv6_mode > MNET_IPV6_STATIC)
        return refuse(why, "the IPv6 mode of the config is none");
    /* RFC 8200 5 MUST: every link of IPv6 carries as much. */
    if (!is_off && (mtu < MN_IP6_MTU_MIN || (config->mtu != 0 && config->mtu < MN_IP6_MTU_MIN)))
        return refuse(why, "the MTU is below 1280, which IPv6 needs");
    for (unsigned i = 0; i < MNET_CONFIG_ADDRS; i++) {
        const struct mnet_cidr *cidr = &config->ipv6[i];
        if (mnet_addr_is_any(&cidr->addr))
            continue;
        if (is_off)
            return refuse(why, off);
        if (mnet_addr_is_v4(&cidr->addr) || cidr->prefix_len > 128)
            return refuse(why, "an IPv6 address of the config is not one");
        if (cannot_be_host(&cidr->addr))
            return refuse(why, "an IPv6 address of the config cannot be a host's");
    }
    if (mnet_addr_is_any(&config->ipv6_gateway))
        return MNET_OK;
    return is_off ? refuse(why, off) : MNET_OK;
}

static mnet_err check_config(const struct mnet_config *config, const char **why)
{
    if (!config->rng)
        return refuse(why, "the config has no random number generator");
    if (!config->memory || ((uintptr_t)config->memory & 15) != 0)
        return refuse(why, "the config's memory is missing or not aligned to 16 bytes");
    if (config->memory_len < mnet_config_memory_min(config))
        return refuse(why, "the config's memory is too small");
    mnet_err err;
    uint32_t mtu = config->netdev ? config->netdev->mtu : config->mtu;
    if (mtu < MTU_MIN || mtu > MTU_MAX)
        return refuse(why, "the MTU is not between 576 and 65535");
    if (config->netdev && config->mtu != 0 && config->mtu < MTU_MIN)
        return refuse(why, "the upper bound of the MTU is below 576");
    if (config->netdev && config->netdev->rx_batch == 0)
        return refuse(why, "the device says that it receives batches of 0 frames");
    err = check_addresses(config, why);
    return err == MNET_OK ? check_ipv6(config, mtu, why) : err;
}

static mnet_err add_addresses(struct mnet_stack *stack, const char **why)
{
    const struct mnet_config *config = &stack->config;
    for (unsigned i = 0; i < MNET_CONFIG_ADDRS; i++) {
        if (mnet_addr_is_any(&config->ipv4[i].addr))
            continue;
        if (mnet_stack_addr_add(stack, &config->ipv4[i]) != MNET_OK)
            return refuse(why, "an IPv4 address of the config cannot be used");
    }
    if (mnet_addr_is_any(&config->ipv4_gateway))
        return MNET_OK;
    const struct mnet_cidr all = {mnet_addr_v4(0), 0};
    if (mnet_stack_route_add(stack, &all, &config->ipv4_gateway) != MNET_OK)
        return refuse(why, "the gateway is not on the network of an own address");
    return MNET_OK;
}

static mnet_err add_ipv6(struct mnet_stack *stack, const char **why)
{
    const struct mnet_config *config = &stack->config;
    for (unsigned i = 0; i < MNET_CONFIG_ADDRS; i++) {
        if (mnet_addr_is_any(&config->ipv6[i].addr))
            continue;
        if (mnet_stack_addr_add(stack, &config->ipv6[i]) != MNET_OK)
            return refuse(why, "an IPv6 address of the config cannot be used");
    }
    const struct mnet_cidr all = {mnet_addr_any(), 0};
    if (!mnet_addr_is_any(&config->ipv6_gateway) &&
        mnet_stack_route_add(stack, &all, &config->ipv6_gateway) != MNET_OK)
        return refuse(why, "the IPv6 gateway is not a neighbour's address");
    return MNET_OK;
}

mnet_err mnet_stack_create_bare(const struct mnet_config *config, mnet_time now,
                                struct mnet_stack **out, const char **why)
{
    *out = NULL;
    mnet_err err = check_config(config, why);
    if (err != MNET_OK)
        return err;

    struct mnet_stack *stack = config->memory;
    memset(stack, 0, sizeof *stack);
    stack->config = *config;
    size_t own = (sizeof *stack + 63) & ~(size_t)63;
    struct mn_env *env = &stack->env;
    if (!mn_mem_init(&env->mem, (uint8_t *)config->memory + own, config->memory_len - own))
        return MNET_ERR_NO_MEMORY;
    env->now = now;
    env->rng = config->rng;
    env->log = config->log;
    env->name = config->name ? config->name : config->netdev ? config->netdev->name : "stack";
    env->rng->fill(env->rng, &env->hash_key, sizeof env->hash_key);
    mn_wheel_init(&env->wheel, now);
    mn_pool_init(&env->pkts, &env->mem, "packets", sizeof(struct mn_pkt), UINT32_MAX);
    mn_pool_init(&stack->flows, &env->mem, "flows", MN_STACK_FLOW_SIZE, UINT32_MAX);

    if ((err = mn_link_init(&stack->link, env, &stack->config)) != MNET_OK)
        return err;
    if ((err = mn_ip_init(&stack->ip, env, &stack->link, &stack->config)) != MNET_OK)
        goto deinit_link;
    if ((err = add_addresses(stack, why)) != MNET_OK || (err = add_ipv6(stack, why)) != MNET_OK)
        goto deinit_ip;
    *out = stack;
    return MNET_OK;

deinit_ip:
    mn_ip_deinit(&stack->ip);
deinit_link:
    mn_link_deinit(&stack->link);
    return err;
}

mnet_err mn_stack_add(struct mnet_stack *stack, struct mn_transport *transport)
{
    if (!transport)
        return MNET_ERR_NO_MEMORY;
    MN_ASSERT(stack->transport_count < MN_STACK_TRANSPORTS);
    stack->transport[stack->transport_count++] = transport;
    return MNET_OK;
}

void mnet_stack_destroy(struct mnet_stack *stack)
{
    if (!stack)
        return;
    while (stack->transport_count > 0) {
        struct mn_transport *transport = stack->transport[--stack->transport_count];
        transport->ops->deinit(transport);
    }
    mn_link_flush(&stack->link);
    mn_ip_deinit(&stack->ip);
    mn_link_deinit(&stack->link);
    MN_ASSERT(stack->env.pkts.count == 0);
    MN_ASSERT(stack->env.mem.pages_used == 0);
}

void mn_stack_close_all(struct mnet_stack *stack)
{
    for (unsigned i = 0; i < stack->transport_count; i++)
        stack->transport[i]->ops->close_all(stack->transport[i]);
}

bool mn_stack_is_idle(const struct mnet_stack *stack)
{
    for (unsigned i = 0; i < stack->transport_count; i++)
        if (!stack->transport[i]->ops->is_idle(stack->transport[i]))
            return false;
    return true;
}

void *mn_stack_flow_get(struct mnet_stack *stack)
{
    return mn_pool_get(&stack->flows);
}
void mn_stack_flow_put(struct mnet_stack *stack, void *object)
{
    mn_pool_put(&stack->flows, object);
}

/* ---- addresses and routes ---- */

mnet_err mnet_stack_addr_add(struct mnet_stack *stack, const struct mnet_cidr *cidr)
{
    mnet_err err = mn_ip_addr_add(&stack->ip, cidr);
    if (err != MNET_OK || !mnet_addr_is_v4(&cidr->addr)) /* ip/ tells link/ of IPv6 */
        return err;
    err = mn_link_addr_add(&stack->link, &cidr->addr);
    if (err != MNET_OK && mn_ip_addr_remove(&stack->ip, &cidr->addr) != MNET_OK)
        MN_ASSERT(false);
    return err;
}

mnet_err mnet_stack_addr_remove(struct mnet_stack *stack, const struct mnet_addr *addr)
{
    mnet_err err = mn_ip_addr_remove(&stack->ip, addr);
    if (err == MNET_OK && mnet_addr_is_v4(addr))
        mn_link_addr_remove(&stack->link, addr);
    return err;
}

mnet_err mnet_stack_route_add(struct mnet_stack *stack, const struct mnet_cidr *dst,
                              const struct mnet_addr *gateway)
{
    return mn_ip_route_add(&stack->ip, dst, gateway);
}

mnet_err mnet_stack_route_remove(struct mnet_stack *stack, const struct mnet_cidr *dst)
{
    return mn_ip_route_remove(&stack->ip, dst);
}

bool mnet_stack_addr_at(const struct mnet_stack *stack, unsigned i, struct mnet_cidr *out)
{
    return mn_ip_addr_at(&stack->ip, i, out);
}

void mnet_stack_addr_sort(struct mnet_stack *stack, struct mnet_addr *addrs, size_t count)
{
    mn_ip_dest_sort(&stack->ip, addrs, count);
}

mnet_err mnet_stack_endpoint_parse(const struct mnet_stack *stack, const char *text,
                                   struct mnet_endpoint *out)
{
    struct mnet_endpoint endpoint;
    char zone[MNET_ZONE_MAX];
    mnet_err err = mnet_endpoint_parse_zone(text, &endpoint, zone);
    if (err == MNET_OK && zone[0] != '\0' && strcmp(zone, stack->env.name) != 0)
        err = MNET_ERR_NO_DEVICE;
    if (err == MNET_OK)
        *out = endpoint;
    return err;
}

bool mnet_stack_is_ready(const struct mnet_stack *stack)
{
    return mn_ip_is_ready(&stack->ip);
}

void mnet_stack_on_conflict(struct mnet_stack *stack, mnet_conflict_fn on_conflict, void *arg)
{
    stack->on_conflict = on_conflict;
    stack->on_conflict_arg = arg;
}

mnet_err mnet_stack_frame_in(struct mnet_stack *stack, const void *frame, size_t len)
{
    return mn_link_frame_in(&stack->link, frame, len);
}

size_t mnet_stack_frame_out(struct mnet_stack *stack, void *buf, size_t cap)
{
    return mn_link_frame_out(&stack->link, buf, cap);
}
