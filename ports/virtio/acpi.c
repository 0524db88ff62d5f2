/* SPDX-License-Identifier: ISC
 *
 * ports/virtio/acpi.c - reading the tables of ACPI.
 *
 * The fixed tables are structs. The DSDT is a program for an interpreter (AML); there is none here.
 * What is needed of it are a few constants in forms that all hypervisors write: the value for
 * switching off, and resource descriptors that follow the identifier of a device. They are searched
 * for as bytes. A table with a wrong checksum is passed over, and nothing is read beyond its
 * length. */
#include "acpi.h"
#include <string.h>

#define ROOT_LEN 20u
#define ROOT_REVISION 15u
#define ROOT_RSDT 16u
#define ROOT_XSDT 24u
#define FIRMWARE_AT UINT64_C(0xe0000)
#define FIRMWARE_LEN 0x20000u

#define HEADER_LEN 36u
#define TABLE_MAX (UINT32_C(1) << 20)
#define TABLES_MAX 64u

/* Where the fields of FADT are. */
#define FADT_DSDT 40u
#define FADT_SCI 46u
#define FADT_SMI_PORT 48u
#define FADT_ENABLE 52u
#define FADT_EVENT 56u
#define FADT_CONTROL 64u
#define FADT_EVENT_LEN 88u
#define FADT_FLAGS 112u
#define FADT_X_DSDT 140u
#define FADT_SLEEP_CONTROL 244u
#define FADT_SLEEP_END 256u
#define FLAG_BUTTON_IS_A_DEVICE (1u << 4)
#define FLAG_NO_CHIPSET (1u << 20)
#define SPACE_MEMORY 0u
#define SPACE_PORT 1u

#define ENTRIES 44u /* where they begin, in MADT and MCFG */

/* How far behind the identifier of a device its resources may stand. */
#define DEVICE_LEN 512u

/* A checked table; len 0: there is none. */
struct table {
    const uint8_t *at;
    uint32_t len;
};

static uint64_t number(const uint8_t *at, unsigned len)
{
    uint64_t value = 0;
    while (len-- > 0)
        value = value << 8 | at[len];
    return value;
}

/* A field of a table; 0 if the table is too short for it. */
static uint64_t field(const struct table *table, uint32_t offset, unsigned len)
{
    return offset + len <= table->len ? number(table->at + offset, len) : 0;
}

static bool sums_to_zero(const uint8_t *at, uint32_t len)
{
    uint8_t sum = 0;
    for (uint32_t i = 0; i < len; i++)
        sum = (uint8_t)(sum + at[i]);
    return sum == 0;
}

static struct table open_table(uint64_t at, acpi_map map)
{
    const struct table none = {NULL, 0};
    const uint8_t *header = at ? map(at, HEADER_LEN) : NULL;
    if (!header)
        return none;
    uint32_t len = (uint32_t)number(header + 4, 4);
    if (len < HEADER_LEN || len > TABLE_MAX)
        return none;
    const uint8_t *bytes = map(at, len);
    if (!bytes || !sums_to_zero(bytes, len))
        return none;
    return (struct table){bytes, len};
}

static bool is_called(const struct table *table, const char *signature)
{
    return table->len > 0 && memcmp(table->at, signature, 4) == 0;
}

/* ---- the program: constants ---- */

/* Where `len` bytes stand in a table from `from` on; 0: nowhere. */
static uint32_t find(const struct table *table, uint32_t from, const void *bytes, uint32_t len)
{
    for (uint32_t i = from; i + len <= table->len; i++) {
        if (memcmp(table->at + i, bytes, len) == 0)
            return i;
    }
    return 0;
}

/* _S5_ is a package (0x12), its length, how many elements, and then the first one: a byte (0x0a
 * before it), 0 or 1. */
static void read_sleep_type(struct acpi *acpi, const struct table *dsdt)
{
    uint32_t at = find(dsdt, HEADER_LEN, "_S5_\x12", 5);
    if (at == 0)
        return;
    at += 5;
    at += 1 + (uint32_t)(field(dsdt, at, 1) >> 6); /* the length, of up to four bytes */
    at += 1;
    uint64_t value = field(dsdt, at, 1);
    if (value == 0x0a)
        value = field(dsdt, at + 1, 1);
    acpi->sleep_type = (uint8_t)(value & 7);
    acpi->has_sleep_type = at < dsdt->len;
}

