/* test_passes.c - names of optimisations */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <string.h>

#include "emu/passes.h"

Test(passes, each_has_its_own_bit_and_name)
{
    u32 seen = 0;
    for (const struct pass_info *p = passes; p->bit; p++) {
        u32 set;
        const char *unknown;
        cr_assert_eq(p->bit & (p->bit - 1), 0);
        cr_assert_eq(seen & p->bit, 0, "%s", p->name);
        cr_assert(passes_parse(p->name, &set, &unknown));
        cr_assert_eq(set, p->bit);
        seen |= p->bit;
    }
    cr_assert(seen & IR_PASS_COPY);
    cr_assert(seen & JIT_PASS_REGIONS);
}

Test(passes, a_list_ends_at_a_comma)
{
    u32 set;
    const char *unknown = NULL;
    cr_assert(passes_parse("copy+share,warm=3", &set, &unknown));
    cr_assert_eq(set, (u32)(IR_PASS_COPY | JIT_PASS_SHARE));
    cr_assert(passes_parse("all", &set, &unknown));
    cr_assert_eq(set, UINT32_MAX);
}

Test(passes, unknown_names_are_pointed_at)
{
    u32 set;
    const char *unknown = NULL;
    cr_assert_not(passes_parse("copy+shar", &set, &unknown));
    cr_assert_str_eq(unknown, "shar");
    cr_assert_not(passes_parse("", &set, &unknown));
    cr_assert_not(passes_parse("copy+", &set, &unknown));
}
