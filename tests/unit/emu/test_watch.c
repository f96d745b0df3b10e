/* test_watch.c - breakpoints and watchpoints */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "emu/machine.h"

static struct machine empty; /* no engine and no CPU to tell */

Test(watch, breakpoints_count)
{
    struct watch *w = watch_new(&empty);
    watch_add_break(w, 0x1000);
    watch_add_break(w, 0x1000);
    cr_assert(watch_remove_break(w, 0x1000));
    cr_assert(watch_break_at(w, 0x1000));
    cr_assert(watch_remove_break(w, 0x1000));
    cr_assert_not(watch_break_at(w, 0x1000));
    cr_assert_not(watch_remove_break(w, 0x1000));
    watch_delete(w);
}

Test(watch, a_thousand_breakpoints_are_found)
{
    struct watch *w = watch_new(&empty);
    for (u64 i = 0; i < 1000; i++)
        watch_add_break(w, (i * 7919 % 1000) * 16);
    for (u64 i = 0; i < 1000; i++) {
        cr_assert(watch_break_at(w, i * 16));
        cr_assert_not(watch_break_at(w, i * 16 + 1));
        cr_assert(watch_break_in(w, i * 16, 16));
        cr_assert_not(watch_break_in(w, i * 16 + 1, 15));
    }
    for (u64 i = 0; i < 1000; i += 2)
        cr_assert(watch_remove_break(w, i * 16));
    for (u64 i = 0; i < 1000; i++)
        cr_assert_eq(watch_break_at(w, i * 16), i % 2 == 1);
    watch_delete(w);
}

Test(watch, kinds_and_edges)
{
    struct watch *w = watch_new(&empty);
    watch_add(w, 0x2000, 4, WATCH_WRITE);
    cr_assert_not(watch_access(w, 0x2000, 4, false));
    cr_assert_not(watch_access(w, 0x1ffc, 4, true));
    cr_assert_not(watch_access(w, 0x2004, 4, true));
    cr_assert_eq(watch_take_hit(w).access_size, 0);
    cr_assert(watch_access(w, 0x1ffd, 4, true));
    struct watch_hit h = watch_take_hit(w);
    cr_assert_eq(h.addr, 0x2000);
    cr_assert_eq(h.access_addr, 0x1ffd);
    cr_assert_eq(h.kind, WATCH_WRITE);
    cr_assert(h.access_write);
    cr_assert_eq(watch_take_hit(w).access_size, 0, "it is taken once");

    watch_add(w, 0x3000, 1, WATCH_READ);
    cr_assert(watch_access(w, 0x3000, 8, false));
    cr_assert_not(watch_access(w, 0x3000, 8, true));
    watch_add(w, 0x4000, 8, WATCH_ACCESS);
    cr_assert(watch_access(w, 0x4007, 1, true));
    cr_assert(watch_access(w, 0x4007, 1, false));
    watch_delete(w);
}

Test(watch, the_first_hit_of_a_step_is_kept)
{
    struct watch *w = watch_new(&empty);
    watch_add(w, 0x10, 1, WATCH_ACCESS);
    watch_add(w, 0x20, 1, WATCH_ACCESS);
    watch_access(w, 0x20, 1, false);
    watch_access(w, 0x10, 1, true);
    cr_assert_eq(watch_take_hit(w).addr, 0x20);
    watch_delete(w);
}

Test(watch, disarmed_nothing_hits_and_nothing_is_forgotten)
{
    struct watch *w = watch_new(&empty);
    watch_add_break(w, 0x10);
    watch_add(w, 0x10, 1, WATCH_ACCESS);
    watch_set_armed(w, false);
    cr_assert_not(watch_access(w, 0x10, 1, true));
    cr_assert_eq(watch_take_hit(w).access_size, 0);
    cr_assert(watch_break_at(w, 0x10));
    watch_set_armed(w, true);
    cr_assert(watch_access(w, 0x10, 1, true));
    watch_delete(w);
}

Test(watch, the_end_of_the_address_space)
{
    struct watch *w = watch_new(&empty);
    watch_add(w, UINT64_MAX - 3, 100, WATCH_WRITE);
    cr_assert(watch_access(w, UINT64_MAX, 1, true));
    cr_assert(watch_page(w, UINT64_MAX));
    cr_assert_not(watch_page(w, 0));
    cr_assert_not(watch_access(w, 0, 8, true));
    watch_add_break(w, UINT64_MAX);
    cr_assert(watch_break_in(w, UINT64_MAX - 10, 1000));
    watch_delete(w);
}

Test(watch, a_page_is_watched_while_any_watchpoint_touches_it)
{
    struct watch *w = watch_new(&empty);
    watch_add(w, 0x1fff, 2, WATCH_WRITE);
    watch_add(w, 0x1fff, 2, WATCH_WRITE);
    cr_assert(watch_page(w, 0x1234) && watch_page(w, 0x2fff));
    cr_assert_not(watch_page(w, 0x3000));
    cr_assert_not(watch_remove(w, 0x1fff, 1, WATCH_WRITE));
    cr_assert_not(watch_remove(w, 0x1fff, 2, WATCH_READ));
    cr_assert(watch_remove(w, 0x1fff, 2, WATCH_WRITE));
    cr_assert(watch_page(w, 0x1fff));
    cr_assert(watch_remove(w, 0x1fff, 2, WATCH_WRITE));
    cr_assert_not(watch_page(w, 0x1fff));
    cr_assert_not(watch_any(w));
    watch_delete(w);
}
