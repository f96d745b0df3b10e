/* test_decoder.c - bytes to decoded instructions: prefixes, addressing forms, immediates, what is
 * refused */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "arch/x86/decode.h"
#include "emu/buf.h"

#define CODE16 MODE_PE
#define CODE32 (MODE_PE | MODE_CS32 | MODE_SS32)
#define CODE64 (MODE_PE | MODE_CS64 | MODE_LMA)
#define PC 0x1000

struct source {
    const u8 *p;
    unsigned left;
};

static u64 next(void *opaque, unsigned n, bool *ok)
{
    struct source *s = opaque;
    u64 v = 0;

    if (n > s->left) {
        *ok = false;
        return 0;
    }
    memcpy(&v, s->p, n);
    s->p += n;
    s->left -= n;
    return v;
}

static struct x86_decoder *decoder(void)
{
    static const struct x86_row *const tables[] = {x86_rows_integer, x86_rows_system, x86_rows_x87, x86_rows_mmx,
                                                   x86_rows_sse};
    return x86_decoder_new(tables, ARRAY_SIZE(tables));
}

static const char *reg_name(unsigned r)
{
    static const char *const names[] = {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di",
                                        "8", "9", "10", "11", "12", "13", "14", "15"};
    return r < 16 ? names[r] : "?";
}

static void print_memory(struct buf *b, const struct x86_insn *in)
{
    static const char *const segs[] = {"es", "cs", "ss", "ds", "fs", "gs"};

    buf_printf(b, "%s:[", in->seg < 6 ? segs[in->seg] : "?");
    if (in->base < 16)
        buf_printf(b, "%s", reg_name(in->base));
    else if (in->base == 0xfe)
        buf_printf(b, "rip");
    if (in->index < 16)
        buf_printf(b, "+%s*%u", reg_name(in->index), 1u << in->scale);
    buf_printf(b, "+%llx]", (unsigned long long)in->disp);
}

static void print_operand(struct buf *b, const struct x86_insn *in, const struct x86_operand *o)
{
    switch (o->kind) {
    case OPD_REG: buf_printf(b, " r%u.%s", o->size * 8u, reg_name(o->reg)); break;
    case OPD_REG8H: buf_printf(b, " high.%s", reg_name(o->reg)); break;
    case OPD_MEM: buf_printf(b, " m%u.", o->size * 8u); print_memory(b, in); break;
    case OPD_IMM: buf_printf(b, " %llx", (unsigned long long)o->imm); break;
    case OPD_REL: buf_printf(b, " ->%llx", (unsigned long long)o->imm); break;
    case OPD_SEG: buf_printf(b, " seg%u", o->reg); break;
    case OPD_CR: buf_printf(b, " cr%u", o->reg); break;
    case OPD_DR: buf_printf(b, " dr%u", o->reg); break;
    case OPD_XMM: buf_printf(b, " xmm%u", o->reg); break;
    case OPD_MM: buf_printf(b, " mm%u", o->reg); break;
    case OPD_FAR: buf_printf(b, " %x:%llx", o->imm2, (unsigned long long)o->imm); break;
    }
}

struct expectation {
    u32 mode;
    const char *bytes; /* hex */
    const char *text;  /* mnemonic and operands; or "invalid", "too long", "cut" */
};

static unsigned unhex(const char *text, u8 *out)
{
    unsigned n = 0, byte, used;

    while (sscanf(text, "%2x%n", &byte, &used) == 1) {
        out[n++] = (u8)byte;
        text += used;
    }
    return n;
}

static void check(const struct x86_decoder *d, const struct expectation *e)
{
    u8 bytes[32];
    unsigned n = unhex(e->bytes, bytes);
    struct source s = {bytes, n};
    struct x86_fetch f = {next, &s};
    struct x86_insn in;
    struct buf b = {0};

    switch (x86_decode(d, e->mode, PC, &f, &in)) {
    case X86_DECODE_CUT: buf_printf(&b, "cut"); break;
    case X86_DECODE_TOO_LONG: buf_printf(&b, "too long"); break;
    case X86_DECODE_INVALID: buf_printf(&b, "invalid"); break;
    case X86_DECODED:
        buf_printf(&b, "%s", in.row->mnemonic);
        for (unsigned i = 0; i < in.n_ops; i++)
            print_operand(&b, &in, &in.op[i]);
        cr_expect_eq(in.len, n, "%s: length %u", e->bytes, in.len);
    }
    cr_expect_str_eq(buf_cstr(&b), e->text, "%s gives %s, not %s", e->bytes, buf_cstr(&b), e->text);
    buf_fini(&b);
}

