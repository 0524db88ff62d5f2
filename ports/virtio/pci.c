/* SPDX-License-Identifier: ISC
 *
 * ports/virtio/pci.c - PCI configuration, through two I/O ports or, where there are none, memory
 * (ECAM), and the search for functions.
 *
 * Addresses are assigned by firmware or hypervisor; nothing is assigned here. */
#include "pci.h"
#include "cpu.h"
#include "virtio_port.h"

#define ADDRESS_PORT 0xcf8
#define DATA_PORT 0xcfc
#define ADDRESS_ENABLE 0x80000000u

#define SLOTS 32u
#define FUNCTIONS 8u
#define ID 0x00u
#define HEADER_TYPE 0x0eu
#define BARS 0x10u
#define BARS_COUNT 6u
#define SECONDARY_BUS 0x19u
#define TYPE_SEVERAL_FUNCTIONS 0x80u
#define TYPE_BRIDGE 1u
#define BAR_IS_PORT 1u
#define BAR_TYPE 6u
#define BAR_64 4u
/* Bridges behind bridges; each has a bus with a higher number. */
#define DEPTH_MAX 8u

static uintptr_t ecam; /* 0: the ports are used */

static pci_function make(unsigned bus, unsigned slot, unsigned function)
{
    return bus << 16 | slot << 11 | function << 8;
}

static uintptr_t ecam_address(pci_function function, unsigned offset)
{
    return ecam + ((uintptr_t)function << 4) + offset;
}

uint32_t pci_read(pci_function function, unsigned offset)
{
    if (ecam)
        return cpu_read32(ecam_address(function, offset));
    cpu_out32(ADDRESS_PORT, ADDRESS_ENABLE | function | (offset & 0xfc));
    return cpu_in32(DATA_PORT);
}

uint16_t pci_read16(pci_function function, unsigned offset)
{
    return (uint16_t)(pci_read(function, offset & ~3u) >> (offset & 2) * 8);
}

uint8_t pci_read8(pci_function function, unsigned offset)
{
    return (uint8_t)(pci_read(function, offset & ~3u) >> (offset & 3) * 8);
}

void pci_write16(pci_function function, unsigned offset, uint16_t value)
{
    if (ecam) {
        cpu_write16(ecam_address(function, offset), value);
        return;
    }
    cpu_out32(ADDRESS_PORT, ADDRESS_ENABLE | function | (offset & 0xfc));
    cpu_out16((uint16_t)(DATA_PORT + (offset & 2)), value);
}

uint64_t pci_bar(pci_function function, unsigned index)
{
    if (index >= BARS_COUNT)
        return 0;
    uint32_t low = pci_read(function, BARS + 4 * index);
    if (low & BAR_IS_PORT)
        return 0;
    uint64_t at = low & ~UINT32_C(15);
    if ((low & BAR_TYPE) == BAR_64 && index + 1 < BARS_COUNT)
        at |= (uint64_t)pci_read(function, BARS + 4 * index + 4) << 32;
    return at;
}

/* ---- the search ---- */

static bool has_ports(void)
{
    cpu_out32(ADDRESS_PORT, ADDRESS_ENABLE);
    return cpu_in32(ADDRESS_PORT) == ADDRESS_ENABLE;
}

/* Slots are looked at one after the other; what is found behind a bridge comes where the bridge is.
 */
static void scan_bus(unsigned bus, unsigned depth, uint16_t vendor, void (*found)(pci_function))
{
    for (unsigned i = 0; i < SLOTS * FUNCTIONS; i++) {
        pci_function function = make(bus, i / FUNCTIONS, i % FUNCTIONS);
        uint32_t id = pci_read(function, ID);
        if (id == UINT32_MAX || id == 0) {
            if (i % FUNCTIONS == 0)
                i += FUNCTIONS - 1;
            continue;
        }
        uint8_t type = pci_read8(function, HEADER_TYPE);
        if ((uint16_t)id == vendor)
            found(function);
        if ((type & ~TYPE_SEVERAL_FUNCTIONS) == TYPE_BRIDGE && depth < DEPTH_MAX) {
            uint8_t next = pci_read8(function, SECONDARY_BUS);
            if (next > bus)
                scan_bus(next, depth + 1, vendor, found);
        }
        if (i % FUNCTIONS == 0 && !(type & TYPE_SEVERAL_FUNCTIONS))
            i += FUNCTIONS - 1;
    }
}

void pci_scan(const struct acpi *acpi, uint16_t vendor, void (*found)(pci_function function))
{
    if (!has_ports()) {
        if (!acpi->ecam || acpi->ecam_first_bus != 0)
            return;
        pages_map_device(acpi->ecam, ((uint64_t)acpi->ecam_last_bus + 1) << 20);
        ecam = (uintptr_t)acpi->ecam;
    }
    scan_bus(0, 0, vendor, found);
}
