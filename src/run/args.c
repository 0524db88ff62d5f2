/* SPDX-License-Identifier: ISC
 *
 * The command line. Every argument is `--name=value`, `--name:device=value` or a flag. It is cut
 * into these pieces once and then offered to a few readers, of which at most one knows it: that one
 * stores what it says, or one clear line about what is wrong with it. A value that is given twice
 * counts the last time. Nothing is opened here, so a wrong command line has no effect. */
#include <base/assert.h>
#include <base/fmt.h>
#include <run/args.h>
#include <string.h>

/* One argument in pieces. The first two are not terminated. */
struct piece {
    const char *text;   /* all of it */
    const char *name;   /* behind the dashes */
    size_t name_len;    /* up to ':', '=' or the end */
    const char *device; /* behind ':'; NULL: there is none */
    size_t device_len;  /* up to '=' or the end */
    const char *value;  /* behind '='; NULL: there is none */
};

/* What came of offering a piece to a reader. */
enum outcome { NOT_MINE, DONE, WRONG };

static enum outcome wrong(struct mn_args *args, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static enum outcome wrong(struct mn_args *args, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    mn_fmt_v(args->error, sizeof args->error, format, list);
    va_end(list);
    return WRONG;
}

/* ---- pieces ---- */

/* The length of `text` before the first of two characters, or of all of it. */
static size_t span_until(const char *text, char stop, char other)
{
    size_t len = 0;
    while (text[len] != '\0' && text[len] != stop && text[len] != other)
        len++;
    return len;
}

static struct piece cut(const char *text)
{
    struct piece piece = {.text = text, .name = text + 2};
    piece.name_len = span_until(piece.name, ':', '=');
    const char *rest = piece.name + piece.name_len;
    if (*rest == ':') {
        piece.device = rest + 1;
        piece.device_len = span_until(piece.device, '=', '=');
        rest = piece.device + piece.device_len;
    }
    if (*rest == '=')
        piece.value = rest + 1;
    return piece;
}

static bool equals(const char *text, size_t len, const char *word)
{
    return strlen(word) == len && memcmp(text, word, len) == 0;
}

static bool is_named(const struct piece *piece, const char *name)
{
    return equals(piece->name, piece->name_len, name);
}

static bool has_value(struct mn_args *args, const struct piece *piece, const char *example)
{
    if (piece->value && piece->value[0])
        return true;
    wrong(args, "%s: the value is missing, as in %s", piece->text, example);
    return false;
}

/* ---- readers ---- */

static void raise_level(struct mnet_log *log)
{
    log->level = log->level < MNET_LOG_INFO ? MNET_LOG_INFO : MNET_LOG_DEBUG;
}

static enum outcome read_flag(struct mn_args *args, const char *text)
{
    if (strcmp(text, "--manifest") == 0)
        args->wants_manifest = true;
    else if (strcmp(text, "--help") == 0 || strcmp(text, "-h") == 0)
        args->wants_help = true;
    else if (strcmp(text, "-v") == 0 || strcmp(text, "--verbose") == 0)
        raise_level(args->log);
    else if (strcmp(text, "-vv") == 0)
        args->log->level = MNET_LOG_DEBUG;
    else if (strcmp(text, "--quiet") == 0)
        args->log->level = MNET_LOG_QUIET;
    else
        return NOT_MINE;
    return DONE;
}

static bool parse_level(const char *text, enum mnet_log_level *level)
{
    static const char *const names[] = {"quiet", "error", "warning", "info", "debug"};
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(text, names[i]) == 0) {
            *level = (enum mnet_log_level)i;
            return true;
        }
    }
    return false;
}

