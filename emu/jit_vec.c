/* jit_vec.c - VLD, VST, VEC, VGET, VPUT: vectors by the host's own instructions */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The vectors that the architecture names (arch->hot_vecs) have each a host register, XMM0 and up;
 * what is written to one is stored through to its words at once, so memory is always right. The
 * registers are right only from the first vector op of compiled code on, until C code runs:
 * cpu.vec_live says so, level 1. At level 2 the host's MXCSR is the guest's besides, and collects
 * its sticky flags. Each way to C code goes by jit_vec_to_c(). A block looks before its first
 * vector op and where it may have changed; what does the loading is out of the way.
 *
 * XMM15 has the block's vector temporary, or an operand that has no register; XMM14 such a
 * destination.
 */
#include "emu/ir_live.h"
#include "emu/jit_emit.h"
#include "emu/machine.h"
#include "emu/vec_host.h"
#include "emu/vec_mem.h"

enum { DEST = 14, TEMP = 15 };

enum { MOVUPS_LOAD = 0x0f10, MOVUPS_STORE = 0x0f11, MOVSS_LOAD = 0xf3000f10, MOVSS_STORE = 0xf3000f11,
       MOVQ_LOAD = 0xf3000f7e, MOVQ_STORE = 0x66000fd6 };

#define HOST_DEFAULT_MXCSR 0x1f80

/* ---- which of them the host has ---- */

static u8 host_features(void)
{
#ifdef __x86_64__
    return (__builtin_cpu_supports("sse3") ? VEC_SSE3 : 0) |
           (__builtin_cpu_supports("ssse3") ? VEC_SSSE3 : 0) |
           (__builtin_cpu_supports("sse4.1") ? VEC_SSE41 : 0) |
           (__builtin_cpu_supports("sse4.2") ? VEC_SSE42 : 0) |
           (__builtin_cpu_supports("pclmul") ? VEC_PCLMUL : 0);
#else
    return 0;
#endif
}

static bool host_has_fma(void)
{
#ifdef __x86_64__
    return __builtin_cpu_supports("fma");
#else
    return false;
#endif
}

void jit_vec_init(struct jit *j, const struct arch *arch)
{
    u8 features = host_features();
    for (unsigned i = 0; i < VEC_N_HOST; i++)
        j->vec_native[i] = !(j->passes_off & JIT_PASS_VECTOR) && vec_host_ops[i].opcode &&
                           !(vec_host_ops[i].flags & ~(features | VEC_FP | VEC_XMM0)) &&
                           (arch->mxcsr || !vec_is_fp(i));
    j->fma = !(j->passes_off & JIT_PASS_VECTOR) && host_has_fma();
    memset(j->vec_pin, HR_NONE, sizeof(j->vec_pin));
    for (unsigned i = 0; arch->hot_vecs && arch->hot_vecs[i] && i < JIT_VEC_PINS; i++) {
        CHECK(arch->hot_vecs[i] + 1 < JIT_WORDS);
        j->vec_pin[arch->hot_vecs[i]] = (u8)i;
        j->vec_pinned[j->n_vec_pins++] = arch->hot_vecs[i];
        j->vec_word[arch->hot_vecs[i]] = j->vec_word[arch->hot_vecs[i] + 1] = true;
    }
    j->engine->machine->cpu->vec_mxcsr = HOST_DEFAULT_MXCSR;
}

/* ---- loading and leaving the state ---- */

static struct host_rm guest_mxcsr(const struct jit *j)
{
    return rm_mem(HR_BP, (i32)j->engine->machine->cpu->arch->mxcsr - JIT_BIAS);
}

static void ldmxcsr(struct asm_buf *a, struct host_rm from)
{
    asm_modrm(a, 0x0fae, IR_32, false, 2, from);
}

static void stmxcsr(struct asm_buf *a, struct host_rm to)
{
    asm_modrm(a, 0x0fae, IR_32, false, 3, to);
}

static void set_live(struct asm_buf *a, u8 level)
{
    asm_modrm(a, 0xc6, IR_8, false, 0, JIT_CPU(vec_live));
    asm_8(a, level);
}

void jit_vec_to_c(struct jit *j, struct asm_buf *a)
{
    asm_alu_imm(a, ALU_CMP, IR_8, JIT_CPU(vec_live), 1);
    u8 *none = asm_jcc(a, CC_B, NULL);
    u8 *registers = asm_jcc(a, CC_E, NULL);
    if (j->engine->machine->cpu->arch->mxcsr)
        stmxcsr(a, guest_mxcsr(j));
    ldmxcsr(a, JIT_CPU(vec_mxcsr));
    asm_patch(registers, a->at);
    set_live(a, 0);
    asm_patch(none, a->at);
}

