/* jit_vop.c - VOP: operations on words of the CPU struct by the host's SSE instructions */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where an architecture's vectors are also used as words, or in parts, no host register can be
 * theirs. Instead XMM0 to XMM11 hold copies of what was read or written last, of 4, 8 or 16 bytes;
 * results are stored through to their words at once, but for temporaries, which are stored when
 * somebody else wants them. Whatever writes a word in another way forgets its copies; C code
 * forgets all, unless it is called out of line, where what the block has is loaded again.
 *
 * Floating point is done under the guest's MXCSR (level 2 of jit_vec.c). Where its results or flags
 * might not be the guest's, the function is called instead, out of line (enum vop_how):
 *
 *  - a result is a NaN: which one, and its sign, is the guest's affair;
 *  - it is the smallest normal number: then it may have been tiny before it was rounded, which only
 *    guests that look for underflow there report;
 *  - VOP_FLUSH: an operand is not zero, but so small that it is denormal, or that the result may
 * be. This is found out before the host's flags know of the operation. The limits are such that no
 * sum or product of what is above is tiny.
 */
#include "emu/ir_live.h"
#include "emu/jit_emit.h"
#include "emu/machine.h"
#include "emu/vec_host.h"

#define N_COPIES JIT_VOP_COPIES
enum { SCRATCH0 = 13, SCRATCH1 = 14, SCRATCH2 = 15 };

enum { MOVAPS = 0x0f28, MOVUPS_LOAD = 0x0f10, MOVUPS_STORE = 0x0f11, MOVSS_LOAD = 0xf3000f10, MOVSS_STORE = 0xf3000f11,
       MOVQ_LOAD = 0xf3000f7e, MOVQ_STORE = 0x66000fd6, MOVD_TO_XMM = 0x66000f6e, MOVD_FROM_XMM = 0x66000f7e,
       PADDD = 0x66000ffe, PCMPEQD = 0x66000f76, PMINUD = 0x660f383b, PSHUFD = 0x66000f70, CMPPS = 0x0fc2, MOVMSKPS = 0x0f50,
       ANDPS = 0x0f54, ORPS = 0x0f56, PXOR = 0x66000fef, PSLLD_I = 0x66000f72 };

static void sse(struct emit *e, u32 opcode, u8 reg, struct host_rm rm)
{
    asm_modrm(&e->a, opcode, IR_32, false, reg, rm);
}

/* ---- copies ---- */

static struct host_rm part(ir_val v, bool high)
{
    struct host_rm m = JIT_WORD(v);
    m.disp += high ? 4 : 0;
    return m;
}

static bool overlaps(const struct jit_copy *k, ir_val v, unsigned words)
{
    unsigned n = k->size == IR_128 ? 2 : 1;
    return k->word != IR_NONE && k->word < v + words && v < k->word + n;
}

static void load(struct emit *e, u8 xmm, const struct jit_copy *k)
{
    u32 op = k->size == IR_128 ? MOVUPS_LOAD : k->size == IR_64 ? MOVQ_LOAD : MOVSS_LOAD;
    sse(e, op, xmm, part(k->word, k->high));
}

static void store(struct emit *e, u8 xmm, const struct jit_copy *k)
{
    u32 op = k->size == IR_128 ? MOVUPS_STORE : k->size == IR_64 ? MOVQ_STORE : MOVSS_STORE;
    sse(e, op, xmm, part(k->word, k->high));
}

static void clean(struct emit *e, unsigned i)
{
    if (e->copy[i].dirty)
        store(e, (u8)i, &e->copy[i]);
    e->copy[i].dirty = false;
}

static void forget(struct emit *e, unsigned i)
{
    e->copy[i] = (struct jit_copy){.word = IR_NONE};
}

static void forget_all(struct emit *e)
{
    for (unsigned i = 0; i < N_COPIES; i++)
        forget(e, i);
}

void jit_vop_begin(struct emit *e)
{
    forget_all(e);
    e->next_copy = 0;
    e->carries_copies = false;
}

/* ---- a loop that was made twice: what the first copy's end has, the second's end has in the same registers ---- */

static void forget_temps(struct emit *e)
{
    for (unsigned i = 0; i < N_COPIES; i++)
        if (e->copy[i].dirty || (e->copy[i].word != IR_NONE && ir_is_temp(e->copy[i].word)))
            forget(e, i);
}

