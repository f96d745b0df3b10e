/* jit_asm.c - an assembler for x86-64 */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: SDM vol. 2, chapter 2 (instruction format) and the instructions' own pages. */
#include "emu/jit_asm.h"

#include "emu/check.h"

enum { REX = 0x40, REX_W = 8, REX_R = 4, REX_X = 2, REX_B = 1 };

static unsigned rex_of(unsigned size, bool byte_regs, unsigned reg, struct host_rm rm)
{
    unsigned rex = size == IR_64 ? REX | REX_W : 0;
    if (reg & 8)
        rex |= REX | REX_R;
    if (rm.base != HR_NONE && (rm.base & 8))
        rex |= REX | REX_B;
    if (rm.index != HR_NONE && (rm.index & 8))
        rex |= REX | REX_X;
    if (byte_regs && ((reg >= HR_SP && reg <= HR_DI) || (!rm.mem && rm.base >= HR_SP && rm.base <= HR_DI)))
        rex |= REX;
    return rex;
}

static void memory(struct asm_buf *a, unsigned reg, struct host_rm rm)
{
    unsigned r = (reg & 7) << 3;
    if (rm.base == HR_NONE) {
        asm_8(a, r | 5);
        asm_32(a, (u32)rm.disp);
        return;
    }
    unsigned mod = rm.disp == 0 && (rm.base & 7) != HR_BP ? 0 : fits_i8(rm.disp) ? 0x40 : 0x80;
    if (rm.index == HR_NONE && (rm.base & 7) != HR_SP) {
        asm_8(a, mod | r | (rm.base & 7));
    } else {
        unsigned index = rm.index == HR_NONE ? HR_SP : rm.index & 7;
        asm_8(a, mod | r | 4);
        asm_8(a, (unsigned)rm.scale << 6 | index << 3 | (rm.base & 7));
    }
    if (mod == 0x40)
        asm_8(a, (u8)rm.disp);
    else if (mod)
        asm_32(a, (u32)rm.disp);
}

void asm_modrm(struct asm_buf *a, u32 opcode, unsigned size, bool byte_regs, unsigned reg,
               struct host_rm rm)
{
    unsigned rex = rex_of(size, byte_regs, reg, rm);
    if (opcode >> 24)
        asm_8(a, opcode >> 24);
    if (size == IR_16)
        asm_8(a, 0x66);
    if (rex)
        asm_8(a, rex);
    if (opcode >> 16 & 0xff)
        asm_8(a, opcode >> 16 & 0xff);
    if (opcode >> 8 & 0xff)
        asm_8(a, opcode >> 8 & 0xff);
    asm_8(a, opcode & 0xff);
    if (rm.mem)
        memory(a, reg, rm);
    else
        asm_8(a, 0xc0 | (reg & 7) << 3 | (rm.base & 7));
}

void asm_vex(struct asm_buf *a, unsigned map, unsigned pp, u8 opcode, unsigned size, unsigned reg, unsigned v,
             struct host_rm rm)
{
    unsigned rex = rex_of(size, false, reg, rm);
    asm_8(a, 0xc4);
    asm_8(a, (~rex & 7) << 5 | map);
    asm_8(a, (size == IR_64 ? 0x80 : 0) | (~v & 15) << 3 | pp);
    asm_8(a, opcode);
    if (rm.mem)
        memory(a, reg, rm);
    else
        asm_8(a, 0xc0 | (reg & 7) << 3 | (rm.base & 7));
}

void asm_rorx(struct asm_buf *a, unsigned size, u8 to, struct host_rm from, u8 n)
{
    asm_vex(a, 3, 3, 0xf0, size, to, 0, from);
    asm_8(a, n);
}

void asm_shiftx(struct asm_buf *a, enum host_shift op, unsigned size, u8 to, struct host_rm from, u8 count)
{
    unsigned pp = op == SHIFT_SHL ? 1 : op == SHIFT_SHR ? 3 : 2;
    asm_vex(a, 2, pp, 0xf7, size, to, count, from);
}

void asm_movzx(struct asm_buf *a, unsigned size, u8 reg, struct host_rm rm)
{
    if (size >= IR_32)
        asm_load(a, size, reg, rm);
    else
        asm_modrm(a, size == IR_8 ? 0x0fb6 : 0x0fb7, IR_32, size == IR_8, reg, rm);
}

