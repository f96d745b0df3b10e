/* gic.c - the Arm Generic Interrupt Controller, version 2, for one processor */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: Arm Generic Interrupt Controller Architecture Specification, version 2.0 (IHI 0048B). Without Security
 * Extensions and virtualization; priorities have 32 levels, so that one word has a bit for each that is active.
 */
#include "hw/gic.h"

#include <string.h>

#include "emu/check.h"

enum { WORDS = GIC_MAX_IRQS / 32, SPURIOUS = 1023, N_SGIS = 16, N_PRIVATE = 32 };
enum { PRIORITY_MASK = 0xf8, PRIORITY_SHIFT = 3, IDLE_PRIORITY = 0xff };
enum { /* 4.3: distributor registers */
       GICD_CTLR = 0x000, GICD_TYPER = 0x004, GICD_IIDR = 0x008, GICD_IGROUPR = 0x080, GICD_ISENABLER = 0x100,
       GICD_ICENABLER = 0x180, GICD_ISPENDR = 0x200, GICD_ICPENDR = 0x280, GICD_ISACTIVER = 0x300,
       GICD_ICACTIVER = 0x380, GICD_IPRIORITYR = 0x400, GICD_ITARGETSR = 0x800, GICD_ICFGR = 0xc00,
       GICD_SGIR = 0xf00, GICD_CPENDSGIR = 0xf10, GICD_SPENDSGIR = 0xf20, GICD_ICPIDR2 = 0xfe8 };
enum { /* 4.4: CPU interface registers */
       GICC_CTLR = 0x00, GICC_PMR = 0x04, GICC_BPR = 0x08, GICC_IAR = 0x0c, GICC_EOIR = 0x10, GICC_RPR = 0x14,
       GICC_HPPIR = 0x18, GICC_ABPR = 0x1c, GICC_AIAR = 0x20, GICC_AEOIR = 0x24, GICC_AHPPIR = 0x28,
       GICC_APR0 = 0xd0, GICC_IIDR = 0xfc, GICC_DIR = 0x1000 };
enum { CTLR_GROUP0 = 1, CTLR_GROUP1 = 2, CTLR_FIQ_EN = 8, CTLR_EOI_MODE = 1 << 9 };
#define GIC_IDENTITY 0x0200043bu /* GICv2, Arm */

#define GIC_STATE(F, A, S, T)                                                                      \
    F(T, u32, ctlr)                                                                                \
    A(T, u32, group, WORDS)                                                                        \
    A(T, u32, enabled, WORDS)                                                                      \
    A(T, u32, latched, WORDS) /* pending by an edge or by software */                              \
    A(T, u32, level, WORDS)   /* of the inputs */                                                  \
    A(T, u32, active, WORDS)                                                                       \
    A(T, u32, edge, WORDS)    /* edge-triggered */                                                 \
    A(T, u8, priority, GIC_MAX_IRQS)                                                               \
    A(T, u8, target, GIC_MAX_IRQS)                                                                 \
    F(T, u32, c_ctlr)                                                                              \
    F(T, u8, pmr)                                                                                  \
    F(T, u8, bpr)                                                                                  \
    F(T, u8, abpr)                                                                                 \
    F(T, u32, active_priorities)

struct gic {
    struct device dev;
    STATE_MEMBERS(GIC_STATE)
    unsigned n;
    struct irq irq, fiq;
};
STATE_DESC(gic_state, "gic", struct gic, GIC_STATE);

static bool bit(const u32 *words, unsigned id)
{
    return words[id / 32] >> (id % 32) & 1;
}

static void set_bit(u32 *words, unsigned id, bool on)
{
    u32 mask = 1u << (id % 32);
    words[id / 32] = on ? words[id / 32] | mask : words[id / 32] & ~mask;
}

/* ---- which interrupt is next ---- */

static u32 pending(const struct gic *s, unsigned word)
{
    return s->latched[word] | (s->level[word] & ~s->edge[word]);
}

