/* SPDX-License-Identifier: ISC
 *
 * ports/bare/protect.c - what the compiler's stack protector calls, for ports whose toolchain has
 * it not. The value should be random, but a program without entropy is still better off with a
 * constant that holds a zero byte: no string function writes past it. */
#include "bare.h"
#include <mnet/port.h>

uintptr_t __stack_chk_guard = 0x00d3a5c2b7e91f64;

void __stack_chk_fail(void);
void __stack_chk_fail(void)
{
    mnet_port_panic("a buffer on the stack was overrun");
}

/* Its caller's own frame must not be protected. */
void bare_protect(uint64_t random)
{
    __stack_chk_guard = (uintptr_t)random & ~(uintptr_t)0xff;
}