/* Brings vec_live to the level. Keeps all general registers. */
static void make_load(struct jit *j, struct asm_buf *a, unsigned level)
{
    j->vec_load[level] = a->at;
    asm_alu_imm(a, ALU_CMP, IR_8, JIT_CPU(vec_live), 0);
    u8 *have = asm_jcc(a, CC_NE, NULL);
    for (unsigned i = 0; i < j->n_vec_pins; i++)
        asm_modrm(a, MOVUPS_LOAD, IR_32, false, i, JIT_WORD(j->vec_pinned[i]));
    set_live(a, 1);
    asm_patch(have, a->at);
    if (level == 2) {
        asm_alu_imm(a, ALU_CMP, IR_8, JIT_CPU(vec_live), 2);
        u8 *right = asm_jcc(a, CC_E, NULL);
        ldmxcsr(a, guest_mxcsr(j));
        set_live(a, 2);
        asm_patch(right, a->at);
    }
    asm_ret(a);
}

/* The address is in RAX, in RDX what vec_mem.c is to do. The data are in cpu.vec. */
void jit_vec_make_access(struct jit *j, struct asm_buf *a, struct jit_pins *p, bool write)
{
    *(write ? &p->vec_write : &p->vec_read) = a->at;
    jit_thunk_begin(j, a, p);
    asm_mov(a, IR_64, HR_SI, HR_AX);
    asm_movi(a, HR_AX, write ? (uintptr_t)vec_write_slow : (uintptr_t)vec_read_slow);
    asm_call_rm(a, rm_reg(HR_AX));
    jit_thunk_end(j, a, p);
}

void jit_vec_thunks(struct jit *j, struct asm_buf *a)
{
    make_load(j, a, 1);
    make_load(j, a, 2);
    jit_vec_make_access(j, a, &j->pins, false);
    jit_vec_make_access(j, a, &j->pins, true);
}

/* ---- planning ---- */

static bool is_native(const struct emit *e, const struct ir_op *o)
{
    return ir_is_vec(o) && e->j->vec_native[o->aux];
}

/* The level that the block wants, so that it looks only once. */
void jit_vec_plan(struct emit *e)
{
    e->vec_level = 0;
    e->vec_want = 1;
    e->n_vec_loads = 0;
    for (u32 i = 0; i < e->n_ops; i++)
        if ((is_native(e, &e->ops[i]) && vec_is_fp(e->ops[i].aux)) || jit_vop_wants_fp(e, &e->ops[i]))
            e->vec_want = 2;
}

void jit_vec_need(struct emit *e)
{
    struct asm_buf *a = &e->a;
    if (e->vec_level)
        return;
    e->vec_level = e->vec_want;
    asm_alu_imm(a, ALU_CMP, IR_8, JIT_CPU(vec_live), e->vec_want - 1);
    CHECK(e->n_vec_loads < ARRAY_SIZE(e->vec_load));
    u8 *jump = asm_jcc(a, e->vec_want == 1 ? CC_E : CC_BE, NULL);
    e->vec_load[e->n_vec_loads++] = (struct jit_vec_load){jump, a->at, e->vec_want};
}

void jit_vec_loads(struct emit *e)
{
    for (u32 i = 0; i < e->n_vec_loads; i++) {
        const struct jit_vec_load *l = &e->vec_load[i];
        asm_patch(l->jump, e->a.at);
        asm_call(&e->a, e->j->vec_load[l->level]);
        asm_jmp(&e->a, l->back);
    }
}

void jit_vec_restore(struct emit *e, u8 level)
{
    if (level)
        asm_call(&e->a, e->j->vec_load[level]);
}

/* ---- operands ---- */

static u8 pin_of(const struct emit *e, ir_val v)
{
    return v < JIT_WORDS ? e->j->vec_pin[v] : HR_NONE;
}

static void move(struct emit *e, u32 opcode, u8 xmm, struct host_rm rm)
{
    asm_modrm(&e->a, opcode, IR_32, false, xmm, rm);
}

