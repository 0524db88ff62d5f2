/* SPDX-License-Identifier: ISC
 *
 * mnet/port.h - everything a platform must provide, and nothing else.
 *
 * A port is chosen by the files that are linked (ports/NAME). `ports/stub` has every call with
 * nothing behind it and is where a new port starts. Only sched/, run/ and the assertion in base/
 * call these; the stack itself never does: time, randomness, frames and memory are handed to it. */
#ifndef MNET_PORT_H
#define MNET_PORT_H

#include <mnet/err.h>
#include <mnet/netdev.h>
#include <mnet/time.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mnet_sched;
struct mnet_blockdev;

/* The time now: monotonic, and seconds-of-1970 in ns for people's eyes. */
mnet_time mnet_port_clock(void);
mnet_time mnet_port_wall_clock(void);

/* Sleeps until a device may have something to receive, or until `deadline` (monotonic). May return
 * early. */
void mnet_port_wait(mnet_time deadline);

/* Whether the platform has asked the program to end (Linux: SIGTERM or SIGINT); stays true, and
 * ends a mnet_port_wait. */
bool mnet_port_is_ending(void);

/* Fills `out` from the platform's own entropy source. Returns how many bytes it gave: less than
 * `len` when there is none. */
size_t mnet_port_entropy(void *out, size_t len);
/* A counter that advances with the processor: the jitter source of the generator. */
uint64_t mnet_port_cycles(void);

/* Writes to the console: `is_error` goes where diagnostics go. */
void mnet_port_console(const char *text, size_t len, bool is_error);

/* Ends the program with an exit status. */
_Noreturn void mnet_port_exit(int status);
/* Ends the program because it must not go on: prints `message` and a trace if there is one. Status
 * is not 0. */
_Noreturn void mnet_port_panic(const char *message);

/* Gives `len` bytes of memory, aligned to 64 KiB, with whatever is in it, for the budget of a
 * stack; NULL if there is not as much. */
void *mnet_port_memory(size_t len);
void mnet_port_memory_free(void *at, size_t len);

/* Gives the memory of one task's stack: `len` usable bytes, with a guard below where the platform
 * can. NULL if none. */
void *mnet_port_stack(size_t len);
/* How large a task's stack is when nobody says: what a page costs differs between platforms. */
size_t mnet_port_stack_default(void);
void mnet_port_stack_free(void *at, size_t len);

/* The cell that holds the scheduler now running; one per thread of execution, NULL at start. */
struct mnet_sched **mnet_port_current(void);

/* Opens the device that the program calls `name`, as `spec` says ("tap0", "disk.img"; NULL: nothing
 * was said on the command line). Errors: NO_DEVICE, IO; then `*why` is one clear sentence without
 * the device's name. */
MNET_MUST_USE mnet_err mnet_port_net_open(const char *name, const char *spec,
                                          struct mnet_netdev **out, const char **why);
void mnet_port_net_close(struct mnet_netdev *dev);
MNET_MUST_USE mnet_err mnet_port_block_open(const char *name, const char *spec,
                                            struct mnet_blockdev **out, const char **why);
void mnet_port_block_close(struct mnet_blockdev *dev);

#endif
