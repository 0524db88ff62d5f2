/* SPDX-License-Identifier: ISC
 *
 * Texts of addresses, prefixes and endpoints: what parses prints, and that parses to the same. */
#include "fuzz.h"
#include <mnet/addr.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char text[128], again[MNET_ENDPOINT_TEXT_MAX];
    if (len >= sizeof text)
        len = sizeof text - 1;
    memcpy(text, data, len);
    text[len] = '\0';

    struct mnet_addr a, b;
    if (mnet_addr_parse(text, &a) == 0) {
        FUZZ_CHECK(mnet_addr_print(&a, again, sizeof again) == again);
        FUZZ_CHECK(mnet_addr_parse(again, &b) == 0 && mnet_addr_equal(&a, &b));
    }
    struct mnet_cidr cidr;
    if (mnet_cidr_parse(text, &cidr) == 0) {
        FUZZ_CHECK(cidr.prefix_len <= (mnet_addr_is_v4(&cidr.addr) ? 32 : 128));
        FUZZ_CHECK(mnet_cidr_contains(&cidr, &cidr.addr));
    }
    struct mnet_endpoint e, f;
    if (mnet_endpoint_parse(text, &e) == 0) {
        FUZZ_CHECK(mnet_endpoint_print(&e, again, sizeof again) == again);
        FUZZ_CHECK(mnet_endpoint_parse(again, &f) == 0);
        FUZZ_CHECK(e.port == f.port && mnet_addr_equal(&e.addr, &f.addr));
    }
    char zone[MNET_ZONE_MAX], zone2[MNET_ZONE_MAX], long_text[MNET_ENDPOINT_ZONE_TEXT_MAX];
    if (mnet_endpoint_parse_zone(text, &e, zone) == 0) {
        mnet_endpoint_print_zone(&e, zone, long_text, sizeof long_text);
        FUZZ_CHECK(mnet_endpoint_parse_zone(long_text, &f, zone2) == 0);
        FUZZ_CHECK(strcmp(zone, zone2) == 0 && mnet_addr_equal(&e.addr, &f.addr));
    }
    return 0;
}
