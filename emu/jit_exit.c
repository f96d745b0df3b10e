/* jit_exit.c - the ways into compiled blocks, from one to the next within a region, and out */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/ir_live.h"
#include "emu/jit_region.h"
#include "emu/machine.h"

static const u8 *runs_at(const struct emit *e, const u8 *written)
{
    return written + e->a.delta;
}

struct host_rm jit_in_data(struct emit *e, const void *p, unsigned behind)
{
    i64 distance = (const u8 *)p - (runs_at(e, e->a.at) + behind);
    CHECK(fits_i32(distance));
    return (struct host_rm){.base = HR_NONE, .index = HR_NONE, .mem = true, .disp = (i32)distance};
}

struct jit_site *jit_new_site(struct emit *e, u32 op)
{
    struct jit *j = e->j;
    struct jit_site *site = (struct jit_site *)((u8 *)j->data + j->data_size) - ++j->n_sites;
    *site = (struct jit_site){.op = (u16)op};
    return site;
}

/* What is pinned goes where it is between blocks. */
static void to_common_pins(struct emit *e)
{
    if (e->pins != &e->j->pins)
        jit_pins_exchange(&e->a, e->pins, &e->j->pins);
}

/* ---- in ---- */

/* A block alone counts how often it is entered, until it is worth more. */
static void count(struct emit *e)
{
    struct jit_site *site = jit_new_site(e, UINT16_MAX);
    site->value = (i32)e->j->heat;
    e->member[0].b->heat = &site->value;
    asm_modrm(&e->a, 0xff, IR_32, false, 1, jit_in_data(e, &site->value, 6)); /* DEC */
    e->too_hot = asm_jcc(&e->a, CC_S, NULL);
}

void jit_emit_entry(struct emit *e)
{
    e->member[0].b->code = runs_at(e, e->a.at);
    e->too_hot = NULL;
    if (e->pins != &e->j->pins)
        jit_pins_exchange(&e->a, &e->j->pins, e->pins);
    if (e->region->counted)
        count(e);
}

static struct host_rm budget(const struct emit *e)
{
    return e->pins->budget_in_memory ? JIT_CPU(budget) : rm_reg(JIT_BUDGET);
}

/* A block is paid for when it is entered. (When `attention` is set the budget is 0: see
 * jit_thunk.c.) */
void jit_emit_enter(struct emit *e, const struct ir_op *o)
{
    struct asm_buf *a = &e->a;
    struct jit_member *m = &e->member[o->aux];
    bool again = e->twice && o->aux == 1;
    if (again)
        jit_late_again(e);
    else if (m->join)
        jit_regs_forget_all(e);
    if (m->join && !again)
        e->vec_level = 0;
    m->at = a->at;
    m->late = e->late;
    e->b = m->b;
    e->called = false;
    asm_alu_imm(a, ALU_SUB, IR_64, budget(e), (i32)m->b->n_insns);
    m->short_of_steps = asm_jcc(a, CC_B, NULL);
}

static void store_pc(struct emit *e, u64 pc)
{
    asm_movi(&e->a, HR_AX, pc);
    asm_store(&e->a, IR_64, JIT_CPU(pc), HR_AX);
}

/* When a member cannot be paid for, pc is where it starts. */
static void emit_short_of_steps(struct emit *e, const struct jit_member *m)
{
    struct asm_buf *a = &e->a;
    asm_patch(m->short_of_steps, a->at);
    asm_alu_imm(a, ALU_ADD, IR_64, budget(e), (i32)m->b->n_insns);
    jit_late_store(e, &m->late);
    to_common_pins(e);
    store_pc(e, m->b->pc);
    asm_jmp(a, e->j->leave);
}

/* To the region that was made of it since, or out to have it made. */
static void emit_too_hot(struct emit *e)
{
    struct asm_buf *a = &e->a;
    struct block *b = e->member[0].b;
    asm_patch(e->too_hot, a->at);
    store_pc(e, b->pc);
    asm_movi(a, HR_CX, (uintptr_t)&b->code);
    asm_load(a, IR_64, HR_CX, rm_mem(HR_CX, 0));
    asm_movi(a, HR_DX, (uintptr_t)b->code);
    asm_alu(a, ALU_CMP, IR_64, HR_CX, rm_reg(HR_DX));
    asm_jcc(a, CC_E, e->j->leave);
    asm_jmp_rm(a, rm_reg(HR_CX));
}

/* ---- out ---- */

/* A helper may have changed the mode. */
static u8 *check_mode(struct emit *e, const struct jit_slot *s)
{
    if (!e->called)
        return NULL;
    asm_load(&e->a, IR_32, HR_AX, JIT_CPU(mode));
    asm_alu(&e->a, ALU_CMP, IR_32, HR_AX, jit_in_data(e, &s->mode, 6));
    return asm_jcc(&e->a, CC_NE, NULL);
}