void asm_movsx(struct asm_buf *a, unsigned size, unsigned to, u8 reg, struct host_rm rm)
{
    if (size >= to)
        asm_load(a, to, reg, rm);
    else if (size == IR_32)
        asm_modrm(a, 0x63, IR_64, false, reg, rm);
    else
        asm_modrm(a, size == IR_8 ? 0x0fbe : 0x0fbf, to, size == IR_8, reg, rm);
}

void asm_movi(struct asm_buf *a, u8 reg, u64 imm)
{
    if (imm == (u32)imm) {
        if (reg & 8)
            asm_8(a, REX | REX_B);
        asm_8(a, 0xb8 | (reg & 7));
        asm_32(a, (u32)imm);
    } else if (fits_i32((i64)imm)) {
        asm_modrm(a, 0xc7, IR_64, false, 0, rm_reg(reg));
        asm_32(a, (u32)imm);
    } else {
        asm_8(a, REX | REX_W | (reg & 8 ? REX_B : 0));
        asm_8(a, 0xb8 | (reg & 7));
        asm_64(a, imm);
    }
}

void asm_store_imm(struct asm_buf *a, struct host_rm rm, i32 imm)
{
    asm_modrm(a, 0xc7, IR_64, false, 0, rm);
    asm_32(a, (u32)imm);
}

static void immediate(struct asm_buf *a, unsigned size, u32 imm)
{
    if (size == IR_8) {
        asm_8(a, imm);
    } else if (size == IR_16) {
        asm_8(a, imm & 0xff);
        asm_8(a, imm >> 8 & 0xff);
    } else {
        asm_32(a, imm);
    }
}

void asm_alu_imm(struct asm_buf *a, enum host_alu op, unsigned size, struct host_rm rm, i32 imm)
{
    if (size != IR_8 && fits_i8(imm)) {
        asm_modrm(a, 0x83, size, false, op, rm);
        asm_8(a, (u8)imm);
        return;
    }
    asm_op(a, 0x81, size, op, rm);
    immediate(a, size, (u32)imm);
}

void asm_test_imm(struct asm_buf *a, unsigned size, u8 reg, u32 imm)
{
    asm_op(a, 0xf7, size, 0, rm_reg(reg));
    immediate(a, size, imm);
}

void asm_shift_imm(struct asm_buf *a, enum host_shift op, unsigned size, struct host_rm rm, u8 n)
{
    asm_op(a, 0xc1, size, op, rm);
    asm_8(a, n);
}

void asm_shift_cl(struct asm_buf *a, enum host_shift op, unsigned size, struct host_rm rm)
{
    asm_op(a, 0xd3, size, op, rm);
}

void asm_push(struct asm_buf *a, u8 reg)
{
    if (reg & 8)
        asm_8(a, REX | REX_B);
    asm_8(a, 0x50 | (reg & 7));
}

void asm_pop(struct asm_buf *a, u8 reg)
{
    if (reg & 8)
        asm_8(a, REX | REX_B);
    asm_8(a, 0x58 | (reg & 7));
}

void asm_ret(struct asm_buf *a)
{
    asm_8(a, 0xc3);
}

static u8 *relative(struct asm_buf *a, const u8 *to)
{
    u8 *jump = a->at;
    asm_32(a, 0);
    if (to)
        asm_patch(jump, to);
    return jump;
}

u8 *asm_jcc(struct asm_buf *a, enum host_cc cc, const u8 *to)
{
    asm_8(a, 0x0f);
    asm_8(a, 0x80 | cc);
    return relative(a, to);
}

u8 *asm_jmp(struct asm_buf *a, const u8 *to)
{
    asm_8(a, 0xe9);
    return relative(a, to);
}

void asm_call(struct asm_buf *a, const u8 *to)
{
    asm_8(a, 0xe8);
    relative(a, to);
}

void asm_patch(u8 *jump, const u8 *to)
{
    i64 distance = to - (jump + 4);
    CHECK(fits_i32(distance));
    i32 d = (i32)distance;
    memcpy(jump, &d, 4);
}

void asm_jmp_rm(struct asm_buf *a, struct host_rm rm)
{
    asm_modrm(a, 0xff, IR_32, false, 4, rm);
}

void asm_call_rm(struct asm_buf *a, struct host_rm rm)
{
    asm_modrm(a, 0xff, IR_32, false, 2, rm);
}
