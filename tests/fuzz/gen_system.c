/* gen_system.c - what privilege 0 does: page tables, control registers, breakpoints, user mode */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gen_int.h"
#include "system.h"

/* A fault in what follows goes on at the next item. */
static struct item *guarded(struct gen *g, const char *name)
{
    struct item *it = gen_item(g, name);
    PUT(it, 0x49, 0xc7, 0xc7); /* MOV R15, sign-extended */
    gen_put_fix(it, FIX_ABS, 4, g->c->n, 0, 0);
    return it;
}

static void mov_rax(struct item *it, u64 v)
{
    PUT(it, 0x48, 0xb8);
    gen_put_int(it, v, 8);
}

/* In a case one page and one address space are used more than others. */
static unsigned page(struct gen *g)
{
    return rng_one_in(&g->r, 3) ? rng_below(&g->r, 4) : g->hot_page;
}

static unsigned space(struct gen *g)
{
    return rng_one_in(&g->r, 2) ? rng_below(&g->r, FUZZ_SPACES) : g->hot_space;
}

static u32 window_entry(struct gen *g)
{
    return (u32)system_tables(g->c) + system_pt_window(space(g)) + 8 * page(g);
}

static u64 random_entry(struct gen *g)
{
    static const u32 others[] = {PA_CODE0, PA_CODE1, PA_PT_WINDOW, PA_DATA, PA_TIMER, PA_TIMER};
    struct rng *r = &g->r;
    u64 pa = rng_below(r, 4) ? system_pa_window[rng_below(r, 4)]
                             : others[rng_below(r, ARRAY_SIZE(others))];
    u64 v = pa | 0x67 | (u64)rng_below(r, 2) << 8 | (u64)rng_below(r, 2) << 63;

    if (rng_one_in(r, 2))
        v &= ~(u64)(1u << (unsigned[]){0, 1, 2, 5, 6}[rng_below(r, 5)]);
    if (rng_one_in(r, 2))
        v &= ~(u64)0x60;
    return rng_one_in(r, 60) ? v | (u64)1 << (45 + rng_below(r, 18)) : v;
}

static void write_entry(struct gen *g)
{
    struct item *it = guarded(g, "write a page table");
    mov_rax(it, random_entry(g));
    PUT(it, 0x48, 0x89, 0x04, 0x25);
    gen_put_int(it, window_entry(g), 4);
}

static void flip_entry(struct gen *g)
{
    static const u8 bits[] = {0, 1, 1, 2, 5, 6, 6, 8, 63};
    struct item *it = guarded(g, "flip a bit of a page table");
    PUT(it, 0x48, 0x0f, 0xba, 0x3c, 0x25); /* BTC */
    gen_put_int(it, window_entry(g), 4);
    PUT(it, bits[rng_below(&g->r, ARRAY_SIZE(bits))]);
}

/* The entry that leads to the window's page table, at one of the levels; the upper ones lead to the
 * code as well, unless that is in the high half. */
static u32 upper_entry(struct gen *g, unsigned space_number)
{
    u32 tables = (u32)system_tables(g->c), pml4 = tables + system_pml4(space_number);
    unsigned level = g->c->high ? rng_below(&g->r, 4) : 0;

    return level == 2   ? pml4 + 0x1000
           : level == 3 ? pml4
                        : tables + system_pd(space_number) + 8 * (FUZZ_WINDOW >> 21 & 511);
}

static void flip_directory(struct gen *g)
{
    static const u8 bits[] = {0, 1, 2, 5, 7, 63}; /* 7: a large page */
    struct item *it = guarded(g, "flip a bit of a page directory");
    u32 at = upper_entry(g, space(g));
    u8 bit = bits[rng_below(&g->r, ARRAY_SIZE(bits))];

    for (unsigned i = 0; i < 2; i++) { /* and back */
        PUT(it, 0x48, 0x0f, 0xba, 0x3c, 0x25);
        gen_put_int(it, at, 4);
        PUT(it, bit);
        if (i)
            break;
        PUT(it, 0x8b, 0x04, 0x25); /* MOV EAX, [window] */
        gen_put_int(it, FUZZ_WINDOW + 8 * rng_below(&g->r, 0x200), 4);
    }
}

