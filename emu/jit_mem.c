/* jit_mem.c - LD and ST: the inline lookup in the TLB, and the ways to the slow paths */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A lookup costs nine instructions, so accesses that are near each other share one: the first of a
 * *group* looks up the page that all of its bytes are in, and keeps what is to be added to an
 * address in a register. When they are not in one page, or not all allowed, or C code ran in
 * between, the register is 0, and each access makes its own lookup out of line.
 */
#include "emu/ir_live.h"
#include "emu/jit_region.h"

#define ENTRY_BITS 6 /* log2 of an entry's size */
_Static_assert(sizeof(struct tlb_entry) == 1 << ENTRY_BITS, "an entry's place is a shifted page number");

#define PREFIX_GS 0x65

#define MAX_SPAN 512 /* bytes of a group: more are too often in two pages */
#define MAX_OPEN 6
#define MAX_MEMBERS 32

/* ---- groups ---- */

struct open_group {
    struct jit_group g;
    u32 op[MAX_MEMBERS], n;
    u8 form, shift;
    ir_val a, index;
    i64 delta; /* what was added to word a since the first access */
};

struct planner {
    struct emit *e;
    struct open_group open[MAX_OPEN];
    u32 n_open;
};

static bool is_short(unsigned form)
{
    return form == IR_FORM_BASE32 || form == IR_FORM_INDEX32;
}

static bool is_indexed(unsigned form)
{
    return form == IR_FORM_INDEX || form == IR_FORM_INDEX32;
}

static ir_val index_of(const struct ir_op *o)
{
    return !is_indexed(o->form) ? IR_NONE : ir_is_load(o) ? o->b : o->c;
}

/* One look at the alignment does for all members that are multiples of 16 apart. */
static void note_alignment(struct emit *e, struct jit_group *g, const struct ir_op *o, i64 at, u32 i)
{
    if (o->size != IR_128 || !(o->b_imm & VEC_ALIGNED))
        return;
    if (!g->aligned)
        g->align = at;
    g->aligned = true;
    e->known_aligned[i] = (at - g->align) % 16 == 0;
}

static void close_group(struct planner *p, u32 k)
{
    struct emit *e = p->e;
    struct open_group *og = &p->open[k];
    if (og->n >= 2 && e->n_groups < JIT_MAX_GROUPS) {
        for (u32 m = 0; m < og->n; m++)
            e->group_of[og->op[m]] = (u8)e->n_groups;
        e->group[e->n_groups++] = og->g;
    } else {
        for (u32 m = 0; m < og->n; m++)
            e->known_aligned[og->op[m]] = false;
    }
    *og = p->open[--p->n_open];
}

static void close_all(struct planner *p)
{
    while (p->n_open)
        close_group(p, 0);
}

static bool joins(struct emit *e, struct open_group *og, const struct ir_op *o, u32 i)
{
    if (og->form != o->form || og->a != o->a || og->index != index_of(o) ||
        (is_indexed(o->form) && og->shift != o->aux))
        return false;
    i64 at = og->delta + (i64)o->imm;
    i64 lo = MIN(og->g.lo, at), hi = MAX(og->g.hi, at + (1 << o->size));
    if (hi - lo > MAX_SPAN || og->n == MAX_MEMBERS)
        return false;
    og->g.lo = lo;
    og->g.hi = hi;
    og->g.last = i;
    og->g.read |= ir_is_load(o);
    og->g.write |= ir_is_store(o);
    og->op[og->n++] = i;
    note_alignment(e, &og->g, o, at, i);
    return true;
}

static void plan_access(struct planner *p, const struct ir_op *o, u32 i)
{
    if (!fits_i32((i64)o->imm) || (p->e->j->passes_off & JIT_PASS_SHARE))
        return;
    for (u32 k = 0; k < p->n_open; k++)
        if (joins(p->e, &p->open[k], o, i))
            return;
    if (p->n_open == MAX_OPEN)
        close_group(p, 0);
    i64 at = (i64)o->imm;
    p->open[p->n_open++] = (struct open_group){
        .g = {.first = i, .last = i, .lo = at, .hi = at + (1 << o->size), .read = ir_is_load(o),
              .write = ir_is_store(o)},
        .op = {i}, .n = 1, .form = o->form, .shift = (u8)o->aux, .a = o->a, .index = index_of(o)};
    note_alignment(p->e, &p->open[p->n_open - 1].g, o, at, i);
}

