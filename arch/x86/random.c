/* random.c - RDRAND and RDSEED */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SDM vol. 2, RDRAND and RDSEED; vol. 1, 7.3.17. Both take their bytes from the machine's source,
 * which always has some; a machine without a source says so by CF = 0.
 */
#include "arch/x86/emit_system.h"
#include "emu/machine.h"
#include "emu/random.h"

static u64 help_random(struct cpu *c, u64 size, u64 a, u64 b)
{
    u64 v = 0;
    (void)a, (void)b;
    cpu_alone(c);
    random_draw(c->machine->random, &v, (u32)size);
    return v;
}

void x86_op_random(struct x86_tr *t, const struct x86_insn *in)
{
    const struct machine *m = t->x->base.machine;
    unsigned size = in->op[0].size;
    bool has = m && m->random;
    ir_val v = has ? ir_temp(t->b) : x86_temp_imm(t, 0), cf = x86_temp_imm(t, has ? FL_CF : 0);

    if (has)
        ir_call(t->b, v, help_random, x86_temp_imm(t, size), IR_NONE, IR_NONE);
    x86_set_cc(t, CC_FLAGS, size, cf, cf);
    x86_write_operand(t, in, 0, v);
    x86_emit_end(t, in, has);
}
