/* test_dump.c - ranges of -dfilter, and instructions as text */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <string.h>

#include "emu/disas.h"
#include "emu/dump.h"

Test(dump, no_filter_lets_all_through)
{
    struct dump d = {.what = DUMP_OP};
    cr_assert(dump_wants(&d, DUMP_OP, 0));
    cr_assert(dump_wants(&d, DUMP_OP | DUMP_OUT_ASM, UINT64_MAX));
    cr_assert(!dump_wants(&d, DUMP_OUT_ASM, 0));
    cr_assert(!dump_wants(NULL, DUMP_OP, 0));
}

Test(dump, ranges_as_qemu_has_them)
{
    struct dump d = {.what = DUMP_OP};
    cr_assert(dump_add_ranges(&d, "0x1000+0x10,0x2000-0x10,0x3000..0x30ff"));
    const u64 in[] = {0x1000, 0x100f, 0x1ff1, 0x2000, 0x3000, 0x30ff};
    const u64 out[] = {0xfff, 0x1010, 0x1ff0, 0x2001, 0x2fff, 0x3100};
    for (unsigned i = 0; i < ARRAY_SIZE(in); i++) {
        cr_assert(dump_wants(&d, DUMP_OP, in[i]), "%#llx", (unsigned long long)in[i]);
        cr_assert(!dump_wants(&d, DUMP_OP, out[i]), "%#llx", (unsigned long long)out[i]);
    }
}

Test(dump, ill_formed_ranges)
{
    const char *bad[] = {"", "x", "1", "1+", "1+0", "1..0", "1.2", "1..2,", "1..2 ", "1..2;3..4", "-1..2",
                         "0xfffffffffffffffff..1"};
    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        struct dump d = {0};
        cr_assert(!dump_add_ranges(&d, bad[i]), "'%s'", bad[i]);
    }
}

Test(dump, no_more_ranges_than_there_is_room_for)
{
    struct dump d = {0};
    for (unsigned i = 0; i < DUMP_MAX_RANGES; i++)
        cr_assert(dump_add_ranges(&d, "1..2"));
    cr_assert(!dump_add_ranges(&d, "1..2"));
}

static const char *text_of(unsigned bits, const u8 *bytes, size_t n, unsigned *len)
{
    static struct buf out;
    struct disas *d = disas_new(bits);
    buf_clear(&out);
    *len = disas_one(d, 0x1234, bytes, n, &out);
    disas_delete(d);
    return buf_cstr(&out);
}

/* B8: MOV eAX, Iz; its immediate has the operand's size (SDM volume 2, MOV). */
Test(disas, the_mode_counts)
{
    const u8 mov[] = {0xb8, 1, 0, 0, 0};
    unsigned len;
    cr_assert(strstr(text_of(16, mov, sizeof(mov), &len), "mov ax, 1"));
    cr_assert_eq(len, 3);
    cr_assert(strstr(text_of(32, mov, sizeof(mov), &len), "mov eax, 1"));
    cr_assert_eq(len, 5);
    const u8 rex[] = {0x48, 0x89, 0xc3};
    const char *text = text_of(64, rex, sizeof(rex), &len);
    cr_assert(strstr(text, "0x0000000000001234  4889c3 ") && strstr(text, "mov rbx, rax"), "%s", text);
    cr_assert_eq(len, 3);
}

Test(disas, what_is_no_instruction_is_one_byte)
{
    const u8 cut[] = {0x48}, ud[] = {0x06, 0x90};
    unsigned len;
    cr_assert(strstr(text_of(64, cut, sizeof(cut), &len), "?"));
    cr_assert_eq(len, 1);
    cr_assert(strstr(text_of(64, ud, sizeof(ud), &len), "?"));
    cr_assert_eq(len, 1);
    cr_assert(strstr(text_of(0, ud, sizeof(ud), &len), "06"));
}