static bool is_same(const struct jit_copy *a, const struct jit_copy *b)
{
    return a->word == b->word && a->size == b->size && a->high == b->high &&
           (a->zeros || !b->zeros);
}

/* Where is what register `to` is to have? -1: in memory only. */
static int source_of(const struct emit *e, unsigned to)
{
    const struct jit_copy *want = &e->carried_copies.copy[to];
    for (unsigned i = 0; i < N_COPIES; i++)
        if (is_same(&e->copy[i], want))
            return (int)i;
    return -1;
}

static bool wants(const struct emit *e, unsigned i)
{
    return e->carried_copies.copy[i].word != IR_NONE &&
           !is_same(&e->copy[i], &e->carried_copies.copy[i]);
}

/* Is what register i has now still to be moved elsewhere? */
static bool is_source(const struct emit *e, unsigned i)
{
    for (unsigned to = 0; to < N_COPIES; to++)
        if (to != i && wants(e, to) && source_of(e, to) == (int)i)
            return true;
    return false;
}

/* Moves that overwrite nothing that is still wanted; false: there are no more. */
static bool move_one(struct emit *e)
{
    for (unsigned to = 0; to < N_COPIES; to++) {
        int from = wants(e, to) && !is_source(e, to) ? source_of(e, to) : -1;
        if (from < 0)
            continue;
        sse(e, MOVAPS, (u8)to, rm_reg((u8)from));
        e->copy[to] = e->carried_copies.copy[to];
        return true;
    }
    return false;
}

static void agree(struct emit *e)
{
    while (move_one(e))
        ;
    for (unsigned i = 0; i < N_COPIES; i++)
        if (wants(e, i))
            load(e, (u8)i, &e->carried_copies.copy[i]);
}

static void end_of_round(struct emit *e)
{
    forget_temps(e);
    if (e->carries_copies)
        agree(e);
    else
        memcpy(e->carried_copies.copy, e->copy, sizeof(e->copy));
    e->carries_copies = !e->carries_copies;
}

/* The second copy begins: it does if the first one ended there (end_of_round()). */
static void begin_again(struct emit *e)
{
    if (e->carries_copies)
        memcpy(e->copy, e->carried_copies.copy, sizeof(e->copy));
    else
        forget_all(e);
}

/* What temporaries' words are wanted for, or what was there becomes wrong, by an op that is none of
 * these. */
void jit_vop_before(struct emit *e, const struct ir_op *o)
{
    if (o->op == JIT_ENTER && e->twice && o->aux == 1) {
        begin_again(e);
        return;
    }
    if (e->twice && jit_exit_goes_round(e, o) && jit_late_ends_with_branch(e->b)) {
        end_of_round(e);
        return;
    }
    bool new_insn = e->i && o->insn != e->ops[e->i - 1].insn;
    bool lost = o->op == IR_CALL || o->op == IR_LEAF || o->op == JIT_ENTER || e->target[e->i] ||
                ir_is_vec(o) || ((o->op == IR_VLD || o->op == IR_VST) && !(o->b_imm & VEC_PART));
    for (unsigned i = 0; i < N_COPIES; i++) {
        struct jit_copy *k = &e->copy[i];
        if (k->word == IR_NONE)
            continue;
        if (lost || (new_insn && ir_is_temp(k->word))) {
            if (!new_insn && o->op != JIT_ENTER)
                clean(e, i);
            forget(e, i);
        } else if (o->op != IR_VOP) {
            if (ir_reads(o, k->word) || ir_is_load(o) || ir_is_store(o))
                clean(e, i);
            if (ir_writes(o, k->word) || (k->size == IR_128 && ir_writes(o, k->word + 1)))
                forget(e, i);
        }
    }
}

void jit_vop_skipped(struct emit *e, const struct ir_op *o)
{
    for (unsigned i = 0; i < N_COPIES; i++) {
        const struct jit_copy *k = &e->copy[i];
        if (k->word != IR_NONE && (ir_writes(o, k->word) || (k->size == IR_128 && ir_writes(o, k->word + 1))))
            forget(e, i);
    }
}

static void note(struct jit_vop_state *s, const struct emit *e)
{
    memcpy(s->copy, e->copy, sizeof(s->copy));
}

/* After C code. */
static void load_again(struct emit *e, const struct jit_vop_state *s)
{
    for (unsigned i = 0; i < N_COPIES; i++)
        if (s->copy[i].word != IR_NONE)
            load(e, (u8)i, &s->copy[i]);
}

void jit_vop_note(struct jit_vop_state *s, const struct emit *e)
{
    note(s, e);
}

