/* jit_emit.h - a block or a region being compiled, and what its emitters build with */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EMU_JIT_EMIT_H
#define EMU_JIT_EMIT_H

#include "emu/check.h"
#include "emu/ir_opt.h"
#include "emu/jit_int.h"

/* Which operands are temporaries that nobody reads after the op; and which are words whose present
 * (D: new) value is read again before it may have changed in other ways than by ops. */
enum { DIES_A = 1, DIES_B = 2, DIES_C = 4, DIES_D = 8, AGAIN_A = 16, AGAIN_B = 32, AGAIN_C = 64,
       AGAIN_D = 128, IN_MEMORY = 256 };

#define JIT_POOL HR_12 /* registers from here on are the block's */
#define JIT_POOL_REGS 3

/* What the CPU struct does not have yet: see jit_late.c. */
struct jit_late {
    u8 dirty;                   /* a set of the block's registers, from JIT_POOL on */
    ir_val word[JIT_POOL_REGS]; /* whose values belong there */
    ir_val cc;                  /* the flags' first word, or 0: they are stored */
    u8 x, y;                    /* their operands; y is HR_NONE: it is imm */
    bool undone;                /* x is what x and y gave: to be undone */
    u8 undo, undo_size;         /* by this enum host_alu */
    i32 imm, kind;
    u32 undone_by;              /* the op that does what is undone */
};

/* The jumps of a group's lookup that found nothing, and where it ended. */
struct jit_missed {
    u8 *jump[3], *at;
};

/* XMM registers with copies of words: see jit_vop.c. */
#define JIT_VOP_COPIES 12
struct jit_copy {
    ir_val word; /* the first, or IR_NONE */
    u8 size;     /* enum ir_size */
    bool high;   /* half of the word */
    bool dirty;  /* a temporary that is not in memory */
    bool zeros;  /* of less than 16 bytes: above it are zeros */
};

struct jit_vop_state {
    struct jit_copy copy[JIT_VOP_COPIES];
};

/* A VOP that the host would not do as the guest: its function is called. */
struct jit_vop_stub {
    const struct ir_op *op;
    u8 *jump[6];              /* to here */
    unsigned n_jumps;
    u8 *looked;               /* another, which may be for nothing: see look_closer(); or NULL */
    const u8 *go_on;          /* then: where it was for nothing; */
    u8 xmm;                   /* and the result */
    u8 level;                 /* what cpu.vec_live was */
    bool to_word;             /* the result is wanted in RAX */
    struct jit_vop_state before, after;
    const u8 *back;
};

/* What is done out of the block's way, in cold code: the slow path of an LD or ST. */
struct jit_stub {
    struct jit_late late;
    const struct ir_op *op;
    u8 *jump;                 /* to here */
    const u8 *back;           /* and then there */
    const struct jit_group *group; /* or NULL */
    bool shared;              /* the lookup was left out, or guessed: make it here */
    struct jit_site *site;    /* where it remembers an entry of the TLB, or NULL */
    u8 level;                 /* what cpu.vec_live was at least */
    u8 *misaligned;           /* VLD, VST: another jump to here, or NULL */
    struct host_rm va;        /* a register with the address; memory: its sum (LEA) */
    struct host_rm value;     /* ST: the value; LD: the register to load; VLD, VST: the XMM register */
    u32 pages;                /* a set of registers: lookups that may be stale after the slow path */
    bool goes_on;             /* to the next stub instead of back: the next access does not test the group's register */
    u8 *hit;                  /* then: a jump to there, or NULL */
    struct jit_missed missed; /* more jumps to here */
    struct jit_vop_state vops; /* what it has to load again */
};

/* Accesses near each other, through one base whose changes are known: one lookup in the TLB does
 * for all. */
struct jit_group {
    u32 first, last;          /* op numbers */
    i64 lo, hi;               /* the bytes accessed, from the address of the first with imm 0 */
    bool read, write;
    bool aligned;             /* the lookup finds nothing when the address at `align` (as lo) is no multiple of 16 */
    i64 align;
    u8 reg;                   /* what to add to an address, 0: make the lookup; HR_NONE: every op for itself */
};