/* Is it a + constant, and so that addresses of this form move by just that? */
static bool moves_base(const struct open_group *og, const struct ir_op *o, i64 *by)
{
    if ((o->op != IR_ADD && o->op != IR_SUB) || !o->b_imm || o->a != og->a || o->d != og->a ||
        (o->size != IR_64 && !(is_short(og->form) && o->size == IR_32)))
        return false;
    *by = is_short(og->form) ? (i32)o->imm : (i64)o->imm;
    if (o->op == IR_SUB)
        *by = -*by;
    return fits_i32(*by);
}

static void plan_write(struct planner *p, const struct ir_op *o)
{
    for (u32 k = p->n_open; k-- > 0;) {
        struct open_group *og = &p->open[k];
        i64 by;
        if (og->index != IR_NONE && ir_writes(o, og->index))
            close_group(p, k);
        else if (og->a == IR_NONE || !ir_writes(o, og->a))
            continue;
        else if (moves_base(og, o, &by))
            og->delta += by;
        else
            close_group(p, k);
    }
}

void jit_mem_plan(struct emit *e)
{
    struct planner p = {.e = e};
    e->n_groups = 0;
    memset(e->group_of, JIT_NO_GROUP, sizeof(e->group_of));
    memset(e->known_aligned, 0, sizeof(e->known_aligned));
    for (u32 i = 0; i < e->n_ops; i++) {
        const struct ir_op *o = &e->ops[i];
        bool joins = o->op == JIT_ENTER && e->member[o->aux].join;
        if (e->target[i] || joins || o->op == IR_CALL || o->op == IR_LEAF)
            close_all(&p);
        if (ir_is_load(o) || ir_is_store(o))
            plan_access(&p, o, i);
        plan_write(&p, o);
    }
    close_all(&p);
}

/* ---- addresses ---- */

/* As the operand of an LEA, or a register. Memory operands are loaded into RAX and RDX. */
static struct host_rm address(struct emit *e, const struct ir_op *o)
{
    const struct host_rm *index = ir_is_load(o) ? &e->y : &e->z;
    bool simple = !is_short(o->form) && o->form != IR_FORM_ABS && fits_i32((i64)o->imm) && o->aux <= 3;
    if (simple && !is_indexed(o->form)) {
        u8 base = jit_in_reg(e, e->x, IR_64, HR_AX);
        return o->imm ? rm_mem(base, (i32)o->imm) : rm_reg(base);
    }
    if (simple) {
        u8 base = jit_in_reg(e, e->x, IR_64, HR_AX);
        return rm_index(base, jit_in_reg(e, *index, IR_64, HR_DX), (u8)o->aux, (i32)o->imm);
    }
    jit_sum(e, HR_AX, is_short(o->form) ? IR_32 : IR_64, o->form == IR_FORM_ABS ? NULL : &e->x,
            is_indexed(o->form) ? index : NULL, o->aux, o->imm);
    return rm_reg(HR_AX);
}

static u8 address_in_reg(struct emit *e, struct host_rm va)
{
    if (!va.mem)
        return va.base;
    asm_lea(&e->a, IR_64, HR_AX, va);
    return HR_AX;
}

/* ---- lookups ---- */

static void rcx_to_entry(struct emit *e)
{
    if (!e->j->gs)
        asm_alu(&e->a, ALU_ADD, IR_64, HR_CX, rm_mem(HR_SP, 0));
}

/* RCX becomes the entry of va's page (with GS: its distance from the first), RDX the page that must
 * be in it, that of va + size - 1. (The end of an access in another page than its start is never
 * what the start's entry holds: see interp.c.) Where it was found is noted at `site`, if there is
 * one. */
