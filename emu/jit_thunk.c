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

static void store_state(struct jit *j, struct asm_buf *a)
{
    for (unsigned i = 0; i < j->n_pins; i++)
        asm_store(a, IR_64, JIT_WORD(j->pinned[i]), jit_pin_regs[i]);
    asm_store(a, IR_64, JIT_CPU(budget), HR_15);
}

static void load_state(struct jit *j, struct asm_buf *a, bool all)
{
    for (unsigned i = 0; i < j->n_pins; i++)
        if (all || !callee_saves(jit_pin_regs[i]))
            asm_load(a, IR_64, jit_pin_regs[i], JIT_WORD(j->pinned[i]));
    if (all)
        asm_load(a, IR_64, HR_15, JIT_CPU(budget));
}

/* depth: of the block's frame below RSP. Clobbers RCX and RDX. */
static void load_tlb(struct asm_buf *a, i32 depth)
{
    asm_movzx(a, IR_8, HR_CX, JIT_CPU(mmu));
    asm_load(a, IR_64, HR_DX, JIT_CPU(tlb));
    asm_load(a, IR_64, HR_CX, rm_index(HR_DX, HR_CX, 3, (i32)offsetof(struct tlb, entry)));
    asm_store(a, IR_64, TLB_NOW(depth), HR_CX);
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

static void make_enter(struct jit *j, struct asm_buf *a)
{
    j->enter = a->at;
    for (unsigned i = 0; i < sizeof(saved_regs); i++)
        asm_push(a, saved_regs[i]);
    asm_alu_imm(a, ALU_SUB, IR_64, rm_reg(HR_SP), FRAME);
    asm_lea(a, IR_64, HR_BP, rm_mem(HR_DI, JIT_BIAS));
    asm_mov(a, IR_64, HR_AX, HR_SI);
    load_tlb(a, 0);
    load_state(j, a, true);
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
    store_state(j, a);
    jit_vec_to_c(j, a);
    asm_store_imm(a, JIT_CPU(block), 0);
    asm_alu_imm(a, ALU_ADD, IR_64, rm_reg(HR_SP), FRAME);
    for (unsigned i = sizeof(saved_regs); i-- > 0;)
        asm_pop(a, saved_regs[i]);
    asm_ret(a);
}

/* CALL: the op is in cpu.at, its operands are in RAX, RDX, RCX. The result is in RAX. */
static void make_call(struct jit *j, struct asm_buf *a)
{
    j->call = a->at;
    asm_alu_imm(a, ALU_SUB, IR_64, rm_reg(HR_SP), 8);
    store_state(j, a);
    jit_vec_to_c(j, a);
    asm_lea(a, IR_64, HR_DI, rm_mem(HR_BP, -JIT_BIAS));
    asm_mov(a, IR_64, HR_SI, HR_AX);
    asm_load(a, IR_64, HR_AX, JIT_CPU(at));
    asm_call_rm(a, rm_mem(HR_AX, (i32)offsetof(struct ir_op, imm)));
    check_changes(j, a);
    load_state(j, a, true);
    load_tlb(a, 16);
    asm_alu_imm(a, ALU_ADD, IR_64, rm_reg(HR_SP), 8);
    asm_ret(a);
}

/* LEAF: the function is in RCX, its operands are in RAX, RDX. What C code may clobber is kept. */
static void make_leaf(struct jit *j, struct asm_buf *a)
{
    j->leaf = a->at;
    asm_alu_imm(a, ALU_SUB, IR_64, rm_reg(HR_SP), 8);
    for (unsigned i = 0; i < j->n_pins; i++)
        if (!callee_saves(jit_pin_regs[i]))
            asm_store(a, IR_64, JIT_WORD(j->pinned[i]), jit_pin_regs[i]);
    jit_vec_to_c(j, a);
    asm_lea(a, IR_64, HR_DI, rm_mem(HR_BP, -JIT_BIAS));
    asm_mov(a, IR_64, HR_SI, HR_AX);
    asm_call_rm(a, rm_reg(HR_CX));
    load_state(j, a, false);
    asm_alu_imm(a, ALU_ADD, IR_64, rm_reg(HR_SP), 8);
    asm_ret(a);
}

void jit_thunk_begin(struct jit *j, struct asm_buf *a)
{
    asm_alu_imm(a, ALU_SUB, IR_64, rm_reg(HR_SP), 8);
    store_state(j, a);
    jit_vec_to_c(j, a);
    asm_lea(a, IR_64, HR_DI, rm_mem(HR_BP, -JIT_BIAS));
}

void jit_thunk_end(struct jit *j, struct asm_buf *a)
{
    check_changes(j, a);
    load_state(j, a, false);
    asm_alu_imm(a, ALU_ADD, IR_64, rm_reg(HR_SP), 8);
    asm_ret(a);
}

/* The address is in RAX, a value to be stored in RDX; what was loaded is in RAX. */
static void make_memory(struct jit *j, struct asm_buf *a, unsigned size, bool write)
{
    *(write ? &j->store[size] : &j->read[size]) = a->at;
    jit_thunk_begin(j, a);
    asm_mov(a, IR_64, HR_SI, HR_AX);
    asm_movi(a, write ? HR_CX : HR_DX, (u64)1 << size);
    asm_movzx(a, IR_8, write ? HR_8 : HR_CX, JIT_CPU(mmu));
    call_c(a, write ? (uintptr_t)mem_write_slow : (uintptr_t)mem_read_slow);
    jit_thunk_end(j, a);
}

void jit_make_thunks(struct jit *j)
{
    struct asm_buf a = {j->at, j->base - j->write};
    make_enter(j, &a);
    make_leave(j, &a);
    make_call(j, &a);
    make_leaf(j, &a);
    for (unsigned size = IR_8; size <= IR_64; size++) {
        make_memory(j, &a, size, false);
        make_memory(j, &a, size, true);
    }
    jit_vec_thunks(j, &a);
    j->at = a.at;
}
