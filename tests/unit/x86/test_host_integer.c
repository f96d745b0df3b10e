/* test_host_integer.c - integer instructions compared with the host's processor */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Flags that the SDM leaves undefined are listed with each template and not compared. */
#include <criterion/criterion.h>

#include "common_host.h"

enum { RCX = 1, RDX, RBX, RSP, RBP, RSI, RDI };

#define MULTIPLY_UNDEFINED (HOST_SF | HOST_ZF | HOST_AF | HOST_PF)
#define ALL (HOST_CF | HOST_PF | HOST_AF | HOST_ZF | HOST_SF | HOST_OF)
#define BT_UNDEFINED (HOST_OF | HOST_SF | HOST_AF | HOST_PF)
#define SCAN_UNDEFINED (HOST_CF | BT_UNDEFINED)

#define ALU(h, l, m, n, o, p, q, digit, text, undef, lock)                                         \
    {.encoding = h l " /r", .name = text " Eb,Gb", .flags = HT_B | lock, .undefined = undef},      \
    {.encoding = h m " /r", .name = text " Ev,Gv", .flags = HT_V | lock, .undefined = undef},      \
    {.encoding = h n " /r", .name = text " Gb,Eb", .flags = HT_B, .undefined = undef},             \
    {.encoding = h o " /r", .name = text " Gv,Ev", .flags = HT_V, .undefined = undef},             \
    {.encoding = h p " ib", .name = text " AL,Ib", .flags = HT_B | HT_FIXED, .undefined = undef},  \
    {.encoding = h q " iz", .name = text " rAX,Iz", .flags = HT_V | HT_FIXED, .undefined = undef}, \
    {.encoding = "80 /" digit " ib", .name = text " Eb,Ib", .flags = HT_B | lock, .undefined = undef}, \
    {.encoding = "81 /" digit " iz", .name = text " Ev,Iz", .flags = HT_V | lock, .undefined = undef}, \
    {.encoding = "83 /" digit " ib", .name = text " Ev,Ibs", .flags = HT_V | lock, .undefined = undef},
#define ALU_LOW(h, digit, text, undef) ALU(h, "0", "1", "2", "3", "4", "5", digit, text, undef, HT_LOCK)
#define ALU_HIGH(h, digit, text, undef, lock) ALU(h, "8", "9", "A", "B", "C", "D", digit, text, undef, lock)

#define ONE_OPERAND(digit, text, undef, lock)                                                      \
    {.encoding = "F6 /" digit, .name = text " Eb", .flags = HT_B | lock, .undefined = undef},      \
    {.encoding = "F7 /" digit, .name = text " Ev", .flags = HT_V | lock, .undefined = undef},

/* OF is defined for a count of one only; AF never. */
#define SHIFT(digit, text, af)                                                                     \
    {.encoding = "D0 /" digit, .name = text " Eb,1", .flags = HT_B, .undefined = af},              \
    {.encoding = "D1 /" digit, .name = text " Ev,1", .flags = HT_V, .undefined = af},              \
    {.encoding = "D2 /" digit, .name = text " Eb,CL", .flags = HT_B, .undefined = af | HOST_OF,    \
     .gen = small_count},                                                                          \
    {.encoding = "D3 /" digit, .name = text " Ev,CL", .flags = HT_V, .undefined = af | HOST_OF,    \
     .gen = small_count},                                                                          \
    {.encoding = "C0 /" digit " ib", .name = text " Eb,Ib", .flags = HT_B, .undefined = af | HOST_OF}, \
    {.encoding = "C1 /" digit " ib", .name = text " Ev,Ib", .flags = HT_V, .undefined = af | HOST_OF},

static void small_count(struct host_gen *g)
{
    HOST_EMIT(g, 0xb1, (unsigned char)(host_below(g, 3) ? host_below(g, 34) : host_below(g, 256))); /* MOV CL */
}