/* The window of another address space. */
static void share_table(struct gen *g)
{
    struct item *it = guarded(g, "share a page table");
    unsigned other = space(g);

    mov_rax(it, system_pt_window(other) | 0x67);
    PUT(it, 0x48, 0x89, 0x04, 0x25);
    gen_put_int(it, (u32)system_tables(g->c) + system_pd(space(g)) + 8 * (FUZZ_WINDOW >> 21 & 511),
                4);
}

/* Other code behind the page that is executed, or the other one. */
static void switch_code(struct gen *g)
{
    static const u32 pages[2][2] = {{PA_CODE0, PA_ALT0}, {PA_CODE1, PA_ALT1}};
    struct rng *r = &g->r;
    unsigned page = rng_below(r, 2);
    struct item *it = guarded(g, "switch a code page");
    u64 v = pages[page][rng_below(r, 2)] | 0x63 | rng_below(r, 2) << 8 | (g->c->user_code ? 4 : 0);

    mov_rax(it, rng_below(r, 8) ? v : v & ~(u64)0x60);
    PUT(it, 0x48, 0x89, 0x04, 0x25);
    gen_put_int(it, (u32)system_tables(g->c) + PA_PT_CODE + 8 * page, 4);
}

/* Its second byte is another one in the other code. */
static void marker(struct gen *g)
{
    struct item *it = gen_item(g, "marker");
    it->alters = true;
    PUT(it, rng_one_in(&g->r, 2) ? 0x05 : 0x35); /* ADD, XOR EAX, imm */
    gen_put_int(it, rng_u64(&g->r), 4);
}

static void load_cr3(struct gen *g)
{
    struct rng *r = &g->r;
    struct item *it = guarded(g, "MOV CR3");
    u64 v = system_pml4(space(g));

    if (rng_one_in(r, 2))
        v |= rng_below(r, 4) | (u64)rng_below(r, 2) << 63;
    mov_rax(it, v);
    PUT(it, 0x0f, 0x22, 0xd8);
}

static void flip_cr4(struct gen *g)
{
    static const u8 bits[] = {7, 17, 17, 21, 20, 2};
    unsigned n = ARRAY_SIZE(bits);
    u8 bit = bits[rng_below(&g->r, n)];
    struct item *it = guarded(g, "flip a bit of CR4");

    if (bit == 20 && g->c->user_code)
        bit = 21;
    if (bit == 17) { /* PCIDE wants PCID 0 */
        mov_rax(it, PA_PML4);
        PUT(it, 0x0f, 0x22, 0xd8);
    }
    PUT(it, 0x0f, 0x20, 0xe0, 0x48, 0x0f, 0xba, 0xf8, bit, 0x0f, 0x22, 0xe0);
}

static void flip_wp(struct gen *g)
{
    PUT(guarded(g, "flip CR0.WP"), 0x0f, 0x20, 0xc0, 0x48, 0x0f, 0xba, 0xf8, 16, 0x0f, 0x22, 0xc0);
}

static void invalidate(struct gen *g)
{
    struct rng *r = &g->r;
    struct item *it;
    u32 at = FUZZ_WINDOW + PAGE_SIZE * rng_below(r, 4);

    if (rng_one_in(r, 2)) {
        it = guarded(g, "INVLPG");
        PUT(it, 0x0f, 0x01, 0x3c, 0x25);
        gen_put_int(it, at, 4);
        return;
    }
    it = guarded(g, "INVPCID");
    PUT(it, 0xb8);
    gen_put_int(it, rng_below(r, 4), 4);
    PUT(it, 0x6a, 0, 0x68); /* PUSH linear address, PCID: the other way round */
    gen_put_int(it, rng_below(r, 4), 4);
    PUT(it, 0xc7, 0x44, 0x24, 0x08); /* MOV dword [RSP + 8] */
    gen_put_int(it, at, 4);
    PUT(it, 0x66, 0x0f, 0x38, 0x82, 0x04, 0x24, 0x58, 0x58);
}

static void to_user(struct gen *g)
{
    struct item *it = guarded(g, "to user mode");
    PUT(it, 0x6a, USER_SS, 0x68);
    gen_put_int(it, FUZZ_WINDOW + FUZZ_STACK, 4);
    PUT(it, 0x68);
    gen_put_int(it, 0x202 | (rng_u64(&g->r) & FL_ARITH), 4);
    PUT(it, 0x6a, USER_CS, 0x68);
    gen_put_fix(it, FIX_ABS, 4, g->c->n, 0, 0);
    PUT(it, 0x48, 0xcf);
}