/* The exit that is op i, out of the region. */
static void away(struct emit *e, u32 i)
{
    struct block_link *link = (struct block_link *)(uintptr_t)e->ops[i].imm;
    CHECK(e->j->n_slots < e->j->max_slots);
    struct jit_slot *s = &e->j->data->slot[e->j->n_slots++];
    to_common_pins(e);
    u8 *other_mode = check_mode(e, s);
    asm_jmp_rm(&e->a, jit_in_data(e, &s->to, 6));
    CHECK(e->n_ways_out < JIT_MAX_OPS);
    e->way_out[e->n_ways_out++] = (struct jit_way_out){s, link, e->b, other_mode};
}

static void emit_way_out(struct emit *e, const struct jit_way_out *w)
{
    struct asm_buf *a = &e->a;
    if (w->other_mode)
        asm_patch(w->other_mode, a->at);
    *w->slot = (struct jit_slot){.to = runs_at(e, a->at), .out = runs_at(e, a->at), .from = w->from,
                                 .other = w->link->slot, .place = &w->link->slot};
    if (w->link->slot)
        w->link->slot->place = &w->slot->other;
    w->link->slot = w->slot;
    asm_movi(a, HR_AX, (uintptr_t)w->link);
    asm_jmp(a, e->j->leave_miss);
}

static void side_exit(struct emit *e, u8 *jump, u32 i)
{
    e->side_exit[e->n_side_exits++] = (struct jit_side_exit){jump, i, e->b, e->called, e->late};
}

static void go(struct emit *e, u8 *jump, u8 member)
{
    e->go[e->n_gos++] = (struct jit_goto){jump, member};
}

void jit_emit_exits(struct emit *e)
{
    for (unsigned i = 0; i < e->n_members; i++)
        emit_short_of_steps(e, &e->member[i]);
    if (e->too_hot)
        emit_too_hot(e);
    for (u32 i = 0; i < e->n_side_exits; i++) {
        const struct jit_side_exit *s = &e->side_exit[i];
        e->b = s->b;
        e->called = s->called;
        asm_patch(s->jump, e->a.at);
        jit_late_store(e, &s->late);
        away(e, s->i);
    }
    for (u32 i = 0; i < e->n_ways_out; i++)
        emit_way_out(e, &e->way_out[i]);
}

/* Does the code of this member come right behind op i? */
static bool is_next(const struct emit *e, u32 i, u8 member)
{
    return member != JIT_AWAY && i + 1 < e->n_ops && e->ops[i + 1].op == JIT_ENTER &&
           e->ops[i + 1].aux == member;
}

void jit_emit_exit(struct emit *e, const struct ir_op *o)
{
    u8 member = e->goes[e->i];
    (void)o;
    if (member == JIT_AWAY) {
        away(e, e->i);
        return;
    }
    if (e->called) {
        asm_alu_imm(&e->a, ALU_CMP, IR_32, JIT_CPU(mode), (i32)e->b->mode);
        side_exit(e, asm_jcc(&e->a, CC_NE, NULL), e->i);
    }
    if (!is_next(e, e->i, member))
        go(e, asm_jmp(&e->a, NULL), member);
}

static void conditionally(struct emit *e, enum host_cc cc, u32 i)
{
    u8 *jump = asm_jcc(&e->a, cc, NULL);
    if (e->goes[i] == JIT_AWAY)
        side_exit(e, jump, i);
    else
        go(e, jump, e->goes[i]);
}

static bool is_two_ways(const struct emit *e, const struct ir_op *o)
{
    u32 fall = e->i + 1, taken = e->i + 2;
    return !(e->j->passes_off & JIT_PASS_FUSE) && o->aux == 2 && !e->called && jit_stays(e) &&
           taken < e->n_ops && e->ops[fall].op == IR_EXIT && e->ops[taken].op == IR_EXIT &&
           !e->target[fall] && e->target[taken] == 1;
}

/* Op i goes to the member that comes next, and that is entered in no other way. */
static bool goes_on(const struct emit *e, u32 i, u32 exit)
{
    u8 member = e->goes[exit];
    return is_next(e, i, member) && !e->member[member].join;
}

bool jit_exit_goes_round(const struct emit *e, const struct ir_op *o)
{
    u32 fall = e->i + 1, taken = e->i + 2;
    return ir_branches(o) && e->i > e->member[0].first && is_two_ways(e, o) &&
           (e->goes[fall] == 1) != (e->goes[taken] == 1);
}