/* The register that a vector is in, loaded if it has none. */
static u8 in_xmm(struct emit *e, ir_val v, u8 scratch)
{
    u8 reg = pin_of(e, v);
    if (reg != HR_NONE)
        return reg;
    if (ir_is_temp(v)) {
        CHECK(e->vec_temp == v);
        return TEMP;
    }
    move(e, MOVUPS_LOAD, scratch, JIT_WORD(v));
    return scratch;
}

/* After xmm got a vector's new value. */
static void finish(struct emit *e, ir_val v, u8 xmm)
{
    if (ir_is_temp(v)) {
        e->vec_temp = v;
        return;
    }
    jit_regs_changed(e, v);
    jit_regs_changed(e, v + 1);
    move(e, MOVUPS_STORE, xmm, JIT_WORD(v));
}

/* ---- VLD and VST ---- */

static u32 load_opcode(unsigned size)
{
    return size == IR_128 ? MOVUPS_LOAD : size == IR_64 ? MOVQ_LOAD : MOVSS_LOAD;
}

static u32 store_opcode(unsigned size)
{
    return size == IR_128 ? MOVUPS_STORE : size == IR_64 ? MOVQ_STORE : MOVSS_STORE;
}

/* Jumps when misaligned. (The host's address is so when the guest's is; if not, the slow path is
 * only slow.) */
static u8 *check_aligned(struct emit *e, const struct ir_op *o, struct host_rm at)
{
    struct asm_buf *a = &e->a;
    u8 reg = at.base;
    unsigned alignment = ir_vec_alignment(o);
    if (alignment == 1)
        return NULL;
    if (at.disp & (i32)(alignment - 1) || at.index != HR_NONE) {
        asm_lea(a, IR_32, HR_DX, at);
        reg = HR_DX;
    }
    asm_test_imm(a, IR_8, reg, alignment - 1);
    return asm_jcc(a, CC_NE, NULL);
}

static void access(struct emit *e, const struct ir_op *o, u32 opcode, u8 xmm)
{
    if (!(o->b_imm & VEC_PART))
        jit_vec_need(e);
    struct jit_group *g = jit_mem_enter(e, o);
    u32 n = e->n_stubs++;
    struct jit_stub *s = &e->stub[n];
    struct host_rm at = jit_mem_place(e, o, g, s);
    s->misaligned = g && e->known_aligned[e->i] ? NULL : check_aligned(e, o, at);
    move(e, opcode, xmm, at);
    s->value = rm_reg(xmm);
    s->back = e->a.at;
    s->level = e->vec_level;
    jit_mem_leave(e, g);
}

void jit_emit_vld(struct emit *e, const struct ir_op *o)
{
    if (o->b_imm & VEC_PART) {
        u8 copy = jit_vop_take(e);
        access(e, o, load_opcode(o->size), copy);
        jit_vop_loaded(e, o, copy);
        return;
    }
    u8 xmm = pin_of(e, o->d) == HR_NONE ? TEMP : pin_of(e, o->d);
    access(e, o, load_opcode(o->size), xmm);
    finish(e, o->d, xmm);
}

void jit_emit_vst(struct emit *e, const struct ir_op *o)
{
    if (o->b_imm & VEC_PART) {
        access(e, o, store_opcode(o->size), jit_vop_operand(e, o->b, o->size, o->b_imm & VEC_HIGH));
        return;
    }
    jit_vec_need(e);
    access(e, o, store_opcode(o->size), in_xmm(e, o->b, TEMP));
}

void jit_vec_stub(struct emit *e, struct jit_stub *s)
{
    struct asm_buf *a = &e->a;
    const struct ir_op *o = s->op;
    bool write = o->op == IR_VST;
    u8 xmm = s->value.base, *aligned = NULL;
    jit_stub_begin(e, s);
    jit_mem_address(e, s);
    if (s->shared) {
        u8 *miss = jit_mem_find(e, HR_AX, 1 << o->size, write, s->site);
        u8 *misaligned = check_aligned(e, o, rm_reg(HR_AX));
        move(e, write ? store_opcode(o->size) : load_opcode(o->size), xmm, rm_index(HR_CX, HR_AX, 0, 0));
        jit_stub_hit(e, s);
        asm_patch(miss, a->at);
        if (misaligned)
            asm_patch(misaligned, a->at);
    }
    if (s->misaligned) {
        aligned = s->va.mem || s->va.base != HR_AX ? asm_jmp(a, NULL) : NULL;
        asm_patch(s->misaligned, a->at);
        jit_mem_address(e, s);
        if (aligned)
            asm_patch(aligned, a->at);
    }
    jit_late_store(e, &s->late);
    if (write)
        move(e, MOVUPS_STORE, xmm, JIT_CPU(vec));
    jit_emit_at(e, o, HR_CX);
    asm_movi(a, HR_DX, vec_mem_what(o));
    asm_call(a, write ? e->pins->vec_write : e->pins->vec_read);
    jit_mem_forget(e, s);
    jit_vec_restore(e, s->level);
    jit_vop_restore(e, &s->vops);
    if (!write)
        move(e, MOVUPS_LOAD, xmm, JIT_CPU(vec));
    jit_stub_end(e, s);
}

