/* jit.c - the JIT's memory, and how compiled blocks are entered and linked */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/jit_int.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "emu/accel.h"
#include "emu/check.h"
#include "emu/log.h"
#include "emu/machine.h"

#define WARM 16                  /* measured: see docs/engine.md */
#define ROOM_BLOCK (64 * KiB)    /* code and */
#define ROOM_OP 400              /* for each op */

const u8 jit_pin_regs[JIT_PINS] = {HR_BX, HR_SI, HR_DI, HR_8, HR_9, HR_10, HR_11};

/* ---- memory: never writable and executable at one place ---- */

/* Code, executable, with the data behind it; the code once more, writable, elsewhere. */
static bool map(struct jit *j)
{
    int fd = memfd_create("hindsight-jit", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, (off_t)j->code_size) < 0)
        return false;
    u8 *both = mmap(NULL, j->code_size + j->data_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                    -1, 0);
    j->write = mmap(NULL, j->code_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (both == MAP_FAILED || j->write == MAP_FAILED)
        return false;
    void *run = mmap(both, j->code_size, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_FIXED, fd, 0);
    close(fd);
    if (run == MAP_FAILED || mprotect(both + j->code_size, j->data_size, PROT_READ | PROT_WRITE))
        return false;
    j->base = both;
    j->data = (struct jit_data *)(both + j->code_size);
    return true;
}

/* Words named later than there are registers stay in memory. */
static void pin_words(struct jit *j, const u16 *words)
{
    memset(j->pin, HR_NONE, sizeof(j->pin));
    for (unsigned i = 0; words && words[i] && i < JIT_PINS; i++) {
        CHECK(words[i] < JIT_WORDS);
        j->pin[words[i]] = jit_pin_regs[i];
        j->pinned[j->n_pins++] = words[i];
    }
}

#ifdef __x86_64__
static bool host_can(void)
{
    return __builtin_cpu_supports("popcnt");
}
#else
static bool host_can(void)
{
    return false;
}
#endif

struct jit *jit_new(struct engine *e, u64 code_bytes, const char *options)
{
    struct jit *j = xcalloc(1, sizeof(*j));
    j->engine = e;
    struct accel a;
    CHECK(accel_parse("-accel", options, &a));
    j->warm = a.warm ? a.warm : WARM;
    /* Measured: where all blocks are compiled, slots and their lists are 15 % of it. */
    code_bytes = MAX(code_bytes, 5 * ROOM_BLOCK);
    j->max_slots = (u32)(code_bytes / 5 / (sizeof(struct jit_slot) + LINK_KINDS * sizeof(*j->links[0].slot)));
    j->code_size = (size_t)(MIN(code_bytes - code_bytes / 5, GiB) & ~(64 * KiB - 1));
    j->data_size = sizeof(struct jit_data) + j->max_slots * sizeof(struct jit_slot);
    j->data_size = (j->data_size + 64 * KiB - 1) & ~(size_t)(64 * KiB - 1);
    if (!host_can() || !map(j)) {
        LOG(LOG_INFO, "this host cannot run the JIT: interpreting");
        free(j);
        return NULL;
    }
    j->emit = jit_emit_new();
    for (unsigned i = 0; i < LINK_KINDS; i++)
        j->links[i].slot = xcalloc(j->max_slots, sizeof(*j->links[i].slot));
    pin_words(j, e->machine->cpu->arch->hot_words);
    jit_vec_init(j, e->machine->cpu->arch);
    j->at = j->write;
    j->dump = jit_dump_new(e->dump, e->machine->cpu->arch, j->base - j->write);
    jit_make_thunks(j);
    jit_dump_name(j->dump, "jit-thunks", j->write, j->at);
    j->first = j->at;
    return j;
}

void jit_delete(struct jit *j)
{
    if (!j)
        return;
    munmap(j->base, j->code_size + j->data_size);
    munmap(j->write, j->code_size);
    for (unsigned i = 0; i < LINK_KINDS; i++)
        free(j->links[i].slot);
    free(j->emit);
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

/* Near slots lead to a block on the same page: when the one that is left was rightly entered, so is the other,
 * wherever the page is mapped now. */
void jit_forget_links(struct jit *j, bool low, bool high, bool code)
{
    const struct cpu *c = j->engine->machine->cpu;
    if (c->block && (c->block->lpc < c->tlb->split ? low : high))
        forget_links_of(j, c->block);
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

void jit_link(struct jit *j, struct block_link *from, const struct block *b)
{
    struct jit_slot *s = from->slot;
    if (!s || !b->compiled)
        return;
    u8 kind = is_near(s->from, b) ? LINK_NEAR : b->lpc < j->engine->machine->cpu->tlb->split ? LINK_LOW : LINK_HIGH;
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

/* ---- blocks ---- */

static const void *cold(const struct jit *j)
{
    return j->leave - j->write + j->base;
}

void jit_prepare(struct jit *j, struct block *b)
{
    b->code = cold(j);
}

void jit_flush(struct jit *j)
{
    for (unsigned i = 0; i < LINK_KINDS; i++)
        reset(&j->links[i]);
    j->n_slots = 0;
    j->at = j->first;
}

static bool has_room(const struct jit *j, const struct block *b)
{
    size_t left = j->code_size - (size_t)(j->at - j->write);
    return left > ROOM_BLOCK + (size_t)b->n_ops * ROOM_OP && j->max_slots - j->n_slots > UINT8_MAX;
}

bool jit_is_hot(struct jit *j, struct block *b)
{
    if (LIKELY(b->compiled))
        return true;
    if (b->limit != j->engine->max_insns || ++b->runs < j->warm)
        return false;
    if (!has_room(j, b)) {
        engine_flush(j->engine);
        return false;
    }
    jit_emit(j, b);
    j->compiled++;
    b->compiled = true;
    return true;
}

void jit_run(struct jit *j, struct cpu *c, struct block *b)
{
    void (*enter)(struct cpu *, const void *) =
        (void (*)(struct cpu *, const void *))(uintptr_t)(j->enter - j->write + j->base);
    enter(c, b->code);
}

u64 jit_compiled(const struct jit *j)
{
    return j->compiled;
}
