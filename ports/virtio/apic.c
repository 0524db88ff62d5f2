/* SPDX-License-Identifier: ISC
 *
 * ports/virtio/apic.c - interrupt controllers, and the timer that is part of one.
 *
 * The processor's own controller (local APIC) is used through model-specific registers where it can
 * be (x2APIC), else through memory. Lines of devices without messages of their own end at an I/O
 * APIC, where each that is used is given a vector. The old controller (8259) is silenced.
 *
 * The timer is set by TSC deadlines where there are some: one write and no second frequency to
 * know. Else it counts down once, from a count that clock.c has calibrated. */
#include "cpu.h"
#include "virtio_port.h"

#define PIC_MASTER_DATA 0x21
#define PIC_SLAVE_DATA 0xa1

#define MSR_APIC_BASE 0x1bu
#define BASE_X2 (UINT64_C(1) << 10)
#define BASE_ENABLED (UINT64_C(1) << 11)
#define BASE_ADDRESS UINT64_C(0x000ffffffffff000)
#define MSR_X2_FIRST 0x800u
#define MSR_TSC_DEADLINE 0x6e0u

#define CPU_HAS_X2 (1u << 21)
#define CPU_HAS_TSC_DEADLINE (1u << 24)

#define REG_ID 0x20u
#define REG_PRIORITY 0x80u
#define REG_EOI 0xb0u
#define REG_SPURIOUS 0xf0u
#define REG_TIMER 0x320u
#define REG_LINE0 0x350u
#define REG_LINE1 0x360u
#define REG_ERROR 0x370u
#define REG_INITIAL_COUNT 0x380u
#define REG_CURRENT_COUNT 0x390u
#define REG_DIVIDE 0x3e0u

#define SPURIOUS_ENABLE 0x100u
#define LOCAL_MASKED 0x10000u
#define TIMER_TSC_DEADLINE 0x40000u
/* By 16: a minute and more fits into 32 bits at 1 GHz, which is what emulators count with. */
#define DIVIDE_BY_16 0x3u

#define IO_SELECT 0x00u
#define IO_WINDOW 0x10u
#define IO_REG_VERSION 1u
#define IO_REG_LINES 0x10u
#define IO_LEVEL 0x8000u
#define IO_LOW 0x2000u
#define IO_DEFAULT UINT64_C(0xfec00000)
#define IO_MAX 4u

#define MESSAGE_BASE UINT64_C(0xfee00000)

static bool is_x2;
static bool has_tsc_deadline;
static uintptr_t base;
static uint64_t counts_per_ns; /* of the timer, << 32 */

static struct io_apic {
    uintptr_t at;
    uint32_t first, count; /* its lines */
} ios[IO_MAX];
static unsigned io_count;

static uint32_t read(uint32_t reg)
{
    return is_x2 ? (uint32_t)cpu_read_msr(MSR_X2_FIRST + reg / 16) : cpu_read32(base + reg);
}

static void write(uint32_t reg, uint32_t value)
{
    if (is_x2)
        cpu_write_msr(MSR_X2_FIRST + reg / 16, value);
    else
        cpu_write32(base + reg, value);
}

void apic_init(void)
{
    cpu_out8(PIC_MASTER_DATA, 0xff);
    cpu_out8(PIC_SLAVE_DATA, 0xff);
    uint32_t features = cpu_id(1).ecx;
    uint64_t msr = cpu_read_msr(MSR_APIC_BASE);
    is_x2 = (features & CPU_HAS_X2) != 0;
    has_tsc_deadline = (features & CPU_HAS_TSC_DEADLINE) != 0;
    cpu_write_msr(MSR_APIC_BASE, msr | BASE_ENABLED);
    if (is_x2) {
        cpu_write_msr(MSR_APIC_BASE, msr | BASE_ENABLED | BASE_X2);
    } else {
        base = (uintptr_t)(msr & BASE_ADDRESS);
        pages_map_device(base, 4096);
    }
    write(REG_PRIORITY, 0);
    write(REG_LINE0, LOCAL_MASKED);
    write(REG_LINE1, LOCAL_MASKED);
    write(REG_ERROR, LOCAL_MASKED);
    write(REG_SPURIOUS, SPURIOUS_ENABLE | APIC_SPURIOUS);
    write(REG_DIVIDE, DIVIDE_BY_16);
    write(REG_TIMER, APIC_TIMER | (has_tsc_deadline ? TIMER_TSC_DEADLINE : 0));
}

uint64_t apic_message_address(void)
{
    uint32_t id = is_x2 ? read(REG_ID) : read(REG_ID) >> 24;
    return MESSAGE_BASE | (uint64_t)(id & 0xff) << 12;
}

void apic_end_of_interrupt(void)
{
    write(REG_EOI, 0);
}

/* ---- lines ---- */

static uint32_t io_read(const struct io_apic *io, uint32_t reg)
{
    cpu_write32(io->at + IO_SELECT, reg);
    return cpu_read32(io->at + IO_WINDOW);
}

static void io_write(const struct io_apic *io, uint32_t reg, uint32_t value)
{
    cpu_write32(io->at + IO_SELECT, reg);
    cpu_write32(io->at + IO_WINDOW, value);
}

void apic_add_io(uint64_t at, uint32_t first_line)
{
    for (unsigned i = 0; i < io_count; i++) {
        if (ios[i].at == at)
            return;
    }
    if (io_count == IO_MAX)
        return;
    struct io_apic *io = &ios[io_count++];
    pages_map_device(at, 4096);
    io->at = (uintptr_t)at;
    io->first = first_line;
    io->count = (io_read(io, IO_REG_VERSION) >> 16 & 0xff) + 1;
}

bool apic_route(uint32_t line, enum apic_vector vector, bool is_level, bool is_low)
{
    if (io_count == 0)
        apic_add_io(IO_DEFAULT, 0);
    uint32_t id = is_x2 ? read(REG_ID) : read(REG_ID) >> 24;
    for (unsigned i = 0; i < io_count; i++) {
        const struct io_apic *io = &ios[i];
        if (line < io->first || line - io->first >= io->count)
            continue;
        uint32_t reg = IO_REG_LINES + 2 * (line - io->first);
        io_write(io, reg + 1, id << 24);
        io_write(io, reg, vector | (is_level ? IO_LEVEL : 0) | (is_low ? IO_LOW : 0));
        return true;
    }
    return false;
}

/* ---- the timer ---- */

bool apic_timer_needs_calibration(void)
{
    return !has_tsc_deadline;
}

void apic_timer_start_counting(void)
{
    write(REG_TIMER, APIC_TIMER | LOCAL_MASKED);
    write(REG_INITIAL_COUNT, UINT32_MAX);
}

void apic_timer_calibrate(mnet_time took)
{
    uint64_t counts = UINT32_MAX - read(REG_CURRENT_COUNT);
    write(REG_INITIAL_COUNT, 0);
    write(REG_TIMER, APIC_TIMER);
    counts_per_ns = (counts << 32) / took;
}

void apic_timer(mnet_time after)
{
    if (has_tsc_deadline) {
        cpu_write_msr(MSR_TSC_DEADLINE, cpu_tsc() + clock_cycles(after));
        return;
    }
    unsigned __int128 counts = ((unsigned __int128)after * counts_per_ns >> 32) + 1;
    write(REG_INITIAL_COUNT, counts > UINT32_MAX ? UINT32_MAX : (uint32_t)counts);
}