static void check_all(const struct expectation *e, unsigned n)
{
    struct x86_decoder *d = decoder();

    for (unsigned i = 0; i < n; i++)
        check(d, &e[i]);
    x86_decoder_delete(d);
}

Test(decoder, addresses)
{
    static const struct expectation e[] = {
        {CODE16, "8b 00", "MOV r16.ax m16.ds:[bx+si*1+0]"},
        {CODE16, "8b 0a", "MOV r16.cx m16.ss:[bp+si*1+0]"},
        {CODE16, "8b 16 34 12", "MOV r16.dx m16.ds:[+1234]"},
        {CODE16, "8b 46 fe", "MOV r16.ax m16.ss:[bp+fffffffffffffffe]"},
        {CODE16, "8b 87 00 80", "MOV r16.ax m16.ds:[bx+ffffffffffff8000]"},
        {CODE16, "67 8b 04 b5 78 56 34 12", "MOV r16.ax m16.ds:[+si*4+12345678]"},
        {CODE16, "66 67 8b 44 24 04", "MOV r32.ax m32.ss:[sp+4]"},
        {CODE32, "8b 05 78 56 34 12", "MOV r32.ax m32.ds:[+12345678]"},
        {CODE32, "8b 45 00", "MOV r32.ax m32.ss:[bp+0]"},
        {CODE32, "8b 04 25 78 56 34 12", "MOV r32.ax m32.ds:[+12345678]"},
        {CODE32, "8b 04 ad 01 00 00 00", "MOV r32.ax m32.ds:[+bp*4+1]"},
        {CODE32, "67 8b 07", "MOV r32.ax m32.ds:[bx+0]"},
        {CODE32, "2e 8b 04 24", "MOV r32.ax m32.cs:[sp+0]"},
        {CODE64, "8b 05 00 01 00 00", "MOV r32.ax m32.ds:[rip+1106]"},
        {CODE64, "c7 05 00 01 00 00 01 00 00 00", "MOV m32.ds:[rip+110a] 1"},
        {CODE64, "8b 04 25 78 56 34 92", "MOV r32.ax m32.ds:[+ffffffff92345678]"},
        {CODE64, "4f 8b 44 e5 10", "MOV r64.8 m64.ds:[13+12*8+10]"},
        {CODE64, "4a 8b 04 24", "MOV r64.ax m64.ss:[sp+12*1+0]"},
        {CODE64, "49 8b 04 24", "MOV r64.ax m64.ds:[12+0]"},
        {CODE64, "67 8b 05 00 00 00 f0", "MOV r32.ax m32.ds:[rip+f0001007]"},
        {CODE64, "65 48 8b 04 25 28 00 00 00", "MOV r64.ax m64.gs:[+28]"},
        {CODE64, "2e 64 3e 8b 00", "MOV r32.ax m32.fs:[ax+0]"},
        {CODE64, "48 a1 88 77 66 55 44 33 22 11", "MOV r64.ax m64.ds:[+1122334455667788]"},
        {CODE64, "67 a0 44 33 22 11", "MOV r8.ax m8.ds:[+11223344]"},
    };
    check_all(e, ARRAY_SIZE(e));
}

Test(decoder, registers_and_sizes)
{
    static const struct expectation e[] = {
        {CODE64, "88 e0", "MOV r8.ax high.ax"},
        {CODE64, "40 88 e0", "MOV r8.ax r8.sp"},
        {CODE64, "45 88 e0", "MOV r8.8 r8.12"},
        {CODE64, "66 89 d8", "MOV r16.ax r16.bx"},
        {CODE64, "66 48 89 d8", "MOV r64.ax r64.bx"},
        {CODE64, "48 66 89 d8", "MOV r16.ax r16.bx"}, /* REX not directly before the opcode */
        {CODE64, "41 50", "PUSH r64.8"},
        {CODE64, "66 50", "PUSH r16.ax"},
        {CODE64, "6a 80", "PUSH ffffffffffffff80"},
        {CODE32, "6a 80", "PUSH ffffffffffffff80"},
        {CODE64, "48 b8 08 07 06 05 04 03 02 01", "MOV r64.ax 102030405060708"},
        {CODE64, "48 c7 c0 ff ff ff ff", "MOV r64.ax ffffffffffffffff"},
        {CODE64, "83 c0 ff", "ADD r32.ax ffffffffffffffff"},
        {CODE64, "48 63 c8", "MOVSXD r64.cx r32.ax"},
        {CODE32, "40", "INC r32.ax"},
        {CODE64, "90", "XCHG r32.ax r32.ax"},
        {CODE64, "49 90", "XCHG r64.8 r64.ax"},
        {CODE64, "f3 90", "PAUSE r32.ax r32.ax"},
        {CODE16, "c8 10 00 01", "ENTER 10 1"},
        {CODE32, "d1 e0", "SHL r32.ax 1"},
        {CODE32, "0f a5 c8", "SHLD r32.ax r32.cx r8.cx"},
        {CODE32, "f3 0f b8 c1", "POPCNT r32.ax r32.cx"},
        {CODE32, "66 0f 38 f0 00", "MOVBE r16.ax m16.ds:[ax+0]"},
        {CODE32, "66 f2 0f 38 f1 c1", "CRC32 r32.ax r16.cx"},
        {CODE64, "f2 48 0f 38 f1 c1", "CRC32 r32.ax r64.cx"},
    };
    check_all(e, ARRAY_SIZE(e));
}

