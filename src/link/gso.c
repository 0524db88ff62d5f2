/* SPDX-License-Identifier: ISC
 *
 * Segmentation in software: one frame with up to 64 KiB of TCP payload becomes the frames that the
 * wire takes.
 *
 *      | Ethernet | IP | TCP | payload .................................. |
 *      | Ethernet | IP | TCP | gso_size |   | headers | gso_size |   | headers | rest |
 *
 * The headers are copied, corrected and written in front of each piece; payload is taken by
 * reference. What a piece has of its own: IP length, identification and header checksum, TCP
 * sequence number, flags and checksum. The last one is left partial, for whoever does it cheapest:
 * the device, or mn_link_finish while it copies. */
#include <base/assert.h>
#include <base/seq.h>
#include <link/link_state.h>
#include <string.h>
#include <wire/ip4_hdr.h>
#include <wire/ip6_hdr.h>
#include <wire/tcp_hdr.h>

struct cut {
    struct mn_env *env;
    const struct mn_pkt *whole;   /* what is cut */
    uint8_t hdr[MN_PKT_HEADROOM]; /* headers of the next piece */
    uint32_t hdr_len;             /* of it all headers */
    uint32_t tcp_at;              /* where the TCP header begins */
    uint32_t left;                /* payload bytes not sent yet */
    unsigned seg;                 /* range of `whole` where they begin... */
    uint32_t seg_off;             /* ...and where in it */
    mn_sum pseudo;                /* sum of the pseudo header without its length */
    uint16_t id;                  /* IPv4 identification of the next piece */
    struct mn_seq seq;            /* TCP sequence number of the next piece */
    uint8_t flags;                /* TCP flags of the whole */
};

static uint16_t get16(const struct cut *cut, uint32_t at)
{
    struct mn_rd r = mn_rd_over(cut->hdr + at, 2);
    return mn_rd_be16(&r);
}

static void put16(struct cut *cut, uint32_t at, uint16_t value)
{
    struct mn_wr w = mn_wr_over(cut->hdr + at, 2);
    mn_wr_be16(&w, value);
}

static void begin(struct cut *cut, struct mn_env *env, const struct mn_pkt *pkt)
{
    const struct mnet_frame *frame = &pkt->frame;
    MN_ASSERT(frame->csum == MNET_CSUM_PARTIAL && frame->csum_offset == MN_TCP_CSUM_OFFSET);
    MN_ASSERT(frame->gso_size > 0 && frame->gso_hdr_len <= sizeof cut->hdr);
    MN_ASSERT(frame->gso_hdr_len <= frame->seg[0].len);
    MN_ASSERT(frame->csum_start >= MN_ETHER_HDR_LEN + MN_IP4_HDR_LEN_MIN);
    MN_ASSERT(frame->csum_start + MN_TCP_HDR_LEN_MIN <= frame->gso_hdr_len);
    cut->env = env;
    cut->whole = pkt;
    cut->hdr_len = frame->gso_hdr_len;
    cut->tcp_at = frame->csum_start;
    cut->left = frame->len - frame->gso_hdr_len;
    cut->seg = 0;
    cut->seg_off = frame->gso_hdr_len;
    mn_pkt_copy_out(pkt, 0, cut->hdr, cut->hdr_len);

    /* One's complement: adding the inverse takes the length of the whole out again. */
    uint16_t tcp_len = (uint16_t)(frame->len - frame->csum_start);
    cut->pseudo = mn_sum_add16(0, get16(cut, cut->tcp_at + MN_TCP_CSUM_OFFSET));
    cut->pseudo = mn_sum_add16(cut->pseudo, (uint16_t)~tcp_len);
    cut->id = get16(cut, MN_ETHER_HDR_LEN + MN_IP4_ID_OFFSET);
    struct mn_rd r = mn_rd_over(cut->hdr + cut->tcp_at, MN_TCP_HDR_LEN_MIN);
    mn_rd_skip(&r, MN_TCP_SEQ_OFFSET);
    cut->seq = mn_seq(mn_rd_be32(&r));
    mn_rd_skip(&r, MN_TCP_FLAGS_OFFSET - MN_TCP_SEQ_OFFSET - 4);
    cut->flags = mn_rd_u8(&r);
}

