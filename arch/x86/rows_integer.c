/* rows_integer.c - the integer instructions: data movement, arithmetic, logic, control, strings */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Laid out after the opcode maps of SDM vol. 2, appendix A. "+r" also writes eight condition codes. */
#include "arch/x86/emit.h"
#include "arch/x86/features.h"

/* The eight operations of 00 to 3F and of group 1; HIGH are those at 08, 18, ... */
#define ALU_GROUP1(digit, name, op, lock)                                                          \
    {"80 /" digit, name, "Eb,Ib", x86_op_alu, op, lock, 0},                                        \
    {"81 /" digit, name, "Ev,Iz", x86_op_alu, op, lock, 0},                                        \
    {"82 /" digit, name, "Eb,Ib", x86_op_alu, op, lock | ROW_NO64, 0},                             \
    {"83 /" digit, name, "Ev,Ibs", x86_op_alu, op, lock, 0},
#define ALU_LOW(h, digit, name, op, lock)                                                          \
    {h "0 /r", name, "Eb,Gb", x86_op_alu, op, lock, 0},                                            \
    {h "1 /r", name, "Ev,Gv", x86_op_alu, op, lock, 0},                                            \
    {h "2 /r", name, "Gb,Eb", x86_op_alu, op, 0, 0},                                               \
    {h "3 /r", name, "Gv,Ev", x86_op_alu, op, 0, 0},                                               \
    {h "4", name, "AL,Ib", x86_op_alu, op, 0, 0},                                                  \
    {h "5", name, "rAX,Iz", x86_op_alu, op, 0, 0},                                                 \
    ALU_GROUP1(digit, name, op, lock)
#define ALU_HIGH(h, digit, name, op, lock)                                                         \
    {h "8 /r", name, "Eb,Gb", x86_op_alu, op, lock, 0},                                            \
    {h "9 /r", name, "Ev,Gv", x86_op_alu, op, lock, 0},                                            \
    {h "A /r", name, "Gb,Eb", x86_op_alu, op, 0, 0},                                               \
    {h "B /r", name, "Gv,Ev", x86_op_alu, op, 0, 0},                                               \
    {h "C", name, "AL,Ib", x86_op_alu, op, 0, 0},                                                  \
    {h "D", name, "rAX,Iz", x86_op_alu, op, 0, 0},                                                 \
    ALU_GROUP1(digit, name, op, lock)
/* Group 2. */
#define SHIFT_ROWS(digit, name, emit, op)                                                          \
    {"C0 /" digit, name, "Eb,Ib", emit, op, 0, 0}, {"C1 /" digit, name, "Ev,Ib", emit, op, 0, 0},  \
    {"D0 /" digit, name, "Eb,1", emit, op, 0, 0},  {"D1 /" digit, name, "Ev,1", emit, op, 0, 0},   \
    {"D2 /" digit, name, "Eb,CL", emit, op, 0, 0}, {"D3 /" digit, name, "Ev,CL", emit, op, 0, 0},
#define STRING_ROWS(b, v, name, operands_b, operands_v, op)                                        \
    {b, name, operands_b, x86_op_string, op, ROW_REP, 0}, {v, name, operands_v, x86_op_string, op, ROW_REP, 0},

