/* SPDX-License-Identifier: ISC
 *
 * The start and the end of the IP layer, its one timer, and its invariant. */
#include <ip/ip_state.h>
#include <string.h>

mnet_err mn_ip_init(struct mn_ip *ip, struct mn_env *env, struct mn_link *link,
                    const struct mnet_config *config)
{
    (void)config; /* its addresses and gateway are added by stack/, which tells link/ too */
    memset(ip, 0, sizeof *ip);
    ip->env = env;
    ip->link = link;
    ip->icmp_tokens = MN_ICMP_TOKENS_MAX;
    ip->icmp_refilled = env->now;
    mn_pool_init(&ip->frag.bodies, &env->mem, "reassemblies", sizeof(struct mn_frag_body),
                 MN_FRAG_SLOTS);
    mn_timer_init(&ip->frag.timer, MN_TIMER_IP | MN_IP_TIMER_FRAG);
    mn_report_init(ip);
    /* RFC 6864: a counter that starts at a known value tells how long we have been up. */
    for (unsigned i = 0; i < MN_IP_IDS; i++)
        ip->id[i] = (uint16_t)mn_env_random32(env);
    ip->pmtu = mn_mem_carve(&env->mem, MN_IP_PMTUS * sizeof ip->pmtu[0]);
    ip->frag.slot = mn_mem_carve(&env->mem, MN_FRAG_SLOTS * sizeof ip->frag.slot[0]);
    return ip->pmtu && ip->frag.slot ? MNET_OK : MNET_ERR_NO_MEMORY;
}

void mn_ip_deinit(struct mn_ip *ip)
{
    mn_pktq_clear(ip->env, &ip->loopback);
    if (ip->frag.slot)
        mn_frag_clear(ip);
}

void mn_ip_timer(struct mn_ip *ip, struct mn_timer *timer)
{
    MN_ASSERT(timer == &ip->frag.timer);
    mn_frag_expire(ip);
}

bool mn_ip_shed(struct mn_ip *ip)
{
    return mn_frag_shed(ip);
}

bool mn_ip_ok(const struct mn_ip *ip)
{
    return ip->loopback.count <= MN_IP_LOOPBACK_MAX &&
           (ip->loopback.head == NULL) == (ip->loopback.count == 0) && mn_ip_groups_ok(ip) &&
           mn_ip_routes_ok(ip) && mn_ip_pmtu_ok(ip) && mn_frag_ok(ip);
}
