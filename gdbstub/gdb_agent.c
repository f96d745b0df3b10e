/* gdb_agent.c - gdb's agent expressions: the bytecode of breakpoint conditions */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: the GDB manual, appendix F "The GDB Agent Expression Mechanism". */
#include "gdbstub/gdb_agent.h"

#define STACK 64
#define MAX_OPS 10000

struct agent {
    struct gdb_target *target;
    const u8 *code;
    size_t n, at;
    u64 stack[STACK];
    unsigned depth;
    bool bad;
};

enum { /* opcodes that are not told by their name alone */
    OP_ADD = 0x02, OP_SUB, OP_MUL, OP_DIV_SIGNED, OP_DIV_UNSIGNED, OP_REM_SIGNED, OP_REM_UNSIGNED,
    OP_LSH, OP_RSH_SIGNED, OP_RSH_UNSIGNED, OP_LOG_NOT = 0x0e, OP_BIT_AND, OP_BIT_OR, OP_BIT_XOR,
    OP_BIT_NOT, OP_EQUAL, OP_LESS_SIGNED, OP_LESS_UNSIGNED, OP_EXT, OP_REF8, OP_REF16, OP_REF32,
    OP_REF64, OP_IF_GOTO = 0x20, OP_GOTO, OP_CONST8, OP_CONST16, OP_CONST32, OP_CONST64, OP_REG,
    OP_END, OP_DUP, OP_POP, OP_ZERO_EXT, OP_SWAP, OP_PICK = 0x32, OP_ROT,
};

static u64 fail(struct agent *a)
{
    a->bad = true;
    return 0;
}

static void push(struct agent *a, u64 v)
{
    if (a->depth == STACK)
        fail(a);
    else
        a->stack[a->depth++] = v;
}

static u64 pop(struct agent *a)
{
    return a->depth ? a->stack[--a->depth] : fail(a);
}

/* Operands in the code are big-endian. */
static u64 operand(struct agent *a, unsigned size)
{
    u64 v = 0;
    if (a->n - a->at < size)
        return fail(a);
    while (size--)
        v = v << 8 | a->code[a->at++];
    return v;
}

static u64 memory(struct agent *a, u64 addr, unsigned size)
{
    u64 v = 0;
    return gdb_target_read(a->target, addr, &v, size) == size ? v : fail(a);
}

static u64 reg(struct agent *a, u32 regno)
{
    u8 bytes[16];
    unsigned n = gdb_target_read_reg(a->target, regno, bytes);
    u64 v = 0;
    if (!n)
        return fail(a);
    __builtin_memcpy(&v, bytes, MIN(n, 8u));
    return v;
}

static void jump(struct agent *a, u64 to)
{
    if (to >= a->n)
        fail(a);
    else
        a->at = to;
}

static u64 divide(struct agent *a, u8 op, u64 x, u64 y)
{
    bool overflow = (op == OP_DIV_SIGNED || op == OP_REM_SIGNED) && y == UINT64_MAX;
    if (!y)
        return fail(a);
    switch (op) {
    case OP_DIV_SIGNED:
        return overflow ? -x : (u64)((i64)x / (i64)y);
    case OP_DIV_UNSIGNED:
        return x / y;
    case OP_REM_SIGNED:
        return overflow ? 0 : (u64)((i64)x % (i64)y);
    default:
        return x % y;
    }
}

static u64 binary(struct agent *a, u8 op, u64 x, u64 y)
{
    switch (op) {
    case OP_ADD:
        return x + y;
    case OP_SUB:
        return x - y;
    case OP_MUL:
        return x * y;
    case OP_LSH:
        return y < 64 ? x << y : 0;
    case OP_RSH_SIGNED:
        return (i64)x >> MIN(y, (u64)63);
    case OP_RSH_UNSIGNED:
        return y < 64 ? x >> y : 0;
    case OP_BIT_AND:
        return x & y;
    case OP_BIT_OR:
        return x | y;
    case OP_BIT_XOR:
        return x ^ y;
    case OP_EQUAL:
        return x == y;
    case OP_LESS_SIGNED:
        return (i64)x < (i64)y;
    case OP_LESS_UNSIGNED:
        return x < y;
    default:
        return divide(a, op, x, y);
    }
}

static u64 extend(struct agent *a, u64 v, unsigned bits, bool sign)
{
    if (!bits || bits > 64)
        return fail(a);
    unsigned up = 64 - bits;
    return sign ? (u64)((i64)(v << up) >> up) : v << up >> up;
}

static void stack_op(struct agent *a, u8 op)
{
    u64 x, y, z;
    switch (op) {
    case OP_DUP:
        push(a, x = pop(a)), push(a, x);
        break;
    case OP_POP:
        pop(a);
        break;
    case OP_SWAP:
        y = pop(a), x = pop(a);
        push(a, y), push(a, x);
        break;
    case OP_PICK:
        x = operand(a, 1);
        push(a, x < a->depth ? a->stack[a->depth - 1 - x] : fail(a));
        break;
    default: /* OP_ROT: a b c -> c a b */
        z = pop(a), y = pop(a), x = pop(a);
        push(a, z), push(a, x), push(a, y);
        break;
    }
}

static void execute(struct agent *a, u8 op)
{
    u64 x, y;
    switch (op) {
    case OP_ADD ... OP_RSH_UNSIGNED:
    case OP_BIT_AND ... OP_BIT_XOR:
    case OP_EQUAL ... OP_LESS_UNSIGNED:
        y = pop(a), x = pop(a);
        push(a, binary(a, op, x, y));
        break;
    case OP_LOG_NOT:
        push(a, !pop(a));
        break;
    case OP_BIT_NOT:
        push(a, ~pop(a));
        break;
    case OP_EXT:
    case OP_ZERO_EXT:
        x = operand(a, 1);
        push(a, extend(a, pop(a), x, op == OP_EXT));
        break;
    case OP_REF8 ... OP_REF64:
        push(a, memory(a, pop(a), 1u << (op - OP_REF8)));
        break;
    case OP_IF_GOTO:
        x = operand(a, 2);
        if (pop(a))
            jump(a, x);
        break;
    case OP_GOTO:
        jump(a, operand(a, 2));
        break;
    case OP_CONST8 ... OP_CONST64:
        push(a, operand(a, 1u << (op - OP_CONST8)));
        break;
    case OP_REG:
        push(a, reg(a, operand(a, 2)));
        break;
    case OP_DUP:
    case OP_POP:
    case OP_SWAP:
    case OP_PICK:
    case OP_ROT:
        stack_op(a, op);
        break;
    default: /* floating point, tracing, trace variables: not in conditions */
        fail(a);
    }
}

bool gdb_agent_eval(struct gdb_target *t, const u8 *code, size_t n, u64 *value)
{
    struct agent a = {.target = t, .code = code, .n = n};
    for (unsigned i = 0; i < MAX_OPS && !a.bad; i++) {
        u8 op = operand(&a, 1);
        if (op == OP_END && !a.bad) {
            *value = pop(&a);
            return !a.bad;
        }
        execute(&a, op);
    }
    return false;
}
