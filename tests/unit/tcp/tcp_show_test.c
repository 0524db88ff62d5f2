/* SPDX-License-Identifier: ISC */
#include "tcp_fixture.h"
#include <string.h>

static void test_a_tag_names_both_ends(void **state)
{
    (void)state;
    char tag[MNET_CONN_TAG_MAX];
    conn_established();
    assert_string_equal(mnet_conn_tag(fix.conn, tag, sizeof tag), "10.0.0.2:9000 10.0.0.1:40000");
    char small[9];
    assert_string_equal(mnet_conn_tag(fix.conn, small, sizeof small), "10.0.0.2");
}

static char lines[2][256];
static unsigned line_count;

static void on_line(void *arg, const char *text)
{
    assert_ptr_equal(arg, lines);
    assert_true(line_count < 2 && strlen(text) < sizeof lines[0]);
    strcpy(lines[line_count++], text);
}

static void test_show_has_a_line_for_each_connection(void **state)
{
    (void)state;
    line_count = 0;
    conn_established();
    rx_text(ACK, 1, 1, "abc");
    ignore_tx();
    fix.transport->ops->show(fix.transport, on_line, lines);
    assert_int_equal(line_count, 1);
    assert_non_null(strstr(lines[0], "10.0.0.2:9000 10.0.0.1:40000 ESTABLISHED queued 0/3"));
    ignore_events();
}

static void test_info_is_the_status_of_rfc_9293(void **state)
{
    (void)state;
    struct mnet_conn_info info;
    conn_established();
    fix_send(100);
    ignore_tx();
    rx_text(ACK, 1, 51, "abc");
    ignore_tx();
    mnet_conn_info(fix.conn, &info);
    assert_string_equal(info.state, "ESTABLISHED");
    assert_int_equal(info.snd_una - fix.iss, 51);
    assert_int_equal(info.snd_nxt - fix.iss, 101);
    assert_int_equal(info.rcv_nxt - fix.irs, 4);
    assert_int_equal(info.snd_wnd, 65535);
    assert_int_equal(info.send_queued, 50);
    assert_int_equal(info.recv_queued, 3);
    assert_int_equal(info.bytes_sent, 100);
    assert_int_equal(info.bytes_acked, 50);
    assert_int_equal(info.bytes_received, 3);
    ignore_events();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIX_TEST(test_a_tag_names_both_ends),
        FIX_TEST(test_show_has_a_line_for_each_connection),
        FIX_TEST(test_info_is_the_status_of_rfc_9293),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