void jit_vop_restore(struct emit *e, const struct jit_vop_state *s)
{
    load_again(e, s);
}

/* A register for a new copy, none of `busy`. */
static u8 take(struct emit *e, u32 busy)
{
    for (unsigned i = 0; i < N_COPIES; i++)
        if (e->copy[i].word == IR_NONE && !(busy >> i & 1))
            return (u8)i;
    while (busy >> e->next_copy & 1)
        e->next_copy = (u8)((e->next_copy + 1) % N_COPIES);
    u8 xmm = e->next_copy;
    e->next_copy = (u8)((e->next_copy + 1) % N_COPIES);
    clean(e, xmm);
    forget(e, xmm);
    return xmm;
}

static int find(const struct emit *e, const struct jit_copy *want)
{
    for (unsigned i = 0; i < N_COPIES; i++) {
        const struct jit_copy *k = &e->copy[i];
        if (k->word == want->word && k->size == want->size && k->high == want->high)
            return (int)i;
    }
    return -1;
}

/* Other copies of what is read must be in memory. */
static void clean_overlaps(struct emit *e, ir_val v, unsigned words)
{
    for (unsigned i = 0; i < N_COPIES; i++)
        if (overlaps(&e->copy[i], v, words))
            clean(e, i);
}

/* at: where integer ops have it: words of the CPU struct are in memory too (jit_late_before()). */
static u8 operand(struct emit *e, ir_val v, struct host_rm at, unsigned size, bool high,
                  unsigned flags, u32 *busy)
{
    struct jit_copy want = {.word = v, .size = (u8)size, .high = high};
    int have = find(e, &want);
    if (have < 0 && size == IR_64 && (flags & VOP_LOW)) {
        want.size = IR_128;
        have = find(e, &want);
        want.size = IR_64;
    }
    if (have < 0) {
        want.zeros = true;
        clean_overlaps(e, v, size == IR_128 ? 2 : 1);
        have = take(e, *busy);
        if (at.mem || !ir_is_temp(v)) {
            load(e, (u8)have, &want);
        } else { /* a temporary of integer ops; the function wants it in memory */
            CHECK(size <= IR_64 && !high);
            asm_store(&e->a, IR_64, JIT_WORD(v), at.base);
            asm_modrm(&e->a, MOVD_TO_XMM, size, false, (unsigned)have, at);
        }
        e->copy[have] = want;
    }
    *busy |= 1u << have;
    return (u8)have;
}

static void written(struct emit *e, struct jit_copy k, u8 xmm)
{
    unsigned words = k.size == IR_128 ? 2 : 1;
    for (unsigned i = 0; i < N_COPIES; i++) {
        const struct jit_copy *old = &e->copy[i];
        if (i == xmm || !overlaps(old, k.word, words))
            continue;
        if (old->size == IR_32 && k.size == IR_32 && old->high != k.high)
            continue;
        forget(e, i);
    }
    jit_regs_changed(e, k.word);
    if (words == 2)
        jit_regs_changed(e, k.word + 1);
    k.dirty = ir_is_temp(k.word);
    if (!k.dirty)
        store(e, xmm, &k);
    e->copy[xmm] = k;
}

static void result(struct emit *e, const struct ir_op *o, u8 xmm, bool zeros)
{
    bool high = o->size == IR_32 && (o->form & VOP_D_HIGH),
         cut = o->aux == VEC_MOVAPS && o->size == IR_64;
    written(e, (struct jit_copy){.word = o->d, .size = o->size, .high = high, .zeros = zeros || cut}, xmm);
}

u8 jit_vop_take(struct emit *e)
{
    return take(e, 0);
}

void jit_vop_loaded(struct emit *e, const struct ir_op *o, u8 xmm)
{
    written(e, (struct jit_copy){.word = o->d, .size = o->size, .high = o->b_imm & VEC_HIGH, .zeros = true}, xmm);
}

u8 jit_vop_operand(struct emit *e, ir_val v, unsigned size, bool high)
{
    u32 busy = 0;
    return operand(e, v, JIT_WORD(v), size, high, 0, &busy);
}

/* ---- out of line ---- */

static void slow_if(struct emit *e, enum host_cc cc)
{
    struct jit_vop_stub *s = &e->vop_stub[e->n_vop_stubs];
    CHECK(s->n_jumps < ARRAY_SIZE(s->jump));
    s->jump[s->n_jumps++] = asm_jcc(&e->a, cc, NULL);
}