static void find_entry(struct emit *e, u8 va, i64 size, struct jit_site *site)
{
    struct asm_buf *a = &e->a;
    if (e->j->bmi) {
        asm_rorx(a, IR_32, HR_CX, rm_reg(va), PAGE_BITS - ENTRY_BITS);
    } else {
        asm_mov(a, IR_32, HR_CX, va);
        asm_shift_imm(a, SHIFT_SHR, IR_32, rm_reg(HR_CX), PAGE_BITS - ENTRY_BITS);
    }
    asm_alu_imm(a, ALU_AND, IR_32, rm_reg(HR_CX), (TLB_SIZE - 1) << ENTRY_BITS);
    if (site)
        asm_store(a, IR_32, jit_in_data(e, &site->value, 6), HR_CX);
    if (site && e->region->counted)
        asm_modrm(a, 0xff, IR_16, false, 0, jit_in_data(e, &site->misses, 7)); /* INC */
    rcx_to_entry(e);
    if (size == 1)
        asm_mov(a, IR_64, HR_DX, va);
    else
        asm_lea(a, IR_64, HR_DX, rm_mem(va, (i32)size - 1));
    asm_alu_imm(a, ALU_AND, IR_64, rm_reg(HR_DX), -(i32)PAGE_SIZE);
}

/* The same, but with the entry that this place of the code had the last time: the access then need
 * not wait until the address is there and an entry found by it. Any entry with the right page in it
 * is the right one, but here only the start's page is compared: only aligned accesses hit. */
static void guess_entry(struct emit *e, u8 va, unsigned size, struct jit_site *site)
{
    struct asm_buf *a = &e->a;
    asm_load(a, IR_32, HR_CX, jit_in_data(e, &site->value, 6));
    rcx_to_entry(e);
    asm_mov(a, IR_64, HR_DX, va);
    asm_alu_imm(a, ALU_AND, IR_64, rm_reg(HR_DX), -(i32)PAGE_SIZE | ((1 << size) - 1));
}

/* A member of the entry that was found. To be used at once: it writes the instruction's first
 * prefix. */
static struct host_rm in_entry(struct emit *e, size_t member)
{
    if (e->j->gs)
        asm_8(&e->a, PREFIX_GS);
    return rm_mem(HR_CX, (i32)member);
}

static u8 *check_entry(struct emit *e, bool write)
{
    size_t tag = write ? offsetof(struct tlb_entry, write) : offsetof(struct tlb_entry, read);
    asm_alu(&e->a, ALU_CMP, IR_64, HR_DX, in_entry(e, tag));
    return asm_jcc(&e->a, CC_NE, NULL);
}

static void load_addend(struct emit *e, u8 reg)
{
    asm_load(&e->a, IR_64, reg, in_entry(e, offsetof(struct tlb_entry, addend)));
}

/* The group's lookup, with its first access's base and index. */
static void look_up_group(struct emit *e, const struct ir_op *o, struct jit_group *g)
{
    struct asm_buf *a = &e->a;
    struct ir_op lowest = *o;
    lowest.imm = (u64)g->lo;
    u8 va = address_in_reg(e, address(e, &lowest));
    find_entry(e, va, g->hi - g->lo, NULL);
    asm_alu(a, ALU_XOR, IR_32, g->reg, rm_reg(g->reg));
    e->missed = (struct jit_missed){0};
    if (g->read && g->write)
        e->missed.jump[0] = check_entry(e, false);
    e->missed.jump[1] = check_entry(e, g->write);
    if (g->aligned) {
        asm_lea(a, IR_32, HR_DX, rm_mem(va, (i32)((g->align - g->lo) % 16)));
        asm_test_imm(a, IR_8, HR_DX, 15);
        e->missed.jump[2] = asm_jcc(a, CC_NE, NULL);
    }
    load_addend(e, g->reg);
    e->missed.at = a->at;
}

static void patch_missed(const struct jit_missed *m, const u8 *to)
{
    for (unsigned i = 0; i < ARRAY_SIZE(m->jump); i++)
        if (m->jump[i])
            asm_patch(m->jump[i], to);
}

/* ---- the ops ---- */

/* The group that the op in hand is in, when it has a register; NULL: the op is for itself. */
struct jit_group *jit_mem_enter(struct emit *e, const struct ir_op *o)
{
    if (e->group_of[e->i] == JIT_NO_GROUP)
        return NULL;
    struct jit_group *g = &e->group[e->group_of[e->i]];
    if (e->i == g->first) {
        g->reg = jit_regs_take_page(e);
        if (g->reg != HR_NONE)
            look_up_group(e, o, g);
    }
    return g->reg == HR_NONE ? NULL : g;
}

