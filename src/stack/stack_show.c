/* SPDX-License-Identifier: ISC
 *
 * What a stack tells about itself: counters, budget, tables. Nothing here changes anything. */
#include <base/fmt.h>
#include <mnet/stack.h>
#include <stack/stack_state.h>

const struct mnet_stats *mnet_stack_stats(const struct mnet_stack *stack)
{
    return &stack->env.stats;
}

uint64_t mnet_stack_drops(const struct mnet_stack *stack, enum mnet_drop reason)
{
    return (unsigned)reason < MNET_DROP_COUNT ? stack->env.drops[reason] : 0;
}

const char *mnet_stack_name(const struct mnet_stack *stack)
{
    return stack->env.name;
}

void mnet_stack_memory(const struct mnet_stack *stack, struct mnet_memory_info *info)
{
    const struct mn_mem *mem = &stack->env.mem;
    *info = (struct mnet_memory_info){
        .budget = (size_t)mem->page_count * MN_PAGE_SIZE,
        .used = (size_t)mem->pages_used * MN_PAGE_SIZE,
        .peak = (size_t)mem->pages_used_max * MN_PAGE_SIZE,
        .failures = mem->failures,
        .reassemblies = stack->ip.frag.open,
        .packets = stack->env.pkts.count,
    };
    if (stack->tcp)
        stack->tcp_counts(stack->tcp, &info->tcp_conns, &info->tcp_syns, &info->tcp_time_waits);
}

bool mnet_stack_ok(const struct mnet_stack *stack)
{
    bool ok = mn_mem_ok(&stack->env.mem) && mn_link_ok(&stack->link) && mn_ip_ok(&stack->ip);
    for (unsigned i = 0; i < stack->transport_count; i++)
        ok = ok && stack->transport[i]->ops->ok(stack->transport[i]);
    return ok;
}

void mnet_stack_fail_at(struct mnet_stack *stack, uint64_t n)
{
    stack->env.mem.fail_at = n;
}

/* ---- show ---- */

struct out {
    void (*line)(void *arg, const char *text); /* the caller's */
    void *arg;                                 /* handed to it */
};

/* Long enough for a connection with two IPv6 endpoints and its numbers. */
#define LINE_MAX_LEN 256
#define TIME_TEXT 32 /* for 2^64 with its unit */

static void show_addresses(const struct mnet_stack *stack, const struct out *out)
{
    char text[LINE_MAX_LEN], a[MNET_ADDR_TEXT_MAX], b[MNET_ADDR_TEXT_MAX];
    struct mnet_cidr own;
    for (unsigned i = 0; i < stack->ip.own_count && mn_ip_addr_at(&stack->ip, i, &own); i++) {
        bool is_ready = mn_link_addr_is_ready(&stack->link, &own.addr);
        mn_fmt(text, sizeof text, "address %s/%u%s", mnet_addr_print(&own.addr, a, sizeof a),
               own.prefix_len, is_ready ? "" : " probing");
        out->line(out->arg, text);
    }
    for (uint32_t i = 0; i < stack->ip.route_count; i++) {
        const struct mn_ip_route *route = &stack->ip.route[i];
        struct mnet_addr net = mnet_addr_v4(route->net), gateway = mnet_addr_v4(route->gateway);
        mn_fmt(text, sizeof text, "route %s/%u via %s", mnet_addr_print(&net, a, sizeof a),
               route->prefix_len, mnet_addr_print(&gateway, b, sizeof b));
        out->line(out->arg, text);
    }
}

/* A lifetime that ends at `until`, as text: the seconds that are left. */
static const char *left(const struct mnet_stack *stack, mnet_time until, char *buf, size_t cap)
{
    mnet_time now = stack->env.now;
    if (until == MNET_NEVER)
        return "for ever";
    mn_fmt(buf, cap, "%llu s", (unsigned long long)(until > now ? (until - now) / MNET_SEC(1) : 0));
    return buf;
}

static void show_addresses6(const struct mnet_stack *stack, const struct out *out)
{
    static const char *const origins[] = {
        [MN_IP6_LINK_LOCAL] = "link-local",
        [MN_IP6_MANUAL] = "static",
        [MN_IP6_AUTO] = "autoconf",
        [MN_IP6_TEMPORARY] = "temporary",
    };
    char text[LINE_MAX_LEN], a[MNET_ADDR_TEXT_MAX], valid[TIME_TEXT], preferred[TIME_TEXT];
    for (uint32_t i = 0; i < stack->ip.v6.own_count; i++) {
        const struct mn_ip6_own *own = &stack->ip.v6.own[i];
        mn_fmt(text, sizeof text, "address %s/%u %s%s valid %s preferred %s",
               mnet_addr_print(&own->addr, a, sizeof a), own->prefix_len, origins[own->origin],
               mn_ip6_own_is_ready(&stack->ip, own) ? "" : " probing",
               left(stack, own->valid_until, valid, sizeof valid),
               left(stack, own->preferred_until, preferred, sizeof preferred));
        out->line(out->arg, text);
    }
}

