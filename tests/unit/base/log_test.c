/* SPDX-License-Identifier: ISC
 *
 * Log lines: who is shown, and what the sink is given. */
#include "base_test.h"
#include <mnet/log.h>
#include <stdio.h>

struct seen {
    unsigned count;
    struct mnet_log_record record;
    char message[512];
};

static void keep(struct mnet_log *log, const struct mnet_log_record *record)
{
    struct seen *seen = log->sink_arg;
    seen->count++;
    seen->record = *record;
    snprintf(seen->message, sizeof seen->message, "%s", record->message);
}

static void test_records_up_to_the_level_are_shown(void **state)
{
    (void)state;
    static const enum mnet_log_level levels[] = {MNET_LOG_QUIET, MNET_LOG_ERROR, MNET_LOG_WARNING,
                                                 MNET_LOG_INFO, MNET_LOG_DEBUG};
    for (size_t shown = 0; shown < COUNT_OF(levels); shown++) {
        struct mnet_log log = {.level = levels[shown]};
        for (size_t said = 1; said < COUNT_OF(levels); said++)
            assert_int_equal(mnet_log_shows(&log, "arp", levels[said]), said <= shown);
    }
    assert_false(mnet_log_shows(NULL, "arp", MNET_LOG_ERROR));
}

static void test_a_source_may_have_a_level_of_its_own(void **state)
{
    (void)state;
    struct mnet_log log = {.level = MNET_LOG_ERROR};
    char name[] = "tcp"; /* compared by content, not by address */
    assert_true(mnet_log_source_level(&log, "tcp", MNET_LOG_DEBUG));
    assert_true(mnet_log_source_level(&log, "udp", MNET_LOG_QUIET));
    assert_true(mnet_log_shows(&log, name, MNET_LOG_DEBUG));
    assert_false(mnet_log_shows(&log, "udp", MNET_LOG_ERROR));
    assert_true(mnet_log_shows(&log, "arp", MNET_LOG_ERROR));
    assert_false(mnet_log_shows(&log, "arp", MNET_LOG_WARNING));
    assert_true(mnet_log_source_level(&log, name, MNET_LOG_ERROR));
    assert_false(mnet_log_shows(&log, "tcp", MNET_LOG_WARNING));
}

static void test_only_so_many_sources_have_levels_of_their_own(void **state)
{
    (void)state;
    static const char *const names[MNET_LOG_SOURCES + 1] = {"a", "b", "c", "d", "e",
                                                            "f", "g", "h", "i"};
    struct mnet_log log = {.level = MNET_LOG_ERROR};
    for (unsigned i = 0; i < MNET_LOG_SOURCES; i++)
        assert_true(mnet_log_source_level(&log, names[i], MNET_LOG_INFO));
    assert_false(mnet_log_source_level(&log, names[MNET_LOG_SOURCES], MNET_LOG_INFO));
    assert_true(mnet_log_source_level(&log, names[3], MNET_LOG_DEBUG));
    for (unsigned i = 0; i < MNET_LOG_SOURCES; i++)
        assert_int_equal(mnet_log_shows(&log, names[i], MNET_LOG_DEBUG), i == 3);
}

static void test_the_sink_is_given_the_whole_record(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct mnet_log log = {.sink = keep, .sink_arg = &seen, .level = MNET_LOG_INFO};
    mnet_log_write(&log, MNET_SEC(3), MNET_LOG_INFO, "tcp", "10.0.0.1:80", "%u of %s", 7u, "x");
    assert_int_equal(seen.count, 1);
    assert_true(seen.record.now == MNET_SEC(3));
    assert_int_equal(seen.record.level, MNET_LOG_INFO);
    assert_string_equal(seen.record.source, "tcp");
    assert_string_equal(seen.record.tag, "10.0.0.1:80");
    assert_string_equal(seen.message, "7 of x");
    mnet_log_write(&log, 0, MNET_LOG_ERROR, "tcp", NULL, "no tag");
    assert_string_equal(seen.record.tag, "");
    mnet_log_write(&log, 0, MNET_LOG_DEBUG, "tcp", "", "hidden");
    assert_int_equal(seen.count, 2);
}

static void test_long_messages_are_cut(void **state)
{
    (void)state;
    char text[400];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    struct seen seen = {0};
    struct mnet_log log = {.sink = keep, .sink_arg = &seen, .level = MNET_LOG_INFO};
    mnet_log_write(&log, 0, MNET_LOG_INFO, "a", "", "%s", text);
    assert_int_equal(strlen(seen.message), 255);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_records_up_to_the_level_are_shown),
        cmocka_unit_test(test_a_source_may_have_a_level_of_its_own),
        cmocka_unit_test(test_only_so_many_sources_have_levels_of_their_own),
        cmocka_unit_test(test_the_sink_is_given_the_whole_record),
        cmocka_unit_test(test_long_messages_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
