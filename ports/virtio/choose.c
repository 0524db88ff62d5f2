/* SPDX-License-Identifier: ISC
 *
 * ports/virtio/choose.c - which device of the machine a device of the program is: in the order of
 * the declarations the next one on the bus, unless the command line gives its number. */
#include "virtio.h"
#include <base/fmt.h>

static char why_text[192];

/* Reads a number, decimal; false if it is something else. */
static bool read_index(const char *text, unsigned *index)
{
    *index = 0;
    size_t len = 0;
    for (; text[len] >= '0' && text[len] <= '9' && len < 4; len++)
        *index = *index * 10 + (unsigned)(text[len] - '0');
    return len > 0 && text[len] == '\0';
}

/* Its number, if there were one more. */
static struct virtio_device *find_free(uint32_t kind, unsigned *index)
{
    struct virtio_device *dev;
    for (*index = 0; (dev = bus_find(kind, *index)) != NULL; (*index)++) {
        if (!dev->is_open)
            break;
    }
    return dev;
}

const char *choose(uint32_t kind, const char *spec, struct virtio_device **dev)
{
    bool is_net = kind == VIRTIO_NET;
    const char *what = is_net ? "network" : "block";
    unsigned index;
    if (!spec) {
        *dev = find_free(kind, &index);
    } else if (read_index(spec, &index)) {
        *dev = bus_find(kind, index);
    } else {
        mn_fmt(why_text, sizeof why_text, "'%s' is not the number of a %s device, like 0%s", spec,
               what, is_net ? ", nor its address, like 52:54:00:12:34:56" : "");
        return why_text;
    }
    if (*dev && !(*dev)->is_open)
        return NULL;
    if (*dev)
        mn_fmt(why_text, sizeof why_text, "virtio %s device %u is in use already", what, index);
    else
        mn_fmt(why_text, sizeof why_text,
               "there is no virtio %s device %u (start QEMU with -device virtio-%s-...)", what,
               index, is_net ? "net" : "blk");
    return why_text;
}