/* An interrupt descriptor (0x89) between `from` and `end`. */
static bool read_line(const struct table *dsdt, uint32_t from, uint32_t end, struct acpi_line *line)
{
    uint32_t at = find(dsdt, from, "\x89\x06\x00", 3);
    if (at == 0 || at >= end)
        return false;
    uint64_t flags = field(dsdt, at + 3, 1);
    line->number = (uint32_t)field(dsdt, at + 5, 4);
    line->is_level = (flags & 2) == 0;
    line->is_low = (flags & 4) != 0;
    return true;
}

static void read_virtio(struct acpi *acpi, const struct table *dsdt)
{
    uint32_t at = HEADER_LEN - 1;
    while ((at = find(dsdt, at + 1, "LNRO0005", 8)) != 0) {
        if (acpi->virtio_count == ACPI_DEVICES_MAX)
            return;
        uint32_t memory = find(dsdt, at, "\x86\x09\x00", 3);
        uint32_t next = find(dsdt, at + 1, "LNRO0005", 8);
        uint32_t end = next && next < at + DEVICE_LEN ? next : at + DEVICE_LEN;
        struct acpi_line line;
        if (memory == 0 || memory >= end || !read_line(dsdt, at, end, &line))
            continue;
        acpi->virtio[acpi->virtio_count].at = field(dsdt, memory + 4, 4);
        acpi->virtio[acpi->virtio_count].line = line;
        acpi->virtio_count++;
    }
}

/* The generic event device: its first region in memory (0x5b 0x80, four letters, 0x00) is a
 * register that says, and forgets, what has happened. */
static void read_events(struct acpi *acpi, const struct table *dsdt)
{
    uint32_t device = find(dsdt, HEADER_LEN, "ACPI0013", 8);
    if (device == 0 || !read_line(dsdt, device, device + DEVICE_LEN, &acpi->event_line))
        return;
    uint32_t at = find(dsdt, device, "\x5b\x80", 2);
    if (at == 0 || at >= device + DEVICE_LEN || field(dsdt, at + 6, 1) != SPACE_MEMORY)
        return;
    uint64_t prefix = field(dsdt, at + 7, 1);
    if (prefix == 0x0c)
        acpi->event_register = field(dsdt, at + 8, 4);
    else if (prefix == 0x0e)
        acpi->event_register = field(dsdt, at + 8, 8);
}

/* ---- the fixed tables ---- */

static void read_fadt(struct acpi *acpi, const struct table *fadt, acpi_map map)
{
    uint64_t dsdt_at = field(fadt, FADT_X_DSDT, 8);
    struct table dsdt = open_table(dsdt_at ? dsdt_at : field(fadt, FADT_DSDT, 4), map);
    uint64_t flags = field(fadt, FADT_FLAGS, 4);
    read_sleep_type(acpi, &dsdt);
    read_virtio(acpi, &dsdt);
    if (flags & FLAG_NO_CHIPSET) {
        read_events(acpi, &dsdt);
        acpi->is_sleep_port = field(fadt, FADT_SLEEP_CONTROL, 1) == SPACE_PORT;
        acpi->sleep_register =
            fadt->len >= FADT_SLEEP_END ? field(fadt, FADT_SLEEP_CONTROL + 4, 8) : 0;
        return;
    }
    acpi->control_port = (uint16_t)field(fadt, FADT_CONTROL, 4);
    acpi->enable_port = (uint16_t)field(fadt, FADT_SMI_PORT, 4);
    acpi->enable_value = (uint8_t)field(fadt, FADT_ENABLE, 1);
    if (flags & FLAG_BUTTON_IS_A_DEVICE)
        return;
    acpi->event_port = (uint16_t)field(fadt, FADT_EVENT, 4);
    acpi->event_len = (uint16_t)field(fadt, FADT_EVENT_LEN, 1);
    /* Where nothing else is said, it is a level and active low. */
    acpi->power_line =
        (struct acpi_line){(uint32_t)field(fadt, FADT_SCI, 2), .is_level = true, .is_low = true};
}

