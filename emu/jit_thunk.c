/* jit_thunk.c - code that is made once: the ways between C and compiled blocks */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/check.h"
#include "emu/jit_int.h"

#define TLB_NOW(depth) rm_mem(HR_SP, (depth))
#define FRAME 24 /* keeps RSP aligned where blocks run */

static const u8 saved_regs[] = {HR_BX, HR_BP, HR_12, HR_13, HR_14, HR_15};

static bool callee_saves(u8 reg)
{
    return reg == HR_BX || reg >= HR_12;
}

static void store_state(struct asm_buf *a, const struct jit_pins *p)
{
    for (unsigned i = 0; i < p->n; i++)
        if (p->written[i])
            asm_store(a, IR_64, JIT_WORD(p->word[i]), p->reg[i]);
    if (!p->budget_in_memory)
        asm_store(a, IR_64, JIT_CPU(budget), JIT_BUDGET);
}

static void load_state(struct asm_buf *a, const struct jit_pins *p, bool all)
{
    for (unsigned i = 0; i < p->n; i++)
        if (all || !callee_saves(p->reg[i]))
            asm_load(a, IR_64, p->reg[i], JIT_WORD(p->word[i]));
    if (all && !p->budget_in_memory)
        asm_load(a, IR_64, JIT_BUDGET, JIT_CPU(budget));
}

/* depth: of the block's frame below RSP; always: GS's base is not ours yet. Clobbers RCX and
 * RDX. */
static void load_tlb(struct jit *j, struct asm_buf *a, i32 depth, bool always)
{
    u8 *same = NULL;
    asm_movzx(a, IR_8, HR_CX, JIT_CPU(mmu));
    asm_load(a, IR_64, HR_DX, JIT_CPU(tlb));
    asm_load(a, IR_64, HR_CX, rm_index(HR_DX, HR_CX, 3, (i32)offsetof(struct tlb, entry)));
    if (j->gs && !always) {
        asm_alu(a, ALU_CMP, IR_64, HR_CX, TLB_NOW(depth));
        same = asm_jcc(a, CC_E, NULL);
    }
    asm_store(a, IR_64, TLB_NOW(depth), HR_CX);
    if (j->gs)
        asm_modrm(a, 0xf3000fae, IR_64, false, 3, rm_reg(HR_CX)); /* WRGSBASE */
    if (same)
        asm_patch(same, a->at);
}

static void call_c(struct asm_buf *a, uintptr_t fn)
{
    asm_movi(a, HR_AX, fn);
    asm_call_rm(a, rm_reg(HR_AX));
}

/* After C code: links may have died. Keeps RAX; one word below the return address is free. */
static void check_changes(struct jit *j, struct asm_buf *a)
{
    asm_load(a, IR_64, HR_CX, JIT_CPU(tlb));
    asm_load(a, IR_64, HR_CX, rm_mem(HR_CX, (i32)offsetof(struct tlb, changes)));
    asm_movi(a, HR_DX, (uintptr_t)&j->engine->synced);
    asm_alu(a, ALU_CMP, IR_64, HR_CX, rm_mem(HR_DX, 0));
    u8 *same = asm_jcc(a, CC_E, NULL);
    asm_store(a, IR_64, rm_mem(HR_SP, 0), HR_AX);
    asm_movi(a, HR_DI, (uintptr_t)j->engine);
    call_c(a, (uintptr_t)block_sync);
    asm_load(a, IR_64, HR_AX, rm_mem(HR_SP, 0));
    asm_patch(same, a->at);
}

/* Does the run loop want control? Then what is left of the budget is moved away, so that no block
 * can be entered: they test for nothing else. Keeps RAX. */
static void check_attention(struct asm_buf *a, const struct jit_pins *p)
{
    u8 budget = p->budget_in_memory ? HR_CX : JIT_BUDGET;
    asm_alu_imm(a, ALU_CMP, IR_8, JIT_CPU(attention), 0);
    u8 *no = asm_jcc(a, CC_E, NULL);
    if (p->budget_in_memory)
        asm_load(a, IR_64, budget, JIT_CPU(budget));
    asm_op(a, ALU_SUB * 8 + 1, IR_64, budget, JIT_CPU(icount_end));
    asm_alu(a, ALU_XOR, IR_32, budget, rm_reg(budget));
    if (p->budget_in_memory)
        asm_store(a, IR_64, JIT_CPU(budget), budget);
    asm_patch(no, a->at);
}

static void make_enter(struct jit *j, struct asm_buf *a)
{
    j->enter = a->at;
    for (unsigned i = 0; i < sizeof(saved_regs); i++)
        asm_push(a, saved_regs[i]);
    asm_alu_imm(a, ALU_SUB, IR_64, rm_reg(HR_SP), FRAME);
    asm_lea(a, IR_64, HR_BP, rm_mem(HR_DI, JIT_BIAS));
    asm_mov(a, IR_64, HR_AX, HR_SI);
    load_tlb(j, a, 0, true);
    load_state(a, &j->pins, true);
    asm_jmp_rm(a, rm_reg(HR_AX));
}