/* ---- VEC, VGET, VPUT ---- */

/* The function instead. */
static void call(struct emit *e, const struct ir_op *o)
{
    struct asm_buf *a = &e->a;
    jit_late_flush(e);
    if (ir_is_temp(o->b) && o->op != IR_VPUT) {
        jit_vec_need(e);
        move(e, MOVUPS_STORE, in_xmm(e, o->b, TEMP), JIT_WORD(o->b));
    }
    if (ir_is_temp(o->a) && o->op != IR_VPUT && o->a != o->b) {
        jit_vec_need(e);
        move(e, MOVUPS_STORE, in_xmm(e, o->a, TEMP), JIT_WORD(o->a));
    }
    if (o->c != IR_NONE)
        jit_into(e, HR_DX, e->z, IR_64);
    asm_movi(a, HR_AX, ir_vec_args(o));
    asm_movi(a, HR_CX, o->imm);
    asm_call(a, e->pins->leaf);
    e->vec_level = 0;
    if (o->op == IR_VGET) {
        jit_finish(e, jit_define(e, o->d), HR_AX);
        return;
    }
    jit_regs_changed(e, o->a);
    jit_regs_changed(e, o->a + 1);
}

void jit_emit_vec(struct emit *e, const struct ir_op *o)
{
    if (!is_native(e, o)) {
        call(e, o);
        return;
    }
    const struct vec_host_op *h = &vec_host_ops[o->aux];
    jit_vec_need(e);
    u8 dst = in_xmm(e, o->a, DEST);
    if (h->form >= VEC_F_SHIFT) {
        asm_modrm(&e->a, h->opcode, IR_32, false, h->form - VEC_F_SHIFT, rm_reg(dst));
    } else {
        u8 src = in_xmm(e, o->b, TEMP);
        asm_modrm(&e->a, h->opcode, IR_32, false, dst, rm_reg(src));
    }
    if (h->form != VEC_F_OP)
        asm_8(&e->a, o->form);
    finish(e, o->a, dst);
}

void jit_emit_vget(struct emit *e, const struct ir_op *o)
{
    struct asm_buf *a = &e->a;
    if (!is_native(e, o)) {
        call(e, o);
        return;
    }
    const struct vec_host_op *h = &vec_host_ops[o->aux];
    jit_vec_need(e);
    u8 src = in_xmm(e, o->b, TEMP);
    if (h->form == VEC_F_FLAGS) {
        move(e, h->opcode, in_xmm(e, o->a, DEST), rm_reg(src));
        asm_8(a, 0x9f);                                       /* LAHF */
        asm_modrm(a, 0x0fb6, IR_32, false, HR_AX, rm_reg(4)); /* MOVZX EAX, AH */
        asm_alu_imm(a, ALU_AND, IR_32, rm_reg(HR_AX), 0x45);  /* CF, PF, ZF */
        jit_finish(e, jit_define(e, o->d), HR_AX);
        return;
    }
    struct host_rm d = jit_define(e, o->d);
    u8 reg = jit_target(d);
    asm_modrm(a, h->opcode, o->size == IR_64 ? IR_64 : IR_32, false, reg, rm_reg(src));
    jit_finish(e, d, reg);
}

void jit_emit_vput(struct emit *e, const struct ir_op *o)
{
    if (!is_native(e, o)) {
        call(e, o);
        return;
    }
    const struct vec_host_op *h = &vec_host_ops[o->aux];
    jit_vec_need(e);
    u8 dst = in_xmm(e, o->a, DEST);
    asm_modrm(&e->a, h->opcode, o->size == IR_64 ? IR_64 : IR_32, false, dst, e->z);
    if (h->form == VEC_F_PUT_IMM)
        asm_8(&e->a, o->form);
    finish(e, o->a, dst);
}