/* Prefixes on the link; routes, of which those to ::/0 are the default routers. */
static void show_routes6(const struct mnet_stack *stack, const struct out *out)
{
    static const char *const preferences[] = {"low", "medium", "high"};
    char text[LINE_MAX_LEN], a[MNET_ADDR_TEXT_MAX], b[MNET_ADDR_TEXT_MAX], valid[TIME_TEXT];
    for (unsigned i = 0; i < MN_IP6_PREFIXES; i++) {
        const struct mn_ip6_prefix *prefix = &stack->ip.v6.prefix[i];
        if (!prefix->is_used)
            continue;
        mn_fmt(text, sizeof text, "prefix %s/%u on-link %s",
               mnet_addr_print(&prefix->net, a, sizeof a), prefix->prefix_len,
               left(stack, prefix->valid_until, valid, sizeof valid));
        out->line(out->arg, text);
    }
    for (unsigned i = 0; i < MN_IP6_ROUTES; i++) {
        const struct mn_ip6_route *route = &stack->ip.v6.route[i];
        if (!route->is_used)
            continue;
        mn_fmt(text, sizeof text, "%s %s/%u via %s %s %s",
               route->prefix_len == 0 ? "router" : "route",
               mnet_addr_print(&route->net, a, sizeof a), route->prefix_len,
               mnet_addr_print(&route->gateway, b, sizeof b),
               route->is_static ? "static" : preferences[(route->preference + 1) % 3],
               left(stack, route->valid_until, valid, sizeof valid));
        out->line(out->arg, text);
    }
}

static void show_dns(const struct mnet_stack *stack, const struct out *out)
{
    const struct mn_ip6_dns *dns = &stack->ip.v6.dns;
    char text[LINE_MAX_LEN], a[MNET_ADDR_TEXT_MAX];
    for (unsigned i = 0; i < MN_IP6_DNS_SERVERS; i++) {
        if (dns->server_until[i] <= stack->env.now)
            continue;
        mn_fmt(text, sizeof text, "dns server %s", mnet_addr_print(&dns->server[i], a, sizeof a));
        out->line(out->arg, text);
    }
    for (unsigned i = 0; i < MN_IP6_DNS_DOMAINS; i++) {
        if (dns->domain_until[i] <= stack->env.now)
            continue;
        mn_fmt(text, sizeof text, "dns domain %s", dns->domain[i]);
        out->line(out->arg, text);
    }
}

static void show_neighbours(const struct mnet_stack *stack, const struct out *out)
{
    char text[LINE_MAX_LEN], a[MNET_ADDR_TEXT_MAX], m[MNET_MAC_TEXT_MAX];
    struct mn_link_neigh_info info;
    unsigned cursor = 0;
    while (mn_link_neigh_next(&stack->link, &cursor, &info)) {
        mn_fmt(text, sizeof text, "neighbour %s %s %s waiting %u%s",
               mnet_addr_print(&info.addr, a, sizeof a), mnet_mac_print(&info.mac, m, sizeof m),
               info.state, info.waiting, info.is_router ? " router" : "");
        out->line(out->arg, text);
    }
}

static void show_counters(const struct mnet_stack *stack, const struct out *out)
{
    char text[LINE_MAX_LEN];
    const struct mnet_stats *stats = &stack->env.stats;
    const struct {
        const char *name;
        uint64_t value;
    } counters[] = {
#define COUNTER(name) {#name, stats->name},
        MNET_STATS_MAP(COUNTER)
#undef COUNTER
    };
    for (size_t i = 0; i < sizeof counters / sizeof counters[0]; i++) {
        if (counters[i].value == 0)
            continue;
        mn_fmt(text, sizeof text, "count %s %llu", counters[i].name,
               (unsigned long long)counters[i].value);
        out->line(out->arg, text);
    }
    for (int i = 0; i < MNET_DROP_COUNT; i++) {
        if (stack->env.drops[i] == 0)
            continue;
        mn_fmt(text, sizeof text, "drop %s %llu", mnet_drop_name((enum mnet_drop)i),
               (unsigned long long)stack->env.drops[i]);
        out->line(out->arg, text);
    }
}

void mnet_stack_show(const struct mnet_stack *stack, void (*line)(void *arg, const char *text),
                     void *arg)
{
    const struct out out = {line, arg};
    char text[LINE_MAX_LEN], m[MNET_MAC_TEXT_MAX];
    struct mnet_memory_info info;
    mnet_stack_memory(stack, &info);
    const struct mnet_mac *mac =
        stack->config.netdev ? &stack->config.netdev->mac : &stack->config.mac;
    mn_fmt(text, sizeof text, "stack %s mac %s mtu %u", stack->env.name,
           mnet_mac_print(mac, m, sizeof m), mn_link_mtu(&stack->link));
    line(arg, text);
    mn_fmt(text, sizeof text, "memory %zu used %zu peak %zu failures %llu packets %u", info.budget,
           info.used, info.peak, (unsigned long long)info.failures, info.packets);
    line(arg, text);
    show_addresses(stack, &out);
    show_addresses6(stack, &out);
    show_routes6(stack, &out);
    show_dns(stack, &out);
    show_neighbours(stack, &out);
    for (unsigned i = 0; i < stack->transport_count; i++)
        stack->transport[i]->ops->show(stack->transport[i], line, arg);
    show_counters(stack, &out);
}