/* leave_miss: RAX is the link that it would have liked to follow. */
static void make_leave(struct jit *j, struct asm_buf *a)
{
    j->leave_miss = a->at;
    asm_movi(a, HR_CX, (uintptr_t)&j->engine->miss);
    asm_store(a, IR_64, rm_mem(HR_CX, 0), HR_AX);
    asm_load(a, IR_64, HR_AX, rm_mem(HR_AX, (i32)offsetof(struct block_link, pc)));
    asm_store(a, IR_64, JIT_CPU(pc), HR_AX);
    j->leave = a->at;
    store_state(a, &j->pins);
    jit_vec_to_c(j, a);
    asm_store_imm(a, JIT_CPU(block), 0);
    asm_alu_imm(a, ALU_ADD, IR_64, rm_reg(HR_SP), FRAME);
    for (unsigned i = sizeof(saved_regs); i-- > 0;)
        asm_pop(a, saved_regs[i]);
    asm_ret(a);
}

/* CALL: the op is in cpu.at, its operands are in RAX, RDX, RCX. The result is in RAX. */
void jit_make_call(struct jit *j, struct asm_buf *a, struct jit_pins *p)
{
    p->call = a->at;
    asm_alu_imm(a, ALU_SUB, IR_64, rm_reg(HR_SP), 8);
    store_state(a, p);
    jit_vec_to_c(j, a);
    asm_lea(a, IR_64, HR_DI, rm_mem(HR_BP, -JIT_BIAS));
    asm_mov(a, IR_64, HR_SI, HR_AX);
    asm_load(a, IR_64, HR_AX, JIT_CPU(at));
    asm_call_rm(a, rm_mem(HR_AX, (i32)offsetof(struct ir_op, imm)));
    check_changes(j, a);
    load_state(a, p, true);
    load_tlb(j, a, 16, false);
    check_attention(a, p);
    asm_alu_imm(a, ALU_ADD, IR_64, rm_reg(HR_SP), 8);
    asm_ret(a);
}

/* LEAF: the function is in RCX, its operands are in RAX, RDX. What C code may clobber is kept. */
void jit_make_leaf(struct jit *j, struct asm_buf *a, struct jit_pins *p)
{
    p->leaf = a->at;
    asm_alu_imm(a, ALU_SUB, IR_64, rm_reg(HR_SP), 8);
    for (unsigned i = 0; i < p->n; i++)
        if (p->written[i] && !callee_saves(p->reg[i]))
            asm_store(a, IR_64, JIT_WORD(p->word[i]), p->reg[i]);
    jit_vec_to_c(j, a);
    asm_lea(a, IR_64, HR_DI, rm_mem(HR_BP, -JIT_BIAS));
    asm_mov(a, IR_64, HR_SI, HR_AX);
    asm_call_rm(a, rm_reg(HR_CX));
    load_state(a, p, false);
    asm_alu_imm(a, ALU_ADD, IR_64, rm_reg(HR_SP), 8);
    asm_ret(a);
}

void jit_thunk_begin(struct jit *j, struct asm_buf *a, const struct jit_pins *p)
{
    asm_alu_imm(a, ALU_SUB, IR_64, rm_reg(HR_SP), 8);
    store_state(a, p);
    jit_vec_to_c(j, a);
    asm_lea(a, IR_64, HR_DI, rm_mem(HR_BP, -JIT_BIAS));
}

void jit_thunk_end(struct jit *j, struct asm_buf *a, const struct jit_pins *p)
{
    check_changes(j, a);
    load_state(a, p, false);
    check_attention(a, p);
    asm_alu_imm(a, ALU_ADD, IR_64, rm_reg(HR_SP), 8);
    asm_ret(a);
}

/* The address is in RAX, a value to be stored in RDX; what was loaded is in RAX. */
void jit_make_memory(struct jit *j, struct asm_buf *a, struct jit_pins *p, unsigned size, bool write)
{
    *(write ? &p->store[size] : &p->read[size]) = a->at;
    jit_thunk_begin(j, a, p);
    asm_mov(a, IR_64, HR_SI, HR_AX);
    asm_movi(a, write ? HR_CX : HR_DX, (u64)1 << size);
    asm_movzx(a, IR_8, write ? HR_8 : HR_CX, JIT_CPU(mmu));
    call_c(a, write ? (uintptr_t)mem_write_slow : (uintptr_t)mem_read_slow);
    jit_thunk_end(j, a, p);
}

void jit_make_thunks(struct jit *j)
{
    struct asm_buf a = {j->at, j->base - j->write};
    make_enter(j, &a);
    make_leave(j, &a);
    jit_make_call(j, &a, &j->pins);
    jit_make_leaf(j, &a, &j->pins);
    for (unsigned size = IR_8; size <= IR_64; size++) {
        jit_make_memory(j, &a, &j->pins, size, false);
        jit_make_memory(j, &a, &j->pins, size, true);
    }
    jit_vec_thunks(j, &a);
    j->at = a.at;
}
