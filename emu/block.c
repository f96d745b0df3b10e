/* block.c - the block cache: find, make, check and drop translations */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/block.h"

#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/dump.h"
#include "emu/interp.h"
#include "emu/ir_opt.h"
#include "emu/jit.h"
#include "emu/log.h"
#include "emu/machine.h"
#include "emu/watch.h"

#define LEFT_OFTEN 4 /* times a block is left for one instruction before it is cut there */

static void forget_links(struct engine *e)
{
    e->machine->cpu->tlb->changes++;
    e->code_generation++;
    e->miss = NULL;
}

/* ---- the jump cache ---- */

static void invalidate(struct engine *e, struct jump_entry *j)
{
    j->lpc = (u64)(j - e->jump) ^ 1; /* belongs into the place beside */
}

static void forget_jumps(struct engine *e, unsigned half)
{
    struct jump_list *l = &e->jumps[half];
    for (u32 i = 0; i < l->n; i++) {
        invalidate(e, &e->jump[l->entry[i]]);
        l->listed[l->entry[i]] = false;
    }
    l->n = 0;
}

void block_sync(struct engine *e)
{
    const struct tlb *t = e->machine->cpu->tlb;
    if (LIKELY(e->synced == t->changes))
        return;
    bool code = e->code != e->code_generation, low = code || e->low != t->low,
         high = code || e->high != t->high;
    e->synced = t->changes;
    e->low = t->low;
    e->high = t->high;
    e->code = e->code_generation;
    if (low)
        forget_jumps(e, 0);
    if (high)
        forget_jumps(e, 1);
    if (e->jit)
        jit_forget_links(e->jit, low, high, code);
}

void block_remember(struct engine *e, struct block *b)
{
    struct jump_entry *j = jump_slot(e, b->lpc);
    struct jump_list *l = &e->jumps[b->lpc >= e->machine->cpu->tlb->split];
    u16 i = (u16)(j - e->jump);
    j->lpc = b->lpc;
    j->block = b;
    if (l->listed[i])
        return;
    l->listed[i] = true;
    l->entry[l->n++] = i;
}

/* Entries are found by nobody before they were remembered. */
void block_init(struct engine *e)
{
    for (u32 i = 0; i < ARRAY_SIZE(e->jump); i++)
        invalidate(e, &e->jump[i]);
}

/* ---- pages ---- */

static struct page_code *page_code(struct engine *e, struct ram *r, u32 page)
{
    struct ram_code *rc = r->code;
    if (!rc) {
        rc = xcalloc(1, sizeof(*rc));
        rc->ram = r;
        rc->page = xcalloc(r->n_pages, sizeof(*rc->page));
        r->code = rc;
        e->rams = xrealloc(e->rams, (e->n_rams + 1) * sizeof(*e->rams));
        e->rams[e->n_rams++] = rc;
    }
    if (!rc->page[page]) {
        rc->page[page] = xcalloc(1, sizeof(struct page_code));
        rc->page[page]->version = 1; /* 0 is never current */
    }
    return rc->page[page];
}

static struct page_code *known_page_code(struct ram *r, u32 page)
{
    struct ram_code *rc = r->code;
    return rc ? rc->page[page] : NULL;
}

static u64 granules(unsigned off, unsigned n)
{
    unsigned first = off >> 6, last = (off + n - 1) >> 6;
    return (UINT64_MAX >> (63 - last)) & (UINT64_MAX << first);
}

/* The bytes [off, off+n) of the page are what a block was made from; returns the version they are
 * in. */
static u64 claim(struct engine *e, struct ram *r, u32 page, unsigned off, unsigned n)
{
    struct page_code *p = page_code(e, r, page);
    p->granules |= granules(off, n);
    if (!(r->flags[page] & PAGE_CODE)) {
        r->flags[page] |= PAGE_CODE;
        tlb_protect_page(e->machine->cpu, r, page);
    }
    return p->version;
}

bool engine_page_has_code(struct engine *e, struct ram *r, u32 page, unsigned off, unsigned n)
{
    (void)e;
    struct page_code *p = known_page_code(r, page);
    return p && n && (p->granules & granules(off, n));
}

void engine_page_written(struct engine *e, struct ram *r, u32 page, unsigned off, unsigned n)
{
    if (!engine_page_has_code(e, r, page, off, n))
        return;
    struct page_code *p = known_page_code(r, page);
    p->version++;
    p->granules = 0;
    r->flags[page] &= (u8)~PAGE_CODE;
    forget_links(e);
}

/* ---- lists ---- */

