/* SPDX-License-Identifier: ISC
 *
 * ports/bare/bare.h - what the ports without an operating system share (virtio, solo5): memory from
 * one region, the C library's way out, the command line. */
#ifndef MNET_PORTS_BARE_H
#define MNET_PORTS_BARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- what such a port calls ---- */

/* Gives all free memory, once, before anything else here is used. Nobody else touches it. */
void bare_memory_init(uintptr_t at, size_t len);

/* Splits the command line at blanks, calls main, and exits with its value. "..." keeps blanks
 * inside a word. The line must not change afterwards; argv[0] is "unikernel". */
_Noreturn void bare_main(const char *cmdline);

/* Sets the value of the compiler's stack protector, from the entropy that there is. To be called
 * once, from a function that never returns: frames that exist already have the old value. Only for
 * ports whose toolchain brings no protector of its own (protect.c). */
void bare_protect(uint64_t random);

/* Random bytes from the processor: how many it gave, 0 if it has no generator. */
size_t bare_random(void *out, size_t len);

/* ---- what such a port provides ---- */

/* Makes a page (4 KiB, aligned, below a new stack) fault from now on, if the port can. */
void bare_guard(void *page);

#endif