/* The one of highest priority that is pending, enabled and not active; SPURIOUS: there is none. */
static unsigned best(const struct gic *s)
{
    unsigned found = SPURIOUS;
    u32 groups = s->ctlr;
    for (unsigned w = 0; w < s->n / 32; w++) {
        u32 ready = pending(s, w) & s->enabled[w] & ~s->active[w];
        ready &= (groups & CTLR_GROUP0 ? ~s->group[w] : 0) | (groups & CTLR_GROUP1 ? s->group[w] : 0);
        for (; ready; ready &= ready - 1) {
            unsigned id = 32 * w + (unsigned)__builtin_ctz(ready);
            if (id >= N_PRIVATE && !(s->target[id] & 1))
                continue;
            if (found == SPURIOUS || s->priority[id] < s->priority[found])
                found = id;
        }
    }
    return found;
}

static unsigned running_priority(const struct gic *s)
{
    return s->active_priorities ? (unsigned)__builtin_ctz(s->active_priorities) << PRIORITY_SHIFT : IDLE_PRIORITY;
}

/* Only the bits above the binary point decide about preemption (3.3.3). */
static unsigned group_priority(const struct gic *s, unsigned priority)
{
    return priority & ~((2u << s->bpr) - 1);
}

static bool may_signal(const struct gic *s, unsigned id)
{
    if (id == SPURIOUS || s->priority[id] >= s->pmr ||
        !(s->c_ctlr & (bit(s->group, id) ? CTLR_GROUP1 : CTLR_GROUP0)))
        return false;
    return !s->active_priorities || group_priority(s, s->priority[id]) < running_priority(s);
}

static void update(struct gic *s)
{
    unsigned id = best(s);
    bool signal = may_signal(s, id);
    bool as_fiq = signal && !bit(s->group, id) && (s->c_ctlr & CTLR_FIQ_EN);
    irq_set(s->irq, signal && !as_fiq);
    irq_set(s->fiq, as_fiq);
}

static void set_input(void *opaque, int line, bool on)
{
    struct gic *s = opaque;
    unsigned id = (unsigned)line;
    if (on && !bit(s->level, id) && bit(s->edge, id))
        set_bit(s->latched, id, true);
    set_bit(s->level, id, on);
    update(s);
}

struct irq gic_irq(struct gic *s, unsigned id)
{
    CHECK(id >= N_SGIS && id < s->n);
    return (struct irq){set_input, s, (int)id};
}

/* ---- the CPU interface ---- */

static unsigned acknowledge(struct gic *s)
{
    unsigned id = best(s);
    if (!may_signal(s, id))
        return SPURIOUS;
    set_bit(s->active, id, true);
    set_bit(s->latched, id, false);
    s->active_priorities |= 1u << (group_priority(s, s->priority[id]) >> PRIORITY_SHIFT);
    return id;
}

static void deactivate(struct gic *s, unsigned id)
{
    if (id < s->n)
        set_bit(s->active, id, false);
}

static void end_of_interrupt(struct gic *s, unsigned id)
{
    if (id >= s->n)
        return;
    s->active_priorities &= s->active_priorities - 1;
    if (!(s->c_ctlr & CTLR_EOI_MODE))
        deactivate(s, id);
}

static u64 read_cpu(void *opaque, u64 offset, unsigned size)
{
    struct gic *s = opaque;
    u32 v = 0;
    (void)size;
    switch (offset) {
    case GICC_CTLR: return s->c_ctlr;
    case GICC_PMR: return s->pmr;
    case GICC_BPR: return s->bpr;
    case GICC_ABPR: return s->abpr;
    case GICC_IAR: case GICC_AIAR: v = acknowledge(s); break;
    case GICC_RPR: return running_priority(s);
    case GICC_HPPIR: case GICC_AHPPIR: return best(s);
    case GICC_APR0: return s->active_priorities;
    case GICC_IIDR: return GIC_IDENTITY | 2u << 16;
    }
    update(s);
    return v;
}