static enum outcome read_log(struct mn_args *args, const struct piece *piece)
{
    if (!is_named(piece, "log") || piece->device)
        return NOT_MINE;
    if (!has_value(args, piece, "--log=tcp:debug"))
        return WRONG;
    size_t len = span_until(piece->value, ':', ':');
    enum mnet_log_level level;
    if (len == 0 || len >= MN_ARGS_SOURCE_MAX || piece->value[len] != ':' ||
        !parse_level(piece->value + len + 1, &level))
        return wrong(args, "%s: not SOURCE:LEVEL, with quiet, error, warning, info or debug",
                     piece->text);
    if (args->source_count == MNET_LOG_SOURCES)
        return wrong(args, "%s: at most %u sources can be named", piece->text, MNET_LOG_SOURCES);
    char *source = args->source[args->source_count++];
    memcpy(source, piece->value, len);
    source[len] = '\0';
    if (!mnet_log_source_level(args->log, source, level))
        return wrong(args, "%s: too many sources", piece->text);
    return DONE;
}

/* The index of the device of that kind; MN_ARGS_MAX: there is none. */
static size_t find_device(const struct mn_args *args, enum mnet_arg_kind kind,
                          const struct piece *piece)
{
    for (size_t i = 0; i < args->count; i++) {
        if (args->declared[i]->kind == kind &&
            equals(piece->device, piece->device_len, args->declared[i]->name))
            return i;
    }
    return MN_ARGS_MAX;
}

static enum outcome read_device(struct mn_args *args, const struct piece *piece)
{
    bool is_net = is_named(piece, "net");
    if ((!is_net && !is_named(piece, "block")) || !piece->device)
        return NOT_MINE;
    size_t i = find_device(args, is_net ? MNET_ARG_STACK : MNET_ARG_BLOCK, piece);
    if (i == MN_ARGS_MAX)
        return wrong(args, "%s: this program has no such device", piece->text);
    if (!has_value(args, piece, is_net ? "--net:service=tap0" : "--block:disk=disk.img"))
        return WRONG;
    args->device[i] = piece->value;
    args->names_device = true;
    return DONE;
}

/* The stack that an address is for; NULL after a line about why there is none. */
static struct mnet_stack_arg *find_stack(struct mn_args *args, const struct piece *piece)
{
    struct mnet_stack_arg *only = NULL;
    if (piece->device) {
        size_t i = find_device(args, MNET_ARG_STACK, piece);
        if (i < MN_ARGS_MAX)
            return mn_stack_arg(args->declared[i]);
        wrong(args, "%s: this program has no such device", piece->text);
        return NULL;
    }
    for (size_t i = 0; i < args->count; i++) {
        if (args->declared[i]->kind != MNET_ARG_STACK)
            continue;
        if (only) {
            wrong(args, "%s: of which stack? There are several: --%.*s:%s=...", piece->text,
                  (int)piece->name_len, piece->name, only->arg.name);
            return NULL;
        }
        only = mn_stack_arg(args->declared[i]);
    }
    if (!only)
        wrong(args, "%s: this program has no stack", piece->text);
    return only;
}

static bool is_off(const char *value)
{
    return strcmp(value, "off") == 0;
}

static enum outcome read_address(struct mn_args *args, const struct piece *piece)
{
    bool is_gateway = is_named(piece, "ipv4-gateway");
    if (!is_gateway && !is_named(piece, "ipv4"))
        return NOT_MINE;
    struct mnet_stack_arg *stack = find_stack(args, piece);
    if (!stack ||
        !has_value(args, piece, is_gateway ? "--ipv4-gateway=10.0.0.1" : "--ipv4=10.0.0.2/24"))
        return WRONG;
    struct mnet_addr addr;
    struct mnet_cidr cidr;
    if (is_gateway) {
        if (mnet_addr_parse(piece->value, &addr) || !mnet_addr_is_v4(&addr))
            return wrong(args, "%s: not an IPv4 address like 10.0.0.1", piece->text);
        stack->gateway = piece->value;
    } else {
        if (!is_off(piece->value) &&
            (mnet_cidr_parse(piece->value, &cidr) || !mnet_addr_is_v4(&cidr.addr)))
            return wrong(args,
                         "%s: not an IPv4 address with its prefix length, like 10.0.0.2/24, nor "
                         "off",
                         piece->text);
        stack->ipv4 = piece->value;
    }
    return DONE;
}

