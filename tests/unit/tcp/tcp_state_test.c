/* SPDX-License-Identifier: ISC
 *
 * The whole table of transitions, against RFC 9293 figure 5 written down a second time. The real
 * panic is needed, so that a forbidden one can be caught. */
#include "tcp_fixture.h"
#include <mnet/port.h>

static jmp_buf caught;

_Noreturn void mnet_port_panic(const char *message)
{
    (void)message;
    longjmp(caught, 1);
}

void mnet_port_console(const char *text, size_t len, bool is_error)
{
    (void)text;
    (void)len;
    (void)is_error;
}

static bool may_go(enum mn_tcp_state from, enum mn_tcp_state to)
{
    static struct mn_env env;
    static struct mn_tcp tcp = {.env = &env};
    struct mnet_conn conn = {.tcp = &tcp, .state = (uint8_t)from};
    if (setjmp(caught))
        return false;
    mn_tcp_state_set(&conn, to);
    assert_int_equal(conn.state, to);
    return true;
}

static void test_the_transitions_are_those_of_figure_5(void **state)
{
    (void)state;
    /* Columns: CLOSED SYN-SENT SYN-RCVD ESTAB FINWAIT-1 FINWAIT-2 CLOSE-WAIT CLOSING LAST-ACK
     * TIME-WAIT */
    static const char *const rows[MN_TCP_STATE_COUNT] = {
        "xxx.......", /* CLOSED */
        "x.xx......", /* SYN-SENT */
        "x..x......", /* SYN-RECEIVED */
        "x...x.x...", /* ESTABLISHED */
        "x....x.x..", /* FIN-WAIT-1 */
        "x........x", /* FIN-WAIT-2 */
        "x.......x.", /* CLOSE-WAIT */
        "x........x", /* CLOSING */
        "x.........", /* LAST-ACK */
        "x.........", /* TIME-WAIT */
    };
    for (unsigned from = 0; from < MN_TCP_STATE_COUNT; from++)
        for (unsigned to = 0; to < MN_TCP_STATE_COUNT; to++)
            if (may_go(from, to) != (rows[from][to] == 'x'))
                fail_msg("%s to %s", mn_tcp_state_name(from), mn_tcp_state_name(to));
}

static void test_every_state_has_its_name(void **state)
{
    (void)state;
    assert_string_equal(mn_tcp_state_name(MN_TCP_CLOSED), "CLOSED");
    assert_string_equal(mn_tcp_state_name(MN_TCP_SYN_RECEIVED), "SYN-RECEIVED");
    assert_string_equal(mn_tcp_state_name(MN_TCP_TIME_WAIT), "TIME-WAIT");
    for (unsigned i = 0; i < MN_TCP_STATE_COUNT; i++)
        assert_non_null(mn_tcp_state_name(i));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_transitions_are_those_of_figure_5),
        cmocka_unit_test(test_every_state_has_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