static void call_function(struct emit *e, const struct ir_op *o)
{
    asm_movi(&e->a, HR_AX, ir_vop_args(o));
    asm_movi(&e->a, HR_CX, o->imm);
    asm_call(&e->a, e->pins->leaf);
}

/* Whether a scalar that looked as if it was: jumps back if not. Clobbers RAX and RCX. */
static void look_closer(struct emit *e, const struct jit_vop_stub *s)
{
    struct asm_buf *a = &e->a;
    bool wide = s->op->size == IR_64;
    asm_modrm(a, MOVD_FROM_XMM, wide ? IR_64 : IR_32, false, s->xmm, rm_reg(HR_AX));
    asm_alu(a, ALU_ADD, s->op->size, HR_AX, rm_reg(HR_AX));
    asm_movi(a, HR_CX, wide ? UINT64_C(0x0020000000000000) : 0x01000000);
    asm_alu(a, ALU_CMP, s->op->size, HR_AX, rm_reg(HR_CX));
    u8 *tiny = asm_jcc(a, CC_E, NULL);
    asm_movi(a, HR_CX, wide ? UINT64_C(0xffe0000000000000) : 0xff000000);
    asm_alu(a, ALU_CMP, s->op->size, HR_AX, rm_reg(HR_CX));
    asm_jcc(a, CC_BE, s->go_on);
    asm_patch(tiny, a->at);
}

void jit_vop_stubs(struct emit *e)
{
    for (u32 i = 0; i < e->n_vop_stubs; i++) {
        const struct jit_vop_stub *s = &e->vop_stub[i];
        jit_emit_note(e, (u32)(s->op - e->ops), "slow path");
        if (s->looked) {
            asm_patch(s->looked, e->a.at);
            look_closer(e, s);
        }
        for (unsigned k = 0; k < s->n_jumps; k++)
            asm_patch(s->jump[k], e->a.at);
        for (unsigned k = 0; k < N_COPIES; k++)
            if (s->before.copy[k].dirty)
                store(e, (u8)k, &s->before.copy[k]);
        call_function(e, s->op);
        jit_vec_restore(e, s->level);
        load_again(e, &s->after);
        if (s->to_word)
            asm_load(&e->a, IR_64, HR_AX, JIT_WORD(s->op->d));
        asm_jmp(&e->a, s->back);
    }
}

static void begin_stub(struct emit *e, const struct ir_op *o)
{
    struct jit_vop_stub *s = &e->vop_stub[e->n_vop_stubs];
    *s = (struct jit_vop_stub){.op = o, .level = e->vec_level};
}

static void end_stub(struct emit *e)
{
    struct jit_vop_stub *s = &e->vop_stub[e->n_vop_stubs];
    s->back = e->a.at;
    note(&s->after, e);
    if (s->n_jumps || s->looked)
        e->n_vop_stubs++;
}

/* ---- where the host is not as the guest ---- */

/* Exponents (biased) below which operands count as tiny. */
static u32 limit(const struct ir_op *o, bool wide)
{
    switch (o->aux) {
    case VEC_ADDSS: case VEC_ADDSD: case VEC_ADDPS: case VEC_SUBSS: case VEC_SUBSD: case VEC_SUBPS:
        return wide ? 64 : 26;
    case VEC_MULSS: case VEC_MULSD: case VEC_MULPS:
        return wide ? 512 : 64;
    case VEC_FMADD: case VEC_FNMADD: case VEC_FMSUB: case VEC_FNMSUB: case VEC_FMADDPS: case VEC_FNMADDPS:
        return wide ? 1023 - 400 : 127 - 30;
    case VEC_DIVSS: case VEC_DIVSD:
        return wide ? 1023 - 400 : 127 - 40;
    case VEC_CVTSD2SS:
        return 1023 - 120;
    }
    return 2;
}

/* To EAX: twice the number (the high half of it), less one in its lowest place: zero is large. */
static void magnitude(struct emit *e, u8 xmm, bool wide)
{
    struct asm_buf *a = &e->a;
    asm_modrm(a, MOVD_FROM_XMM, wide ? IR_64 : IR_32, false, xmm, rm_reg(HR_AX));
    asm_alu(a, ALU_ADD, wide ? IR_64 : IR_32, HR_AX, rm_reg(HR_AX));
    asm_alu_imm(a, ALU_SUB, wide ? IR_64 : IR_32, rm_reg(HR_AX), 1);
    if (wide)
        asm_shift_imm(a, SHIFT_SHR, IR_64, rm_reg(HR_AX), 32);
}