/* Mostly quotients that fit. */
static void before_divide(struct host_gen *g)
{
    switch (host_below(g, 4)) {
    case 0: host_mov_imm(g, RDX, 0); break;
    case 1: host_mov_imm(g, RDX, host_below(g, 16)); break;
    case 2: HOST_EMIT(g, 0x99); break; /* CDQ */
    default: HOST_EMIT(g, 0x66, 0x98); break; /* CBW */
    }
}

/* A count of at most 15: beyond the operand size the 16-bit forms are undefined altogether. */
static void count_below_16(struct host_gen *g)
{
    HOST_EMIT(g, 0xb1, (unsigned char)host_below(g, 16));
}

static void shd16(struct host_gen *g)
{
    unsigned char op = host_below(g, 2) ? 0xa4 : 0xac;
    HOST_EMIT(g, 0x66, 0x0f, op, (unsigned char)(0xc0 | (host_gpr(g) & 3) << 3 | (host_gpr(g) & 3)),
              (unsigned char)host_below(g, 16));
}

/* BT and family with a register offset that reaches over the window. */
static void bit_offset(struct host_gen *g)
{
    static const u8 ops[] = {0xa3, 0xab, 0xb3, 0xbb};
    unsigned size = host_below(g, host_is32(g) ? 2 : 3), bits = host_below(g, 0x6000);

    host_mov_imm(g, RSI, HOST_WINDOW + 0x1000);
    host_mov_imm(g, RDI, (u64)bits - 0x3000);
    if (size == 0)
        HOST_EMIT(g, 0x66);
    if (size == 2)
        HOST_EMIT(g, 0x48);
    HOST_EMIT(g, 0x0f, ops[host_below(g, 4)], 0x7e, (u8)host_below(g, 100));
}

/* A string instruction, repeated or not, in either direction, perhaps over overlapping operands. */
static void string(struct host_gen *g)
{
    static const u8 ops[] = {0xa4, 0xa6, 0xaa, 0xac, 0xae};
    u8 op = ops[host_below(g, 5)];
    unsigned size = host_below(g, host_is32(g) ? 3 : 4);
    u32 from = HOST_WINDOW + 0x400 + host_below(g, 0x1000);
    u32 to = host_below(g, 2) ? from + host_below(g, 32) - 16
                              : HOST_WINDOW + 0x400 + host_below(g, 0x1000);

    HOST_EMIT(g, host_below(g, 2) ? 0xfd : 0xfc);
    host_mov_imm(g, RSI, from);
    host_mov_imm(g, RDI, to);
    host_mov_imm(g, RCX, host_below(g, 4) ? host_below(g, 100) : 0);
    if (host_below(g, 4) == 0)
        host_mov_imm(g, 0, host_below(g, 3));
    if (host_below(g, 8) == 0)
        HOST_EMIT(g, 0x67 - (host_is32(g) ? 0x29 : 0)); /* in 32-bit code a DS prefix: 16 bits do not reach */
    if (host_below(g, 3))
        HOST_EMIT(g, host_below(g, 2) ? 0xf3 : 0xf2);
    if (size == 1)
        HOST_EMIT(g, 0x66);
    if (size == 3)
        HOST_EMIT(g, 0x48);
    HOST_EMIT(g, (u8)(op | (size != 0)), 0xfc);
}

/* Runs off the window's end: the registers must be those of the iteration that faults. */
static void string_fault(struct host_gen *g)
{
    if (host_below(g, 20))
        return;
    host_mov_imm(g, RSI, HOST_WINDOW + HOST_WINDOW_SIZE - host_below(g, 64));
    host_mov_imm(g, RDI, HOST_WINDOW + host_below(g, 64));
    host_mov_imm(g, RCX, 100);
    HOST_EMIT(g, host_below(g, 2) ? 0xfc : 0xfd, 0xf3, host_below(g, 2) ? 0xa4 : 0xa5);
}