mnet_err mn_args_ipv6(const char *value, enum mnet_ipv6_mode *mode, struct mnet_cidr *cidr)
{
    static const struct {
        const char *name;
        enum mnet_ipv6_mode mode;
    } modes[] = {{"off", MNET_IPV6_OFF},
                 {"private", MNET_IPV6_PRIVATE},
                 {"eui64", MNET_IPV6_EUI64},
                 {"random", MNET_IPV6_RANDOM}};
    *cidr = (struct mnet_cidr){0};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        if (strcmp(value, modes[i].name) == 0) {
            *mode = modes[i].mode;
            return MNET_OK;
        }
    }
    *mode = MNET_IPV6_STATIC;
    mnet_err err = mnet_cidr_parse(value, cidr);
    const struct mnet_addr *addr = &cidr->addr;
    bool is_host = !mnet_addr_is_v4(addr) && !mnet_addr_is_any(addr) &&
                   !mnet_addr_is_loopback(addr) && !mnet_addr_is_multicast(addr);
    return err == MNET_OK && !is_host ? MNET_ERR_INVALID : err;
}

static enum outcome read_ipv6_gateway(struct mn_args *args, const struct piece *piece)
{
    if (!is_named(piece, "ipv6-gateway"))
        return NOT_MINE;
    struct mnet_stack_arg *stack = find_stack(args, piece);
    if (!stack || !has_value(args, piece, "--ipv6-gateway=fe80::1"))
        return WRONG;
    struct mnet_addr addr;
    char zone[MNET_ZONE_MAX];
    if (mnet_addr_parse_zone(piece->value, &addr, zone) || mnet_addr_is_v4(&addr) ||
        mnet_addr_is_any(&addr) || mnet_addr_is_loopback(&addr) || mnet_addr_is_multicast(&addr))
        return wrong(args, "%s: not the IPv6 address of a router, like fe80::1", piece->text);
    if (zone[0] && strcmp(zone, stack->arg.name) != 0)
        return wrong(args, "%s: the zone is not %s, whose gateway it is", piece->text,
                     stack->arg.name);
    stack->ipv6_gateway = piece->value;
    return DONE;
}

