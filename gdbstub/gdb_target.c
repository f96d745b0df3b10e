/* gdb_target.c - the machine as packet handlers see it, and all that they can do to it */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gdbstub/gdb_target.h"

#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/tlb.h"
#include "gdbstub/gdb_agent.h"

#define MAX_BREAKS 100000u
#define MAX_WATCH_LEN (16 * MiB)

static struct machine *machine_of(const struct gdb_target *t)
{
    return session_machine(t->session);
}

static struct cpu *cpu_of(const struct gdb_target *t)
{
    return machine_of(t)->cpu;
}

void gdb_target_init(struct gdb_target *t, struct session *s)
{
    *t = (struct gdb_target){.session = s};
    gdb_target_choose_view(t);
}

void gdb_target_fini(struct gdb_target *t)
{
    if (t->attached)
        gdb_target_detach(t);
    free(t->brk);
    *t = (struct gdb_target){0};
}

/* How wide the kernel given with -kernel is: ELF's class, or bit 0 of xloadflags (Linux boot
 * protocol 2.12). */
static unsigned kernel_bits(const struct config_file *k)
{
    if (!k->data || k->size < 0x238)
        return 0;
    if (!memcmp(k->data, "\177ELF", 4))
        return k->data[4] == 2 ? 64 : 32;
    if (memcmp(k->data + 0x202, "HdrS", 4))
        return 0;
    unsigned version = k->data[0x206] | k->data[0x207] << 8;
    return version >= 0x20c && (k->data[0x236] & 1) ? 64 : 32;
}

static const struct debug_reg *reg_of(const struct debug_view *v, u32 regno)
{
    for (u32 i = 0; i < v->n_features; i++) {
        const struct debug_feature *f = v->features[i];
        if (regno < f->n_regs)
            return &f->regs[regno];
        regno -= f->n_regs;
    }
    return NULL;
}

/* By the CPU's mode; but gdb refuses a 16- or 32-bit description for a 64-bit file, and who gives a
 * 64-bit kernel debugs that and not the few steps that load it. */
void gdb_target_choose_view(struct gdb_target *t)
{
    struct cpu *c = cpu_of(t);
    const struct arch_debug *d = c->arch->debug;
    unsigned wanted = kernel_bits(&machine_of(t)->config->kernel);
    t->view = d->view(c);
    if (!d->views || reg_of(t->view, t->view->pc_reg)->bits >= wanted)
        return;
    for (u32 i = 0; d->views[i]; i++)
        if (reg_of(d->views[i], d->views[i]->pc_reg)->bits == wanted)
            t->view = d->views[i];
}

void gdb_target_attach(struct gdb_target *t)
{
    CHECK(!t->attached);
    t->attached = true;
    t->physical = false;
    t->sstep = SSTEP_ENABLE | (session_sstep_over(t->session) ? SSTEP_NOIRQ | SSTEP_NOTIMER : 0);
    session_hold(t->session, 1);
    session_stop(t->session);
    gdb_target_choose_view(t);
}

/* Registers. */

u32 gdb_target_n_regs(const struct gdb_target *t)
{
    u32 n = 0;
    for (u32 i = 0; i < t->view->n_features; i++)
        n += t->view->features[i]->n_regs;
    return n;
}

const struct debug_reg *gdb_target_reg(const struct gdb_target *t, u32 regno)
{
    return reg_of(t->view, regno);
}

static u64 value_of(const u8 *value, unsigned n)
{
    u64 v = 0;
    for (unsigned i = 0; i < MIN(n, 8u); i++)
        v |= (u64)value[i] << (8 * i);
    return v;
}

static void set_value(u8 *value, unsigned n, u64 v)
{
    for (unsigned i = 0; i < n; i++)
        value[i] = i < 8 ? v >> (8 * i) : 0;
}

/* What has to be added to the CPU's pc to make it linear. */
static u64 code_base(struct gdb_target *t)
{
    struct cpu *c = cpu_of(t);
    u8 raw[16] = {0};
    unsigned n = c->arch->debug->read(c, t->view, t->view->pc_reg, raw);
    u64 base = c->arch->linear_pc(c) - value_of(raw, n);
    return n < 8 ? (u32)base : base;
}

unsigned gdb_target_read_reg(struct gdb_target *t, u32 regno, u8 out[16])
{
    struct cpu *c = cpu_of(t);
    memset(out, 0, 16);
    if (!gdb_target_reg(t, regno))
        return 0;
    unsigned n = c->arch->debug->read(c, t->view, regno, out);
    if (n && regno == t->view->pc_reg)
        set_value(out, n, c->arch->linear_pc(c));
    return n;
}

