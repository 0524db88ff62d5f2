/* SPDX-License-Identifier: ISC
 *
 * ports/linux-tap/entropy.c - the kernel's generator, and the processor's cycle counter. */
#include <mnet/port.h>
#include <sys/random.h>

size_t mnet_port_entropy(void *out, size_t len)
{
    size_t given = 0;
    while (given < len) {
        ssize_t n = getrandom((uint8_t *)out + given, len - given, 0);
        if (n <= 0)
            break;
        given += (size_t)n;
    }
    return given;
}

uint64_t mnet_port_cycles(void)
{
#if defined(__x86_64__) || defined(__i386__)
    return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
    uint64_t count;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(count));
    return count;
#else
    return mnet_port_clock();
#endif
}
