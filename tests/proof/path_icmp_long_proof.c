/* SPDX-License-Identifier: ISC
 *
 * The same as path_icmp for messages of any length up to FRAME_MAX, as one case, so memory safety
 * alone: a failed MN_ASSERT, which ends the program, ends a case here.
 *
 * include: model
 * define: ASSERT_IS_END AS_ONE FIRST=0 LAST=FRAME_MAX
 * options: -eva-slevel 9000 -eva-slevel-function main:0
 * sources: src/ip/icmp_in.c src/ip/icmp_out.c src/ip/pmtu.c src/wire/icmp4_hdr.c
 * sources: src/wire/ip4_hdr.c src/base/pkt.c src/base/addr.c src/base/env.c src/base/siphash.c
 * reach: 50 */
#include "path_icmp_proof.c"