bool gdb_target_write_reg(struct gdb_target *t, u32 regno, const u8 *value, unsigned n)
{
    u8 now[16], wanted[16] = {0};
    unsigned size = gdb_target_read_reg(t, regno, now);
    if (!size || n != size)
        return false;
    /* After `call` gdb writes back every register, read-only ones too, and gives up at the first
     * error. */
    if (!memcmp(now, value, n) || gdb_target_reg(t, regno)->readonly)
        return true;
    if (gdb_target_running(t))
        return false;
    memcpy(wanted, value, n);
    if (regno == t->view->pc_reg)
        set_value(wanted, n, value_of(value, n) - code_base(t));
    return timeline_write_reg(session_timeline(t->session), t->view, regno, wanted, n);
}

bool gdb_target_write_pc(struct gdb_target *t, u64 pc)
{
    u8 value[16];
    unsigned n = gdb_target_read_reg(t, t->view->pc_reg, value);
    set_value(value, n, pc);
    return gdb_target_write_reg(t, t->view->pc_reg, value, n);
}

bool gdb_target_halted(const struct gdb_target *t)
{
    return cpu_of(t)->halted;
}

/* Memory. */

size_t gdb_target_read(struct gdb_target *t, u64 addr, void *out, size_t n)
{
    struct machine *m = machine_of(t);
    if (!t->physical)
        return mem_debug_read(m->cpu, addr, out, n);
    size_t done = 0;
    while (done < n) { /* page by page, to know how far it goes */
        size_t part = MIN(n - done, PAGE_SIZE - PAGE_OFFSET(addr + done));
        if (!bus_read_bytes(m->mem, addr + done, (u8 *)out + done, part))
            break;
        done += part;
    }
    return done;
}

bool gdb_target_write(struct gdb_target *t, u64 addr, const void *data, size_t n)
{
    struct timeline *tl = session_timeline(t->session);
    if (!n)
        return true;
    if (gdb_target_running(t))
        return false;
    return t->physical ? timeline_write_phys(tl, addr, data, n)
                       : timeline_write_mem(tl, addr, data, n);
}

static void map_region(void *opaque, const struct region *r)
{
    if (r->kind == REGION_RAM || r->kind == REGION_ROM)
        buf_printf(opaque, "<memory type=\"%s\" start=\"0x%llx\" length=\"0x%llx\"/>",
                   r->kind == REGION_RAM ? "ram" : "rom", (unsigned long long)r->start,
                   (unsigned long long)r->size);
}

/* gdb holds what a map leaves out for inaccessible, and asks for it but once. What linear addresses
 * mean changes under it (paging is turned on, another process runs), so of those it is told that
 * there may be memory anywhere; the bus says what is there physically. */
void gdb_target_memory_map(struct gdb_target *t, struct buf *xml)
{
    buf_printf(xml, "<?xml version=\"1.0\"?><!DOCTYPE memory-map PUBLIC \"+//IDN gnu.org//DTD GDB "
                    "Memory Map V1.0//EN\" \"http://sourceware.org/gdb/gdb-memory-map.dtd\">"
                    "<memory-map>");
    if (t->physical)
        bus_each(machine_of(t)->mem, map_region, xml);
    else
        buf_printf(xml, "<memory type=\"ram\" start=\"0x0\" length=\"0x8000000000000000\"/>"
                        "<memory type=\"ram\" start=\"0x8000000000000000\" "
                        "length=\"0x8000000000000000\"/>");
    buf_printf(xml, "</memory-map>");
}

const char *gdb_target_exec_file(struct gdb_target *t)
{
    const struct config_file *k = &machine_of(t)->config->kernel;
    bool elf = k->path && k->data && k->size > 4 && !memcmp(k->data, "\177ELF", 4);
    return elf ? k->path : "";
}

/* Breakpoints. gdb takes all of them out at each stop and puts them back when it goes on, so what
 * the machine has is changed only when it is about to move. */

static bool is_watch(const struct gdb_break *b)
{
    return b->kind >= BREAK_WRITE;
}

static enum watch_kind watch_kind_of(const struct gdb_break *b)
{
    return b->kind == BREAK_WRITE ? WATCH_WRITE : b->kind == BREAK_READ ? WATCH_READ : WATCH_ACCESS;
}

static void set_break(struct gdb_target *t, struct gdb_break *b, bool on)
{
    struct watch *w = machine_of(t)->watch;
    if (is_watch(b))
        on ? watch_add(w, b->addr, b->len, watch_kind_of(b))
           : (void)watch_remove(w, b->addr, b->len, watch_kind_of(b));
    else
        on ? watch_add_break(w, b->addr) : (void)watch_remove_break(w, b->addr);
    b->set = on;
}

/* Brings the machine's breakpoints up to date; `all` also takes out those that are no longer
 * wanted. */
static void apply_breaks(struct gdb_target *t, bool all)
{
    u32 kept = 0;
    for (u32 i = 0; i < t->n_breaks; i++) {
        struct gdb_break b = t->brk[i];
        if (b.wanted && !b.set)
            set_break(t, &b, true);
        if (!b.wanted && b.set && all)
            set_break(t, &b, false);
        if (b.wanted || b.set)
            t->brk[kept++] = b;
        else
            buf_fini(&b.cond);
    }
    t->n_breaks = kept;
}

