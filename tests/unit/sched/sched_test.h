/* SPDX-License-Identifier: ISC
 *
 * What the tests of tasks share: tasks say things, in the order in which they run. */
#ifndef SCHED_TEST_H
#define SCHED_TEST_H

#include "../../support/fake_port.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <mnet/task.h>

/* What was said so far, with a blank after each word. */
static char said[4096];

static inline void say(const char *word)
{
    strncat(said, word, sizeof said - strlen(said) - 2);
    strcat(said, " ");
}

/* The name of an error, for saying it. */
static inline void say_err(mnet_err err)
{
    say(mnet_err_name(err));
}

static inline int setup(void **state)
{
    (void)state;
    fake_port_reset();
    said[0] = '\0';
    return 0;
}

/* Every stack must be back at the port. */
static inline int teardown(void **state)
{
    (void)state;
    return fake_port.stacks == 0 ? 0 : -1;
}

/* A string that can be the argument of a task. */
#define WORD(text)                                                                                 \
    ({                                                                                             \
        static char word_[] = text;                                                                \
        word_;                                                                                     \
    })

#define TASK_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* Runs `body` as the first task. */
static inline int run(mnet_task_fn body)
{
    return mnet_sched_run(NULL, body, NULL);
}

/* ---- bodies that many tests use ---- */

static inline int say_arg(void *word)
{
    say(word);
    return 0;
}

static inline int return_arg(void *value)
{
    return *(int *)value;
}

/* Waits until it is cancelled. */
static inline int hang(void *word)
{
    struct mnet_trigger never = {0};
    mnet_err err = mnet_trigger_wait(&never);
    if (word) {
        say(word);
        say_err(err);
    }
    return err;
}

#endif
