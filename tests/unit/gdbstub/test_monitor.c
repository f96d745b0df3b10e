/* test_monitor.c - monitor commands and their completion */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gdbstub/monitor_internal.h"
#include "guest.h"

static struct guest g;
static struct buf out;

static void setup(void)
{
    guest_init(&g);
}

static void teardown(void)
{
    buf_fini(&out);
    guest_fini(&g);
}

TestSuite(monitor, .init = setup, .fini = teardown);

static const char *run(const char *line, enum monitor_result wanted)
{
    buf_clear(&out);
    enum monitor_result r = monitor_execute(g.session, line, &out, NULL);
    cr_assert_eq(r, wanted, "%s: result %d: %s", line, r, buf_cstr(&out));
    guest_move(&g);
    return buf_cstr(&out);
}

static void assert_has(const char *text, const char *wanted)
{
    cr_assert(strstr(text, wanted), "no '%s' in: %s", wanted, text);
}

Test(monitor, numbers_as_people_write_them)
{
    u64 v;
    cr_assert(monitor_number("1_000_000", &v) && v == 1000000);
    cr_assert(monitor_number("20k", &v) && v == 20000);
    cr_assert(monitor_number("3M", &v) && v == 3000000);
    cr_assert(monitor_number("2G", &v) && v == 2000000000);
    cr_assert(monitor_number("0xfFf", &v) && v == 0xfff);
    cr_assert(monitor_number("18446744073709551615", &v) && v == UINT64_MAX);
    const char *const wrong[] = {"", "x", "18446744073709551616", "1x", "0x", "_1", "1kk", "-1",
                                 "99999999999999999G", "0x1ffffffffffffffff"};
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
        cr_assert_not(monitor_number(wrong[i], &v), "%s", wrong[i]);
}

Test(monitor, moves_and_places)
{
    run("goto 50", MONITOR_MOVING);
    cr_assert_eq(guest_icount(&g), 0, "history ends here: clipped");
    run("step 50", MONITOR_MOVING);
    cr_assert_eq(guest_icount(&g), 50);
    assert_has(run("when", MONITOR_DONE), "icount 50, 0.000000400 s, pc 0x");
    char *first = strdup(run("digest", MONITOR_DONE));
    run("step 2000", MONITOR_MOVING);
    run("goto 50", MONITOR_MOVING);
    cr_assert_str_eq(run("digest", MONITOR_DONE), first);
    free(first);
    assert_has(run("info replay", MONITOR_DONE), "icount 0 to 2050");
    run("goto end", MONITOR_MOVING);
    cr_assert_eq(guest_icount(&g), 2050);
    run("reverse-continue", MONITOR_MOVING);
    cr_assert_eq(guest_icount(&g), 0);
    run("goto nowhere", MONITOR_ERROR);
    run("step 0", MONITOR_ERROR);
}

Test(monitor, every_topic_and_device_has_something_to_say)
{
    char line[128];
    run("step 300", MONITOR_MOVING);
    for (const struct monitor_topic *t = monitor_topics; t->name; t++) {
        snprintf(line, sizeof(line), "info %s", t->name);
        cr_assert(*run(line, MONITOR_DONE), "%s is empty", line);
    }
    assert_has(run("info timer", MONITOR_DONE), "raised");
    run("info nothing", MONITOR_ERROR);
    assert_has(run("help", MONITOR_DONE), "replay_seek");
    assert_has(run("help info", MONITOR_DONE), "snapshots");
    run("help nothing", MONITOR_ERROR);
}

Test(monitor, memory)
{
    run("step 300", MONITOR_MOVING);
    assert_has(run("xp/2xb 0x7c00", MONITOR_DONE), "0000000000007c00: 0xfa 0x31\n");
    assert_has(run("x/1xh 0x7c00+0", MONITOR_DONE), "0x31fa");
    assert_has(run("x/wd $esp - $esp + 0x5000", MONITOR_DONE), ": ");
    run("x/5000xb 0", MONITOR_ERROR);
    run("x/i 0", MONITOR_ERROR);
    run("x 0x", MONITOR_ERROR);
    run("x $nothing", MONITOR_ERROR);
    run("xp 0x80000000", MONITOR_ERROR);
    assert_has(run("gva2gpa 0x5000", MONITOR_DONE), "0x5000");
}

Test(monitor, snapshots_by_name)
{
    run("step 100", MONITOR_MOVING);
    run("savevm one", MONITOR_DONE);
    run("step 100", MONITOR_MOVING);
    assert_has(run("info snapshots", MONITOR_DONE), "one");
    run("loadvm one", MONITOR_MOVING);
    cr_assert_eq(guest_icount(&g), 100);
    run("loadvm two", MONITOR_ERROR);
    run("delvm one", MONITOR_DONE);
    run("loadvm one", MONITOR_ERROR);
    char line[200] = "savevm ";
    memset(line + 7, 'a', 100);
    run(line, MONITOR_ERROR);
}

Test(monitor, in_the_past_nothing_comes_in)
{
    run("step 100", MONITOR_MOVING);
    run("goto 50", MONITOR_MOVING);
    assert_has(run("system_reset", MONITOR_ERROR), "past");
    run("goto end", MONITOR_MOVING);
    run("system_reset", MONITOR_DONE);
    assert_has(run("sendkey a", MONITOR_ERROR), "no keyboard");
}

Test(monitor, unknown_and_ill_formed_lines)
{
    run("", MONITOR_DONE);
    run("   ", MONITOR_DONE);
    run("nonsense", MONITOR_ERROR);
    run("goto", MONITOR_ERROR);
    run("goto 1 2", MONITOR_ERROR);
    run("a b c d e f g h i j k", MONITOR_ERROR);
    run("info a b c d e f g h i j k", MONITOR_ERROR);
}

Test(monitor, completion)
{
    buf_clear(&out);
    monitor_complete(g.session, "replay_", &out);
    assert_has(buf_cstr(&out), "replay_break\n");
    buf_clear(&out);
    monitor_complete(g.session, "info ti", &out);
    cr_assert_str_eq(buf_cstr(&out), "info timer\n");
}

Test(monitor, quit_ends_the_session)
{
    run("quit", MONITOR_DONE);
    cr_assert(session_quit(g.session));
    cr_assert_eq(session_exit_code(g.session), 0);
    run("cont", MONITOR_ERROR);
}