static void correct_ip(struct cut *cut, uint32_t len)
{
    const uint32_t ip = MN_ETHER_HDR_LEN;
    uint32_t packet_len = cut->hdr_len - ip + len;
    if (cut->whole->frame.gso == MNET_GSO_TCP6) {
        /* RFC 8200 3: extension headers count as payload. */
        put16(cut, ip + MN_IP6_PAYLOAD_LEN_OFFSET, (uint16_t)(packet_len - MN_IP6_HDR_LEN));
        return;
    }
    put16(cut, ip + MN_IP4_TOTAL_LEN_OFFSET, (uint16_t)packet_len);
    put16(cut, ip + MN_IP4_ID_OFFSET, cut->id++);
    put16(cut, ip + MN_IP4_CSUM_OFFSET, 0);
    put16(cut, ip + MN_IP4_CSUM_OFFSET,
          mn_sum_finish(mn_sum_add(0, cut->hdr + ip, cut->tcp_at - ip)));
}

static void correct_tcp(struct cut *cut, uint32_t len, bool is_first)
{
    uint8_t flags = cut->flags;
    if (!is_first)
        flags &= (uint8_t)~MN_TCP_CWR; /* RFC 3168 6.1.2: told once */
    if (len < cut->left)
        flags &= (uint8_t) ~(MN_TCP_FIN | MN_TCP_PSH);
    struct mn_wr w = mn_wr_over(cut->hdr + cut->tcp_at + MN_TCP_SEQ_OFFSET, 4);
    mn_wr_be32(&w, cut->seq.v);
    w = mn_wr_over(cut->hdr + cut->tcp_at + MN_TCP_FLAGS_OFFSET, 1);
    mn_wr_u8(&w, flags);
    uint32_t tcp_len = cut->hdr_len - cut->tcp_at + len;
    put16(cut, cut->tcp_at + MN_TCP_CSUM_OFFSET,
          mn_sum_fold(mn_sum_add16(cut->pseudo, (uint16_t)tcp_len)));
    cut->seq = mn_seq_add(cut->seq, len);
}

/* Gives the next `len` bytes of payload to `piece`. What lies in the block of the headers is
 * copied: there is little of it, and so every piece has ranges enough. False when out of memory. */
static bool add_payload(struct cut *cut, struct mn_pkt *piece, uint32_t len)
{
    const struct mnet_frame *frame = &cut->whole->frame;
    cut->left -= len;
    while (len > 0 && cut->seg < frame->seg_count) {
        const struct mnet_seg *seg = &frame->seg[cut->seg];
        uint32_t take = seg->len - cut->seg_off < len ? seg->len - cut->seg_off : len;
        uint8_t *at = seg->at + cut->seg_off;
        bool is_added = take == 0       ? true
                        : cut->seg == 0 ? mn_pkt_append(cut->env, piece, at, take)
                                        : mn_pkt_add(cut->env, piece, at, take);
        if (!is_added)
            return false;
        len -= take;
        cut->seg_off += take;
        if (cut->seg_off == seg->len) {
            cut->seg++;
            cut->seg_off = 0;
        }
    }
    MN_ASSERT(len == 0);
    return true;
}

/* The next piece, with `len` bytes of payload; NULL when out of memory. */
static struct mn_pkt *next_piece(struct cut *cut, uint32_t len, bool is_first)
{
    struct mn_pkt *piece = mn_pkt_new(cut->env);
    if (!piece)
        return NULL;
    correct_ip(cut, len);
    correct_tcp(cut, len, is_first);
    struct mn_wr w = mn_pkt_push(cut->env, piece, cut->hdr_len);
    mn_wr_bytes(&w, cut->hdr, (int32_t)cut->hdr_len);
    piece->frame.csum = MNET_CSUM_PARTIAL;
    piece->frame.csum_start = (uint16_t)cut->tcp_at;
    piece->frame.csum_offset = MN_TCP_CSUM_OFFSET;
    if (!add_payload(cut, piece, len)) {
        mn_pkt_free(cut->env, piece);
        return NULL;
    }
    return piece;
}

/* When memory ends in the middle, the rest is lost like on any link: TCP sends it again. */
void mn_gso_out(struct mn_link *link, struct mn_pkt *pkt)
{
    struct cut cut;
    begin(&cut, link->env, pkt);
    uint32_t size = pkt->frame.gso_size;
    bool is_first = true;
    do {
        struct mn_pkt *piece = next_piece(&cut, cut.left < size ? cut.left : size, is_first);
        if (!piece) {
            mn_env_count_drop(link->env, MNET_DROP_TX_NO_MEMORY);
            break;
        }
        is_first = false;
        link->env->stats.tx_soft_segments++;
        mn_ether_send(link, piece);
    } while (cut.left > 0);
    mn_pkt_free(link->env, pkt);
}
