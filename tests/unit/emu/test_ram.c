/* test_ram.c - page tracking and digests */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <string.h>

#include "emu/ram.h"
#include "emu/tlb.h"

struct seen {
    u32 page[16], n;
};

static void note(void *opaque, struct ram *r, u32 page)
{
    struct seen *s = opaque;
    (void)r;
    if (s->n < ARRAY_SIZE(s->page))
        s->page[s->n] = page;
    s->n++;
}

static void put(struct ram *r, u64 at, u8 v)
{
    ram_write(NULL, r, at, &v, 1);
}

Test(ram, starts_zeroed_and_whole_pages)
{
    struct ram *r = ram_new("r", 5000);
    cr_assert_eq(r->size, 8192);
    cr_assert_eq(r->n_pages, 2);
    cr_assert_eq((uintptr_t)r->host % PAGE_SIZE, 0);
    for (u64 i = 0; i < r->size; i++)
        cr_assert_eq(r->host[i], 0);
    ram_delete(r);
}

Test(ram, drains_written_pages_once_in_order)
{
    struct ram *r = ram_new("r", 64 * KiB);
    struct seen s = {0};
    put(r, 0x9000, 1);
    put(r, 0x3fff, 1);
    put(r, 0x9001, 2);
    ram_drain_unsaved(r, note, &s);
    cr_assert_eq(s.n, 2);
    cr_assert_eq(s.page[0], 3);
    cr_assert_eq(s.page[1], 9);
    ram_drain_unsaved(r, note, &s);
    cr_assert_eq(s.n, 2);
    put(r, 0x9002, 3);
    ram_drain_unsaved(r, note, &s);
    cr_assert_eq(s.n, 3);
    cr_assert_eq(s.page[2], 9);
    ram_delete(r);
}

Test(ram, a_write_over_two_pages_marks_both)
{
    struct ram *r = ram_new("r", 64 * KiB);
    struct seen s = {0};
    ram_write(NULL, r, 0x1ffc, "abcdefgh", 8);
    cr_assert_eq(memcmp(r->host + 0x1ffc, "abcdefgh", 8), 0);
    ram_drain_unsaved(r, note, &s);
    cr_assert_eq(s.n, 2);
    ram_delete(r);
}

Test(ram, digest_is_of_content_alone)
{
    struct ram *a = ram_new("a", 64 * KiB), *b = ram_new("b", 64 * KiB);
    u64 empty = ram_digest(a);
    cr_assert_eq(empty, ram_digest(b));
    put(a, 5, 1);
    u64 one = ram_digest(a);
    cr_assert_neq(one, empty);
    put(a, 0x5005, 1);
    put(b, 0x5005, 1);
    cr_assert_neq(ram_digest(a), ram_digest(b));
    cr_assert_neq(ram_digest(b), one); /* the same byte on another page */
    put(b, 5, 1);
    cr_assert_eq(ram_digest(a), ram_digest(b));
    put(a, 5, 0);
    put(a, 0x5005, 0);
    cr_assert_eq(ram_digest(a), empty);
    ram_delete(a);
    ram_delete(b);
}

Test(ram, digest_and_drain_do_not_hide_writes_from_each_other)
{
    struct ram *r = ram_new("r", 16 * KiB);
    struct seen s = {0};
    u64 before = ram_digest(r);
    put(r, 0, 1);
    ram_drain_unsaved(r, note, &s);
    cr_assert_neq(ram_digest(r), before);
    cr_assert_eq(s.n, 1);
    before = ram_digest(r);
    cr_assert_eq(r->flags[0] & PAGE_WRITABLE, 0);
    put(r, 0, 2);
    cr_assert_eq(r->flags[0] & PAGE_WRITABLE, PAGE_WRITABLE);
    cr_assert_neq(ram_digest(r), before);
    cr_assert_eq(r->flags[0] & PAGE_WRITABLE, 0);
    ram_drain_unsaved(r, note, &s);
    cr_assert_eq(s.n, 2);
    ram_delete(r);
}

Test(ram, executed_pages)
{
    struct ram *r = ram_new("r", 16 * KiB);
    struct seen s = {0};
    ram_mark_executed(r, 2);
    ram_mark_executed(r, 1);
    ram_mark_executed(r, 2);
    ram_drain_executed(r, note, &s);
    cr_assert_eq(s.n, 2);
    cr_assert_eq(s.page[0], 1);
    cr_assert_eq(s.page[1], 2);
    ram_drain_executed(r, note, &s);
    cr_assert_eq(s.n, 2);
    ram_delete(r);
}
