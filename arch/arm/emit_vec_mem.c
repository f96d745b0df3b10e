/* emit_vec_mem.c - registers of VFP and Advanced SIMD to and from memory, in little-endian order */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What big-endian code does, and what is not as many bytes as registers have, is in emit_vfp_move.c
 * and emit_neon_mem.c. */
#include "arch/arm/emit_neon.h"
#include "arch/arm/emit_vfp.h"
#include "emu/vop.h"

static unsigned log2_of(unsigned align)
{
    return align > 1 ? (unsigned)__builtin_ctz(align) : 0;
}

void arm_vec_load_s(struct arm_tr *t, unsigned s, ir_val addr, unsigned align)
{
    ir_vld_part(t->b, IR_32, ARM_D(s / 2), addr, 0, s & 1, log2_of(align));
}

void arm_vec_store_s(struct arm_tr *t, unsigned s, ir_val addr, unsigned align)
{
    ir_vst_part(t->b, IR_32, addr, 0, ARM_D(s / 2), s & 1, log2_of(align));
}

static enum ir_size chunk(unsigned left)
{
    return left >= 2 ? IR_128 : IR_64;
}

static ir_val place(struct arm_tr *t, ir_val addr, unsigned off)
{
    return off ? arm_2i(t, IR_ADD, addr, off) : addr;
}

/* Two at a time. What comes before the last access that may fault goes to temporaries. */
void arm_vec_load(struct arm_tr *t, unsigned d, unsigned n, ir_val addr, unsigned align)
{
    ir_val v[16];
    for (unsigned i = 0; i < n; i += 2) {
        bool last = n - i <= 2;
        v[i / 2] = last ? ARM_D(d + i) : ir_vec_temp(t->b);
        ir_vld_part(t->b, chunk(n - i), v[i / 2], place(t, addr, 8 * i), 0, false,
                    i ? 0 : log2_of(align));
    }
    for (unsigned i = 0; i + 2 < n; i += 2)
        ir_vop(t->b, &vop_fns[VEC_MOVAPS], IR_128, ARM_D(d + i), IR_NONE, v[i / 2], 0, VOP_ALWAYS);
}

void arm_vec_store(struct arm_tr *t, unsigned d, unsigned n, ir_val addr, unsigned align)
{
    if (n > 2) {
        if (align > 1)
            arm_check_alignment(t, addr, align, true);
        arm_probe_stores(t, addr, 8 * n);
        align = 1;
    }
    for (unsigned i = 0; i < n; i += 2)
        ir_vst_part(t->b, chunk(n - i), place(t, addr, 8 * i), 0, ARM_D(d + i), false,
                    i ? 0 : log2_of(align));
}
