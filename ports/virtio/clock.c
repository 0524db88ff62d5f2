/* SPDX-License-Identifier: ISC
 *
 * ports/virtio/clock.c - monotonic time from the time-stamp counter of the processor.
 *
 * KVM tells how to turn the counter into nanoseconds, and keeps that right, in a page that it
 * writes (kvmclock). Without it the counter's frequency is what the processor or hypervisor says,
 * or else is measured against the old timer (8254), whose ticks are 838 ns: roughly at the start,
 * to 1 in 1,000, because the program should not wait long for that; and once more a second later,
 * to a few millionths. From then on time goes on from where it was, at the better pace.
 *
 * Time is always computed from the difference to a fixed moment in one multiplication of 128 bits,
 * so that rounding errors do not add up.
 *
 * Counters of different processors may differ, and the host moves us from one to another: a time
 * before the last one is never returned. */
#include "cpu.h"
#include "virtio_port.h"
#include <mnet/port.h>

/* ---- kvmclock ---- */

#define HYPERVISOR_LEAF 0x40000000u
#define KVM_FEATURES_LEAF 0x40000001u
#define KVM_HAS_CLOCK (1u << 3)
#define MSR_KVM_SYSTEM_TIME 0x4b564d01u
#define CPU_HAS_HYPERVISOR (1u << 31)
/* "KVMKVMKVM\0\0\0" in ebx, ecx and edx. */
#define KVM_EBX 0x4b4d564bu
#define KVM_ECX 0x564b4d56u
#define KVM_EDX 0x0000004du

/* What KVM writes: version is odd while it does. */
struct kvm_time {
    uint32_t version;
    uint32_t reserved;
    uint64_t tsc;
    uint64_t time;
    uint32_t multiplier;
    int8_t shift;
    uint8_t flags;
    uint8_t reserved2[2];
};

static volatile struct kvm_time kvm_time __attribute__((aligned(64)));
static bool is_kvm;

/* ---- the counter ---- */

/* Frequencies of the processor, and of the hypervisor. */
#define FREQUENCY_LEAF 0x15u
#define HYPERVISOR_FREQUENCY_LEAF 0x40000010u

#define PIT_GATE 0x61
#define PIT_GATE_ON 0x01
#define PIT_SPEAKER_ON 0x02
#define PIT_COUNTER2 0x42
#define PIT_COMMAND 0x43
#define PIT_COUNTER2_BOTH_MODE0 0xb0
#define PIT_COUNTER2_LATCH 0x80
#define PIT_HZ UINT64_C(1193182)
#define CALIBRATION MNET_MS(2)
/* The timer wraps each 55 ms. How often it has, the first measurement tells for this long. */
#define REFINE_AFTER MNET_SEC(1)
#define REFINE_BEFORE MNET_SEC(20)
/* The best of so many pairs of readings is taken: others were interrupted by the host. */
#define TRIES 4u
/* A timer that is there counts within far fewer readings. */
#define READINGS_MAX 1000000u

static uint64_t start_tsc; /* when it was start_time */
static mnet_time start_time;
static uint64_t ns_per_cycle;  /* << 32 */
static uint64_t cycles_per_ns; /* << 32 */
static mnet_time last;

static bool find_kvm(void)
{
    if (!(cpu_id(1).ecx & CPU_HAS_HYPERVISOR))
        return false;
    struct cpu_id id = cpu_id(HYPERVISOR_LEAF);
    if (id.ebx != KVM_EBX || id.ecx != KVM_ECX || id.edx != KVM_EDX)
        return false;
    if (!(cpu_id(KVM_FEATURES_LEAF).eax & KVM_HAS_CLOCK))
        return false;
    cpu_write_msr(MSR_KVM_SYSTEM_TIME, (uintptr_t)&kvm_time | 1);
    return kvm_time.multiplier != 0;
}

/* KVM writes only while we do not run, so that the processor's own reordering does no harm. */
static mnet_time read_kvm(void)
{
    uint32_t version;
    mnet_time now;
    do {
        version = __atomic_load_n(&kvm_time.version, __ATOMIC_ACQUIRE);
        uint64_t cycles = cpu_tsc() - kvm_time.tsc;
        int8_t shift = kvm_time.shift;
        cycles = shift >= 0 ? cycles << shift : cycles >> -shift;
        now = kvm_time.time + (uint64_t)((unsigned __int128)cycles * kvm_time.multiplier >> 32);
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
    } while ((version & 1) || version != kvm_time.version);
    return now;
}

/* What kvmclock's multiplier says of the frequency. */
static uint64_t kvm_hz(void)
{
    uint64_t hz = (MNET_SEC(1) << 32) / kvm_time.multiplier;
    int8_t shift = kvm_time.shift;
    return shift >= 0 ? hz >> shift : hz << -shift;
}