struct jit_vec_load {
    u8 *jump;                 /* to out of the way */
    const u8 *back;
    u8 level;
};

/* The op that begins a block; aux: which member of the region. */
#define JIT_ENTER IR_N_OPS
#define JIT_MAX_MEMBERS 24
#define JIT_MAX_OPS (IR_MAX_OPS + JIT_MAX_MEMBERS)
#define JIT_AWAY 0xff /* not to a member */

struct jit_region {     /* see jit_region.h */
    unsigned n;
    bool loop;    /* its members lead back to the head */
    bool steady;  /* and that many times */
    bool counted; /* not a region yet: one block, whose executions are counted */
    struct block *member[JIT_MAX_MEMBERS];
};

struct jit_member {
    struct block *b;
    u32 first;          /* its JIT_ENTER */
    bool join;          /* there are other ways in than from the op before */
    u8 *at;             /* its code */
    u8 *short_of_steps; /* a jump */
    struct jit_late late;
};

/* A jump to a member. */
struct jit_goto {
    u8 *jump;
    u8 member;
};

/* A jump that is seldom made, to the code of an exit. */
struct jit_side_exit {
    u8 *jump;
    u32 i;
    struct block *b;
    bool called;
    struct jit_late late;
};

/* An exit whose slot leads nowhere yet. */
struct jit_way_out {
    struct jit_slot *slot;
    struct block_link *link;
    const struct block *from;
    u8 *other_mode; /* a jump to here, or NULL */
};

#define JIT_MAX_GROUPS 64
#define JIT_NO_GROUP 0xff

struct emit {
    struct jit *j;
    struct asm_buf a;
    const struct jit_region *region;
    const struct jit_pins *pins;
    struct jit_pins own;      /* of a region that has its own */
    struct ir_op ops[JIT_MAX_OPS]; /* of all members, each after a JIT_ENTER */
    u32 n_ops;
    u8 goes[JIT_MAX_OPS];     /* of an EXIT: the member that it goes to, or JIT_AWAY */
    struct jit_member member[JIT_MAX_MEMBERS];
    unsigned n_members;
    bool twice;               /* the second member is the first again */
    struct jit_goto go[2 * JIT_MAX_OPS];
    u32 n_gos;
    struct jit_side_exit side_exit[JIT_MAX_OPS];
    u32 n_side_exits;

    struct block *b;          /* the member in hand, */
    u32 i;                    /* the op in hand, */
    struct host_rm x, y, z;   /* its operands a, b, c, */
    u32 skip;                 /* ops after it that it does as well, */
    bool called;              /* and whether a helper was called before */
    u8 *code_at[JIT_MAX_OPS]; /* of each op */
    u8 *jump[JIT_MAX_OPS];    /* of a branch, to be patched; NULL: it was done otherwise */
    u8 target[JIT_MAX_OPS];   /* by how many branches in its block; at most 2 */
    struct jit_stub stub[JIT_MAX_OPS];
    u32 n_stubs;
    struct jit_way_out way_out[JIT_MAX_OPS];
    u32 n_ways_out;
    u8 *too_hot;              /* a jump, or NULL */
    struct jit_group group[JIT_MAX_GROUPS];
    u32 n_groups;
    u8 group_of[JIT_MAX_OPS];
    struct jit_missed missed; /* of the group whose lookup was made last */
    bool known_aligned[JIT_MAX_OPS]; /* VLD, VST: by the group's lookup */

    /* Registers of the block. */
    u16 plan[JIT_MAX_OPS];       /* of each op: DIES_, AGAIN_; IN_MEMORY: what it defines lives across a label */
    ir_val owner[HR_NONE];       /* what a register of the pool holds, or IR_NONE */
    unsigned evict;              /* where to look first */
    ir_val through;              /* the destination is also to be stored here, or IR_NONE */
    u32 seen[JIT_WORDS], epoch;  /* while planning */
    struct jit_late late;        /* where the op in hand begins, and as it goes on */
    bool carries;                /* from a loop's copies to the second the flags `carried` */
    struct jit_late carried;
    bool flags_seen[JIT_MAX_OPS]; /* may anybody look at the flags that there are before the op? */

