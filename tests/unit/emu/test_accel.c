/* test_accel.c - the text of -accel */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>

#include "emu/accel.h"
#include "emu/passes.h"

static bool parse(const char *text, struct accel *a)
{
    return accel_parse("-accel", text, a);
}

Test(accel, engines)
{
    struct accel a;
    cr_assert(parse("jit", &a));
    cr_assert(a.jit);
    cr_assert_eq(a.code_bytes, 256 * MiB);
    cr_assert_eq(a.warm, 0);
    cr_assert(parse("tcg", &a));
    cr_assert(a.jit);
    cr_assert(parse("interp", &a));
    cr_assert_not(a.jit);
    for (const char *const *p =
             (const char *const[]){"", "kvm", "ji", "jitt", "interpr", ",", NULL};
         *p; p++)
        cr_assert_not(parse(*p, &a), "%s", *p);
}

Test(accel, items)
{
    struct accel a;
    cr_assert(parse("jit,tb-size=16,warm=3,max-insns=64,off=copy+share", &a));
    cr_assert_eq(a.code_bytes, 16 * MiB);
    cr_assert_eq(a.warm, 3);
    cr_assert_eq(a.max_insns, 64);
    cr_assert_eq(a.passes_off, (u32)(IR_PASS_COPY | JIT_PASS_SHARE));
    cr_assert(parse("interp,max-insns=1,off=all", &a));
    cr_assert_eq(a.max_insns, 1);
    cr_assert_eq(a.passes_off, UINT32_MAX);
    cr_assert(parse("jit,off=copy,heat=5,off=late", &a));
    cr_assert_eq(a.passes_off, (u32)(IR_PASS_COPY | JIT_PASS_LATE));
    cr_assert_eq(a.heat, 5);
}

Test(accel, what_is_wrong_is_refused)
{
    struct accel a;
    static const char *const bad[] = {"jit,",
                                      "jit,frob",
                                      "jit,tb-size",
                                      "jit,tb-size=",
                                      "jit,tb-size=0",
                                      "jit,tb-size=15",
                                      "jit,warm=0",
                                      "jit,tb-size=2049",
                                      "jit,tb-size=8M",
                                      "jit,tb-size=-1",
                                      "jit,warm= 1",
                                      "jit,max-insns=0",
                                      "jit,max-insns=65",
                                      "jit,off=",
                                      "jit,off=frob",
                                      "jit,off=copy+",
                                      "jit,warm=3,,",
                                      "jit,warm=99999999999999999999",
                                      "jit,warm=3;off=copy",
                                      NULL};
    for (const char *const *p = bad; *p; p++)
        cr_assert_not(parse(*p, &a), "%s", *p);
}