static enum outcome read_ipv6_temporary(struct mn_args *args, const struct piece *piece)
{
    if (!is_named(piece, "ipv6-temporary"))
        return NOT_MINE;
    struct mnet_stack_arg *stack = find_stack(args, piece);
    if (!stack)
        return WRONG;
    if (piece->value)
        return wrong(args, "%s: takes no value", piece->text);
    stack->ipv6_temporary = true;
    return DONE;
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool mn_args_secret(const char *value, uint8_t *secret)
{
    bool is_zero = true;
    for (size_t i = 0; i < 16; i++) {
        int high = digit(value[2 * i]), low = high < 0 ? -1 : digit(value[2 * i + 1]);
        if (low < 0)
            return false;
        secret[i] = (uint8_t)(high << 4 | low);
        is_zero &= secret[i] == 0; /* which means "none" to the stack */
    }
    return value[32] == '\0' && !is_zero;
}

/* What is wrong with a secret is said without it. */
static enum outcome read_ipv6_secret(struct mn_args *args, const struct piece *piece)
{
    uint8_t secret[16];
    if (!is_named(piece, "ipv6-secret"))
        return NOT_MINE;
    struct mnet_stack_arg *stack = find_stack(args, piece);
    if (!stack || !has_value(args, piece, "--ipv6-secret=8899aabbccddeeff0011223344556677"))
        return WRONG;
    if (!mn_args_secret(piece->value, secret))
        return wrong(args, "--ipv6-secret: not 32 hexadecimal digits, other than zeros");
    stack->ipv6_secret = piece->value;
    return DONE;
}

static enum outcome read_ipv6(struct mn_args *args, const struct piece *piece)
{
    if (!is_named(piece, "ipv6"))
        return NOT_MINE;
    struct mnet_stack_arg *stack = find_stack(args, piece);
    if (!stack || !has_value(args, piece, "--ipv6=fd00::2/64"))
        return WRONG;
    struct mnet_cidr cidr;
    enum mnet_ipv6_mode mode;
    if (mn_args_ipv6(piece->value, &mode, &cidr) != MNET_OK)
        return wrong(args,
                     "%s: not private, eui64, random, off, or a host's address with its prefix "
                     "length, like fd00::2/64",
                     piece->text);
    stack->ipv6 = piece->value;
    return DONE;
}

static enum outcome read_option(struct mn_args *args, const struct piece *piece)
{
    struct mnet_option_arg *option = NULL;
    for (size_t i = 0; i < args->count; i++) {
        if (args->declared[i]->kind == MNET_ARG_OPTION && !piece->device &&
            is_named(piece, args->declared[i]->name))
            option = mn_option_arg(args->declared[i]);
    }
    if (!option)
        return NOT_MINE;
    if (option->is_flag) {
        if (piece->value)
            return wrong(args, "%s: takes no value", piece->text);
        option->is_set = true;
        return DONE;
    }
    if (!piece->value)
        return wrong(args, "%s: the value is missing, as in --%s=...", piece->text,
                     option->arg.name);
    const char *why = option->check ? option->check(piece->value) : NULL;
    if (why)
        return wrong(args, "%s: %s", piece->text, why);
    option->value = piece->value;
    option->is_set = true;
    return DONE;
}

static enum outcome read_one(struct mn_args *args, const char *text)
{
    enum outcome outcome = read_flag(args, text);
    if (outcome != NOT_MINE)
        return outcome;
    if (text[0] != '-')
        return wrong(args, "%s: unexpected; options begin with --", text);
    if (text[1] != '-' || text[2] == '\0')
        return wrong(args, "%s: there is no such option", text);
    struct piece piece = cut(text);
    static enum outcome (*const readers[])(struct mn_args *, const struct piece *) = {
        read_log,          read_device,         read_address,     read_ipv6,
        read_ipv6_gateway, read_ipv6_temporary, read_ipv6_secret, read_option};
    for (size_t i = 0; i < sizeof readers / sizeof readers[0] && outcome == NOT_MINE; i++)
        outcome = readers[i](args, &piece);
    if (outcome == NOT_MINE)
        return wrong(args, "%s: there is no such option", text);
    return outcome;
}

/* ---- the whole ---- */

enum mn_args_wish mn_args_parse(struct mn_args *args, int argc, char *const *argv,
                                struct mnet_arg *const *declared, struct mnet_log *log)
{
    memset(args, 0, sizeof *args);
    args->declared = declared;
    args->log = log;
    while (declared[args->count]) {
        args->count++;
        MN_ASSERT(args->count <= MN_ARGS_MAX);
    }
    for (int i = 1; i < argc; i++) {
        if (read_one(args, argv[i]) == WRONG)
            return MN_ARGS_ERROR;
    }
    if (args->wants_help)
        return MN_ARGS_HELP;
    return args->wants_manifest ? MN_ARGS_MANIFEST : MN_ARGS_RUN;
}

/* RFC 1122 3.2.1.3: which addresses a host may have. The first and last of a network are not for
 * hosts, but in networks of two (RFC 3021) and of one. */
static bool is_host_address(const struct mnet_cidr *cidr)
{
    uint32_t v4 = mnet_addr_to_v4(&cidr->addr);
    if (v4 >> 24 == 0 || v4 >> 24 == 127 || v4 >> 28 >= 14)
        return false;
    uint32_t host_mask = cidr->prefix_len < 32 ? UINT32_MAX >> cidr->prefix_len : 0;
    return cidr->prefix_len >= 31 || ((v4 & host_mask) != 0 && (v4 & host_mask) != host_mask);
}

bool mn_args_has_ipv4(const struct mnet_stack_arg *stack)
{
    return stack->ipv4 && !is_off(stack->ipv4);
}

static bool is_ipv4_complete(struct mn_args *args, const struct mnet_stack_arg *stack)
{
    struct mnet_cidr cidr;
    struct mnet_addr gateway;
    const char *name = stack->arg.name;
    if (mnet_cidr_parse(stack->ipv4, &cidr) || cidr.prefix_len == 0 || !is_host_address(&cidr)) {
        wrong(args, "%s cannot be the address of %s", stack->ipv4, name);
        return false;
    }
    if (!stack->gateway)
        return true;
    if (mnet_addr_parse(stack->gateway, &gateway) || !mnet_cidr_contains(&cidr, &gateway) ||
        mnet_addr_equal(&cidr.addr, &gateway)) {
        wrong(args, "%s cannot be the gateway of %s, which is %s", stack->gateway, name,
              stack->ipv4);
        return false;
    }
    return true;
}

/* How addresses are made, and what is said about how, fit together. */
static bool is_ipv6_complete(struct mn_args *args, const struct mnet_stack_arg *stack)
{
    struct mnet_cidr cidr;
    uint8_t secret[16];
    enum mnet_ipv6_mode mode = MNET_IPV6_PRIVATE;
    const char *name = stack->arg.name;
    if (stack->ipv6 && mn_args_ipv6(stack->ipv6, &mode, &cidr) != MNET_OK)
        wrong(args, "%s cannot be the IPv6 address of %s", stack->ipv6, name);
    else if (stack->ipv6_gateway && mode == MNET_IPV6_OFF)
        wrong(args, "%s has an IPv6 gateway, but --ipv6=off", name);
    else if (stack->ipv6_secret && !mn_args_secret(stack->ipv6_secret, secret))
        wrong(args, "the secret of %s is not 32 hexadecimal digits, other than zeros", name);
    else if (stack->ipv6_secret && mode != MNET_IPV6_PRIVATE && mode != MNET_IPV6_STATIC)
        wrong(args, "%s has a secret for private addresses, but --ipv6=%s", name, stack->ipv6);
    else if (stack->ipv6_temporary && (mode == MNET_IPV6_OFF || mode == MNET_IPV6_STATIC))
        wrong(args,
              "%s cannot have temporary addresses: routers' prefixes make none with --ipv6=%s",
              name, stack->ipv6);
    else
        return true;
    return false;
}

static bool is_stack_complete(struct mn_args *args, const struct mnet_stack_arg *stack)
{
    const char *name = stack->arg.name;
    bool has_ipv4 = mn_args_has_ipv4(stack);
    bool has_ipv6 = !stack->ipv6 || !is_off(stack->ipv6);
    if (!stack->ipv4 && !(stack->ipv6 && has_ipv6))
        wrong(args,
              "the address of %s is missing: --ipv4=10.0.0.2/24, or --ipv6=private for one without "
              "IPv4",
              name);
    else if (!has_ipv4 && !has_ipv6)
        wrong(args, "%s has neither IPv4 nor IPv6: both are off", name);
    else if (!has_ipv4 && stack->gateway)
        wrong(args, "%s has an IPv4 gateway, but no IPv4 address", name);
    else
        return is_ipv6_complete(args, stack) && (!has_ipv4 || is_ipv4_complete(args, stack));
    return false;
}

bool mn_args_complete(struct mn_args *args)
{
    for (size_t i = 0; i < args->count; i++) {
        if (args->declared[i]->kind == MNET_ARG_STACK &&
            !is_stack_complete(args, mn_stack_arg(args->declared[i])))
            return false;
    }
    return true;
}

/* ---- ports ---- */

static bool parse_port(const char *text, uint16_t *port)
{
    uint32_t value = 0;
    size_t len = 0;
    for (; text[len] >= '0' && text[len] <= '9' && len < 5; len++)
        value = value * 10 + (uint32_t)(text[len] - '0');
    *port = (uint16_t)value;
    return len > 0 && text[len] == '\0' && value >= 1 && value <= UINT16_MAX;
}

const char *mnet_check_port(const char *value)
{
    uint16_t port;
    return parse_port(value, &port) ? NULL : "not a port: 1 to 65535";
}

uint16_t mnet_option_port(const struct mnet_option_arg *option)
{
    uint16_t port = 0;
    MN_ASSERT(option->value && parse_port(option->value, &port));
    return port;
}