static u32 op_in_block(const struct emit *e)
{
    return e->i - jit_member_of(e, e->i)->first - 1;
}

/* Vectors are often not aligned; and where pages change all the time guessing costs more than it
 * brings. */
static bool guesses(const struct emit *e, const struct ir_op *o)
{
    return (o->op == IR_LD || o->op == IR_ST) && !(e->j->passes_off & JIT_PASS_GUESS) &&
           (e->region->counted || !jit_region_is_wild(e->j, e->b, op_in_block(e)));
}

/* Does the group's last access come right before this one? Then the register is as it was there,
 * unless that one's slow path was taken, which goes on to the one of this access. */
static bool follows(struct emit *e, const struct jit_stub *s)
{
    struct jit_stub *before = e->n_stubs > 1 ? &e->stub[e->n_stubs - 2] : NULL;
    CHECK(s == &e->stub[e->n_stubs - 1]);
    if (!before || before->back != e->a.at || before->group != s->group || e->target[e->i])
        return false;
    before->goes_on = true;
    return true;
}

/* Was the lookup made right before this? Then it itself goes to the stub when it finds nothing. */
static bool was_just_found(struct emit *e, const struct jit_group *g, struct jit_stub *s)
{
    if (e->i != g->first)
        return false;
    bool here = e->missed.at == e->a.at;
    if (here)
        s->missed = e->missed;
    else
        patch_missed(&e->missed, e->missed.at);
    return here;
}

/* Where the access is made, when the stub is not needed. */
struct host_rm jit_mem_place(struct emit *e, const struct ir_op *o, const struct jit_group *g,
                             struct jit_stub *s)
{
    struct asm_buf *a = &e->a;
    struct host_rm va = address(e, o);
    *s = (struct jit_stub){.op = o, .group = g, .shared = g, .pages = jit_regs_pages(e),
                           .level = e->vec_level, .late = e->late};
    jit_vop_note(&s->vops, e);
    if (!g || (va.mem && va.index != HR_NONE))
        va = rm_reg(address_in_reg(e, va));
    s->va = va;
    if (g) {
        if (!was_just_found(e, g, s) && !follows(e, s)) {
            asm_op(a, 0x85, IR_64, g->reg, rm_reg(g->reg));
            s->jump = asm_jcc(a, CC_E, NULL);
        }
        return rm_index(g->reg, va.base, 0, va.mem ? va.disp : 0);
    }
    if (guesses(e, o)) {
        s->site = jit_new_site(e, op_in_block(e));
        s->shared = true;
        guess_entry(e, va.base, o->size, s->site);
    } else {
        find_entry(e, va.base, 1 << o->size, NULL);
    }
    s->jump = check_entry(e, ir_is_store(o));
    load_addend(e, HR_CX);
    return rm_index(HR_CX, va.base, 0, 0);
}

void jit_mem_leave(struct emit *e, const struct jit_group *g)
{
    if (g && e->i == g->last)
        jit_regs_free_page(e, g->reg);
}

void jit_emit_ld(struct emit *e, const struct ir_op *o)
{
    struct jit_group *g = jit_mem_enter(e, o);
    struct jit_stub *s = &e->stub[e->n_stubs++];
    struct host_rm d = jit_define(e, o->d); /* before the stub's way leaves: it may store what its register held */
    u8 reg = jit_target(d);
    struct host_rm from = jit_mem_place(e, o, g, s);
    asm_movzx(&e->a, o->size, reg, from);
    s->value = rm_reg(reg);
    s->back = e->a.at;
    jit_finish(e, d, reg);
    jit_mem_leave(e, g);
}

void jit_emit_st(struct emit *e, const struct ir_op *o)
{
    struct jit_group *g = jit_mem_enter(e, o);
    struct jit_stub *s = &e->stub[e->n_stubs++];
    struct host_rm to = jit_mem_place(e, o, g, s);
    asm_store(&e->a, o->size, to, jit_in_reg(e, e->y, o->size, HR_DX));
    s->value = e->y;
    s->back = e->a.at;
    jit_mem_leave(e, g);
}