static struct gdb_break *find_break(const struct gdb_target *t, enum gdb_break_kind kind, u64 addr,
                                    u64 len)
{
    for (u32 i = 0; i < t->n_breaks; i++) {
        struct gdb_break *b = &t->brk[i];
        if (b->kind == kind && b->addr == addr && (!is_watch(b) || b->len == len))
            return b;
    }
    return NULL;
}

static struct gdb_break *new_break(struct gdb_target *t)
{
    if (t->n_breaks == MAX_BREAKS)
        return NULL;
    if (t->n_breaks == t->cap_breaks) {
        t->cap_breaks = MAX(16u, 2 * t->cap_breaks);
        t->brk = xrealloc(t->brk, t->cap_breaks * sizeof(*t->brk));
    }
    return &t->brk[t->n_breaks++];
}

bool gdb_target_insert(struct gdb_target *t, enum gdb_break_kind kind, u64 addr, u64 len,
                       const struct buf *cond)
{
    if (kind >= BREAK_WRITE && (!len || len > MAX_WATCH_LEN || addr + (len - 1) < addr))
        return false;
    struct gdb_break *b = find_break(t, kind, addr, len);
    if (!b) {
        b = new_break(t);
        if (!b)
            return false;
        *b = (struct gdb_break){.kind = kind, .addr = addr, .len = len};
    }
    b->wanted = true;
    buf_clear(&b->cond);
    buf_put(&b->cond, cond->data, cond->len);
    return true;
}

bool gdb_target_remove(struct gdb_target *t, enum gdb_break_kind kind, u64 addr, u64 len)
{
    struct gdb_break *b = find_break(t, kind, addr, len);
    if (b)
        b->wanted = false;
    return b != NULL;
}

void gdb_target_detach(struct gdb_target *t)
{
    CHECK(t->attached);
    for (u32 i = 0; i < t->n_breaks; i++)
        t->brk[i].wanted = false;
    apply_breaks(t, true);
    t->attached = false;
    session_hold(t->session, -1);
}

const struct gdb_break *gdb_target_break_at(const struct gdb_target *t, u64 pc)
{
    const struct gdb_break *b = find_break(t, BREAK_SOFT, pc, 0);
    if (b && b->wanted)
        return b;
    b = find_break(t, BREAK_HARD, pc, 0);
    return b && b->wanted ? b : NULL;
}

bool gdb_target_watch_wanted(const struct gdb_target *t, const struct watch_hit *hit)
{
    for (u32 i = 0; i < t->n_breaks; i++) {
        const struct gdb_break *b = &t->brk[i];
        if (b->wanted && is_watch(b) && b->addr == hit->addr && watch_kind_of(b) == hit->kind)
            return true;
    }
    return false;
}

void gdb_target_apply_breaks(struct gdb_target *t)
{
    apply_breaks(t, true);
}

/* One that cannot be evaluated counts as true: better a stop too many than one missed. */
static bool any_condition(struct gdb_target *t, const struct gdb_break *b)
{
    struct reader r = reader_of(b->cond.data, b->cond.len);
    if (!b->cond.len)
        return true;
    while (reader_left(&r)) {
        u32 n = reader_u32(&r);
        const u8 *code = reader_bytes(&r, n);
        u64 value;
        if (!code || !gdb_agent_eval(t, code, n, &value) || value)
            return true;
    }
    return false;
}

bool gdb_target_break_wanted(struct gdb_target *t, u64 pc)
{
    for (u32 i = 0; i < t->n_breaks; i++) {
        const struct gdb_break *b = &t->brk[i];
        if (b->wanted && !is_watch(b) && b->addr == pc && any_condition(t, b))
            return true;
    }
    return false;
}

/* Moving. */

bool gdb_target_running(const struct gdb_target *t)
{
    return session_running(t->session);
}

bool gdb_target_move(struct gdb_target *t, const struct move_request *r, void *by)
{
    if (gdb_target_running(t))
        return false;
    /* A breakpoint left in does not get into the way of one step, and is often back at once. */
    apply_breaks(t, r->kind != MOVE_STEP && r->kind != MOVE_REVERSE_STEP);
    return session_request(t->session, r, by);
}

void gdb_target_stop(struct gdb_target *t)
{
    session_stop(t->session);
}

bool gdb_target_is_live(const struct gdb_target *t)
{
    return timeline_is_live(session_timeline(t->session));
}

void gdb_target_set_sstep(struct gdb_target *t, u8 bits)
{
    t->sstep = bits;
    session_set_sstep_over(t->session, (bits & (SSTEP_NOIRQ | SSTEP_NOTIMER)) != 0);
}

/* The monitor's `sstep` may have changed it meanwhile. */
u8 gdb_target_sstep(const struct gdb_target *t)
{
    bool over = session_sstep_over(t->session);
    u8 mask = SSTEP_NOIRQ | SSTEP_NOTIMER;
    if (over == ((t->sstep & mask) != 0))
        return t->sstep;
    return over ? t->sstep | mask : t->sstep & ~mask;
}