static void write_cpu(void *opaque, u64 offset, u64 value, unsigned size)
{
    struct gic *s = opaque;
    (void)size;
    switch (offset) {
    case GICC_CTLR: s->c_ctlr = value & 0x3ff; break;
    case GICC_PMR: s->pmr = value & PRIORITY_MASK; break;
    case GICC_BPR: s->bpr = MAX(value & 7, 2u); break;
    case GICC_ABPR: s->abpr = MAX(value & 7, 3u); break;
    case GICC_EOIR: case GICC_AEOIR: end_of_interrupt(s, value & 0x3ff); break;
    case GICC_APR0: s->active_priorities = (u32)value; break;
    case GICC_DIR: deactivate(s, value & 0x3ff); break;
    }
    update(s);
}

static const struct mmio_ops cpu_ops = {read_cpu, write_cpu, 4, 4};

/* ---- the distributor ---- */

static u8 read_byte(const struct gic *s, u64 offset)
{
    unsigned id = offset & 0x3ff;
    if (id >= s->n)
        return 0;
    return offset < GICD_ITARGETSR ? s->priority[id] : id < N_PRIVATE ? 1 : s->target[id];
}

static void write_byte(struct gic *s, u64 offset, u8 v)
{
    unsigned id = offset & 0x3ff;
    if (id >= s->n)
        return;
    if (offset < GICD_ITARGETSR)
        s->priority[id] = v & PRIORITY_MASK;
    else if (id >= N_PRIVATE)
        s->target[id] = v & 1;
}

static bool is_bytes(u64 offset)
{
    return offset >= GICD_IPRIORITYR && offset < GICD_ICFGR;
}

/* Two bits for each of 16 interrupts; the upper one says edge (4.3.13). */
static u32 read_config(const struct gic *s, unsigned first)
{
    u32 v = 0;
    for (unsigned i = 0; i < 16; i++)
        v |= bit(s->edge, first + i) ? 2u << 2 * i : 0;
    return v;
}

static void write_config(struct gic *s, unsigned first, u32 v)
{
    for (unsigned i = 0; first >= N_SGIS && i < 16; i++)
        set_bit(s->edge, first + i, v >> (2 * i + 1) & 1);
}

static u32 read_words(const struct gic *s, u64 offset)
{
    unsigned w = (offset & 0x7f) / 4;
    if (w >= s->n / 32)
        return 0;
    switch (offset & ~(u64)0x7f) {
    case GICD_IGROUPR: return s->group[w];
    case GICD_ISENABLER: case GICD_ICENABLER: return s->enabled[w];
    case GICD_ISPENDR: case GICD_ICPENDR: return pending(s, w);
    case GICD_ISACTIVER: case GICD_ICACTIVER: return s->active[w];
    }
    return 0;
}

static void write_words(struct gic *s, u64 offset, u32 v)
{
    unsigned w = (offset & 0x7f) / 4;
    u32 soft = w ? UINT32_MAX : 0xffff0000; /* SGIs are always enabled, and made by GICD_SGIR only */
    if (w >= s->n / 32)
        return;
    switch (offset & ~(u64)0x7f) {
    case GICD_IGROUPR: s->group[w] = v; break;
    case GICD_ISENABLER: s->enabled[w] |= v; break;
    case GICD_ICENABLER: s->enabled[w] &= ~(v & soft); break;
    case GICD_ISPENDR: s->latched[w] |= v & soft; break;
    case GICD_ICPENDR: s->latched[w] &= ~(v & soft); break;
    case GICD_ISACTIVER: s->active[w] |= v; break;
    case GICD_ICACTIVER: s->active[w] &= ~v; break;
    }
}

static u32 read_distributor_word(const struct gic *s, u64 offset)
{
    switch (offset) {
    case GICD_CTLR: return s->ctlr;
    case GICD_TYPER: return s->n / 32 - 1;
    case GICD_IIDR: return GIC_IDENTITY;
    case GICD_ICPIDR2: return 0x2b;
    }
    if (offset >= GICD_ICFGR && offset < GICD_ICFGR + s->n / 4)
        return read_config(s, (unsigned)(offset - GICD_ICFGR) * 4);
    if (offset >= GICD_CPENDSGIR && offset < GICD_SPENDSGIR + 16) {
        unsigned first = (unsigned)offset & 15;
        u32 v = 0;
        for (unsigned i = 0; i < 4; i++)
            v |= bit(s->latched, first + i) ? 1u << 8 * i : 0;
        return v;
    }
    return read_words(s, offset);
}