static void check_operand(struct emit *e, const struct ir_op *o, u8 xmm, bool wide)
{
    u32 shift = wide ? 21 : 24;
    magnitude(e, xmm, wide);
    asm_alu_imm(&e->a, ALU_CMP, IR_32, rm_reg(HR_AX), (i32)((limit(o, wide) << shift) - !wide));
    slow_if(e, CC_B);
    if (o->aux != VEC_DIVSS && o->aux != VEC_DIVSD)
        return;
    /* Nor may the divisor be so large that the quotient is tiny. Dividing by zero, too. */
    asm_alu_imm(&e->a, ALU_CMP, IR_32, rm_reg(HR_AX),
                (i32)((wide ? 1023 + 400u : 127 + 40u) << shift));
    slow_if(e, CC_A);
}

static void double_less_one(struct emit *e, u8 to, u8 xmm)
{
    sse(e, MOVAPS, to, rm_reg(xmm));
    sse(e, PADDD, to, rm_reg(to));
    sse(e, PADDD, to, rm_reg(SCRATCH2));
}

/* All elements of up to three operands at once. */
static void check_vectors(struct emit *e, const struct ir_op *o, const u8 *xmm, unsigned n)
{
    struct asm_buf *a = &e->a;
    sse(e, PCMPEQD, SCRATCH2, rm_reg(SCRATCH2));
    double_less_one(e, SCRATCH0, xmm[0]);
    for (unsigned i = 1; i < n; i++) {
        double_less_one(e, SCRATCH1, xmm[i]);
        sse(e, PMINUD, SCRATCH0, rm_reg(SCRATCH1));
    }
    asm_movi(a, HR_AX, (limit(o, false) << 24) - 1);
    asm_modrm(a, MOVD_TO_XMM, IR_32, false, SCRATCH1, rm_reg(HR_AX));
    sse(e, PSHUFD, SCRATCH1, rm_reg(SCRATCH1));
    asm_8(a, 0);
    sse(e, PMINUD, SCRATCH0, rm_reg(SCRATCH1));
    sse(e, PCMPEQD, SCRATCH0, rm_reg(SCRATCH1));
    sse(e, MOVMSKPS, HR_AX, rm_reg(SCRATCH0));
    asm_alu_imm(a, ALU_CMP, IR_32, rm_reg(HR_AX), 15);
    slow_if(e, CC_NE);
}

static bool is_packed(const struct ir_op *o)
{
    switch (o->aux) {
    case VEC_ADDPS: case VEC_SUBPS: case VEC_MULPS: case VEC_FMADDPS: case VEC_FNMADDPS: case VEC_CMPPS:
    case VEC_CVTTPS2DQ: case VEC_CVTDQ2PS: case VEC_MAXPS: case VEC_MINPS:
        return true;
    }
    return false;
}

/* Of what size are the numbers that it reads? */
static bool reads_wide(const struct ir_op *o)
{
    switch (o->aux) {
    case VEC_CVTSS2SD: return false;
    case VEC_CVTSD2SS: case VEC_CVTTSD2SI: return true;
    case VEC_CVTTSS2SI: return false;
    }
    return o->size == IR_64;
}

/* What is above the operands must not raise flags. */
static void clear_above(struct emit *e, const struct ir_op *o, const u8 *xmm, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        struct jit_copy *k = &e->copy[xmm[i]];
        if (k->zeros || o->size != IR_64)
            continue;
        sse(e, MOVQ_LOAD, xmm[i], rm_reg(xmm[i]));
        k->zeros = true;
    }
}

/* Does it make zeros of zeros? */
static bool keeps_zeros(const struct ir_op *o)
{
    switch (o->aux) {
    case VEC_PCMPEQB: case VEC_PCMPEQW: case VEC_PCMPEQD: case VEC_CMPPS:
        return false;
    }
    return !(o->b_imm & VOP_LOW);
}

static bool all_zeros(const struct emit *e, const struct ir_op *o, const u8 *xmm, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (!e->copy[xmm[i]].zeros)
            return false;
    return keeps_zeros(o);
}