static void jump(struct host_gen *g)
{
    if (host_below(g, 2))
        HOST_EMIT(g, (u8)(0x70 | host_below(g, 16)), 5);
    else
        HOST_EMIT(g, 0x0f, (u8)(0x80 | host_below(g, 16)), 5, 0, 0, 0);
    HOST_EMIT(g, 0xb8, 1, 2, 3, 4); /* skipped or not: MOV EAX */
}

static void loop(struct host_gen *g)
{
    host_mov_imm(g, RCX, 1 + host_below(g, 20));
    HOST_EMIT(g, 0x83, 0xc3, 3);                              /* ADD EBX, 3 */
    HOST_EMIT(g, 0x80, 0xfb, (u8)host_below(g, 64));          /* CMP BL */
    HOST_EMIT(g, (u8)(0xe0 | host_below(g, 3)), (u8)-8);      /* LOOPcc */
    HOST_EMIT(g, 0xe3, 1, 0x90);                              /* JRCXZ over a NOP */
}

static void call(struct host_gen *g)
{
    switch (host_below(g, 3)) {
    case 0: HOST_EMIT(g, 0xe8, 0, 0, 0, 0, 0x58 | RDI); break;              /* CALL next; POP RDI */
    case 1: HOST_EMIT(g, 0xe8, 2, 0, 0, 0, 0xeb, 1, 0xc3); break;           /* CALL a RET */
    default: HOST_EMIT(g, 0xe8, 0, 0, 0, 0, 0x58 | RDI, 0x83, 0xc7, 6, 0xff, 0xe7); break; /* JMP RDI */
    }
}

static void push_pop(struct host_gen *g)
{
    switch (host_below(g, 7)) {
    case 0: HOST_EMIT(g, 0x54, 0x58 | RBX); break;                          /* PUSH RSP; POP RBX */
    case 1: HOST_EMIT(g, 0x68, 1, 2, 3, 0x84, 0x58 | RSI); break;
    case 2: HOST_EMIT(g, 0x6a, 0x81, 0x8f, 0x04, 0x24, 0x58 | RSI); break;  /* POP [RSP] */
    case 3: HOST_EMIT(g, 0x66, 0x50 | RDX, 0x66, 0x58 | RBX); break;
    case 4: HOST_EMIT(g, 0xff, 0x74, 0x24, 0x10, 0x8f, 0x44, 0x24, 0x18); break;
    case 5: HOST_EMIT(g, 0x50 | RDX, 0x5c, 0xbc); host_emit_int(g, HOST_STACK, 4); break; /* POP RSP */
    default: HOST_EMIT(g, 0x9c, 0x58 | RBX); break;                         /* PUSHF */
    }
}

static void pop_flags(struct host_gen *g)
{
    HOST_EMIT(g, 0x68);
    host_emit_int(g, host_rand(g) & 0x8d5, 4);
    HOST_EMIT(g, 0x9d);
}

static void enter_leave(struct host_gen *g)
{
    host_mov_imm(g, RBP, HOST_STACK + 0x200);
    HOST_EMIT(g, 0xc8, (u8)host_below(g, 200), 0, (u8)(host_below(g, 2) ? host_below(g, 7) : 0));
    if (host_below(g, 2))
        HOST_EMIT(g, 0xc9);
    else
        host_mov_imm(g, RSP, HOST_STACK);
}

static void pusha_popa(struct host_gen *g)
{
    if (host_below(g, 2))
        HOST_EMIT(g, 0x60, 0x61);
    else
        HOST_EMIT(g, 0x66, 0x60, 0x58, 0x5b, 0x59, 0x5a, 0x66, 0x61, 0xbc),
            host_emit_int(g, HOST_STACK, 4);
}