/* Entries that say that a line is another one, or calls in another way. */
static void read_override(struct acpi *acpi, const struct table *madt, uint32_t at)
{
    uint64_t flags = field(madt, at + 8, 2);
    if (field(madt, at + 3, 1) != acpi->power_line.number || acpi->event_port == 0)
        return;
    acpi->power_line.number = (uint32_t)field(madt, at + 4, 4);
    if ((flags & 3) != 0)
        acpi->power_line.is_low = (flags & 3) == 3;
    if ((flags >> 2 & 3) != 0)
        acpi->power_line.is_level = (flags >> 2 & 3) == 3;
}

static void read_madt(struct acpi *acpi, const struct table *madt)
{
    bool is_moved = false;
    for (uint32_t at = ENTRIES; at + 2 <= madt->len;) {
        uint32_t len = (uint32_t)field(madt, at + 1, 1);
        if (len < 2 || at + len > madt->len)
            return;
        if (madt->at[at] == 1 && len >= 12 && acpi->io_count < ACPI_IO_MAX) {
            acpi->io[acpi->io_count].at = field(madt, at + 4, 4);
            acpi->io[acpi->io_count++].first_line = (uint32_t)field(madt, at + 8, 4);
        } else if (madt->at[at] == 2 && len >= 10 && !is_moved) {
            uint32_t before = acpi->power_line.number;
            read_override(acpi, madt, at);
            is_moved = acpi->power_line.number != before;
        }
        at += len;
    }
}

static void read_mcfg(struct acpi *acpi, const struct table *mcfg)
{
    if (mcfg->len < ENTRIES + 16)
        return;
    acpi->ecam = field(mcfg, ENTRIES, 8);
    acpi->ecam_first_bus = (uint8_t)field(mcfg, ENTRIES + 10, 1);
    acpi->ecam_last_bus = (uint8_t)field(mcfg, ENTRIES + 11, 1);
}

/* ---- from the root ---- */

static struct table open_root(uint64_t rsdp, acpi_map map, unsigned *each)
{
    const struct table none = {NULL, 0};
    const uint8_t *root = rsdp ? map(rsdp, ROOT_LEN) : NULL;
    if (!root || memcmp(root, "RSD PTR ", 8) != 0 || !sums_to_zero(root, ROOT_LEN))
        return none;
    if (root[ROOT_REVISION] >= 2) {
        const uint8_t *longer = map(rsdp, ROOT_XSDT + 8);
        struct table table = open_table(longer ? number(longer + ROOT_XSDT, 8) : 0, map);
        *each = 8;
        if (is_called(&table, "XSDT"))
            return table;
    }
    *each = 4;
    struct table table = open_table(number(root + ROOT_RSDT, 4), map);
    return is_called(&table, "RSDT") ? table : none;
}

void acpi_read(struct acpi *acpi, uint64_t rsdp, acpi_map map)
{
    unsigned each = 4;
    memset(acpi, 0, sizeof *acpi);
    struct table root = open_root(rsdp, map, &each), madt = {NULL, 0};
    uint32_t at = HEADER_LEN;
    for (unsigned i = 0; i < TABLES_MAX && at + each <= root.len; i++, at += each) {
        struct table table = open_table(field(&root, at, each), map);
        if (is_called(&table, "FACP"))
            read_fadt(acpi, &table, map);
        else if (is_called(&table, "MCFG"))
            read_mcfg(acpi, &table);
        else if (is_called(&table, "APIC"))
            madt = table;
    }
    /* It refines what the FADT says. */
    if (madt.len > 0)
        read_madt(acpi, &madt);
}

uint64_t acpi_find(acpi_map map)
{
    const uint8_t *firmware = map(FIRMWARE_AT, FIRMWARE_LEN);
    for (uint32_t i = 0; firmware && i + ROOT_LEN <= FIRMWARE_LEN; i += 16) {
        /* 8192 places: the first letter tells nearly all. */
        if (firmware[i] == 'R' && memcmp(firmware + i, "RSD PTR ", 8) == 0 &&
            sums_to_zero(firmware + i, ROOT_LEN))
            return FIRMWARE_AT + i;
    }
    return 0;
}