static void check_operands(struct emit *e, const struct ir_op *o, const u8 *xmm, unsigned n)
{
    if ((o->b_imm & VOP_HOW) != VOP_FLUSH || !n || o->aux == VEC_CVTDQ2PS)
        return;
    if (is_packed(o)) {
        check_vectors(e, o, xmm, n);
        return;
    }
    for (unsigned i = 0; i < n; i++)
        if (!i || xmm[i] != xmm[0])
            check_operand(e, o, xmm[i], reads_wide(o));
}

static void check_nans(struct emit *e, u8 xmm)
{
    sse(e, MOVAPS, SCRATCH0, rm_reg(xmm));
    sse(e, CMPPS, SCRATCH0, rm_reg(SCRATCH0));
    asm_8(&e->a, 3); /* unordered */
    sse(e, MOVMSKPS, HR_AX, rm_reg(SCRATCH0));
    asm_op(&e->a, 0x85, IR_32, HR_AX, rm_reg(HR_AX)); /* TEST */
    slow_if(e, CC_NE);
}

/* NaN, or the smallest normal number; infinity and what is smaller are looked at again out of line.
 */
/* The host gives its second operand when both are zeros, and calls any NaN invalid: NaNs go to the
 * function, and of zeros the one that the guest wants is what both orders have in common, or
 * together. */
static void extreme(struct emit *e, const struct ir_op *o, u8 d, u8 x, u8 y)
{
    u32 opcode = vec_host_ops[o->aux].opcode;
    sse(e, MOVAPS, SCRATCH0, rm_reg(x));
    sse(e, CMPPS, SCRATCH0, rm_reg(y));
    asm_8(&e->a, 3); /* unordered */
    sse(e, MOVMSKPS, HR_AX, rm_reg(SCRATCH0));
    asm_op(&e->a, 0x85, IR_32, HR_AX, rm_reg(HR_AX)); /* TEST */
    slow_if(e, CC_NE);
    sse(e, MOVAPS, d, rm_reg(x));
    sse(e, opcode, d, rm_reg(y));
    sse(e, MOVAPS, SCRATCH0, rm_reg(y));
    sse(e, opcode, SCRATCH0, rm_reg(x));
    sse(e, o->aux == VEC_MAXPS ? ANDPS : ORPS, d, rm_reg(SCRATCH0));
}

static void check_scalar(struct emit *e, const struct ir_op *o, u8 xmm)
{
    struct asm_buf *a = &e->a;
    struct jit_vop_stub *s = &e->vop_stub[e->n_vop_stubs];
    bool wide = o->size == IR_64;
    u32 low = wide ? 0x00200002 : 0x01000002, high = wide ? 0xffe00000 : 0xff000000;
    asm_modrm(a, MOVD_FROM_XMM, o->size, false, xmm, rm_reg(HR_AX));
    if (wide)
        asm_shift_imm(a, SHIFT_SHR, IR_64, rm_reg(HR_AX), 31);
    else
        asm_alu(a, ALU_ADD, IR_32, HR_AX, rm_reg(HR_AX));
    asm_alu_imm(a, ALU_SUB, IR_32, rm_reg(HR_AX), (i32)low);
    asm_alu_imm(a, ALU_CMP, IR_32, rm_reg(HR_AX), (i32)(high - low));
    s->xmm = xmm;
    s->looked = asm_jcc(a, CC_AE, NULL);
    s->go_on = a->at;
}

/* What does not fit is 1 << 31. */
static void check_converted(struct emit *e, u8 xmm)
{
    sse(e, PCMPEQD, SCRATCH0, rm_reg(SCRATCH0));
    sse(e, PSLLD_I, 6, rm_reg(SCRATCH0));
    asm_8(&e->a, 31);
    sse(e, PCMPEQD, SCRATCH0, rm_reg(xmm));
    sse(e, MOVMSKPS, HR_AX, rm_reg(SCRATCH0));
    asm_op(&e->a, 0x85, IR_32, HR_AX, rm_reg(HR_AX)); /* TEST */
    slow_if(e, CC_NE);
}

static void check_result(struct emit *e, const struct ir_op *o, u8 xmm)
{
    if (!(o->b_imm & VOP_HOW) || o->aux == VEC_CMPPS || o->aux == VEC_CVTDQ2PS ||
        o->aux == VEC_MAXPS || o->aux == VEC_MINPS)
        return;
    if (o->aux == VEC_CVTTPS2DQ)
        check_converted(e, xmm);
    else if (is_packed(o))
        check_nans(e, xmm);
    else
        check_scalar(e, o, xmm);
}

/* ---- kinds of operations ---- */