bool jit_exit_keeps_late(const struct emit *e, const struct ir_op *o)
{
    u32 fall = e->i + 1, taken = e->i + 2;
    if (o->op == IR_EXIT)
        return goes_on(e, e->i, e->i);
    if (!is_two_ways(e, o))
        return false;
    return (goes_on(e, taken, taken) && e->goes[fall] == JIT_AWAY) ||
           (goes_on(e, taken, fall) && e->goes[taken] == JIT_AWAY);
}

bool jit_emit_two_ways(struct emit *e, const struct ir_op *o, enum host_cc cc)
{
    u32 fall = e->i + 1, taken = e->i + 2;
    if (!is_two_ways(e, o))
        return false;
    e->skip = 2;
    if (is_next(e, taken, e->goes[taken])) {
        conditionally(e, cc ^ 1, fall);
        return true;
    }
    if (e->goes[taken] == JIT_AWAY && e->goes[fall] != JIT_AWAY && !is_next(e, taken, e->goes[fall])) {
        conditionally(e, cc ^ 1, fall);
        jit_late_store(e, &e->late);
        away(e, taken);
        return true;
    }
    conditionally(e, cc, taken);
    if (e->goes[fall] == JIT_AWAY) {
        jit_late_store(e, &e->late);
        away(e, fall);
    } else if (!is_next(e, taken, e->goes[fall]))
        go(e, asm_jmp(&e->a, NULL), e->goes[fall]);
    return true;
}

/* The jump cache, as next_block() in engine.c looks it up. RAX is pc, and the linear address
 * too. */
static void look_up_jump(struct emit *e)
{
    struct asm_buf *a = &e->a;
    asm_mov(a, IR_64, HR_CX, HR_AX);
    asm_shift_imm(a, SHIFT_SHR, IR_64, rm_reg(HR_CX), JUMP_BITS);
    asm_alu(a, ALU_XOR, IR_32, HR_CX, rm_reg(HR_AX));
    asm_alu_imm(a, ALU_AND, IR_32, rm_reg(HR_CX), (1 << JUMP_BITS) - 1);
    asm_shift_imm(a, SHIFT_SHL, IR_32, rm_reg(HR_CX), 4);
    _Static_assert(sizeof(struct jump_entry) == 1 << 4, "shifted by its size");
    asm_movi(a, HR_DX, (uintptr_t)e->j->engine->jump);
    asm_alu(a, ALU_ADD, IR_64, HR_DX, rm_reg(HR_CX));
    asm_alu(a, ALU_CMP, IR_64, HR_AX, rm_mem(HR_DX, (i32)offsetof(struct jump_entry, lpc)));
    asm_jcc(a, CC_NE, e->j->leave);
    asm_load(a, IR_64, HR_DX, rm_mem(HR_DX, (i32)offsetof(struct jump_entry, block)));
    asm_alu(a, ALU_CMP, IR_64, HR_AX, rm_mem(HR_DX, (i32)offsetof(struct block, pc)));
    asm_jcc(a, CC_NE, e->j->leave);
    asm_load(a, IR_32, HR_CX, JIT_CPU(mode));
    asm_alu(a, ALU_CMP, IR_32, HR_CX, rm_mem(HR_DX, (i32)offsetof(struct block, mode)));
    asm_jcc(a, CC_NE, e->j->leave);
    asm_jmp_rm(a, rm_mem(HR_DX, (i32)offsetof(struct block, code)));
}

void jit_emit_exit_ind(struct emit *e, const struct ir_op *o)
{
    struct asm_buf *a = &e->a;
    (void)o;
    jit_into(e, HR_AX, e->x, IR_64);
    to_common_pins(e);
    asm_store(a, IR_64, JIT_CPU(pc), HR_AX);
    /* Is there a code segment base? */
    if (e->b->lpc != e->b->pc || (e->j->passes_off & JIT_PASS_INDIRECT))
        asm_jmp(a, e->j->leave);
    else
        look_up_jump(e);
}

void jit_emit_exit_pc(struct emit *e, const struct ir_op *o)
{
    struct asm_buf *a = &e->a;
    u32 linear = e->j->engine->machine->cpu->arch->linear_modes;
    (void)o;
    to_common_pins(e);
    if (!linear) {
        asm_jmp(a, e->j->leave);
        return;
    }
    asm_load(a, IR_32, HR_CX, JIT_CPU(mode));
    asm_alu_imm(a, ALU_AND, IR_32, rm_reg(HR_CX), (i32)linear);
    asm_jcc(a, CC_E, e->j->leave);
    asm_load(a, IR_64, HR_AX, JIT_CPU(pc));
    look_up_jump(e);
}
