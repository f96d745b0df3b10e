/* test_host_fpu_images.c - FNSTENV, FNSAVE, FXSAVE and their loads against the host's processor */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "common_rows.h"
#include "emu/check.h"

/* Each image has its place, because the fields that say where the last instruction and operand were
 * are not compared: processors differ in when they set them. */
enum { ENV32 = 0x100, ENV16 = 0x140, SAVE32 = 0x200, SAVE16 = 0x280, FX = 0x400 };

/* opcode with modrm.reg `reg` and an absolute address; wide: REX.W */
static void at(struct host_gen *g, bool p66, bool wide, unsigned two_bytes, u8 opcode, unsigned reg, u32 off)
{
    if (p66)
        HOST_EMIT(g, 0x66);
    if (wide && !host_is32(g))
        HOST_EMIT(g, 0x48);
    if (two_bytes)
        HOST_EMIT(g, 0x0f);
    HOST_EMIT(g, opcode);
    if (host_is32(g))
        HOST_EMIT(g, (u8)(reg << 3 | 5));
    else
        HOST_EMIT(g, (u8)(reg << 3 | 4), 0x25);
    host_emit_int(g, HOST_WINDOW + off, 4);
}

static void gen_env(struct host_gen *g)
{
    bool p66 = host_below(g, 2);
    u32 off = p66 ? ENV16 : ENV32;
    at(g, p66, false, 0, 0xd9, 6, off); /* FNSTENV */
    if (host_below(g, 2)) {
        if (host_below(g, 2)) /* other status, control and tags */
            at(g, true, false, 0, 0xff, host_below(g, 2),
               off + (p66 ? 2 : 4) * (1 + host_below(g, 2)));
        at(g, p66, false, 0, 0xd9, 4, off); /* FLDENV */
    }
}

static void gen_save(struct host_gen *g)
{
    bool p66 = host_below(g, 2);
    u32 off = p66 ? SAVE16 : SAVE32;
    at(g, p66, false, 0, 0xdd, 6, off); /* FNSAVE */
    if (host_below(g, 2))
        at(g, p66, false, 0, 0xdd, 4, off); /* FRSTOR */
}

static void gen_fx(struct host_gen *g)
{
    bool wide = host_below(g, 2);
    at(g, false, wide, 1, 0xae, 0, FX); /* FXSAVE */
    HOST_EMIT(g, 0x66, 0x0f, 0xef, 0xc9, 0xdb, 0xe3); /* PXOR XMM1, XMM1; FNINIT */
    if (host_below(g, 2))
        at(g, false, wide, 1, 0xae, 1, FX); /* FXRSTOR */
}

static const struct host_template images[] = {
    {.name = "env", .gen = gen_env, .weight = 20},
    {.name = "save", .gen = gen_save, .weight = 20},
    {.name = "fx", .gen = gen_fx, .weight = 20},
};

static void copy(const struct host_state *host, struct host_state *ours, u32 off, u32 n)
{
    memcpy(ours->window + off, host->window + off, n);
}

static void forgive(const struct host_state *host, struct host_state *ours)
{
    copy(host, ours, ENV32 + 12, 16);
    copy(host, ours, ENV16 + 6, 8);
    copy(host, ours, SAVE32 + 12, 16);
    copy(host, ours, SAVE16 + 6, 8);
    copy(host, ours, FX + 6, 18);
    copy(host, ours, FX + 28, 4); /* MXCSR_MASK */
}

static void init(struct host_gen *g, struct host_state *s)
{
    rows_random_fx(g, s);
    rows_random_x87_masked(g, s);
    s->fx[24] |= 0x80;
    s->fx[25] |= 0x1f;
}

static bool skip(const struct x86_row *r) /* what pushes, not from memory: that holds what is not compared */
{
    return strncmp(r->mnemonic, "FLD", 3) || r->operands[0];
}

static void run(bool code32)
{
    struct row_templates *t = xcalloc(1, sizeof(*t));
    rows_add(t, x86_rows_x87, skip);
    for (unsigned i = 0; i < ARRAY_SIZE(images); i++)
        t->t[t->n++] = images[i];
    struct host_options o = {
        .code32 = code32, .count = 4000, .init = init, .max_length = 6, .forgive = forgive};
    host_fuzz(t->t, t->n, &o);
    free(t);
}

Test(host_fpu_images, long_mode) { run(false); }
Test(host_fpu_images, code_32) { run(true); }
