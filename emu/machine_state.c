/* machine_state.c - save, load, digest and compare the state of a machine */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The saved form: icount, idle_ns, then a record for the processor (struct cpu's own fields, then
 * the architecture's), and one for each device in attach order, which begins with its deadline. A
 * record is a varint length and that many bytes; the lengths are fixed by the machine's
 * configuration.
 */
#include "emu/check.h"
#include "emu/machine.h"
#include "emu/tlb.h"

#define CLOCK_STATE(F, A, S, T) F(T, u64, icount) F(T, u64, idle_ns)
STATE_DESC(clock_state, "clock", struct clock, CLOCK_STATE);

#define DEADLINE_STATE(F, A, S, T) F(T, u64, deadline)
STATE_DESC(deadline_state, "deadline", struct device, DEADLINE_STATE);

/* The parts of a machine, in the order of the saved form. */
struct part {
    const char *name;
    void *obj, *more_obj;
    const struct state_desc *desc, *more; /* saved one after the other; more may be NULL */
};

static u32 n_parts(const struct machine *m)
{
    return 2 + m->n_devices;
}

static struct part part_at(struct machine *m, u32 i)
{
    if (i == 0)
        return (struct part){"clock", &m->clock, NULL, &clock_state, NULL};
    if (i == 1)
        return (struct part){"cpu", m->cpu, m->cpu, &cpu_state, m->cpu->arch->state};
    struct device *d = m->device[i - 2];
    return (struct part){d->name, d, d, &deadline_state, d->type->state};
}

static size_t part_size(const struct part *p)
{
    return state_size(p->desc) + (p->more ? state_size(p->more) : 0);
}

void machine_save(struct machine *m, struct buf *out)
{
    m->cpu->arch->sync(m->cpu);
    for (u32 i = 0; i < n_parts(m); i++) {
        struct part p = part_at(m, i);
        buf_put_varint(out, part_size(&p));
        state_save(p.desc, p.obj, out);
        if (p.more)
            state_save(p.more, p.more_obj, out);
    }
}

/* Where part p's bytes are; bad when its length is not the one it must have. */
static struct reader next_part(struct reader *in, const struct part *p)
{
    size_t n = part_size(p);
    const u8 *bytes = reader_varint(in) == n ? reader_bytes(in, n) : NULL;
    if (bytes)
        return reader_of(bytes, n);
    in->bad = true;
    return (struct reader){.bad = true};
}

static void after_load(struct machine *m)
{
    m->request = REQUEST_NONE;
    m->request_code = 0;
    for (u32 i = 0; i < m->n_devices; i++)
        if (m->device[i]->type->after_load)
            m->device[i]->type->after_load(m->device[i]);
    m->cpu->arch->after_load(m->cpu);
    tlb_flush(m->cpu);
    machine_update_deadline(m);
    m->cpu->attention = true;
}

bool machine_load(struct machine *m, struct reader *in)
{
    struct reader check = *in;
    for (u32 i = 0; i < n_parts(m); i++) {
        struct part p = part_at(m, i);
        next_part(&check, &p);
        if (check.bad) {
            in->bad = true;
            return false;
        }
    }
    for (u32 i = 0; i < n_parts(m); i++) {
        struct part p = part_at(m, i);
        struct reader r = next_part(in, &p);
        state_load(p.desc, p.obj, &r);
        if (p.more)
            state_load(p.more, p.more_obj, &r);
    }
    after_load(m);
    return true;
}

u64 machine_digest(struct machine *m)
{
    struct buf state = {0};
    machine_save(m, &state);
    u64 digest = digest_bytes(state.data, state.len, 0);
    buf_fini(&state);
    for (u32 i = 0; i < m->n_rams; i++) {
        u64 content = ram_digest(m->ram[i]);
        digest = digest_bytes(&content, sizeof(content), digest);
    }
    tlb_flush_writes(m->cpu);
    return digest;
}

unsigned machine_diff(struct machine *m, const struct buf *a, const struct buf *b, struct buf *out,
                      unsigned most)
{
    struct reader ra = reader_of(a->data, a->len), rb = reader_of(b->data, b->len);
    unsigned found = 0;

    for (u32 i = 0; i < n_parts(m); i++) {
        struct part p = part_at(m, i);
        struct reader pa = next_part(&ra, &p), pb = next_part(&rb, &p);
        if (ra.bad || rb.bad) {
            if (found < most)
                buf_printf(out, "%s: one of the states is damaged or of another machine\n", p.name);
            return found + 1;
        }
        found += state_diff(p.desc, p.name, &pa, &pb, out, most > found ? most - found : 0);
        if (p.more)
            found += state_diff(p.more, p.name, &pa, &pb, out, most > found ? most - found : 0);
    }
    return found;
}

void machine_ram_replaced(struct machine *m, struct ram *r, u32 page)
{
    if (!m->engine)
        return;
    engine_page_written(m->engine, r, page, 0, PAGE_SIZE);
    if (r->flags[page] & PAGE_TABLE)
        tlb_flush(m->cpu);
}