/* LEA of anything, with address-size prefixes. */
static void lea(struct host_gen *g)
{
    u8 modrm = (u8)host_rand(g), mod = modrm >> 6, rm = modrm & 7, sib = (u8)host_rand(g);
    unsigned disp = mod == 1 ? 1 : mod == 2 ? 4 : 0;
    bool a16 = host_is32(g) && host_below(g, 4) == 0;

    modrm = (u8)((modrm & 0xc7) | (host_gpr(g) & 7) << 3);
    if ((modrm >> 3 & 7) == RSP)
        modrm &= 0xc7;
    if (mod == 3)
        return;
    if (a16) {
        disp = mod == 1 ? 1 : mod == 2 || rm == 6 ? 2 : 0;
        HOST_EMIT(g, 0x67, 0x8d, modrm);
        host_emit_int(g, host_rand(g), disp);
        return;
    }
    if (!host_is32(g) && host_below(g, 4) == 0)
        HOST_EMIT(g, 0x67);
    if (host_below(g, 4) == 0)
        HOST_EMIT(g, 0x66);
    if (!host_is32(g) && host_below(g, 2))
        HOST_EMIT(g, (u8)(0x48 | (host_rand(g) & 3)));
    HOST_EMIT(g, 0x8d, modrm);
    if (rm == 4) {
        HOST_EMIT(g, sib);
        if ((sib & 7) == 5 && mod == 0)
            disp = 4;
    }
    if (rm == 5 && mod == 0)
        disp = 4;
    host_emit_int(g, host_rand(g), disp);
}

static void moffs(struct host_gen *g)
{
    HOST_EMIT(g, (u8)(0xa0 | host_below(g, 4)));
    host_emit_int(g, host_place(g, 8, false), host_is32(g) ? 4 : 8);
}

static void addr32(struct host_gen *g) /* [EBX + ESI * 4 + disp8] with garbage above */
{
    host_mov_imm(g, RBX, HOST_WINDOW + 0x800 + ((u64)host_rand(g) << 32));
    host_mov_imm(g, RSI, host_below(g, 64) | (u64)host_rand(g) << 32);
    HOST_EMIT(g, 0x67, 0x48, host_below(g, 2) ? 0x8b : 0x01, 0x44, 0xb3, (u8)host_rand(g));
}

static void xlat(struct host_gen *g)
{
    host_mov_imm(g, RBX, HOST_WINDOW + 0x100);
    HOST_EMIT(g, 0xd7);
}

/* CMPXCHG8B or 16B that finds what it expects, or not. */
static void cmpxchg_wide(struct host_gen *g)
{
    bool wide = !host_is32(g) && host_below(g, 2);

    host_mov_imm(g, RSI,
                 HOST_WINDOW + 0x40 + (wide && host_below(g, 8) ? 0 : host_below(g, 2) * 8));
    if (host_below(g, 2)) {
        if (wide)
            HOST_EMIT(g, 0x48, 0x89, 0x06, 0x48, 0x89, 0x56, 8);
        else
            HOST_EMIT(g, 0x89, 0x06, 0x89, 0x56, 4);
    }
    if (host_below(g, 2))
        HOST_EMIT(g, 0xf0);
    if (wide)
        HOST_EMIT(g, 0x48);
    HOST_EMIT(g, 0x0f, 0xc7, 0x0e);
}

static void cmpxchg_equal(struct host_gen *g)
{
    HOST_EMIT(g, 0x89, 0xc3, 0x0f, 0xb1, 0xcb); /* MOV EBX, EAX; CMPXCHG EBX, ECX */
}

static void bad_lock(struct host_gen *g)
{
    if (host_below(g, 20) == 0)
        HOST_EMIT(g, 0xf0, 0x01, 0xd8);
}

static void non_canonical(struct host_gen *g)
{
    if (host_below(g, 20))
        return;
    host_mov_imm(g, RSI, host_rand(g) << 1 | (u64)1 << 62);
    HOST_EMIT(g, 0x48, host_below(g, 2) ? 0x8b : 0x89, 0x0e);
}