const struct x86_row x86_rows_integer[] = {
    ALU_LOW("0", "0", "ADD", ALU_ADD, ROW_LOCK)
    ALU_HIGH("0", "1", "OR", ALU_OR, ROW_LOCK)
    ALU_LOW("1", "2", "ADC", ALU_ADC, ROW_LOCK)
    ALU_HIGH("1", "3", "SBB", ALU_SBB, ROW_LOCK)
    ALU_LOW("2", "4", "AND", ALU_AND, ROW_LOCK)
    ALU_HIGH("2", "5", "SUB", ALU_SUB, ROW_LOCK)
    ALU_LOW("3", "6", "XOR", ALU_XOR, ROW_LOCK)
    ALU_HIGH("3", "7", "CMP", ALU_CMP, 0)

    /* Decimal. */
    {"27", "DAA", "", x86_op_decimal, DECIMAL_DAA, ROW_NO64, 0},
    {"2F", "DAS", "", x86_op_decimal, DECIMAL_DAS, ROW_NO64, 0},
    {"37", "AAA", "", x86_op_decimal, DECIMAL_AAA, ROW_NO64, 0},
    {"3F", "AAS", "", x86_op_decimal, DECIMAL_AAS, ROW_NO64, 0},
    {"D4", "AAM", "Ib", x86_op_aam, 0, ROW_NO64, 0},
    {"D5", "AAD", "Ib", x86_op_aad, 0, ROW_NO64, 0},

    /* One operand. */
    {"40+r", "INC", "Zv", x86_op_inc, 0, ROW_NO64, 0},
    {"48+r", "DEC", "Zv", x86_op_dec, 0, ROW_NO64, 0},
    {"FE /0", "INC", "Eb", x86_op_inc, 0, ROW_LOCK, 0},
    {"FE /1", "DEC", "Eb", x86_op_dec, 0, ROW_LOCK, 0},
    {"FF /0", "INC", "Ev", x86_op_inc, 0, ROW_LOCK, 0},
    {"FF /1", "DEC", "Ev", x86_op_dec, 0, ROW_LOCK, 0},
    {"F6 /0", "TEST", "Eb,Ib", x86_op_test, 0, 0, 0},
    {"F6 /1", "TEST", "Eb,Ib", x86_op_test, 0, 0, 0},
    {"F6 /2", "NOT", "Eb", x86_op_not, 0, ROW_LOCK, 0},
    {"F6 /3", "NEG", "Eb", x86_op_neg, 0, ROW_LOCK, 0},
    {"F6 /4", "MUL", "Eb", x86_op_mul, 0, 0, 0},
    {"F6 /5", "IMUL", "Eb", x86_op_imul, 0, 0, 0},
    {"F6 /6", "DIV", "Eb", x86_op_div, 0, 0, 0},
    {"F6 /7", "IDIV", "Eb", x86_op_div, 1, 0, 0},
    {"F7 /0", "TEST", "Ev,Iz", x86_op_test, 0, 0, 0},
    {"F7 /1", "TEST", "Ev,Iz", x86_op_test, 0, 0, 0},
    {"F7 /2", "NOT", "Ev", x86_op_not, 0, ROW_LOCK, 0},
    {"F7 /3", "NEG", "Ev", x86_op_neg, 0, ROW_LOCK, 0},
    {"F7 /4", "MUL", "Ev", x86_op_mul, 0, 0, 0},
    {"F7 /5", "IMUL", "Ev", x86_op_imul, 0, 0, 0},
    {"F7 /6", "DIV", "Ev", x86_op_div, 0, 0, 0},
    {"F7 /7", "IDIV", "Ev", x86_op_div, 1, 0, 0},
    {"0F AF /r", "IMUL", "Gv,Ev", x86_op_imul2, 0, 0, 0},
    {"69 /r", "IMUL", "Gv,Ev,Iz", x86_op_imul2, 0, 0, 0},
    {"6B /r", "IMUL", "Gv,Ev,Ibs", x86_op_imul2, 0, 0, 0},
    {"84 /r", "TEST", "Eb,Gb", x86_op_test, 0, 0, 0},
    {"85 /r", "TEST", "Ev,Gv", x86_op_test, 0, 0, 0},
    {"A8", "TEST", "AL,Ib", x86_op_test, 0, 0, 0},
    {"A9", "TEST", "rAX,Iz", x86_op_test, 0, 0, 0},
    {"98", "CBW", "", x86_op_cbw, 0, 0, 0},
    {"99", "CWD", "", x86_op_cwd, 0, 0, 0},

    SHIFT_ROWS("0", "ROL", x86_op_rotate, SHIFT_ROL)
    SHIFT_ROWS("1", "ROR", x86_op_rotate, SHIFT_ROR)
    SHIFT_ROWS("2", "RCL", x86_op_rotate_carry, SHIFT_RCL)
    SHIFT_ROWS("3", "RCR", x86_op_rotate_carry, SHIFT_RCR)
    SHIFT_ROWS("4", "SHL", x86_op_shift, SHIFT_SHL)
    SHIFT_ROWS("5", "SHR", x86_op_shift, SHIFT_SHR)
    SHIFT_ROWS("6", "SHL", x86_op_shift, SHIFT_SHL) /* an alias */
    SHIFT_ROWS("7", "SAR", x86_op_shift, SHIFT_SAR)
    {"0F A4 /r", "SHLD", "Ev,Gv,Ib", x86_op_shd, 0, 0, 0},
    {"0F A5 /r", "SHLD", "Ev,Gv,CL", x86_op_shd, 0, 0, 0},
    {"0F AC /r", "SHRD", "Ev,Gv,Ib", x86_op_shd, 1, 0, 0},
    {"0F AD /r", "SHRD", "Ev,Gv,CL", x86_op_shd, 1, 0, 0},

    /* Bits. */
    {"0F A3 /r", "BT", "Ev,Gv", x86_op_bt, BIT_TEST, 0, 0},
    {"0F AB /r", "BTS", "Ev,Gv", x86_op_bt, BIT_SET, ROW_LOCK, 0},
    {"0F B3 /r", "BTR", "Ev,Gv", x86_op_bt, BIT_RESET, ROW_LOCK, 0},
    {"0F BB /r", "BTC", "Ev,Gv", x86_op_bt, BIT_COMPLEMENT, ROW_LOCK, 0},
    {"0F BA /4", "BT", "Ev,Ib", x86_op_bt, BIT_TEST, 0, 0},
    {"0F BA /5", "BTS", "Ev,Ib", x86_op_bt, BIT_SET, ROW_LOCK, 0},
    {"0F BA /6", "BTR", "Ev,Ib", x86_op_bt, BIT_RESET, ROW_LOCK, 0},
    {"0F BA /7", "BTC", "Ev,Ib", x86_op_bt, BIT_COMPLEMENT, ROW_LOCK, 0},
    {"0F BC /r", "BSF", "Gv,Ev", x86_op_bsf, 0, 0, 0},
    {"0F BD /r", "BSR", "Gv,Ev", x86_op_bsr, 0, 0, 0},
    {"F3 0F B8 /r", "POPCNT", "Gv,Ev", x86_op_popcnt, 0, 0, X86_FEATURE_POPCNT},
    {"0F C8+r", "BSWAP", "Zv", x86_op_bswap, 0, 0, 0},
    {"NP 0F 38 F0 /r", "MOVBE", "Gv,Mv", x86_op_movbe, 0, 0, X86_FEATURE_MOVBE},
    {"66 0F 38 F0 /r", "MOVBE", "Gv,Mv", x86_op_movbe, 0, 0, X86_FEATURE_MOVBE},
    {"NP 0F 38 F1 /r", "MOVBE", "Mv,Gv", x86_op_movbe, 0, 0, X86_FEATURE_MOVBE},
    {"66 0F 38 F1 /r", "MOVBE", "Mv,Gv", x86_op_movbe, 0, 0, X86_FEATURE_MOVBE},
    {"F2 0F 38 F0 /r", "CRC32", "Gd,Eb", x86_op_crc32, 0, 0, X86_FEATURE_SSE42},
    {"F2 0F 38 F1 /r", "CRC32", "Gd,Ev", x86_op_crc32, 0, 0, X86_FEATURE_SSE42},

    /* Moves. */
    {"88 /r", "MOV", "Eb,Gb", x86_op_mov, 0, 0, 0},
    {"89 /r", "MOV", "Ev,Gv", x86_op_mov, 0, 0, 0},
    {"8A /r", "MOV", "Gb,Eb", x86_op_mov, 0, 0, 0},
    {"8B /r", "MOV", "Gv,Ev", x86_op_mov, 0, 0, 0},
    {"8C /r", "MOV", "Rv/Mw,Sw", x86_op_mov_from_seg, 0, 0, 0},
    {"A0", "MOV", "AL,Ob", x86_op_mov, 0, 0, 0},
    {"A1", "MOV", "rAX,Ov", x86_op_mov, 0, 0, 0},
    {"A2", "MOV", "Ob,AL", x86_op_mov, 0, 0, 0},
    {"A3", "MOV", "Ov,rAX", x86_op_mov, 0, 0, 0},
    {"B0+r", "MOV", "Zb,Ib", x86_op_mov, 0, 0, 0},
    {"B8+r", "MOV", "Zv,Iv", x86_op_mov, 0, 0, 0},
    {"C6 /0", "MOV", "Eb,Ib", x86_op_mov, 0, 0, 0},
    {"C7 /0", "MOV", "Ev,Iz", x86_op_mov, 0, 0, 0},
    {"63 /r", "MOVSXD", "Gv,Ez", x86_op_movsx, 0, ROW_ONLY64, 0},
    {"0F B6 /r", "MOVZX", "Gv,Eb", x86_op_movzx, 0, 0, 0},
    {"0F B7 /r", "MOVZX", "Gv,Ew", x86_op_movzx, 0, 0, 0},
    {"0F BE /r", "MOVSX", "Gv,Eb", x86_op_movsx, 0, 0, 0},
    {"0F BF /r", "MOVSX", "Gv,Ew", x86_op_movsx, 0, 0, 0},
    {"8D /r", "LEA", "Gv,M", x86_op_lea, 0, 0, 0},
    {"86 /r", "XCHG", "Eb,Gb", x86_op_xchg, 0, ROW_LOCK, 0},
    {"87 /r", "XCHG", "Ev,Gv", x86_op_xchg, 0, ROW_LOCK, 0},
    {"90+r", "XCHG", "Zv,rAX", x86_op_xchg, 0, 0, 0},
    {"F3 90", "PAUSE", "Zv,rAX", x86_op_pause, 0, 0, 0},
    {"0F C0 /r", "XADD", "Eb,Gb", x86_op_xadd, 0, ROW_LOCK, 0},
    {"0F C1 /r", "XADD", "Ev,Gv", x86_op_xadd, 0, ROW_LOCK, 0},
    {"0F B0 /r", "CMPXCHG", "Eb,Gb", x86_op_cmpxchg, 0, ROW_LOCK, 0},
    {"0F B1 /r", "CMPXCHG", "Ev,Gv", x86_op_cmpxchg, 0, ROW_LOCK, 0},
    {"0F C7 /1", "CMPXCHG8B", "Mq", x86_op_cmpxchg8b, X86_FEATURE_CX16, ROW_LOCK, X86_FEATURE_CX8},
    {"0F 40+r", "CMOVcc", "Gv,Ev", x86_op_cmov, 0, 0, X86_FEATURE_CMOV},
    {"0F 48+r", "CMOVcc", "Gv,Ev", x86_op_cmov, 0, 0, X86_FEATURE_CMOV},
    {"0F 90+r", "SETcc", "Eb", x86_op_setcc, 0, 0, 0},
    {"0F 98+r", "SETcc", "Eb", x86_op_setcc, 0, 0, 0},
    {"D7", "XLAT", "", x86_op_xlat, 0, 0, 0},

    /* The stack. */
    {"06", "PUSH", "ES", x86_op_push, 0, ROW_NO64, 0},
    {"0E", "PUSH", "CS", x86_op_push, 0, ROW_NO64, 0},
    {"16", "PUSH", "SS", x86_op_push, 0, ROW_NO64, 0},
    {"1E", "PUSH", "DS", x86_op_push, 0, ROW_NO64, 0},
    {"0F A0", "PUSH", "FS", x86_op_push, 0, ROW_DEF64, 0},
    {"0F A8", "PUSH", "GS", x86_op_push, 0, ROW_DEF64, 0},
    {"50+r", "PUSH", "Zv", x86_op_push, 0, ROW_DEF64, 0},
    {"68", "PUSH", "Iz", x86_op_push, 0, ROW_DEF64, 0},
    {"6A", "PUSH", "Ibs", x86_op_push, 0, ROW_DEF64, 0},
    {"FF /6", "PUSH", "Ev", x86_op_push, 0, ROW_DEF64, 0},
    {"58+r", "POP", "Zv", x86_op_pop, 0, ROW_DEF64, 0},
    {"8F /0", "POP", "Ev", x86_op_pop, 0, ROW_DEF64, 0},
    {"60", "PUSHA", "", x86_op_pusha, 0, ROW_NO64, 0},
    {"61", "POPA", "", x86_op_popa, 0, ROW_NO64, 0},
    {"9C", "PUSHF", "", x86_op_pushf, 0, ROW_DEF64, 0},
    {"9D", "POPF", "", x86_op_popf, 0, ROW_DEF64, 0},
    {"C8", "ENTER", "Iw,Ib", x86_op_enter, 0, ROW_DEF64, 0},
    {"C9", "LEAVE", "", x86_op_leave, 0, ROW_DEF64, 0},

    /* Branches. */
    {"70+r", "Jcc", "Jb", x86_op_jcc, 0, ROW_FORCE64, 0},
    {"78+r", "Jcc", "Jb", x86_op_jcc, 0, ROW_FORCE64, 0},
    {"0F 80+r", "Jcc", "Jz", x86_op_jcc, 0, ROW_FORCE64, 0},
    {"0F 88+r", "Jcc", "Jz", x86_op_jcc, 0, ROW_FORCE64, 0},
    {"E0", "LOOPNE", "Jb", x86_op_loop, 0, ROW_FORCE64, 0},
    {"E1", "LOOPE", "Jb", x86_op_loop, 0, ROW_FORCE64, 0},
    {"E2", "LOOP", "Jb", x86_op_loop, 0, ROW_FORCE64, 0},
    {"E3", "JCXZ", "Jb", x86_op_jcxz, 0, ROW_FORCE64, 0},
    {"E8", "CALL", "Jz", x86_op_call, 0, ROW_FORCE64, 0},
    {"FF /2", "CALL", "Ev", x86_op_call, 0, ROW_FORCE64, 0},
    {"E9", "JMP", "Jz", x86_op_jmp, 0, ROW_FORCE64, 0},
    {"EB", "JMP", "Jb", x86_op_jmp, 0, ROW_FORCE64, 0},
    {"FF /4", "JMP", "Ev", x86_op_jmp, 0, ROW_FORCE64, 0},
    {"C2", "RET", "Iw", x86_op_ret, 0, ROW_FORCE64, 0},
    {"C3", "RET", "", x86_op_ret, 0, ROW_FORCE64, 0},
    {"CC", "INT3", "", x86_op_int, EXC_BP, 0, 0},
    {"CD", "INT", "Ib", x86_op_int, 0, 0, 0},
    {"CE", "INTO", "", x86_op_into, 0, ROW_NO64, 0},
    {"F1", "INT1", "", x86_op_int, EXC_DB, 0, 0},
    {"62 /r", "BOUND", "Gv,Ma", x86_op_bound, 0, ROW_NO64, 0},
    {"0F 0B", "UD2", "", x86_op_ud, 0, 0, 0},
    {"0F B9 /r", "UD1", "Gv,Ev", x86_op_ud, 0, 0, 0},
    {"0F FF /r", "UD0", "Gv,Ev", x86_op_ud, 0, 0, 0},

    /* Flags. */
    {"9E", "SAHF", "", x86_op_sahf, 0, ROW_NO64, 0},
    {"9E", "SAHF", "", x86_op_sahf, 0, ROW_ONLY64, X86_FEATURE_LAHF_LM},
    {"9F", "LAHF", "", x86_op_lahf, 0, ROW_NO64, 0},
    {"9F", "LAHF", "", x86_op_lahf, 0, ROW_ONLY64, X86_FEATURE_LAHF_LM},
    {"D6", "SALC", "", x86_op_salc, 0, ROW_NO64, 0},
    {"F5", "CMC", "", x86_op_cmc, 0, 0, 0},
    {"F8", "CLC", "", x86_op_clc, 0, 0, 0},
    {"F9", "STC", "", x86_op_stc, 0, 0, 0},
    {"FC", "CLD", "", x86_op_cld, 0, 0, 0},
    {"FD", "STD", "", x86_op_std, 0, 0, 0},

    /* Hints: prefetches, ENDBR, multi-byte NOP. */
    {"0F 0D /r", "PREFETCHW", "Ev", x86_op_nop, 0, 0, 0},
    {"0F 18+r", "NOP", "Ev", x86_op_nop, 0, 0, 0},

    STRING_ROWS("A4", "A5", "MOVS", "Yb,Xb", "Yv,Xv", STRING_MOVS)
    STRING_ROWS("A6", "A7", "CMPS", "Xb,Yb", "Xv,Yv", STRING_CMPS)
    STRING_ROWS("AA", "AB", "STOS", "Yb,AL", "Yv,rAX", STRING_STOS)
    STRING_ROWS("AC", "AD", "LODS", "AL,Xb", "rAX,Xv", STRING_LODS)
    STRING_ROWS("AE", "AF", "SCAS", "AL,Yb", "rAX,Yv", STRING_SCAS)
    {0},
};