    /* Vectors: see jit_vec.c. */
    u8 vec_level;                /* cpu.vec_live is at least that here */
    u8 vec_want;                 /* what a look asks for */
    ir_val vec_temp;             /* the one in XMM15 */
    struct jit_vec_load vec_load[JIT_MAX_OPS];
    u32 n_vec_loads;
    struct jit_copy copy[JIT_VOP_COPIES]; /* see jit_vop.c */
    u8 next_copy;
    bool carries_copies;         /* from a loop's first copy to the second: */
    struct jit_vop_state carried_copies;
    struct jit_vop_stub vop_stub[JIT_MAX_OPS];
    u32 n_vop_stubs;
};

/* jit_regs.c */
void jit_regs_plan(struct emit *e);
void jit_regs_operands(struct emit *e, const struct ir_op *o); /* to x, y, z */
/* Where to compute a result, to be followed by jit_finish(). It may be an operand's register. */
struct host_rm jit_define(struct emit *e, ir_val v);
struct host_rm jit_where(const struct emit *e, ir_val v);
void jit_regs_after(struct emit *e, const struct ir_op *o);
void jit_regs_changed(struct emit *e, ir_val v); /* v was changed in memory */
void jit_regs_forget_words(struct emit *e);      /* any may have been */
void jit_regs_forget_all(struct emit *e);
u8 jit_regs_take_page(struct emit *e); /* for a group, or HR_NONE */
void jit_regs_free_page(struct emit *e, u8 reg);
u32 jit_regs_pages(const struct emit *e); /* all that were taken */

/* jit_late.c */
void jit_late_plan(struct emit *e);
/* Are the flags that there are at the end of this loop those of two words, or of one and a constant,
 * that are as they were then? */
bool jit_late_ends_with_branch(const struct block *b);
bool jit_late_keeps_flags(const struct jit *j, const struct block *b);
void jit_late_again(struct emit *e); /* a loop's second copy begins */
void jit_late_before(struct emit *e, const struct ir_op *o); /* what must be stored before op o. Clobbers RCX */
void jit_late_store(struct emit *e, const struct jit_late *l); /* in code out of the way. Clobbers RCX */
void jit_late_flush(struct emit *e);                           /* all, now. Clobbers RCX */
void jit_late_dirty(struct emit *e, u8 reg, ir_val v);         /* reg holds what v is now */
bool jit_late_is_dirty(const struct emit *e, u8 reg);
void jit_late_drop(struct emit *e, u8 reg);                    /* v has another value in memory */
/* A register of the block gets another value; other_word: that of another word. */
void jit_late_reuse(struct emit *e, u8 reg, bool other_word);
bool jit_late_cc(struct emit *e, const struct ir_op *o);       /* false: it is to be stored now */

/* jit_members.c */
void jit_members_gather(struct emit *e);
unsigned jit_members_copies(const struct jit *j, const struct jit_region *r); /* of its block: 1 or 2 */
/* jit_pins_choose.c */
void jit_pins_choose(struct emit *e);

/* jit_emit.c, for the other emitters */
static inline bool jit_stays(const struct emit *e) /* do some exits go to members? */
{
    return e->n_members > 1 || e->region->loop;
}
const struct jit_member *jit_member_of(const struct emit *e, u32 i); /* that op i is in */
/* For dumps: here begins the code of op i, or `what` of it. */
void jit_emit_note(struct emit *e, u32 i, const char *what);
u8 jit_in_reg(struct emit *e, struct host_rm v, unsigned size, u8 scratch);
void jit_into(struct emit *e, u8 reg, struct host_rm v, unsigned size);
u8 jit_target(struct host_rm d);                           /* the register to compute into */
void jit_finish(struct emit *e, struct host_rm d, u8 reg); /* from there to where it belongs */
/* reg = a + (b << shift) + imm, cut to size (32 or 64). Either may be absent. Clobbers RAX and
 * RDX. */
void jit_sum(struct emit *e, u8 reg, unsigned size, const struct host_rm *a, const struct host_rm *b,
             unsigned shift, u64 imm);