static bool is_fused(const struct ir_op *o)
{
    return o->aux >= VEC_FMADD && o->aux <= VEC_FNMADDPS;
}

/* VFMADD231 and its kin (SDM vol. 2). */
static void fused(struct emit *e, const struct ir_op *o, u8 d, u8 x, u8 y)
{
    static const u8 opcodes[] = {
        [VEC_FMADD - VEC_FMADD] = 0xb9,   [VEC_FNMADD - VEC_FMADD] = 0xbd,
        [VEC_FMSUB - VEC_FMADD] = 0xbb,   [VEC_FNMSUB - VEC_FMADD] = 0xbf,
        [VEC_FMADDPS - VEC_FMADD] = 0xb8, [VEC_FNMADDPS - VEC_FMADD] = 0xbc};
    bool wide = o->size == IR_64 && !is_packed(o);
    asm_vex(&e->a, 2, 1, opcodes[o->aux - VEC_FMADD], wide ? IR_64 : IR_32, d, x, rm_reg(y));
}

static bool high(const struct ir_op *o, unsigned half)
{
    return o->size == IR_32 && (o->form & half);
}

static void constant(struct emit *e, const struct ir_op *o)
{
    u8 d = take(e, 0);
    sse(e, vec_host_ops[o->aux].opcode, d, rm_reg(d));
    result(e, o, d, o->aux == VEC_PXOR);
}

static unsigned operand_size(const struct ir_op *o)
{
    if (o->aux == VEC_CVTSD2SS || (o->b_imm & VOP_LOW))
        return IR_64;
    return o->aux == VEC_CVTSS2SD ? IR_32 : o->size;
}

/* Copies of 16 bytes do where only the low 8 matter. */
static bool reads_low(const struct ir_op *o)
{
    return (o->b_imm & VOP_LOW) || o->aux == VEC_MOVAPS;
}

static void to_vector(struct emit *e, const struct ir_op *o)
{
    const struct vec_host_op *h = &vec_host_ops[o->aux];
    struct jit_vop_stub *s = &e->vop_stub[e->n_vop_stubs];
    u8 in[3];
    u32 busy = 0;
    unsigned n = 0, size = operand_size(o), flags = reads_low(o) ? VOP_LOW : 0;
    if (o->a != IR_NONE)
        in[n++] = operand(e, o->a, e->x, size, high(o, VOP_A_HIGH), flags, &busy);
    if (o->b != IR_NONE)
        in[n++] = operand(e, o->b, e->y, size, size == IR_32 && (o->form & VOP_B_HIGH), flags, &busy);
    if (o->b_imm & VOP_ADDS)
        in[n++] = operand(e, o->d, JIT_WORD(o->d), size, high(o, VOP_D_HIGH), flags, &busy);
    if (is_packed(o))
        clear_above(e, o, in, n);
    u8 d = take(e, busy);
    begin_stub(e, o);
    note(&s->before, e);
    check_operands(e, o, in, n);
    if (is_fused(o)) {
        sse(e, MOVAPS, d, rm_reg(in[2]));
        fused(e, o, d, in[0], in[1]);
    } else if (o->aux == VEC_MAXPS || o->aux == VEC_MINPS) {
        extreme(e, o, d, in[0], in[1]);
    } else if (h->form >= VEC_F_SHIFT) {
        sse(e, MOVAPS, d, rm_reg(in[0]));
        sse(e, h->opcode, (u8)(h->form - VEC_F_SHIFT), rm_reg(d));
    } else {
        if (n == 2)
            sse(e, MOVAPS, d, rm_reg(in[0]));
        else if (vec_is_fp(o->aux))
            sse(e, PXOR, d, rm_reg(d)); /* it would wait for what was there */
        bool cut = o->aux == VEC_MOVAPS && o->size == IR_64;
        sse(e, cut ? MOVQ_LOAD : h->opcode, d, rm_reg(in[n - 1]));
    }
    if (h->form == VEC_F_IMM || h->form >= VEC_F_SHIFT)
        asm_8(&e->a, o->form);
    check_result(e, o, d);
    result(e, o, d, all_zeros(e, o, in, n));
    end_stub(e);
}

static void from_integer(struct emit *e, const struct ir_op *o)
{
    u8 d = take(e, 0);
    sse(e, PXOR, d, rm_reg(d));
    asm_modrm(&e->a, vec_host_ops[o->aux].opcode, o->form & VOP_WORD ? IR_64 : IR_32, false, d,
              e->x);
    result(e, o, d, true);
}

