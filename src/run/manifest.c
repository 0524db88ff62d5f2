/* SPDX-License-Identifier: ISC
 *
 * The manifest: one line of JSON with the devices in the order in which they are declared. Names of
 * devices are letters and digits only, as Solo5 demands, so nothing needs quoting. */
#include <base/assert.h>
#include <base/fmt.h>
#include <run/manifest.h>

/* What Solo5 allows for a name. */
#define NAME_MAX_LEN 67u

static const char *type_of(const struct mnet_arg *arg)
{
    switch (arg->kind) {
    case MNET_ARG_STACK:
        return "NET_BASIC";
    case MNET_ARG_BLOCK:
        return "BLOCK_BASIC";
    case MNET_ARG_RNG:
    case MNET_ARG_OPTION:
        break;
    }
    return NULL;
}

static void check_name(const char *name)
{
    size_t len = 0;
    for (; name[len]; len++) {
        char c = name[len];
        MN_ASSERT((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'));
    }
    MN_ASSERT(len >= 1 && len <= NAME_MAX_LEN);
}

bool mn_manifest_has_devices(struct mnet_arg *const *declared)
{
    for (; *declared; declared++) {
        if (type_of(*declared))
            return true;
    }
    return false;
}

size_t mn_manifest(struct mnet_arg *const *declared, char *buf, size_t cap)
{
    size_t len = mn_fmt(buf, cap, "{\"type\":\"solo5.manifest\",\"version\":1,\"devices\":[");
    const char *comma = "";
    for (; *declared; declared++) {
        const char *type = type_of(*declared);
        if (!type)
            continue;
        check_name((*declared)->name);
        len += mn_fmt(buf + len, cap - len, "%s{\"name\":\"%s\",\"type\":\"%s\"}", comma,
                      (*declared)->name, type);
        comma = ",";
    }
    return len + mn_fmt(buf + len, cap - len, "]}\n");
}