static struct block **hash_bucket(struct engine *e, u64 lpc, u32 mode)
{
    u64 h = (lpc ^ ((u64)mode << 17)) * UINT64_C(0x9e3779b97f4a7c15);
    return &e->hash[h >> (64 - HASH_BITS)];
}

static struct block **near_bucket(struct engine *e, u64 lpc)
{
    u64 page = lpc >> PAGE_BITS;
    return &e->near[(page ^ (page >> NEAR_BITS)) & ((1 << NEAR_BITS) - 1)];
}

static void insert(struct engine *e, struct block *b)
{
    struct block **h = hash_bucket(e, b->lpc, b->mode), **n = near_bucket(e, b->lpc);
    b->hash_next = *h;
    *h = b;
    b->near_next = *n;
    if (*n)
        (*n)->near_prev = b;
    *n = b;
    e->stats.blocks_made++;
    e->stats.blocks_live++;
    e->stats.code_bytes += b->size;
}

/* It may be executing: it is freed by the next block_reap(). */
static void drop(struct engine *e, struct block *b)
{
    if (e->jit)
        jit_forget_regions(e->jit, b);
    struct block **p = hash_bucket(e, b->lpc, b->mode);
    while (*p != b)
        p = &(*p)->hash_next;
    *p = b->hash_next;
    if (b->near_prev)
        b->near_prev->near_next = b->near_next;
    else
        *near_bucket(e, b->lpc) = b->near_next;
    if (b->near_next)
        b->near_next->near_prev = b->near_prev;
    struct jump_entry *j = jump_slot(e, b->lpc);
    if (j->block == b) {
        invalidate(e, j);
        j->block = NULL;
    }
    b->hash_next = e->dead;
    e->dead = b;
    e->stats.blocks_dropped++;
    e->stats.blocks_live--;
    e->stats.code_bytes -= b->size;
    forget_links(e);
}

static void free_dead(struct engine *e)
{
    while (e->dead) {
        struct block *b = e->dead;
        e->dead = b->hash_next;
        free(b);
    }
}

static void free_pages(struct engine *e)
{
    for (u32 i = 0; i < e->n_rams; i++) {
        struct ram_code *rc = e->rams[i];
        for (u32 page = 0; page < rc->ram->n_pages; page++) {
            if (!rc->page[page])
                continue;
            rc->ram->flags[page] &= (u8)~PAGE_CODE;
            free(rc->page[page]);
        }
        rc->ram->code = NULL;
        free(rc->page);
        free(rc);
    }
    e->n_rams = 0;
}

void block_delete_all(struct engine *e)
{
    for (u32 i = 0; i < ARRAY_SIZE(e->near); i++)
        while (e->near[i])
            drop(e, e->near[i]);
    free_dead(e);
    free_pages(e);
    if (e->jit)
        jit_flush(e->jit);
    e->flush_asked = false;
}

void block_reap(struct engine *e)
{
    if (LIKELY(!e->dead && !e->flush_asked))
        return;
    e->miss = NULL;
    if (e->flush_asked)
        block_delete_all(e);
    free_dead(e);
}

/* ---- is it still right? ---- */

static bool same_bytes(struct engine *e, struct ram *r, u32 page, unsigned off, const u8 *bytes,
                       unsigned n, u64 *version)
{
    struct page_code *p = known_page_code(r, page);
    if (LIKELY(p && *version == p->version))
        return true;
    if (memcmp(r->host + ((u64)page << PAGE_BITS) + off, bytes, n))
        return false;
    *version = claim(e, r, page, off, n);
    return true;
}

/* Is it known to be right without a look at the bytes? */
static bool is_claimed(const struct block *b)
{
    const struct page_code *p = b->ram ? known_page_code(b->ram, b->page) : NULL;
    return p && b->version == p->version;
}

static bool first_page_valid(struct engine *e, struct block *b)
{
    if (!b->ram || is_claimed(b))
        return true;
    if (!same_bytes(e, b->ram, b->page, b->off, b->bytes, b->len - b->len2, &b->version))
        return false;
    if (e->jit)
        jit_check_regions(e->jit, b);
    return true;
}

bool block_claim(struct engine *e, struct block *b)
{
    return first_page_valid(e, b);
}

static bool second_page_valid(struct engine *e, struct block *b)
{
    return !b->len2 || !b->ram2 ||
           same_bytes(e, b->ram2, b->page2, 0, b->bytes + b->len - b->len2, b->len2, &b->version2);
}

/* ---- making ---- */

static unsigned hinted(struct engine *e, u64 lpc, unsigned limit)
{
    struct block_hint *h = &e->hint[lpc & (ARRAY_SIZE(e->hint) - 1)];
    return h->lpc == lpc && h->insns && h->insns < limit ? h->insns : limit;
}