Test(decoder, branches)
{
    static const struct expectation e[] = {
        {CODE16, "eb fe", "JMP ->1000"},
        {CODE16, "e9 00 f0", "JMP ->3"},
        {CODE32, "e8 fb ff ff ff", "CALL ->1000"},
        {CODE32, "66 e9 00 f0", "JMP ->4"},
        {CODE64, "e9 00 00 00 80", "JMP ->ffffffff80001005"},
        {CODE64, "0f 84 00 01 00 00", "Jcc ->1106"},
        {CODE64, "74 80", "Jcc ->f82"},
        {CODE64, "ff e0", "JMP r64.ax"},
        {CODE64, "ff 10", "CALL m64.ds:[ax+0]"},
        {CODE32, "ff e0", "JMP r32.ax"},
    };
    check_all(e, ARRAY_SIZE(e));
}

Test(decoder, refused)
{
    static const struct expectation e[] = {
        {CODE64, "06", "invalid"},             /* PUSH ES */
        {CODE64, "d4 0a", "invalid"},          /* AAM */
        {CODE64, "f0 01 c0", "invalid"},       /* LOCK without memory */
        {CODE64, "f0 8b 00", "invalid"},       /* LOCK MOV */
        {CODE64, "f0 03 00", "invalid"},       /* memory is the source */
        {CODE32, "f0 01 00", "ADD m32.ds:[ax+0] r32.ax"},
        {CODE32, "8d c0", "invalid"},          /* LEA of a register */
        {CODE32, "c6 08 00", "invalid"},       /* group 11, /1 */
        {CODE64, "0f 04", "invalid"},
        {CODE32, "fe f8", "invalid"},
        {CODE32, "0f c7 c8", "invalid"},       /* CMPXCHG8B of a register */
        {CODE32, "66 66 66 66 66 66 66 66 66 66 66 66 66 89 c0", "MOV r16.ax r16.ax"},
        {CODE32, "66 66 66 66 66 66 66 66 66 66 66 66 66 66 89 c0", "too long"},
        {CODE32, "66 66 66 66 66 66 66 66 66 66 66 66 81 c0 01 02", "too long"},
        {CODE32, "81 c0 01 02", "cut"},
        {CODE32, "0f", "cut"},
        {CODE32, "8b 44", "cut"},
    };
    check_all(e, ARRAY_SIZE(e));
}

/* Any bytes at all: the decoder must not read more than 15, nor be lost. */
Test(decoder, noise)
{
    static const u32 modes[] = {CODE16, CODE32, CODE64};
    struct x86_decoder *d = decoder();
    u64 r = 1;

    for (unsigned i = 0; i < 300000; i++) {
        u8 bytes[16];
        for (unsigned k = 0; k < sizeof(bytes); k++) {
            r = r * UINT64_C(6364136223846793005) + 1442695040888963407;
            bytes[k] = (u8)(r >> 56);
        }
        if (i & 1)
            bytes[0] = 0x0f;
        struct source s = {bytes, 16};
        struct x86_fetch f = {next, &s};
        struct x86_insn in;
        enum x86_decoded how = x86_decode(d, modes[i % 3], PC, &f, &in);
        cr_assert(how != X86_DECODE_CUT);
        cr_assert(in.len >= 1 && in.len <= 15);
        cr_assert_eq(in.len, 16 - s.left);
        cr_assert(how != X86_DECODED || (in.row && in.seg < 6));
    }
    x86_decoder_delete(d);
}
