/* SPDX-License-Identifier: ISC
 *
 * mnet/err.h - why a call failed.
 *
 * A call that can fail returns an `mnet_err`: 0 for success, a negative value of this list
 * otherwise. Calls that return a length return a negative `mnet_err` on failure. A bad packet is
 * never an error: the stack counts it (mnet/stack.h, drop counters) and goes on. */
#ifndef MNET_ERR_H
#define MNET_ERR_H

#include <stddef.h>

/* name, value, text */
#define MNET_ERR_MAP(X)                                                                            \
    X(AGAIN, -1, "nothing to do now, try again later")                                             \
    X(CANCELED, -2, "the task was cancelled")                                                      \
    X(TIMED_OUT, -3, "the deadline passed or the peer stopped answering")                          \
    X(NET_UNREACH, -4, "no route to the destination, or its neighbour does not answer")            \
    X(CONN_REFUSED, -5, "the peer refused the connection")                                         \
    X(CONN_RESET, -6, "the peer reset the connection")                                             \
    X(CLOSED_BY_PEER, -7, "the peer has closed its side")                                          \
    X(CLOSED, -8, "this side is already closed")                                                   \
    X(EOF, -9, "the stream ended before all bytes had come")                                       \
    X(NO_MEMORY, -10, "the memory budget is exhausted")                                            \
    X(ADDR_IN_USE, -11, "the local address and port are in use")                                   \
    X(ADDR_NOT_AVAIL, -12, "the local address is not one of this stack's")                         \
    X(INVALID, -13, "an argument is out of range")                                                 \
    X(MSG_SIZE, -14, "the datagram is larger than the path or the protocol allows")                \
    X(PORT_UNREACH, -15, "nobody listens on the destination port")                                 \
    X(PROTO_UNREACH, -16, "the destination does not speak the protocol")                           \
    X(PROHIBITED, -17, "a router or the destination forbids the communication")                    \
    X(ADDR_CONFLICT, -18, "another host uses this address")                                        \
    X(NO_DEVICE, -19, "there is no such device")                                                   \
    X(IO, -20, "the device failed")                                                                \
    X(FAILED, -21, "the task ended abnormally")                                                    \
    X(NOT_ALIGNED, -22, "offset or length is not a multiple of the device's page size")            \
    X(PAST_END, -23, "this lies beyond the end of the device")                                     \
    X(READ_ONLY, -24, "the device can only be read")

#define MNET_ERR_ENUM(name, value, text) MNET_ERR_##name = (value),
enum mnet_err_code { MNET_OK = 0, MNET_ERR_MAP(MNET_ERR_ENUM) MNET_ERR_CODE_END = 1 };
#undef MNET_ERR_ENUM

typedef int mnet_err;         /* 0, or one of enum mnet_err_code */
typedef ptrdiff_t mnet_ssize; /* a length, or a negative mnet_err */

#define MNET_MUST_USE __attribute__((warn_unused_result))

/* The text of `err` in the list above; "ok" for 0, "unknown error" for anything else. */
const char *mnet_err_text(mnet_err err);

/* The name of `err` without its prefix ("TIMED_OUT"); "OK" for 0, "UNKNOWN" for anything else. */
const char *mnet_err_name(mnet_err err);

#endif