void jit_emit_at(struct emit *e, const struct ir_op *o, u8 scratch)
{
    struct asm_buf *a = &e->a;
    u32 i = (u32)(o - e->ops);
    const struct jit_member *m = jit_member_of(e, i);
    o = &m->b->ops[i - m->first - 1];
    asm_movi(a, scratch, (uintptr_t)m->b);
    asm_store(a, IR_64, JIT_CPU(block), scratch);
    asm_alu_imm(a, ALU_ADD, IR_64, rm_reg(scratch), (i32)((const u8 *)o - (const u8 *)m->b));
    asm_store(a, IR_64, JIT_CPU(at), scratch);
}

/* ---- out of line ---- */

u8 *jit_mem_find(struct emit *e, u8 va, i64 size, bool write, struct jit_site *site)
{
    find_entry(e, va, size, site);
    u8 *miss = check_entry(e, write);
    load_addend(e, HR_CX);
    return miss;
}

void jit_mem_address(struct emit *e, const struct jit_stub *s)
{
    if (s->va.mem)
        asm_lea(&e->a, IR_64, HR_AX, s->va);
    else if (s->va.base != HR_AX)
        asm_mov(&e->a, IR_64, HR_AX, s->va.base);
}

void jit_mem_forget(struct emit *e, const struct jit_stub *s)
{
    for (u8 reg = 0; reg < HR_NONE; reg++)
        if (s->pages >> reg & 1)
            asm_alu(&e->a, ALU_XOR, IR_32, reg, rm_reg(reg));
}

/* Where a stub begins; and where it ends, out of its middle too. */
void jit_stub_begin(struct emit *e, struct jit_stub *s)
{
    struct jit_stub *before = s > e->stub && s[-1].goes_on ? s - 1 : NULL;
    if (s->jump)
        asm_patch(s->jump, e->a.at);
    patch_missed(&s->missed, e->a.at);
    if (before && before->hit)
        asm_patch(before->hit, e->a.at);
}

void jit_stub_hit(struct emit *e, struct jit_stub *s)
{
    s->hit = asm_jmp(&e->a, s->goes_on ? NULL : s->back);
}

void jit_stub_end(struct emit *e, const struct jit_stub *s)
{
    if (!s->goes_on)
        asm_jmp(&e->a, s->back);
}

/* The lookup that was guessed wrong, or that a group's first access made in vain. Jumps on when
 * there is no hit either. */
static u8 *look_up_alone(struct emit *e, struct jit_stub *s)
{
    struct asm_buf *a = &e->a;
    const struct ir_op *o = s->op;
    bool write = o->op == IR_ST;
    u8 *miss = jit_mem_find(e, HR_AX, 1 << o->size, write, s->site);
    if (write)
        asm_store(a, o->size, rm_index(HR_CX, HR_AX, 0, 0), jit_in_reg(e, s->value, o->size, HR_DX));
    else
        asm_movzx(a, o->size, s->value.base, rm_index(HR_CX, HR_AX, 0, 0));
    jit_stub_hit(e, s);
    return miss;
}

/* What a block has in registers is kept by C code or by the thunks. */
void jit_emit_stub(struct emit *e, struct jit_stub *s)
{
    struct asm_buf *a = &e->a;
    bool write = s->op->op == IR_ST;
    jit_emit_note(e, (u32)(s->op - e->ops), "slow path");
    jit_stub_begin(e, s);
    jit_mem_address(e, s);
    if (s->shared) {
        u8 *miss = look_up_alone(e, s);
        asm_patch(miss, a->at);
    }
    jit_late_store(e, &s->late);
    jit_emit_at(e, s->op, HR_CX);
    if (write)
        jit_into(e, HR_DX, s->value, IR_64);
    asm_call(a, write ? e->pins->store[s->op->size] : e->pins->read[s->op->size]);
    jit_mem_forget(e, s);
    jit_vec_restore(e, s->level);
    jit_vop_restore(e, &s->vops);
    if (!write && s->value.base != HR_AX)
        asm_mov(a, IR_64, s->value.base, HR_AX);
    jit_stub_end(e, s);
}
