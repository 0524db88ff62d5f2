/* SPDX-License-Identifier: ISC
 *
 * ports/virtio/trap.c - where the processor goes when something cannot go on, or a device calls.
 *
 * All exceptions are fatal. They run on a stack of their own, because the usual reason is that the
 * program's stack is used up: what is below it is not mapped. An exception that happens while one
 * is being reported ends the machine at once.
 *
 * Interrupts come only while wait.c sleeps: nothing else ever allows them, so that no code has to
 * expect one. They use the stack that they find. */
#include "cpu.h"
#include "virtio_port.h"
#include <base/fmt.h>

#define SELECTOR_CODE 8u
#define SELECTOR_TASK 24u
#define GATE_PRESENT_INTERRUPT 0x8eu
#define TASK_AVAILABLE 0x89u
#define VECTORS 256u
#define EXCEPTIONS 32u
#define TRAP_STACK 1u /* its number in the task segment */
#define CALLS_MAX 32u

#define PAGE_FAULT 14u
#define FAULT_WAS_WRITE 0x2u
#define FAULT_WAS_FETCH 0x10u

/* As boot.S pushes it. */
struct trap_frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax;
    uint64_t number, error;
    uint64_t rip, cs, flags, rsp, ss;
};

struct gate {
    uint16_t offset_low, selector;
    uint8_t stack, type;
    uint16_t offset_middle;
    uint32_t offset_high, reserved;
};

struct __attribute__((packed)) task_segment {
    uint32_t reserved0;
    uint64_t stacks[3];
    uint64_t reserved1;
    uint64_t interrupt_stacks[7];
    uint64_t reserved2;
    uint16_t reserved3, io_map;
};

struct __attribute__((packed)) table_pointer {
    uint16_t limit;
    uint64_t at;
};

extern uint64_t boot_gdt[];
extern char trap_stack_top[];
extern const uint64_t trap_exceptions[EXCEPTIONS];
extern void trap_timer(void), trap_device(void), trap_power(void), trap_spurious(void);
_Noreturn void trap_fatal(const struct trap_frame *frame); /* boot.S calls it */

static struct gate gates[VECTORS];
static struct task_segment task_segment;

static void set_gate(unsigned vector, uint64_t handler, uint8_t stack)
{
    gates[vector] = (struct gate){
        .offset_low = (uint16_t)handler,
        .offset_middle = (uint16_t)(handler >> 16),
        .offset_high = (uint32_t)(handler >> 32),
        .selector = SELECTOR_CODE,
        .stack = stack,
        .type = GATE_PRESENT_INTERRUPT,
    };
}

static void load_task_segment(void)
{
    uint64_t at = (uintptr_t)&task_segment;
    task_segment.interrupt_stacks[TRAP_STACK - 1] = (uintptr_t)trap_stack_top;
    task_segment.io_map = sizeof task_segment;
    uint64_t *descriptor = &boot_gdt[SELECTOR_TASK / 8];
    descriptor[0] = (sizeof task_segment - 1) | (at & 0xffffff) << 16 |
                    (uint64_t)TASK_AVAILABLE << 40 | (at >> 24 & 0xff) << 56;
    descriptor[1] = at >> 32;
    __asm__ volatile("ltr %w0" : : "r"(SELECTOR_TASK));
}

void trap_init(void)
{
    load_task_segment();
    for (unsigned i = 0; i < EXCEPTIONS; i++)
        set_gate(i, trap_exceptions[i], TRAP_STACK);
    set_gate(APIC_TIMER, (uintptr_t)trap_timer, 0);
    set_gate(APIC_DEVICE, (uintptr_t)trap_device, 0);
    set_gate(APIC_POWER, (uintptr_t)trap_power, 0);
    set_gate(APIC_SPURIOUS, (uintptr_t)trap_spurious, 0);
    struct table_pointer pointer = {.limit = sizeof gates - 1, .at = (uintptr_t)gates};
    __asm__ volatile("lidt %0" : : "m"(pointer));
}

/* ---- reports ---- */

static const char *name_of(uint64_t number)
{
    static const char *const names[] = {
        [0] = "division by zero",
        [2] = "non-maskable interrupt",
        [3] = "breakpoint",
        [6] = "invalid instruction",
        [8] = "double fault",
        [13] = "general protection fault",
        [16] = "floating point error",
        [17] = "unaligned access",
        [18] = "machine check",
        [19] = "vector floating point error",
    };
    if (number < sizeof names / sizeof names[0] && names[number])
        return names[number];
    return "exception";
}

/* Frames are linked by what rbp points to: the caller's rbp, and above it where the caller goes on;
 * one less lies in the call, also where nothing of the caller follows it. Only addresses that are
 * mapped are followed, and only upwards. */
void trap_print_calls(const uint64_t *frame)
{
    for (unsigned i = 0; i < CALLS_MAX; i++) {
        uintptr_t at = (uintptr_t)frame;
        if (at % 8 != 0 || !pages_is_mapped(at) || !pages_is_mapped(at + 15) || frame[1] == 0)
            return;
        console_print("  called from 0x%lx\n", (unsigned long)frame[1] - 1);
        if (frame[0] <= at)
            return;
        frame = (const uint64_t *)frame[0];
    }
}

static void print_frame(const void *arg)
{
    const struct trap_frame *f = arg;
    console_print("  at 0x%lx, exception %lu, error 0x%lx, flags 0x%lx\n", (unsigned long)f->rip,
                  (unsigned long)f->number, (unsigned long)f->error, (unsigned long)f->flags);
    const struct {
        const char *name;
        uint64_t value;
    } registers[] = {
        {"rax", f->rax}, {"rbx", f->rbx}, {"rcx", f->rcx}, {"rdx", f->rdx},
        {"rsi", f->rsi}, {"rdi", f->rdi}, {"rbp", f->rbp}, {"rsp", f->rsp},
        {"r8 ", f->r8},  {"r9 ", f->r9},  {"r10", f->r10}, {"r11", f->r11},
        {"r12", f->r12}, {"r13", f->r13}, {"r14", f->r14}, {"r15", f->r15},
    };
    for (unsigned i = 0; i < sizeof registers / sizeof registers[0]; i++)
        console_print("%s%s %016lx%s", i % 4 == 0 ? "  " : "", registers[i].name,
                      (unsigned long)registers[i].value, i % 4 == 3 ? "\n" : "  ");
    trap_print_calls((const uint64_t *)f->rbp);
}

_Noreturn void trap_fatal(const struct trap_frame *frame)
{
    if (frame->number != PAGE_FAULT)
        end_panic(name_of(frame->number), print_frame, frame);
    char text[80];
    uintptr_t at = cpu_fault_address();
    mn_fmt(text, sizeof text, "%s: access to 0x%lx: %s",
           pages_is_guard(at) ? "stack overflow" : "page fault", (unsigned long)at,
           frame->error & FAULT_WAS_FETCH   ? "this is not code"
           : frame->error & FAULT_WAS_WRITE ? "nothing may be written there"
                                            : "nothing is there");
    end_panic(text, print_frame, frame);
}