/* The host's answer for what does not fit is 1 << 31. Of an unsigned one it is known before, and it
 * is converted as one of 64 bits. */
static void to_integer(struct emit *e, const struct ir_op *o)
{
    struct asm_buf *a = &e->a;
    bool wide = o->aux == VEC_CVTTSD2SI, u = o->form & VOP_WORD;
    struct jit_vop_stub *s = &e->vop_stub[e->n_vop_stubs];
    u32 busy = 0;
    u8 b = operand(e, o->b, e->y, wide ? IR_64 : IR_32, !wide && (o->form & VOP_B_HIGH), 0, &busy);
    begin_stub(e, o);
    note(&s->before, e);
    check_operands(e, o, &b, 1);
    if (u) {
        asm_modrm(a, MOVD_FROM_XMM, wide ? IR_64 : IR_32, false, b, rm_reg(HR_AX));
        if (wide)
            asm_shift_imm(a, SHIFT_SHR, IR_64, rm_reg(HR_AX), 32);
        asm_alu_imm(a, ALU_CMP, IR_32, rm_reg(HR_AX), wide ? 0x41f00000 : 0x4f800000);
        slow_if(e, CC_AE);
    }
    asm_modrm(a, vec_host_ops[o->aux].opcode, u ? IR_64 : IR_32, false, HR_AX, rm_reg(b));
    if (!u) {
        asm_alu_imm(a, ALU_CMP, IR_32, rm_reg(HR_AX), INT32_MIN);
        slow_if(e, CC_E);
    }
    s->to_word = true;
    end_stub(e);
    jit_finish(e, jit_define(e, o->d), HR_AX);
}

static void to_flags(struct emit *e, const struct ir_op *o)
{
    struct asm_buf *a = &e->a;
    struct jit_vop_stub *s = &e->vop_stub[e->n_vop_stubs];
    u32 busy = 0;
    u8 in[2];
    in[0] = operand(e, o->a, e->x, o->size, high(o, VOP_A_HIGH), 0, &busy);
    in[1] = operand(e, o->b, e->y, o->size, high(o, VOP_B_HIGH), 0, &busy);
    begin_stub(e, o);
    note(&s->before, e);
    check_operands(e, o, in, 2);
    sse(e, vec_host_ops[o->aux].opcode, in[0], rm_reg(in[1]));
    asm_8(a, 0x9f);                                       /* LAHF */
    asm_modrm(a, 0x0fb6, IR_32, false, HR_AX, rm_reg(4)); /* MOVZX EAX, AH */
    asm_alu_imm(a, ALU_AND, IR_32, rm_reg(HR_AX), 0x45);  /* CF, PF, ZF */
    s->to_word = true;
    end_stub(e);
    jit_finish(e, jit_define(e, o->d), HR_AX);
}

/* ---- all of them ---- */

static bool is_native(const struct emit *e, const struct ir_op *o)
{
    return is_fused(o) ? e->j->fma && e->j->vec_native[VEC_ADDSD] : e->j->vec_native[o->aux];
}

bool jit_vop_wants_fp(const struct emit *e, const struct ir_op *o)
{
    return o->op == IR_VOP && vec_is_fp(o->aux) && is_native(e, o);
}

static void call_instead(struct emit *e, const struct ir_op *o)
{
    if (!e->x.mem && ir_is_temp(o->a))
        asm_store(&e->a, IR_64, JIT_WORD(o->a), e->x.base);
    if (!e->y.mem && ir_is_temp(o->b))
        asm_store(&e->a, IR_64, JIT_WORD(o->b), e->y.base);
    for (unsigned i = 0; i < N_COPIES; i++)
        clean(e, i);
    call_function(e, o);
    forget_all(e);
    e->vec_level = 0;
    jit_regs_changed(e, o->d);
    if (o->size == IR_128)
        jit_regs_changed(e, o->d + 1);
}

void jit_emit_vop(struct emit *e, const struct ir_op *o)
{
    if (!is_native(e, o)) {
        call_instead(e, o);
        return;
    }
    if (ir_vop_is_constant(o)) {
        constant(e, o);
        return;
    }
    if (vec_is_fp(o->aux))
        jit_vec_need(e);
    switch (vec_host_ops[o->aux].form) {
    case VEC_F_PUT: from_integer(e, o); break;
    case VEC_F_GET: to_integer(e, o); break;
    case VEC_F_FLAGS: to_flags(e, o); break;
    default: to_vector(e, o);
    }
}
