/* machine_debug.c - a debugger's writes: input events that count as one step */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is written is logged as it was asked for, and applied by the same code live and replayed:
 *
 *     0, varint address, bytes               memory at a linear address
 *     1, varint address, bytes               memory at a physical address
 *     2, string view, varint regno, bytes    a register, numbered as in the view of that architecture name
 */
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/log.h"
#include "emu/machine.h"
#include "emu/tlb.h"

enum { WRITE_MEM, WRITE_PHYS, WRITE_REG };

#define MAX_REG 16

static bool phys_writable(struct machine *m, u64 pa, u64 n)
{
    while (n) {
        const struct region *r = bus_find(m->mem, pa);
        if (r->kind != REGION_RAM && r->kind != REGION_ROM)
            return false;
        u64 here = r->size - (pa - r->start);
        if (here >= n)
            return true;
        n -= here;
        pa += here;
    }
    return true;
}

static bool mem_writable(struct machine *m, u64 va, u64 n)
{
    while (n) {
        u64 pa, here = MIN(n, PAGE_SIZE - PAGE_OFFSET(va));
        if (!mem_debug_translate(m->cpu, va, &pa) || !phys_writable(m, pa, here))
            return false;
        va += here;
        n -= here;
    }
    return true;
}

static bool write_mem(struct machine *m, u64 va, const u8 *data, u32 n)
{
    return mem_writable(m, va, n) && mem_debug_write(m->cpu, va, data, n) == n;
}

static bool write_phys(struct machine *m, u64 pa, const u8 *data, u32 n)
{
    return phys_writable(m, pa, n) && bus_write_bytes(m->mem, pa, data, n, true);
}

static const struct debug_reg *find_reg(const struct debug_view *v, u32 regno)
{
    for (u32 i = 0; i < v->n_features; i++) {
        if (regno < v->features[i]->n_regs)
            return &v->features[i]->regs[regno];
        regno -= v->features[i]->n_regs;
    }
    return NULL;
}

static bool write_reg(struct machine *m, const struct debug_view *v, u32 regno, const u8 *value, u32 n)
{
    const struct arch *arch = m->cpu->arch;
    const struct debug_reg *reg = find_reg(v, regno);
    u8 padded[MAX_REG] = {0};

    if (!reg || reg->readonly || n != (reg->bits + 7u) / 8 || n > MAX_REG)
        return false;
    memcpy(padded, value, n);
    arch->sync(m->cpu);
    if (!arch->debug->write(m->cpu, v, regno, padded))
        return false;
    m->cpu->attention = true;
    return true;
}

static const struct debug_view *find_view(struct machine *m, const char *architecture)
{
    const struct arch_debug *debug = m->cpu->arch->debug;
    const struct debug_view *now = debug->view(m->cpu);

    if (!strcmp(now->architecture, architecture))
        return now;
    for (const struct debug_view *const *v = debug->views; v && *v; v++)
        if (!strcmp((*v)->architecture, architecture))
            return *v;
    return NULL;
}

static bool apply(struct machine *m, const u8 *data, u32 len)
{
    struct reader r = reader_of(data, len);
    u8 kind = reader_u8(&r);
    const struct debug_view *v = NULL;

    if (kind == WRITE_REG) {
        char *architecture = reader_str(&r);
        v = find_view(m, architecture);
        free(architecture);
    }
    u64 where = reader_varint(&r);
    if (r.bad || !reader_left(&r))
        return false;
    switch (kind) {
    case WRITE_MEM: return write_mem(m, where, r.p, reader_left(&r));
    case WRITE_PHYS: return write_phys(m, where, r.p, reader_left(&r));
    case WRITE_REG: return v && where <= UINT32_MAX && write_reg(m, v, where, r.p, reader_left(&r));
    default: return false;
    }
}

/* Replayed: the door's deliver callback of "debugger". */
void machine_deliver_debugger(void *opaque, const u8 *data, u32 len)
{
    struct machine *m = opaque;
    if (!apply(m, data, len))
        LOG(LOG_WARN, "a debugger's write in the recording cannot be made; ignored");
    m->clock.icount++;
}

/* Live. Takes the payload over. */
static bool write_now(struct machine *m, struct buf *payload)
{
    bool ok = apply(m, payload->data, payload->len);
    if (ok) {
        door_tap_event(m->door, m->source_debugger, payload->data, payload->len);
        m->clock.icount++;
        machine_settle(m);
    }
    buf_fini(payload);
    return ok;
}

static bool write_at(struct machine *m, u8 kind, u64 addr, const void *data, u32 n)
{
    struct buf payload = {0};
    buf_put_u8(&payload, kind);
    buf_put_varint(&payload, addr);
    buf_put(&payload, data, n);
    return write_now(m, &payload);
}

bool machine_debug_write_mem(struct machine *m, u64 va, const void *data, u32 n)
{
    return !n || write_at(m, WRITE_MEM, va, data, n);
}

bool machine_debug_write_phys(struct machine *m, u64 pa, const void *data, u32 n)
{
    return !n || write_at(m, WRITE_PHYS, pa, data, n);
}

bool machine_debug_write_reg(struct machine *m, const struct debug_view *v, u32 regno,
                             const u8 *value, u32 n)
{
    struct buf payload = {0};
    buf_put_u8(&payload, WRITE_REG);
    buf_put_str(&payload, v->architecture);
    buf_put_varint(&payload, regno);
    buf_put(&payload, value, n);
    return write_now(m, &payload);
}