static size_t code_len(const struct ir_block *ir)
{
    size_t n = 0;
    for (u32 i = 0; i < ir->n_insns; i++)
        n += ir->insns[i].len;
    return n;
}

static struct block *allocate(const struct ir_block *ir, size_t len, struct block_link **links, u8 **bytes)
{
    size_t ops = sizeof(struct block) + ir->n_ops * sizeof(struct ir_op);
    size_t insns = ir->n_insns * sizeof(struct ir_insn);
    size_t size = ops + insns + ir->n_exits * sizeof(struct block_link) + len;
    struct block *b = xmalloc(size);
    memset(b, 0, sizeof(*b));
    b->size = size;
    b->insns = (struct ir_insn *)((u8 *)b + ops);
    *links = (struct block_link *)((u8 *)b + ops + insns);
    *bytes = (u8 *)(*links + ir->n_exits);
    b->bytes = *bytes;
    memcpy(b->ops, ir->ops, ir->n_ops * sizeof(struct ir_op));
    memcpy((void *)b->insns, ir->insns, insns);
    return b;
}

/* Makes the ops ready to be executed: labels become distances, exits point to their links. */
static void finish_ops(struct block *b, const struct ir_block *ir, struct block_link *links)
{
    for (u32 i = 0; i < ir->n_ops; i++) {
        struct ir_op *op = &b->ops[i];
        interp_prepare(op);
        if (op->op == IR_JUMP || (op->op >= IR_BR_EQ && op->op <= IR_BR_LES))
            op->aux = (u16)(ir->labels[op->aux] - i);
        if (op->op != IR_EXIT)
            continue;
        links[op->aux] = (struct block_link){.pc = op->imm};
        op->imm = (uintptr_t)&links[op->aux];
    }
}

static void copy_code(struct cpu *c, struct block *b, u8 *bytes, const struct code_page *first)
{
    unsigned n = (unsigned)MIN((u64)b->len, PAGE_SIZE - b->off);
    b->len2 = (u16)(b->len - n);
    if (first->ram) {
        b->ram = first->ram;
        b->page = first->page;
        memcpy(bytes, first->host + b->off, n);
    } else {
        memset(bytes, 0xff, n);
    }
    if (!b->len2)
        return;
    struct code_page second;
    if (tlb_code_page(c, (b->lpc & ~(PAGE_SIZE - 1)) + PAGE_SIZE, &second)) {
        b->ram2 = second.ram;
        b->page2 = second.page;
        memcpy(bytes + n, second.host, b->len2);
    } else {
        memset(bytes + n, 0xff, b->len2);
    }
}

static void translate(struct engine *e, struct cpu *c, u64 lpc, unsigned most)
{
    ir_reset(e->ir, c);
    c->arch->translate(c, e->ir, most);
    const char *wrong = ir_verify(e->ir, UINT16_MAX);
    if (wrong)
        log_write(__FILE__, LOG_ERROR, "block at %#llx: %s", (unsigned long long)lpc, wrong);
    CHECK(!wrong);
    if (UNLIKELY(e->dump && e->dump->what))
        dump_translated(e->dump, c, e->ir, lpc);
    ir_optimise(e->ir, e->passes_off);
    if (UNLIKELY(e->dump && e->dump->what))
        dump_optimised(e->dump, e->ir, lpc);
}

static struct block *make(struct engine *e, struct cpu *c, u64 lpc, unsigned limit,
                          const struct code_page *first)
{
    if (e->stats.code_bytes > e->code_limit)
        block_delete_all(e);
    unsigned most = hinted(e, lpc, limit);
    translate(e, c, lpc, most); /* may raise, with nothing made yet */
    struct ir_block *ir = e->ir;
    size_t len = code_len(ir);
    CHECK(ir->n_insns >= 1 && ir->n_insns <= most && len <= PAGE_SIZE);

    struct block_link *links;
    u8 *bytes;
    struct block *b = allocate(ir, len, &links, &bytes);
    b->n_insns = ir->n_insns;
    b->n_ops = ir->n_ops;
    b->mode = c->mode;
    b->lpc = lpc;
    b->pc = c->pc;
    b->off = (u16)PAGE_OFFSET(lpc);
    b->len = (u16)len;
    b->limit = (u16)limit;
    struct watch *w = e->machine->watch;
    b->breaks = w && watch_break_at(w, lpc);
    b->cut_by_break = w && watch_break_at(w, lpc + len);
    finish_ops(b, ir, links);
    copy_code(c, b, bytes, first);
    if (b->ram)
        b->version = claim(e, b->ram, b->page, b->off, b->len - b->len2);
    if (b->ram2)
        b->version2 = claim(e, b->ram2, b->page2, 0, b->len2);
    if (e->jit)
        jit_prepare(e->jit, b);
    insert(e, b);
    if (UNLIKELY(e->made != NULL))
        e->made(e->made_opaque, b);
    return b;
}

