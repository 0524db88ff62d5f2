/* SPDX-License-Identifier: ISC
 *
 * wire/ip6_ext.h - IPv6 extension headers: RFC 8200 4, one step at a time.
 *
 *      struct mn_ip6_ext ext = mn_ip6_ext_first(hdr.next);
 *      enum mn_ip6_ext_step step = MN_IP6_EXT_ONE;
 *      for (int i = 0; i <= MN_IP6_EXTS && step == MN_IP6_EXT_ONE; i++)
 *          step = mn_ip6_ext_next(&r, &ext);
 *
 * with `r` behind the fixed header and with its base, so that offsets count from the fixed header
 * as those of a parameter problem do (RFC 4443 3.4). A caller stops at a fragment header, unless it
 * is alone (mn_ip6_frag_is_whole). */
#ifndef MN_IP6_EXT_H
#define MN_IP6_EXT_H

#include <base/rd.h>
#include <base/wr.h>

/* Values of a Next Header field that name an extension header, or that there is nothing. The
 * headers of IPsec (50, 51) count as transports that nobody here speaks. */
#define MN_IP6_EXT_HOP_BY_HOP 0u
#define MN_IP6_EXT_ROUTING 43u
#define MN_IP6_EXT_FRAGMENT 44u
#define MN_IP6_EXT_NO_NEXT 59u
#define MN_IP6_EXT_DST_OPTS 60u

#define MN_IP6_FRAG_LEN 8
#define MN_IP6_FRAG_OFFSET_OFFSET 2 /* where the offset lies in it */
#define MN_IP6_ALERT_LEN 8          /* hop-by-hop options with a router alert alone */

/* RFC 8200 4.1 has five of these in a packet at most: hop-by-hop, destination options, routing,
 * fragment, destination options. Eight leave room for repetition, which a host must try to bear. */
#define MN_IP6_EXTS 8
/* RFC 8504 5.3: options, padding not counted, that one header may have before it is discarded. */
#define MN_IP6_OPTIONS 8
/* Options are aligned to 8 bytes at most (RFC 8200 4.2), so 7 bytes of padding in a row suffice.
 * More of it has no purpose but work, or a hidden message. */
#define MN_IP6_PADDING 7

#define MN_IP6_ALERT_MLD 0u /* RFC 2711 2.1: the value of a router alert */

struct mn_ip6_frag {
    uint8_t next;    /* of what the reassembled packet has here */
    bool more;       /* not the last */
    uint16_t offset; /* bytes, a multiple of 8: 0 .. 65528 */
    uint32_t id;     /* names a datagram among its fragments */
};

struct mn_ip6_ext {
    uint8_t next;            /* after LAST: the transport; else the kind of the next header */
    uint8_t kind;            /* of the header just read: MN_IP6_EXT_* */
    uint8_t count;           /* headers read so far */
    uint8_t code;            /* after PARAM: of the parameter problem, MN_ICMP6_PARAM_* */
    int32_t next_at;         /* offset of the byte that said `next` */
    int32_t at;              /* offset of the header just read */
    int32_t len;             /* its bytes */
    int32_t bad_at;          /* after PARAM: offset of the fault, for the pointer */
    bool has_fragment;       /* some header was a FRAGMENT */
    bool has_router_alert;   /* some header had one: RFC 2711 */
    uint16_t router_alert;   /* its value */
    struct mn_ip6_frag frag; /* if kind is FRAGMENT */
};

enum mn_ip6_ext_step {
    MN_IP6_EXT_ONE,      /* a header was read; go on */
    MN_IP6_EXT_LAST,     /* `next` is no extension header: `r` is at the transport */
    MN_IP6_EXT_NONE,     /* there is nothing more, and what follows is ignored: RFC 8200 4.7 */
    MN_IP6_EXT_SHORT,    /* the packet ends inside a header; in a first fragment: RFC 7112 5 */
    MN_IP6_EXT_TOO_MANY, /* more headers, options or padding than above: discard silently */
    MN_IP6_EXT_REFUSED,  /* an unknown option says: discard silently */
    MN_IP6_EXT_PARAM,    /* discard, and answer with a parameter problem of `code`, `bad_at` */
    MN_IP6_EXT_PARAM_UNLESS_GROUP, /* likewise, but only if the destination is no multicast */
};

/* To begin with: `next` is that of the fixed header. */
struct mn_ip6_ext mn_ip6_ext_first(uint8_t next);

/* Reads one header. Every call that gives ONE takes at least eight bytes; there are MN_IP6_EXTS of
 * them at most. */
enum mn_ip6_ext_step mn_ip6_ext_next(struct mn_rd *r, struct mn_ip6_ext *ext);

/* Whether it is a fragment that is the whole datagram (atomic: RFC 6946), to be processed without
 * regard to others. */
static inline bool mn_ip6_frag_is_whole(const struct mn_ip6_frag *frag)
{
    return frag->offset == 0 && !frag->more;
}

void mn_ip6_frag_write(struct mn_wr *w, const struct mn_ip6_frag *frag);

/* Hop-by-hop options with a router alert, MN_IP6_ALERT_LEN bytes, as messages of MLD have to carry
 * (RFC 3810 5). `next` is of what follows. */
void mn_ip6_alert_write(struct mn_wr *w, uint8_t next, uint16_t value);

#endif