static void to_kernel(struct gen *g)
{
    PUT(guarded(g, "to privilege 0"), 0xcd, SYSTEM_GATE);
}

/* User mode in some address space: what it accesses is remembered when the space is left. */
static void visit(struct gen *g)
{
    struct item *it = guarded(g, "to an address space");
    mov_rax(it, system_pml4(space(g)));
    PUT(it, 0x0f, 0x22, 0xd8);
    to_user(g);
    for (unsigned i = 1 + rng_below(&g->r, 3); i; i--) {
        it = guarded(g, "visit");
        PUT(it, 0x03, 0x04, 0x25); /* ADD EAX, [window] */
        gen_put_int(it, FUZZ_WINDOW + PAGE_SIZE * page(g) + 8 * rng_below(&g->r, 8), 4);
    }
    to_kernel(g);
}

static void flags(struct gen *g)
{
    static const u8 ops[] = {0xfa, 0xfb, 0xfb, 0xfb};
    struct item *it = guarded(g, "flags");

    switch (rng_below(&g->r, 8)) {
    case 0:
        PUT(it, 0x9c, 0x81, 0x0c, 0x24, 0, 1, 0, 0, 0x9d);
        break; /* TF */
    case 1:
        PUT(it, 0xb8, KERNEL_SS, 0, 0, 0, 0x8e, 0xd0);
        break; /* MOV SS, with its shadow */
    case 2:
        PUT(it, 0x0f, 0x01, (u8)(0xca + rng_below(&g->r, 2)));
        break; /* CLAC, STAC */
    case 3:
        PUT(it, 0x0f, 0x31);
        break; /* RDTSC */
    case 4:
        PUT(it, 0xfb, 0xf4);
        break; /* STI; HLT */
    default:
        PUT(it, ops[rng_below(&g->r, ARRAY_SIZE(ops))]);
        break;
    }
}

static void breakpoint(struct gen *g)
{
    struct rng *r = &g->r;
    struct item *it = guarded(g, "a debug register");
    bool code = rng_one_in(r, 3);

    if (code) {
        PUT(it, 0x48, 0xc7, 0xc0);
        gen_put_fix(it, FIX_ABS, 4, g->c->n + rng_below(r, 5), 0, 0);
    } else {
        mov_rax(it, FUZZ_WINDOW + rng_below(r, FUZZ_WRITABLE));
    }
    PUT(it, 0x0f, 0x23, 0xc0, 0xb8); /* MOV DR0, RAX; MOV EAX, DR7's */
    gen_put_int(it,
                rng_one_in(r, 3) ? 0
                : code           ? 2
                                 : 2 | (rng_one_in(r, 2) ? 1u : 3u) << 16 | rng_below(r, 4) << 18,
                4);
    PUT(it, 0x0f, 0x23, 0xf8);
}

static void guarded_one(struct gen *g)
{
    guarded(g, "guard");
    for (unsigned i = 1 + rng_below(&g->r, 4); i; i--)
        gen_one(g);
}

static void set_pointers(struct gen *g)
{
    unsigned reg = gen_pointer(g);
    struct item *it = gen_item(g, "a pointer");
    PUT(it, (u8)(0x48 | reg >> 3), 0xc7, (u8)(0xc0 | (reg & 7))); /* sign-extended */
    gen_put_int(it, g->c->in.gpr[reg], 4);
}

void gen_system(struct gen *g)
{
    static void (*const kinds[])(struct gen *) = {
        visit,      visit,      visit,          visit,       switch_code, switch_code,
        marker,     marker,     marker,         marker,      write_entry, write_entry,
        flip_entry, flip_entry, flip_directory, share_table, load_cr3,    load_cr3,
        flip_cr4,   flip_wp,    invalidate,     to_user,     to_user,     to_kernel,
        to_kernel,  flags,      flags,          flags,       breakpoint,  set_pointers,
    };

    if (rng_one_in(&g->r, 3))
        kinds[rng_below(&g->r, ARRAY_SIZE(kinds))](g);
    else if (rng_one_in(&g->r, 4))
        gen_any(g);
    else
        guarded_one(g);
}

void gen_system_end(struct gen *g)
{
    struct item *it = guarded(g, "end");
    it->keep = true;
    PUT(it, 0xcd, SYSTEM_END);
}
