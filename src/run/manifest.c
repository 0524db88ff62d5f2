/* SPDX-License-Identifier: ISC
 *
 * The manifest: one line of JSON with the devices in the order in which they are declared. Names of
 * devices are letters and digits only, as Solo5 demands, so nothing needs quoting; on any port, so
 * that a program which runs on one runs on all. */
#include <base/fmt.h>
#include <run/manifest.h>
#include <string.h>

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

static bool is_good_name(const char *name)
{
    size_t len = 0;
    for (; name[len]; len++) {
        char c = name[len];
        if ((c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z'))
            return false;
    }
    return len >= 1 && len <= NAME_MAX_LEN;
}

bool mn_manifest_check(struct mnet_arg *const *declared, char *why, size_t cap)
{
    for (struct mnet_arg *const *i = declared; *i; i++) {
        if (!type_of(*i))
            continue;
        if (!is_good_name((*i)->name)) {
            mn_fmt(why, cap, "'%s', declared at %s: a device's name is 1 to %u letters and digits",
                   (*i)->name, (*i)->place, NAME_MAX_LEN);
            return false;
        }
        for (struct mnet_arg *const *k = declared; k != i; k++) {
            if ((*k)->kind == (*i)->kind && strcmp((*k)->name, (*i)->name) == 0) {
                mn_fmt(why, cap, "'%s', declared at %s: there is a device of that name already",
                       (*i)->name, (*i)->place);
                return false;
            }
        }
    }
    return true;
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
        len += mn_fmt(buf + len, cap - len, "%s{\"name\":\"%s\",\"type\":\"%s\"}", comma,
                      (*declared)->name, type);
        comma = ",";
    }
    return len + mn_fmt(buf + len, cap - len, "]}\n");
}