/* ---- finding ---- */

/* A block that runs over its page's end is the right one only if the second page is the one it was
 * made from. */
static bool second_page_is(struct cpu *c, const struct block *b)
{
    struct code_page p;
    if (!b->len2)
        return true;
    bool there = tlb_code_page(c, (b->lpc & ~(PAGE_SIZE - 1)) + PAGE_SIZE, &p);
    return there ? p.ram == b->ram2 && p.page == b->page2 : !b->ram2;
}

/* What was remembered is often right still, or again, when the address space was left. */
static bool is_right(struct engine *e, const struct cpu *c, struct block *b, const struct code_page *at)
{
    return b->pc == c->pc && b->mode == c->mode && b->ram && b->ram == at->ram && b->page == at->page &&
           !b->len2 && first_page_valid(e, b);
}

static struct block *find(struct engine *e, struct cpu *c, u64 lpc, unsigned limit,
                          const struct code_page *at)
{
    struct block *next;
    for (struct block *b = *hash_bucket(e, lpc, c->mode); b; b = next) {
        next = b->hash_next;
        if (b->lpc != lpc || b->pc != c->pc || b->mode != c->mode || b->limit != limit ||
            b->ram != at->ram || (b->ram && b->page != at->page))
            continue;
        /* The first page before the second is walked: other bytes there may not run over its end at
         * all. */
        bool valid = first_page_valid(e, b);
        if (valid && !second_page_is(c, b))
            continue;
        if (valid && second_page_valid(e, b))
            return b;
        drop(e, b);
    }
    return NULL;
}

struct block *block_near(struct engine *e, const struct block *from, u64 pc)
{
    u64 lpc = pc + (from->lpc - from->pc);
    if (!from->ram || from->len2 || (lpc ^ from->lpc) >> PAGE_BITS)
        return NULL;
    for (struct block *b = *hash_bucket(e, lpc, from->mode); b; b = b->hash_next)
        if (b->lpc == lpc && b->pc == pc && b->mode == from->mode && b->limit == e->max_insns && !b->len2 &&
            b->ram == from->ram && b->page == from->page && !b->breaks && is_claimed(b))
            return b;
    return NULL;
}

/* Of blocks that are too long there are shorter variants, by powers of two: so there are few of
 * them. */
static unsigned variant(unsigned most)
{
    unsigned n = 1;
    while (n * 2 <= most)
        n *= 2;
    return n;
}

struct block *block_get(struct engine *e, struct cpu *c, unsigned most)
{
    u64 lpc = c->arch->linear_pc(c);
    struct code_page at;
    if (!tlb_code_page(c, lpc & ~(PAGE_SIZE - 1), &at))
        at = (struct code_page){0};
    unsigned limit = most >= e->max_insns ? e->max_insns : variant(most);
    struct block *b = jump_slot(e, lpc)->block;
    if (b && b->lpc == lpc && b->limit == limit && is_right(e, c, b, &at))
        return b;
    e->stats.lookups_missed++;
    b = find(e, c, lpc, limit, &at);
    return b ? b : make(e, c, lpc, limit, &at);
}

/* ---- what changes blocks ---- */

void block_was_left(struct engine *e, struct block *b, u32 insn)
{
    if (++b->left_alone < LEFT_OFTEN || b->limit != e->max_insns)
        return;
    e->hint[b->lpc & (ARRAY_SIZE(e->hint) - 1)] = (struct block_hint){b->lpc, (u16)(insn + 1)};
    drop(e, b);
}

void engine_break_changed(struct engine *e, u64 addr)
{
    struct watch *w = e->machine->watch;
    bool here = watch_break_at(w, addr);
    struct block *next;
    for (struct block *b = *near_bucket(e, addr); b; b = next) {
        next = b->near_next;
        if (b->lpc == addr && b->breaks != here) {
            b->breaks = here;
            if (e->jit)
                jit_forget_regions(e->jit, b);
            forget_links(e);
        } else if (here ? addr > b->lpc && addr - b->lpc < b->len
                        : b->cut_by_break && b->lpc + b->len == addr) {
            drop(e, b);
        }
    }
}

void engine_flush(struct engine *e)
{
    e->flush_asked = true;
    forget_links(e);
}

struct engine_stats engine_stats(const struct engine *e)
{
    return e->stats;
}
