/* SPDX-License-Identifier: ISC
 *
 * Fragmentation at the source: RFC 791 3.2, RFC 8200 4.5.
 *
 * Every fragment is headers of its own in front of references to the bytes of the packet; nothing
 * is copied. All are made before the first is sent, so that a lack of memory loses the datagram as
 * a whole instead of burdening the receiver with half of it. */
#include <ip/ip_state.h>

/* A device cannot sum over fragments: what was left to it is done now. */
static void complete_checksum(struct mn_pkt *pkt)
{
    struct mnet_frame *frame = &pkt->frame;
    uint32_t start = frame->csum_start;
    uint16_t value = mn_sum_finish(mn_pkt_sum(pkt, start, 0));
    uint32_t at = start + frame->csum_offset;
    MN_ASSERT(at + 2 <= frame->seg[0].len);
    struct mn_wr wr = mn_wr_over(frame->seg[0].at + at, 2);
    /* RFC 768: zero means "no checksum" and is sent as its other form; to TCP both are the same. */
    mn_wr_be16(&wr, value == 0 ? UINT16_MAX : value);
    frame->csum = MNET_CSUM_NONE;
}

/* Where the next bytes to be sent are. */
struct place {
    unsigned seg; /* index of the range */
    uint32_t off; /* bytes of it that are done */
};

/* Appends the next `len` bytes of `from` to `to` by reference. */
static bool add_range(struct mn_env *env, struct mn_pkt *to, const struct mn_pkt *from,
                      struct place *place, uint32_t len)
{
    for (unsigned i = 0; i < MNET_FRAME_SEGS && len > 0; i++) {
        MN_ASSERT(place->seg < from->frame.seg_count);
        const struct mnet_seg *seg = &from->frame.seg[place->seg];
        uint32_t n = seg->len - place->off < len ? seg->len - place->off : len;
        if (!mn_pkt_add(env, to, seg->at + place->off, n))
            return false;
        len -= n;
        place->off += n;
        if (place->off == seg->len)
            *place = (struct place){place->seg + 1, 0};
    }
    return len == 0;
}

/* Cuts `pkt` into packets of `step` bytes, and a last one of what is left, in order. Takes `pkt`.
 */
static mnet_err cut(struct mn_env *env, struct mn_pkt *pkt, uint32_t step, struct mn_pktq *out)
{
    uint32_t len = pkt->frame.len;
    struct place place = {0, 0};
    MN_ASSERT(step > 0);
    if (pkt->frame.csum == MNET_CSUM_PARTIAL)
        complete_checksum(pkt);
    for (uint32_t off = 0; off < len; off += step) {
        uint32_t n = len - off < step ? len - off : step;
        struct mn_pkt *piece = mn_pkt_new(env);
        if (!piece || !add_range(env, piece, pkt, &place, n)) {
            mn_pkt_free(env, piece);
            mn_pktq_clear(env, out);
            mn_pkt_drop(env, pkt, MNET_DROP_TX_NO_MEMORY);
            return MNET_ERR_NO_MEMORY;
        }
        mn_pktq_push(out, piece);
    }
    mn_pkt_free(env, pkt);
    return MNET_OK;
}

mnet_err mn_ip_split(struct mn_env *env, struct mn_pkt *pkt, const struct mn_ip4_hdr *hdr,
                     uint32_t mtu, struct mn_pktq *out)
{
    /* RFC 791 3.2: offsets count units of 8 bytes. */
    mnet_err err = cut(env, pkt, (mtu - MN_IP4_HDR_LEN_MIN) & ~7u, out);
    struct mn_ip4_hdr own = *hdr;
    uint32_t off = 0;
    for (struct mn_pkt *piece = out->head; piece; piece = piece->next) {
        uint32_t len = piece->frame.len;
        own.frag_offset = (uint16_t)off;
        own.more_fragments = piece->next != NULL;
        mn_ip_header_push(env, piece, own);
        off += len;
    }
    return err;
}

mnet_err mn_ip6_split(struct mn_env *env, struct mn_pkt *pkt, const struct mn_ip6_hdr *hdr,
                      uint32_t id, uint32_t mtu, struct mn_pktq *out)
{
    /* RFC 8200 4.5: likewise, behind a fragment header. */
    mnet_err err = cut(env, pkt, (mtu - MN_IP6_HDR_LEN - MN_IP6_FRAG_LEN) & ~7u, out);
    struct mn_ip6_hdr own = *hdr;
    uint32_t off = 0;
    own.next = MN_IP6_EXT_FRAGMENT;
    for (struct mn_pkt *piece = out->head; piece; piece = piece->next) {
        struct mn_ip6_frag frag = {
            .next = hdr->next, .more = piece->next != NULL, .offset = (uint16_t)off, .id = id};
        off += piece->frame.len;
        struct mn_wr wr = mn_pkt_push(env, piece, MN_IP6_FRAG_LEN);
        mn_ip6_frag_write(&wr, &frag);
        mn_ip6_header_push(env, piece, own);
    }
    return err;
}