/* jit_mem.c */
void jit_mem_plan(struct emit *e);
void jit_emit_ld(struct emit *e, const struct ir_op *o);
void jit_emit_st(struct emit *e, const struct ir_op *o);
void jit_emit_stub(struct emit *e, struct jit_stub *s);
void jit_stub_begin(struct emit *e, struct jit_stub *s);
void jit_stub_hit(struct emit *e, struct jit_stub *s);       /* the access was made after all */
void jit_stub_end(struct emit *e, const struct jit_stub *s);
/* Says to C code which op this is. Clobbers `scratch`. */
void jit_emit_at(struct emit *e, const struct ir_op *o, u8 scratch);

/* Parts of an access, for VLD and VST. */
struct jit_group *jit_mem_enter(struct emit *e, const struct ir_op *o);
struct host_rm jit_mem_place(struct emit *e, const struct ir_op *o, const struct jit_group *g, struct jit_stub *s);
void jit_mem_leave(struct emit *e, const struct jit_group *g);
/* RCX = what to add to va; jumps when there is no hit. */
u8 *jit_mem_find(struct emit *e, u8 va, i64 size, bool write, struct jit_site *site);
void jit_mem_address(struct emit *e, const struct jit_stub *s); /* to RAX */
void jit_mem_forget(struct emit *e, const struct jit_stub *s);  /* after C code: lookups that may be stale */

/* jit_vec.c */
void jit_vec_plan(struct emit *e);
void jit_vec_loads(struct emit *e);             /* what is out of the way */
void jit_vec_need(struct emit *e); /* brings vec_live to what the block wants */
void jit_vec_restore(struct emit *e, u8 level); /* after C code in a stub. Keeps all general registers */
void jit_vec_stub(struct emit *e, struct jit_stub *s);
void jit_emit_vld(struct emit *e, const struct ir_op *o);
void jit_emit_vst(struct emit *e, const struct ir_op *o);
void jit_emit_vec(struct emit *e, const struct ir_op *o);
void jit_emit_vget(struct emit *e, const struct ir_op *o);
void jit_emit_vput(struct emit *e, const struct ir_op *o);

/* jit_vop.c */
void jit_vop_begin(struct emit *e);
void jit_vop_before(struct emit *e, const struct ir_op *o); /* of whatever kind */
void jit_vop_skipped(struct emit *e, const struct ir_op *o); /* it was made together with the op before */
void jit_vop_note(struct jit_vop_state *s, const struct emit *e);
void jit_vop_restore(struct emit *e, const struct jit_vop_state *s); /* after C code. Keeps all general registers */
/* For VLD and VST of parts: a register to load into, what it has then; and what is to be stored. */
u8 jit_vop_take(struct emit *e);
void jit_vop_loaded(struct emit *e, const struct ir_op *o, u8 xmm);
u8 jit_vop_operand(struct emit *e, ir_val v, unsigned size, bool high);
bool jit_vop_wants_fp(const struct emit *e, const struct ir_op *o);
void jit_emit_vop(struct emit *e, const struct ir_op *o);
void jit_vop_stubs(struct emit *e);

/* jit_exit.c */
/* Relative to the end of an instruction that has `behind` bytes from here on. */
struct host_rm jit_in_data(struct emit *e, const void *p, unsigned behind);
struct jit_site *jit_new_site(struct emit *e, u32 op);
void jit_emit_entry(struct emit *e); /* from other code */
void jit_emit_enter(struct emit *e, const struct ir_op *o);
void jit_emit_exits(struct emit *e); /* what they and entries left to be emitted in cold code */
/* Does nothing that is stored late have to be stored before this exit or branch? */
bool jit_exit_keeps_late(const struct emit *e, const struct ir_op *o);
/* Is it the last branch of a loop that was made twice: out, or on to the second copy? */
bool jit_exit_goes_round(const struct emit *e, const struct ir_op *o);
/* If the branch in hand is followed by just two exits, makes all of it from the host's flags. */
bool jit_emit_two_ways(struct emit *e, const struct ir_op *o, enum host_cc cc);
void jit_emit_exit(struct emit *e, const struct ir_op *o);
void jit_emit_exit_ind(struct emit *e, const struct ir_op *o);
void jit_emit_exit_pc(struct emit *e, const struct ir_op *o);

#endif
