/* SPDX-License-Identifier: ISC
 *
 * The lower halves of addresses that we make ourselves.
 *
 * Private ones (RFC 7217) are a keyed hash of the prefix, the Ethernet address and a counter: the
 * same each time on the same network, unrelated between networks, and nobody can compute one from
 * another. SipHash-2-4 is a pseudorandom function with a key of the 128 bits that RFC 7217 5 asks
 * for, and gives just the 64 bits wanted. With a random key they are new at each start, which is
 * the mode `random`. */
#include <ip/ip_state.h>
#include <string.h>

#define IID_LEN 8u
/* Far more than will ever be needed: each is reserved with a probability of 2^-32. */
#define RESERVED_TRIES 4u

/* RFC 5453, RFC 2526: identifiers that are somebody's already. */
static bool is_reserved(const uint8_t *iid)
{
    static const uint8_t none[IID_LEN]; /* RFC 4291 2.6.1: the routers of the subnet */
    static const uint8_t iana[] = {0x02, 0x00, 0x5e, 0xff, 0xfe};
    static const uint8_t anycast[] = {0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    return memcmp(iid, none, IID_LEN) == 0 || memcmp(iid, iana, sizeof iana) == 0 ||
           (memcmp(iid, anycast, sizeof anycast) == 0 && iid[7] >= 0x80);
}

/* RFC 4291 appendix A: the address with ff:fe in its middle and one bit turned. */
static void make_eui64(const struct mnet_mac *mac, uint8_t *iid)
{
    const uint8_t *m = mac->bytes;
    const uint8_t eui[IID_LEN] = {(uint8_t)(m[0] ^ 2), m[1], m[2], 0xff, 0xfe, m[3], m[4], m[5]};
    memcpy(iid, eui, IID_LEN);
}

/* RFC 7217 5. */
static void make_private(const struct mn_ip *ip, const struct mnet_addr *prefix, unsigned counter,
                         uint8_t *iid)
{
    const struct mnet_mac *mac = mn_link_mac(ip->link);
    uint8_t input[8 + sizeof mac->bytes + 2];
    memcpy(input, prefix->bytes, 8);
    memcpy(input + 8, mac->bytes, sizeof mac->bytes);
    input[sizeof input - 2] = (uint8_t)(counter >> 8);
    input[sizeof input - 1] = (uint8_t)counter;
    uint64_t hash = mn_siphash24(&ip->v6.secret, input, sizeof input);
    for (unsigned i = 0; i < IID_LEN; i++)
        iid[i] = (uint8_t)(hash >> (56 - 8 * i));
}

void mn_ip6_iid(struct mn_ip *ip, const struct mnet_addr *prefix, unsigned tries, uint8_t *iid)
{
    /* An Ethernet address that somebody else has, too, is of no use a second time. */
    if (ip->v6.mode == MNET_IPV6_EUI64 && tries == 0) {
        make_eui64(mn_link_mac(ip->link), iid);
        return;
    }
    for (unsigned i = 0; i < RESERVED_TRIES; i++) {
        make_private(ip, prefix, tries | i << 8, iid);
        if (!is_reserved(iid))
            break;
    }
}

void mn_ip6_iid_random(struct mn_ip *ip, uint8_t *iid)
{
    for (unsigned i = 0; i < RESERVED_TRIES; i++) {
        ip->env->rng->fill(ip->env->rng, iid, IID_LEN);
        if (!is_reserved(iid))
            break;
    }
}
