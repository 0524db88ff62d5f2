/* SPDX-License-Identifier: ISC
 *
 * The same as path_tcp_seg for packets of any length up to FRAME_MAX, as one case, so memory safety
 * alone: a failed MN_ASSERT, which ends the program, ends a case here.
 *
 * include: model
 * define: ASSERT_IS_END AS_ONE FIRST=0 LAST=FRAME_MAX
 * options: -eva-slevel-function main:0
 * sources: src/tcp/tcp_seg.c src/wire/tcp_hdr.c src/wire/tcp_opts.c src/base/pkt.c
 * reach: 50 */
#include "path_tcp_seg_proof.c"