/* By RBP or RSP it is the stack: #SS. The moved register is put back where there is no fault. */
static void non_canonical_stack(struct host_gen *g)
{
    static const u8 forms[][6] = {
        {4, 0x48, 0x8b, 0x4d, 0x08},       /* MOV RCX, [RBP+8] */
        {5, 0x48, 0x89, 0x4c, 0x15, 0x00}, /* MOV [RBP+RDX], RCX */
        {5, 0x64, 0x48, 0x8b, 0x4d, 0x00}, /* MOV RCX, FS:[RBP] */
        {4, 0x3e, 0x48, 0x8b, 0x4d},         /* with DS, which means nothing; its displacement follows */
        {3, 0xff, 0x75, 0x00},             /* PUSH [RBP] */
        {3, 0x8f, 0x45, 0x00},             /* POP [RBP] */
        {3, 0xff, 0x65, 0x00},             /* JMP [RBP] */
        {1, 0xc9},                         /* LEAVE */
        {4, 0x48, 0x0f, 0xa3, 0x4d},         /* BT [RBP], RCX */
    };
    const u8 *form = forms[host_below(g, ARRAY_SIZE(forms))];
    if (host_below(g, 20))
        return;
    host_mov_imm(g, RBP, host_rand(g) << 1 | (u64)1 << 62);
    for (unsigned i = 1; i <= form[0]; i++)
        HOST_EMIT(g, form[i]);
    if (form[form[0]] == 0x4d)
        HOST_EMIT(g, 0);
}

/* The branch itself faults, and has done nothing. */
static void non_canonical_target(struct host_gen *g)
{
    static const u8 forms[][4] = {
        {2, 0xff, 0xe6},             /* JMP RSI */
        {2, 0xff, 0xd6},             /* CALL RSI */
        {2, 0x56, 0xc3},             /* PUSH RSI; RET */
        {4, 0x56, 0xc2, 0x08},       /* PUSH RSI; RET 8; its upper byte follows */
    };
    const u8 *form = forms[host_below(g, ARRAY_SIZE(forms))];
    if (host_below(g, 20))
        return;
    host_mov_imm(g, RSI, host_rand(g) << 1 | (u64)1 << 62);
    for (unsigned i = 1; i <= MIN(form[0], 3u); i++)
        HOST_EMIT(g, form[i]);
    if (form[0] == 4)
        HOST_EMIT(g, 0);
}

static void jump_table(struct host_gen *g) /* JMP [mem] to the next instruction */
{
    host_mov_imm(g, RSI, HOST_WINDOW + 0x40);
    HOST_EMIT(g, 0xe8, 0, 0, 0, 0, 0x58 | RDI, 0x83, 0xc7, host_is32(g) ? 8 : 9); /* RDI = behind the JMP */
    if (host_is32(g))
        HOST_EMIT(g, 0x89, 0x3e);
    else
        HOST_EMIT(g, 0x48, 0x89, 0x3e);
    HOST_EMIT(g, 0xff, 0x26);
}