static u64 read_distributor(void *opaque, u64 offset, unsigned size)
{
    const struct gic *s = opaque;
    u32 v = 0;
    if (!is_bytes(offset))
        return read_distributor_word(s, offset & ~(u64)3) >> 8 * (offset & 3);
    for (unsigned i = 0; i < size; i++)
        v |= (u32)read_byte(s, offset + i) << 8 * i;
    return v;
}

/* To this processor: by the target list, or by filter 2 (4.3.15). */
static void write_sgir(struct gic *s, u32 v)
{
    unsigned filter = v >> 24 & 3;
    if (filter == 2 || (filter == 0 && (v >> 16 & 1)))
        set_bit(s->latched, v & 15, true);
}

static void write_sgi_pending(struct gic *s, u64 offset, u32 v)
{
    for (unsigned i = 0; i < 4; i++)
        if (v >> 8 * i & 1)
            set_bit(s->latched, (offset & 15) + i, offset >= GICD_SPENDSGIR);
}

static void write_distributor(void *opaque, u64 offset, u64 value, unsigned size)
{
    struct gic *s = opaque;
    if (is_bytes(offset)) {
        for (unsigned i = 0; i < size; i++)
            write_byte(s, offset + i, (u8)(value >> 8 * i));
    } else if (offset == GICD_CTLR) {
        s->ctlr = value & 3;
    } else if (offset == GICD_SGIR) {
        write_sgir(s, (u32)value);
    } else if (offset >= GICD_ICFGR && offset < GICD_ICFGR + s->n / 4) {
        write_config(s, (unsigned)(offset - GICD_ICFGR) / 4 * 16, (u32)value);
    } else if (offset >= GICD_CPENDSGIR && offset < GICD_SPENDSGIR + 16) {
        write_sgi_pending(s, offset, (u32)value);
    } else {
        write_words(s, offset & ~(u64)3, (u32)value << 8 * (offset & 3));
    }
    update(s);
}

static const struct mmio_ops distributor_ops = {read_distributor, write_distributor, 1, 4};

/* ---- the device ---- */

static void reset(struct device *d)
{
    struct gic *s = (struct gic *)d;
    u32 level[WORDS];
    memcpy(level, s->level, sizeof(level));
    memset(&s->ctlr, 0, offsetof(struct gic, n) - offsetof(struct gic, ctlr));
    memcpy(s->level, level, sizeof(level));
    s->enabled[0] = s->edge[0] = 0xffff; /* SGIs */
    s->bpr = 2;
    s->abpr = 3;
    update(s);
}

static void after_load(struct device *d)
{
    struct gic *s = (struct gic *)d;
    s->bpr = MAX(s->bpr & 7, 2);
    s->abpr = MAX(s->abpr & 7, 3);
    for (unsigned i = 0; i < GIC_MAX_IRQS; i++)
        s->priority[i] &= PRIORITY_MASK;
}

static const struct device_type gic_type = {
    .name = "gic",
    .state = &gic_state,
    .reset = reset,
    .after_load = after_load,
};

struct gic *gic_new(struct machine *m, u64 distributor, u64 cpu_interface, unsigned irqs, struct irq irq,
                    struct irq fiq)
{
    CHECK(irqs % 32 == 0 && irqs <= GIC_MAX_IRQS);
    struct gic *s = xcalloc(1, sizeof(*s));
    s->n = irqs;
    s->irq = irq;
    s->fiq = fiq;
    bus_map_mmio(m->mem, "gic-cpu", cpu_interface, 0x2000, &cpu_ops, s);
    bus_map_mmio(m->mem, "gic-distributor", distributor, 0x1000, &distributor_ops, s);
    device_attach(m, &s->dev, &gic_type);
    return s;
}
