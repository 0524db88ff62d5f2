/* SPDX-License-Identifier: ISC
 *
 * ports/bare/start.c - from a line of text to main(argc, argv). */
#include "bare.h"
#include <mnet/port.h>
#include <stdlib.h>

#define CMDLINE_MAX 4096u
#define WORDS_MAX 64

int main(int argc, char **argv);

static char line[CMDLINE_MAX];
static char *words[WORDS_MAX + 1];

/* Cuts the next word out of `*at`, in place; NULL at the end. Quotes are dropped. */
static char *next_word(char **at)
{
    char *from = *at;
    while (*from == ' ')
        from++;
    if (!*from)
        return NULL;
    char *word = from, *to = from;
    bool is_quoted = false;
    for (; *from && (is_quoted || *from != ' '); from++) {
        if (*from == '"')
            is_quoted = !is_quoted;
        else
            *to++ = *from;
    }
    *at = *from ? from + 1 : from;
    *to = '\0';
    return word;
}

void bare_main(const char *cmdline)
{
    static char name[] = "unikernel";
    size_t len = 0;
    for (; cmdline[len]; len++) {
        if (len == CMDLINE_MAX - 1)
            mnet_port_panic("the command line is longer than 4095 bytes");
        line[len] = cmdline[len];
    }
    line[len] = '\0';
    char *at = line;
    int count = 0;
    words[count++] = name;
    while ((words[count] = next_word(&at)) != NULL) {
        if (++count > WORDS_MAX)
            mnet_port_panic("the command line has more than 63 words");
    }
    exit(main(count, words));
}
