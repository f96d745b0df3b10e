/* ir_dump.c - a block's ops as text, one line each */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdio.h>

#include "emu/ir.h"
#include "emu/ir_live.h"
#include "emu/ir_opt.h"

static const char *const names[IR_N_OPS] = {
#define X(name, expr) #name,
    IR_OPS_1(X) IR_OPS_2(X) IR_OPS_BRANCH(X)
#undef X
#define X(name) #name,
    IR_OPS_OTHER(X)
#undef X
};

/* t3 for a temporary, w120 for another word, - for none. */
static const char *word(char text[16], ir_val v)
{
    if (v == IR_NONE)
        snprintf(text, 16, "-");
    else if (v > IR_NONE && v < IR_NONE + IR_TEMPS)
        snprintf(text, 16, "t%u", v - IR_NONE);
    else
        snprintf(text, 16, "w%u", v);
    return text;
}

void ir_dump_op(const struct ir_op *o, u32 i, u32 target, struct buf *out)
{
    char d[16], a[16], bb[16], c[16];
    buf_printf(out, "  %4u  %s.%u %s, %s, ", i, names[o->op], 8u << o->size, word(d, o->d),
               word(a, o->a));
    if (o->b_imm && o->op != IR_VOP)
        buf_printf(out, "#");
    else
        buf_printf(out, "%s", word(bb, o->b));
    buf_printf(out, ", %s", word(c, o->c));
    if (o->imm)
        buf_printf(out, " imm %#" PRIx64, o->imm);
    if (ir_branches(o))
        buf_printf(out, " -> %u", target);
    else if (o->aux)
        buf_printf(out, " aux %#x", o->aux);
    if (o->form)
        buf_printf(out, " form %u", o->form);
    buf_printf(out, "\n");
}

void ir_dump(const struct ir_block *b, struct buf *out)
{
    for (u32 i = 0; i < b->n_ops; i++) {
        if (!i || b->ops[i].insn != b->ops[i - 1].insn)
            buf_printf(out, "%#" PRIx64 ":\n", b->insns[b->ops[i].insn].pc);
        const struct ir_op *o = &b->ops[i];
        ir_dump_op(o, i, ir_branches(o) ? b->labels[o->aux] : 0, out);
    }
}
