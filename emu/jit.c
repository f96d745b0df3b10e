/* jit.c - the JIT's memory, and how compiled blocks are entered and linked */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/jit_region.h"

#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include "emu/accel.h"
#include "emu/check.h"
#include "emu/log.h"
#include "emu/machine.h"
#include "emu/passes.h"

#define WARM 16                  /* measured: see docs/engine.md */
#define HEAT 1000
#define AGAIN 64                 /* where no region was found: times HEAT, until it is looked for again */
#define ROOM_BLOCK (64 * KiB)    /* code and */
#define ROOM_OP 400              /* for each op */

/* ---- memory: never writable and executable at one place ---- */

static bool map_file(struct jit *j, int fd)
{
    if (ftruncate(fd, (off_t)j->code_size) < 0)
        return false;
    u8 *both = mmap(NULL, j->code_size + j->data_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                    -1, 0);
    if (both == MAP_FAILED)
        return false;
    j->base = both;
    void *write = mmap(NULL, j->code_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (write == MAP_FAILED)
        return false;
    j->write = write;
    void *run = mmap(both, j->code_size, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_FIXED, fd, 0);
    if (run == MAP_FAILED || mprotect(both + j->code_size, j->data_size, PROT_READ | PROT_WRITE))
        return false;
    j->data = (struct jit_data *)(both + j->code_size);
    return true;
}

static void unmap(struct jit *j)
{
    if (j->base)
        munmap(j->base, j->code_size + j->data_size);
    if (j->write)
        munmap(j->write, j->code_size);
}

/* Code, executable, with the data behind it; the code once more, writable, elsewhere. */
static bool map(struct jit *j)
{
    int fd = memfd_create("hindsight-jit", MFD_CLOEXEC);
    if (fd < 0)
        return false;
    bool ok = map_file(j, fd);
    close(fd);
    if (!ok)
        unmap(j);
    return ok;
}

/* The second half. */
static u8 *cold_code(const struct jit *j)
{
    return j->write + j->code_size / 2;
}

/* Words named later than there are registers stay in memory. */
static void pin_words(struct jit *j, const u16 *words)
{
    jit_pins_init(&j->pins);
    for (unsigned i = 0; words && words[i] && i < JIT_COMMON_PINS; i++)
        jit_pins_add(&j->pins, words[i], jit_pin_regs[i]);
}

#ifdef __x86_64__
#define HWCAP2_HAS_FSGSBASE 2 /* Linux's asm/hwcap2.h */

static bool host_can(void)
{
    return __builtin_cpu_supports("popcnt");
}

static void look_at_host(struct jit *j, u32 passes_off)
{
    j->gs = getauxval(AT_HWCAP2) & HWCAP2_HAS_FSGSBASE;
    j->bmi = __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") && !(passes_off & JIT_PASS_BMI);
}
#else
static bool host_can(void)
{
    return false;
}

static void look_at_host(struct jit *j, u32 passes_off)
{
    (void)j, (void)passes_off;
}
#endif

struct jit *jit_new(struct engine *e, u64 code_bytes, const char *options)
{
    struct jit *j = xcalloc(1, sizeof(*j));
    j->engine = e;
    struct accel a;
    CHECK(accel_parse("-accel", options, &a));
    j->warm = a.warm ? a.warm : WARM;
    j->passes_off = e->passes_off;
    if (!(e->passes_off & JIT_PASS_REGIONS))
        j->heat = a.heat ? a.heat : HEAT;
    /* Measured: where all blocks are compiled, slots and their lists are 15 % of it. */
    code_bytes = MAX(code_bytes, 10 * ROOM_BLOCK);
    u64 slots = code_bytes / 5, sites = code_bytes / 12;
    j->max_slots = (u32)(slots / (sizeof(struct jit_slot) + LINK_KINDS * sizeof(*j->links[0].slot)));
    j->max_sites = (u32)(sites / sizeof(struct jit_site));
    j->code_size = (size_t)(MIN(code_bytes - slots - sites, GiB) & ~(64 * KiB - 1));
    j->data_size = sizeof(struct jit_data) + j->max_slots * sizeof(struct jit_slot) + sites;
    j->data_size = (j->data_size + 64 * KiB - 1) & ~(size_t)(64 * KiB - 1);
    if (!host_can() || !map(j)) {
        LOG(LOG_INFO, "this host cannot run the JIT: interpreting");
        free(j);
        return NULL;
    }
    look_at_host(j, e->passes_off);
    j->emit = jit_emit_new();
    for (unsigned i = 0; i < LINK_KINDS; i++)
        j->links[i].slot = xcalloc(j->max_slots, sizeof(*j->links[i].slot));
    pin_words(j, e->machine->cpu->arch->hot_words);
    jit_vec_init(j, e->machine->cpu->arch);
    j->at = j->write;
    j->dump = jit_dump_new(e->dump, e->machine->cpu->arch, j->base - j->write);
    j->cold_at = cold_code(j);
    jit_make_thunks(j);
    jit_dump_name(j->dump, "jit-thunks", j->write, j->at);
    j->first = j->at;
    return j;
}

void jit_delete(struct jit *j)
{
    if (!j)
        return;
    unmap(j);
    for (unsigned i = 0; i < LINK_KINDS; i++)
        free(j->links[i].slot);
    free(j->emit);
    free(j->checks.block);
    jit_dump_delete(j->dump);
    free(j);
}

/* ---- links ---- */

static void reset(struct jit_list *l)
{
    for (u32 i = 0; i < l->n; i++) {
        l->slot[i]->to = l->slot[i]->out;
        l->slot[i]->listed = false;
    }
    l->n = 0;
}

/* The block that is executing was rightly entered, but its page may be elsewhere by now. */
static void forget_links_of(struct jit *j, const struct block *b)
{
    for (u32 i = 0; i < b->n_slots; i++) {
        struct jit_slot *s = &j->data->slot[b->first_slot + i];
        s->to = s->out;
    }
}

/* Near slots lead to a block on the same page: when the one that is left was rightly entered, so is
 * the other, wherever the page is mapped now. */
void jit_forget_links(struct jit *j, bool low, bool high, bool code)
{
    struct cpu *c = j->engine->machine->cpu;
    bool here = c->block && (c->block->lpc < c->tlb->split ? low : high);
    if (here)
        forget_links_of(j, c->block);
    if (c->block && (code || (here && c->block->regions)))
        c->attention = true; /* in a region it must not go on to the next by itself */
    if (low)
        reset(&j->links[LINK_LOW]);
    if (high)
        reset(&j->links[LINK_HIGH]);
    if (code)
        reset(&j->links[LINK_NEAR]);
}

static bool is_near(const struct block *from, const struct block *to)
{
    return from->ram && from->ram == to->ram && from->page == to->page && !from->len2 && !to->len2 &&
           !((from->lpc ^ to->lpc) >> PAGE_BITS) && from->lpc - from->pc == to->lpc - to->pc &&
           from->mode == to->mode;
}

static void link_slot(struct jit *j, struct jit_slot *s, const struct block *b)
{
    bool near = is_near(s->from, b) && !(j->passes_off & JIT_PASS_NEAR);
    u8 kind = near ? LINK_NEAR : b->lpc < j->engine->machine->cpu->tlb->split ? LINK_LOW : LINK_HIGH;
    if (s->listed && s->kind != kind)
        return; /* rare: it goes to different modes */
    if (!s->listed) {
        s->listed = true;
        s->kind = kind;
        j->links[kind].slot[j->links[kind].n++] = s;
    }
    s->to = b->code;
    s->mode = b->mode;
}

void jit_link(struct jit *j, struct block_link *from, const struct block *b)
{
    if (!b->compiled)
        return;
    for (struct jit_slot *s = from->slot; s; s = s->other)
        link_slot(j, s, b);
}

/* Code that is not entered any more: its slots need not be set. */
static void unlink_slots(struct jit *j, u32 first, u32 n)
{
    for (struct jit_slot *s = &j->data->slot[first]; n; n--, s++) {
        if (!s->place)
            continue;
        *s->place = s->other;
        if (s->other)
            s->other->place = s->place;
        s->place = NULL;
    }
}

void jit_unlink(struct jit *j, struct block *b)
{
    unlink_slots(j, b->first_slot, b->n_slots);
}

/* ---- blocks ---- */

void jit_prepare(struct jit *j, struct block *b)
{
    b->code = j->leave - j->write + j->base;
}

void jit_flush(struct jit *j)
{
    for (unsigned i = 0; i < LINK_KINDS; i++)
        reset(&j->links[i]);
    j->n_slots = j->n_sites = 0;
    j->at = j->first;
    j->cold_at = cold_code(j);
}

/* Each takes a slot. */
static size_t exits_of(const struct block *b)
{
    size_t n = 0;
    for (u32 i = 0; i < b->n_ops; i++)
        n += b->ops[i].op == IR_EXIT;
    return n;
}

static bool has_room(const struct jit *j, const struct jit_region *r)
{
    size_t hot = (size_t)(cold_code(j) - j->at), cold = j->code_size - (size_t)(j->cold_at - j->write);
    size_t ops = 0, exits = 0;
    for (unsigned i = 0; i < r->n; i++) {
        ops += r->member[i]->n_ops;
        exits += exits_of(r->member[i]);
    }
    ops *= jit_members_copies(j, r);
    exits *= jit_members_copies(j, r);
    return MIN(hot, cold) > ROOM_BLOCK + ops * ROOM_OP && j->max_slots - j->n_slots >= exits &&
           j->max_sites - j->n_sites > 2 * ops + 1;
}

static bool compile(struct jit *j, const struct jit_region *r)
{
    if (!has_room(j, r)) {
        engine_flush(j->engine);
        return false;
    }
    jit_emit(j, r);
    j->compiled++;
    r->member[0]->compiled = true;
    return true;
}

/* It was executed often: with those that it leads to it may be worth more. */
static bool heat_up(struct jit *j, struct block *b)
{
    struct jit_region r;
    if (!jit_region_choose(j, b, &r)) {
        *b->heat = (i32)MIN((u64)j->heat * AGAIN, (u64)INT32_MAX);
        return true;
    }
    u32 first = b->first_slot, n = b->n_slots;
    b->heat = NULL;
    if (!compile(j, &r))
        return false;
    unlink_slots(j, first, n);
    jit_region_attach(j, &r);
    j->regions++;
    return true;
}

bool jit_is_hot(struct jit *j, struct block *b)
{
    if (LIKELY(b->compiled))
        return !b->heat || *b->heat >= 0 || heat_up(j, b);
    if (b->limit != j->engine->max_insns || ++b->runs < j->warm)
        return false;
    return compile(j, &(struct jit_region){.n = 1, .counted = j->heat, .member = {b}});
}

void jit_run(struct jit *j, struct cpu *c, struct block *b)
{
    void (*enter)(struct cpu *, const void *) =
        (void (*)(struct cpu *, const void *))(uintptr_t)(j->enter - j->write + j->base);
    enter(c, b->code);
}

u64 jit_regions(const struct jit *j)
{
    return j->regions;
}

u64 jit_compiled(const struct jit *j)
{
    return j->compiled;
}
