/* SPDX-License-Identifier: ISC
 *
 * Runs a fuzz target without libFuzzer, so that every machine with a C compiler runs it in the
 * tests:
 *
 *      fuzz_NAME FILE|FOLDER ...           replays inputs
 *      fuzz_NAME -n COUNT [-s SEED] [FOLDER ...]   COUNT inputs from a seed: mutations of those in
 * the folders
 *
 * There is no coverage feedback: an input is random bytes, or a seed with some bytes changed, cut,
 * doubled or joined to another. Prints one line of TAP for each run; a target that finds something
 * aborts. */
#include "fuzz.h"
#include <dirent.h>
#include <sys/stat.h>

#define INPUT_MAX 4096
#define SEEDS_MAX 256

struct seed {
    uint8_t bytes[INPUT_MAX];
    size_t len;
};

static struct seed *seeds;
static size_t seed_count;
static uint64_t random_state;

/* Splitmix64. */
static uint64_t random64(void)
{
    uint64_t z = random_state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static size_t below(size_t bound)
{
    return (size_t)(random64() % bound);
}

static void load_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f || seed_count == SEEDS_MAX) {
        fprintf(stderr, "cannot take %s\n", path);
        exit(2);
    }
    struct seed *seed = &seeds[seed_count++];
    seed->len = fread(seed->bytes, 1, sizeof seed->bytes, f);
    fclose(f);
}

static void load(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        fprintf(stderr, "no such input: %s\n", path);
        exit(2);
    }
    if (!S_ISDIR(st.st_mode)) {
        load_file(path);
        return;
    }
    DIR *dir = opendir(path);
    struct dirent *entry;
    while (dir && (entry = readdir(dir)) != NULL) {
        char name[1024];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        load_file(name);
    }
    if (dir)
        closedir(dir);
}

/* The input lies in a block of exactly its length, so that a sanitizer sees one byte too many. */
static void run(const uint8_t *bytes, size_t len)
{
    uint8_t *at = malloc(len > 0 ? len : 1);
    if (!at)
        exit(2);
    memcpy(at, bytes, len);
    LLVMFuzzerTestOneInput(at, len);
    free(at);
}

/* One change to an input. */
static size_t mutate(uint8_t *bytes, size_t len)
{
    static const uint8_t edges[] = {0, 1, 2, 3, 4, 5, 7, 8, 20, 40, 0x45, 0x7f, 0x80, 0xfe, 0xff};
    switch (below(6)) {
    case 0:
        if (len > 0)
            bytes[below(len)] ^= (uint8_t)(1u << below(8));
        return len;
    case 1:
        if (len > 0)
            bytes[below(len)] = (uint8_t)random64();
        return len;
    case 2:
        if (len > 0)
            bytes[below(len)] = edges[below(sizeof edges)];
        return len;
    case 3: /* cut */
        return below(len + 1);
    case 4: { /* double a part in place */
        if (len < 2 || len == INPUT_MAX)
            return len;
        size_t from = below(len), part = 1 + below(len - from);
        if (part > INPUT_MAX - len)
            part = INPUT_MAX - len;
        memmove(bytes + from + part, bytes + from, len - from);
        return len + part;
    }
    default: { /* join another seed */
        if (seed_count == 0)
            return len;
        const struct seed *other = &seeds[below(seed_count)];
        size_t part = other->len < INPUT_MAX - len ? other->len : INPUT_MAX - len;
        memcpy(bytes + len, other->bytes, part);
        return len + part;
    }
    }
}

static void run_random(unsigned long count)
{
    static uint8_t bytes[INPUT_MAX];
    for (unsigned long i = 0; i < count; i++) {
        size_t len;
        if (seed_count > 0 && below(4) != 0) {
            const struct seed *seed = &seeds[below(seed_count)];
            len = seed->len;
            memcpy(bytes, seed->bytes, len);
        } else {
            len = below(below(4) != 0 ? 80 : INPUT_MAX);
            for (size_t k = 0; k < len; k++)
                bytes[k] = (uint8_t)random64();
        }
        for (size_t changes = below(8); changes > 0; changes--)
            len = mutate(bytes, len);
        run(bytes, len);
    }
}

int main(int argc, char **argv)
{
    unsigned long count = 0;
    seeds = calloc(SEEDS_MAX, sizeof *seeds);
    if (!seeds)
        return 2;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-n") == 0 && i + 1 < argc)
            count = strtoul(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "-s") == 0 && i + 1 < argc)
            random_state = strtoull(argv[++i], NULL, 10);
        else
            load(argv[i]);
    }
    for (size_t i = 0; i < seed_count; i++)
        run(seeds[i].bytes, seeds[i].len);
    printf("ok 1 - replays %zu inputs\n", seed_count);
    if (count > 0) {
        run_random(count);
        printf("ok 2 - survives %lu inputs from a seed\n", count);
    }
    printf("1..%d\n", count > 0 ? 2 : 1);
    free(seeds);
    return 0;
}
