/* SPDX-License-Identifier: ISC
 *
 * The tables of ACPI: what is found in them, and that nothing behind them is read. Every table ends
 * where a page begins that cannot be read: a sanitizer does not see into an inlined memcmp. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <virtio/acpi.h>

#include <cmocka.h>

#define TABLES_MAX 8u
#define ROOM 0x20000u

static struct {
    uint64_t at;
    uint8_t *bytes;
    uint32_t len;
} tables[TABLES_MAX];
static unsigned table_count;
static struct acpi acpi;

static const uint8_t *map(uint64_t at, uint64_t len)
{
    for (unsigned i = 0; i < table_count; i++) {
        if (at >= tables[i].at && at + len <= tables[i].at + tables[i].len)
            return tables[i].bytes + (at - tables[i].at);
    }
    return NULL;
}

static void clear(void)
{
    table_count = 0;
}

/* Room for a table, with a guard behind it. */
static uint8_t *room_of(unsigned index)
{
    static uint8_t *rooms[TABLES_MAX];
    if (!rooms[index]) {
        void *at =
            mmap(NULL, ROOM + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        assert_ptr_not_equal(at, MAP_FAILED);
        rooms[index] = at;
        assert_int_equal(mprotect(rooms[index] + ROOM, 4096, PROT_NONE), 0);
    }
    return rooms[index];
}

static uint8_t *add(uint64_t at, uint32_t len)
{
    tables[table_count].at = at;
    tables[table_count].len = len;
    tables[table_count].bytes = room_of(table_count) + ROOM - len;
    memset(tables[table_count].bytes, 0, len);
    return tables[table_count++].bytes;
}

static void put(uint8_t *at, uint64_t value, unsigned len)
{
    for (unsigned i = 0; i < len; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static void sum(uint8_t *at, uint32_t len, uint32_t where)
{
    uint8_t total = 0;
    at[where] = 0;
    for (uint32_t i = 0; i < len; i++)
        total = (uint8_t)(total + at[i]);
    at[where] = (uint8_t)-total;
}

static uint8_t *add_table(uint64_t at, const char *signature, uint32_t len)
{
    uint8_t *bytes = add(at, len);
    memcpy(bytes, signature, 4);
    put(bytes + 4, len, 4);
    return bytes;
}

/* Root pointer at 0xf0000, root table at 0x1000, the others at 0x2000 + 0x1000 * i. */
static void add_root(unsigned count, bool is_long)
{
    unsigned each = is_long ? 8 : 4;
    uint8_t *root = add(0xf0000, is_long ? 36 : 20);
    memcpy(root, "RSD PTR ", 8);
    root[15] = is_long ? 2 : 0;
    put(root + (is_long ? 24 : 16), 0x1000, each);
    sum(root, 20, 8);
    uint8_t *table = add_table(0x1000, is_long ? "XSDT" : "RSDT", 36 + count * each);
    for (unsigned i = 0; i < count; i++)
        put(table + 36 + each * i, 0x2000 + 0x1000 * i, each);
    sum(table, 36 + count * each, 9);
}

/* As pc and q35 have them. */
static void build_pc(void)
{
    clear();
    add_root(3, false);
    uint8_t *fadt = add_table(0x2000, "FACP", 116);
    put(fadt + 40, 0x8000, 4);
    put(fadt + 46, 9, 2);
    put(fadt + 48, 0xb2, 4);
    fadt[52] = 0xf1;
    put(fadt + 56, 0x600, 4);
    put(fadt + 64, 0x604, 4);
    fadt[88] = 4;
    sum(fadt, 116, 9);
    uint8_t *madt = add_table(0x3000, "APIC", 44 + 12 + 10 + 10);
    uint8_t *entry = madt + 44;
    entry[0] = 1;
    entry[1] = 12;
    put(entry + 4, 0xfec00000, 4);
    entry += 12;
    entry[0] = 2; /* line 0 is line 2: the button is not concerned */
    entry[1] = 10;
    put(entry + 4, 2, 4);
    entry += 10;
    entry[0] = 2;
    entry[1] = 10;
    entry[3] = 9;
    put(entry + 4, 9, 4);
    put(entry + 8, 0xd, 2); /* a level, active high */
    sum(madt, 76, 9);
    uint8_t *mcfg = add_table(0x4000, "MCFG", 60);
    put(mcfg + 44, 0xb0000000, 8);
    mcfg[55] = 255;
    sum(mcfg, 60, 9);
    uint8_t *dsdt = add_table(0x8000, "DSDT", 36 + 16);
    memcpy(dsdt + 40, "_S5_\x12\x06\x04\x0a\x05", 9);
    sum(dsdt, 52, 9);
}

static const uint8_t virtio_device[] = "LNRO0005\0\x08_UID\0"
                                       "\x86\x09\x00\x01\x00\x2e\xb0\xfe\x00\x02\x00\x00"
                                       "\x89\x06\x00\x01\x01\x2f\x00\x00\x00\x79";
static const uint8_t event_device[] = "ACPI0013\0\x89\x06\x00\x03\x01\x09\x00\x00\x00"
                                      "\x5b\x80"
                                      "EREG\0\x0c\x00\x00\xa0\xfe\x0a\x04";

/* As microvm has them: no chipset. */
static void build_microvm(void)
{
    const uint32_t len = 36 + 3 * sizeof virtio_device + sizeof event_device + 16;
    clear();
    add_root(1, true);
    uint8_t *fadt = add_table(0x2000, "FACP", 268);
    put(fadt + 112, 1u << 20, 4);
    put(fadt + 140, 0x8000, 8);
    put(fadt + 248, 0xfea00200, 8);
    sum(fadt, 268, 9);
    uint8_t *dsdt = add_table(0x8000, "DSDT", len), *at = dsdt + 36;
    for (unsigned i = 0; i < 2; i++, at += sizeof virtio_device) {
        memcpy(at, virtio_device, sizeof virtio_device);
        at[sizeof "LNRO0005\0\x08_UID" + 5] = (uint8_t)(0x2e - 2 * i);
        at[sizeof virtio_device - 6] = (uint8_t)(0x2f - i);
    }
    memcpy(at, event_device, sizeof event_device);
    at += sizeof event_device;
    memcpy(at, "_S5_\x12\x46\x00\x04\x01", 9);
    memcpy(dsdt + len - 8, "LNRO0005", 8); /* without resources */
    sum(dsdt, len, 9);
}

static void test_a_pc(void **state)
{
    (void)state;
    build_pc();
    acpi_read(&acpi, 0xf0000, map);
    assert_int_equal(acpi.ecam, 0xb0000000);
    assert_int_equal(acpi.ecam_last_bus, 255);
    assert_int_equal(acpi.io_count, 1);
    assert_int_equal(acpi.io[0].at, 0xfec00000);
    assert_int_equal(acpi.event_port, 0x600);
    assert_int_equal(acpi.event_len, 4);
    assert_int_equal(acpi.control_port, 0x604);
    assert_int_equal(acpi.enable_port, 0xb2);
    assert_int_equal(acpi.enable_value, 0xf1);
    assert_int_equal(acpi.power_line.number, 9);
    assert_true(acpi.power_line.is_level && !acpi.power_line.is_low);
    assert_true(acpi.has_sleep_type);
    assert_int_equal(acpi.sleep_type, 5);
    assert_int_equal(acpi.virtio_count, 0);
}

static void test_a_machine_without_chipset(void **state)
{
    (void)state;
    build_microvm();
    acpi_read(&acpi, 0xf0000, map);
    assert_int_equal(acpi.event_port, 0);
    assert_int_equal(acpi.sleep_register, 0xfea00200);
    assert_false(acpi.is_sleep_port);
    assert_true(acpi.has_sleep_type);
    assert_int_equal(acpi.sleep_type, 1);
    assert_int_equal(acpi.event_register, 0xfea00000);
    assert_int_equal(acpi.event_line.number, 9);
    assert_false(acpi.event_line.is_level);
    assert_int_equal(acpi.virtio_count, 2);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(acpi.virtio[i].at, 0xfeb02e00 - 0x200 * i);
        assert_int_equal(acpi.virtio[i].line.number, 0x2f - i);
        assert_true(acpi.virtio[i].line.is_level);
    }
}

static void test_what_is_damaged_is_not_there(void **state)
{
    (void)state;
    for (unsigned t = 0; t < 6; t++) {
        build_pc();
        tables[t].bytes[tables[t].len - 1] ^= 1;
        acpi_read(&acpi, 0xf0000, map);
        assert_int_equal(acpi.ecam != 0, t == 2 || t == 3 || t == 5);
        assert_int_equal(acpi.control_port != 0, t == 3 || t == 4 || t == 5);
        assert_int_equal(acpi.io_count != 0, t == 2 || t == 4 || t == 5);
        assert_int_equal(acpi.has_sleep_type, t == 3 || t == 4);
    }
    acpi_read(&acpi, 0, map);
    assert_int_equal(acpi.control_port, 0);
    acpi_read(&acpi, 0x123456, map);
    assert_int_equal(acpi.control_port, 0);
}

/* Cuts a table, which still ends at the guard. */
static void cut(unsigned t, uint32_t len)
{
    uint8_t *to = tables[t].bytes + tables[t].len - len;
    memmove(to, tables[t].bytes, len);
    tables[t].bytes = to;
    tables[t].len = len;
    put(to + 4, len, 4);
    sum(to, len, 9);
}

static void test_tables_of_every_length(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 2; round++) {
        void (*const build)(void) = round ? build_pc : build_microvm;
        build();
        unsigned count = table_count;
        for (unsigned t = 1; t < count; t++) {
            build();
            uint32_t whole = tables[t].len;
            for (uint32_t len = 36; len < whole; len++) {
                build();
                cut(t, len);
                acpi_read(&acpi, 0xf0000, map);
                assert_false(t == 1 && len < 40 && (acpi.control_port || acpi.virtio_count));
            }
        }
    }
}

/* Whatever the tables say: nothing beside them is read, and it ends. */
static void test_garbage_with_good_checksums(void **state)
{
    (void)state;
    srand(3);
    for (unsigned round = 0; round < 40000; round++) {
        if (round % 2)
            build_pc();
        else
            build_microvm();
        unsigned changes = 1 + (unsigned)rand() % 8;
        for (unsigned i = 0; i < changes; i++) {
            unsigned t = 1 + (unsigned)rand() % (table_count - 1);
            tables[t].bytes[(unsigned)rand() % tables[t].len] = (uint8_t)rand();
        }
        for (unsigned t = 1; t < table_count; t++)
            sum(tables[t].bytes, tables[t].len, 9);
        acpi_read(&acpi, 0xf0000, map);
        assert_true(acpi.io_count <= ACPI_IO_MAX && acpi.virtio_count <= ACPI_DEVICES_MAX);
    }
}

static void test_the_root_is_found_in_the_firmware(void **state)
{
    (void)state;
    clear();
    assert_int_equal(acpi_find(map), 0);
    uint8_t *firmware = add(0xe0000, 0x20000);
    assert_int_equal(acpi_find(map), 0);
    memcpy(firmware + 0x1238, "RSD PTR ", 8); /* not aligned */
    memcpy(firmware + 0x2000, "RSD PTR ", 8); /* wrong sum */
    uint8_t *root = firmware + 0x1fff0 - 16;
    memcpy(root, "RSD PTR ", 8);
    sum(root, 20, 8);
    assert_int_equal(acpi_find(map), 0xfffe0);
    clear();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_pc),
        cmocka_unit_test(test_a_machine_without_chipset),
        cmocka_unit_test(test_what_is_damaged_is_not_there),
        cmocka_unit_test(test_tables_of_every_length),
        cmocka_unit_test(test_garbage_with_good_checksums),
        cmocka_unit_test(test_the_root_is_found_in_the_firmware),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