/* 0 if nobody says it. */
static uint64_t told_hz(void)
{
    if (cpu_id(0).eax >= FREQUENCY_LEAF) {
        struct cpu_id id = cpu_id(FREQUENCY_LEAF);
        if (id.eax && id.ebx && id.ecx)
            return (uint64_t)id.ecx * id.ebx / id.eax;
    }
    if (cpu_id(1).ecx & CPU_HAS_HYPERVISOR &&
        cpu_id(HYPERVISOR_LEAF).eax >= HYPERVISOR_FREQUENCY_LEAF)
        return (uint64_t)cpu_id(HYPERVISOR_FREQUENCY_LEAF).eax * 1000;
    return 0;
}

/* ---- calibration ---- */

struct reading {
    uint64_t tsc;
    uint16_t ticks; /* down from 65535, 55 ms */
};

static struct reading begin; /* of the first measurement */
static bool is_rough;        /* the second one is still to come */

/* Reads both counters at the same moment, as closely as can be had. */
static struct reading read_both(void)
{
    struct reading best = {0, 0};
    uint64_t width = UINT64_MAX;
    for (unsigned i = 0; i < TRIES; i++) {
        uint64_t before = cpu_tsc();
        cpu_out8(PIT_COMMAND, PIT_COUNTER2_LATCH);
        uint64_t after = cpu_tsc();
        uint8_t low = cpu_in8(PIT_COUNTER2);
        uint8_t high = cpu_in8(PIT_COUNTER2);
        if (after - before < width) {
            width = after - before;
            best.tsc = before + width / 2;
            best.ticks = (uint16_t)(high << 8 | low);
        }
    }
    return best;
}

/* Measures the counter and, if it is in use, the timer of the APIC. */
static uint64_t measure_hz(void)
{
    cpu_out8(PIT_GATE, (uint8_t)((cpu_in8(PIT_GATE) | PIT_GATE_ON) & ~PIT_SPEAKER_ON));
    cpu_out8(PIT_COMMAND, PIT_COUNTER2_BOTH_MODE0);
    cpu_out8(PIT_COUNTER2, 0xff);
    cpu_out8(PIT_COUNTER2, 0xff);
    begin = read_both();
    struct reading end;
    apic_timer_start_counting();
    unsigned readings = 0;
    do {
        end = read_both();
        if (++readings == READINGS_MAX)
            end_panic("the frequency of the processor is not told, and there is no 8254 timer to "
                      "measure it with",
                      NULL, NULL);
    } while ((uint16_t)(begin.ticks - end.ticks) < CALIBRATION * PIT_HZ / MNET_SEC(1));
    mnet_time took = (uint16_t)(begin.ticks - end.ticks) * MNET_SEC(1) / PIT_HZ;
    apic_timer_calibrate(took);
    return (uint64_t)((unsigned __int128)(end.tsc - begin.tsc) * MNET_SEC(1) / took);
}

static void set_hz(uint64_t hz)
{
    ns_per_cycle = (uint64_t)(((unsigned __int128)MNET_SEC(1) << 32) / hz);
    cycles_per_ns = (uint64_t)(((unsigned __int128)hz << 32) / MNET_SEC(1));
}

void clock_init(void)
{
    start_tsc = cpu_tsc();
    is_kvm = find_kvm();
    uint64_t hz = is_kvm ? kvm_hz() : told_hz();
    if (hz == 0 || apic_timer_needs_calibration()) {
        uint64_t measured = measure_hz();
        is_rough = hz == 0;
        hz = hz ? hz : measured;
    }
    set_hz(hz);
}

static mnet_time time_at(uint64_t tsc)
{
    return start_time + (mnet_time)((unsigned __int128)(tsc - start_tsc) * ns_per_cycle >> 32);
}

void clock_refine(mnet_time now)
{
    if (!is_rough || now < REFINE_AFTER)
        return;
    is_rough = false;
    struct reading end = read_both();
    uint64_t cycles = end.tsc - begin.tsc;
    mnet_time rough = (mnet_time)((unsigned __int128)cycles * ns_per_cycle >> 32);
    if (rough > REFINE_BEFORE)
        return;
    /* As many ticks as the first measurement says, but for those of the last round, which are
     * counted. */
    uint64_t ticks = (uint64_t)((unsigned __int128)rough * PIT_HZ / MNET_SEC(1));
    uint16_t counted = (uint16_t)(begin.ticks - end.ticks);
    ticks += (uint64_t)(int64_t)(int16_t)(uint16_t)(counted - (uint16_t)ticks);
    start_time = time_at(end.tsc);
    start_tsc = end.tsc;
    set_hz((uint64_t)((unsigned __int128)cycles * PIT_HZ / ticks));
}

uint64_t clock_cycles(mnet_time ns)
{
    unsigned __int128 cycles = (unsigned __int128)ns * cycles_per_ns >> 32;
    /* Years, and the sum with any counter still fits. */
    return cycles > (UINT64_C(1) << 62) ? UINT64_C(1) << 62 : (uint64_t)cycles;
}

mnet_time mnet_port_clock(void)
{
    mnet_time now;
    if (is_kvm)
        now = read_kvm();
    else
        now = time_at(cpu_tsc());
    if (now > last)
        last = now;
    return last;
}

uint64_t mnet_port_cycles(void)
{
    return cpu_tsc();
}

bool clock_is_kvm(void)
{
    return is_kvm;
}