static const struct host_template templates[] = {
    ALU_LOW("0", "0", "add", 0)
    ALU_HIGH("0", "1", "or", HOST_AF, HT_LOCK)
    ALU_LOW("1", "2", "adc", 0)
    ALU_HIGH("1", "3", "sbb", 0, HT_LOCK)
    ALU_LOW("2", "4", "and", HOST_AF)
    ALU_HIGH("2", "5", "sub", 0, HT_LOCK)
    ALU_LOW("3", "6", "xor", HOST_AF)
    ALU_HIGH("3", "7", "cmp", 0, 0)
    ONE_OPERAND("2", "not", 0, HT_LOCK)
    ONE_OPERAND("3", "neg", 0, HT_LOCK)
    ONE_OPERAND("4", "mul", MULTIPLY_UNDEFINED, 0)
    ONE_OPERAND("5", "imul", MULTIPLY_UNDEFINED, 0)
    {.encoding = "F6 /6", .name = "div b", .flags = HT_B, .undefined = ALL, .gen = before_divide},
    {.encoding = "F7 /6", .name = "div v", .flags = HT_V, .undefined = ALL, .gen = before_divide},
    {.encoding = "F6 /7", .name = "idiv b", .flags = HT_B, .undefined = ALL, .gen = before_divide},
    {.encoding = "F7 /7", .name = "idiv v", .flags = HT_V, .undefined = ALL, .gen = before_divide},
    {.encoding = "F6 /0 ib", .name = "test Eb,Ib", .flags = HT_B, .undefined = HOST_AF},
    {.encoding = "F7 /0 iz", .name = "test Ev,Iz", .flags = HT_V, .undefined = HOST_AF},
    {.encoding = "84 /r", .name = "test b", .flags = HT_B, .undefined = HOST_AF},
    {.encoding = "85 /r", .name = "test v", .flags = HT_V, .undefined = HOST_AF},
    {.encoding = "A8 ib", .name = "test AL", .flags = HT_B | HT_FIXED, .undefined = HOST_AF},
    {.encoding = "FE /0", .name = "inc b", .flags = HT_B | HT_LOCK},
    {.encoding = "FE /1", .name = "dec b", .flags = HT_B | HT_LOCK},
    {.encoding = "FF /0", .name = "inc v", .flags = HT_V | HT_LOCK, .weight = 2},
    {.encoding = "FF /1", .name = "dec v", .flags = HT_V | HT_LOCK, .weight = 2},
    {.encoding = "40+r", .name = "inc Zv", .flags = HT_V | HT_NO64},
    {.encoding = "48+r", .name = "dec Zv", .flags = HT_V | HT_NO64},
    {.encoding = "0F AF /r", .name = "imul Gv,Ev", .flags = HT_V, .undefined = MULTIPLY_UNDEFINED},
    {.encoding = "69 /r iz", .name = "imul Gv,Ev,Iz", .flags = HT_V, .undefined = MULTIPLY_UNDEFINED},
    {.encoding = "6B /r ib", .name = "imul Gv,Ev,Ib", .flags = HT_V, .undefined = MULTIPLY_UNDEFINED},
    {.encoding = "98", .name = "cbw", .flags = HT_V | HT_FIXED},
    {.encoding = "99", .name = "cwd", .flags = HT_V | HT_FIXED},
    SHIFT("0", "rol", 0)
    SHIFT("1", "ror", 0)
    SHIFT("2", "rcl", 0)
    SHIFT("3", "rcr", 0)
    SHIFT("4", "shl", HOST_AF)
    SHIFT("5", "shr", HOST_AF)
    SHIFT("6", "sal", HOST_AF)
    SHIFT("7", "sar", HOST_AF)
    {.encoding = "0F A4 /r ib", .name = "shld Ib", .flags = HT_Y, .undefined = HOST_AF | HOST_OF},
    {.encoding = "0F AC /r ib", .name = "shrd Ib", .flags = HT_Y, .undefined = HOST_AF | HOST_OF},
    {.encoding = "0F A5 /r", .name = "shld CL", .flags = HT_Y, .undefined = HOST_AF | HOST_OF, .gen = small_count},
    {.encoding = "0F AD /r", .name = "shrd CL", .flags = HT_Y, .undefined = HOST_AF | HOST_OF, .gen = small_count},
    {.encoding = "0F A5 /r", .name = "shld CL", .flags = HT_V | HT_REG, .undefined = HOST_AF | HOST_OF,
     .gen = count_below_16},
    {.name = "shd16", .gen = shd16, .undefined = HOST_AF | HOST_OF},
    {.encoding = "0F A3 /r", .name = "bt r", .flags = HT_V | HT_REG, .undefined = BT_UNDEFINED},
    {.encoding = "0F AB /r", .name = "bts r", .flags = HT_V | HT_REG, .undefined = BT_UNDEFINED},
    {.encoding = "0F B3 /r", .name = "btr r", .flags = HT_V | HT_REG, .undefined = BT_UNDEFINED},
    {.encoding = "0F BB /r", .name = "btc r", .flags = HT_V | HT_REG, .undefined = BT_UNDEFINED},
    {.encoding = "0F BA /4 ib", .name = "bt Ib", .flags = HT_V, .undefined = BT_UNDEFINED},
    {.encoding = "0F BA /5 ib", .name = "bts Ib", .flags = HT_V | HT_LOCK, .undefined = BT_UNDEFINED},
    {.encoding = "0F BA /6 ib", .name = "btr Ib", .flags = HT_V | HT_LOCK, .undefined = BT_UNDEFINED},
    {.encoding = "0F BA /7 ib", .name = "btc Ib", .flags = HT_V | HT_LOCK, .undefined = BT_UNDEFINED},
    {.name = "bt offset", .gen = bit_offset, .undefined = BT_UNDEFINED, .weight = 2},
    {.encoding = "0F BC /r", .name = "bsf", .flags = HT_V, .undefined = SCAN_UNDEFINED},
    {.encoding = "0F BD /r", .name = "bsr", .flags = HT_V, .undefined = SCAN_UNDEFINED},
    {.encoding = "F3 0F B8 /r", .name = "popcnt", .flags = HT_V},
    {.encoding = "0F C8+r", .name = "bswap", .flags = HT_Y},
    {.encoding = "0F 38 F0 /r", .name = "movbe load", .flags = HT_V | HT_MEM},
    {.encoding = "0F 38 F1 /r", .name = "movbe store", .flags = HT_V | HT_MEM},
    {.encoding = "F2 0F 38 F0 /r", .name = "crc32 b", .flags = HT_Y | HT_MEM, .mem = 1},
    {.encoding = "F2 0F 38 F1 /r", .name = "crc32 v", .flags = HT_V},
    {.encoding = "88 /r", .name = "mov Eb,Gb", .flags = HT_B},
    {.encoding = "89 /r", .name = "mov Ev,Gv", .flags = HT_V},
    {.encoding = "8A /r", .name = "mov Gb,Eb", .flags = HT_B},
    {.encoding = "8B /r", .name = "mov Gv,Ev", .flags = HT_V},
    {.encoding = "B0+r ib", .name = "mov Zb,Ib", .flags = HT_B},
    {.encoding = "B8+r iv", .name = "mov Zv,Iv", .flags = HT_V},
    {.encoding = "C6 /0 ib", .name = "mov Eb,Ib", .flags = HT_B},
    {.encoding = "C7 /0 iz", .name = "mov Ev,Iz", .flags = HT_V},
    {.encoding = "63 /r", .name = "movsxd", .flags = HT_Y | HT_ONLY64},
    {.encoding = "0F B6 /r", .name = "movzx b", .flags = HT_V | HT_MEM},
    {.encoding = "0F B7 /r", .name = "movzx w", .flags = HT_V},
    {.encoding = "0F BE /r", .name = "movsx b", .flags = HT_V | HT_MEM},
    {.encoding = "0F BF /r", .name = "movsx w", .flags = HT_V},
    {.name = "lea", .gen = lea, .weight = 2},
    {.encoding = "86 /r", .name = "xchg b", .flags = HT_B | HT_LOCK},
    {.encoding = "87 /r", .name = "xchg v", .flags = HT_V | HT_LOCK},
    {.encoding = "90+r", .name = "xchg rAX", .flags = HT_V},
    {.encoding = "0F C0 /r", .name = "xadd b", .flags = HT_B | HT_LOCK},
    {.encoding = "0F C1 /r", .name = "xadd v", .flags = HT_V | HT_LOCK},
    {.encoding = "0F B0 /r", .name = "cmpxchg b", .flags = HT_B | HT_LOCK},
    {.encoding = "0F B1 /r", .name = "cmpxchg v", .flags = HT_V | HT_LOCK},
    {.name = "cmpxchg equal", .gen = cmpxchg_equal},
    {.name = "cmpxchg8b", .gen = cmpxchg_wide},
#define CC(digit)                                                                                  \
    {.encoding = "0F 4" digit " /r", .name = "cmov" digit, .flags = HT_V},                         \
    {.encoding = "0F 9" digit " /0", .name = "set" digit, .flags = HT_B},
    CC("0") CC("1") CC("2") CC("3") CC("4") CC("5") CC("6") CC("7")
    CC("8") CC("9") CC("A") CC("B") CC("C") CC("D") CC("E") CC("F")
    {.encoding = "9E", .name = "sahf", .flags = HT_FIXED},
    {.encoding = "9F", .name = "lahf", .flags = HT_FIXED},
    {.encoding = "F5", .name = "cmc", .flags = HT_FIXED},
    {.encoding = "F8", .name = "clc", .flags = HT_FIXED},
    {.encoding = "F9", .name = "stc", .flags = HT_FIXED},
    {.encoding = "0F 1F /0", .name = "nop", .flags = HT_V},
    {.encoding = "D6", .name = "salc", .flags = HT_FIXED | HT_NO64},
    {.encoding = "27", .name = "daa", .flags = HT_FIXED | HT_NO64, .undefined = HOST_OF},
    {.encoding = "2F", .name = "das", .flags = HT_FIXED | HT_NO64, .undefined = HOST_OF},
    {.encoding = "37", .name = "aaa", .flags = HT_FIXED | HT_NO64,
     .undefined = HOST_OF | HOST_SF | HOST_ZF | HOST_PF},
    {.encoding = "3F", .name = "aas", .flags = HT_FIXED | HT_NO64,
     .undefined = HOST_OF | HOST_SF | HOST_ZF | HOST_PF},
    {.encoding = "D4 ib", .name = "aam", .flags = HT_FIXED | HT_NO64, .undefined = HOST_OF | HOST_AF | HOST_CF},
    {.encoding = "D5 ib", .name = "aad", .flags = HT_FIXED | HT_NO64, .undefined = HOST_OF | HOST_AF | HOST_CF},
    {.name = "pusha", .gen = pusha_popa, .flags = HT_NO64},
    {.encoding = "62 /r", .name = "bound", .flags = HT_V | HT_MEM | HT_NO64, .mem = 8},
    {.name = "string", .gen = string, .weight = 4},
    {.name = "string fault", .gen = string_fault},
    {.name = "jcc", .gen = jump, .weight = 4},
    {.name = "loop", .gen = loop},
    {.name = "call", .gen = call, .weight = 2},
    {.name = "jmp [mem]", .gen = jump_table},
    {.name = "push/pop", .gen = push_pop, .weight = 2},
    {.name = "popf", .gen = pop_flags},
    {.name = "enter/leave", .gen = enter_leave},
    {.name = "moffs", .gen = moffs},
    {.name = "addr32", .gen = addr32, .flags = HT_ONLY64},
    {.name = "xlat", .gen = xlat},
    {.name = "lock", .gen = bad_lock},
    {.name = "non-canonical", .gen = non_canonical, .flags = HT_ONLY64},
    {.name = "non-canonical stack", .gen = non_canonical_stack, .flags = HT_ONLY64},
    {.name = "non-canonical target", .gen = non_canonical_target, .flags = HT_ONLY64},
};

Test(host_integer, code64)
{
    struct host_options o = {.count = 20000, .faults = true};
    host_fuzz(templates, sizeof(templates) / sizeof(templates[0]), &o);
}

Test(host_integer, code32)
{
    struct host_options o = {.count = 20000, .faults = true, .code32 = true};
    host_fuzz(templates, sizeof(templates) / sizeof(templates[0]), &o);
}
