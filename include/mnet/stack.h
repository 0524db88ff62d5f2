/* SPDX-License-Identifier: ISC
 *
 * mnet/stack.h - create a stack, drive it, look into it. The embedding interface: no task, no
 * clock, no thread.
 *
 * A stack is one device with its addresses, from Ethernet to UDP and TCP. It does nothing by
 * itself: `mnet_stack_poll` receives what waits, lets timers expire, calls callbacks, sends what is
 * wanted and says when it wants to be polled next. Given the same frames, times and random numbers
 * it does the same, bit for bit.
 *
 * Memory: everything lives in config.memory. When it is used up, a stack gives up in this order:
 * out-of-order TCP data, unfinished reassemblies, half-open connections; then it drops new frames.
 */
#ifndef MNET_STACK_H
#define MNET_STACK_H

#include <mnet/addr.h>
#include <mnet/config.h>
#include <mnet/drop.h>
#include <mnet/err.h>
#include <mnet/stats.h>
#include <mnet/time.h>

struct mnet_stack;

/* Makes a stack with Ethernet, ARP, IPv4, ICMP, UDP and TCP. Errors: INVALID (config names
 * something impossible: `*why`, if not NULL, is a sentence), NO_MEMORY. */
MNET_MUST_USE mnet_err mnet_stack_create(const struct mnet_config *config, mnet_time now,
                                         struct mnet_stack **stack, const char **why);

/* The same in steps, for programs that want less: a stack of link and IP only, then what is wanted.
 * A program that does not call mnet_stack_add_tcp has no TCP in its image. */
MNET_MUST_USE mnet_err mnet_stack_create_bare(const struct mnet_config *config, mnet_time now,
                                              struct mnet_stack **stack, const char **why);
MNET_MUST_USE mnet_err mnet_stack_add_udp(struct mnet_stack *stack);
MNET_MUST_USE mnet_err mnet_stack_add_tcp(struct mnet_stack *stack);

/* Resets all connections (the peers are told), frees everything; the memory is the caller's again.
 * NULL is fine. */
void mnet_stack_destroy(struct mnet_stack *stack);

/* One round at the instant `now` (which must not go back). Returns when to call again at the
 * latest: `now` if there is more to do at once, MNET_NEVER if only a frame or a call can make a
 * difference. */
mnet_time mnet_stack_poll(struct mnet_stack *stack, mnet_time now);
/* The two halves of it: frames, timers and callbacks; then sending. A program with work of its own
 * does it between them, so that what it sends leaves at once and with the acknowledgements. */
void mnet_stack_poll_in(struct mnet_stack *stack, mnet_time now);
mnet_time mnet_stack_poll_out(struct mnet_stack *stack, mnet_time now);
/* When the next poll is due as things stand. */
mnet_time mnet_stack_deadline(const struct mnet_stack *stack);

/* Frames by hand, for a stack whose config has no device. `frame_in` takes one Ethernet frame,
 * processed at the next poll: errors NO_MEMORY, MSG_SIZE. `frame_out` gives the next frame to be
 * sent, returns its length, 0 if there is none; a frame longer than `cap` stays and its length is
 * returned. */
MNET_MUST_USE mnet_err mnet_stack_frame_in(struct mnet_stack *stack, const void *frame, size_t len);
size_t mnet_stack_frame_out(struct mnet_stack *stack, void *buf, size_t cap);

/* Addresses and routes at run time. Errors: ADDR_IN_USE (have it), ADDR_NOT_AVAIL (have it not),
 * NO_MEMORY (table full), INVALID. */
MNET_MUST_USE mnet_err mnet_stack_addr_add(struct mnet_stack *stack, const struct mnet_cidr *cidr);
MNET_MUST_USE mnet_err mnet_stack_addr_remove(struct mnet_stack *stack,
                                              const struct mnet_addr *addr);
MNET_MUST_USE mnet_err mnet_stack_route_add(struct mnet_stack *stack, const struct mnet_cidr *dst,
                                            const struct mnet_addr *gateway);
MNET_MUST_USE mnet_err mnet_stack_route_remove(struct mnet_stack *stack,
                                               const struct mnet_cidr *dst);
/* The i-th own address; false when there are no more. */
bool mnet_stack_addr_at(const struct mnet_stack *stack, unsigned i, struct mnet_cidr *out);
/* Sorts addresses to connect to, of both families, so that the best is first: RFC 6724 6, with the
 * default table of policies. What cannot be reached from any own address as things stand is last;
 * those that nothing tells apart stay in their order. Sorts the first 32; what is behind them
 * stays there. */
void mnet_stack_addr_sort(struct mnet_stack *stack, struct mnet_addr *addrs, size_t count);
/* Reads an endpoint to talk to from this stack. A link-local address may have its zone, which is
 * the name of this stack: "[fe80::1%service]:9000"; without one it is on the link of whichever
 * stack is then used. Errors: INVALID (no endpoint), NO_DEVICE (the zone is of another stack, or of
 * none). */
MNET_MUST_USE mnet_err mnet_stack_endpoint_parse(const struct mnet_stack *stack, const char *text,
                                                 struct mnet_endpoint *out);
/* Whether the addresses that were asked for are ready for use, or known to be another host's: those
 * of IPv4 (probing for conflicts, if asked for, is over) and the static ones of IPv6 (which are
 * always probed for, 1 to 2 s). Without any of these, the link-local one; addresses that routers
 * bring are not waited for. */
bool mnet_stack_is_ready(const struct mnet_stack *stack);

/* Told from poll when another host uses one of our addresses (RFC 5227 2.4). */
typedef void (*mnet_conflict_fn)(struct mnet_stack *stack, const struct mnet_addr *addr,
                                 const struct mnet_mac *mac, void *arg);
void mnet_stack_on_conflict(struct mnet_stack *stack, mnet_conflict_fn on_conflict, void *arg);

/* Counters, names and budget. */
const struct mnet_stats *mnet_stack_stats(const struct mnet_stack *stack);
uint64_t mnet_stack_drops(const struct mnet_stack *stack, enum mnet_drop reason);
struct mnet_memory_info {
    size_t budget;     /* bytes of pages in all */
    size_t used;       /* of them in use now */
    size_t peak;       /* the most there ever was */
    uint64_t failures; /* requests that could not be met */
    uint32_t tcp_conns, tcp_syns, tcp_time_waits, reassemblies, packets;
};
void mnet_stack_memory(const struct mnet_stack *stack, struct mnet_memory_info *info);
const char *mnet_stack_name(const struct mnet_stack *stack);

/* Prints addresses, routes, neighbours, connections and counters, line by line. */
void mnet_stack_show(const struct mnet_stack *stack, void (*line)(void *arg, const char *text),
                     void *arg);

/* Whether every table of the stack satisfies its invariant: for simulators and fuzzers; slow. */
bool mnet_stack_ok(const struct mnet_stack *stack);
/* For tests: the n-th request for memory from now on fails (0: none does). */
void mnet_stack_fail_at(struct mnet_stack *stack, uint64_t n);

#endif
