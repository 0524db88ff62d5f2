/* SPDX-License-Identifier: ISC
 *
 * ports/virtio/cpu.h - instructions that C has no words for, and registers of devices. */
#ifndef MNET_VIRTIO_CPU_H
#define MNET_VIRTIO_CPU_H

#include <stdint.h>

/* ---- I/O ports ---- */

static inline void cpu_out8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline void cpu_out16(uint16_t port, uint16_t value)
{
    __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}

static inline void cpu_out32(uint16_t port, uint32_t value)
{
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t cpu_in8(uint16_t port)
{
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline uint16_t cpu_in16(uint16_t port)
{
    uint16_t value;
    __asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline uint32_t cpu_in32(uint16_t port)
{
    uint32_t value;
    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

/* ---- the processor ---- */

struct cpu_id {
    uint32_t eax, ebx, ecx, edx;
};

static inline struct cpu_id cpu_id(uint32_t leaf)
{
    struct cpu_id id;
    __asm__ volatile("cpuid"
                     : "=a"(id.eax), "=b"(id.ebx), "=c"(id.ecx), "=d"(id.edx)
                     : "a"(leaf), "c"(0));
    return id;
}

static inline uint64_t cpu_read_msr(uint32_t msr)
{
    uint32_t low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}

static inline void cpu_write_msr(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr"
                     :
                     : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
                     : "memory");
}

static inline uint64_t cpu_tsc(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

/* The address that could not be reached by the access that failed last. */
static inline uint64_t cpu_fault_address(void)
{
    uint64_t value;
    __asm__ volatile("mov %%cr2, %0" : "=r"(value));
    return value;
}

static inline void cpu_load_tables(uint64_t root)
{
    __asm__ volatile("mov %0, %%cr3" : : "r"(root) : "memory");
}

static inline void cpu_forget_page(uintptr_t at)
{
    __asm__ volatile("invlpg (%0)" : : "r"(at) : "memory");
}

static inline void cpu_pause(void)
{
    __asm__ volatile("pause");
}

/* ---- registers in memory ---- */

static inline uint32_t cpu_read32(uintptr_t at)
{
    return *(const volatile uint32_t *)at;
}

static inline void cpu_write32(uintptr_t at, uint32_t value)
{
    *(volatile uint32_t *)at = value;
}

static inline uint16_t cpu_read16(uintptr_t at)
{
    return *(const volatile uint16_t *)at;
}

static inline void cpu_write16(uintptr_t at, uint16_t value)
{
    *(volatile uint16_t *)at = value;
}

static inline uint8_t cpu_read8(uintptr_t at)
{
    return *(const volatile uint8_t *)at;
}

static inline void cpu_write8(uintptr_t at, uint8_t value)
{
    *(volatile uint8_t *)at = value;
}

/* 1, 2 or 4 bytes. */
static inline uint32_t cpu_read(uintptr_t at, unsigned len)
{
    return len == 1 ? cpu_read8(at) : len == 2 ? cpu_read16(at) : cpu_read32(at);
}

#endif
